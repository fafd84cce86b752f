"""Make a copy from a backup, under a home of its own, and prove that it is whole."""

import hashlib
import secrets
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import text

from cli.backup.manifest import PIECE_BYTES, Manifest, check, read
from cli.backup.taking import AFTER, BEFORE, counted, every_tenant
from cli.services.postgres import Launcher, Postgres
from cli.verify.ledger import report, verify_ledger
from domain.kernel.db import transaction, working_as
from domain.kernel.errors import Conflict, CountersignError, Unavailable
from domain.kernel.migrate import current_revision
from domain.kernel.objects.chosen import open_store
from domain.kernel.objects.store import Store
from domain.kernel.release.render import alembic_config
from domain.kernel.seals.checkpoints import FolderSink
from domain.kernel.settings import DbRole, settings

FOLDERS = (*BEFORE, *AFTER, "secrets")


def lay_out(folder: Path, home: Path) -> Manifest:
    """Check the backup, then lay its files out under an empty home.

    Raises:
        Conflict: HOME_IN_USE: there is a database already; BACKUP_CHANGED; SCHEMA_UNKNOWN: it is of a newer version.
        Invalid: no backup.
    """
    manifest = read(folder)
    if (home / "postgres").exists() or (home / "objects").exists():
        raise Conflict(
            f"{home} holds a copy already, and a restore overwrites nothing.",
            hint="Set COUNTERSIGN_HOME to a new folder, or move the old one away.",
            code="HOME_IN_USE",
        )
    if manifest.revision not in _known_revisions():
        raise Conflict(
            f"The backup's schema {manifest.revision} is not known to this version. Nothing was restored.",
            hint=f"Restore it with version {manifest.version} or a newer one.",
            code="SCHEMA_UNKNOWN",
        )
    check(folder, manifest)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in FOLDERS:
        if (folder / name).is_dir():
            shutil.copytree(folder / name, home / name, dirs_exist_ok=True)
    if (home / "secrets").is_dir():
        (home / "secrets").chmod(0o700)
        for path in (home / "secrets").iterdir():
            path.chmod(0o600)
    _unpack(folder / "database", home / "postgres")
    return manifest


def _known_revisions() -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}


def _unpack(database: Path, data: Path) -> None:
    for archive, into in (("base.tar.gz", data), ("pg_wal.tar.gz", data / "pg_wal")):
        into.mkdir(mode=0o700, exist_ok=True)
        with tarfile.open(database / archive) as tar:
            tar.extractall(into, filter="data")
    shutil.copyfile(database / "backup_manifest", data / "backup_manifest")
    data.chmod(0o700)


def take_over(server: Postgres) -> None:
    """Give the restored database new passwords, known to this home alone.

    The first is set in single-user mode, before anybody can connect; recovery to the end of the backup happens there.

    Raises:
        Unavailable: the database does not come up.
    """
    for name in ("logs", "run", "secrets"):
        (server.home / name).mkdir(exist_ok=True)
    (server.home / "secrets").chmod(0o700)
    launcher = Launcher.choose()
    programs = server.programs(launcher)
    if launcher.user is not None:
        for path in (server.data, *server.data.rglob("*")):
            shutil.chown(path, launcher.user)
    passwords = {"superuser": secrets.token_urlsafe(24)} | {role.value: secrets.token_urlsafe(24) for role in DbRole}
    statement = sql.SQL("ALTER ROLE postgres PASSWORD {}\n").format(sql.Literal(passwords["superuser"])).as_string()
    command = [*launcher.prefix, str(programs / "postgres"), "--single", "-D", str(server.data), "postgres"]
    done = subprocess.run(command, input=statement, capture_output=True, text=True, cwd="/", user=launcher.user)
    if done.returncode != 0 or "ERROR" in done.stderr:
        raise Unavailable(f"The restored database does not come up: {done.stderr.strip()[-500:]}")
    server.keep_passwords(passwords)
    # The roles' old passwords still hold when the server starts, but nobody at this home knows them.
    server.start()
    with psycopg.connect(server.urls()["superuser"], autocommit=True) as connection:
        for role in DbRole:
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                    sql.Identifier(role.login), sql.Literal(passwords[role.value])
                )
            )


def prove(manifest: Manifest, home: Path) -> dict[str, Any]:
    """What the restored copy shows: nothing that was told before the backup is missing, and everything fits.

    The ledger is held against the checkpoints that were in the backup, not against a sink elsewhere: a newer checkpoint
    there tells rightly that rows were sealed after the backup.
    """
    sink = FolderSink(home / "public" / "checkpoints")
    newest = [seal for seal in map(sink.newest, sink.tenants()) if seal is not None]
    with working_as(DbRole.AUDITOR):
        ledger = report(verify_ledger(None, newest), 0.0, given_key=False)
    events, countersignatures = counted()
    checked, broken = _artifacts()
    faults = [f"The ledger of {tenant['tenant_id']} is altered." for tenant in ledger["tenants"] if tenant["findings"]]
    if events < manifest.events or countersignatures < manifest.countersignatures:
        faults.append(
            f"{manifest.events} events and {manifest.countersignatures} decisions stood when the backup began;"
            f" {events} and {countersignatures} are there."
        )
    if current_revision(settings().url(DbRole.OWNER)) != manifest.revision:
        faults.append(f"The schema is not {manifest.revision}.")
    faults += [f"Artifact {artifact} is not whole." for artifact in broken]
    return {
        "status": "altered" if faults else "ok",
        "made_at": manifest.made_at,
        "revision": manifest.revision,
        "events": events,
        "countersignatures": countersignatures,
        "sealed_rows": ledger["rows"],
        "seals": ledger["seals"],
        "artifacts": checked,
        "faults": faults,
        "home": str(home),
    }


def _artifacts() -> tuple[int, list[str]]:
    """How many artifacts there are, and which of them have not the bytes that their row names."""
    checked, broken, store = 0, [], open_store()
    for tenant_id in every_tenant():
        with transaction(tenant_id, DbRole.AUDITOR) as connection:
            rows = connection.execute(
                text("SELECT artifact_id, store_key, sha256 FROM artifacts WHERE tenant_id = :t ORDER BY artifact_id"),
                {"t": tenant_id},
            ).all()
        checked += len(rows)
        broken += [str(row.artifact_id) for row in rows if _hash_in(store, row.store_key) != row.sha256]
    return checked, broken


def _hash_in(store: Store, key: str) -> str | None:
    digest = hashlib.sha256()
    try:
        with store.open(key) as handle:
            while piece := handle.read(PIECE_BYTES):
                digest.update(piece)
    except CountersignError:
        return None
    return digest.hexdigest()
