"""Group commit of learner events: nothing answered before it is kept, nothing lost to a neighbour, tenants in turn."""

import asyncio
from collections.abc import Sequence

import pytest

from api.courses import event_writer
from api.courses.event_writer import EventWriter
from api.recent import RecentCallers
from domain.courses.insight.observe.ingest import Asked, Ingested
from domain.courses.insight.rules.incoming import Batch
from domain.kernel.errors import Unavailable
from domain.kernel.principal import Kind, Principal

EMPTY = Batch((), (), (), (), 0)


class Store:
    """Keeps what it is given, slowly; refuses groups that hold a batch of somebody named `poison`."""

    def __init__(self) -> None:
        self.groups: list[tuple[str, list[str | None]]] = []

    def keep(self, tenant_id: str, asked: Sequence[Asked]) -> list[Ingested]:
        users = [one.user_id for one in asked]
        self.groups.append((tenant_id, users))
        if "poison" in users:
            raise Unavailable("No.")
        return [Ingested(int(user or 0), 0, ()) for user in users]


def asked(user: object) -> Asked:
    return Asked(str(user), EMPTY)


def test_what_arrives_together_is_kept_together_and_each_gets_its_own_answer() -> None:
    store = Store()

    async def many() -> list[Ingested]:
        writer = EventWriter(store.keep)
        return await asyncio.gather(*(writer.kept("A", asked(n)) for n in range(200)))

    assert [one.accepted for one in asyncio.run(many())] == list(range(200))
    assert len(store.groups) < 20
    assert max(len(users) for _, users in store.groups) == event_writer.MOST_BATCHES


def test_a_batch_that_cannot_be_kept_takes_no_other_with_it() -> None:
    store = Store()

    async def many() -> list[Ingested | BaseException]:
        writer = EventWriter(store.keep)
        given = (*range(9), "poison", *range(9))
        return await asyncio.gather(*(writer.kept("A", asked(one)) for one in given), return_exceptions=True)

    answers = asyncio.run(many())
    assert [one for one in answers if isinstance(one, BaseException)] == [answers[9]]
    assert isinstance(answers[9], Unavailable)


def test_a_caller_who_hangs_up_hinders_nobody() -> None:
    async def two() -> int:
        writer = EventWriter(Store().keep)
        gone = asyncio.create_task(writer.kept("A", asked(1)))
        await asyncio.sleep(0)
        gone.cancel()
        return (await writer.kept("A", asked(2))).accepted

    assert asyncio.run(two()) == 2


def test_tenants_take_turns_and_never_share_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    # One group at a time: with two under way, which thread is noted first would be chance.
    monkeypatch.setattr(event_writer, "AT_ONCE", 1)
    store = Store()

    async def many() -> None:
        writer = EventWriter(store.keep)
        of_many = [writer.kept("MANY", asked(n)) for n in range(400)]
        await asyncio.gather(*of_many, writer.kept("ONE", asked(1)))

    asyncio.run(many())
    turns = [tenant for tenant, _ in store.groups]
    assert turns.index("ONE") <= 2
    assert sum(len(users) for tenant, users in store.groups if tenant == "MANY") == 400


def test_where_too_many_wait_the_next_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_writer, "MOST_WAITING", 3)

    async def many() -> list[Ingested | BaseException]:
        writer = EventWriter(Store().keep)
        return await asyncio.gather(*(writer.kept("A", asked(n)) for n in range(9)), return_exceptions=True)

    refused = [one for one in asyncio.run(many()) if isinstance(one, BaseException)]
    assert refused
    assert all(isinstance(one, Unavailable) for one in refused)


def test_who_was_found_is_forgotten_after_its_seconds() -> None:
    now = [100.0]
    recent = RecentCallers(lambda: now[0], most=2)
    ann, ben = (Principal(Kind.PERSON, name, name, "A", roles=frozenset()) for name in ("ann", "ben"))
    recent.put("token", "s", ann)
    recent.put("cookie", "s", ben)
    assert (recent.get("token", "s", 5), recent.get("cookie", "s", 5), recent.get("token", "t", 5)) == (ann, ben, None)
    now[0] += 5.1
    assert recent.get("token", "s", 5) is None
    recent.put("token", "t", ben)
    assert recent.get("token", "s", 60) is None
    assert b"s" not in {key for key in recent.found if len(key) < 32}
