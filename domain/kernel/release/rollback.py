"""Back to an earlier revision: archive what would be dropped, then run the rollback that was part of the release."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection, text

from domain.kernel.canonical import sha256_hex
from domain.kernel.db import bind_tenant, engine_for
from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.gates import RELEASE_MIGRATION
from domain.kernel.release.gate import ACTOR, alone, approved, is_embedded, standing
from domain.kernel.release.render import BASE, alembic_config, current_revision, render_rollback, revisions_after
from domain.kernel.settings import DbRole, Env, settings

DROPPED = re.compile(r"^\s*DROP TABLE (?:IF EXISTS )?(?:\w+\.)?\"?(\w+)", re.MULTILINE)


def roll_back(to: str, archives: Path) -> dict[str, Any]:
    """Bring the schema back to revision `to` (`base`: to nothing). Run again, it finds nothing to do.

    Outside a dev copy's own database the rollback must be part of a countersigned release, to the byte.

    Raises:
        Conflict: COUNTERSIGNATURES_STAND, they would be dropped; GATE_REQUIRED; UNKNOWN_REVISION.
    """
    owner = settings().url(DbRole.OWNER)
    with alone(owner):
        return _roll_back(owner, to, archives)


def _roll_back(owner: str, to: str, archives: Path) -> dict[str, Any]:
    current, goal = current_revision(owner), None if to == BASE else to
    if current == goal or current is None:
        return {"from": to, "to": to, "status": "up to date", "archive": None, "tables": []}
    revisions_after(goal, current)
    sql = render_rollback(goal, current)
    dropped = sorted(set(DROPPED.findall(sql)))
    with engine_for(owner).begin() as connection:
        bind_tenant(connection, "PLATFORM", ACTOR)
        _refuse_losing_proof(connection, dropped)
        right = _right(connection, sql)
        folder = archives / f"rollback-{current}-{to}"
        tables = _archive(connection, dropped, folder)
        facts: dict[str, Any] = {**right, "from": current, "to": to, "archive": folder.name, "tables": tables}
        _tell(connection, "release.rollback.started", current, facts)
    command.downgrade(alembic_config(owner), to)
    with engine_for(owner).begin() as connection:
        if connection.execute(text("SELECT to_regclass('events')")).scalar_one() is not None:
            bind_tenant(connection, "PLATFORM", ACTOR)
            _tell(connection, "release.migration.rolled_back", to, facts)
    return {"from": current, "to": to, "status": "rolled back", "archive": str(folder), "tables": tables}


def _refuse_losing_proof(connection: Connection, dropped: list[str]) -> None:
    """The revision itself refuses too; asked first, nothing is taken back half-way."""
    stands = (
        connection.execute(text("SELECT 1 FROM countersignatures LIMIT 1")) if "countersignatures" in dropped else None
    )
    if stands is not None and stands.first() is not None:
        raise Conflict(
            "Countersignatures stand: dropping them would leave effects without proof. Nothing was changed.",
            hint="Restore the backup that was taken before this release instead.",
            code="COUNTERSIGNATURES_STAND",
        )


def _right(connection: Connection, sql: str) -> dict[str, str]:
    """By which right it is rolled back.

    Raises:
        Conflict: GATE_REQUIRED.
    """
    env = settings().env
    if env is Env.DEV and is_embedded():
        return {"kind": "STANDING_ORDER", "env": env.value}
    wanted = sha256_hex(sql.encode())
    for row in approved(connection, RELEASE_MIGRATION.kind, env):
        signed = standing(connection, row, env) if row["content"]["release"]["rollback_sha256"] == wanted else None
        if signed is not None:
            return {"kind": "COUNTERSIGNED", "env": env.value, "countersignature_id": str(signed.countersignature_id)}
    raise Conflict(
        f"No countersigned release of {env.value} holds exactly this rollback; nothing was changed.",
        hint="A release is rolled back as a whole, to the revision that it came from.",
        code="GATE_REQUIRED",
    )


def _archive(connection: Connection, tables: list[str], folder: Path) -> list[dict[str, Any]]:
    """Write each table as CSV, its rows in one order, with its SHA-256; `manifest.json` lists them."""
    folder.mkdir(parents=True, exist_ok=True)
    told = []
    for table in tables:
        if connection.execute(text("SELECT to_regclass(:name)"), {"name": table}).scalar_one() is None:
            continue
        path, rows = folder / f"{table}.csv.gz", _copy(connection, table, folder / f"{table}.csv.gz")
        told.append({"table": table, "rows": rows, "file": path.name, "sha256": sha256_hex(path.read_bytes())})
    (folder / "manifest.json").write_text(json.dumps(told, indent=1))
    return told


def _copy(connection: Connection, table: str, path: Path) -> int:
    """One table into one file; answers how many rows it had."""
    driver = connection.connection.driver_connection
    if driver is None:
        raise TypeError("a connection of the pool has a driver's connection")
    wanted = f'COPY (SELECT * FROM "{table}" AS t ORDER BY t::text COLLATE "C") TO STDOUT WITH (FORMAT csv, HEADER)'
    with (
        path.open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as file,
        driver.cursor() as cursor,
        cursor.copy(wanted) as rows,
    ):
        for block in rows:
            file.write(bytes(block))
    return int(connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one())


def _tell(connection: Connection, event: str, revision: str, facts: dict[str, Any]) -> None:
    record(
        connection,
        event,
        actor_id=ACTOR,
        actor_role="MACHINE",
        entity_type="schema",
        entity_id=revision,
        payload=facts,
    )
