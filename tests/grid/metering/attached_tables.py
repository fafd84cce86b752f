"""A utility's own tables in a schema of their own, in the variants that the sources leave open."""

from dataclasses import dataclass, field

import psycopg

from domain.kernel.settings import DbRole
from tests.conftest import Database

SCHEMA = "utility"
EVENTS_001 = (
    "CREATE TABLE {s}.ami_events (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id text NOT NULL,"
    " feeder_id text, meter_id text, event_type text NOT NULL, severity numeric, starts_at timestamptz NOT NULL,"
    " ends_at timestamptz NOT NULL, created_at timestamptz DEFAULT now())"
)
EVENTS_003 = (
    "CREATE TABLE {s}.ami_events (id uuid DEFAULT gen_random_uuid(), tenant_id text NOT NULL, feeder_id text NOT NULL,"
    " event_type text NOT NULL, severity numeric NOT NULL DEFAULT 0.5, start_at timestamptz NOT NULL DEFAULT now(),"
    " end_at timestamptz NOT NULL, is_active boolean NOT NULL DEFAULT true)"
)
READS = (
    "id bigserial PRIMARY KEY, tenant_id text NOT NULL, meter_id text NOT NULL, feeder_id text,"
    " read_at timestamptz NOT NULL, kwh numeric NOT NULL, voltage numeric, quality_flags text"
)
KEY = "UNIQUE (tenant_id, meter_id, read_at)"


@dataclass(frozen=True)
class Variant:
    """How one utility named things. `meter_ref` and `feeder_ref` join; feeders n are FEEDER_n, number n, code F-0n."""

    meter_ref: str = "feeder_id"
    feeder_ref: str = "feeder_id"
    meters: str = "meter_id text PRIMARY KEY, tenant_id text NOT NULL, {ref} NOT NULL"
    feeders: str = "feeder_id text PRIMARY KEY, tenant_id text NOT NULL"
    reads: str = READS
    key: str = KEY
    events: str = EVENTS_001
    extra: tuple[str, ...] = field(default_factory=tuple)


# The six of the specification. Every feeder can be called FEEDER_n, whatever the tables join by.
VARIANTS = {
    "feeder_id": Variant(),
    "id": Variant(feeder_ref="id", feeders="id bigint PRIMARY KEY, tenant_id text NOT NULL, feeder_code text NOT NULL"),
    "feeder_code": Variant(
        "feeder_code",
        "feeder_code",
        feeders="id serial PRIMARY KEY, tenant_id text NOT NULL, feeder_code text NOT NULL",
    ),
    "code": Variant(
        "feeder_code", "code", feeders="id serial PRIMARY KEY, tenant_id text NOT NULL, code text NOT NULL"
    ),
    "feeder": Variant("feeder", "code", feeders="id serial PRIMARY KEY, tenant_id text NOT NULL, code text NOT NULL"),
    "events_003": Variant(events=EVENTS_003),
}


def make_tables(
    database: Database,
    variant: Variant,
    *,
    tenant_id: str = "T",
    feeders: int = 3,
    meters: int = 12,
    schema: str = SCHEMA,
) -> None:
    """Create and fill the tables as their owner would, and let Countersign's roles use them."""
    kind = "bigint" if variant.feeder_ref == "id" else "text"
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        connection.execute(f"CREATE TABLE {schema}.feeders ({variant.feeders})")
        connection.execute(f"CREATE TABLE {schema}.meters ({variant.meters.format(ref=f'{variant.meter_ref} {kind}')})")
        key = f", {variant.key}" if variant.key else ""
        connection.execute(f"CREATE TABLE {schema}.meter_reads_electric ({variant.reads}{key})")
        connection.execute(variant.events.format(s=schema))
        _fill(connection, variant, tenant_id, feeders, meters, schema)
        for statement in variant.extra:
            connection.execute(statement.format(s=schema))
        grant(connection, schema)


def _fill(
    connection: "psycopg.Connection[tuple[object, ...]]",
    variant: Variant,
    tenant_id: str,
    feeders: int,
    meters: int,
    schema: str,
) -> None:
    mine = "tenant_id" in variant.feeders
    for number in range(1, feeders + 1):
        row: dict[str, object] = {"tenant_id": tenant_id} if mine else {}
        for column in ("feeder_id", "feeder_code", "code"):
            if f" {column} text" in f" {variant.feeders}":
                row[column] = f"FEEDER_{number}"
        if "id bigint" in variant.feeders:
            row["id"] = number
        _insert(connection, f"{schema}.feeders", row)
        for i in range(meters):
            meter: dict[str, object] = {"meter_id": f"M{number:02d}{i:04d}"}
            meter[variant.meter_ref] = number if variant.feeder_ref == "id" else f"FEEDER_{number}"
            if "tenant_id" in variant.meters:
                meter["tenant_id"] = tenant_id
            _insert(connection, f"{schema}.meters", meter)


def _insert(connection: "psycopg.Connection[tuple[object, ...]]", table: str, row: dict[str, object]) -> None:
    connection.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})",  # type: ignore[arg-type]
        list(row.values()),
    )


def grant(connection: "psycopg.Connection[tuple[object, ...]]", schema: str = SCHEMA) -> None:
    """What the hint of ATTACHED_PRIVILEGES asks the tables' owner to run."""
    roles = [role.login for role in (DbRole.APP, DbRole.LOADER, DbRole.MACHINE)]
    connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO {', '.join(roles)}")
    connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {', '.join(roles)}")
    connection.execute(f"GRANT INSERT, UPDATE ON {schema}.meter_reads_electric TO {DbRole.LOADER.login}")
    connection.execute(f"GRANT INSERT, UPDATE ON {schema}.ami_events TO {DbRole.APP.login}")
    connection.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {DbRole.LOADER.login}")
