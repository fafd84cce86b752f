"""The loop's revisions go down with everything in them, and up again: no row of any table is lost."""

import importlib
from typing import Any

import psycopg
from alembic import command
from psycopg import sql

from domain.courses.insight.nightly import run_analytics_jobs, seal_old_days
from domain.kernel import migrate
from domain.kernel.release.verify import verify
from domain.kernel.settings import DbRole, settings
from tests.conftest import Database
from tests.courses.authoring.course_house import House
from tests.courses.insight_db.world import BEGIN, lively
from tests.courses.regeneration.loop import INTENTS, OUTPUTS, carried_out, failed, triggered
from tests.kernel.advice.looks import rows

BEFORE = "202611211850"
REVISIONS = ("1900_kernel_advice", "1910_courses_insight", "1920_courses_regeneration")
# What this small world has no rows of.
EMPTY = {"work_items", "advice_rulesets", "retry_intent_rejections"}


def tables() -> list[str]:
    found = ["analytics_events", "analytics_event_keys"]
    for name in REVISIONS:
        found += importlib.import_module(f"migrations.versions.2026-11-21-{name}").TABLES
    return found


def whole(database: Database, table: str) -> list[Any]:
    asked = sql.SQL("SELECT to_jsonb(t) - 'archived_at' - 'downgrade_run_id' FROM {} AS t ORDER BY 1")
    with psycopg.connect(database.urls["superuser"]) as connection:
        return [row for (row,) in connection.execute(asked.format(sql.Identifier(table))).fetchall()]


def fill(house: House) -> None:
    """A night with its seals; a job that was carried out and adopted; one that failed, with its retry."""
    lively("N", learners=5, seed=4).write()
    run_analytics_jobs("N", BEGIN)
    seal_old_days("N", BEGIN)
    triggered(house)
    carried_out()
    (output,) = rows("regeneration_outputs")
    house.post("reviewer", f"{OUTPUTS}/{output.output_id}/adopt", {"contentHash": output.content_hash})
    job = failed(house, "lesson:m01l02", 2)
    body = {"sourceJobId": job, "reasonCode": "INFRA_ERROR", "reasonText": "The author was away."}
    intent = house.post("admin", INTENTS, body, 201)["id"]
    house.post("admin", f"{INTENTS}/{intent}/execute", None, 201)


def test_the_loop_goes_down_and_up_again_and_loses_nothing(house: House, database: Database) -> None:
    fill(house)
    kept = {table: whole(database, table) for table in tables()}
    assert {table for table, found in kept.items() if not found} <= EMPTY
    config = migrate.alembic_config(settings().url(DbRole.OWNER))
    command.downgrade(config, BEFORE)
    for table, found in kept.items():
        assert whole(database, f"{table}_archived") == found, table
    command.upgrade(config, "head")
    assert verify(settings().url(DbRole.OWNER))
    assert [table for table in kept if whole(database, table)] == []
