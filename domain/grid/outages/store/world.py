"""The network as it stood at a time: the current topology, and which switches were observed otherwise than usual."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.grid.network.rules.model import Network
from domain.grid.network.store.load import load_network
from domain.grid.outages.rules.device_tree import DeviceTree, build_device_tree
from domain.kernel.errors import NotFound

KEPT_NETWORKS = 4
# The newest of what SCADA reported and of what was written down as observed, for each device.
_SWITCHED = text("""
SELECT DISTINCT ON (s.device_id) s.device_id, s.state
FROM (
  SELECT device_id, at, CASE type WHEN 'SCADA_OPEN' THEN 'open' ELSE 'closed' END AS state
  FROM meter_events
  WHERE tenant_id = current_setting('app.tenant') AND type IN ('SCADA_OPEN', 'SCADA_CLOSED')
    AND at <= :as_of AND arrived_at <= :as_of
  UNION ALL
  SELECT device_id, from_ts, state
  FROM switch_state
  WHERE tenant_id = current_setting('app.tenant') AND from_ts <= :as_of AND (to_ts IS NULL OR to_ts > :as_of)
) AS s
ORDER BY s.device_id, s.at DESC, s.state
""")


@dataclass(frozen=True)
class World:
    """What advice is given on.

    Attributes:
        network: as it was imported.
        open_devices: usually closed and observed open; closed_devices: usually open and observed closed.
        imported_at: when the topology came in; age_days: how old it was at the as-of time, in whole days.
    """

    topology_version_id: uuid.UUID
    network: Network
    open_devices: tuple[str, ...]
    closed_devices: tuple[str, ...]
    imported_at: datetime
    age_days: int


_networks: dict[tuple[str, uuid.UUID], Network] = {}
_trees: dict[tuple[str, uuid.UUID, tuple[str, ...], tuple[str, ...]], DeviceTree] = {}


def world_as_of(connection: Connection, tenant_id: str, as_of: datetime) -> World:
    """The network of the tenant that the transaction is bound to, as observed by then.

    Raises:
        NotFound: no network was imported.
    """
    row = connection.execute(
        text(
            "SELECT topology_version_id, imported_at FROM topology_versions"
            " WHERE tenant_id = current_setting('app.tenant')"
            " ORDER BY imported_at DESC, topology_version_id LIMIT 1"
        )
    ).one_or_none()
    if row is None:
        raise NotFound("The tenant has no network yet.", hint="Import one: countersign grid import --help.")
    network = _network(connection, tenant_id, row.topology_version_id)
    usual = {one.device_id: one.normally_open for one in network.devices}
    seen = {one.device_id: one.state for one in connection.execute(_SWITCHED, {"as_of": as_of})}
    return World(
        row.topology_version_id,
        network,
        tuple(sorted(own for own, state in seen.items() if state == "open" and usual.get(own) is False)),
        tuple(sorted(own for own, state in seen.items() if state == "closed" and usual.get(own) is True)),
        row.imported_at,
        max(0, (as_of - row.imported_at).days),
    )


def _network(connection: Connection, tenant_id: str, version: uuid.UUID) -> Network:
    """Read once and kept by this process: a version never changes. The oldest of more than four is let go."""
    found = _networks.get((tenant_id, version))
    if found is None:
        found = load_network(connection, version)
        while len(_networks) >= KEPT_NETWORKS:
            _networks.pop(next(iter(_networks)), None)
        _networks[tenant_id, version] = found
    return found


def tree_of(tenant_id: str, world: World) -> DeviceTree:
    """The devices of the network as switched; kept by this process for the four last states."""
    key = (tenant_id, world.topology_version_id, world.open_devices, world.closed_devices)
    if key not in _trees:
        made = build_device_tree(world.network, world.open_devices, world.closed_devices)
        while len(_trees) >= KEPT_NETWORKS:
            _trees.pop(next(iter(_trees)), None)
        _trees[key] = made
    return _trees[key]
