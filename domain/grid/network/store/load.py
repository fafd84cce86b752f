"""Read the current topology version back as the plain network that rules work on."""

import uuid
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import Connection, text

from domain.grid.network.rules.model import Device, Edge, Feeder, Meter, Network, Node, Substation, Transformer
from domain.grid.network.tables import DEVICES, EDGES, FEEDERS, METERS, NODES, SUBSTATIONS, TRANSFORMERS, NetworkTable

_T = TypeVar("_T")
_RENAMED = {"class": "meter_class"}


def load_network(connection: Connection, version: uuid.UUID) -> Network:
    """The tenant's network as `save_network` stored it: each list by id, inactive meters left out.

    Where feeders begin is not stored and is found again: at the edges that lead to a node of depth 0.
    """
    edges = _rows(connection, EDGES, Edge)
    nodes = _rows(connection, NODES, Node)
    found = connection.execute(
        text("SELECT source, source_sha256 FROM topology_versions WHERE topology_version_id = :id"), {"id": version}
    ).one()
    return Network(
        source=found.source,
        source_sha256=found.source_sha256,
        substations=_rows(connection, SUBSTATIONS, Substation),
        feeders=_with_heads(_rows(connection, FEEDERS, Feeder, version), edges, nodes),
        nodes=nodes,
        edges=edges,
        devices=_rows(connection, DEVICES, Device),
        transformers=tuple(Transformer(edge_id=None, **row) for row in _dicts(connection, TRANSFORMERS, None)),
        meters=_rows(connection, METERS, Meter, active=True),
    )


def _rows(
    connection: Connection,
    table: NetworkTable,
    made: type[_T],
    version: uuid.UUID | None = None,
    *,
    active: bool = False,
) -> tuple[_T, ...]:
    return tuple(made(**row) for row in _dicts(connection, table, version, active=active))


def _dicts(
    connection: Connection, table: NetworkTable, version: uuid.UUID | None, *, active: bool = False
) -> list[dict[str, Any]]:
    """Rows under the names of the model. Feeders of older versions stay in the table: theirs alone are asked for."""
    names = ", ".join(table.columns)
    wanted = " AND topology_version_id = :version" if version else ""
    wanted += " AND is_active" if active else ""
    rows = connection.execute(
        text(
            f"SELECT {names} FROM {table.name} WHERE tenant_id = current_setting('app.tenant'){wanted}"
            f' ORDER BY {table.key} COLLATE "C"'
        ),
        {"version": version} if version else {},
    )
    keys = [_RENAMED.get(name, name) for name in table.columns]
    return [dict(zip(keys, row, strict=True)) for row in rows]


def _with_heads(feeders: tuple[Feeder, ...], edges: tuple[Edge, ...], nodes: tuple[Node, ...]) -> tuple[Feeder, ...]:
    """Feeders with the edges by which they are entered; one that begins at its source bus has a first node instead."""
    first = {node.node_id: node.feeder_id for node in nodes if node.depth == 0}
    owner = {node.node_id: node.feeder_id for node in nodes}
    entering: dict[str, list[str]] = {}
    entered = set()
    for edge in edges:
        feeder = first.get(edge.to_node)
        if feeder is not None and owner.get(edge.from_node) is None and not edge.is_open:
            entering.setdefault(feeder, []).append(edge.edge_id)
            entered.add(edge.to_node)
    bare = {feeder: node for node, feeder in sorted(first.items()) if node not in entered and feeder is not None}
    return tuple(
        replace(one, head_edges=tuple(entering.get(one.feeder_id, ())), head_node=bare.get(one.feeder_id))
        for one in feeders
    )
