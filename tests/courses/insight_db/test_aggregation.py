"""The statements of a night give what the pure rules give on the same facts, whatever the order and how often."""

import random
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.courses.insight.observe.aggregate import aggregate
from domain.courses.insight.rules.daily import daily_rows
from domain.courses.insight.rules.facts import NO_LESSON, SECOND
from domain.courses.insight.store import aggregation
from domain.courses.insight.store.kept import day_number
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from tests.courses.insight_db.world import BEGIN, COURSES, World, instant, lively, rows_of

DAYS = 5
LAST = BEGIN + timedelta(days=DAYS - 1)
COLUMNS = (
    "course_id, coalesce(lesson_idx, -1), day, viewers_new, completers_new, seconds, seconds_users, attempts, passes,"
    " enrolled_to_date, viewers_to_date, completers_to_date, reached_to_date, completed_to_date"
)


def night(tenant: str, first: int = 0, last: int = DAYS - 1) -> Any:
    return aggregate(tenant, BEGIN + timedelta(days=first), BEGIN + timedelta(days=last), actor="test")


def stored(tenant: str, columns: str = COLUMNS) -> list[tuple[Any, ...]]:
    return rows_of(tenant, "analytics_daily_aggregates", columns, "1, 2, 3")


def by_rules(world: World) -> list[tuple[Any, ...]]:
    """The rows of every day by the pure rules; a course has rows from the day of its first enrolment on."""
    facts, courses = world.facts(), sorted(world.packages)
    begins = {course: min(one.at for one in world.enrolled if one.course == course).date() for course in courses}
    out = []
    for number in range(DAYS):
        day = BEGIN + timedelta(days=number)
        found = daily_rows(facts, day_number(day))
        columns = [getattr(found, one.name).tolist() for one in fields(found)]
        for row in zip(*columns, strict=True):
            course = courses[row[0]]
            lesson = -1 if row[1] == NO_LESSON else row[1]
            micros = Decimal(row[5]) / SECOND
            if day >= begins[course]:
                out.append((course, lesson, day, *row[3:5], micros, *row[6:]))
    return sorted(out)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_row_is_what_the_rules_say(tenant: str, seed: int) -> None:
    world = lively(tenant, seed=seed).write()
    done = night(tenant)
    assert done.failed == {}
    assert done.courses == COURSES
    assert stored(tenant) == by_rules(world)


def test_twice_is_the_same_row_by_row(tenant: str) -> None:
    lively(tenant, seed=4).write()
    night(tenant)
    before = stored(tenant, f"{COLUMNS}, computed_at, input_watermark")
    assert night(tenant).rows == 0
    assert stored(tenant, f"{COLUMNS}, computed_at, input_watermark") == before
    assert len({row[:3] for row in before}) == len(before)


def test_nights_one_by_one_give_what_one_run_gives(tenant: str) -> None:
    world = lively(tenant, seed=5).write()
    for last in range(DAYS):
        night(tenant, max(0, last - 2), last)
    assert stored(tenant) == by_rules(world)


def test_the_order_and_the_batches_of_arrival_do_not_matter(tenant: str) -> None:
    world = lively(tenant, seed=6)
    world.write_enrolments()
    shuffled = list(world.acts)
    random.Random(3).shuffle(shuffled)  # noqa: S311
    for at in range(0, len(shuffled), 17):
        world.write_acts(shuffled[at : at + 17])
        night(tenant)
    assert stored(tenant) == by_rules(world)


def test_a_late_event_changes_its_day_and_what_is_to_date_from_then_on(tenant: str) -> None:
    world = lively(tenant, seed=8).write()
    night(tenant)
    before = {row[:3]: row for row in stored(tenant)}
    one = next(e for e in world.enrolled if e.revoked is None and e.at < instant(1))
    late = world.act(one.user, one.course, "lesson_viewed", 2, instant(2, 86_399))
    world.write_acts([late])
    night(tenant, 2, DAYS - 1)
    after = {row[:3]: row for row in stored(tenant)}
    assert stored(tenant) == by_rules(world)
    changed = {key for key in after if after[key] != before[key]}
    assert all(key[2] >= late.at.date() for key in changed)
    # What a day adds by itself changed on the day of the event alone.
    assert {key[2] for key in changed if after[key][3:9] != before[key][3:9]} <= {late.at.date()}


def test_one_tenant_never_moves_another(tenant: str) -> None:
    lively(tenant, seed=9).write()
    night(tenant)
    before = stored(tenant)
    lively(f"{tenant}B", seed=10).write()
    night(f"{tenant}B")
    night(tenant)
    assert stored(tenant) == before
    assert stored(f"{tenant}B") != before


def test_a_sealed_day_stays(tenant: str) -> None:
    world = lively(tenant, seed=11).write()
    night(tenant)
    before = stored(tenant)
    with transaction(tenant, DbRole.MACHINE) as connection:
        assert aggregation.seal(connection, BEGIN + timedelta(days=2))
        assert not aggregation.seal(connection, BEGIN + timedelta(days=1))
    one = world.enrolled[0]
    world.write_acts([world.act(one.user, one.course, "lesson_viewed", 1, instant(1, 5))])
    done = night(tenant)
    assert done.sealed == 2
    assert [row for row in stored(tenant) if row[2] < BEGIN + timedelta(days=2)] == [
        row for row in before if row[2] < BEGIN + timedelta(days=2)
    ]
    only = night(tenant, 0, 1)
    assert (only.sealed, only.rows) == (2, 0)


@pytest.mark.parametrize("role", [DbRole.MACHINE, DbRole.OWNER])
@pytest.mark.parametrize("change", ["UPDATE {} SET attempts = attempts", "DELETE FROM {}"])
def test_the_database_refuses_to_change_a_sealed_day(tenant: str, role: DbRole, change: str) -> None:
    lively(tenant, seed=12).write()
    night(tenant)
    with transaction(tenant, DbRole.MACHINE) as connection:
        aggregation.seal(connection, LAST + timedelta(days=1))
    statement = change.format("analytics_daily_aggregates") + " WHERE tenant_id = :tenant"
    with pytest.raises(DBAPIError, match=r"sealed|permission denied"), transaction(tenant, role) as connection:
        connection.execute(text(statement), {"tenant": tenant})


def test_staff_do_not_count(tenant: str) -> None:
    world = lively(tenant, seed=13).write()
    night(tenant)
    staff = world.users[0]
    with transaction(tenant, DbRole.OWNER) as connection:
        connection.execute(
            text("INSERT INTO role_assignments (user_id, tenant_id, role) VALUES (CAST(:u AS uuid), :t, 'AUTHOR')"),
            {"u": staff, "t": tenant},
        )
    night(tenant)
    world.enrolled = [one for one in world.enrolled if one.user != staff]
    kept = {row[:3] for row in by_rules(world)}
    assert [row for row in stored(tenant) if row[:3] in kept] == by_rules(world)
