"""Rate limits, kept in PostgreSQL so that every replica counts the same. A route asks last, just before its effect.

A sliding window made of two fixed ones: the former window counts for the share of it that still lies within the span.
"""

import math
from dataclasses import dataclass

from sqlalchemy import Engine, create_engine, text

from domain.kernel.db import OneEngine, sqlalchemy_url
from domain.kernel.errors import TooManyRequests
from domain.kernel.principal import Principal
from domain.kernel.settings import DbRole, settings

_COUNT = text("""
WITH now AS (
  SELECT clock_timestamp() AS at,
    date_bin(make_interval(secs => :span_s), clock_timestamp(), 'epoch') AS window_start
), hit AS (
  INSERT INTO rate_limits (bucket, window_start, hits) SELECT :bucket, window_start, 1 FROM now
  ON CONFLICT (bucket, window_start) DO UPDATE SET hits = rate_limits.hits + 1
  RETURNING hits
)
SELECT hit.hits, EXTRACT(epoch FROM now.at - now.window_start)::float AS elapsed_s,
  COALESCE((SELECT r.hits FROM rate_limits AS r WHERE r.bucket = :bucket
    AND r.window_start = now.window_start - make_interval(secs => :span_s)), 0) AS former
FROM now, hit
""")
_FORGET = text(
    "DELETE FROM rate_limits WHERE bucket = :bucket AND window_start < now() - make_interval(secs => 2 * :span_s)"
)


@dataclass(frozen=True)
class Limit:
    """How often one caller may use one door.

    Attributes:
        door: name of what is limited, such as `grid.export`.
        times: how often within the span.
        span_s: the span in seconds.
    """

    door: str
    times: int
    span_s: int = 60


class _Refused(Exception):
    """Rolls the count back: a refused call does not use up the next one."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s


def spend(principal: Principal, limit: Limit) -> None:
    """Count one use by the caller, or refuse.

    Raises:
        TooManyRequests: with the seconds to wait.
    """
    _spend(f"{limit.door}|{principal.tenant_id}|{principal.id}", limit)


def spend_anonymously(tenant_id: str, limit: Limit) -> None:
    """Count one use by callers who are not known; they share what the tenant's public door allows.

    Raises:
        TooManyRequests: with the seconds to wait.
    """
    _spend(f"{limit.door}|{tenant_id}|anyone", limit)


def _spend(bucket: str, limit: Limit) -> None:
    try:
        with _engine(settings().url(DbRole.APP)).begin() as connection:
            row = connection.execute(_COUNT, {"bucket": bucket, "span_s": limit.span_s}).one()
            wait = wait_s(limit, row.hits, row.former, row.elapsed_s)
            if wait > 0:
                raise _Refused(wait)
            if row.hits == 1:
                connection.execute(_FORGET, {"bucket": bucket, "span_s": limit.span_s})
    except _Refused as refused:
        raise TooManyRequests(
            f"This was asked {limit.times} times within {limit.span_s} seconds, which is as often as it may be.",
            hint=f"Wait {math.ceil(refused.wait_s)} seconds.",
            retry_after_s=math.ceil(refused.wait_s),
        ) from None


def wait_s(limit: Limit, hits: int, former: int, elapsed_s: float) -> float:
    """Seconds until a use fits; 0 when it fits now.

    Args:
        limit: what is allowed.
        hits: uses in the running window, this one included.
        former: uses in the window before it.
        elapsed_s: how far into the running window we are.
    """
    span = float(limit.span_s)
    elapsed = min(max(elapsed_s, 0.0), span)
    if former * (1 - elapsed / span) + hits <= limit.times:
        return 0.0
    if hits <= limit.times:
        # Wait until enough of the former window has slid out.
        return max(span * (1 - (limit.times - hits) / former) - elapsed, 0.001)
    earlier = hits - 1
    return (span - elapsed) + span * (1 - (limit.times - 1) / earlier)


@OneEngine
def _engine(url: str) -> Engine:
    """A small pool of its own: a request that already holds a connection must not wait for a second of the same."""
    return create_engine(sqlalchemy_url(url), pool_size=2, max_overflow=3, pool_pre_ping=True, hide_parameters=True)
