"""FireMode's revisions up, down, up and down again with data in every table: nothing is lost, everything is there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from psycopg import sql

from bench.stairs.population import Size, populate
from bench.stairs.queries import both, plan
from domain.kernel import migrate
from domain.kernel.release.render import render_upgrade, revisions_after
from domain.kernel.release.verify import verify
from domain.kernel.settings import DbRole, settings
from tests.conftest import Database, Postgres, bind, drop, empty, unbind
from tests.stairs.migrations.contract import COLUMNS, GONE, INDEXES, NEW_TABLES, NULLED, PARENTS
from tests.stairs.planted.plant import plant
from tests.stairs.planted.writing import Rows, insert, key

Connection = psycopg.Connection[Any]
BEFORE = "202611211500"
REVISIONS = [
    "000_core",
    "001_add_stairs_registry",
    "002_add_floors_registry",
    "003_add_doors_doorways",
    "004_add_zones_equipment",
    "005_add_baseline_tables",
    "006_add_ce_interface_definitions",
    "007_add_test_instance_templates",
    "008_add_test_instances",
    "009_add_evidence_enhance_faults",
    "010_add_as1851_rules",
    "011_enhance_instruments_calibration",
]


@pytest.fixture
def untouched(server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A migrated database of its own, made by the migrations and not from the template."""
    made = empty(server)
    bind(made, tmp_path / "home", monkeypatch)
    migrate.apply()
    yield made
    unbind()
    drop(server, made)


def up() -> None:
    command.upgrade(migrate.alembic_config(settings().url(DbRole.OWNER)), "head")


def down(to: str = BEFORE) -> None:
    command.downgrade(migrate.alembic_config(settings().url(DbRole.OWNER)), to)


def whole(connection: Connection, table: str, tenant: str) -> list[dict[str, Any]]:
    """Every row of the tenant as JSON, without what an archive adds."""
    asked = sql.SQL(
        "SELECT to_jsonb(t) - 'archived_at' - 'downgrade_run_id' FROM {} AS t WHERE tenant_id = %s ORDER BY 1"
    ).format(sql.Identifier(table))
    return [row for (row,) in connection.execute(asked, (tenant,)).fetchall()]


def kept(connection: Connection, table: str, tenant: str) -> list[dict[str, Any]]:
    """What the archives of a table hold, with the columns that were dropped first put back beside their rows."""
    rows = whole(connection, f"{table}_archived", tenant)
    if table not in {"faults", "instruments"}:
        return rows
    added = {row["id"]: row for row in whole(connection, f"{table}_enhanced_archived", tenant)}
    return [row | added[row["id"]] for row in rows]


def fill(database: Database, tenant: str) -> dict[str, list[dict[str, Any]]]:
    """A row in every table and a second fault that knows its stair but no instance; answers all rows by table."""
    with psycopg.connect(database.urls["owner"]) as connection:
        rows = plant(connection, tenant)
        lonely = {"id": key(tenant, "lonely"), "instance_id": None, "test_session_id": None}
        insert(connection, "faults", rows["faults"] | lonely)
        return {table: whole(connection, table, tenant) for table in rows}


def test_migration_up_creates_all_tables(owner: Connection) -> None:
    there = {name for (name,) in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert len(NEW_TABLES) == 16
    assert set(COLUMNS) <= there
    named = owner.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'").fetchall()
    assert len(INDEXES) == 47
    assert set(INDEXES) <= {name for (name,) in named}


def test_the_eleven_revisions_keep_their_names() -> None:
    scripts = revisions_after(BEFORE, REVISIONS[-1])
    assert [script.revision for script in scripts] == REVISIONS


def test_migration_down_preserves_data(untouched: Database) -> None:
    first = fill(untouched, "T")
    down()
    up()
    second = fill(untouched, "U")
    with psycopg.connect(untouched.urls["owner"]) as connection:
        connection.execute("ALTER TABLE stairs_archived DROP COLUMN orientation")  # an archive of an older shape
    down()
    with psycopg.connect(untouched.urls["owner"]) as connection:
        for table, rows in second.items():
            assert kept(connection, table, "U") == rows, table
        for table, rows in first.items():
            expected = [row | {"orientation": None} for row in rows] if table == "stairs" else rows
            assert kept(connection, table, "T") == expected, table
        for table in first:
            asked = sql.SQL(
                "SELECT count(DISTINCT downgrade_run_id), count(*) FILTER (WHERE archived_at IS NULL) FROM {}"
            )
            found = connection.execute(asked.format(sql.Identifier(f"{table}_archived"))).fetchone()
            assert found == (2, 0), table
    up()
    assert verify(settings().url(DbRole.OWNER))


def test_r_19_each_revision_alone_leads_back_and_forth_with_data(untouched: Database) -> None:
    filled = fill(untouched, "T")
    for revision in reversed([BEFORE, *REVISIONS[:-1]]):
        down(revision)
        command.upgrade(migrate.alembic_config(settings().url(DbRole.OWNER)), "+1")
        down(revision)
    with psycopg.connect(untouched.urls["owner"]) as connection:
        for table in set(filled) - {"faults", "instruments"}:
            assert kept(connection, table, "T") == filled[table], table
    up()
    assert verify(settings().url(DbRole.OWNER))


def test_archives_are_the_owners_alone(untouched: Database) -> None:
    fill(untouched, "T")
    down()
    for role in ("app", "machine", "auditor", "loader"):
        with psycopg.connect(untouched.urls[role]) as connection:
            connection.execute("SELECT set_config('app.tenant', 'T', false)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT count(*) FROM stairs_archived")


def test_a_machine_renders_the_whole_plan() -> None:
    """`countersign migrate --plan` prints these revisions as SQL without a database."""
    rendered = render_upgrade(settings().env, BEFORE, REVISIONS[-1]).sql
    assert all(f"CREATE TABLE {table} " in rendered for table in NEW_TABLES)


@pytest.fixture
def draft(module_database: Database, owner: Connection, request: pytest.FixtureRequest) -> Rows:
    """A building that nothing append-only holds, so that it can go.

    It is committed: of rows that the same transaction wrote, a reference is checked even where it did not change.
    """
    with psycopg.connect(module_database.urls["owner"]) as connection:
        rows = plant(connection, request.node.name.upper(), records=False)
    for table in ("generation_runs", "baseline_history"):
        owner.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER refuse_change").format(sql.Identifier(table)))
    return rows


def remove(owner: Connection, rows: Rows, table: str, column: str) -> dict[str, Any] | None:
    """Remove the row that `column` of `table` names; answer what `table` then has."""
    parent, name = PARENTS[column].split(".")
    own = "id" if "id" in rows[table] else COLUMNS[table].split(":")[0]
    with owner.transaction(force_rollback=True):
        gone = owner.execute(
            sql.SQL("DELETE FROM {} WHERE {} = %s").format(sql.Identifier(parent), sql.Identifier(name)),
            (rows[table][column],),
        )
        assert gone.rowcount == 1
        asked = sql.SQL("SELECT to_jsonb(t) FROM {} AS t WHERE {} = %s")
        left = owner.execute(asked.format(sql.Identifier(table), sql.Identifier(own)), (rows[table][own],)).fetchone()
    return left[0] if left else None


def test_foreign_key_cascades(owner: Connection, draft: Rows) -> None:
    for table, listed in GONE.items():
        for column in listed.split():
            assert remove(owner, draft, table, column) is None, (table, column)
    for table, listed in NULLED.items():
        for column in listed.split():
            left = remove(owner, draft, table, column)
            assert left is not None, (table, column)
            assert left[column] is None, (table, column)


def test_a_whole_building_can_go_while_it_is_a_draft(owner: Connection, draft: Rows) -> None:
    building = draft["buildings"]
    owner.execute("DELETE FROM buildings WHERE id = %s", (building["id"],))
    for table in set(NEW_TABLES) - {"as1851_rules", "calibration_certificates"}:
        asked = sql.SQL("SELECT count(*) FROM {} WHERE tenant_id = %s").format(sql.Identifier(table))
        assert owner.execute(asked, (building["tenant_id"],)).fetchone() == (0,), table


def test_index_performance(database: Database) -> None:
    """The two queries of the field's documents go by an index; `bench/stairs` measures them at full size."""
    made = populate(Size(buildings=2, instances=6_000))
    assert made.instances == 6_048
    answers = {}
    for query in both(made):
        used = plan(made, query)
        answers[query.name] = used.rows
        assert "test_instances" not in used.sequential
        assert any(name.startswith("idx_instances_") for name in used.indexes), used
    assert answers == {"session": 84, "trend": 6}
