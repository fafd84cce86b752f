"""Keeping the twins of published windows: what each interval would be without an event; see rules/twin.py.

They stand or fall with the reads: written in the load's transaction, before its reads. An interval that has reads
already keeps them in safe mode, so its twin is not written: those reads do not have the event in them, and nothing is
judged by them. A load that replaces reads takes the former twins of its window away.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg

from domain.grid.metering.rules.fleet import from_us
from domain.grid.metering.rules.twin import EventTwin
from domain.kernel.sqlfiles import sql_file

_REPLACED = """
DELETE FROM event_twin_intervals AS t
USING day_bounds(%(timezone)s, %(day)s) AS d
WHERE t.tenant_id = %(tenant)s AND t.read_at > %(after)s AND t.read_at <= %(until)s
  AND t.read_at >= d.from_ts AND t.read_at < d.to_ts
"""


@dataclass(frozen=True)
class Window:
    """A batch's window, and which local day's part of it is loaded."""

    timezone: str
    day: date
    after: datetime
    until: datetime


def keep_twins(
    connection: psycopg.Connection[Any],
    tenant_id: str,
    window: Window,
    twins: Sequence[EventTwin],
    batch_id: uuid.UUID,
    *,
    replace: bool,
) -> None:
    """Store the twins of one local day's share of a batch, before its reads are stored.

    Args:
        connection: the load's transaction.
        tenant_id: the session's tenant.
        window: what the batch covers of the day.
        twins: what the intervals would be without each event.
        batch_id: the batch that brings the reads.
        replace: the batch replaces reads that stand; otherwise they are kept, and with them what they say.
    """
    facts = {"tenant": tenant_id, "replace": replace, "batch_id": batch_id}
    if replace:
        connection.execute(_REPLACED, facts | vars(window))
    with connection.cursor() as cursor:
        cursor.executemany(
            sql_file("grid/load/twins_insert.sql"), [facts | row for twin in twins for row in _rows(twin)]
        )


def _rows(twin: EventTwin) -> Iterator[dict[str, Any]]:
    columns = {
        "delivered_dwh": twin.delivered_dwh,
        "metered_dwh": twin.metered_dwh,
        "weight_expected": twin.weight_expected,
        "weight_received": twin.weight_received,
        "voltage_reads": twin.voltage_reads,
        "voltage_sum_cv": twin.voltage_sum_cv,
        "effect_dwh": twin.effect.dwh,
        "effect_hat_dwh": twin.effect.hat_dwh,
        "effect_delivered_dwh": twin.effect.delivered_dwh,
        "effect_weight": twin.effect.weight,
        "effect_voltage_cv": twin.effect.voltage_cv,
    }
    same = {"event_id": twin.event_id, "feeder_id": twin.feeder_id, "interval_minutes": twin.interval_minutes}
    for place, end in enumerate(twin.ends.tolist()):
        yield {**same, "read_at": from_us(end), **{name: int(column[place]) for name, column in columns.items()}}
