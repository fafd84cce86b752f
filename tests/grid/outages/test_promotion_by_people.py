"""Who makes an outage of a belief, and what becomes of one that is refused, joined, nested, silent, short or old."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from domain.grid.outages.observe.infer import infer
from domain.grid.outages.suggest.promote import decisions
from domain.kernel.canonical import new_id
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from tests.conftest import Database, application
from tests.grid.outages.evening import EARLY, Evening, began, events_of
from tests.grid.outages.town import NIGHT, below


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    with TestClient(application(), raise_server_exceptions=False) as made:
        yield made


def told(evening: Evening, meters: tuple[str, ...], kind: str, at: datetime, source: str = "ami") -> None:
    """These meters report, within a second, each a few seconds after it was so."""
    rows = [
        {"type": kind, "meter_id": own, "source": source, "at": (at + timedelta(milliseconds=50 * (n % 9))).isoformat()}
        | {"arrived_at": (at + timedelta(milliseconds=50 * (n % 9), seconds=5)).isoformat()}
        for n, own in enumerate(meters)
    ]
    assert evening.post("/v1/grid/meter-events", {"events": rows})["counts"]["rejected"] == 0


def provisional(tenant_id: str, device_id: str) -> dict[str, Any]:
    with transaction(tenant_id) as connection:
        row = connection.execute(
            text("SELECT * FROM provisional_outages WHERE device_id = :id ORDER BY first_evidence_at DESC LIMIT 1"),
            {"id": device_id},
        ).one()
        return dict(row._mapping)


def count(tenant_id: str, query: str) -> int:
    with transaction(tenant_id) as connection:
        found: int = connection.execute(text(f"SELECT count(*) FROM {query}")).scalar_one()
        return found


def test_a_refusal_rejects_with_the_countersignature_and_is_not_proposed_again(client: TestClient) -> None:
    evening = Evening(client, "REFUSE")
    evening.report([one for one in events_of(evening.network) if one.arrived_at <= EARLY])
    evening.infer()
    seen = evening.post("/v1/provisionals/promote", {})
    refused = evening.post(
        f"/v1/proposals/{seen['proposal_id']}/refuse",
        {"reason": "A test of the relay."},
        evening.ada,
    )
    row = provisional("REFUSE", "REC-N")
    assert row["status"] == "REJECTED"
    assert str(row["countersignature_id"]) == refused["countersignature"]["countersignature_id"]
    assert row["reason"] == "A test of the relay."
    evening.infer(EARLY + timedelta(minutes=1))
    assert provisional("REFUSE", "REC-N")["status"] == "REJECTED"
    assert evening.post("/v1/provisionals/promote", {})["proposal_id"] is None
    assert count("REFUSE", "outages") == 0


def _again(client: TestClient, tenant_id: str) -> tuple[Evening, str, dict[str, Any]]:
    """A fuse blows and is promoted; three of four transformers come back and go again: what is proposed of that."""
    evening = Evening(client, tenant_id)
    meters = below(evening.network, "FUSE-N6")
    told(evening, meters, "POWER_OUT", NIGHT)
    evening.infer()
    outage_id = evening.promote()["outage_id"]
    told(evening, meters[:12], "POWER_ON", NIGHT + timedelta(minutes=20))
    evening.infer(NIGHT + timedelta(minutes=22))
    told(evening, meters[:12], "POWER_OUT", NIGHT + timedelta(minutes=30))
    evening.infer(NIGHT + timedelta(minutes=36))
    return evening, outage_id, evening.post("/v1/provisionals/promote", {})


def test_what_fails_below_an_open_outage_joins_it(client: TestClient) -> None:
    evening, outage_id, seen = _again(client, "MERGE")
    merging = [row for row in seen["decisions"] if row["action"] == "merge"]
    assert {row["into"] for row in merging} == {outage_id}, [row["reason"] for row in seen["decisions"]]
    body = {"mode": "commit", "content_hash": seen["content_hash"], "reason": "The same fault."}
    assert evening.post("/v1/provisionals/promote", body, evening.ada)["outage_id"] == outage_id
    assert count("MERGE", "outages") == 1
    assert count("MERGE", "provisional_outages WHERE status = 'MERGED'") == len(merging)
    assert evening.get(f"/v1/outages/{outage_id}")["counts"]["customers_out"] == 16


def test_nothing_joins_an_outage_that_is_over_by_the_time_of_the_signature(client: TestClient) -> None:
    evening, _, seen = _again(client, "OVER")
    with transaction("OVER") as connection:
        connection.execute(text("UPDATE outages SET status = 'RESTORED', restored_at = started_at + interval '1 hour'"))
    path = f"/v1/proposals/{seen['proposal_id']}/approve"
    late = evening.ask(path, {"content_hash": seen["content_hash"]}, evening.ada)
    assert (late.status_code, late.json()["code"]) == (409, "OUTAGE_OVER")
    assert count("OVER", "countersignatures") == 1


def test_what_a_restoration_leaves_behind_is_told_as_nested(client: TestClient) -> None:
    evening = Evening(client, "NESTED")
    inner = below(evening.network, "FUSE-N5")
    told(evening, below(evening.network, "REC-N"), "POWER_OUT", NIGHT)
    evening.infer(NIGHT + timedelta(minutes=10))
    rest = tuple(own for own in below(evening.network, "REC-N") if own not in inner)
    told(evening, rest, "POWER_ON", NIGHT + timedelta(minutes=40))
    evening.infer(NIGHT + timedelta(minutes=70))
    outer, nested = provisional("NESTED", "REC-N"), provisional("NESTED", "FUSE-N5")
    assert nested["nested_of"] == outer["prov_outage_id"]
    assert set(nested["meter_ids"]) == set(inner)


def test_a_short_interruption_is_momentary_and_no_outage(client: TestClient) -> None:
    evening = Evening(client, "SHORT")
    told(evening, below(evening.network, "REC-N"), "POWER_OUT", NIGHT)
    told(evening, below(evening.network, "REC-N"), "POWER_ON", NIGHT + timedelta(seconds=40))
    evening.infer(NIGHT + timedelta(minutes=10))
    row = provisional("SHORT", "REC-N")
    assert row["status"] == "MOMENTARY"
    named = {"prov_outage_ids": [str(row["prov_outage_id"])]}
    seen = evening.post("/v1/provisionals/promote", named)
    assert seen["proposal_id"] is None
    pressed = named | {"override": True, "reason": "I want it."}
    assert evening.post("/v1/provisionals/promote", pressed, evening.ada)["proposal_id"] is None


def test_silence_of_a_collector_is_not_promoted(client: TestClient) -> None:
    evening = Evening(client, "SILENT")
    told(evening, below(evening.network, "REC-N"), "POWER_OUT", NIGHT)
    evening.infer(NIGHT + timedelta(minutes=10))
    with transaction("SILENT") as connection:
        connection.execute(text("UPDATE provisional_outages SET status = 'COMMS'"))
    named = {"prov_outage_ids": [str(provisional("SILENT", "REC-N")["prov_outage_id"])]}
    for more in ({}, {"override": True, "reason": "I want it."}):
        seen = evening.post("/v1/provisionals/promote", named | more, evening.ada)
        assert [row["action"] for row in seen["decisions"]] == ["comms"]
        assert seen["proposal_id"] is None


def _unsure(client: TestClient, tenant_id: str) -> tuple[Evening, dict[str, Any]]:
    """One stray gasp that nothing confirms."""
    evening = Evening(client, tenant_id)
    told(evening, below(evening.network, "FUSE-S2")[:1], "POWER_OUT", NIGHT)
    evening.infer(NIGHT + timedelta(minutes=10))
    (row,) = evening.get("/v1/provisionals")["rows"]
    told(evening, below(evening.network, "FUSE-N2")[:1], "CALL", NIGHT)
    return evening, {"prov_outage_ids": [row["prov_outage_id"]]}


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_an_override_needs_a_reason(client: TestClient, reason: str | None) -> None:
    evening = getattr(test_an_override_needs_a_reason, "evening", None) or _unsure(client, "REASON")
    test_an_override_needs_a_reason.evening = evening  # type: ignore[attr-defined]
    refused = evening[0].ask(
        "/v1/provisionals/promote", evening[1] | {"override": True, "reason": reason}, evening[0].ada
    )
    assert refused.status_code == 422
    assert count("REASON", "proposals") == 0


def test_an_override_names_what_it_is_about_and_is_a_persons(client: TestClient) -> None:
    evening, named = _unsure(client, "WHOSE")
    why = {"override": True, "reason": "A crew saw it."}
    assert evening.ask("/v1/provisionals/promote", why, evening.ada).status_code == 422
    refused = evening.ask("/v1/provisionals/promote", named | why)
    assert (refused.status_code, refused.json()["code"]) == (403, "PERSON_REQUIRED")
    assert count("WHOSE", "proposals") == 0


def test_an_override_does_not_stand_in_for_a_meter_that_reported(client: TestClient) -> None:
    """What an override lets through is doubt; the hold-off and that somebody reported hold all the same."""
    evening, named = _unsure(client, "METERS")
    why = {"override": True, "reason": "A crew saw it."}
    seen = evening.post("/v1/provisionals/promote", named | why, evening.ada)
    assert [row["action"] for row in seen["decisions"]] == ["hold"]
    failing = [one["code"] for one in seen["decisions"][0]["conditions"] if not one["holds"]]
    assert failing == ["c"]


def test_what_an_operator_overrides_another_person_signs(client: TestClient) -> None:
    evening, named = _unsure(client, "EYES")
    told(evening, below(evening.network, "FUSE-S2")[:1], "CALL", NIGHT + timedelta(minutes=1), source="phone")
    evening.infer(NIGHT + timedelta(minutes=12))
    rows = evening.get("/v1/provisionals?status=CANDIDATE&status=VERIFY")["rows"]
    named = {"prov_outage_ids": [max(rows, key=lambda row: row["meters_reported"])["prov_outage_id"]]}
    why = named | {"override": True, "reason": "A crew saw it."}
    seen = evening.post("/v1/provisionals/promote", why, evening.ada)
    assert seen["proposal_id"], seen["decisions"]
    commit = {"content_hash": seen["content_hash"]}
    own = evening.ask("/v1/provisionals/promote", why | commit | {"mode": "commit"}, evening.ada)
    assert (own.status_code, own.json()["code"]) == (403, "FOUR_EYES"), own.text
    assert count("EYES", "outages") == 0
    answer = evening.ask(f"/v1/proposals/{seen['proposal_id']}/approve", commit | {"reason": "Seen."}, evening.bea)
    assert answer.status_code in {200, 201}, answer.text
    assert count("EYES", "outages") == 1


def test_a_proposal_of_one_outage_leads_to_its_evidence_and_says_no_belief_is_certain(client: TestClient) -> None:
    evening = Evening(client, "LEADS")
    evening.report([one for one in events_of(evening.network) if one.arrived_at <= EARLY])
    evening.infer()
    seen = evening.post("/v1/provisionals/promote", {})
    with transaction("LEADS") as connection:
        query = text("SELECT page_url, subject_id, evidence FROM proposals WHERE proposal_id = :id")
        told_of = connection.execute(query, {"id": seen["proposal_id"]}).one()
    assert told_of.page_url == f"/grid/outages/provisional/{told_of.subject_id}"
    assert told_of.evidence["posterior"] == "over 99.9 %"
    assert "Last gasps" in told_of.evidence["speaks_for_it"]


def test_an_expired_proposal_promotes_nothing_and_is_made_anew(client: TestClient) -> None:
    evening = Evening(client, "OLD")
    evening.report([one for one in events_of(evening.network) if one.arrived_at <= EARLY])
    evening.infer()
    seen = evening.post("/v1/provisionals/promote", {})
    with transaction("OLD", DbRole.OWNER) as connection:
        connection.execute(text("ALTER TABLE proposals DISABLE TRIGGER USER"))
        connection.execute(
            text("UPDATE proposals SET created_at = created_at - interval '1 day', expires_at = created_at")
        )
    path = f"/v1/proposals/{seen['proposal_id']}/approve"
    late = evening.ask(path, {"content_hash": seen["content_hash"]}, evening.ada)
    assert (late.status_code, late.json()["code"]) == (409, "EXPIRED"), late.text
    assert count("OLD", "outages") == 0
    again = evening.post("/v1/provisionals/promote", {})
    assert again["content_hash"] == seen["content_hash"]
    assert again["proposal_id"] != seen["proposal_id"]


def test_the_machine_cannot_write_an_outage(client: TestClient) -> None:
    evening, outage_id = began(client, "LOCK")
    assert evening.tenant_id == "LOCK"
    copied = "SELECT * FROM outages WHERE outage_id = CAST(:id AS uuid)"
    for statement in (
        f"INSERT INTO outages {copied}",
        "UPDATE outages SET countersignature_id = countersignature_id WHERE outage_id = CAST(:id AS uuid)",
        "UPDATE outages SET device_id = 'X' WHERE outage_id = CAST(:id AS uuid)",
        "DELETE FROM outages WHERE outage_id = CAST(:id AS uuid)",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction("LOCK", DbRole.MACHINE) as machine:
            machine.execute(text(statement), {"id": outage_id})


def test_a_belief_is_decided_only_with_a_countersignature_that_is_there(client: TestClient) -> None:
    evening = Evening(client, "FORGE")
    evening.report([one for one in events_of(evening.network) if one.arrived_at <= EARLY])
    evening.infer()
    for signature in (None, new_id()):
        with pytest.raises(Exception, match="violates"), transaction("FORGE", DbRole.MACHINE) as machine:
            machine.execute(
                text("UPDATE provisional_outages SET status = 'PROMOTED', countersignature_id = :s"), {"s": signature}
            )


def test_a_hold_off_ends_without_a_new_signal(client: TestClient) -> None:
    evening = Evening(client, "HOLD")
    told(evening, below(evening.network, "REC-N"), "POWER_OUT", NIGHT)
    for seconds, expected in ((40, "hold"), (180, "promote")):
        at = NIGHT + timedelta(seconds=seconds)
        with transaction("HOLD") as connection:
            infer(connection, "HOLD", now=at, as_of=at, requested_by="t")
            made = decisions(connection, "HOLD", now=at, requested_by="t")
        assert {row["device_id"]: row["action"] for row in made.decisions}["REC-N"] == expected
