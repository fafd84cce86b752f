"""The words of schema detection: what tables and columns may be called, and how a description of them is held.

Names and shapes only; what follows from them is in `schema.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.kernel.canonical import content_hash

READS, METERS, FEEDERS, EVENTS = "meter_reads_electric", "meters", "feeders", "ami_events"
VIEWS = (
    "v_kpi_electric_overview_daily",
    "v_kpi_electric_feeder_loss_daily",
    "v_kpi_suspicious_meters_daily",
    "v_kpi_fieldops_daily",
)
TABLES = (READS, METERS, FEEDERS, EVENTS, *VIEWS)

NUMBER = {"smallint", "integer", "bigint", "numeric", "real", "double precision"}
WHOLE = {"smallint", "integer", "bigint"}
TEXT = {"text", "character varying", "character"}
NAME = TEXT | WHOLE | {"uuid", "numeric"}
INSTANT = {"timestamp with time zone", "timestamp without time zone"}
FLAGS = WHOLE | TEXT | {"text[]", "character varying[]", "jsonb"}

# What a column may be called and which types it may have, in the order in which it is looked for.
MEANINGS: dict[str, dict[str, tuple[tuple[str, ...], set[str]]]] = {
    METERS: {
        "meter_id": (("meter_id", "id", "meter_code", "meter_no"), NAME),
        "tenant_id": (("tenant_id",), NAME),
        "is_active": (("is_active", "active"), {"boolean"}),
        "base_kwh_day": (("base_kwh_day", "avg_kwh_day"), NUMBER),
        "class": (("class", "meter_class", "customer_class"), TEXT),
        "transformer_id": (("transformer_id",), NAME),
        "service_v": (("service_v",), NUMBER),
        "has_pv": (("has_pv",), {"boolean"}),
    },
    FEEDERS: {
        "tenant_id": (("tenant_id",), NAME),
        "code": (("feeder_code", "code"), NAME),
        "name": (("name", "feeder_name"), TEXT),
        "tech_loss_pct": (("tech_loss_pct", "technical_loss_pct", "loss_pct"), NUMBER),
    },
    READS: {
        "meter_id": (("meter_id", "id_meter"), NAME),
        "read_at": (("read_at", "reading_at", "read_time"), INSTANT),
        "kwh": (("kwh", "energy_kwh"), NUMBER),
        "tenant_id": (("tenant_id",), NAME),
        "feeder_id": (("feeder_id", "feeder_code", "feeder"), NAME),
        "voltage": (("voltage", "voltage_v"), NUMBER),
        "quality_flags": (("quality_flags", "quality"), FLAGS),
        "interval_minutes": (("interval_minutes", "interval_min"), NUMBER),
        "source": (("source",), TEXT),
        "arrived_at": (("arrived_at", "received_at"), INSTANT),
        "updated_at": (("updated_at",), INSTANT),
    },
    EVENTS: {
        "id": (("id",), {"uuid"}),
        "tenant_id": (("tenant_id",), NAME),
        "event_type": (("event_type",), TEXT),
        "feeder_id": (("feeder_id", "feeder_code"), NAME),
        "meter_id": (("meter_id",), NAME),
        "severity": (("severity",), NUMBER),
        "starts_at": (("starts_at", "start_at"), INSTANT),
        "ends_at": (("ends_at", "end_at"), INSTANT),
        "is_active": (("is_active",), {"boolean"}),
    },
}
NEEDED = {
    METERS: ("meter_id",),
    FEEDERS: (),
    READS: ("meter_id", "read_at", "kwh"),
    EVENTS: ("id", "event_type", "starts_at", "ends_at"),
}
# Where a meter's feeder is looked for, the preferred place first.
JOINS = (
    ("feeder_id", "feeder_id"),
    ("feeder_id", "id"),
    ("feeder_code", "feeder_code"),
    ("feeder_code", "code"),
    ("feeder", "feeder_code"),
    ("feeder", "code"),
    ("feeder", "feeder_id"),
    ("feeder", "id"),
    ("feeder", "name"),
)


@dataclass(frozen=True)
class Column:
    """One column. `must_be_given`: NOT NULL without a default. `is_computed`: the database fills it, always."""

    name: str
    type: str
    must_be_given: bool = False
    is_computed: bool = False

    @property
    def base_type(self) -> str:
        """The type without length or precision: numeric(12,3) is numeric."""
        head, _, tail = self.type.partition("(")
        return head + tail.partition(")")[2]


@dataclass(frozen=True)
class Table:
    """One table or view with its columns in order, and the column sets of its unconditional unique keys."""

    name: str
    columns: tuple[Column, ...]
    keys: tuple[frozenset[str], ...] = ()

    def column(self, name: str | None) -> Column | None:
        """The column of this name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class Catalogue:
    """What stands in one schema under the names that GridLens knows."""

    schema: str
    tables: Mapping[str, Table]

    def digest(self) -> str:
        """A hash that changes when a column, type or key changes."""
        facts = [
            [t.name, [list(vars(c).values()) for c in t.columns], sorted(sorted(key) for key in t.keys)]
            for t in (self.tables[name] for name in sorted(self.tables))
        ]
        return content_hash([self.schema, facts])
