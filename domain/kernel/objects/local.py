"""Objects as files under the copy's home: written beside, synced, then renamed, so that a key holds all or nothing."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from domain.kernel.errors import NotFound, Unavailable
from domain.kernel.objects.links import signed_path
from domain.kernel.objects.store import Link, Target, check_key, pieces

INCOMING = ".incoming"
ABANDONED_AFTER_S = 24 * 3600


@dataclass(frozen=True)
class LocalStore:
    """Files under one folder.

    Attributes:
        root: the folder.
        ttl: how long a link lasts where nothing else is asked for.
        base_url: address of the application that serves the links; empty gives paths.
    """

    root: Path
    ttl: timedelta
    base_url: str = ""

    def path(self, key: str) -> Path:
        """The file of a key.

        Raises:
            Invalid: no key of a store.
        """
        return self.root / check_key(key)

    def put(self, key: str, source: BinaryIO, media_type: str) -> None:  # noqa: ARG002 - a link carries the type
        """Write whole or not at all. A process that is killed leaves a draft apart, which is swept a day later.

        Raises:
            Unavailable: OBJECT_STORE, the folder refuses it.
        """
        final = self.path(key)
        try:
            draft = self._draft(source)
            try:
                self._make_folder(final.parent)
                draft.replace(final)
            except OSError:
                draft.unlink(missing_ok=True)
                raise
            _sync_folder(final.parent)
        except OSError as cause:
            raise Unavailable(
                f"The file could not be kept: {os.strerror(cause.errno or 0)}. Nothing of it is there.",
                hint="Free space or check the folder's permissions, then try again.",
                code="OBJECT_STORE",
            ) from cause

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """The file's bytes, for the length of the block.

        Raises:
            NotFound: there is no such file.
            Unavailable: OBJECT_STORE, it cannot be read.
        """
        try:
            handle = self.path(key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as cause:
            raise _missing() from cause
        except OSError as cause:
            raise Unavailable("The object store cannot be read.", code="OBJECT_STORE") from cause
        with handle:
            yield handle

    def size_bytes(self, key: str) -> int | None:
        """The file's length; None where there is none."""
        path = self.path(key)
        return path.stat().st_size if path.is_file() else None

    def link(self, tenant_id: str, target: Target, now: datetime, ttl: timedelta | None = None) -> Link:
        """A link that the application checks and serves."""
        expires_at = (now + (ttl or self.ttl)).replace(microsecond=0)
        return Link(self.base_url.rstrip("/") + signed_path(tenant_id, target, expires_at), expires_at)

    def probe(self) -> None:
        """Whether the folder, or the one that it is to be made in, can be written to.

        Raises:
            Unavailable: OBJECT_STORE, it cannot.
        """
        folder = self.root if self.root.exists() else self.root.parent
        if not os.access(folder, os.W_OK):
            raise Unavailable("The folder of the object store cannot be written to.", code="OBJECT_STORE")

    def _draft(self, source: BinaryIO) -> Path:
        incoming = self.root / INCOMING
        self._make_folder(incoming)
        self._sweep(incoming)
        descriptor, name = tempfile.mkstemp(dir=incoming)
        try:
            with os.fdopen(descriptor, "wb") as handle:
                for piece in pieces(source):
                    handle.write(piece)
                handle.flush()
                os.fsync(handle.fileno())
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return Path(name)

    def _make_folder(self, folder: Path) -> None:
        """Make the folder and sync each one that was missing, so that a power cut cannot lose the way to the file."""
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir(mode=0o700, exist_ok=True)
            _sync_folder(one.parent)

    def _sweep(self, incoming: Path) -> None:
        for draft in incoming.iterdir():
            with suppress(FileNotFoundError):
                if time.time() - draft.stat().st_mtime > ABANDONED_AFTER_S:
                    draft.unlink()


def _missing() -> NotFound:
    return NotFound("The object store holds nothing under this key.", code="OBJECT_MISSING")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
