"""The two queries of the field's documents, as the product asks them, their plans and how long they take."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlalchemy import text

from bench.stairs.population import Population
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from domain.kernel.sqlfiles import sql_file


@dataclass(frozen=True)
class Query:
    """A file of `sql/` with what it is asked."""

    name: str
    file: str
    given: dict[str, Any]
    target_ms: float | None


@dataclass(frozen=True)
class Plan:
    """What `EXPLAIN (FORMAT JSON)` tells: the indexes used, and the tables read from end to end."""

    rows: int
    indexes: frozenset[str]
    sequential: frozenset[str]
    nodes: dict[str, Any]


def both(made: Population) -> list[Query]:
    """All tests of a session in one stair, by walk order; and one point's results of three years, newest first."""
    return [
        Query("session", "stairs/session_instances.sql", made.session, 50.0),
        Query("trend", "stairs/trend_of_point.sql", made.point, 100.0),
    ]


def history(made: Population) -> Query:
    """Every point of a building over all its years: what its trends are made from."""
    return Query("building history", "stairs/point_history.sql", made.building, None)


def plan(made: Population, query: Query) -> Plan:
    """The plan as the application's role gets it, behind row-level security, and how many rows are answered."""
    statement = sql_file(query.file)
    with transaction(made.tenant_id, DbRole.APP) as connection:
        told = connection.execute(text(f"EXPLAIN (FORMAT JSON) {statement}"), query.given).scalar_one()
        rows = len(connection.execute(text(statement), query.given).all())
    nodes = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    found = list(_walk(nodes))
    return Plan(
        rows,
        frozenset(node["Index Name"] for node in found if "Index Name" in node),
        frozenset(node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"),
        nodes,
    )


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", []):
        yield from _walk(below)


def median_ms(made: Population, query: Query, runs: int = 20) -> float:
    """Median milliseconds of warm runs, from sending it until the last row is here."""
    statement, spent = text(sql_file(query.file)), []
    with transaction(made.tenant_id, DbRole.APP) as connection:
        for _ in range(runs + 3):
            began = time.perf_counter()
            connection.execute(statement, query.given).all()
            spent.append(1e3 * (time.perf_counter() - began))
    return median(spent[3:])
