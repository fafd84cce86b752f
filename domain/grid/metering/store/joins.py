"""How a tenant's meters find their feeders: measure every candidate join, choose, or refuse and print them."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from psycopg import sql

from domain.grid.metering.rules import schema as rules
from domain.grid.metering.rules.schema import Detection, Join, Measured, SchemaMapping
from domain.grid.metering.rules.schema_words import EVENTS, FEEDERS, METERS, Catalogue, Column
from domain.grid.metering.store.schema import Driver, belongs, in_service
from domain.kernel.errors import Conflict
from domain.kernel.sqlfiles import sql_file

Columns = Mapping[str, Mapping[str, str]]


def detect(driver: Driver, tenant_id: str, catalogue: Catalogue) -> Detection:
    """Measure every candidate and choose.

    Raises:
        Conflict: tables or columns are missing, no join reaches 95 % of the meters, or two that do disagree.
    """
    columns = rules.columns_of(catalogue)
    faults = rules.faults(catalogue, columns)
    if faults:
        raise Conflict(
            f"The tables in schema {catalogue.schema} cannot be used: {' '.join(faults)}",
            hint="COUNTERSIGN_ATTACHED_SCHEMA names the schema; docs/runbooks/attached-database.md lists the columns.",
            code="SCHEMA_UNUSABLE",
            errors=[{"field": catalogue.schema, "message": fault} for fault in faults],
        )
    measured = [_measure(driver, tenant_id, catalogue, columns, join) for join in rules.candidate_joins(catalogue)]
    chosen = rules.best_join(measured)
    if chosen is None:
        _refuse_coverage(catalogue, tenant_id, measured)
        raise AssertionError
    _refuse_ambiguity(driver, tenant_id, catalogue, columns, measured)
    mapping = SchemaMapping(
        catalogue,
        chosen.join,
        _identifier(driver, tenant_id, catalogue, columns, chosen.join),
        columns if rules.usable_events(catalogue, columns) else {k: v for k, v in columns.items() if k != EVENTS},
        rules.has_read_key(catalogue, columns),
    )
    return Detection(mapping, chosen, measured)


def _names(catalogue: Catalogue, columns: Columns, tenant_id: str) -> dict[str, sql.Composable]:
    """What every statement about meters and feeders is composed of."""

    def column(table: str, meaning: str) -> Column | None:
        return catalogue.tables[table].column(columns[table].get(meaning)) if table in columns else None

    def feeders(alias: str | None = None) -> sql.Composable:
        return belongs(column(FEEDERS, "tenant_id"), tenant_id, alias)

    return {
        "meter_id": sql.Identifier(columns[METERS]["meter_id"]),
        "meters": sql.Identifier(catalogue.schema, METERS),
        "feeders": sql.Identifier(catalogue.schema, FEEDERS),
        "meters_of_tenant": in_service(column(METERS, "tenant_id"), column(METERS, "is_active"), tenant_id, "m"),
        "feeders_of_tenant": feeders(),
        "one_of_tenant": feeders("one"),
        "other_of_tenant": feeders("other"),
    }


def _measure(driver: Driver, tenant_id: str, catalogue: Catalogue, columns: Columns, join: Join) -> Measured:
    names = _names(catalogue, columns, tenant_id) | {"meter_ref": sql.Identifier(join.meters_column)}
    if join.feeders_column is None:
        statement = (
            "SELECT count(DISTINCT {meter_id}), count(DISTINCT {meter_id}) FILTER (WHERE {meter_ref} IS NOT NULL)"
        )
        query = sql.SQL(statement + " FROM {meters} AS m WHERE {meters_of_tenant}").format(**names)
    else:
        names["feeder_ref"] = sql.Identifier(join.feeders_column)
        query = sql.SQL(sql_file("grid/schema/join_coverage.sql")).format(**names)
    row = driver.execute(query).fetchone()
    return Measured(join, *(row or (0, 0)))


def _refuse_coverage(catalogue: Catalogue, tenant_id: str, measured: Sequence[Measured]) -> None:
    if any(one.meters for one in measured) or not measured:
        looked = "; ".join(map(str, measured)) or "meters has no column feeder_id, feeder_code or feeder"
        raise Conflict(
            f"No way from meters to feeders in schema {catalogue.schema} reaches"
            f" {rules.LEAST_COVERAGE_PCT:.0f} % of the meters of {tenant_id}. Measured: {looked}.",
            hint="Complete the meters' feeder column, or take meters without a feeder out.",
            code="JOIN_COVERAGE",
            errors=_listed(measured),
        )
    raise Conflict(
        f"Tenant {tenant_id} has no meters in schema {catalogue.schema}.",
        hint="Import a network first: `countersign grid import --help`.",
        code="NO_METERS",
    )


def _refuse_ambiguity(
    driver: Driver,
    tenant_id: str,
    catalogue: Catalogue,
    columns: Columns,
    measured: Sequence[Measured],
) -> None:
    """Two joins that both reach far enough must not give any meter different feeders."""
    enough = [one for one in measured if one.is_enough and one.join.feeders_column]
    for one, other in combinations(enough, 2):
        names = _names(catalogue, columns, tenant_id)
        names |= {
            "one_ref": sql.Identifier(one.join.meters_column),
            "other_ref": sql.Identifier(other.join.meters_column),
            "one_feeder": sql.Identifier(one.join.feeders_column or ""),
            "other_feeder": sql.Identifier(other.join.feeders_column or ""),
        }
        found = driver.execute(sql.SQL(sql_file("grid/schema/join_disagreement.sql")).format(**names)).fetchone()
        if found is not None and found[0]:
            raise Conflict(
                f"It cannot be told how meters in schema {catalogue.schema} name their feeder: {one}, and {other},"
                f" but they disagree on {found[0]:,} meters, for example {found[1]}.",
                hint="Mend or drop the column that is wrong; Countersign does not guess.",
                code="JOIN_AMBIGUOUS",
                errors=_listed(measured),
            )


def _listed(measured: Sequence[Measured]) -> list[dict[str, Any]]:
    return [{"field": str(one.join), "message": f"coverage {one.coverage_pct:.2f} %"} for one in measured]


def _identifier(driver: Driver, tenant_id: str, catalogue: Catalogue, columns: Columns, join: Join) -> str | None:
    """The first of the feeders' names that every feeder has and that no two share."""
    names = _names(catalogue, columns, tenant_id)
    for column in rules.identifier_candidates(catalogue):
        statement = "SELECT count(*) = count(DISTINCT {column}) FROM {feeders} WHERE {feeders_of_tenant}"
        row = driver.execute(sql.SQL(statement).format(column=sql.Identifier(column), **names)).fetchone()
        if row == (True,):
            return column
    return join.feeders_column
