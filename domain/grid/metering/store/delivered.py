"""What the registry knows of feeders that a file names, and which delivered energy stands without being compared."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

_FEEDERS = text("""
SELECT feeder_id, code
FROM feeders
WHERE feeder_id = ANY(:names) OR code = ANY(:names)
ORDER BY feeder_id COLLATE "C"
""")
_UNCOMPARED = text("""
SELECT count(*)
FROM feeder_delivered AS d
INNER JOIN gl_feeder_interval AS g USING (tenant_id, feeder_id, read_at)
WHERE d.tenant_id = current_setting('app.tenant') AND d.feeder_id = ANY(:feeders)
    AND d.read_at > :after AND d.read_at <= :until AND g.interval_minutes <> d.interval_minutes
""")


def known_feeders(connection: Connection, names: Sequence[str]) -> dict[str, str | None]:
    """Each of `names` that is a feeder's id or code, and that feeder's id; None for a code that several have.

    An id counts before a code.
    """
    # PostgreSQL's text holds no NUL; a name with one is no feeder of anybody's.
    askable = [name for name in names if "\0" not in name]
    rows = connection.execute(_FEEDERS, {"names": askable}).all()
    times = Counter(row.code for row in rows)
    by_code = {row.code: row.feeder_id if times[row.code] == 1 else None for row in rows}
    wanted = by_code | {row.feeder_id: row.feeder_id for row in rows}
    return {name: wanted[name] for name in askable if name in wanted}


def of_another_interval(connection: Connection, feeder_ids: Sequence[str], after: datetime, until: datetime) -> int:
    """How many delivered values with an end in (after, until] have another length than the reads beside them."""
    values = {"feeders": list(feeder_ids), "after": after, "until": until}
    return int(connection.execute(_UNCOMPARED, values).scalar_one())
