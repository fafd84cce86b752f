"""What waits for the machine: signals that nobody has inferred from, outages without advice, outages without replay."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

FRESH = timedelta(hours=6)
_MINE = "tenant_id = current_setting('app.tenant')"
_NEWEST = text(f"""
SELECT max(event_seq) FROM meter_events
WHERE {_MINE} AND arrived_at > :since AND arrived_at > COALESCE(
  (SELECT max(as_of_ts) FROM recommendation_runs WHERE {_MINE} AND step = 'INFER'), '-infinity')
""")
_HELD = text(f"""
SELECT min(hold_until) FROM provisional_outages
WHERE {_MINE} AND status IN ('CANDIDATE', 'VERIFY') AND hold_until > :since AND hold_until <= :now
  AND hold_until > (SELECT max(as_of_ts) FROM recommendation_runs WHERE {_MINE} AND step = 'INFER')
""")
_WITHOUT = """
SELECT o.outage_id FROM outages AS o
WHERE o.tenant_id = current_setting('app.tenant') AND o.status = ANY(:states) AND NOT EXISTS (
  SELECT 1 FROM recommendation_runs AS r
  WHERE r.tenant_id = o.tenant_id AND r.outage_id = o.outage_id AND r.step = :step)
ORDER BY o.started_at, o.outage_id
"""


def newest_signal(connection: Connection, now: datetime) -> int | None:
    """The sequence number of the newest signal that arrived after the last inference; None where there is none."""
    found: int | None = connection.execute(_NEWEST, {"since": now - FRESH}).scalar_one()
    return found


def held_off(connection: Connection, now: datetime) -> datetime | None:
    """When the hold-off of a candidate ended that was last looked at before; None where none waits for that."""
    found: datetime | None = connection.execute(_HELD, {"since": now - FRESH, "now": now}).scalar_one()
    return found


def waiting_for_advice(connection: Connection) -> list[uuid.UUID]:
    """Outages that customers still suffer and for which no crew has been recommended."""
    states = ["OPEN", "DISPATCHED", "ARRIVED"]
    return list(connection.execute(text(_WITHOUT), {"states": states, "step": "CREWS"}).scalars())


def waiting_for_replay(connection: Connection) -> list[uuid.UUID]:
    """Outages that are over and have not been told."""
    return list(connection.execute(text(_WITHOUT), {"states": ["RESTORED", "CLOSED"], "step": "REPLAY"}).scalars())
