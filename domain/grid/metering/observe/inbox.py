"""The watched place for meter files: a folder per tenant, and a prefix in S3 where a bucket is set.

Each file that is complete is taken in and then moved to `done` or `failed`, with its rejects or the reason beside it.
Killed anywhere, the next scan finishes: a file that was loaded but not yet moved is known again by its content.
"""

import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from domain.grid.metering.formats.parsed import FileMapping
from domain.grid.metering.formats.source import Source
from domain.grid.metering.observe.files import IngestResult, ingest_file, limits_of_copy
from domain.grid.metering.observe.inbox_s3 import S3Inbox
from domain.kernel.canonical import sha256_hex
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, CountersignError, Invalid, NotFound
from domain.kernel.settings import WriteMode, settings
from domain.kernel.tenancy import load_tenant

UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")
MAPPING = "mapping.json"
SETTLE_S = 5.0


class Inbox(Protocol):
    """A place where files of one tenant arrive."""

    def waiting(self) -> list[str]:
        """Names of the complete files, in order of name."""
        ...

    def read(self, name: str) -> Source:
        """The content of one."""
        ...

    def mapping(self) -> bytes | None:
        """What the tenant's `mapping.json` says, when there is one."""
        ...

    def settle(self, name: str, outcome: str, mark: str, beside: dict[str, bytes]) -> None:
        """Move the file to `outcome` (done or failed) as `<mark>_<name>`, with small files beside it."""
        ...


class FolderInbox:
    """A folder; a file is complete when nobody has written to it for some seconds and its name is not a partial one."""

    def __init__(self, folder: Path, settle_s: float = SETTLE_S) -> None:
        self.folder = folder
        self.settle_s = settle_s

    def waiting(self) -> list[str]:
        """Names of the complete files, in order of name. Links are not followed."""
        return sorted(path.name for path in self.folder.iterdir() if self._complete(path))

    def _complete(self, path: Path) -> bool:
        if path.name.startswith(".") or path.name == MAPPING or path.name.lower().endswith(UNFINISHED):
            return False
        try:
            return path.is_file() and not path.is_symlink() and time.time() - path.stat().st_mtime >= self.settle_s
        except FileNotFoundError:
            return False

    def read(self, name: str) -> Source:
        """The file's path."""
        return self.folder / name

    def mapping(self) -> bytes | None:
        """The bytes of `mapping.json` in the folder."""
        path = self.folder / MAPPING
        return path.read_bytes() if path.is_file() else None

    def settle(self, name: str, outcome: str, mark: str, beside: dict[str, bytes]) -> None:
        """Write what stands beside first and move the file last, so that a file in `done` is complete."""
        target = self.folder / outcome
        target.mkdir(exist_ok=True)
        for suffix, content in beside.items():
            temporary = target / f".{mark}{suffix}.tmp"
            temporary.write_bytes(content)
            temporary.replace(target / f"{mark}_{name}{suffix}")
        (self.folder / name).replace(target / f"{mark}_{name}")


def scan_inbox(
    tenant_id: str, *, mode: WriteMode, now: datetime, actor: str = "machine", settle_s: float = SETTLE_S
) -> list[IngestResult]:
    """Take in every complete file that waits for the tenant, in the folder and in S3, in order of name.

    A scan that finds another one at work answers an empty list. A file that fails does not hold up the others; one
    that can succeed later stays where it is, with status postponed.

    Raises:
        NotFound: no such tenant.
        Invalid: the tenant's mapping.json is no mapping.
    """
    with transaction(tenant_id) as connection:
        load_tenant(connection)
    folder = settings().inbox_path / tenant_id
    folder.mkdir(parents=True, exist_ok=True)
    results: list[IngestResult] = []
    with _alone(folder) as alone:
        if alone:
            for inbox in _inboxes(folder, tenant_id, settle_s):
                mapping = _mapping(inbox.mapping())
                results += [_take(inbox, tenant_id, name, mapping, mode, now, actor) for name in inbox.waiting()]
    return results


def waiting_files(tenant_id: str, settle_s: float = SETTLE_S) -> list[str]:
    """Names of the complete files that wait for the tenant, for a watcher that only wants to know whether to scan."""
    folder = settings().inbox_path / tenant_id
    if not folder.is_dir() and not settings().s3_bucket_name:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    return [name for inbox in _inboxes(folder, tenant_id, settle_s) for name in inbox.waiting()]


def _inboxes(folder: Path, tenant_id: str, settle_s: float) -> Iterator[Inbox]:
    yield FolderInbox(folder, settle_s)
    if settings().s3_bucket_name:
        yield S3Inbox.of_settings(tenant_id, limits_of_copy().max_bytes)


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether no other scan of the folder is at work; the kernel frees the lock of a process that dies."""
    with (folder / ".scan.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _take(
    inbox: Inbox, tenant_id: str, name: str, mapping: FileMapping, mode: WriteMode, now: datetime, actor: str
) -> IngestResult:
    """Take in one file and move it."""
    try:
        result = ingest_file(tenant_id, inbox.read(name), name, mode=mode, now=now, actor=actor, mapping=mapping)
    except CountersignError as error:
        return _failed(inbox, name, error)
    beside = {".rejects.csv": result.rejects_path.read_bytes()} if result.rejects_path else {}
    outcome = "failed" if result.status == "nothing_to_load" else "done"
    inbox.settle(name, outcome, result.sha256[:12], beside)
    return result


def _failed(inbox: Inbox, name: str, error: CountersignError) -> IngestResult:
    why = {"code": error.code, "detail": error.detail, "hint": error.hint}
    if error.retryable or isinstance(error, (Conflict, NotFound)):
        return IngestResult(file=name, status="postponed", error=why)
    text = json.dumps(why, indent=1, ensure_ascii=False) + "\n"
    # The content may be too large to hash; the reason and the name tell failures of one name apart.
    inbox.settle(name, "failed", sha256_hex(f"{name}|{text}".encode())[:12], {".why.json": text.encode()})
    return IngestResult(file=name, status="refused", error=why)


def _mapping(content: bytes | None) -> FileMapping:
    """The tenant's mapping, members as in `FileMapping`, `columns` an object of header and name.

    Raises:
        Invalid: another shape.
    """
    if content is None:
        return FileMapping()
    try:
        members: dict[str, Any] = json.loads(content)
        columns = tuple(sorted((str(key), str(value)) for key, value in members.pop("columns", {}).items()))
        return FileMapping(**members, columns=columns)
    except (ValueError, TypeError, AttributeError) as cause:
        raise Invalid(
            f"{MAPPING} in the inbox is not a mapping: {cause}.",
            hint='Expected members zone, stamp, interval_minutes, date_order, meter_id and columns {"header": "name"}.',
        ) from cause
