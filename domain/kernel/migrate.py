"""Bring the schema to where the code expects it.

An empty database of a dev copy is built without a gate and recorded as BOOTSTRAP; what may run later is the matter
of the release gates.
"""

import io
import re
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from domain.kernel.canonical import sha256_hex
from domain.kernel.db import engine_for
from domain.kernel.errors import Conflict, NotConfigured
from domain.kernel.events import record
from domain.kernel.settings import DbRole, Env, settings
from domain.kernel.sqlfiles import own_sql, sql_file

ROOT = Path(__file__).resolve().parent.parent.parent


def alembic_config(url: str | None = None) -> Config:
    """Alembic's configuration, made in code so that no file can point elsewhere."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("version_locations", str(ROOT / "migrations" / "versions"))
    config.set_main_option("path_separator", "os")
    if url is not None:
        config.attributes["url"] = url
    return config


def current_revision(url: str) -> str | None:
    """The revision that the database stands at; None before the first."""
    with engine_for(url).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str:
    """The newest revision that the code brings."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if head is None:
        raise NotConfigured("No migrations were found.", hint=f"Is {ROOT / 'migrations'} complete?")
    return head


def plan(url: str | None = None) -> dict[str, str]:
    """What `apply` would run: from, to, the SQL and its SHA-256."""
    owner = url or settings().url(DbRole.OWNER)
    current, head = current_revision(owner), head_revision()
    if current == head:
        return {"from": current or "", "to": head, "sql": "", "sha256": sha256_hex(b"")}
    buffer = io.StringIO()
    config = alembic_config(owner)
    config.attributes["output_buffer"] = buffer
    command.upgrade(config, f"{current or 'base'}:{head}", sql=True)
    apart = settings().own_schema != "public" and current is None
    room = f'CREATE SCHEMA IF NOT EXISTS "{settings().own_schema}";\n\n' if apart else ""
    rendered = room + own_sql(buffer.getvalue())
    return {"from": current or "", "to": head, "sql": rendered, "sha256": sha256_hex(rendered.encode())}


def apply(url: str | None = None) -> dict[str, str]:
    """Run what is missing; answer from and to.

    Raises:
        Conflict: a later migration outside an empty dev database, which needs a release gate; or tables of others
            under the names of ours.
    """
    owner = url or settings().url(DbRole.OWNER)
    current, head = current_revision(owner), head_revision()
    if current == head:
        return {"from": head, "to": head, "status": "up to date"}
    if current is not None and settings().env is not Env.DEV:
        raise Conflict(
            f"The schema of this {settings().env.value} database may move from {current} to {head} only behind a gate.",
            hint="Run `countersign migrate --plan`, have it countersigned by a RELEASE_APPROVER, then apply.",
            code="GATE_REQUIRED",
        )
    if current is None:
        _make_room(owner)
    command.upgrade(alembic_config(owner), "head")
    engine = engine_for(owner)
    with engine.begin() as connection:
        if settings().env is Env.DEV:
            connection.exec_driver_sql(own_sql(sql_file("reference_views.sql")))
        connection.execute(text("SELECT set_config('app.tenant', 'PLATFORM', true)"))
        kind = "BOOTSTRAP" if current is None else "DEV"
        record(
            connection,
            "release.migration.applied",
            actor_id="countersign migrate",
            actor_role="MACHINE",
            entity_type="schema",
            entity_id=head,
            payload={"kind": kind, "from": current, "to": head, "env": settings().env.value},
        )
    return {"from": current or "", "to": head, "status": kind}


def _make_room(owner: str) -> None:
    """Make the schema of our own tables where it is missing, and see that nobody else's tables have their names.

    Raises:
        Conflict: they do; a utility's tables are attached, never altered.
    """
    own = settings().own_schema
    with engine_for(owner).begin() as connection:
        if own != "public":
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{own}"'))
        there = set(
            connection.execute(
                text("SELECT tablename FROM pg_tables WHERE schemaname = :own ORDER BY tablename"), {"own": own}
            ).scalars()
        )
    if not there:
        return
    made = set(re.findall(rf"^CREATE TABLE (?:{own}\.)?(\w+)", plan(owner)["sql"], re.MULTILINE))
    if taken := sorted(there & made):
        raise Conflict(
            f"Schema {own} of this database already has tables of others: {', '.join(taken)}. Nothing was changed.",
            hint=f"Set COUNTERSIGN_ATTACHED_SCHEMA={own}: GridLens works on those, ours stand apart.",
            code="TABLES_OF_OTHERS",
        )
