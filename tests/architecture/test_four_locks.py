"""Four locks on the motto, each with a planted fault: an import, an argument, a row without a signature, a role."""

import inspect
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import (
    CheckViolation,
    ForeignKeyViolation,
    InsufficientPrivilege,
    NotNullViolation,
    RestrictViolation,
)

from api.acts import ACTS
from domain.kernel.signed import MEMBERS, Countersignature
from orchestration.doers import DOERS
from tests.architecture.tenant_rows import fill, tenant_tables
from tests.conftest import ROOT, Database
from tests.makers import make_tenant

CONTRACT = "machines do not countersign"
PACKAGES = ("api", "cli", "domain", "orchestration")
# Drafts are artifacts that nobody has signed; a provisional outage, a replay, a test session, a fault and a compliance
# report wait for a signature, which their status needs; all else that names a countersignature is a row of effect.
MAY_BE_UNSIGNED = {
    "artifacts", "provisional_outages", "outage_replays", "test_sessions", "faults", "compliance_reports",
}  # fmt: skip


def checkout(folder: Path) -> Path:
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as c; c()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=200
    )


def test_first_lock_an_import_of_a_maker_of_signatures_breaks_the_contract(tmp_path: Path) -> None:
    code = checkout(tmp_path)
    (code / "orchestration/kernel/planted.py").write_text("from domain.kernel.countersign import decide\n")
    (code / "domain/kernel/between.py").write_text("from domain.kernel.countersign.decide import decide\n")
    (code / "cli/planted.py").write_text("import domain.kernel.between\n")
    done = lint(code)
    assert done.returncode == 1, done
    broken = done.stdout[done.stdout.index("Broken contracts") :]
    assert CONTRACT in broken
    assert "orchestration.kernel.planted -> domain.kernel.countersign.decide" in broken
    assert "domain.kernel.between -> domain.kernel.countersign.decide" in broken  # also through others
    assert "cli.planted" in broken


SNIPPET = """
from sqlalchemy import Connection

from domain.kernel.countersign.lend import give_standing_order
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature


def right(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    give_standing_order(connection, signed, proposal)


def without(connection: Connection, proposal: Proposal) -> None:
    give_standing_order(connection, proposal=proposal)


def with_nothing(connection: Connection, proposal: Proposal) -> None:
    give_standing_order(connection, None, proposal)
"""


def test_second_lock_an_effect_without_its_countersignature_is_refused_by_the_types(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(SNIPPET)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--config-file=", str(planted)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    told = [line for line in done.stdout.splitlines() if "planted.py" in line]
    assert len(told) == 2, done
    assert 'Missing positional argument "signed"' in told[0]
    assert 'has incompatible type "None"; expected "Countersignature"' in told[1]


def test_every_effect_and_every_fulfilment_takes_a_countersignature() -> None:
    effects = [act.effect for act in ACTS.values() if act.effect is not None]
    doers = [doer.carry_out for doer in DOERS.values()]
    assert effects
    for function in [*effects, *doers]:
        annotations = inspect.get_annotations(function, eval_str=True)
        assert Countersignature in annotations.values(), function
        signed = next(name for name, kind in annotations.items() if kind is Countersignature)
        assert inspect.signature(function).parameters[signed].default is inspect.Parameter.empty


def test_a_countersignature_cannot_be_made_up() -> None:
    made_up: dict[str, Any] = dict.fromkeys(MEMBERS)
    with pytest.raises(TypeError, match="never made up"):
        Countersignature(**made_up, proof=object())
    with pytest.raises(TypeError):
        Countersignature(**made_up)


def unlocked(connection: psycopg.Connection[Any]) -> set[str]:
    """Tables whose rows name a countersignature and could do without a real one."""
    found = connection.execute(
        "SELECT c.relname FROM pg_class AS c"
        " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'countersignature_id' AND NOT a.attisdropped"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND c.relname <> 'countersignatures' AND (NOT a.attnotnull OR NOT EXISTS ("
        "   SELECT 1 FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.convalidated"
        "   AND k.confrelid = 'countersignatures'::regclass AND a.attnum = ANY(k.conkey)))"
    ).fetchall()
    return {name for (name,) in found}


def test_third_lock_every_row_of_effect_needs_a_countersignature(database: Database) -> None:
    with psycopg.connect(database.urls["superuser"]) as connection:
        assert unlocked(connection) == MAY_BE_UNSIGNED
        connection.execute("CREATE TABLE promoted (id uuid, countersignature_id uuid)")
        assert unlocked(connection) == {*MAY_BE_UNSIGNED, "promoted"}
        connection.rollback()


def test_third_lock_a_row_of_effect_without_a_signature_is_refused_even_to_a_superuser(database: Database) -> None:
    make_tenant("T")
    fill(database)
    with psycopg.connect(database.urls["superuser"], autocommit=True) as connection:
        effects = [t for t in tenant_tables(connection) if "countersignature_id" in t.columns]
        effects = [t for t in effects if t.name not in {"countersignatures", *MAY_BE_UNSIGNED}]
        assert {table.name for table in effects} >= {"standing_orders", "delegations", "fulfilments"}
        for table in effects:
            with pytest.raises((ForeignKeyViolation, RestrictViolation)):
                connection.execute(table.insert("T"))
            without = tuple(
                zip(
                    *[(c, t) for c, t in zip(table.columns, table.types, strict=True) if c != "countersignature_id"],
                    strict=True,
                )
            )
            with pytest.raises((NotNullViolation, RestrictViolation)):
                connection.execute(type(table)(table.name, *without).insert("T"))


@pytest.mark.parametrize(
    "insert",
    [
        "INSERT INTO provisional_outages (tenant_id, prov_outage_id, feeder_id, device_id, device_ids, eq_class_id,"
        " window_start, window_end, first_evidence_at, meters_predicted, meters_reported, meter_ids, posterior,"
        " posterior_meters_out, status, run_id) VALUES ('T', gen_random_uuid(), 'F', 'D', '{}', 'D', now(), now(),"
        " now(), 1, 1, '{}', 1, 1, 'PROMOTED', gen_random_uuid())",
        "INSERT INTO outage_replays (tenant_id, replay_id, outage_id, generated_at, as_of, run_ids, run_id, input_hash,"
        " content_hash, summary, status) VALUES ('T', gen_random_uuid(), gen_random_uuid(), now(), now(), '{}',"
        " gen_random_uuid(), '', '', '{}', 'SIGNED')",
    ],
)
def test_third_lock_what_waits_for_a_signature_cannot_say_that_it_has_one(database: Database, insert: str) -> None:
    make_tenant("T")
    with psycopg.connect(database.urls["superuser"]) as connection, pytest.raises(CheckViolation):
        connection.execute(insert)


@pytest.mark.parametrize("role", ["machine", "loader", "auditor"])
@pytest.mark.parametrize("table", ["countersignatures", "standing_orders", "delegations", "outages"])
def test_fourth_lock_no_machine_inserts_what_only_people_write(database: Database, role: str, table: str) -> None:
    make_tenant("T")
    with psycopg.connect(database.urls["owner"]) as connection:
        found = next(one for one in tenant_tables(connection) if one.name == table)
    with psycopg.connect(database.urls[role]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        with pytest.raises(InsufficientPrivilege, match=f"permission denied for table {table}"):
            connection.execute(found.insert("T"))


def test_fourth_lock_dagster_holds_nothing_in_public(database: Database) -> None:
    with psycopg.connect(database.urls["superuser"]) as connection:
        held = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')"
            " AND has_table_privilege('countersign_dagster', oid, 'SELECT, INSERT, UPDATE, DELETE')"
        ).fetchall()
    assert held == []


def test_fourth_lock_bites_where_a_grant_is_planted(database: Database) -> None:
    """With the grant the same insert comes further, and the third lock holds it."""
    make_tenant("T")
    with psycopg.connect(database.urls["owner"]) as connection:
        connection.execute("GRANT INSERT ON delegations TO countersign_machine")
        found = next(one for one in tenant_tables(connection) if one.name == "delegations")
    with psycopg.connect(database.urls["machine"]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        with pytest.raises(psycopg.IntegrityError):
            connection.execute(sql.SQL("{}").format(found.insert("T")))
