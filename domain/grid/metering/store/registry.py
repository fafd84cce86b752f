"""What the registry and the roll-ups know of the meters that a file names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlalchemy import Connection, text

from domain.grid.metering.rules.reads import DWH_PER_KWH
from domain.grid.metering.rules.vee import DailyEnergy

_METERS = text("""
SELECT meter_id, feeder_id, has_pv OR pv_kw > 0 AS has_pv, service_v, is_active
FROM meters
WHERE meter_id = ANY(:meters)
ORDER BY meter_id COLLATE "C"
""")
_DAYS = text("""
SELECT meter_id, local_date, kwh_dwh, reads
FROM gl_meter_day
WHERE meter_id = ANY(:meters) AND local_date >= :first AND local_date < :last
ORDER BY meter_id COLLATE "C", local_date
""")


@dataclass(frozen=True)
class KnownMeter:
    """A meter as the registry has it."""

    meter_id: str
    feeder_id: str
    has_pv: bool
    service_v: float
    is_active: bool


def known_meters(connection: Connection, meter_ids: Sequence[str]) -> dict[str, KnownMeter]:
    """The meters of the tenant among `meter_ids`."""
    # PostgreSQL's text holds no NUL; an id with one is no meter of anybody's.
    askable = [meter_id for meter_id in meter_ids if "\0" not in meter_id]
    rows = connection.execute(_METERS, {"meters": askable})
    return {row.meter_id: KnownMeter(*row) for row in rows}


def daily_energy_before(
    connection: Connection, meter_ids: Sequence[str], first: date, last: date, *, weeks: int, least_reads: float
) -> DailyEnergy:
    """Energy of the meters' stored days from `weeks` before `first` until `last`, days with too few reads left out.

    `meter` of the answer is the position in `meter_ids`.
    """
    number = {meter_id: index for index, meter_id in enumerate(meter_ids)}
    values = {"meters": list(meter_ids), "first": first - timedelta(weeks=weeks), "last": last}
    rows = [row for row in connection.execute(_DAYS, values) if row.reads >= least_reads]
    epoch = date(1970, 1, 1)
    return DailyEnergy(
        np.array([number[row.meter_id] for row in rows], np.int32),
        np.array([(row.local_date - epoch).days for row in rows], np.int32),
        np.array([row.kwh_dwh / DWH_PER_KWH for row in rows], np.float64),
    )
