"""Learner events: how long it takes to aggregate half a million of them. How fast they come in: bench.learner_events.

    python -m bench.insight --events 500000 --days 90 --json

Aggregation is measured from scratch, then as one more day against a short and a long history of the same courses.
"""

import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from statistics import median

import pandas as pd

from bench.harness import Check, missed, parser, tell
from bench.learners import FIRST, OWNER, TENANT, lay_out, write_events
from bench.server import Server, own_server
from domain.courses.insight.observe.aggregate import aggregate
from domain.kernel.logs import configure_logs

TARGET_S, STRETCH_S = 60.0, 10.0


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
    frame = pd.DataFrame(
        server.superuser.execute(
            "SELECT course_id, lesson_idx, occurred_on, event_type, user_id::text FROM analytics_events"
        ).fetchall(),
        columns=["course_id", "lesson_idx", "day", "event_type", "user_id"],
    )
    grouped = timed(lambda: by_pandas(frame))
    return [
        Check(
            f"{counted:,} events from scratch", scratch, "s", TARGET_S, ratio=scratch / grouped, peer="pandas groupby"
        ),
        Check("  pandas groupby: events and learners a lesson and day alone, in memory", grouped, "s"),
        Check("  the same, stretch", scratch, "s", STRETCH_S),
        Check(f"one day more after {short} days", one_of_few, "s", TARGET_S),
        Check(f"one day more after {days} days", one_of_many, "s", TARGET_S),
        Check("  long history against short", one_of_many / one_of_few, "x", 2.0),
    ]


def by_pandas(frame: pd.DataFrame) -> pd.DataFrame:
    """Events and distinct learners of each lesson, day and type: the first of our tables, without state and rates."""
    groups = frame.groupby(["course_id", "lesson_idx", "day", "event_type"], dropna=False)
    return groups["user_id"].agg(["size", "nunique"])


def run(first: date, days: int) -> None:
    """Aggregate so many days."""
    done = aggregate(TENANT, first, first + timedelta(days=days - 1), actor=OWNER)
    assert not done.failed, done.failed


def increment(days: int, rounds: int) -> float:
    """The median time of aggregating the last day again."""
    return median(timed(lambda: run(FIRST + timedelta(days=days - 1), 1)) for _ in range(rounds))


def main() -> None:
    """Measure and print."""
    configure_logs("bench", "WARNING")
    options = parser(__doc__)
    options.add_argument("--events", type=int, default=500_000, help="events to aggregate (default 500000)")
    options.add_argument("--days", type=int, default=90, help="days that they lie on (default 90)")
    given = options.parse_args()
    with own_server(given.home) as server:
        checks = measure_aggregation(server, given.events, given.days, given.rounds)
        facts = server.machine() | {"events": f"{given.events:,}", "days": str(given.days)}
    tell(given, checks, facts)
    sys.exit(bool(missed(checks)))


if __name__ == "__main__":
    main()
