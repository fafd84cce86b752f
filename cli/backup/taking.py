"""Take a backup of a copy that may be in use.

The order makes it whole: checkpoints first, for one that is newer than the database would tell of a seal that is not
there; then the database, as of the end of its copy; then files, whose bytes are written before their rows.
"""

import os
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import text

from cli.backup.manifest import NAME, Manifest, measured
from cli.services.postgres import Postgres, binaries, write_private
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction, working_as
from domain.kernel.errors import Conflict, Unavailable
from domain.kernel.migrate import current_revision
from domain.kernel.seals.sealing import sealed_tenants
from domain.kernel.settings import DbRole, settings

BEFORE = ("public",)
AFTER = ("objects", "uploads", "rejects", "archives")
# Passwords of the database are made anew by a restore, and the addresses with them.
NOT_KEYS = {"database.json", "database-passwords.json"}
UNFINISHED = ".partial"


def take(home: Path, server: Postgres, into: Path, *, with_keys: bool) -> Manifest:
    """Copy the running database and the home's files into a new folder, which stands whole or not at all.

    Raises:
        Conflict: BACKUP_EXISTS: something stands there already.
        Unavailable: the database could not be copied, or the disk is full; nothing is left.
    """
    if into.exists():
        raise Conflict(f"{into} is there already.", hint="A backup gets a folder of its own.", code="BACKUP_EXISTS")
    draft = into.with_name(into.name + UNFINISHED)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    try:
        manifest = _fill(home, server, draft, with_keys=with_keys)
        draft.replace(into)
    except OSError as cause:
        raise Unavailable(
            f"The backup could not be written: {os.strerror(cause.errno or 0)}. Nothing of it is left.",
            hint="Give it a folder with room for the database and its files.",
        ) from cause
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def _fill(home: Path, server: Postgres, draft: Path, *, with_keys: bool) -> Manifest:
    events, countersignatures = counted()
    _copy(home, draft, BEFORE)
    _copy_database(server, draft / "database")
    _copy(home, draft, AFTER)
    if with_keys:
        _copy_keys(home / "secrets", draft / "secrets")
    manifest = Manifest(
        made_at=utc_now().isoformat(timespec="seconds"),
        env=settings().env.value,
        version=version("countersign"),
        revision=current_revision(settings().url(DbRole.OWNER)) or "",
        events=events,
        countersignatures=countersignatures,
        objects="in the bucket" if settings().s3_bucket_name else "copied",
        has_keys=with_keys,
        files=measured(draft),
    )
    write_private(draft / NAME, manifest.model_dump_json(indent=1))
    return manifest


def every_tenant() -> list[str]:
    """The tenants of the copy, in order."""
    with working_as(DbRole.AUDITOR):
        return sealed_tenants()


def counted() -> tuple[int, int]:
    """Rows of the ledger, and decisions of people, over all tenants."""
    events = countersignatures = 0
    for tenant_id in every_tenant():
        with transaction(tenant_id, DbRole.AUDITOR) as connection:
            bound = {"t": tenant_id}
            count = text("SELECT count(*) FROM events WHERE tenant_id = :t")
            events += int(connection.execute(count, bound).scalar_one())
            count = text("SELECT count(*) FROM countersignatures WHERE tenant_id = :t")
            countersignatures += int(connection.execute(count, bound).scalar_one())
    return events, countersignatures


def _copy_database(server: Postgres, into: Path) -> None:
    url = urlsplit(server.urls()["superuser"])
    command = [
        str(binaries() / "pg_basebackup"),
        f"--host={url.hostname}",
        f"--port={url.port}",
        f"--username={url.username}",
        f"--pgdata={into}",
        "--format=tar",
        "--compress=gzip:1",
        "--wal-method=stream",
        "--checkpoint=fast",
        "--manifest-checksums=SHA256",
        "--no-password",
    ]
    environment = os.environ | {"PGPASSWORD": unquote(url.password or "")}
    made = subprocess.run(command, env=environment, capture_output=True, text=True, cwd="/")
    if made.returncode != 0:
        raise Unavailable(
            f"The database could not be copied: {made.stderr.strip()[-500:]}. Nothing of the backup is left.",
            hint="See that the database answers and that the folder has room.",
        )


def _copy(home: Path, draft: Path, names: tuple[str, ...]) -> None:
    for name in names:
        if (home / name).is_dir():
            shutil.copytree(home / name, draft / name, copy_function=_copy_file, ignore=_drafts)


def _drafts(_: str, names: list[str]) -> set[str]:
    """What is being written lies under names that begin with a dot; it is nobody's yet."""
    return {name for name in names if name.startswith(".")}


def _copy_file(source: str, target: str) -> str:
    """Copy a file, unless it has been finished or swept away since the folder was listed."""
    try:
        return str(shutil.copyfile(source, target))
    except FileNotFoundError:
        Path(target).unlink(missing_ok=True)
        return target


def _copy_keys(secrets: Path, into: Path) -> None:
    into.mkdir(mode=0o700)
    for path in sorted(secrets.iterdir()):
        if path.is_file() and path.name not in NOT_KEYS and not path.name.startswith("."):
            shutil.copyfile(path, into / path.name)
            (into / path.name).chmod(0o600)
