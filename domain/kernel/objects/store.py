"""What an object store is: the interface that both kinds fulfil, the rule of keys, and what a signed link is.

A key is `<tenant>/<name>/...`; its first part is the tenant whose bytes lie there, so that a link for one tenant can
never lead to another's. Nothing here opens a file or a connection.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, Protocol

from domain.kernel.errors import Invalid

PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
LONGEST_KEY = 512
PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Target:
    """What a link leads to.

    Attributes:
        key: where the bytes lie.
        size_bytes: how many there are.
        media_type: how they are served.
        file_name: the name under which a browser keeps them.
    """

    key: str
    size_bytes: int
    media_type: str
    file_name: str


@dataclass(frozen=True)
class Link:
    """A signed link, made for one answer and stored nowhere.

    Attributes:
        url: the address; on a local store a path of this application where no address of it is set.
        expires_at: the instant from which it opens nothing.
        warning: what the reader should know, for example that it ends earlier than was asked for.
    """

    url: str
    expires_at: datetime
    warning: str | None = None


class Store(Protocol):
    """Bytes under keys."""

    def put(self, key: str, source: BinaryIO, media_type: str) -> None:
        """Write all that `source` holds, whole or not at all; what lay under the key before is replaced.

        Raises:
            Invalid: no key of a store.
            Unavailable: it could not be written; nothing of it is there.
        """

    def open(self, key: str) -> AbstractContextManager[BinaryIO]:
        """The bytes, for reading.

        Raises:
            NotFound: nothing lies under the key.
            Unavailable: the store does not answer.
        """

    def size_bytes(self, key: str) -> int | None:
        """How many bytes lie there; None where nothing does."""

    def link(self, tenant_id: str, target: Target, now: datetime, ttl: timedelta | None = None) -> Link:
        """A link that opens exactly this object for a while.

        Raises:
            Invalid: the key is another tenant's.
        """

    def probe(self) -> None:
        """Answer quickly whether the store can be written to.

        Raises:
            Unavailable: it cannot.
        """


def check_key(key: str) -> str:
    """The key, if it is one: parts of plain characters, none of which leads elsewhere.

    Raises:
        Invalid: it is not.
    """
    parts = key.split("/")
    if len(key) > LONGEST_KEY or len(parts) < 2 or not all(PART.fullmatch(part) for part in parts):
        raise Invalid("This is no key of the object store.", code="OBJECT_KEY")
    return key


def check_owner(tenant_id: str, key: str) -> None:
    """Refuse to link to what is another tenant's.

    Raises:
        Invalid: the key does not begin with the tenant's id.
    """
    if not check_key(key).startswith(f"{tenant_id}/"):
        raise Invalid("The object belongs to another tenant; no link was made.", code="OTHER_TENANT")


def pieces(source: BinaryIO) -> Iterator[bytes]:
    """The bytes of a source, a megabyte at a time."""
    while piece := source.read(PIECE_BYTES):
        yield piece
