"""What a check found, and how much a package may be."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One fault. An error keeps a package from being imported or from running; a warning may.

    Attributes:
        code: UPPER_SNAKE, stable.
        says: what is wrong, in words.
        where: the file, the item or the line that it concerns; empty for the whole package.
    """

    severity: Literal["error", "warning"]
    code: str
    says: str
    where: str = ""


@dataclass(frozen=True)
class Limits:
    """How much is looked at before a package is refused. Bytes, and files by number."""

    packed_bytes: int = 512 * 2**20
    unpacked_bytes: int = 1024 * 2**20
    files: int = 10_000
    directory_bytes: int = 8 * 2**20
    manifest_bytes: int = 10 * 2**20
    # Unpacked to packed. Texts reach about ten; only what is made to burst passes a hundred.
    ratio: int = 100
    ratio_from_bytes: int = 16 * 2**20


def error(code: str, says: str, where: str = "") -> Finding:
    """A fault that keeps the package from working."""
    return Finding("error", code, says, where)


def warning(code: str, says: str, where: str = "") -> Finding:
    """A fault with which many an LMS lives."""
    return Finding("warning", code, says, where)
