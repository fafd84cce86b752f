"""The data dictionary from the tables as they stand: purpose, grain, units, keys, who may do what.

    python -m scripts.data_dictionary > dictionary.md      of the running copy (or DATABASE_URL)

`make docs` lays it into the site. Tables tell their purpose by COMMENT ON TABLE, views by the header of their file
under sql/, columns their meaning by COMMENT ON COLUMN (sql/*/columns.toml) and their unit by name.
"""

import argparse
import itertools
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import psycopg

from cli.services import database
from domain.kernel.settings import DbRole, settings
from domain.kernel.sqlfiles import SQL

ROOMS = {"kernel": "Kernel", "grid": "GridLens and RestoreIQ", "stairs": "FireMode", "courses": "Courses"}
# The longest ending wins.
UNITS = {
    "_kwh": "kWh", "_dwh": "0.1 Wh", "_kw": "kW", "_kva": "kVA", "_kv": "kV", "_v": "V", "_cv": "0.01 V", "_a": "A",
    "_pa": "Pa", "_ms": "m/s", "_newtons": "N", "_m": "m", "_mm": "mm", "_km": "km", "_ohm": "ohm", "_pct": "0 to 100",
    "_s": "s", "_minutes": "min", "_min": "min", "_hours": "h", "_months": "months", "_bytes": "bytes",
    "_cents": "0.01 of the currency", "_at": "UTC", "_on": "local date", "local_date": "local date",
    "duration_ms": "ms", "_sha256": "SHA-256, hex", "_hash": "SHA-256, hex", "posterior": "0 to 1",
    "probability": "0 to 1", "kwh": "kWh", "kva": "kVA", "voltage": "V", "latitude": "degrees", "longitude": "degrees",
}  # fmt: skip
# Dagster's tables have a schema of their own; views of the four KPIs stand in dev alone.
COLUMNS = """
SELECT c.relname, c.relkind::text AS kind, obj_description(c.oid) AS told, a.attname,
  format_type(a.atttypid, a.atttypmod), a.attnotnull, col_description(c.oid, a.attnum)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND c.relname <> 'alembic_version'
ORDER BY c.relname COLLATE "C", a.attnum
"""
KEYS = """
SELECT c.relname, con.contype::text, pg_get_constraintdef(con.oid)
FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND con.contype IN ('p', 'f') AND NOT c.relispartition AND con.conparentid = 0
ORDER BY c.relname COLLATE "C", con.contype DESC, pg_get_constraintdef(con.oid) COLLATE "C"
"""
REFUSALS = """
SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND NOT c.relispartition AND p.proname = 'refuse_change' AND t.tgname = 'refuse_change'
  AND t.tgattr = '' AND t.tgqual IS NULL
"""
RIGHTS = """
SELECT g.table_name, replace(g.grantee, 'countersign_', '') AS who, g.privilege_type
FROM information_schema.role_table_grants g
WHERE g.table_schema = 'public' AND g.grantee LIKE 'countersign\\_%' AND g.grantee <> 'countersign_owner'
ORDER BY 1, 2, 3
"""
COUNTS = "{tables} tables, {views} views, {columns} columns.\n"


@dataclass(frozen=True)
class Facts:
    """What the database says of its tables."""

    columns: list[tuple[str, str, str | None, str, str, bool, str | None]]
    keys: dict[str, list[str]]
    refusing: set[str]
    rights: dict[str, dict[str, list[str]]]


def ask(connection: psycopg.Connection[tuple[object, ...]]) -> Facts:
    """Everything at once."""
    keys: dict[str, list[str]] = {}
    for table, _, definition in connection.execute(KEYS).fetchall():
        keys.setdefault(str(table), []).append(str(definition))
    rights: dict[str, dict[str, list[str]]] = {}
    for table, who, right in connection.execute(RIGHTS).fetchall():
        rights.setdefault(str(table), {}).setdefault(str(who), []).append(str(right))
    refusing = {str(row[0]) for row in connection.execute(REFUSALS).fetchall()}
    return Facts(connection.execute(COLUMNS).fetchall(), keys, refusing, rights)  # type: ignore[arg-type]


def room_of() -> dict[str, str]:
    """Which room a table belongs to: where its comment, or its view's file, stands."""
    found: dict[str, str] = {}
    for room in ROOMS:
        for path in sorted((SQL / room).rglob("*.sql")):
            names = re.findall(r"(?:COMMENT ON (?:TABLE|VIEW)|CREATE (?:OR REPLACE )?VIEW) (\w+)", path.read_text())
            found |= dict.fromkeys(names, room)
    return found


def view_headers() -> dict[str, str]:
    """What the file of each view says at its head."""
    found: dict[str, str] = {}
    for path in sorted(SQL.rglob("*.sql")):
        lines = path.read_text().splitlines()
        head = " ".join(line.removeprefix("--").strip() for line in itertools.takewhile(_is_comment, lines))
        found |= dict.fromkeys(re.findall(r"CREATE (?:OR REPLACE )?VIEW (?:public\.)?(\w+)", "\n".join(lines)), head)
    return found


def _is_comment(line: str) -> bool:
    return line.startswith("--")


def unit_of(column: str, kind: str) -> str:
    """The unit that a column's name carries; none where it is no number or instant."""
    if kind in {"text", "jsonb", "boolean", "uuid"} and not column.endswith(("_sha256", "_hash")):
        return ""
    ending = max((end for end in UNITS if column.endswith(end)), key=len, default=None)
    if ending is None and "_pct_" in column:
        ending = "_pct"
    return UNITS[ending] if ending else ""


def dictionary(facts: Facts) -> str:
    """The whole page."""
    rooms, headers = room_of(), view_headers()
    tables = {name: list(rows) for name, rows in groupby(facts.columns, key=lambda row: row[0])}
    sections: dict[str, list[str]] = {room: [] for room in ROOMS}
    for name, rows in tables.items():
        told = rows[0][2] or headers.get(name, "")
        sections[rooms.get(name, "grid")].append(_table(name, told, rows, facts))
    views = sum(1 for rows in tables.values() if rows[0][1] == "v")
    counts = COUNTS.format(tables=len(tables) - views, views=views, columns=len(facts.columns))
    parts = [f"## {title}\n\n" + "\n".join(sections[room]) for room, title in ROOMS.items()]
    return counts + "\n" + "\n".join(parts).rstrip() + "\n"


def _table(
    name: str, told: str, rows: Iterable[tuple[str, str, str | None, str, str, bool, str | None]], facts: Facts
) -> str:
    first, *rest = list(rows)
    lines = [f"### {name}", "", f"{'View. ' if first[1] == 'v' else ''}{told}", ""]
    lines += ["| column | type | unit | | means |", "|---|---|---|---|---|"]
    for row in (first, *rest):
        needed = "not null" if row[5] else ""
        lines.append(f"| {row[3]} | {row[4]} | {unit_of(row[3], row[4])} | {needed} | {_cell(row[6] or '')} |")
    lines += ["", *(f"- {key}" for key in facts.keys.get(name, []))]
    if name in facts.refusing:
        lines.append("- Append-only: a trigger refuses UPDATE and DELETE, whoever asks.")
    may = "; ".join(f"{who} {', '.join(rights)}" for who, rights in sorted(facts.rights.get(name, {}).items()))
    lines += [f"- May: {may}", ""] if may else [""]
    return "\n".join(lines)


def _cell(words: str) -> str:
    return words.replace("|", "\\|")


def made(home: Path) -> str:
    """The dictionary of the copy under `home`, whose database is started for it where it does not run."""
    with database.running(home), psycopg.connect(settings().url(DbRole.OWNER)) as connection:
        return dictionary(ask(connection))


def main() -> None:
    """Print the dictionary of the running copy."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    sys.stdout.write(made(settings().home_path))


if __name__ == "__main__":
    main()
