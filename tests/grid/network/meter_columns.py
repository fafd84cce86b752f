"""Read the meters of the current version as columns, in the order in which text ids sort."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

_COLUMNS = """
SELECT meter_id, external_ref, feeder_id, transformer_id, node_id, device_id, phase, class, base_kwh_day, service_v,
  has_pv, pv_kw, critical_flag, ami_type, load_profile, pv_profile, electrical_depth, latitude, longitude
FROM meters
WHERE tenant_id = NULLIF(current_setting('app.tenant', true), '') AND is_active
"""


@dataclass(frozen=True)
class MeterColumns:
    """Active meters, one entry a meter, ordered by `meter_id COLLATE "C"`.

    Text columns are lists with None where unknown; numbers are float64 with NaN where unknown; flags are bool arrays.
    """

    meter_id: list[str]
    external_ref: list[str]
    feeder_id: list[str]
    transformer_id: list[str | None]
    node_id: list[str | None]
    device_id: list[str | None]
    phase: list[str | None]
    meter_class: list[str]
    base_kwh_day: NDArray[np.float64]
    service_v: NDArray[np.float64]
    has_pv: NDArray[np.bool_]
    pv_kw: NDArray[np.float64]
    critical: NDArray[np.bool_]
    ami_type: list[str]
    load_profile: list[str | None]
    pv_profile: list[str | None]
    electrical_depth: NDArray[np.float64]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]

    def __len__(self) -> int:
        """The number of meters."""
        return len(self.meter_id)


def load_meters(connection: Connection, feeder_ids: Sequence[str] | None = None) -> MeterColumns:
    """The tenant's active meters, all or those of some feeders."""
    query, values = _COLUMNS, {}
    if feeder_ids is not None:
        query, values = query + " AND feeder_id = ANY(:feeders)", {"feeders": list(feeder_ids)}
    result = connection.execute(text(query + ' ORDER BY meter_id COLLATE "C"'), values)
    names = [{"class": "meter_class", "critical_flag": "critical"}.get(name, name) for name in result.keys()]  # noqa: SIM118
    rows = result.all()
    columns = dict(zip(names, map(list, zip(*rows, strict=True)) if rows else ([] for _ in names), strict=True))
    return MeterColumns(**{name: _column(name, values) for name, values in columns.items()})


_FLAGS = {"has_pv", "critical"}
_NUMBERS = {"base_kwh_day", "service_v", "pv_kw", "electrical_depth", "latitude", "longitude"}


def _column(name: str, values: list[Any]) -> Any:
    """Flags and numbers as arrays (NaN for NULL), text as it is."""
    if name in _FLAGS:
        return np.array(values, dtype=np.bool_)
    return np.array(values, dtype=np.float64) if name in _NUMBERS else values
