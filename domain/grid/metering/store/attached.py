"""Writing reads into a utility's own table: with the columns that it has, in the types that they have, and no DDL.

The caller holds the lock of (tenant, local day), has staged the day's reads, and rolls up what `delta_reads` holds.
What is rolled up is what the table can hold: without a voltage column there is no voltage anywhere.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from psycopg import sql

from domain.grid.metering.rules.flags import MEANINGS, Flag
from domain.grid.metering.rules.schema import SchemaMapping
from domain.grid.metering.rules.schema_words import READS, TEXT, WHOLE, Column
from domain.grid.metering.store.mirror import column_of, feeder_rows, table_of
from domain.grid.metering.store.schema import Driver, belongs
from domain.grid.metering.store.versions import keep_versions
from domain.kernel.settings import WriteMode
from domain.kernel.sqlfiles import sql_file
from domain.kernel.tenancy import Tenant

_BITS = sql.SQL("(VALUES {}) AS f (bit, code)").format(
    sql.SQL(", ").join(
        sql.SQL("({}, {})").format(sql.Literal(int(flag)), sql.Literal(meaning.code))
        for flag, meaning in MEANINGS.items()
    )
)


@dataclass
class Destination:
    """One local day of a tenant in an attached table, and how it is written.

    `is_recount` is set by the load: the day is rolled up from scratch.
    """

    mapping: SchemaMapping
    tenant: Tenant
    day: date
    interval_minutes: int
    mode: WriteMode
    batch_id: uuid.UUID
    is_recount: bool = False

    @property
    def replaces(self) -> bool:
        """Whether a read that differs is replaced."""
        return self.mode is WriteMode.UPSERT


def merge_attached(driver: Driver, into: Destination, rows: int) -> dict[str, int]:
    """Bring `staged_reads` into the table; answer the counts, and note whether the day is rolled up from scratch.

    From scratch: on the first load of a day, since others' rows may stand there, and when rows were replaced or lost
    to another writer. Else only what was inserted moves the roll-ups.
    """
    driver.execute(sql.SQL("UPDATE staged_reads AS d SET {}").format(_as_held(into.mapping)))
    window = driver.execute("SELECT min(read_at), max(read_at) FROM staged_reads").fetchone() or (None, None)
    standing = _standing(into, *window)
    driver.execute(
        sql.SQL(sql_file("grid/load/new_and_changed.sql")).format(day_table=sql.SQL("({})").format(standing)),
        {"replace": into.replaces},
    )
    # In safe mode no row of theirs is updated, not even one that is only an estimate.
    driver.execute("UPDATE differing_reads SET wins = %s WHERE wins <> %s", (into.replaces, into.replaces))
    # A read that stands twice in the batch is found here.
    driver.execute("ALTER TABLE differing_reads ADD PRIMARY KEY (meter_id, read_at)")
    wanted = (driver.execute("SELECT count(*) FROM differing_reads WHERE is_new").fetchone() or (0,))[0]
    inserted = driver.execute(_insert(into)).rowcount
    kept = keep_versions(driver, into.tenant, into.day, into.batch_id)
    updated = driver.execute(_replace(into)).rowcount if into.replaces else 0
    if into.mapping.column(READS, "source") is None:
        _remember_origin(driver, into)
    into.is_recount = bool(updated) or inserted < wanted or _is_first_load(driver, into)
    _delta(driver, into)
    return {
        "reads": rows,
        "inserted": inserted,
        "updated": updated,
        "skipped": rows - inserted - updated,
        "kept_versions": kept,
    }


def _as_held(mapping: SchemaMapping) -> sql.Composable:
    """Assignments that round the staged values to what the table's types hold."""
    flags = mapping.column(READS, "quality_flags")
    voltage = mapping.column(READS, "voltage")
    kwh = mapping.column(READS, "kwh")
    held = {
        "kwh": sql.SQL("d.kwh::{}::float8").format(sql.SQL(kwh.type if kwh else "float8")),
        "voltage": sql.SQL("NULL" if voltage is None else f"d.voltage::{voltage.type}::float8"),
        "quality_flags": sql.Literal(int(Flag.ACTUAL))
        if flags is None
        else _bits(flags, sql.SQL("({})").format(_written_flags(flags))),
    }
    return sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in held.items())


def _written_flags(column: Column) -> sql.Composable:
    """Our bits in the column's own form: a number, letters, or a list of letters."""
    if column.base_type in WHOLE:
        return sql.SQL("d.quality_flags::{}").format(sql.SQL(column.type))
    gather = {"jsonb": "jsonb_agg(f.code ORDER BY f.bit)"}.get(
        column.base_type,
        "string_agg(f.code, '' ORDER BY f.bit)" if column.base_type in TEXT else "array_agg(f.code ORDER BY f.bit)",
    )
    return sql.SQL("(SELECT {} FROM {} WHERE d.quality_flags & f.bit <> 0)::{}").format(
        sql.SQL(gather), _BITS, sql.SQL(column.type)
    )


def _bits(column: Column, value: sql.Composable) -> sql.Composable:
    """A value of the column as our bits; what is no flag of ours counts as none."""
    if column.base_type in WHOLE:
        return sql.SQL("coalesce({}, 0)::integer").format(value)
    test = {"jsonb": "{} ? f.code"}.get(
        column.base_type, "position(f.code IN {}) > 0" if column.base_type in TEXT else "f.code = ANY({}::text[])"
    )
    return sql.SQL("(SELECT coalesce(sum(f.bit), 0)::integer FROM {} WHERE {})").format(
        _BITS, sql.SQL(test).format(value)
    )


def _standing(into: Destination, start: datetime | None, end: datetime | None) -> sql.Composable:
    """The tenant's reads with start <= read_at <= end, under our names and types, one row a meter and instant."""
    mapping, flags = into.mapping, into.mapping.column(READS, "quality_flags")
    source, read_at = mapping.column(READS, "source"), sql.Identifier("r", mapping.columns[READS]["read_at"])
    arrived = column_of(mapping, READS, "arrived_at", "r")
    # Without a unique key a meter's interval may stand twice already: the lowest value is taken, always the same one.
    one_each = sql.SQL("" if mapping.has_read_key else "DISTINCT ON ({meter}, {read_at})").format(
        meter=_meter(mapping), read_at=read_at
    )
    names = {
        "one_each": one_each,
        "tenant": sql.Literal(into.tenant.tenant_id),
        "meter": _meter(mapping),
        "read_at": read_at,
        "kwh": sql.Identifier("r", mapping.columns[READS]["kwh"]),
        "voltage": column_of(mapping, READS, "voltage", "r"),
        "flags": sql.Literal(int(Flag.ACTUAL)) if flags is None else _bits(flags, sql.Identifier("r", flags.name)),
        "minutes": column_of(mapping, READS, "interval_minutes", "r"),
        "usual_minutes": sql.Literal(into.interval_minutes),
        "read_source": sql.SQL("o.source") if source is None else sql.Identifier("r", source.name),
        "arrived_at": arrived,
        "reads": table_of(mapping, READS),
        "reads_of_tenant": belongs(mapping.column(READS, "tenant_id"), into.tenant.tenant_id, "r"),
        "first": sql.Literal(start),
        "last": sql.Literal(end),
        "in_order": sql.SQL("" if mapping.has_read_key else "ORDER BY 2, 4, 5"),
    }
    return sql.SQL(sql_file("grid/load/attached_standing.sql").rstrip()).format(**names)


def _meter(mapping: SchemaMapping) -> sql.Composable:
    return sql.SQL("{}::text").format(sql.Identifier("r", mapping.columns[READS]["meter_id"]))


def _values(into: Destination) -> dict[str, sql.Composable]:
    """Column name -> what a new row holds there; d: the staged read, f: its feeder in the utility's tables."""
    mapping = into.mapping
    given: dict[str, sql.Composable] = {
        "tenant_id": sql.Literal(into.tenant.tenant_id),
        **{name: sql.Identifier("d", name) for name in ("meter_id", "read_at", "kwh", "voltage", "source")},
        **{name: sql.Identifier("d", name) for name in ("interval_minutes", "arrived_at")},
    }
    values: dict[str, sql.Composable] = {}
    for meaning in mapping.columns[READS]:
        column = mapping.column(READS, meaning)
        if column is None or (meaning == "updated_at" and not column.must_be_given):
            continue
        if meaning == "quality_flags":
            value = _written_flags(column)
        elif meaning == "feeder_id":
            value = _feeder(mapping, column)
        else:
            value = given.get(meaning, sql.SQL("clock_timestamp()"))
        values[column.name] = sql.SQL("{}::{}").format(value, sql.SQL(column.type))
    return values


def _feeder(mapping: SchemaMapping, column: Column) -> sql.Composable:
    """The feeder as the reads' column names it: as the meters do where it is called alike or is no text."""
    if column.name == mapping.join.meters_column or column.base_type not in TEXT:
        return sql.SQL("f.ref")
    return sql.SQL("f.code" if column.name == "feeder_code" else "d.feeder_id")


def _insert(into: Destination) -> sql.Composed:
    """Insert what is not there. With a key ON CONFLICT holds against every writer, without one the lock does."""
    mapping, values = into.mapping, _values(into)
    absent = sql.SQL(
        ""
        if mapping.has_read_key
        else " AND NOT EXISTS (SELECT FROM {reads} AS r WHERE {mine} AND {meter} = d.meter_id"
        " AND r.{read_at} = d.read_at)"
    ).format(
        reads=table_of(mapping, READS),
        mine=belongs(mapping.column(READS, "tenant_id"), into.tenant.tenant_id, "r"),
        meter=_meter(mapping),
        read_at=sql.Identifier(mapping.columns[READS]["read_at"]),
    )
    return sql.SQL(
        "INSERT INTO {reads} ({columns}) SELECT {values} FROM differing_reads AS d"
        " LEFT JOIN ({feeders}) AS f ON d.feeder_id = f.feeder_id WHERE d.is_new{absent}"
        ' ORDER BY d.meter_id COLLATE "C", d.read_at{on_conflict}'
    ).format(
        reads=table_of(mapping, READS),
        columns=sql.SQL(", ").join(map(sql.Identifier, values)),
        values=sql.SQL(", ").join(values.values()),
        feeders=feeder_rows(mapping, into.tenant.tenant_id),
        absent=absent,
        on_conflict=sql.SQL(" ON CONFLICT DO NOTHING" if mapping.has_read_key else ""),
    )


def _replace(into: Destination) -> sql.Composed:
    """Replace the values of reads that differ; their former values were kept before."""
    mapping, values = into.mapping, _values(into)
    names = {
        mapping.columns[READS].get(meaning) for meaning in ("kwh", "voltage", "quality_flags", "source", "arrived_at")
    }
    sets = {name: value for name, value in values.items() if name in names}
    updated = mapping.column(READS, "updated_at")
    if updated is not None:
        sets[updated.name] = sql.SQL("clock_timestamp()")
    return sql.SQL(
        "UPDATE {reads} AS r SET {sets} FROM differing_reads AS d"
        " WHERE NOT d.is_new AND {mine} AND {meter} = d.meter_id AND r.{read_at} = d.read_at"
    ).format(
        reads=table_of(mapping, READS),
        sets=sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(n), v) for n, v in sets.items()),
        mine=belongs(mapping.column(READS, "tenant_id"), into.tenant.tenant_id, "r"),
        meter=_meter(mapping),
        read_at=sql.Identifier(mapping.columns[READS]["read_at"]),
    )


def _remember_origin(driver: Driver, into: Destination) -> None:
    """Note beside the table where its new and replaced reads come from, since it has no column for that."""
    driver.execute(
        "INSERT INTO gl_read_origin (tenant_id, meter_id, read_at, source, batch_id)"
        " SELECT tenant_id, meter_id, read_at, source, %(batch)s FROM differing_reads WHERE is_new OR %(replaces)s"
        " ON CONFLICT (tenant_id, meter_id, read_at) DO UPDATE SET source = excluded.source,"
        " batch_id = excluded.batch_id",
        {"batch": into.batch_id, "replaces": into.replaces},
    )


def _is_first_load(driver: Driver, into: Destination) -> bool:
    found = driver.execute(
        "SELECT EXISTS (SELECT FROM gl_feeder_day WHERE tenant_id = %s AND local_date = %s)",
        (into.tenant.tenant_id, into.day),
    ).fetchone()
    return found == (False,)


def _delta(driver: Driver, into: Destination) -> None:
    """Fill `delta_reads`: what was inserted, or, after the day's roll-ups are gone, everything that stands."""
    if not into.is_recount:
        driver.execute(sql_file("grid/load/delta.sql"))
        return
    tenant, day = into.tenant.tenant_id, into.day
    bounds = driver.execute(
        "SELECT from_ts, to_ts - interval '1 microsecond' FROM day_bounds(%s, %s)", (into.tenant.timezone, day)
    ).fetchone() or (None, None)
    for table in ("gl_feeder_interval", "gl_meter_day", "gl_feeder_day", "gl_feeder_day_voltage"):
        driver.execute(f"DELETE FROM {table} WHERE tenant_id = %s AND local_date = %s", (tenant, day))
    driver.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE delta_reads ON COMMIT DROP AS SELECT 1::smallint AS sign, s.* FROM ({}) AS s"
            " WHERE s.feeder_id IS NOT NULL AND s.kwh IS NOT NULL"
        ).format(_standing(into, *bounds))
    )


def restage_delivered(driver: Driver, into: Destination) -> None:
    """Put all of the day's delivered energy beside the reads that are rolled up from scratch."""
    driver.execute("TRUNCATE staged_delivered")
    driver.execute(
        "INSERT INTO staged_delivered SELECT d.feeder_id, d.read_at, d.interval_minutes, d.kwh, d.source, d.arrived_at"
        " FROM feeder_delivered AS d CROSS JOIN day_bounds(%s, %s) AS y"
        " WHERE d.tenant_id = %s AND d.read_at >= y.from_ts AND d.read_at < y.to_ts",
        (into.tenant.timezone, into.day, into.tenant.tenant_id),
    )
