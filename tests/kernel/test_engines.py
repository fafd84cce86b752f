"""Engines: one for each address, whoever asks first; a twin would hold connections that nobody closes."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

from api import limits
from domain.kernel import db, idempotency
from domain.kernel.db import OneEngine

ADDRESS = "postgresql+psycopg://nobody@localhost/nowhere"
CALLERS = 8


def asked_at_once(ask: Callable[[], Engine]) -> list[Engine]:
    barrier, got = threading.Barrier(CALLERS), []

    def go() -> None:
        barrier.wait()
        got.append(ask())

    threads = [threading.Thread(target=go) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_several_threads_that_ask_first_get_one_engine() -> None:
    made: list[str] = []

    @OneEngine
    def slowly(url: str) -> Engine:
        made.append(url)
        time.sleep(0.05)
        return create_engine(url)

    got = asked_at_once(lambda: slowly(ADDRESS))
    assert (len(got), len(set(map(id, got))), made) == (CALLERS, 1, [ADDRESS])
    assert slowly(ADDRESS + "2") is not got[0]
    slowly.cache_clear()
    assert slowly(ADDRESS) is not got[0]


@pytest.mark.parametrize("keeper", [db.engine_for, limits._engine, idempotency._engine])
def test_every_engine_of_the_house_is_kept_so(keeper: Any) -> None:
    assert isinstance(keeper, OneEngine)
