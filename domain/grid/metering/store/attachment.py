"""Make a tenant ready to work on the tables that are there: our own, or a utility's in an attached schema."""

from datetime import datetime

from psycopg import sql
from sqlalchemy import Connection

from domain.grid.metering.rules.schema import SchemaMapping
from domain.grid.metering.rules.schema_words import EVENTS, FEEDERS, METERS, READS, VIEWS, Catalogue
from domain.grid.metering.store.joins import detect
from domain.grid.metering.store.mirror import mirror_registry, pull_events
from domain.grid.metering.store.schema import Driver, driver_of, keep, known_mapping, read_catalogue, schema_in_use
from domain.kernel.errors import Conflict, Forbidden, NotConfigured
from domain.kernel.settings import DbRole, WriteMode, settings
from domain.kernel.tenancy import Tenant

_LOOK: dict[DbRole, tuple[str, ...]] = {DbRole.APP: ("SELECT",), DbRole.MACHINE: ("SELECT",)}
PRIVILEGES: dict[str, dict[DbRole, tuple[str, ...]]] = {
    METERS: _LOOK | {DbRole.LOADER: ("SELECT",)},
    FEEDERS: _LOOK | {DbRole.LOADER: ("SELECT",)},
    READS: _LOOK | {DbRole.LOADER: ("SELECT", "INSERT")},
    EVENTS: _LOOK | {DbRole.APP: ("SELECT", "INSERT", "UPDATE")},
    **{view: {DbRole.APP: ("SELECT",)} for view in VIEWS},
}
_MISSING = """
SELECT login, name, privilege
FROM unnest(%(logins)s::text[], %(tables)s::text[], %(privileges)s::text[]) WITH ORDINALITY
  AS w (login, name, privilege, position)
WHERE CASE
  WHEN name = '' THEN NOT has_schema_privilege(login, %(schema)s, privilege)
  ELSE NOT has_table_privilege(login, format('%%I.%%I', %(schema)s::text, name), privilege)
END
ORDER BY position
"""


def attach(connection: Connection, tenant: Tenant, now: datetime) -> SchemaMapping | None:
    """Know the tables, and have the registry and the scenarios of an attached schema in ours.

    Answers the mapping of an attached schema; None where the tables are our own.

    Raises:
        Conflict: no mapping that may be used; the candidates are named.
        NotConfigured: the roles of Countersign may not read or write the tables.
        Forbidden: tables that do not say whose their rows are belong to another tenant.
    """
    driver = driver_of(connection)
    catalogue = read_catalogue(driver, schema_in_use())
    is_attached = settings().attached_schema is not None
    if is_attached:
        require_privileges(driver, catalogue)
    mapping = known_mapping(driver, tenant.tenant_id, catalogue)
    if mapping is None:
        detection = detect(driver, tenant.tenant_id, catalogue)
        keep(connection, detection, now)
        mapping = detection.mapping
    if not is_attached:
        return None
    require_whose(mapping, tenant.tenant_id)
    mirror_registry(driver, tenant.tenant_id, mapping, now)
    pull_events(driver, tenant.tenant_id, mapping)
    return mapping


def attached_mapping(driver: Driver, tenant_id: str) -> SchemaMapping | None:
    """The mapping to write by, which `attach` has stored; None where the tables are our own.

    Raises:
        Conflict: the tables changed since they were last looked at.
    """
    if settings().attached_schema is None:
        return None
    mapping = known_mapping(driver, tenant_id, read_catalogue(driver, schema_in_use()))
    if mapping is None:
        raise Conflict(
            f"The tables in schema {schema_in_use()} changed while reads were being made; nothing was stored.",
            hint="`countersign grid schema` looks at them again.",
            code="SCHEMA_CHANGED",
        )
    return mapping


def require_key_for(mapping: SchemaMapping, mode: WriteMode) -> None:
    """Refuse to replace reads where nothing guards that there is one of each.

    Raises:
        Conflict: upsert without a unique key.
    """
    if mode is WriteMode.UPSERT and not mapping.has_read_key:
        raise Conflict(
            f"Reads are not replaced in {mapping.catalogue.schema}.{READS}: it has no unique key on tenant, meter and"
            " instant, so nothing says which read would be the one.",
            hint="Set AMI_WRITE_MODE=safe; Countersign does not add keys to tables that are not its own.",
            code="UPSERT_NEEDS_KEY",
        )


def require_whose(mapping: SchemaMapping, tenant_id: str) -> None:
    """A table without a tenant column holds one tenant's rows: those of COUNTERSIGN_GRIDLENS_TENANT.

    Raises:
        Forbidden: for every other tenant.
    """
    if mapping.is_single_tenant and tenant_id != settings().gridlens_tenant:
        raise Forbidden(
            f"The tables in schema {mapping.catalogue.schema} do not say whose their rows are; they are taken as those"
            f" of {settings().gridlens_tenant}, not of {tenant_id}.",
            hint="COUNTERSIGN_GRIDLENS_TENANT names the tenant of tables without a tenant column.",
            code="SINGLE_TENANT_TABLE",
        )


def require_privileges(driver: Driver, catalogue: Catalogue) -> None:
    """Countersign grants itself nothing on tables that are not its own.

    Raises:
        NotConfigured: with the statements that their owner may run.
    """
    grants = missing_grants(driver, catalogue)
    if grants:
        raise NotConfigured(
            f"Countersign may not use the tables in schema {catalogue.schema} yet.",
            hint=f"Let their owner run: {' '.join(grants)}",
            code="ATTACHED_PRIVILEGES",
            errors=[{"field": catalogue.schema, "message": grant} for grant in grants],
        )


def missing_grants(driver: Driver, catalogue: Catalogue) -> list[str]:
    """The GRANT statements that are missing, in a fixed order."""
    tables = {table: roles for table, roles in PRIVILEGES.items() if table in catalogue.tables}
    wanted = [
        (role.login, table, privilege)
        for table, roles in tables.items()
        for role, privileges in roles.items()
        for privilege in privileges
    ]
    if settings().effective_write_mode is WriteMode.UPSERT:
        wanted.append((DbRole.LOADER.login, READS, "UPDATE"))
    wanted = [(login, "", "USAGE") for login in sorted({login for login, _, _ in wanted})] + wanted
    logins, names, privileges = (list(column) for column in zip(*wanted, strict=True))
    values = {"schema": catalogue.schema, "logins": logins, "tables": names, "privileges": privileges}
    return [
        sql.SQL("GRANT {} ON {} TO {};")
        .format(
            sql.SQL(privilege),
            sql.Identifier(catalogue.schema, name)
            if name
            else sql.SQL("SCHEMA {}").format(sql.Identifier(catalogue.schema)),
            sql.Identifier(login),
        )
        .as_string(None)
        for login, name, privilege in driver.execute(_MISSING, values).fetchall()
    ]
