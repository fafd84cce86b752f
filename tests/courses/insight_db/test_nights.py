"""A night: aggregation, then signals, behind one lock; ten of them are one episode and one set of suggestions."""

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from domain.courses.insight.nightly import ACTOR, LOCK, run_analytics_jobs, seal_old_days
from domain.courses.insight.rules.evaluations import evaluations
from domain.courses.insight.rules.figures import Figures
from domain.courses.insight.rules.ruleset import ruleset
from domain.courses.insight.rules.suggestions import map_signal_to_suggestions, signal_in
from domain.courses.insight.store.kept import end_of, kept_figures, pinned_versions
from domain.kernel.db import transaction, working_as
from domain.kernel.locks import held
from domain.kernel.settings import DbRole
from tests.courses.delivery.school import events
from tests.courses.insight_db.world import BEGIN, COURSES, World, instant, lively

LAST = BEGIN + timedelta(days=4)


def stuck(tenant: str, learners: int = 30, stopped: int = 9) -> World:
    """Everybody opens the first lesson; `stopped` of them go no further and are silent for a month."""
    world = World(tenant).open(learners, COURSES[:1])
    for number, user in enumerate(world.users):
        one = world.enrol(user, COURSES[0], instant(0, number))
        lessons = [0] if number < stopped else [0, 1, 2]
        for lesson in lessons:
            world.act(user, COURSES[0], "lesson_viewed", lesson, instant(0, 1_000 + number + 5_000 * lesson))
            world.act(user, COURSES[0], "lesson_completed", lesson, instant(0, 2_000 + number + 5_000 * lesson))
        one.completed = instant(1) if number >= stopped else None
    return world


@pytest.mark.parametrize("seed", [21, 22])
def test_kept_figures_are_judged_as_the_events_would_be(tenant: str, seed: int) -> None:
    """Over every rule and target, long after as well: the events themselves are not needed any more."""
    world = lively(tenant, seed=seed, learners=40).write()
    run_analytics_jobs(tenant, LAST)
    facts, courses = world.facts(), sorted(world.packages)
    for day in (LAST, LAST + timedelta(days=40)):
        expected = evaluations(Figures(facts, end_of(day)), ruleset())
        found = []
        for course in courses:
            with transaction(tenant) as connection:
                kept = kept_figures(connection, pinned_versions(connection, course), end_of(day))
            found += evaluations(kept, ruleset())
        assert [vars(one) for one in found] == [vars(one) for one in expected]


@pytest.mark.parametrize(("learners", "stopped", "opened"), [(30, 5, 0), (30, 9, 1), (29, 9, 0)])
def test_a_drop_off_opens_by_its_bound_and_from_thirty_on(
    tenant: str, learners: int, stopped: int, opened: int
) -> None:
    stuck(tenant, learners, stopped).write()
    assert run_analytics_jobs(tenant, BEGIN + timedelta(days=30))["success"]
    assert rows(tenant, "SELECT count(*) FROM signals WHERE signal_type = 'HIGH_DROP_OFF'") == [(opened,)]


def rows(tenant: str, statement: str) -> list[tuple[Any, ...]]:
    with transaction(tenant) as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def test_ten_nights_of_the_same_data_are_one_episode_and_one_set_of_suggestions(tenant: str) -> None:
    stuck(tenant).write()
    answers = [run_analytics_jobs(tenant, BEGIN + timedelta(days=30 + night)) for night in range(10)]
    assert all(one["success"] for one in answers)
    drops = rows(tenant, "SELECT state, number FROM signals WHERE signal_type = 'HIGH_DROP_OFF'")
    assert drops == [("OPEN", 1)]
    assert sum(one["opened"] for one in answers[1:]) == 0
    assert sum(one["suggestions"] for one in answers[1:]) == 0
    made = rows(
        tenant,
        "SELECT type, target_id, evidence_json FROM content_suggestions WHERE evidence_json ->> 'signalType'"
        " = 'HIGH_DROP_OFF' ORDER BY type, target_id",
    )
    assert [row[:2] for row in made] == [("DROP_OFF", "lesson:m01l01"), ("DROP_OFF", "module:m01")]
    nights = "SELECT count(DISTINCT evaluated_on) FROM signal_evaluations WHERE signal_type = 'HIGH_DROP_OFF'"
    assert rows(tenant, nights) == [(10,)]
    for row in made:
        again = map_signal_to_suggestions(signal_in(row[2]))
        assert row[:2] in [(one.type, one.target_id) for one in again]


def test_the_same_night_twice_adds_nothing(tenant: str) -> None:
    stuck(tenant).write()
    run_analytics_jobs(tenant, BEGIN + timedelta(days=30))
    before = rows(tenant, "SELECT count(*) FROM signal_evaluations")
    again = run_analytics_jobs(tenant, BEGIN + timedelta(days=30))
    assert (again["evaluations"], again["opened"], again["suggestions"], again["rows"]) == (0, 0, 0, 0)
    assert rows(tenant, "SELECT count(*) FROM signal_evaluations") == before


def test_nothing_personal_stands_in_evidence(tenant: str) -> None:
    world = stuck(tenant).write()
    run_analytics_jobs(tenant, BEGIN + timedelta(days=30))
    written = str(rows(tenant, "SELECT evidence, message FROM suggestions"))
    written += str(rows(tenant, "SELECT evidence, period FROM signal_evaluations"))
    assert "m01l01" in written
    assert [user for user in world.users if user in written] == []


FAILING = """
CREATE FUNCTION planted_fault() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.course_id = '{course}' AND NEW.tenant_id = '{tenant}' THEN RAISE EXCEPTION 'planted'; END IF;
  RETURN NEW;
END $$
"""


def test_a_course_that_fails_stops_no_other_and_gets_no_signals(tenant: str) -> None:
    lively(tenant, seed=30).write()
    with transaction(tenant, DbRole.OWNER) as connection:
        connection.execute(text(FAILING.format(course=COURSES[0], tenant=tenant)))
        connection.execute(
            text(
                "CREATE TRIGGER planted_fault BEFORE INSERT ON analytics_daily_aggregates FOR EACH ROW"
                " EXECUTE FUNCTION planted_fault()"
            )
        )
    try:
        done = run_analytics_jobs(tenant, LAST)
    finally:
        with transaction(tenant, DbRole.OWNER) as connection:
            connection.execute(text("DROP TRIGGER planted_fault ON analytics_daily_aggregates"))
            connection.execute(text("DROP FUNCTION planted_fault()"))
    assert not done["success"]
    assert [(one["step"], one["courseId"]) for one in done["errors"]] == [("aggregation", COURSES[0])]
    judged = rows(tenant, "SELECT DISTINCT split_part(context, '@', 1) FROM signal_evaluations")
    assert judged == [(COURSES[1],)]
    assert rows(tenant, "SELECT status FROM analytics_job_runs") == [("FAILED",)]
    # The next night takes in what that one could not.
    assert run_analytics_jobs(tenant, LAST + timedelta(days=9))["fromDay"] == BEGIN.isoformat()


def test_a_night_is_told_to_the_ledger_and_kept(tenant: str) -> None:
    lively(tenant, seed=31).write()
    run_analytics_jobs(tenant, LAST)
    with working_as(DbRole.MACHINE), held(tenant, LOCK, held_by="test"):
        assert run_analytics_jobs(tenant, LAST) == {"skipped": True, "reason": "locked"}
    told = events(tenant, "ANALYTICS_JOB_RUN")
    assert [one["payload"]["status"] for one in told] == ["SUCCESS", "SKIPPED"]
    assert {one["actor_id"] for one in told} == {ACTOR}
    kept = rows(tenant, "SELECT status, as_of_day FROM analytics_job_runs ORDER BY finished_at")
    assert kept == [("SUCCESS", LAST), ("SKIPPED", LAST)]


def test_days_are_sealed_once_they_were_taken_in(tenant: str) -> None:
    lively(tenant, seed=32).write()
    much_later = BEGIN + timedelta(days=100)
    assert seal_old_days(tenant, much_later)["sealedBefore"] is None
    run_analytics_jobs(tenant, much_later)
    assert seal_old_days(tenant, much_later)["sealedBefore"] == (BEGIN + timedelta(days=10)).isoformat()
    assert seal_old_days(tenant, much_later)["sealedBefore"] is None


def test_signals_that_closed_long_ago_are_put_away_and_it_is_told(tenant: str) -> None:
    lively(tenant, seed=33).write()
    run_analytics_jobs(tenant, LAST)
    with transaction(tenant, DbRole.OWNER) as connection:
        connection.execute(
            text(
                "INSERT INTO signals (signal_id, room, signal_type, subject_type, subject_id, context, number,"
                " severity, ruleset, state, opened_on, last_evaluated_on, closed_on, closed_at) VALUES"
                " (gen_random_uuid(), 'courses', 'HIGH_DROP_OFF', 'lesson', 'm01l01', 'gone@1', 1, 'LOW', '2026-1',"
                " 'CLOSED', :on, :on, :on, CAST(:on AS timestamptz))"
            ),
            {"on": LAST},
        )
    assert seal_old_days(tenant, LAST + timedelta(days=180))["archivedSignals"] == 0
    assert seal_old_days(tenant, LAST + timedelta(days=181))["archivedSignals"] == 1
    assert seal_old_days(tenant, LAST + timedelta(days=200))["archivedSignals"] == 0
    (told,) = events(tenant, "ANALYTICS_RETENTION_RUN")
    assert (told["payload"]["table"], told["payload"]["rows"]) == ("signals", 1)


NIGHT = """
import json, pathlib, sys, time
from datetime import date, timedelta
from domain.courses.insight import nightly
if len(sys.argv) > 3:
    once = nightly.aggregate
    def slowly(*a, **k):
        while not pathlib.Path(sys.argv[3]).exists():
            time.sleep(0.1)
        return once(*a, **k)
    nightly.aggregate = slowly
print("started", flush=True)
print(json.dumps(nightly.run_analytics_jobs(
    sys.argv[1], date.fromisoformat(sys.argv[2]), ttl=timedelta(seconds=2))), flush=True)
"""


def night_process(tenant: str, day: date, waits_for: Path | None = None) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", NIGHT, tenant, day.isoformat(), *([str(waits_for)] if waits_for else [])],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=dict(os.environ),
    )


def wait_until_locked(tenant: str) -> None:
    for _ in range(600):
        if rows(tenant, "SELECT 1 FROM named_locks WHERE name = 'analytics'"):
            return
        time.sleep(0.1)
    raise AssertionError("nobody took the lock")


def test_of_two_nights_at_once_one_runs_and_one_says_so(tenant: str, tmp_path: Path) -> None:
    lively(tenant, seed=33).write()
    first = night_process(tenant, LAST, tmp_path / "go")
    wait_until_locked(tenant)
    second = night_process(tenant, LAST)
    assert '"skipped": true, "reason": "locked"' in second.communicate(timeout=120)[0]
    (tmp_path / "go").touch()
    assert '"success": true' in first.communicate(timeout=120)[0]


def test_a_killed_night_recovers_after_its_lease(tenant: str, tmp_path: Path) -> None:
    lively(tenant, seed=34).write()
    killed = night_process(tenant, LAST, tmp_path / "never")
    wait_until_locked(tenant)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    assert run_analytics_jobs(tenant, LAST) == {"skipped": True, "reason": "locked"}
    for _ in range(100):
        done = run_analytics_jobs(tenant, LAST)
        if not done.get("skipped"):
            break
        time.sleep(0.2)
    assert done["success"]
