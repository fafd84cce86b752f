"""Bring the schema to where the code expects it, behind its gate, and back.

An empty database of a dev copy is built without a gate and recorded as BOOTSTRAP. Every later migration runs by a
countersigned release; that of a dev copy's own embedded database by the standing order that its ledger holds.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection, text

from domain.kernel import column_words
from domain.kernel.canonical import sha256_hex
from domain.kernel.db import bind_tenant, engine_for
from domain.kernel.errors import Conflict, CountersignError
from domain.kernel.events import record, redact
from domain.kernel.release.exported import ANEW, right_of_file
from domain.kernel.release.gate import ACTOR, Right, alone, is_built, right_to_migrate
from domain.kernel.release.render import (
    REFERENCE_VIEWS,
    ROOT,
    alembic_config,
    current_revision,
    head_revision,
    render_upgrade,
    revisions_after,
)
from domain.kernel.release.verify import verify
from domain.kernel.settings import DbRole, Env, settings
from domain.kernel.sqlfiles import own_sql, sql_file

KPI_VIEWS = "v_kpi_"
__all__ = ["ROOT", "alembic_config", "apply", "current_revision", "head_revision", "plan"]


def plan(url: str | None = None) -> dict[str, str]:
    """What `apply` would run: from, to, the SQL and its SHA-256."""
    current, head = current_revision(url or settings().url(DbRole.OWNER)), head_revision()
    sql = render_upgrade(settings().env, current, head).sql
    return {"from": current or "", "to": head, "sql": sql, "sha256": sha256_hex(sql.encode())}


def apply(url: str | None = None, approval: tuple[Path, Path] | None = None) -> dict[str, Any]:
    """Run what is missing; answer from, to and by which right.

    Each revision is a transaction of its own: killed half-way, the next call goes on after the last one that stands.
    Of two calls at once one applies, the other finds nothing left to do.

    Args:
        url: the owner's address; by default that of the settings.
        approval: for an empty pilot or prod database: the exported approval, and the public key whose word counts.

    Raises:
        Conflict: GATE_REQUIRED, HASH_MISMATCH, BAD_SIGNATURE: no release gate covers it; TABLES_OF_OTHERS: tables of
            others stand under the names of ours; SCHEMA_NOT_VERIFIED: the result is not as it must be.
    """
    owner = url or settings().url(DbRole.OWNER)
    with alone(owner):
        current, head = current_revision(owner), head_revision()
        if current == head:
            return {"from": head, "to": head, "status": "up to date"}
        right = _right(owner, current, head, approval)
        if current is None:
            _make_room(owner)
        try:
            command.upgrade(alembic_config(owner), head)
            checks = _after(owner)
        except Exception as error:
            _note(owner, right, "FAILED", _facts(right, current, current_revision(owner), error=_said(error)))
            raise
        sql = render_upgrade(settings().env, current, head).sql
        facts = _facts(right, current, head, sql_sha256=sha256_hex(sql.encode()), verification_queries=checks)
        _note(owner, right, "DONE", facts)
    return {"from": current or "", "to": head, "status": right.kind}


def _right(owner: str, current: str | None, head: str, approval: tuple[Path, Path] | None) -> Right:
    """The right to migrate, and its fulfilment noted as begun.

    Raises:
        Conflict: there is none.
    """
    env = settings().env
    if current is not None:
        revisions_after(current, head)
    with _platform(owner) as connection:
        is_first = current is None or not is_built(connection)
    if is_first:
        if env is Env.DEV:
            return Right("BOOTSTRAP")
        if approval is None:
            raise Conflict(
                f"The first schema of this {env.value} database may be built only behind a gate; nothing was changed.",
                hint=f"{ANEW} Then apply with --approval FILE --public-key FILE.",
                code="GATE_REQUIRED",
            )
        return right_of_file(approval[0], approval[1], env, head)
    with _platform(owner) as connection:
        right = right_to_migrate(connection, current or "", head)
        if right.signed is not None:
            connection.execute(
                text(
                    "INSERT INTO fulfilments (countersignature_id, run_id) VALUES (:id, :run)"
                    " ON CONFLICT (countersignature_id) DO UPDATE SET status = 'STARTED', finished_at = NULL,"
                    " alive_at = clock_timestamp(), attempts = fulfilments.attempts + 1"
                ),
                {"id": right.signed.countersignature_id, "run": f"{ACTOR} {current}:{head}"},
            )
        _tell(connection, "release.migration.started", head, _facts(right, current, head))
    return right


@contextmanager
def _platform(owner: str) -> Iterator[Connection]:
    """A transaction of the owner, bound to the platform's own tenant."""
    with engine_for(owner).begin() as connection:
        bind_tenant(connection, "PLATFORM", ACTOR)
        yield connection


def _facts(right: Right, start: str | None, end: str | None, **more: Any) -> dict[str, Any]:
    env = settings().env.value
    return {"kind": right.kind, "from": start or "", "to": end or "", "env": env} | right.facts | more


def _after(owner: str) -> int:
    """What belongs to a schema that has just been brought up: the reference views of dev, and its verification.

    Views that are made after the last revision get their columns' words here.
    """
    if settings().env is Env.DEV:
        with engine_for(owner).begin() as connection:
            connection.exec_driver_sql(own_sql(sql_file(REFERENCE_VIEWS)))
            connection.exec_driver_sql(own_sql(column_words.statement(only=KPI_VIEWS)).replace("%", "%%"))
    return verify(owner)


def _note(owner: str, right: Right, status: str, facts: Mapping[str, Any]) -> None:
    """Write down what came of it, in the ledger and beside the countersignature."""
    if facts["to"] == "":
        return  # nothing stands, so there is no ledger either
    with _platform(owner) as connection:
        if right.signed is not None:
            connection.execute(
                text(
                    "UPDATE fulfilments SET status = :status, finished_at = clock_timestamp(),"
                    " outcome = CAST(:outcome AS jsonb) WHERE countersignature_id = :id AND status <> 'DONE'"
                ),
                {
                    "status": status,
                    "outcome": json.dumps(redact(dict(facts))),
                    "id": right.signed.countersignature_id,
                },
            )
        event = "release.migration.applied" if status == "DONE" else "release.migration.failed"
        _tell(connection, event, str(facts["to"]), facts, "ok" if status == "DONE" else "failed")


def _tell(connection: Connection, event: str, revision: str, facts: Mapping[str, Any], status: str = "ok") -> None:
    record(
        connection,
        event,
        actor_id=ACTOR,
        actor_role="MACHINE",
        entity_type="schema",
        entity_id=revision,
        status=status,
        payload=dict(facts),
    )


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, CountersignError) else type(error).__name__


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
    if taken := sorted(there & _made(own, plan(owner)["sql"]) - {"alembic_version"}):
        raise Conflict(
            f"Schema {own} of this database already has tables of others: {', '.join(taken)}. Nothing was changed.",
            hint=f"Set COUNTERSIGN_ATTACHED_SCHEMA={own}: GridLens works on those, ours stand apart.",
            code="TABLES_OF_OTHERS",
        )


def _made(own: str, sql: str) -> set[str]:
    return set(re.findall(rf"^CREATE TABLE (?:{own}\.)?(\w+)", sql, re.MULTILINE))
