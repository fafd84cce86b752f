"""Raw events go after their aggregates are sealed: signed, archived without a name, dropped with their partition."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.courses.insight.nightly import run_analytics_jobs, seal_old_days
from domain.courses.insight.store.retention import NAME
from domain.kernel import artifacts
from domain.kernel.artifacts import load
from domain.kernel.db import transaction
from domain.kernel.objects.chosen import open_store
from domain.kernel.retention.plan import plan_of, propose_disposal
from domain.kernel.settings import DbRole
from domain.together import PRUNABLES
from tests.courses.delivery.school import events
from tests.courses.insight_db.world import BEGIN, World, lively, rows_of
from tests.kernel.retention.steps import carry_out, sign

NIGHT = BEGIN + timedelta(days=92)
NOW = datetime.combine(NIGHT, datetime.min.time(), UTC)


def due(tenant: str) -> list[tuple[str, int]]:
    with transaction(tenant, DbRole.MACHINE) as connection:
        return [(one.name, one.rows) for one in plan_of(connection, PRUNABLES[NAME], NOW).pieces]


@pytest.fixture
def world(tenant: str) -> World:
    made = lively(tenant, seed=41).write()
    run_analytics_jobs(tenant, NIGHT)
    return made


def partitions(tenant: str) -> list[tuple[Any, ...]]:
    with transaction(tenant, DbRole.OWNER) as connection:
        return list(
            connection.execute(
                text(
                    "SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                    " WHERE n.nspname = 'learning' AND c.relname LIKE 'lev_' || left(md5(:t), 12) || '_%'"
                    " AND c.relkind = 'r' ORDER BY 1"
                ),
                {"t": tenant},
            )
        )


def test_nothing_is_due_before_its_day_is_sealed(world: World) -> None:
    assert due(world.tenant) == []
    seal_old_days(world.tenant, NIGHT)
    assert [name for name, _ in due(world.tenant)] == ["2026-03-01", "2026-03-02"]


def test_a_signed_disposal_archives_without_names_and_drops_the_day(world: World) -> None:
    tenant = world.tenant
    seal_old_days(tenant, NIGHT)
    pieces, before = due(tenant), rows_of(tenant, "analytics_daily_aggregates", "*", "2, 3, 4, 5")
    figures = rows_of(tenant, "learner_lesson_state", "*", "2, 3, 4, 5")
    with transaction(tenant, DbRole.MACHINE) as connection:
        proposal = propose_disposal(connection, plan_of(connection, PRUNABLES[NAME], NOW), "retention")
    assert proposal is not None
    outcome = carry_out(sign(proposal, tenant), tenant)
    assert outcome.facts["rows"] == sum(rows for _, rows in pieces) > 0
    assert len(partitions(tenant)) == 3
    assert due(tenant) == []
    text_of_all = ""
    with transaction(tenant) as connection:
        for made in outcome.artifact_ids:
            with artifacts.opened(open_store(), load(connection, made)) as handle:
                found = pq.read_table(handle)
                assert "event_id" not in found.column_names
                text_of_all += str(found.to_pylist())
    assert "lesson_viewed" in text_of_all
    assert [user for user in world.users if user in text_of_all] == []
    assert [one.event_id for one in world.acts if one.event_id in text_of_all] == []
    told = events(tenant, "ANALYTICS_RETENTION_RUN")
    assert [(one["payload"]["table"], one["payload"]["rows"]) for one in told] == [
        ("analytics_events", rows) for _, rows in pieces
    ]
    assert all(one["payload"]["archiveRef"] and len(one["payload"]["sha256"]) == 64 for one in told)
    # Numbers stay, and another night over the days that are gone changes none of them.
    run_analytics_jobs(tenant, NIGHT, from_day=BEGIN)
    assert rows_of(tenant, "analytics_daily_aggregates", "*", "2, 3, 4, 5") == before
    assert rows_of(tenant, "learner_lesson_state", "*", "2, 3, 4, 5") == figures
    with transaction(tenant) as connection:
        keys = connection.execute(text("SELECT count(*) FROM analytics_event_keys")).scalar_one()
        assert keys == connection.execute(text("SELECT count(*) FROM analytics_events")).scalar_one()


def test_no_day_goes_without_a_signature(world: World) -> None:
    seal_old_days(world.tenant, NIGHT)
    with (
        pytest.raises(DBAPIError, match="no countersigned disposal"),
        transaction(world.tenant, DbRole.MACHINE) as connection,
    ):
        connection.execute(text("SELECT learner_day_dispose(:t, :d)"), {"t": world.tenant, "d": BEGIN})
    with (
        pytest.raises(DBAPIError, match="permission denied"),
        transaction(world.tenant, DbRole.APP) as connection,
    ):
        connection.execute(text("SELECT learner_day_dispose(:t, :d)"), {"t": world.tenant, "d": BEGIN})


def test_nobody_opens_a_day_of_another_tenant_or_a_sealed_one(world: World) -> None:
    seal_old_days(world.tenant, NIGHT)
    open_day = text("SELECT learner_day_open(:t, :d)")
    with pytest.raises(DBAPIError, match="not the session"), transaction(world.tenant) as connection:
        connection.execute(open_day, {"t": "SOMEBODY", "d": NIGHT})
    with pytest.raises(DBAPIError, match="is sealed"), transaction(world.tenant) as connection:
        connection.execute(open_day, {"t": world.tenant, "d": BEGIN - timedelta(days=3)})
