"""The queries of sql/verify find nothing in a good schema, and each finds what it is there for."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from domain.grid.metering.observe.publish import publish
from domain.kernel.db import sqlalchemy_url
from domain.kernel.errors import Conflict
from domain.kernel.release.render import verification_queries
from domain.kernel.release.verify import faults, verify
from domain.kernel.settings import DbRole, WriteMode, settings
from tests.conftest import Database
from tests.makers import make_fleet

PLANTED = {
    "tenant_tables_are_guarded": [
        "ALTER TABLE feeders NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE feeders DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant_isolation ON events",
        "ALTER POLICY tenant_isolation ON events USING (true) WITH CHECK (true)",
        "ALTER POLICY owner_sees_all ON events TO countersign_app",
        "CREATE TABLE forgotten (tenant_id text)",
    ],
    "append_only_tables_refuse": [
        "ALTER TABLE events ENABLE TRIGGER refuse_change",
        "ALTER TABLE events DISABLE TRIGGER refuse_truncate",
        "DROP TRIGGER refuse_change ON countersignatures",
    ],
    "delivery_reads_no_drafts": [
        "GRANT SELECT ON content_revisions TO countersign_delivery",
        "GRANT SELECT (name) ON users TO countersign_delivery",
        "GRANT UPDATE (price_cents) ON products TO countersign_delivery",
        "GRANT INSERT ON refunds TO PUBLIC",
    ],
    "roles_own_and_bypass_nothing": [
        "ALTER ROLE countersign_delivery BYPASSRLS",
        "ALTER ROLE countersign_app BYPASSRLS",
        "ALTER TABLE feeders OWNER TO countersign_machine",
        "GRANT countersign_owner TO countersign_auditor",
    ],
    "views_ask_as_their_caller": [
        "CREATE VIEW v_leak AS SELECT * FROM events",
        "CREATE MATERIALIZED VIEW v_leak AS SELECT * FROM events",
        "ALTER VIEW v_proposals SET (security_invoker = false)",
    ],
    "machines_do_not_countersign": [
        "GRANT INSERT ON countersignatures TO countersign_machine",
        "GRANT INSERT ON delegations TO countersign_loader",
        "GRANT UPDATE ON events TO countersign_app",
    ],
    "partitions_grant_nothing": [
        "GRANT SELECT ON events TO PUBLIC",
        "CREATE TABLE reads.leaf PARTITION OF meter_reads_electric FOR VALUES IN ('T');"
        " GRANT SELECT ON reads.leaf TO countersign_app",
    ],
    "references_carry_the_tenant": [
        "ALTER TABLE proposals ADD UNIQUE (proposal_id);"
        " ALTER TABLE artifacts ADD COLUMN p uuid REFERENCES proposals (proposal_id)",
    ],
    "approved_sessions_refuse": [
        "ALTER TABLE test_sessions ENABLE TRIGGER refuse_after_approval",
        "ALTER TABLE compliance_reports DISABLE TRIGGER refuse_emptying",
        "DROP TRIGGER refuse_after_approval ON instance_evaluations",
    ],
    "ledger_can_be_searched": ["DROP INDEX events_tenant_prov_outage"],
    "functions_choose_their_own_path": [
        "ALTER FUNCTION tenant_directory() RESET search_path",
        "GRANT EXECUTE ON FUNCTION find_api_key(text) TO PUBLIC",
    ],
}


def test_a_fresh_schema_verifies(database: Database) -> None:
    assert verify(settings().url(DbRole.OWNER)) == len(verification_queries()) == len(PLANTED)


def test_a_schema_that_holds_reads_verifies(database: Database) -> None:
    """A copy is migrated while days of reads stand in it."""
    make_fleet("T", feeders=1, meters_per_feeder=2)
    end = datetime(2026, 1, 2, 5, tzinfo=UTC)
    publish("T", window_start=end - timedelta(hours=1), window_end=end, mode=WriteMode.SAFE, now=end, actor="test")
    assert verify(settings().url(DbRole.OWNER)) == len(PLANTED)


@pytest.mark.parametrize(("query", "planted"), [(q, p) for q, all_ in PLANTED.items() for p in all_])
def test_each_query_finds_its_fault(database: Database, query: str, planted: str) -> None:
    """Planted and looked for in one transaction that is rolled back: some faults are of roles, shared by all clones."""
    engine = create_engine(sqlalchemy_url(database.urls["superuser"]), poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(planted)
        connection.exec_driver_sql("SET LOCAL ROLE countersign_owner")
        assert query in faults(connection)
        connection.rollback()


def test_what_is_found_is_named(database: Database) -> None:
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("CREATE VIEW v_leak AS SELECT 1 AS one")
    with pytest.raises(Conflict, match="views_ask_as_their_caller") as caught:
        verify(settings().url(DbRole.OWNER))
    assert caught.value.errors == [
        {"field": "views_ask_as_their_caller", "message": "view_name v_leak, fault not security_invoker"}
    ]
