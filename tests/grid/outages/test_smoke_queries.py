"""`sql/smoke/restoreiq.sql`: nothing comes out of any query while all is well, and each finds what it is there for."""

import re
from datetime import time, timedelta

import psycopg
import pytest

from api.acts import ACTS
from domain.grid.outages.observe.infer import infer
from domain.grid.outages.observe.signals import Report, take_in
from domain.grid.outages.rules.storm import reports_of
from domain.grid.outages.store import advice, crews
from domain.grid.outages.store.crews import CrewNow
from domain.grid.outages.suggest.crews import recommend
from domain.grid.outages.suggest.promote import decisions
from domain.grid.outages.suggest.replay import replay
from domain.grid.outages.suggest.report import export
from domain.kernel.canonical import new_id
from domain.kernel.clock import utc_now
from domain.kernel.countersign.decide import decide
from domain.kernel.db import transaction
from domain.kernel.objects.chosen import open_store
from domain.kernel.signed import Decision
from tests.conftest import ROOT, Database
from tests.grid.outages.town import NIGHT, make_town, night
from tests.makers import make_person

FILE = ROOT / "sql" / "smoke" / "restoreiq.sql"
QUERIES = [one.strip() for one in re.split(r";\n", FILE.read_text()) if one.strip()]
# What is broken behind everybody's back, and the first column of the query that must tell of it.
IN_SCHEMA = [
    ("DROP TABLE crew_skills", "missing_table"),
    ("ALTER TABLE events RENAME prov_outage_id TO provisional", "missing_column"),
    ("ALTER TABLE outage_replays ALTER report_blob_ref TYPE json", "missing_column"),
    ("DROP INDEX recommendation_runs_outage", "missing_index"),
    ("DROP INDEX events_tenant_canon_outage", "missing_index"),
    ("ALTER TABLE fault_zone_rankings DROP CONSTRAINT fault_zone_rankings_tenant_id_run_id_fkey", "missing_reference"),
    ("ALTER TABLE outages DROP CONSTRAINT outages_tenant_id_countersignature_id_fkey", "missing_reference"),
]
IN_DATA = [
    ("DELETE FROM recommendation_runs WHERE step = 'RANK'", "unlinked_record"),
    ("UPDATE recommendation_runs SET step = 'RANK' WHERE step = 'CREWS'", "unlinked_record"),
    ("UPDATE outages SET countersignature_id = gen_random_uuid()", "unsigned_effect"),
    ("UPDATE countersignatures SET decision = 'REFUSED'", "unsigned_effect"),
    ("UPDATE countersignatures SET kind = 'outage.report'", "unsigned_effect"),
    ("UPDATE fault_zone_rankings SET rank = rank + 1", "bad_ranking_of"),
    ("UPDATE fault_zone_rankings SET probability = 0.9", "bad_ranking_of"),
    ("UPDATE restoration_options SET rank = 1 WHERE rank IS NOT NULL", "bad_ranking_of"),
    ("UPDATE restoration_options SET rank = NULL WHERE rank = 1", "unfounded_advice"),
    ("DELETE FROM crew_skills; DELETE FROM crews", "unfounded_advice"),
    ("DELETE FROM fault_zones", "unfounded_advice"),
    ("UPDATE outages SET status = 'RESTORED'", "untrue_record"),
    ("DELETE FROM outage_impacts", "untrue_record"),
    ("DELETE FROM events WHERE event_type = 'grid.provisional.promoted'", "untrue_record"),
    ("DELETE FROM events WHERE event_type = 'grid.run.options'", "untrue_record"),
    ("DELETE FROM events WHERE event_type = 'grid.report.exported'", "untrue_record"),
    ("UPDATE outage_replays SET summary = summary - 'narrative'", "bad_replay"),
    ("UPDATE outage_replays SET summary = jsonb_set(summary, '{advisory}', '[]')", "bad_replay"),
    ("UPDATE outage_replays SET report_blob_ref = '{}'", "bad_replay"),
    (
        "UPDATE outage_replays SET report_blob_ref ="
        " replace(report_blob_ref::text, 'after_action.pdf', 'after_action.pdf?signature=0')::jsonb",
        "bad_replay",
    ),
    ("UPDATE outage_replays SET report_blob_ref = replace(report_blob_ref::text, '\"T/', '\"U/')::jsonb", "bad_replay"),
]


@pytest.fixture(scope="module")
def told(module_database: Database) -> Database:
    """A tenant whose outage was promoted, advised on, replayed and exported."""
    network, now, at = make_town(), utc_now(), NIGHT + timedelta(minutes=6)
    operator = make_person("T", "Olivia", "OPERATOR")
    heard = [
        Report(one.type, one.at, one.source, one.meter_id or None, one.device_id, one.arrived_at)
        for one in reports_of([night(network)], [], seed=1)
        if one.arrived_at <= at
    ]
    with transaction("T") as connection:
        take_in(connection, "T", heard, now)
        infer(connection, "T", now=now, as_of=at, requested_by="test")
        proposal = decisions(connection, "T", now=now, requested_by="test").proposal
        assert proposal is not None
        seen = {"content_hash": proposal.content_hash, "reason": "Calls."}
        decide(connection, operator, ACTS, proposal.proposal_id, Decision.APPROVED, **seen)
        depot = ("Depot", 47.0, 8.0, time(12), time(23, 59), "truck", 3, (), "available", None, 2.0)
        crews.put(connection, [CrewNow("CREW-1", "Crew North", *depot, ("line_oh", "bucket", "switching"))])
    with transaction("T") as connection:
        outage_id = connection.exec_driver_sql("SELECT outage_id FROM outages").scalar_one()
        made = recommend(connection, "T", outage_id, now=now, as_of=at, requested_by="test")
        said = {"run_id": made.run_id, "rec_type": "crew", "rec_id": "CREW-1", "action": "accepted"}
        rest = {"feedback_id": new_id(), "reason_code": None, "note": None, "actor_id": "test"}
        advice.feedback(connection, said | rest)
        kept = replay(connection, "T", outage_id, now=now, requested_by="test").replay
        export(connection, open_store(), "T", kept.replay_id, now=now, requested_by="test")
    return module_database


def found(connection: psycopg.Connection) -> dict[str, int]:
    """The queries from which rows come, by their first column; one that asks of what is missing cannot answer."""
    counts = {}
    for query in QUERIES:
        try:
            with connection.transaction():
                rows = connection.execute(query.encode())
                assert rows.description is not None
                if number := len(rows.fetchall()):
                    counts[rows.description[0].name] = number
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedFunction):
            counts["unanswered"] = counts.get("unanswered", 0) + 1
    return counts


def broken(database: Database, planted: str) -> dict[str, int]:
    """What is found after a fault was planted past all triggers, keys and checks; nothing of it stays."""
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("SET session_replication_role = replica")
        for table in ("recommendation_runs", "fault_zone_rankings", "countersignatures", "events"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        connection.execute(planted.encode())
        counts = found(connection)
        connection.rollback()
    return counts


def test_there_are_eight_to_ten_queries_and_each_says_what_must_come_out() -> None:
    assert 8 <= len(QUERIES) <= 10
    assert all("No row must come out." in query for query in QUERIES)


def test_nothing_comes_out_of_a_fresh_schema(database: Database) -> None:
    with psycopg.connect(database.urls["owner"]) as connection:
        connection.read_only = True
        assert found(connection) == {}


def test_nothing_comes_out_after_an_outage_was_told_whole(told: Database) -> None:
    with psycopg.connect(told.urls["owner"]) as connection:
        connection.read_only = True
        for table in ("outages", "crew_recommendations", "restoration_options", "outage_replays", "operator_feedback"):
            assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() != (0,), table
        assert found(connection) == {}


def test_the_auditor_can_ask_them_of_one_tenant(told: Database) -> None:
    with psycopg.connect(told.urls["auditor"]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', true)")
        assert found(connection) == {}


@pytest.mark.parametrize(("planted", "name"), IN_SCHEMA)
def test_what_is_missing_in_the_schema_is_found(database: Database, planted: str, name: str) -> None:
    assert name in broken(database, planted)


@pytest.mark.parametrize(("planted", "name"), IN_DATA)
def test_what_was_changed_in_the_data_is_found(told: Database, planted: str, name: str) -> None:
    assert name in broken(told, planted)
