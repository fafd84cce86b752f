"""Where something comes from: from an artifact, a signature or a run back to the raw rows, in one query."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.errors import NotFound
from domain.kernel.sqlfiles import sql_file

Key = tuple[str, str]


@dataclass(frozen=True)
class Node:
    """One thing on the way.

    Attributes:
        type: artifact, countersignature, proposal, run, event, or what a room adds: read_batch, file, rows, outage.
        id: its id.
        label: what it is, in words.
        at: when it was made.
        facts: what is worth reading.
        depth: steps from what was asked for.
    """

    type: str
    id: str
    label: str
    at: datetime | None
    facts: dict[str, Any]
    depth: int

    @property
    def key(self) -> Key:
        """Type and id."""
        return (self.type, self.id)


@dataclass(frozen=True)
class Edge:
    """That one thing was made from another."""

    thing: Key
    relation: str
    source: Key


@dataclass(frozen=True)
class Lineage:
    """The way back. `nodes` begins with what was asked for, then nearest first."""

    nodes: Sequence[Node]
    edges: Sequence[Edge]

    @property
    def root(self) -> Node:
        """What was asked for."""
        return self.nodes[0]

    def sources_of(self, node: Node) -> list[tuple[str, Node]]:
        """What a thing was directly made from, with how."""
        by_key = {one.key: one for one in self.nodes}
        return [(edge.relation, by_key[edge.source]) for edge in self.edges if edge.thing == node.key]


def lineage_of(connection: Connection, thing_id: uuid.UUID) -> Lineage:
    """Everything that the thing was made from.

    Raises:
        NotFound: the tenant has no artifact, countersignature, proposal, run, outage or advice of that id.
    """
    rows = connection.execute(text(sql_file("kernel/lineage.sql")), {"id": thing_id}).mappings().all()
    if not rows:
        raise NotFound(
            "There is nothing of this id that is known to be made from something.",
            hint="GET /v1/artifacts lists what was made.",
        )
    edges = [Edge((row["from_type"], row["from_id"]), row["relation"], _key(row)) for row in rows if row["from_type"]]
    depths = _depths(_key(rows[0]), edges)
    described = {_key(row): row for row in rows}
    nodes = [
        Node(*key, row["label"] or row["to_type"], row["at"], row["facts"], depths[key])
        for key, row in described.items()
        if key in depths
    ]
    return Lineage(sorted(nodes, key=lambda node: (node.depth, node.type, node.id)), edges)


def _key(row: Any) -> Key:
    return (row["to_type"], row["to_id"])


def _depths(root: Key, edges: Sequence[Edge]) -> dict[Key, int]:
    """Steps from the root by the shortest way."""
    depths, todo = {root: 0}, [root]
    while todo:
        here = todo.pop(0)
        for edge in edges:
            if edge.thing == here and edge.source not in depths:
                depths[edge.source] = depths[here] + 1
                todo.append(edge.source)
    return depths
