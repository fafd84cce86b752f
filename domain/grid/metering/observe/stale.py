"""Reads that should have come by now: a tenant that publishes continuously and has fallen behind."""

from datetime import datetime

from sqlalchemy import Connection

from domain.grid.metering.rules.due import is_behind
from domain.grid.metering.store.jobs import TOLD, schedule_of
from domain.grid.metering.store.watermark import ingest_watermark
from domain.kernel.messages.kinds import MessageKind
from domain.kernel.messages.outbox import tell
from domain.kernel.tenancy import load_tenant


def tell_stale(connection: Connection, now: datetime) -> int:
    """Tell the bound tenant's operators that its reads have fallen behind, at most once a local day.

    Answers how many were told: 0 where publishing is off or the reads are in time. A tenant that has just been switched
    on is given the same two intervals.
    """
    schedule = schedule_of(connection)
    if not schedule["on"]:
        return 0
    minutes: int = schedule["interval_minutes"]
    watermark = ingest_watermark(connection)
    since = max(watermark or schedule["changed_at"], schedule["changed_at"])
    if not is_behind(since, now, minutes):
        return 0
    zone = load_tenant(connection).zone
    reach = f"Its reads go up to {watermark.astimezone(zone):%Y-%m-%d %H:%M}" if watermark else "It has no reads yet"
    return tell(
        connection,
        MessageKind.DATA_STALE,
        TOLD,
        subject_type="reads",
        subject_id=now.astimezone(zone).date().isoformat(),
        title="Reads have fallen behind",
        body=f"{reach}, though one interval should come every {minutes} minutes. Grid health shows jobs and failures.",
        path="/grid",
    )
