"""RestoreIQ from last gasps to the signed report, over HTTP, each step twice: the same question is the same run."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from pypdf import PdfReader
from sqlalchemy import text

from api import limits
from cli.main import countersign
from domain.grid.outages.rules.signals import Signal
from domain.grid.outages.rules.storm import reports_of
from domain.grid.outages.store import crews
from domain.grid.outages.store.crews import CrewNow
from domain.kernel.db import transaction
from domain.kernel.fulfil import fulfil
from domain.kernel.keys import create_key
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import DbRole, settings
from domain.kernel.signing import ensure_signing_keys
from domain.kernel.verify import verify_artifact, verify_run
from domain.together import REBUILDERS, RENDERERS
from orchestration.doers import DOERS
from tests.conftest import Database, application
from tests.flows.test_secrets import PLANTED, SAID
from tests.grid.outages.town import BACK_MIN, NIGHT, REPAIRED_MIN, below, make_town, night
from tests.makers import make_token

SENTENCES = [
    "Advisory-only recommendations.",
    "Operator validation required.",
    "Generated from telemetry available at the time of generation.",
]


class Night:
    """One outage's way through the house, kept for the tests of this module."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.network = make_town()
        _, key = create_key("T", "ami", ["ami:write", "grid:read", "grid:advise"])
        self.machine = {"Authorization": f"Bearer {key}"}
        self.operator = {"Authorization": f"Bearer {make_token('T', 'OPERATOR', email='op@example.org')}"}
        self.manager = {"Authorization": f"Bearer {make_token('T', 'MANAGER', email='boss@example.org')}"}
        strays = list(below(self.network, "FUSE-S2")[:1])
        self.signals = reports_of([night(self.network)], strays, seed=1)
        self.advice: dict[str, dict[str, Any]] = {}

    def post(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None, status: int = 200) -> Any:
        answer = self.client.post(path, json=body, headers=headers or self.machine)
        assert answer.status_code == status, answer.text
        return answer.json()

    def report(self, signals: list[Signal]) -> Any:
        return self.post("/v1/grid/meter-events", {"events": [_event(one) for one in signals]})


def _event(one: Signal) -> dict[str, Any]:
    who = {"device_id": one.device_id} if one.device_id else {"meter_id": one.meter_id}
    stamps = {"at": one.at.isoformat(), "arrived_at": one.arrived_at.isoformat()}
    return {"type": one.type, "source": one.source, **who, **stamps}


@pytest.fixture(scope="module")
def story(module_database: Database) -> Iterator[Night]:
    """The night until the report is exported."""
    ensure_signing_keys()
    with TestClient(application(), raise_server_exceptions=True) as client:
        made = Night(client)
        _tell(made)
        yield made
    limits._engine(settings().url(DbRole.APP)).dispose()
    limits._engine.cache_clear()


def _tell(made: Night) -> None:
    early = [one for one in made.signals if one.arrived_at <= NIGHT + timedelta(minutes=6)]
    made.advice["reported"] = made.report(early)
    at = (NIGHT + timedelta(minutes=6)).isoformat()
    made.advice["inferred"] = made.post("/v1/provisionals/infer", {"as_of": at})
    made.advice["advised"] = made.post("/v1/provisionals/promote", {})
    seen = {"mode": "commit", "content_hash": made.advice["advised"]["content_hash"], "reason": "Calls confirm it."}
    made.advice["promoted"] = made.post("/v1/provisionals/promote", seen, made.operator)
    outage = {"outage_id": made.advice["promoted"]["outage_id"]}
    with transaction("T") as connection:
        crews.put(connection, _crews())
    asked = outage | {"as_of": (NIGHT + timedelta(minutes=6)).isoformat()}
    made.advice["zones"] = made.post("/v1/fault-zones/rank", asked)
    made.advice["options"] = made.post("/v1/restoration-options/generate", asked)
    made.advice["crews"] = made.post("/v1/crews/recommendations/generate", asked)
    late = [one for one in made.signals if one.arrived_at > NIGHT + timedelta(minutes=6)]
    made.report(late)
    times = {"dispatched_at": 15, "arrived_at": 40, "fault_found_at": 70, "isolated_at": 48}
    told = {name: (NIGHT + timedelta(minutes=minutes)).isoformat() for name, minutes in times.items()}
    path = f"/v1/outages/{outage['outage_id']}/progress"
    made.post(path, told | {"cause": "tree", "true_device_id": "REC-N", "true_zone_id": "Z-REC-N"}, made.operator)
    end = (NIGHT + timedelta(hours=4)).isoformat()
    made.advice["followed"] = made.post("/v1/provisionals/infer", {"as_of": end})
    made.advice["replay"] = made.post("/v1/replays/after-action/generate", outage | {"mode": "full"})
    made.advice["report"] = made.post(
        "/v1/reports/after-action/export", {"replay_id": made.advice["replay"]["replay_id"]}
    )


def _crews() -> list[CrewNow]:
    depot = ("Depot", 47.01, 8.01, time(12, 0), time(23, 59), "truck", 3, ("fuse_link",), "available", None, 2.0)
    skilled = ("line_oh", "bucket", "switching", "hv")
    return [
        CrewNow("CREW-1", "Crew North", *depot, skilled),
        CrewNow("CREW-2", "Crew South", *depot, ("switching",)),
        CrewNow("CREW-3", "Crew Cable", *depot, ("line_ug",)),
    ]


def test_reports_are_stored_once(story: Night) -> None:
    assert story.advice["reported"]["counts"]["rejected"] == 0
    again = story.report([one for one in story.signals if one.arrived_at <= NIGHT + timedelta(minutes=6)])
    assert again["counts"]["accepted"] == 0
    assert again["status"] == "nothing_new"


def test_the_device_that_opened_is_inferred_and_the_stray_gasp_is_not_promoted(story: Night) -> None:
    rows = story.advice["inferred"]["provisionals"]
    best = max(rows, key=lambda row: row["posterior"] * row["meters_predicted"])
    assert best["device_id"] == "REC-N"
    assert best["status"] == "PROBABLE"
    decided = {row["device_id"]: row["action"] for row in story.advice["advised"]["decisions"]}
    assert decided["REC-N"] == "promote"
    assert [own for own, action in decided.items() if action == "promote"] == ["REC-N"]


def test_an_outage_exists_only_with_the_signature_that_promoted_it(story: Night) -> None:
    outage = story.client.get(f"/v1/outages/{story.advice['promoted']['outage_id']}", headers=story.operator).json()
    assert outage["outage"]["countersignature_id"]
    assert outage["counts"]["customers"] == len(night(story.network).meter_ids)


def test_a_machines_key_advises_and_cannot_promote(story: Night) -> None:
    body = story.post("/v1/provisionals/promote", {"mode": "commit", "content_hash": "0" * 64}, status=403)
    assert body["code"] == "PERSON_REQUIRED"


def test_the_true_zone_is_ranked_first_and_options_are_given_with_their_reasons(story: Night) -> None:
    zones = story.advice["zones"]["zones"]
    assert zones[0]["zone_id"] == "Z-REC-N"
    assert sum(zone["probability"] for zone in zones) == pytest.approx(1.0, abs=1e-6)
    options = story.advice["options"]["options"]
    assert [one["rank"] for one in options] == list(range(1, len(options) + 1))
    assert any(one["tie_device_id"] == "TIE-NS" for one in options)
    assert all(one["infeasible_reasons"] for one in story.advice["options"]["rejected"])


def test_the_crew_with_the_skills_is_first(story: Night) -> None:
    rows = story.advice["crews"]["recommendations"]
    assert rows
    patrol = [row for row in rows if row["role"] == "patrol"]
    assert patrol[0]["crew_id"] == "CREW-1"
    assert patrol[0]["is_assigned"]


def test_the_same_question_is_the_same_run(story: Night) -> None:
    outage = {"outage_id": story.advice["promoted"]["outage_id"]}
    asked = outage | {"as_of": (NIGHT + timedelta(minutes=6)).isoformat()}
    for path, former in (
        ("/v1/fault-zones/rank", "zones"),
        ("/v1/restoration-options/generate", "options"),
        ("/v1/crews/recommendations/generate", "crews"),
    ):
        again = story.post(path, asked)
        assert (again["status"], again["run_id"]) == ("unchanged", story.advice[former]["run_id"])


def test_every_answer_has_status_ids_counts_and_the_three_sentences(story: Night) -> None:
    for name in ("inferred", "advised", "promoted", "zones", "options", "crews", "replay", "report"):
        told = story.advice[name]
        assert told["advisory"]["text"] == SENTENCES
        assert {"status", "run_id", "outage_id", "counts"} <= set(told)


def test_all_customers_are_followed_until_supply_is_back(story: Night) -> None:
    outage = story.client.get(f"/v1/outages/{story.advice['promoted']['outage_id']}", headers=story.operator).json()
    assert outage["status"] == "RESTORED"
    assert outage["counts"]["customers_out"] == 0
    assert outage["outage"]["restored_at"] >= (NIGHT + timedelta(minutes=REPAIRED_MIN)).isoformat()[:16]


def test_the_replay_tells_what_happened_and_what_following_the_advice_would_have_changed(story: Night) -> None:
    summary = story.advice["replay"]["summary"]
    first = len(below(story.network, "SW-N"))
    rest = len(below(story.network, "REC-N")) - first
    assert summary["reliability"]["cmi"] == pytest.approx(BACK_MIN * first + REPAIRED_MIN * rest, rel=0.01)
    assert summary["ranking_quality"]["rank_of_true_zone"] == 1
    cases = {case["case"]: case for case in summary["counterfactual"]}
    # The crew found a fault that had to be repaired: an option that recloses after a patrol would have saved nothing.
    top = next(one for one in summary["options"] if one["rank"] == 1)
    assert (cases["as_recommended"]["delta_cmi"] < 0) == (top["option_type"] != "patrol_reclose")
    assert cases["as_recommended"]["is_feasible"] or cases["as_recommended"]["why_not"]
    assert cases["ideal"]["delta_cmi"] < 0
    assert {"promoted", "zone_ranked", "dispatched", "fault_found", "last_restoration"} <= {
        one["code"] for one in summary["milestones"] if one["at"]
    }
    assert len(json.dumps(summary)) < 200_000


def test_the_draft_is_there_at_once_and_its_links_open(story: Night) -> None:
    for ending, told in story.advice["report"]["files"].items():
        answer = story.client.get(told["url"])
        assert answer.status_code == 200
        assert len(answer.content) == told["size_bytes"]
        assert answer.content[:2] == (b"%P" if ending == "pdf" else b"PK")


def test_the_signed_edition_is_made_of_exactly_what_was_signed_and_can_be_made_again(story: Night) -> None:
    report = story.advice["report"]
    seen = {"content_hash": report["content_hash"], "reason": "As it was."}
    answer = story.post(f"/v1/proposals/{report['proposal_id']}/approve", seen, story.manager)
    signature = UUID(answer["countersignature"]["countersignature_id"])
    done = fulfil("T", signature, DOERS, run_id="test", actor_id="test")
    assert len(done.artifact_ids) == 2
    replay = story.client.get(f"/v1/replays/{report['replay_id']}", headers=story.manager).json()
    assert replay["status"] == "SIGNED"
    assert set(replay["report_blob_ref"]) == {"draft", "signed"}
    with transaction("T", DbRole.AUDITOR) as connection:
        for artifact in done.artifact_ids:
            assert verify_artifact(connection, open_store(), artifact, RENDERERS).verdict == "same"
    page = story.client.get(f"/countersignatures/{signature}", headers=story.manager)
    assert page.status_code == 200
    assert all(f'{form.upper()} <span class="id"><code' in page.text for form in ("pdf", "docx"))
    assert "{&#39;" not in page.text


@pytest.mark.parametrize("step", ["inferred", "zones", "options", "crews", "replay"])
def test_a_run_is_verified_and_no_longer_after_one_row_of_its_inputs_was_changed(story: Night, step: str) -> None:
    run = UUID(story.advice[step]["run_id"])
    with transaction("T", DbRole.AUDITOR) as connection:
        assert verify_run(connection, run, REBUILDERS).is_good
    _shift(story, step, 1)
    try:
        with transaction("T", DbRole.AUDITOR) as connection:
            assert not verify_run(connection, run, REBUILDERS).is_good
    finally:
        _shift(story, step, -1)


def _shift(story: Night, step: str, minutes: int) -> None:
    """Move one row of what the step reads, as the owner, behind everybody's back."""
    table, column = ("outage_impacts", "restored_at") if step == "replay" else ("meter_events", "at")
    with transaction("T", DbRole.OWNER) as connection:
        done = connection.execute(
            text(f"UPDATE {table} SET {column} = {column} + :by WHERE meter_id = :m"),
            {"m": night(story.network).meter_ids[0], "by": timedelta(minutes=minutes)},
        )
        assert done.rowcount


def test_a_crew_is_registered_and_its_newest_report_holds(story: Night) -> None:
    body = {"name": "Crew West", "depot": "West", "lat": 47.0, "lon": 8.0, "shift_start": "06:00", "shift_end": "14:00"}
    put = story.client.put("/v1/crews/CREW-9", json=body | {"skills": ["tree", "tree"]}, headers=story.operator)
    assert put.status_code == 200, put.text
    story.post("/v1/crews/CREW-9/status", {"status": "onsite", "hours_worked": 3.5}, story.operator, 201)
    story.post("/v1/crews/CREW-9/status", {"status": "onsite"}, status=403)
    story.post("/v1/crews/NOBODY/status", {"status": "rest"}, story.operator, 404)
    rows = story.client.get("/v1/crews", headers=story.operator).json()["rows"]
    crew = next(row for row in rows if row["crew_id"] == "CREW-9")
    assert (crew["status"], crew["hours_worked"], crew["skills"]) == ("onsite", 3.5, ["tree"])


def test_events_of_a_file_are_taken_in_as_those_of_the_endpoint(story: Night, tmp_path: Path) -> None:
    told = [one for one in story.signals if one.meter_id]
    lines = [f"{o.meter_id},{o.type},{o.at.isoformat()},{o.arrived_at.isoformat()},{o.source}" for o in told]
    path = tmp_path / "events.csv"
    stranger = "NOBODY,POWER_OUT,2026-11-20T23:10:00Z,,"
    path.write_text("\n".join(["meter_id,type,at,arrived_at,source", *lines, stranger]))
    done = CliRunner().invoke(countersign, ["outages", "report", str(path), "--tenant", "T", "--json"])
    assert done.exit_code == 0, done.output
    counts = json.loads(done.stdout)["files"][0]["counts"]
    assert (counts["accepted"], counts["duplicates"], counts["unknown"]) == (0, len(lines), 1)
    bad = CliRunner().invoke(countersign, ["outages", "report", str(tmp_path / "none.csv"), "--tenant", "T"])
    assert bad.exit_code == 2
    assert "refused" in bad.stderr


def test_a_secret_that_somebody_typed_is_in_no_report(story: Night) -> None:
    outage = story.advice["promoted"]["outage_id"]
    story.post(f"/v1/outages/{outage}/progress", {"cause": f"tree {SAID}"[:200]}, story.operator)
    note = {"run_id": story.advice["zones"]["run_id"], "rec_type": "zone", "rec_id": "Z-REC-N", "action": "accepted"}
    story.post("/v1/feedback", note | {"note": SAID}, story.operator, 201)
    replay = story.post("/v1/replays/after-action/generate", {"outage_id": outage})
    report = story.post("/v1/reports/after-action/export", {"replay_id": replay["replay_id"]})
    pdf, docx = (story.client.get(report["files"][ending]["url"]).content for ending in ("pdf", "docx"))
    with zipfile.ZipFile(io.BytesIO(docx)) as parts:
        written = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))
    said = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).replace("\n", "")
    assert "tree" in said
    for secret in PLANTED:
        assert secret not in said
        assert secret not in written
