"""Inspection of meters: suggested by the machine, signed by a person, written once, made again from what was signed."""

import csv
import io
import uuid
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grid.metering.fulfil import INSPECTION_LIST, inspection_doer
from domain.grid.metering.rules.inspection import COLUMNS, INSPECTION, PLACE, content_of, list_csv
from domain.grid.metering.rules.inspection_round import stops, straight_km
from domain.grid.metering.rules.series import Reason, SuspiciousMeter
from domain.grid.metering.store import suspicion
from domain.grid.metering.suggest import propose_inspection
from domain.kernel import artifacts
from domain.kernel.canonical import content_hash, sha256_hex
from domain.kernel.countersign.acts import Act
from domain.kernel.countersign.decide import decide
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.fulfil import Outcome, fulfil
from domain.kernel.objects.chosen import open_store
from domain.kernel.proposals import Proposal
from domain.kernel.settings import DbRole
from domain.kernel.signed import Decision
from domain.kernel.verify import Verdict, verify_artifact
from domain.together import RENDERERS
from tests.conftest import Database
from tests.makers import make_fleet, make_person

DAY = date(2026, 3, 3)
ACTS = {INSPECTION.kind: Act(INSPECTION)}
DOERS = {INSPECTION.kind: inspection_doer(open_store)}


def scored(scores: list[float]) -> None:
    rows = [
        {
            "meter_id": f"M01{number:04d}",
            "feeder_id": "FEEDER_1",
            "transformer_id": None,
            "scoring_version": "test",
            "score": score,
            "rank": number + 1,
            "confidence": 0.9,
            "window_days": 7,
            "own_drop_pct": None,
            "own_z": None,
            "peer_drop_pct": None,
            "zero_run_hours": None,
            "flatness": None,
            "volt_resid_z": None,
            "loss_attrib": None,
            "tamper_count_30d": None,
            "ntl_kwh_est": 12.34,
            "revenue_at_risk": None,
            "suppressors": [],
            "reasons": [{"code": "own_drop", "value": 70.0, "points": 30.0, "text": "70 % below its own usual"}],
            "missing": [],
        }
        for number, score in enumerate(scores)
    ]
    with transaction("T", DbRole.MACHINE) as connection:
        suspicion.replace_day(connection, "T", DAY, rows)


def proposed(**more: object) -> Proposal:
    with transaction("T", DbRole.MACHINE) as connection:
        return propose_inspection(connection, proposed_by="gridlens", actor_role="MACHINE", **more)  # type: ignore[arg-type]


def signed(proposal: Proposal, decision: Decision = Decision.APPROVED) -> uuid.UUID:
    who = make_person("T", "ada", "REVIEWER")
    with transaction("T") as connection:
        answer = decide(
            connection, who, ACTS, proposal.proposal_id, decision, content_hash=proposal.content_hash, reason="r"
        )
    return answer.countersignature.countersignature_id


def carried_out(countersignature_id: uuid.UUID) -> Outcome:
    return fulfil("T", countersignature_id, DOERS, run_id="r", actor_id="dagster")


@pytest.fixture
def fleet(database: Database) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=6)
    scored([91.0, 80.0, 61.0, 20.0])


def test_the_most_suspicious_are_proposed_and_nobody_is_sent_by_it(fleet: None) -> None:
    found = proposed()
    assert [meter["score"] for meter in found.content["meters"]] == [91.0, 80.0, 61.0]
    assert found.content["meters"][0]["reasons"] == ["70 % below its own usual"]
    assert found.content_hash == content_hash(found.content)
    assert (found.state, found.evidence["meters"]) == ("WAITING", 3)
    with transaction("T") as connection:
        assert artifacts.page(connection, 10)[0] == []


def test_the_same_list_again_is_the_same_proposal_and_another_replaces_it(fleet: None) -> None:
    first = proposed()
    assert proposed().proposal_id == first.proposal_id
    assert proposed(most=2).proposal_id != first.proposal_id


def test_nothing_is_proposed_where_nothing_was_scored_or_reaches_the_score(fleet: None) -> None:
    with pytest.raises(NotFound, match="reaches 95 points"):
        proposed(least_score=95.0)
    with pytest.raises(NotFound, match="No meter"):
        proposed(feeder_id="FEEDER_9")


def test_a_signed_list_is_written_once_and_is_made_again_to_the_same_bytes(fleet: None) -> None:
    found = proposed()
    signature = signed(found)
    outcome, again = carried_out(signature), carried_out(signature)
    assert (again.already, list(again.artifact_ids)) == (True, list(outcome.artifact_ids))
    (artifact_id,) = outcome.artifact_ids
    with transaction("T") as connection:
        kept = artifacts.load(connection, artifact_id)
        assert (kept.kind, kept.countersignature_id) == (INSPECTION_LIST, signature)
        assert kept.sha256 == sha256_hex(list_csv(found.content))
        assert verify_artifact(connection, open_store(), artifact_id, RENDERERS).verdict is Verdict.SAME
        with artifacts.opened(open_store(), kept) as source:
            lines = list(csv.DictReader(io.TextIOWrapper(source, "utf-8")))  # type: ignore[type-var]
    assert [line["meter_id"] for line in lines] == ["M010000", "M010001", "M010002"]


def test_a_refused_list_is_not_written(fleet: None) -> None:
    with pytest.raises(Conflict, match="not approved"):
        carried_out(signed(proposed(), Decision.REFUSED))


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=20)


@given(TEXT, TEXT, st.lists(TEXT, max_size=3))
def test_every_list_reads_back_as_it_was_signed_and_runs_no_formula(meter: str, feeder: str, texts: list[str]) -> None:
    reasons = tuple(Reason("own_drop", 5.0, one) for one in texts)
    content = content_of(DAY, [SuspiciousMeter(meter, feeder, 70.04, 1, 0.5, None, reasons)])
    (line,) = csv.DictReader(io.StringIO(list_csv(content).decode(), newline=""))
    assert list(line) == ["scored_on", *COLUMNS, *PLACE]
    assert (line["meter_id"].removeprefix("'"), line["score"]) == (meter.removeprefix("'"), "70.0")
    assert not any(cell[:1] in {"=", "+", "-", "@"} for cell in line.values() if cell)


def test_a_list_that_was_signed_without_places_is_written_as_it_was() -> None:
    content = content_of(DAY, [SuspiciousMeter("M1", "F", 70.0, 1, 0.5, None, ())])
    for meter in content["meters"]:
        for name in PLACE:
            del meter[name]
    assert list_csv(content) == (
        b"scored_on,rank,meter_id,feeder_id,score,confidence_pct,unrecorded_kwh_estimated,reasons\n"
        + f"{DAY},1,M1,F,70.0,50.0,,\n".encode()
    )


def test_the_round_begins_at_the_most_suspicious_and_goes_to_the_nearest() -> None:
    places = {"A": (47.0, 8.0), "B": (47.3, 8.0), "C": (47.1, 8.0), "D": (None, None)}
    meters = [
        SuspiciousMeter(name, "F", 90.0 - rank, rank, 0.5, None, (), latitude=lat, longitude=lon)
        for rank, (name, (lat, lon)) in enumerate(places.items(), start=1)
    ]
    order = stops(meters)
    assert order == {"A": 1, "C": 2, "B": 3}
    assert straight_km(meters, order) == pytest.approx(0.3 * 111.195, abs=0.01)
    assert stops(meters[3:]) == {}
