"""The queries of `sql/`, read once; each file's header says meaning, grain, units and reader."""

import re
from functools import cache
from pathlib import Path

from domain.kernel.settings import settings

SQL = Path(__file__).resolve().parent.parent.parent / "sql"


@cache
def sql_file(name: str) -> str:
    """The text of one file under `sql/`, for example `grid/load/delta.sql`."""
    return (SQL / name).read_text()


def own_sql(statement: str) -> str:
    """A definition that says `public`, for the schema in which our tables stand."""
    own = settings().own_schema
    return statement if own == "public" else re.sub(r"\bpublic\b", own, statement)
