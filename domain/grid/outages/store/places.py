"""Where outages are: the places of the devices that opened."""

import uuid
from collections.abc import Collection

from sqlalchemy import Connection, text

_PLACES = text("""
SELECT o.outage_id, n.latitude, n.longitude
FROM outages AS o
INNER JOIN devices AS d ON d.tenant_id = o.tenant_id AND d.device_id = o.device_id
INNER JOIN network_nodes AS n ON n.tenant_id = d.tenant_id AND n.node_id = d.node_id
WHERE o.tenant_id = current_setting('app.tenant') AND o.outage_id = ANY(:ids)
  AND n.latitude IS NOT NULL AND n.longitude IS NOT NULL
ORDER BY o.outage_id
""")


def devices_of_outages(
    connection: Connection, outage_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, tuple[float, float]]:
    """By outage, the latitude and longitude of its device; without those whose place is not known."""
    if not outage_ids:
        return {}
    rows = connection.execute(_PLACES, {"ids": sorted(outage_ids)})
    return {row.outage_id: (row.latitude, row.longitude) for row in rows}
