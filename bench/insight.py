"""Learner events: how fast they come in over HTTP, and how long it takes to aggregate half a million of them.

    python -m bench.insight --events 500000 --days 90 --json

Aggregation is measured from scratch, then as one more day against a short and a long history of the same courses. Over
HTTP batches of 100 events go to the real door and, in the same rounds, to a bare FastAPI route that parses the same
body into the same model and does nothing; both through the same in-process client, one batch after another.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from statistics import median
from typing import Annotated
from uuid import uuid4

from fastapi import Body, FastAPI
from fastapi.testclient import TestClient

from bench.harness import Check, as_json, parser, print_checks, print_machine
from bench.server import Server, own_server
from domain.courses.insight.observe.aggregate import aggregate
from domain.kernel.logs import configure_logs
from domain.kernel.people import ensure_person
from domain.kernel.tenancy import create_tenant
from domain.kernel.tokens import issue_dev_token

TENANT, OWNER = "BENCH", "bench"
FIRST = date(2026, 1, 1)
LESSONS, COURSES = 12, 10
TARGET_S, STRETCH_S = 60.0, 10.0
SHARE = 0.5
BATCH = 100


def lay_out(server: Server, learners: int) -> None:
    """Ten courses of twelve lessons, and learners who are enrolled in two each; references rest meanwhile."""
    create_tenant(TENANT, "Bench", "UTC", is_demo=True)
    server.execute("SET session_replication_role = replica")
    server.execute(f"SELECT set_config('app.tenant', '{TENANT}', false)")
    server.execute(
        "INSERT INTO course_packages (package_id, syllabus_id, version, syllabus_revision, title, language, level,"
        " lessons, minutes, content_text, content_hash, size_bytes, published_by, countersignature_id, published_at)"
        f" SELECT gen_random_uuid(), 'course-' || n, 1, 1, 'Course ' || n, 'en', 'beginner', {LESSONS}, 240, '{{}}',"
        " encode(sha256('{}'), 'hex'), 2, gen_random_uuid(), gen_random_uuid(), '2025-12-01'"
        f" FROM generate_series(1, {COURSES}) AS n"
    )
    server.execute(
        "INSERT INTO enrollments (enrollment_id, user_id, course_tenant_id, course_id, package_version, created_at)"
        f" SELECT gen_random_uuid(), md5('u' || n)::uuid, '{TENANT}', 'course-' || (1 + (n + k * 3) % {COURSES}), 1,"
        f" '{FIRST}'::timestamptz FROM generate_series(1, {learners}) AS n, generate_series(0, 1) AS k"
    )


def write_events(server: Server, events: int, days: int, learners: int, first: date = FIRST) -> None:
    """Events evenly over the days: sessions of lessons that are opened and left, ten minutes apart on average."""
    server.execute(f"SELECT learner_day_open('{TENANT}', '{first}'::date + n) FROM generate_series(0, {days - 1}) AS n")
    server.execute(
        "INSERT INTO analytics_events (event_id, occurred_on, event_type, source, user_id, course_id, package_version,"
        " lesson_idx, occurred_at, received_at) SELECT gen_random_uuid(), at::date,"
        " CASE WHEN n % 10 = 0 THEN 'course_view' WHEN n % 2 = 0 THEN 'lesson_left' ELSE 'lesson_viewed' END, 'client',"
        f" md5('u' || learner)::uuid, 'course-' || (1 + (learner + n % 2 * 3) % {COURSES}), 1,"
        f" CASE WHEN n % 10 <> 0 THEN n / 7 % {LESSONS} END, at, at"
        f" FROM (SELECT n, 1 + n / 20 % {learners} AS learner, '{first}'::timestamptz"
        f" + make_interval(secs => (n / (20 * {learners})) * 1.0 * 86400 * {days}"
        f" / greatest({events} / (20 * {learners}), 1) + n % 20 * 300) AS at"
        f" FROM generate_series(0, {events - 1}) AS n) AS e"
        f" WHERE at < '{first}'::date + {days}"
    )
    server.execute("ANALYZE analytics_events")
    server.execute("ANALYZE enrollments")


def timed(work: Callable[[], object]) -> float:
    """Seconds by the clock."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure_aggregation(server: Server, events: int, days: int, rounds: int) -> list[Check]:
    """From scratch, then a day's increment with a tenth and with all of the history behind it."""
    learners = max(events // 250, 100)
    lay_out(server, learners)
    short = max(days // 10, 2)
    write_events(server, events * short // days, short, learners)
    run(FIRST, short)
    one_of_few = increment(short, rounds)
    write_events(server, events * (days - short) // days, days - short, learners, FIRST + timedelta(days=short))
    for table in ("learner_lesson_days", "learner_lesson_state", "learner_activity", "course_view_days"):
        server.execute(f"TRUNCATE {table}")
    server.execute("ALTER TABLE analytics_daily_aggregates DISABLE TRIGGER refuse_emptying")
    server.execute("TRUNCATE analytics_daily_aggregates")
    counted = server.one("SELECT count(*) FROM analytics_events")
    scratch = timed(lambda: run(FIRST, days))
    one_of_many = increment(days, rounds)
    return [
        Check(f"{counted:,} events from scratch", scratch, "s", TARGET_S),
        Check("  the same, stretch", scratch, "s", STRETCH_S),
        Check(f"one day more after {short} days", one_of_few, "s", TARGET_S),
        Check(f"one day more after {days} days", one_of_many, "s", TARGET_S),
        Check("  long history against short", one_of_many / one_of_few, "x", 2.0),
    ]


def run(first: date, days: int) -> None:
    """Aggregate so many days."""
    done = aggregate(TENANT, first, first + timedelta(days=days - 1), actor=OWNER)
    assert not done.failed, done.failed


def increment(days: int, rounds: int) -> float:
    """The median time of aggregating the last day again."""
    return median(timed(lambda: run(FIRST + timedelta(days=days - 1), 1)) for _ in range(rounds))


def measure_ingest(server: Server, batches: int, rounds: int) -> list[Check]:
    """Batches over HTTP against a route that parses the same body and does nothing, round by round."""
    from api.app import create_app
    from api.courses.events import EventSent

    person = ensure_person(TENANT, "bench@example.org", "Bench", ["LEARNER"])
    token = issue_dev_token(str(person.id), person.email, person.name, TENANT, ["LEARNER"], timedelta(hours=8))
    bare = FastAPI()

    @bare.post("/event", status_code=202)
    def nothing(events: Annotated[list[EventSent], Body(embed=True)]) -> dict[str, int]:
        return {"accepted": len(events)}

    shares, rates = [], []
    with TestClient(create_app()) as real, TestClient(bare) as plain:
        headers = {"Authorization": f"Bearer {token}"}
        _send(plain, "/event", [batch()], {})
        _send(real, "/api/analytics/event", [batch()], headers)
        for _ in range(rounds):
            bodies = [batch() for _ in range(batches)]
            theirs = timed(partial(_send, plain, "/event", bodies, {}))
            ours = timed(partial(_send, real, "/api/analytics/event", bodies, headers))
            shares.append(theirs / ours)
            rates.append(batches * BATCH / ours)
    server.settle()
    return [
        Check("events over HTTP a second, batches of 100", median(rates), "1/s", None, at_most=False),
        Check("  share of a bare route", median(shares), "", SHARE, at_most=False),
    ]


def batch() -> bytes:
    """A hundred events of now."""
    at = datetime.now(UTC).isoformat()
    events = [
        {"eventId": str(uuid4()), "eventType": "lesson_viewed", "courseId": "course-1", "lessonIdx": n % LESSONS,
         "occurredAt": at}
        for n in range(BATCH)
    ]  # fmt: skip
    return json.dumps({"events": events}).encode()


def _send(client: TestClient, path: str, bodies: Sequence[bytes], headers: dict[str, str]) -> None:
    for body in bodies:
        answer = client.post(path, content=body, headers={"Content-Type": "application/json"} | headers)
        assert answer.status_code == 202, answer.text


def main() -> None:
    """Measure and print."""
    configure_logs("bench", "WARNING")
    options = parser(__doc__)
    options.add_argument("--events", type=int, default=500_000, help="events to aggregate (default 500000)")
    options.add_argument("--days", type=int, default=90, help="days that they lie on (default 90)")
    options.add_argument("--batches", type=int, default=200, help="batches a round over HTTP (default 200)")
    given = options.parse_args()
    with own_server(given.home) as server:
        checks = measure_aggregation(server, given.events, given.days, given.rounds)
        checks += measure_ingest(server, given.batches, given.rounds)
        facts = server.machine() | {"events": f"{given.events:,}", "days": str(given.days)}
    if given.json:
        print(as_json(facts, [], checks))
    else:
        print_machine(facts)
        print_checks(checks)
    sys.exit(any(check.verdict == "MISSED" for check in checks))


if __name__ == "__main__":
    main()
