"""The promises of a store, on local files and on S3 alike."""

import io
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from domain.kernel.errors import Invalid, NotFound, Unavailable
from domain.kernel.objects.local import ABANDONED_AFTER_S, INCOMING, LocalStore
from domain.kernel.objects.store import Store, Target, check_key
from domain.kernel.settings import settings
from tests.conftest import ROOT
from tests.kernel.objects.stores import WEEK, files_of

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KEY = "T/ab/abcdef"
ELSEWHERE = [
    "",
    "T",
    "/T/x",
    "T//x",
    "T/../U/x",
    "T/..",
    "../T/x",
    "T/x/",
    "T/.hidden",
    "T/a\\b",
    "T/a b",
    "T/\x00",
    "T/é",
]


def put(store: Store, data: bytes, key: str = KEY) -> None:
    store.put(key, io.BytesIO(data), "application/pdf")


def read(store: Store, key: str = KEY) -> bytes:
    with store.open(key) as handle:
        return handle.read()


@pytest.mark.parametrize("size", [0, 1, 3 * 1024 * 1024 + 7, 20 * 1024 * 1024])
def test_what_is_put_is_read_back(store: Store, size: int) -> None:
    data = os.urandom(size)
    put(store, data)
    assert read(store) == data
    assert store.size_bytes(KEY) == size


def test_what_is_not_there_is_missing(store: Store) -> None:
    assert store.size_bytes("T/no/thing") is None
    with pytest.raises(NotFound), store.open("T/no/thing"):
        pass


def test_a_second_put_replaces_as_a_whole(store: Store) -> None:
    put(store, b"first, and longer")
    put(store, b"second")
    assert read(store) == b"second"


@pytest.mark.parametrize("key", ELSEWHERE)
def test_a_key_that_leads_elsewhere_is_refused(store: Store, key: str) -> None:
    for act in (lambda: put(store, b"x", key), lambda: store.size_bytes(key), lambda: read(store, key)):
        with pytest.raises(Invalid):
            act()


@hypothesis_settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(st.text(st.sampled_from("aZ0._-/\\ \x00é%"), max_size=20))
def test_no_key_leaves_its_folder(key: str) -> None:
    root = Path("/store")
    try:
        found = LocalStore(root, WEEK).path(check_key(key))
    except Invalid:
        return
    assert Path(os.path.normpath(found)).is_relative_to(root)
    assert found.relative_to(root).parts[0] != INCOMING


def test_a_link_to_another_tenants_object_is_not_made(store: Store) -> None:
    with pytest.raises(Invalid) as caught:
        store.link("U", Target(KEY, 1, "application/pdf", "a.pdf"), NOW)
    assert caught.value.code == "OTHER_TENANT"
    with pytest.raises(Invalid):
        store.link("T", Target("TT/ab/abcdef", 1, "application/pdf", "a.pdf"), NOW)


def test_a_link_lasts_as_long_as_is_set(store: Store) -> None:
    target = Target(KEY, 1, "application/pdf", "a.pdf")
    assert store.link("T", target, NOW).expires_at == NOW + WEEK
    assert store.link("T", target, NOW, timedelta(hours=1)).expires_at == NOW + timedelta(hours=1)


def test_a_store_answers_that_it_is_there(store: Store) -> None:
    settings().home_path.mkdir(parents=True, exist_ok=True)
    store.probe()


def test_a_source_that_breaks_leaves_nothing(local: LocalStore) -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(10)

    with pytest.raises(Unavailable):
        local.put(KEY, Broken(b"x" * 100), "text/plain")
    assert local.size_bytes(KEY) is None
    assert files_of(local.root) == []


def test_a_full_disk_leaves_nothing_half_written_and_keeps_what_stood(local: LocalStore) -> None:
    """The kernel itself refuses to let the file grow, as a full disk does."""
    put(local, b"stands")
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            put(local, b"y" * 5000)
        except Unavailable as error:
            os._exit(7 if error.code == "OBJECT_STORE" else 1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert read(local) == b"stands"
    assert files_of(local.root) == [KEY]


SLOW = """
import io, sys, time
from datetime import timedelta
from pathlib import Path
from domain.kernel.objects.local import LocalStore

class Slow(io.BytesIO):
    def read(self, size=-1):
        print("reading", flush=True)
        time.sleep(0.05)
        return b"z" * 1000

LocalStore(Path(sys.argv[1]), timedelta(days=1)).put("T/ab/abcdef", Slow(), "text/plain")
"""


def test_killed_half_way_the_key_holds_nothing_and_the_next_put_succeeds(local: LocalStore) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SLOW), str(local.root)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for _ in range(4):
        writer.stdout.readline()
    writer.kill()
    writer.wait()
    writer.stdout.close()
    assert local.size_bytes(KEY) is None
    (draft,) = (local.root / INCOMING).iterdir()
    put(local, b"whole")
    assert read(local) == b"whole"
    assert draft.exists()
    old = time.time() - ABANDONED_AFTER_S - 1
    os.utime(draft, (old, old))
    put(local, b"whole", "T/cd/next")
    assert files_of(local.root) == [KEY, "T/cd/next"]


def test_files_are_for_this_user_alone(local: LocalStore) -> None:
    put(local, b"x")
    path = local.path(KEY)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_bucket_that_does_not_answer_is_told(in_s3: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from domain.kernel.objects.chosen import open_store, s3_client

    monkeypatch.setenv("S3_BUCKET_NAME", "no-such-bucket")
    settings.cache_clear()
    other = open_store(s3_client(timeout_s=2))
    for act in (other.probe, lambda: put(other, b"x"), lambda: read(other)):
        with pytest.raises(Unavailable):
            act()
