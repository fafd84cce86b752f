"""`scripts/smoke_restoreiq.sh` against the real server: it says what it saw, and fails with one sentence."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.grid.outages.rules.storm import reports_of
from domain.kernel.keys import create_key
from domain.kernel.objects.chosen import open_store
from domain.kernel.objects.local import LocalStore
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import ROOT, Database
from tests.flows.looking import serving
from tests.grid.outages.town import NIGHT, make_town, night
from tests.makers import make_token

SCRIPT = ROOT / "scripts" / "smoke_restoreiq.sh"
EARLY = NIGHT + timedelta(minutes=6)
SECRET_OF_LINK = re.compile(r"\?|signature", re.IGNORECASE)


@dataclass(frozen=True)
class Copy:
    """A running copy with the town, whose recloser has opened."""

    address: str
    key: str
    token: str
    early: list[dict[str, Any]]
    late: list[dict[str, Any]]

    def smoke(self, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run the script as a person would, with nothing in its environment but what it reads."""
        own = {"PATH": os.environ["PATH"], "BASE_URL": self.address, "GRIDLENS_API_KEY": self.key}
        kept = {name: value for name, value in (own | settings).items() if value}
        done = subprocess.run([str(SCRIPT)], env=kept, capture_output=True, text=True, timeout=120, check=False)
        told = done.stdout + done.stderr
        assert self.key not in told
        assert self.token not in told
        assert not SECRET_OF_LINK.search(told)
        return done

    def report(self, events: list[dict[str, Any]]) -> None:
        headers = {"Authorization": f"Bearer {self.key}"}
        httpx.post(f"{self.address}/v1/grid/meter-events", json={"events": events}, headers=headers).raise_for_status()


@pytest.fixture(scope="module")
def copy(module_database: Database) -> Iterator[Copy]:
    """The application on a free port; nothing has been reported to it."""
    ensure_signing_keys()
    network = make_town()
    _, key = create_key("T", "ami", ["ami:write", "grid:read", "grid:advise"])
    told = reports_of([night(network)], [], seed=1)
    early = [_event(one) for one in told if one.arrived_at <= EARLY]
    late = [_event(one) for one in told if one.arrived_at > EARLY]
    with serving() as address:
        yield Copy(address, key, make_token("T", "OPERATOR"), early, late)


def _event(one: Any) -> dict[str, Any]:
    who = {"device_id": one.device_id} if one.device_id else {"meter_id": one.meter_id}
    stamps = {"at": one.at.isoformat(), "arrived_at": one.arrived_at.isoformat()}
    return {"type": one.type, "source": one.source, **who, **stamps}


@pytest.fixture(scope="module")
def runs(copy: Copy) -> dict[str, subprocess.CompletedProcess[str]]:
    """The script in the order of a night: before it, minutes into it with a person's token, after it without."""
    found = {"before": copy.smoke()}
    copy.report(copy.early)
    found["during"] = copy.smoke(PERSON_TOKEN=copy.token, INFER_AS_OF=EARLY.isoformat())
    copy.report(copy.late)
    found["after"] = copy.smoke()
    return found


def steps(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The names of the steps that went well, each once."""
    assert done.returncode == 0, done.stderr
    names = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("ok ")]
    return list(dict.fromkeys(names))


def test_with_a_persons_token_it_goes_from_signals_to_the_opened_report(runs: dict[str, Any]) -> None:
    way = [
        "infer",
        "promote",
        "outage",
        "rank",
        "options",
        "crews",
        "feedback",
        "replay",
        "export",
        "links",
        "reference",
    ]
    assert steps(runs["during"]) == way
    assert "countersigned" in runs["during"].stdout
    assert "first Z-REC-N" in runs["during"].stdout
    assert "pdf opens" in runs["during"].stdout
    assert "docx opens" in runs["during"].stdout


def test_without_a_token_it_ranks_replays_and_exports_the_newest_outage(runs: dict[str, Any]) -> None:
    assert steps(runs["after"]) == ["outage", "rank", "replay", "export", "links", "reference"]


def test_an_outage_can_be_named(copy: Copy, runs: dict[str, Any]) -> None:
    own = re.search(r"ok  outage +(\S+),", runs["after"].stdout)
    assert own is not None
    named = copy.smoke(OUTAGE_ID=own[1], PERSON_TOKEN=copy.token)
    assert own[1] in named.stdout
    assert "nothing that the rules let through waits" in named.stdout
    assert steps(named)[-1] == "reference"


def test_without_a_promoted_outage_it_says_so(runs: dict[str, Any]) -> None:
    assert runs["before"].returncode == 1
    assert runs["before"].stderr.startswith("FAILED outage: no outage that touched customers was promoted yet.")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"BASE_URL": ""}, "FAILED start: BASE_URL is not set"),
        ({"GRIDLENS_API_KEY": ""}, "FAILED start: GRIDLENS_API_KEY is not set"),
        ({"GRIDLENS_API_KEY": "no-such-key"}, "FAILED outage: 401 UNAUTHENTICATED: The key is not known"),
        ({"PERSON_TOKEN": "nobody"}, "FAILED promote: 401 UNAUTHENTICATED"),
        ({"OUTAGE_ID": "x'; DROP"}, "FAILED start: OUTAGE_ID is no outage's id"),
        (
            {"OUTAGE_ID": "00000000-0000-5000-8000-000000000000"},
            "FAILED outage: 404 NOT_FOUND: There is no such outage.",
        ),
        ({"BASE_URL": "http://127.0.0.1:1"}, "FAILED outage: http://127.0.0.1:1 does not answer"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_1(
    copy: Copy, runs: dict[str, Any], given: dict[str, str], said: str
) -> None:
    done = copy.smoke(**given)
    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 1


def test_a_report_whose_bytes_were_changed_fails(copy: Copy, runs: dict[str, Any]) -> None:
    """The export writes the draft anew, so the store is made to lie: the file is changed as soon as it is there."""
    store = open_store()
    assert isinstance(store, LocalStore)
    files = sorted(Path(store.root).rglob("draft/after_action.pdf"))
    assert files
    was = LocalStore.put

    def lying(self: LocalStore, key: str, source: Any, media_type: str) -> None:
        was(self, key, source, media_type)
        if key.endswith("draft/after_action.pdf"):
            path = self.root / key
            data = path.read_bytes()
            path.chmod(0o600)
            path.write_bytes(data[:-1] + b"X")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalStore, "put", lying)
        done = copy.smoke()
    assert done.returncode == 1
    assert done.stderr.startswith("FAILED links: the pdf is another than its SHA-256 says.")
