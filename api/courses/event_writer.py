"""Group commit for learner events: batches that arrive while one group is being kept make up the next.

Nothing is answered before its commit, and nothing waits but for that: a batch that comes alone is kept at once. Groups
are of one tenant. Where a group fails, each of its batches is tried alone, so that one that cannot be kept takes no
other with it.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fastapi.concurrency import run_in_threadpool

from domain.courses.insight.observe.ingest import Asked, Ingested, ingest
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from domain.kernel.errors import Unavailable

# Groups that may be under way at once: one inserts while the other waits for the disk.
AT_ONCE = 2
MOST_BATCHES = 64
MOST_WAITING = 2_000
Keep = Callable[[str, Sequence[Asked]], list[Ingested]]


@dataclass(eq=False)
class _Waiting:
    asked: Asked
    done: asyncio.Future[Ingested]


def keep(tenant_id: str, asked: Sequence[Asked]) -> list[Ingested]:
    """Keep a group of batches in one transaction."""
    with transaction(tenant_id) as connection:
        return ingest(connection, tenant_id, asked, utc_now())


@dataclass(eq=False)
class EventWriter:
    """One for each process; used from its event loop alone."""

    keep: Keep = keep
    waiting: dict[str, deque[_Waiting]] = field(default_factory=dict)
    under_way: set[asyncio.Task[None]] = field(default_factory=set)

    async def kept(self, tenant_id: str, asked: Asked) -> Ingested:
        """Keep a batch; answers when it is committed.

        Raises:
            Unavailable: too many wait, or the database does not answer; nothing was kept.
        """
        if sum(map(len, self.waiting.values())) >= MOST_WAITING:
            raise Unavailable("Too many events wait to be kept; nothing was kept.", hint="Send them again in a minute.")
        mine = _Waiting(asked, asyncio.get_running_loop().create_future())
        self.waiting.setdefault(tenant_id, deque()).append(mine)
        self._start()
        return await mine.done

    def _start(self) -> None:
        self.under_way = {task for task in self.under_way if not task.done()}
        while self.waiting and len(self.under_way) < AT_ONCE:
            tenant_id = next(iter(self.waiting))
            # Taken out and put back at the end: tenants take turns.
            queue = self.waiting.pop(tenant_id)
            group = [queue.popleft() for _ in range(min(len(queue), MOST_BATCHES))]
            if queue:
                self.waiting[tenant_id] = queue
            task = asyncio.create_task(self._write(tenant_id, group))
            self.under_way.add(task)
            task.add_done_callback(lambda _: self._start())

    async def _write(self, tenant_id: str, group: Sequence[_Waiting]) -> None:
        try:
            done = await run_in_threadpool(self.keep, tenant_id, [one.asked for one in group])
        except Exception as cause:
            if len(group) == 1:
                _fail(group[0], cause)
                return
            for one in group:
                await self._write(tenant_id, [one])
            return
        for one, found in zip(group, done, strict=True):
            if not one.done.done():
                one.done.set_result(found)


def _fail(one: _Waiting, cause: Exception) -> None:
    if not one.done.done():
        one.done.set_exception(cause)
