"""How many within a sliding window, and when the next fits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Window:
    """At most `times` within any span of that length."""

    times: int
    span: timedelta

    def left(self, given: Iterable[datetime], now: datetime) -> int:
        """How many more fit now."""
        return max(0, self.times - len(self._recent(given, now)))

    def retry_after_s(self, given: Iterable[datetime], now: datetime) -> int:
        """Whole seconds until the next fits; 0 where it fits now, else at least 1."""
        recent = self._recent(given, now)
        if len(recent) < self.times:
            return 0
        # As many must leave the window as make room for one; the last of them says when.
        leaves = recent[len(recent) - self.times] + self.span
        return max(1, -((now - leaves) // SECOND))

    def _recent(self, given: Iterable[datetime], now: datetime) -> list[datetime]:
        return sorted(at for at in given if at > now - self.span)


# PDF and packages for other systems together, for one learner and course.
EXPORTS = Window(3, timedelta(minutes=10))
