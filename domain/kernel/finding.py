"""What an audit answers: a room measures, says it in one sentence, and changes nothing."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """The finding of one audit.

    Attributes:
        passed: whether all is as it must be.
        says: the finding in one sentence.
        is_error: a failed audit means wrong data, not only something to look at.
        figures: numbers behind it.
        rows: at most 20 rows behind it.
    """

    passed: bool
    says: str
    is_error: bool = True
    figures: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
