"""The bytes of a file, from a path, bytes or an open upload, within the limits; gzip is unpacked on the way."""

import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO

from domain.grid.metering.formats.parsed import Limits
from domain.kernel.errors import Invalid, NotFound, TooLarge

GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 1 << 20

Source = Path | bytes | BinaryIO


def read_bytes(source: Source, name: str, limits: Limits) -> bytes:
    """All bytes of the file as it was sent, still packed.

    Raises:
        NotFound: no file at the path.
        TooLarge: more than `limits.max_bytes`.
    """
    if isinstance(source, bytes):
        return _within(source, name, limits)
    if isinstance(source, Path):
        try:
            with source.open("rb") as handle:
                return _within(handle.read(limits.max_bytes + 1), name, limits)
        except (FileNotFoundError, IsADirectoryError, PermissionError) as cause:
            raise NotFound(f"{name} cannot be read: {cause.strerror}.", hint="Check the path.") from cause
    return _within(source.read(limits.max_bytes + 1), name, limits)


def unpack(content: bytes, name: str, limits: Limits) -> bytes:
    """The content itself: gzip unpacked, anything else as it is.

    Raises:
        Invalid: a gzip file that is cut or damaged, or that holds another archive.
        TooLarge: it unpacks to more than `limits.max_bytes`.
    """
    if not content.startswith(GZIP_MAGIC):
        return content
    pieces: list[bytes] = []
    size = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            while piece := packed.read(CHUNK):
                size += len(piece)
                if size > limits.max_bytes:
                    raise _too_large(name, limits, "unpacks to")
                pieces.append(piece)
    except (EOFError, OSError, zlib.error) as cause:
        raise Invalid(
            f"{name} is not a whole gzip file, nothing of it was taken: {cause}.", hint="Send the file again."
        ) from cause
    unpacked = b"".join(pieces)
    if unpacked.startswith(GZIP_MAGIC):
        raise Invalid(f"{name} is packed twice.", hint="Send the file packed once, or as it is.")
    return unpacked


def _within(content: bytes, name: str, limits: Limits) -> bytes:
    if len(content) > limits.max_bytes:
        raise _too_large(name, limits, "holds")
    return content


def _too_large(name: str, limits: Limits, verb: str) -> TooLarge:
    return TooLarge(
        f"{name} {verb} more than {limits.max_bytes / 1e6:.0f} MB, nothing of it was taken.",
        hint="Split the file by day or by meter, or raise COUNTERSIGN_INGEST_MAX_MB.",
    )


def too_many_rows(name: str, limits: Limits) -> TooLarge:
    """The refusal of a file with more rows than the limit."""
    return TooLarge(
        f"{name} holds more than {limits.max_rows:,} reads, nothing of it was taken.",
        hint="Split the file by day or by meter, or raise COUNTERSIGN_INGEST_MAX_ROWS.",
    )
