"""Named locks: one holder over all processes, none for ever, by the database's clock alone."""

import inspect
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import text

from domain.kernel import locks
from domain.kernel.db import transaction, working_as
from domain.kernel.errors import Conflict
from domain.kernel.locks import SKIPPED, held, run_locked
from domain.kernel.settings import DbRole
from tests.conftest import ROOT, Database
from tests.makers import make_tenant

SHORT = timedelta(milliseconds=900)
HOLDER = """
import sys, time
from datetime import timedelta
from domain.kernel.locks import held

with held("T", sys.argv[1], held_by="child", ttl=timedelta(milliseconds=int(sys.argv[2]))) as lock:
    print("held" if lock else "locked", flush=True)
    if lock:
        sys.stdin.read()
print("released", flush=True)
"""


@pytest.fixture(autouse=True)
def tenants(database: Database) -> None:
    make_tenant("T")
    make_tenant("U")


def child(name: str, ttl: timedelta) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER), name, str(int(ttl.total_seconds() * 1000))],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.wait(20)
    process.stdout.close()


def is_free(name: str = "job", tenant: str = "T") -> bool:
    with held(tenant, name, held_by="test", ttl=SHORT) as lock:
        return lock is not None


def standing() -> list[tuple[str, str]]:
    with transaction("T") as connection:
        return [tuple(row) for row in connection.execute(text("SELECT name, held_by FROM named_locks ORDER BY name"))]


def test_another_process_is_skipped_while_it_is_held_and_not_after() -> None:
    holder = child("job", timedelta(seconds=30))
    assert said(holder) == "held"
    assert run_locked("T", "job", lambda _lock: {"done": 1}, held_by="test") == {"skipped": True, "reason": "locked"}
    assert is_free("another job")
    assert is_free("job", "U")
    end(holder)
    assert run_locked("T", "job", lambda _lock: {"done": 1}, held_by="test") == {"done": 1}
    assert standing() == []


def test_a_holder_that_lives_keeps_it_far_beyond_its_time() -> None:
    holder = child("job", SHORT)
    assert said(holder) == "held"
    deadline = time.monotonic() + 4 * SHORT.total_seconds()
    while time.monotonic() < deadline:
        assert not is_free()
        time.sleep(0.1)
    end(holder)
    assert is_free()


def test_a_holder_that_is_killed_holds_it_until_its_end_and_no_longer() -> None:
    holder = child("job", timedelta(seconds=2))
    assert said(holder) == "held"
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert not is_free()
    deadline = time.monotonic() + 15
    while not is_free():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    end(holder)


def test_of_twelve_at_once_one_gets_it() -> None:
    barrier, got = threading.Barrier(12), []

    def ask() -> None:
        barrier.wait()
        with held("T", "job", held_by="test") as lock:
            got.append(lock is not None)
            if lock:
                time.sleep(0.5)

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got.count(True) == 1


def test_only_its_owner_releases_it() -> None:
    """A holder that slept beyond its end and wakes does not take the lock from the one who has it now."""
    with held("T", "job", held_by="sleeper", ttl=SHORT) as sleeper:
        assert sleeper is not None
        sleeper._done.set()  # as a process that is stopped: it renews no more
        time.sleep(SHORT.total_seconds() + 0.2)
        late = child("job", timedelta(seconds=30))
        assert said(late) == "held"
        with pytest.raises(Conflict) as caught:
            sleeper.check()
        assert caught.value.code == "LOCK_LOST"
    assert standing() == [("job", "child")]
    assert not is_free()
    end(late)


def test_the_holder_can_ask_whether_it_still_holds_it() -> None:
    with held("T", "job", held_by="test") as lock:
        assert lock is not None
        lock.check()


def test_an_error_in_the_work_gives_it_back() -> None:
    def fails(_lock: object) -> dict[str, int]:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        run_locked("T", "job", fails, held_by="test")
    assert is_free()


def test_it_is_renewed_as_the_role_that_took_it() -> None:
    with working_as(DbRole.MACHINE), held("T", "job", held_by="test", ttl=SHORT) as lock:
        assert lock is not None
        time.sleep(2 * SHORT.total_seconds())
        lock.check()


def test_the_answer_of_a_skipped_job_is_not_shared() -> None:
    with held("T", "job", held_by="test"):
        run_locked("T", "job", lambda _lock: {}, held_by="test")["reason"] = "changed"
    assert SKIPPED == {"skipped": True, "reason": "locked"}


def test_no_clock_but_the_databases_decides() -> None:
    source = inspect.getsource(locks)
    assert source.count("clock_timestamp()") >= 5
    assert not re.search(r"\b(utc_now|time\.time|datetime\.now|now\(\)|CURRENT_TIMESTAMP)\b", source)
