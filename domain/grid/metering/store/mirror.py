"""A utility's meters, feeders and scenarios, copied into our own tables so that every rule and page finds them there.

Their tables are read and, for scenarios that are injected here, inserted into; their definitions are never touched.
"""

import json
from datetime import datetime

from psycopg import sql

from domain.grid.metering.rules.scenario import Scenario
from domain.grid.metering.rules.schema import SchemaMapping
from domain.grid.metering.rules.schema_words import EVENTS, FEEDERS, METERS, READS
from domain.grid.metering.rules.usual_shapes import BUSINESS, HOUSEHOLD, SOURCE, usual_shapes
from domain.grid.metering.store.schema import Driver, belongs, in_service
from domain.grid.network.rules.losses import loss_model
from domain.kernel.canonical import content_hash, derived_id
from domain.kernel.errors import Invalid
from domain.kernel.sqlfiles import sql_file

TECH_LOSS_PCT = 5.0
_NULL = sql.SQL("NULL")


def table_of(mapping: SchemaMapping, table: str) -> sql.Identifier:
    """The table under its full name."""
    return sql.Identifier(mapping.catalogue.schema, table)


def column_of(mapping: SchemaMapping, table: str, meaning: str, alias: str) -> sql.Composable:
    """The column that carries a meaning, or NULL where none does."""
    found = mapping.column(table, meaning)
    return _NULL if found is None else sql.Identifier(alias, found.name)


def feeder_rows(mapping: SchemaMapping, tenant_id: str) -> sql.Composable:
    """A query of the feeders: feeder_id as GridLens names it, ref as meters name it, code, name, tech_loss_pct."""
    if mapping.join.feeders_column is None or mapping.feeder_identifier is None:
        return sql.SQL(
            "SELECT DISTINCT m.{ref}::text AS feeder_id, m.{ref}::text AS ref, m.{ref}::text AS code,"
            " m.{ref}::text AS name, {loss}::float8 AS tech_loss_pct FROM {meters} AS m"
            " WHERE m.{ref} IS NOT NULL AND {mine}"
        ).format(
            ref=sql.Identifier(mapping.join.meters_column),
            loss=sql.Literal(TECH_LOSS_PCT),
            meters=table_of(mapping, METERS),
            mine=belongs(mapping.column(METERS, "tenant_id"), tenant_id, "m"),
        )
    return sql.SQL(
        "SELECT DISTINCT ON (t.{id}::text) t.{id}::text AS feeder_id, t.{ref}::text AS ref,"
        " coalesce({code}::text, t.{id}::text) AS code, coalesce({name}::text, t.{id}::text) AS name,"
        " coalesce({loss}::float8, {usual_loss}) AS tech_loss_pct"
        " FROM {feeders} AS t WHERE t.{id} IS NOT NULL AND {mine} ORDER BY t.{id}::text, t.{ref}::text"
    ).format(
        id=sql.Identifier(mapping.feeder_identifier),
        ref=sql.Identifier(mapping.join.feeders_column),
        code=column_of(mapping, FEEDERS, "code", "t"),
        name=column_of(mapping, FEEDERS, "name", "t"),
        loss=column_of(mapping, FEEDERS, "tech_loss_pct", "t"),
        usual_loss=sql.Literal(TECH_LOSS_PCT),
        feeders=table_of(mapping, FEEDERS),
        mine=belongs(mapping.column(FEEDERS, "tenant_id"), tenant_id, "t"),
    )


def mirror_registry(driver: Driver, tenant_id: str, mapping: SchemaMapping, now: datetime) -> None:
    """Bring our registry to what the utility's tables say; meters that they no longer have become inactive."""
    driver.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"mirror|{tenant_id}",))
    facts = mapping.as_json()
    version = derived_id("attached", tenant_id, content_hash(facts))
    driver.execute(
        "INSERT INTO topology_versions (topology_version_id, source, source_sha256, imported_at, counts, findings)"
        " VALUES (%s, %s, %s, %s, %s, '[]') ON CONFLICT DO NOTHING",
        (version, f"attached schema {mapping.catalogue.schema}", content_hash(facts), now, json.dumps({})),
    )
    _store_shapes(driver)
    base = mapping.column(METERS, "base_kwh_day")
    names: dict[str, sql.Composable] = {
        "tenant": sql.Literal(tenant_id),
        "version": sql.Literal(version),
        "feeder_rows": feeder_rows(mapping, tenant_id),
        "meters": table_of(mapping, METERS),
        "meter_id": sql.Identifier(mapping.columns[METERS]["meter_id"]),
        "meter_ref": sql.Identifier(mapping.join.meters_column),
        "in_service": in_service(
            mapping.column(METERS, "tenant_id"), mapping.column(METERS, "is_active"), tenant_id, "m"
        ),
        "base_is_theirs": sql.Literal(base is not None),
        "household": sql.Literal(HOUSEHOLD),
        "business": sql.Literal(BUSINESS),
    }
    for meaning in ("transformer_id", "class", "base_kwh_day", "service_v", "has_pv"):
        names[meaning] = column_of(mapping, METERS, meaning, "m")
    names["usual_energies"] = _trailing(driver, tenant_id, mapping, names)
    for name in ("mirror_feeders", "mirror_meters"):
        driver.execute(sql.SQL(sql_file(f"grid/schema/{name}.sql")).format(**names))
    driver.execute(
        sql.SQL(
            "UPDATE meters AS own SET is_active = false WHERE own.tenant_id = {tenant} AND own.is_active AND NOT EXISTS"
            " (SELECT FROM {meters} AS m WHERE {in_service} AND m.{meter_id}::text = own.meter_id)"
        ).format(**names)
    )
    _model_losses(driver, tenant_id)


def _store_shapes(driver: Driver) -> None:
    if driver.execute("SELECT 1 FROM load_profiles WHERE profile_id = %s", (HOUSEHOLD,)).fetchone() is None:
        for name, shape in usual_shapes().items():
            driver.execute(
                "INSERT INTO load_profiles (profile_id, kind, source, shape) VALUES (%s, 'load', %s, %s)"
                " ON CONFLICT DO NOTHING",
                (name, SOURCE, shape.tobytes()),
            )


def _trailing(
    driver: Driver, tenant_id: str, mapping: SchemaMapping, names: dict[str, sql.Composable]
) -> sql.Composable:
    """The query of usual energies; an empty one where the figure is theirs or no meter is new, for it reads much."""
    unseen = sql.SQL(
        "SELECT EXISTS (SELECT FROM {meters} AS m WHERE {in_service} AND NOT EXISTS (SELECT FROM meters AS own"
        " WHERE own.tenant_id = {tenant} AND own.meter_id = m.{meter_id}::text))"
    ).format(**names)
    if mapping.column(METERS, "base_kwh_day") is not None or driver.execute(unseen).fetchone() == (False,):
        return sql.SQL("SELECT NULL::text AS meter_id, NULL::float8 AS kwh_day WHERE false")
    return sql.SQL(sql_file("grid/schema/trailing_energy.sql").rstrip()).format(
        meter_id=sql.Identifier(mapping.columns[READS]["meter_id"]),
        kwh=sql.Identifier(mapping.columns[READS]["kwh"]),
        read_at=sql.Identifier(mapping.columns[READS]["read_at"]),
        reads=table_of(mapping, READS),
        reads_of_tenant=belongs(mapping.column(READS, "tenant_id"), tenant_id, "r"),
        reads_of_tenant_too=belongs(mapping.column(READS, "tenant_id"), tenant_id, "n"),
    )


def _model_losses(driver: Driver, tenant_id: str) -> None:
    """The feeders' loss model at their mean load. Base energies are summed as whole Wh, the same in any order."""
    rows = driver.execute(
        "SELECT f.feeder_id, f.tech_loss_pct, coalesce(sum(round(m.base_kwh_day * 1000)::bigint), 0)::bigint"
        " FROM feeders AS f LEFT JOIN meters AS m"
        "   ON m.tenant_id = f.tenant_id AND m.feeder_id = f.feeder_id AND m.is_active"
        " WHERE f.tenant_id = %s GROUP BY f.tenant_id, f.feeder_id ORDER BY f.feeder_id",
        (tenant_id,),
    ).fetchall()
    for feeder_id, loss_pct, watt_hours in rows:
        noload, copper = loss_model(loss_pct, watt_hours / 1000.0 / 24.0)
        driver.execute(
            "UPDATE feeders SET loss_noload_kw = %(p0)s, loss_copper_per_kw = %(k)s WHERE tenant_id = %(tenant)s"
            " AND feeder_id = %(feeder)s AND (loss_noload_kw, loss_copper_per_kw) IS DISTINCT FROM (%(p0)s, %(k)s)",
            {"p0": noload, "k": copper, "tenant": tenant_id, "feeder": feeder_id},
        )


def pull_events(driver: Driver, tenant_id: str, mapping: SchemaMapping) -> None:
    """Take over the scenarios that stand in the utility's `ami_events`; one that is no longer there is withdrawn."""
    if EVENTS not in mapping.columns:
        return
    names: dict[str, sql.Composable] = {
        meaning: sql.Identifier(mapping.columns[EVENTS][meaning])
        for meaning in ("id", "event_type", "starts_at", "ends_at")
    }
    for meaning in ("feeder_id", "meter_id", "severity", "is_active"):
        names[meaning] = column_of(mapping, EVENTS, meaning, "e")
    names["is_active"] = sql.SQL("coalesce({}, true)").format(names["is_active"])
    names |= {
        "tenant": sql.Literal(tenant_id),
        "events": table_of(mapping, EVENTS),
        "events_of_tenant": belongs(mapping.column(EVENTS, "tenant_id"), tenant_id, "e"),
    }
    driver.execute(sql.SQL(sql_file("grid/schema/pull_events.sql")).format(**names))
    driver.execute(
        sql.SQL(
            "UPDATE ami_events AS own SET is_active = false WHERE own.tenant_id = {tenant} AND own.is_active"
            " AND NOT EXISTS (SELECT FROM {events} AS e WHERE {events_of_tenant} AND e.{id} = own.id)"
        ).format(**names)
    )


def push_event(driver: Driver, tenant_id: str, mapping: SchemaMapping, scenario: Scenario) -> None:
    """Insert a scenario into the utility's `ami_events`, with those columns that it has.

    Raises:
        Invalid: the table asks for a feeder, and the scenario names meters only.
    """
    if EVENTS not in mapping.columns:
        return
    meters = sorted(scenario.meter_ids)
    feeder = mapping.column(EVENTS, "feeder_id")
    if feeder is not None and feeder.must_be_given and scenario.feeder_id is None:
        raise Invalid(
            f"The event was not stored: {mapping.catalogue.schema}.{EVENTS} keeps no event without a feeder.",
            hint="Name feederId beside meterIds.",
            code="INVALID_EVENT",
            errors=[{"field": "feederId", "message": "needed by the attached table"}],
        )
    values = {
        "id": scenario.event_id,
        "tenant_id": tenant_id,
        "event_type": scenario.kind.value,
        "feeder_id": scenario.feeder_id,
        "meter_id": meters[0] if len(meters) == 1 else None,
        "severity": scenario.severity,
        "starts_at": scenario.starts_at,
        "ends_at": scenario.ends_at,
        "is_active": True,
    }
    columns = [(column, values[meaning]) for meaning in values if (column := mapping.column(EVENTS, meaning))]
    driver.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            table_of(mapping, EVENTS),
            sql.SQL(", ").join(sql.Identifier(column.name) for column, _ in columns),
            sql.SQL(", ").join(
                sql.SQL("{}::{}").format(sql.Placeholder(), sql.SQL(column.type)) for column, _ in columns
            ),
        ),
        [value for _, value in columns],
    )


def withdraw_event(driver: Driver, tenant_id: str, mapping: SchemaMapping, event_id: str) -> None:
    """Say in the utility's table that a scenario is off, where it has a column for that."""
    active = mapping.column(EVENTS, "is_active")
    if active is None:
        return
    driver.execute(
        sql.SQL("UPDATE {} AS e SET {} = false WHERE {} AND e.{} = {}::uuid").format(
            table_of(mapping, EVENTS),
            sql.Identifier(active.name),
            belongs(mapping.column(EVENTS, "tenant_id"), tenant_id, "e"),
            sql.Identifier(mapping.columns[EVENTS]["id"]),
            sql.Literal(event_id),
        )
    )
