"""Schema verification: the queries of `sql/verify/` against a database; each prints a row for each fault."""

from typing import Any

from sqlalchemy import Connection

from domain.kernel.db import engine_for
from domain.kernel.errors import Conflict
from domain.kernel.release.render import verification_queries
from domain.kernel.sqlfiles import own_sql

MOST_TOLD = 20


def faults(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """What each query finds: its name and the rows it prints; empty when all is well."""
    found = {}
    for path in verification_queries():
        statement = own_sql(path.read_text()).replace("%", "%%")
        rows = [dict(row) for row in connection.exec_driver_sql(statement).mappings()]
        if rows:
            found[path.stem] = rows
    return found


def verify(owner_url: str) -> int:
    """Run every query as the owner; answer how many there are.

    Raises:
        Conflict: SCHEMA_NOT_VERIFIED, with each fault.
    """
    with engine_for(owner_url).connect() as connection:
        found = faults(connection)
    if found:
        told = [{"field": name, "message": _words(row)} for name, rows in found.items() for row in rows]
        raise Conflict(
            f"The schema is not as it must be: {', '.join(found)}.",
            hint="Each entry names what is wrong; correct it by a migration.",
            code="SCHEMA_NOT_VERIFIED",
            errors=told[:MOST_TOLD],
        )
    return len(verification_queries())


def _words(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items())
