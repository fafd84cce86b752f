"""Lists in pages by key: where a page ended is where the next begins, whatever was added meanwhile."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.kernel.errors import Invalid

T = TypeVar("T")
LONGEST_CURSOR = 1000


@dataclass(frozen=True)
class Listed(Generic[T]):
    """One page of a list, and the cursor of the next; None at the end."""

    rows: list[T]
    next_cursor: str | None


def page_of(found: Sequence[T], limit: int, key: Callable[[T], Sequence[str]]) -> Listed[T]:
    """A page out of up to `limit` + 1 rows that were found; `key` is what the list is ordered by."""
    rows = list(found[:limit])
    return Listed(rows, write_cursor(key(rows[-1])) if len(found) > limit else None)


def write_cursor(values: Sequence[str]) -> str:
    """The key of a row as text for an address."""
    return base64.urlsafe_b64encode(json.dumps(list(values)).encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, members: int) -> list[str] | None:
    """The key that a page ended with; None for the first page.

    Raises:
        Invalid: a cursor that no page gave.
    """
    if not cursor:
        return None
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError("too long")
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != members:
            raise ValueError("another list's")
        if not all(isinstance(value, str) and "\x00" not in value for value in values):
            raise ValueError("not text")
    except (ValueError, binascii.Error) as cause:
        raise Invalid("The cursor is not one that a page gave.", hint="Leave it out to begin anew.") from cause
    return values
