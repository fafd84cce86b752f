"""Which tables and columns of a database mean what GridLens works with (grid.md section 5, rows 1, 8 and 10).

Pure: a description of the tables goes in, candidates and a mapping come out. Measuring candidates is the store's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.grid.metering.rules.schema_words import (
    EVENTS,
    FEEDERS,
    INSTANT,
    JOINS,
    MEANINGS,
    METERS,
    NEEDED,
    NUMBER,
    READS,
    TEXT,
    VIEWS,
    Catalogue,
    Column,
    Table,
)

LEAST_COVERAGE_PCT = 95.0


@dataclass(frozen=True)
class Join:
    """How a meter names its feeder; without a table of feeders the meters' column is the feeder."""

    meters_column: str
    feeders_column: str | None

    def __str__(self) -> str:
        """As the specification writes it."""
        end = f" -> {FEEDERS}.{self.feeders_column}" if self.feeders_column else ""
        return f"{METERS}.{self.meters_column}{end}"


@dataclass(frozen=True)
class Measured:
    """A candidate with what it finds. Coverage: distinct meters with exactly one feeder, percent of all meters."""

    join: Join
    meters: int
    matched: int

    @property
    def coverage_pct(self) -> float:
        """0 to 100."""
        return 100.0 * self.matched / self.meters if self.meters else 0.0

    @property
    def is_enough(self) -> bool:
        """Whether it may be used."""
        return self.coverage_pct >= LEAST_COVERAGE_PCT

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.join}: {self.coverage_pct:.1f} % of {self.meters:,} meters"


@dataclass(frozen=True)
class SchemaMapping:
    """The mapping in use.

    Attributes:
        join: how meters find their feeder.
        feeder_identifier: the feeders' column by which GridLens names a feeder; None without a table of feeders.
        columns: table -> meaning -> column name, for what was found.
        has_read_key: whether one read per tenant, meter and interval is guarded by a unique key.
    """

    catalogue: Catalogue
    join: Join
    feeder_identifier: str | None
    columns: Mapping[str, Mapping[str, str]]
    has_read_key: bool

    def column(self, table: str, meaning: str) -> Column | None:
        """The column that carries a meaning, with its type."""
        name = self.columns.get(table, {}).get(meaning)
        return self.catalogue.tables[table].column(name) if name else None

    @property
    def is_single_tenant(self) -> bool:
        """Whether any table in use does not say whose its rows are."""
        return any(self.column(table, "tenant_id") is None for table in (METERS, READS))

    def as_json(self) -> dict[str, Any]:
        """As it is stored in `schema_map` and shown."""
        return {
            "schema": self.catalogue.schema,
            "catalogue": self.catalogue.digest(),
            "join": str(self.join),
            "join_columns": [self.join.meters_column, self.join.feeders_column],
            "feeder_identifier": self.feeder_identifier,
            "columns": {table: dict(sorted(found.items())) for table, found in sorted(self.columns.items())},
            "has_read_key": self.has_read_key,
        }

    @staticmethod
    def from_json(catalogue: Catalogue, stored: Mapping[str, Any]) -> "SchemaMapping":
        """The stored mapping over the catalogue from which it was made."""
        return SchemaMapping(
            catalogue,
            Join(*stored["join_columns"]),
            stored["feeder_identifier"],
            stored["columns"],
            stored["has_read_key"],
        )


@dataclass(frozen=True)
class Detection:
    """What was found: the mapping, how far its join reaches, and every candidate that was measured."""

    mapping: SchemaMapping
    chosen: Measured
    candidates: Sequence[Measured]


def candidate_joins(catalogue: Catalogue) -> list[Join]:
    """The joins that the columns allow, the preferred first."""
    meters, feeders = catalogue.tables[METERS], catalogue.tables.get(FEEDERS)
    if feeders is None:
        return [Join(name, None) for name in ("feeder_id", "feeder_code", "feeder") if meters.column(name)]
    return [Join(m, f) for m, f in JOINS if meters.column(m) and feeders.column(f)]


def best_join(measured: Sequence[Measured]) -> Measured | None:
    """The candidate of highest coverage among those that reach 95 %; the preferred of equals; None if none does."""
    return max((one for one in measured if one.is_enough), key=lambda one: one.coverage_pct, default=None)


def identifier_candidates(catalogue: Catalogue) -> list[str]:
    """Columns by which a feeder may be named, the best first: what people say before numbers that a database drew."""
    feeders = catalogue.tables.get(FEEDERS)
    if feeders is None:
        return []
    spoken = feeders.column("id")
    first = ["id"] if spoken is not None and spoken.base_type in TEXT else []
    names = ["feeder_id", *first, "feeder_code", "code", "id", "name"]
    return [name for name in dict.fromkeys(names) if feeders.column(name)]


def columns_of(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    """For each table that is there: meaning -> column."""
    found = {
        table: {meaning: name for meaning in MEANINGS[table] if (name := _find(catalogue, table, meaning)) is not None}
        for table in MEANINGS
        if table in catalogue.tables
    }
    for view in VIEWS:
        if view in catalogue.tables:
            found[view] = _view_columns(catalogue.tables[view])
    return found


def _find(catalogue: Catalogue, table: str, meaning: str) -> str | None:
    names, types = MEANINGS[table][meaning]
    columns = [column for name in names if (column := catalogue.tables[table].column(name)) is not None]
    fitting = [
        column for column in columns if column.base_type in types and not (table == READS and column.is_computed)
    ]
    if table == METERS and meaning == "meter_id" and READS in catalogue.tables:
        # meters(id uuid, meter_id text) beside reads of either: the kind of value that the reads carry decides.
        carried = catalogue.tables[READS].column(_find(catalogue, READS, "meter_id"))
        if carried is not None:
            fitting.sort(key=lambda column: _kind(column) != _kind(carried))
    return fitting[0].name if fitting else None


def _kind(column: Column) -> str:
    base = column.base_type
    return "text" if base in TEXT else "number" if base in NUMBER else base


def _view_columns(view: Table) -> dict[str, str]:
    dates = [c.name for c in view.columns if c.base_type == "date"] or [
        c.name for c in view.columns if c.base_type in INSTANT
    ]
    found = {"date": dates[0]} if dates else {}
    return found | ({"tenant_id": "tenant_id"} if view.column("tenant_id") else {})


def has_read_key(catalogue: Catalogue, columns: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether a unique key covers meter and instant, and nothing but them and the tenant."""
    reads = columns[READS]
    least = {reads["meter_id"], reads["read_at"]}
    most = least | ({reads["tenant_id"]} if "tenant_id" in reads else set())
    return any(least <= key <= most for key in catalogue.tables[READS].keys)


def faults(catalogue: Catalogue, columns: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What stands in the way of using the tables, one sentence each; empty: nothing."""
    found = [f"There is no table {table}." for table in (METERS, READS) if table not in catalogue.tables]
    for table in (METERS, READS):
        if table in catalogue.tables:
            found += [
                f"{table} has no column for {meaning} (looked for: {', '.join(MEANINGS[table][meaning][0])})."
                for meaning in NEEDED[table]
                if meaning not in columns[table]
            ]
    found += [f"{READS}.{name} must be given, and GridLens has no value for it." for name in unfilled(catalogue, READS)]
    return found


def unfilled(catalogue: Catalogue, table: str) -> list[str]:
    """Columns that a new row must give and that carry no known meaning."""
    if table not in catalogue.tables:
        return []
    known = set(columns_of(catalogue)[table].values())
    return [c.name for c in _required(catalogue.tables[table].columns) if c.name not in known]


def _required(columns: Iterable[Column]) -> list[Column]:
    return [column for column in columns if column.must_be_given and not column.is_computed]


def usable_events(catalogue: Catalogue, columns: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether the `ami_events` there can hold our scenarios: the shape of source 001 or of source 003."""
    return (
        EVENTS in columns
        and all(meaning in columns[EVENTS] for meaning in NEEDED[EVENTS])
        and not unfilled(catalogue, EVENTS)
    )
