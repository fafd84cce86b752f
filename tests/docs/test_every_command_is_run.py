"""Every command of the documents is run by a test, or is of a kind that cannot run here and is checked in its parts.

Calls of the API are run here, by a shell, as the pages write them; for the rest a test is named that runs the command.
"""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from fastapi.testclient import TestClient
from httpx import Response

from domain.kernel.keys import GRIDLENS_SCOPES, create_key
from scripts.site import ROOT
from tests.conftest import Database, application
from tests.docs.pages import PAGES, whole_commands
from tests.grid.outages.evening import EARLY, Evening, events_of, over

# Run where they stand in tests/docs: calls of the API and what they are made with here, statements by
# test_commands.test_documented_sql_runs.
CALLS = re.compile(r"(curl|K=|P=|cat > \w+\.csv <<)")
STATEMENTS = re.compile(r"countersign psql -c \"(?!COPY)")
HELP = re.compile(r"countersign [\w ]+ --(help|schema)\b")
# What a shell does by itself: names that later commands use.
NAMES = re.compile(r"(export [A-Z]|mkdir -p \S+ && cp )")
# Which file and test run the commands that begin so.
RUNS = {
    ("tests/flows/test_services.py", "test_up_prints_addresses_that_answer_and_are_ours"): [
        "make up",
    ],
    ("tests/docs/test_pages.py", "test_the_site_is_built_whole_and_asks_nothing_of_a_network"): [
        "make docs",
    ],
    ("tests/kernel/test_release_commands.py", "test_gate_b_holds_endpoints_samples_and_the_smoke_test"): [
        "make openapi",
        "countersign release",
    ],
    ("tests/docs/test_pages.py", "test_the_dictionary_tells_grain_units_keys_and_rights"): [
        "python -m scripts.data_dictionary",
    ],
    ("tests/docs/test_pages.py", "test_notices_name_every_package_that_is_shipped"): [
        "python -m scripts.notices",
    ],
    ("tests/flows/test_services.py", "test_up_again_finds_what_runs_and_in_the_foreground_refuses"): [
        "countersign up --detach",
    ],
    ("tests/flows/test_services.py", "test_status_names_every_service"): [
        "countersign status",
    ],
    ("tests/flows/test_services.py", "test_down_leaves_nothing_running_and_can_be_said_twice"): [
        "countersign down",
    ],
    ("tests/faults/test_restore_drill.py", "test_the_drill_is_passed"): [
        "countersign seed demo",
        "countersign backup",
        "countersign restore",
        "scripts/restore_drill.sh",
    ],
    (
        "tests/kernel/retention/test_cold_reads.py",
        "test_late_reads_are_refused_until_the_day_is_brought_back_and_then_it_goes_again_under_the_same_order",
    ): [
        "countersign reads archives",
        "countersign reads restore",
    ],
    ("tests/kernel/test_commands.py", "test_token_prints_a_token_and_nothing_else"): [
        "countersign token",
    ],
    ("tests/kernel/test_admin_commands.py", "test_the_first_administrator_is_made_once"): [
        "countersign admin bootstrap",
    ],
    ("tests/kernel/test_admin_commands.py", "test_tenants_are_made_listed_shown_and_set"): [
        "countersign admin tenant",
    ],
    ("tests/kernel/test_admin_commands.py", "test_people_and_roles_are_given_and_ended"): [
        "countersign admin person",
        "countersign admin role",
    ],
    ("tests/kernel/test_admin_commands.py", "test_a_key_is_printed_alone_and_once"): [
        "countersign admin key",
    ],
    ("tests/grid/metering/test_ingest_command.py", "test_a_dry_run_stores_nothing"): [
        "countersign grid ingest",
    ],
    ("tests/flows/test_restoreiq.py", "test_events_of_a_file_are_taken_in_as_those_of_the_endpoint"): [
        "countersign outages report",
    ],
    ("tests/kernel/test_release_commands.py", "test_apply_at_the_command_line_waits_for_the_signature"): [
        "countersign migrate",
    ],
    ("tests/kernel/ledger_acts.py", "verify"): [
        "countersign verify ledger",
    ],
    ("tests/kernel/test_ledger_http.py", "test_a_downloaded_proof_is_checked_offline_with_the_downloaded_key"): [
        "countersign verify event",
    ],
    ("tests/kernel/test_verify_made.py", "test_a_publish_is_made_again_from_its_recorded_inputs"): [
        "countersign verify run",
    ],
    ("tests/flows/test_courses_authoring.py", "test_the_published_file_is_verified_offline_and_a_changed_one_is_not"): [
        "countersign verify package",
    ],
    ("tests/courses/exports/test_checker.py", "test_the_command_judges_a_file"): [
        "countersign verify scorm",
    ],
    ("tests/flows/test_courses_authoring.py", "test_from_an_intent_to_a_published_course_by_commands"): [
        "countersign courses generate",
        "countersign courses review",
        "countersign courses approve",
        "countersign courses reject",
        "countersign courses preview",
        "countersign courses publish",
    ],
    ("tests/courses/insight/test_metrics_command.py", "answer"): [
        "countersign courses metrics",
    ],
    ("tests/stairs/test_evaluate_command.py", "test_json_is_the_result_of_production_and_the_fault_beside_it"): [
        "countersign stairs evaluate",
    ],
    ("tests/flows/test_courses_authoring.py", "test_a_killed_worker_comes_back_and_goes_on"): [
        "countersign worker",
    ],
    ("tests/flows/test_smoke_restoreiq.py", "test_with_a_persons_token_it_goes_from_signals_to_the_opened_report"): [
        "scripts/smoke_restoreiq.sh",
    ],
}
RUN_BY = {start: by for by, starts in RUNS.items() for start in starts}
# What needs a cluster, a cloud, another machine, a browser's certificate, a package index or hours; and why it is left.
# Of each, the files that it names are there; commands of ours have their options by tests/docs/test_commands.py, and
# chart, image and compose file are held by tests/deploy.
CANNOT_RUN = {
    "docker ": "no container engine",
    "helm ": "no cluster; the chart is rendered and checked by tests/deploy/test_chart.py",
    "kubectl ": "no cluster",
    "aws ": "no account",
    "ssh ": "no other machine",
    "openssl ": "makes keys outside the product; domain/kernel/keyfile.py reads what it makes",
    "pip install": "a package index",
    "sed -e ": "fills the sample policy in, which tests/kernel/objects checks for its form",
    "make demo": "minutes; its main jobs are the flows under tests/flows",
    "make test": "this is it",
    "make check": "the checks before these tests",
    "make soak": "hours",
    "make lock": "a package index",
    ".venv/bin/pytest": "tests themselves; the paths are looked at",
    "countersign up --host": "an address that others reach",
    "countersign psql -c \"COPY": "writes a file from a seeded copy",
    "countersign psql < sql/smoke": "tests/flows/test_smoke_restoreiq.py seeds by the same file",
    "countersign courses enroll": "needs a learner's session; tests/courses/delivery runs the act",
    "countersign courses export": "needs a learner's session; tests/courses/exports runs the act",
}  # fmt: skip
NAMED_FILES = re.compile(r"(?<![\w./-])((?:deploy|scripts|sql|tests)/[\w./-]+)")


def plain(command: str) -> str:
    """Without what is set before it and its comment."""
    return re.sub(r"^(?:[A-Z_]{2,}=\S+ )+", "", command).split("   #")[0].strip()


def ways(command: str) -> list[str]:
    """Everything that accounts for a command."""
    told = plain(command)
    found = [name for name, rule in (("calls", CALLS), ("statements", STATEMENTS), ("help", HELP)) if rule.match(told)]
    if NAMES.match(told):
        found.append("names")
    begun = [start for start in (*RUN_BY, *CANNOT_RUN) if told.startswith(start)]
    # "countersign up --host" stands before "countersign up".
    return found or ([max(begun, key=len)] if begun else [])


def written() -> list[tuple[Path, str]]:
    return [(page, command) for page in PAGES for command in whole_commands(page)]


def test_every_command_is_run_or_of_a_kind_that_cannot() -> None:
    unheld = [f"{page}: {command}" for page, command in written() if not ways(command)]
    assert not unheld, "name a test that runs it in RUN_BY, or why none can in CANNOT_RUN:\n" + "\n".join(unheld)


def test_a_new_command_that_nothing_runs_would_be_found() -> None:
    assert ways("countersign courses sell --all") == []
    assert ways("terraform apply") == []
    assert ways("COUNTERSIGN_HOME=/srv/x countersign restore /srv/b") == ["countersign restore"]


def test_nothing_is_named_that_no_page_says() -> None:
    used = {way for _, command in written() for way in ways(command)}
    assert {*RUN_BY, *CANNOT_RUN} - used == set()


@pytest.mark.parametrize("start", sorted(RUN_BY))
def test_the_named_test_is_there_and_speaks_of_the_command(start: str) -> None:
    file, name = RUN_BY[start]
    text = (ROOT / file).read_text()
    assert f"def {name}(" in text
    word = shlex.split(start)[-1].removeprefix("scripts/").removeprefix("scripts.").lstrip("-")
    assert start.startswith("make") or re.search(rf"\b{re.escape(word)}\b", text)


def test_files_that_commands_name_are_there() -> None:
    for page, command in written():
        for name in NAMED_FILES.findall(plain(command)):
            assert (ROOT / name).exists(), f"{page}: {name}"


RECORDING = """
curl() { printf '%s\\0' "$@"; printf '\\n\\0'; }
export BASE_URL=http://api GRIDLENS_API_KEY=machine PERSON_TOKEN=person OUTAGE_ID=outage-id-of-the-smoke
export COUNTERSIGN_PUBLIC_URL=http://api
"""


class Calls:
    """The calls of a page as a shell makes them, sent to the application, in a smaller world than the page's."""

    def __init__(self, evening: Evening, folder: Path) -> None:
        self.evening, self.folder = evening, folder
        first, second, *_ = sorted(meter.meter_id for meter in evening.network.meters)
        self.meters = {"M000001": first, "M000002": second}
        self.world: dict[str, Any] = {
            "feederId": evening.network.feeders[0].feeder_id,
            "meterIds": [first, second],
        }

    def of(self, page: Path) -> Iterator[tuple[str, list[str]]]:
        """Each call's command and its words, after the shell has put in what it knows."""
        wanted = [command for command in whole_commands(page) if CALLS.match(command)]
        for name, ours in self.meters.items():
            wanted = [command.replace(name, ours) if command.startswith("cat") else command for command in wanted]
        done = subprocess.run(
            ["bash", "-euc", RECORDING + "\n".join(wanted)], cwd=self.folder, capture_output=True, check=True
        )
        said = [one.split("\0")[:-1] for one in done.stdout.decode().split("\n\0")[:-1]]
        calls = [command for command in wanted if command.startswith("curl")]
        yield from zip(calls, said, strict=True)

    def send(self, given: list[str]) -> Response:
        """What the words ask for, with this world's ids in place of the page's."""
        method, headers, body, parts, address = None, {}, None, [], ""
        words = iter(given)
        for word in words:
            if word == "-X":
                method = next(words)
            elif word == "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            elif word == "-d":
                body = json.loads(next(words))
            elif word == "-F":
                parts.append(next(words).partition("="))
            elif not word.startswith("-"):
                address = word
        path = urlsplit(address)
        return self.evening.client.request(
            method or ("POST" if parts or body is not None else "GET"),
            self._placed(path.path) + (f"?{path.query}" if path.query else ""),
            headers=headers | self._who(headers.get("Authorization")),
            json=None if body is None else {name: self.world.get(name, value) for name, value in body.items()},
            files={n: (v[1:], (self.folder / v[1:]).read_bytes()) for n, _, v in parts if v.startswith("@")} or None,
            data={n: v for n, _, v in parts if not v.startswith("@")} or None,
        )

    def _who(self, bearer: str | None) -> dict[str, str]:
        return {} if bearer is None else self.evening.machine if bearer == "Bearer machine" else self.evening.bea

    def _placed(self, path: str) -> str:
        for start, name in (("outages", "outage_id"), ("replays", "replay_id"), ("event", "event_id")):
            path = re.sub(rf"/{start}/[\w-]{{16,}}", f"/{start}/{self.world.get(name, '')}", path)
        return path

    def learn(self, answer: Any) -> None:
        """Keep the ids that later calls of the page speak of."""
        if not isinstance(answer, dict):
            return
        keep = ("outage_id", "run_id", "replay_id", "content_hash", "event_id")
        self.world |= {name: answer[name] for name in keep if answer.get(name)}
        if answer.get("zones"):
            self.world["rec_id"] = self.world["true_zone_id"] = answer["zones"][0]["zone_id"]
            self.world["of_zones"] = answer["run_id"]


@pytest.fixture(scope="module")
def calls(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    with TestClient(application(), raise_server_exceptions=False) as client:
        evening = Evening(client, "DEMO_TENANT")
        evening.report([one for one in events_of(evening.network) if one.arrived_at <= EARLY])
        evening.infer()
        # The key that the pages export, with what it may do.
        _, key = create_key("DEMO_TENANT", "as GridLens", GRIDLENS_SCOPES)
        evening.machine = {"Authorization": f"Bearer {key}"}
        with psycopg.connect(module_database.urls["owner"]) as owner:
            owner.execute("UPDATE tenants SET public_quickcheck = true WHERE tenant_id = 'DEMO_TENANT'")
        yield Calls(evening, tmp_path_factory.mktemp("docs"))


def test_every_call_of_the_api_is_run_as_it_is_written(calls: Calls) -> None:
    ran = 0
    pages = sorted({page for page, command in written() if command.startswith("curl")})
    # The page that promotes the outage comes first: the others speak of it.
    for page in sorted(pages, key=lambda one: one.name != "restoreiq.md"):
        for command, given in calls.of(page):
            ran += 1
            if "/replays/after-action/generate" in command:
                over(calls.evening)
            if "/progress" in command:
                calls.world["fault_found_at"] = EARLY.isoformat()
            if "/v1/feedback" in command:
                calls.world["run_id"] = calls.world["of_zones"]
            elif "run_id" in calls.world:
                del calls.world["run_id"]
            answer = calls.send(given)
            fine = {200, 201, 202, 503} if "/health/" in command else {200, 201, 202}
            assert answer.status_code in fine, f"{page}: {command}\n{answer.status_code} {answer.text}"
            if answer.headers.get("content-type", "").startswith("application/json"):
                calls.learn(answer.json())
    assert ran >= 28


def test_a_call_that_the_api_refuses_would_be_found(calls: Calls) -> None:
    answer = calls.send(
        ["-X", "POST", "http://api/v1/fault-zones/rank", "-H", "Authorization: Bearer machine", "-d", "{}"]
    )
    assert answer.status_code == 422
