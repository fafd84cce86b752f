"""How old the reads are that a page speaks of, and, where they are stale, what was last tried."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from domain.grid.metering.store.batches import recent_batches
from domain.grid.metering.store.jobs import recent_jobs
from domain.kernel.clock import utc_now

STALE_AFTER = timedelta(hours=1)
WORDS = {
    "done": "done",
    "refused": "refused",
    "failed": "failed",
    "running": "not ended yet",
    "queued": "not begun yet",
}
KINDS = {
    "upload": "a file",
    "publish-once": "emulated reads",
    "publish-window": "emulated reads by schedule",
    "publish-day": "a day of emulated reads",
}


@dataclass(frozen=True)
class Freshness:
    """Of one tenant at one time.

    Attributes:
        end: the end of the last interval with reads.
        age: since then; below nothing where reads are ahead of the clock.
        loaded: the latest load, where the reads are stale.
        tried: the latest job that was to bring reads, where the reads are stale.
    """

    end: datetime
    age: timedelta
    loaded: dict[str, Any] | None = None
    tried: dict[str, Any] | None = None

    @property
    def is_stale(self) -> bool:
        """Whether the page must say so."""
        return self.age > STALE_AFTER

    @property
    def attempt(self) -> str:
        """What was tried, in words; nothing where loads came in without a job."""
        if self.tried is None:
            return ""
        return f"{KINDS.get(self.tried['kind'], self.tried['kind'])}, {WORDS.get(self.tried['status'], '')}"


def freshness(connection: Connection, end: datetime | None) -> Freshness | None:
    """None before the first reads; what was tried is asked for only where the page will say it."""
    if end is None:
        return None
    age = utc_now() - end
    if age <= STALE_AFTER:
        return Freshness(end, age)
    loads, _ = recent_batches(connection, 1)
    return Freshness(end, age, next(iter(loads), None), next(iter(recent_jobs(connection, 1)), None))
