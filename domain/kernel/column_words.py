"""What each column means, as psql and the data dictionary show it: one statement from the lists under `sql/`.

A word of `sql/<room>/columns.toml` on a table's own column stands before the room's word on the name, and that before
`sql/columns.toml`. Tables that are not there yet are passed over. A KPI view is commented where it is ours: a
utility's own, of whatever columns, is left as it is. In the lists the schema's name is not used as a word
(domain/kernel/sqlfiles.py).
"""

import tomllib
from collections.abc import Sequence

from domain.kernel.sqlfiles import SQL

EVERYWHERE = "columns.toml"
ROOMS = ("kernel", "grid", "stairs", "courses")
REPEATED = "*"
FILES = (EVERYWHERE, *(f"{room}/{EVERYWHERE}" for room in ROOMS))
Words = dict[str, dict[str, str]]
STATEMENT = """
DO $columns$
DECLARE
  found record;
BEGIN
  FOR found IN
    WITH own (relation, name, told) AS (
      VALUES {own}
    ),
    repeated (room, name, told) AS (
      VALUES {repeated}
    ),
    rooms (relation, room) AS (
      VALUES {rooms}
    )
    SELECT n.nspname, c.relname, a.attname, {told} AS told
    FROM rooms
    JOIN pg_class AS c ON c.relname = rooms.relation AND c.relkind IN ('r', 'p', 'v')
      AND (NOT starts_with(c.relname, 'v_kpi_') OR c.relowner = quote_ident(current_user)::regrole)
    JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'public'
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN own ON own.relation = c.relname AND own.name = a.attname
    LEFT JOIN repeated AS near ON near.room = rooms.room AND near.name = a.attname
    LEFT JOIN repeated AS far ON far.room = '*' AND far.name = a.attname
    ORDER BY c.relname, a.attnum
  LOOP
    EXECUTE format('COMMENT ON COLUMN %I.%I.%I IS %L', found.nspname, found.relname, found.attname, found.told);
  END LOOP;
END $columns$
"""


def words(room: str = "") -> Words:
    """The list of one room, or the one that holds everywhere: by relation, or `*`, and column."""
    return tomllib.loads((SQL / room / EVERYWHERE).read_text())


def statement(told: str = "coalesce(own.told, near.told, far.told)", only: str = "") -> str:
    """The one statement that gives every listed relation's columns their words; those whose names begin with `only`."""
    own: list[tuple[str, ...]] = []
    rooms: list[tuple[str, ...]] = []
    repeated: list[tuple[str, ...]] = [(REPEATED, *pair) for pair in words()[REPEATED].items()]
    for room in ROOMS:
        listed = words(room)
        repeated += [(room, *pair) for pair in listed.pop(REPEATED).items()]
        wanted = {relation: columns for relation, columns in listed.items() if relation.startswith(only)}
        rooms += [(relation, room) for relation in wanted]
        own += [(relation, *pair) for relation, columns in wanted.items() for pair in columns.items()]
    return STATEMENT.format(own=_rows(own), repeated=_rows(repeated), rooms=_rows(rooms), told=told)


def _rows(rows: Sequence[tuple[str, ...]]) -> str:
    return ",\n      ".join(f"({', '.join(map(_quoted, row))})" for row in rows)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
