"""The queries of `sql/`, read once; each file's header says meaning, grain, units and reader."""

from functools import cache
from pathlib import Path

SQL = Path(__file__).resolve().parent.parent.parent / "sql"


@cache
def sql_file(name: str) -> str:
    """The text of one file under `sql/`, for example `grid/load/delta.sql`."""
    return (SQL / name).read_text()
