"""Named locks: one holder at a time over all processes and machines, and none for ever.

A lock is a row with its owner's token and an end by the database's clock. The holder renews it at a third of its time
to live, from a thread of its own; a holder that is killed holds it until that end and no longer. Whoever finds a lock
held does not wait and has not failed: the job says that it was skipped.
"""

import contextvars
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from domain.kernel.canonical import new_id
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, CountersignError
from domain.kernel.logs import logger

SKIPPED = {"skipped": True, "reason": "locked"}
TTL = timedelta(seconds=60)
SHORTEST_TTL = timedelta(milliseconds=300)
RENEWALS_PER_TTL = 3
log = logger("domain.kernel.locks")

_TAKE = text("""
INSERT INTO named_locks AS standing (name, owner, held_by, expires_at)
VALUES (:name, :owner, :held_by, clock_timestamp() + :ttl)
ON CONFLICT (tenant_id, name) DO UPDATE
  SET owner = EXCLUDED.owner, held_by = EXCLUDED.held_by, taken_at = clock_timestamp(),
    expires_at = clock_timestamp() + :ttl
  WHERE standing.expires_at <= clock_timestamp()
RETURNING owner
""")
_RENEW = text("""
UPDATE named_locks SET expires_at = clock_timestamp() + :ttl
WHERE name = :name AND owner = :owner AND expires_at > clock_timestamp()
""")
_RELEASE = text("DELETE FROM named_locks WHERE name = :name AND owner = :owner")


class Lock:
    """A lock that is held. It renews itself until it is released."""

    def __init__(self, tenant_id: str, name: str, owner: uuid.UUID, ttl: timedelta) -> None:
        self.tenant_id = tenant_id
        self.name = name
        self.owner = owner
        self._ttl = ttl
        self._done = threading.Event()
        inside = contextvars.copy_context()
        self._thread = threading.Thread(target=lambda: inside.run(self._keep), name=f"lock {name}", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Ask before an act that must not happen twice.

        Raises:
            Conflict: LOCK_LOST, another may hold it by now.
        """
        with transaction(self.tenant_id) as connection:
            renewed = connection.execute(_RENEW, self._binds()).rowcount
        if not renewed:
            raise Conflict(
                f"The lock {self.name} was lost while it was held; the work was stopped.",
                hint="Run it again; what was committed stands.",
                code="LOCK_LOST",
            )

    def release(self) -> None:
        """Give it back. A lock that another has taken over since is left alone."""
        self._done.set()
        self._thread.join()
        with transaction(self.tenant_id) as connection:
            connection.execute(_RELEASE, self._binds())

    def _keep(self) -> None:
        """Renew until released or lost; a database that does not answer once is asked again."""
        while not self._done.wait(self._ttl.total_seconds() / RENEWALS_PER_TTL):
            try:
                with transaction(self.tenant_id) as connection:
                    renewed = connection.execute(_RENEW, self._binds()).rowcount
            except (SQLAlchemyError, CountersignError):
                log.warning("lock.not_renewed", lock=self.name, tenant_id=self.tenant_id)
                continue
            if not renewed:
                log.warning("lock.lost", lock=self.name, tenant_id=self.tenant_id)
                return

    def _binds(self) -> dict[str, Any]:
        return {"name": self.name, "owner": self.owner, "ttl": self._ttl}


@contextmanager
def held(tenant_id: str, name: str, *, held_by: str, ttl: timedelta = TTL) -> Iterator[Lock | None]:
    """The lock for the length of the block, or None where another holds it.

    Args:
        tenant_id: whose lock; the same name in two tenants is two locks.
        name: what is locked, for example `retention.meter_reads`.
        held_by: who asks, for the one who looks.
        ttl: after how long without renewal it is free.
    """
    owner = new_id()
    binds = {"name": name, "owner": owner, "held_by": held_by, "ttl": max(ttl, SHORTEST_TTL)}
    with transaction(tenant_id) as connection:
        taken = connection.execute(_TAKE, binds).scalar_one_or_none()
    if taken != owner:
        yield None
        return
    lock = Lock(tenant_id, name, owner, max(ttl, SHORTEST_TTL))
    try:
        yield lock
    finally:
        lock.release()


def run_locked(
    tenant_id: str, name: str, work: Callable[[Lock], dict[str, Any]], *, held_by: str, ttl: timedelta = TTL
) -> dict[str, Any]:
    """What the work answers, or `{"skipped": true, "reason": "locked"}` where another is at it."""
    with held(tenant_id, name, held_by=held_by, ttl=ttl) as lock:
        return dict(SKIPPED) if lock is None else work(lock)
