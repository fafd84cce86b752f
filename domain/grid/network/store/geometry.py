"""The network's edges and substations with their places, for the map."""

from sqlalchemy import Connection, text

from domain.grid.network.rules.geometry import MapEdge, MapSite

MAIN_KV = 1.0

_EDGES = text("""
SELECT e.feeder_id, a.latitude AS a_lat, a.longitude AS a_lon, b.latitude AS b_lat, b.longitude AS b_lon,
  e.is_open, COALESCE(a.base_kv, 0) > :main_kv AND COALESCE(b.base_kv, 0) > :main_kv AS is_main, e.length_m
FROM network_edges AS e
INNER JOIN network_nodes AS a ON a.tenant_id = e.tenant_id AND a.node_id = e.from_node
INNER JOIN network_nodes AS b ON b.tenant_id = e.tenant_id AND b.node_id = e.to_node
WHERE e.tenant_id = current_setting('app.tenant') AND a.latitude IS NOT NULL AND b.latitude IS NOT NULL
  AND a.longitude IS NOT NULL AND b.longitude IS NOT NULL
ORDER BY e.edge_id COLLATE "C"
""")


def map_edges(connection: Connection) -> list[MapEdge]:
    """Every edge whose two ends have coordinates, by id."""
    return [
        MapEdge(row.feeder_id, (row.a_lat, row.a_lon), (row.b_lat, row.b_lon), row.is_open, row.is_main, row.length_m)
        for row in connection.execute(_EDGES, {"main_kv": MAIN_KV})
    ]


def map_sites(connection: Connection) -> list[MapSite]:
    """The substations with coordinates, by id."""
    found = connection.execute(
        text(
            "SELECT name, latitude, longitude FROM substations WHERE tenant_id = current_setting('app.tenant')"
            ' AND latitude IS NOT NULL AND longitude IS NOT NULL ORDER BY substation_id COLLATE "C"'
        )
    )
    return [MapSite(row.name, (row.latitude, row.longitude)) for row in found]
