"""A disk that is full and a process that dies while it writes: a file is there whole or not at all."""

import io
import os
import resource
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from domain.kernel.errors import Unavailable
from domain.kernel.keyfile import keep_bytes_once
from domain.kernel.objects.local import INCOMING, LocalStore
from tests.faults.table import Table

KEY = "T/evidence/one"
PUT = """
import io, resource, signal, sys
from datetime import timedelta
from pathlib import Path
from domain.kernel.errors import Unavailable
from domain.kernel.objects.local import LocalStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
try:
    LocalStore(Path(sys.argv[1]), timedelta(days=1)).put("T/evidence/one", io.BytesIO(b"x" * 200000), "text/plain")
except Unavailable as refused:
    print(refused.code)
"""
SLOWLY = """
import sys, time
from datetime import timedelta
from pathlib import Path
from domain.kernel.objects.local import LocalStore
class Slow:
    left = 400
    def read(self, size=-1):
        Slow.left -= 1
        time.sleep(0.002)
        sys.stdout.write("."); sys.stdout.flush()
        return b"y" * 4096 if Slow.left > 0 else b""
LocalStore(Path(sys.argv[1]), timedelta(days=1)).put("T/evidence/one", Slow(), "text/plain")
"""


def store(root: Path) -> LocalStore:
    return LocalStore(root, timedelta(days=1))


def kept(root: Path) -> bytes | None:
    if store(root).size_bytes(KEY) is None:
        return None
    with store(root).open(KEY) as handle:
        return handle.read()


@pytest.mark.parametrize("before", [None, b"the former bytes"])
def test_a_full_disk_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path, before: bytes | None) -> None:
    if before is not None:
        store(tmp_path).put(KEY, io.BytesIO(before), "text/plain")
    done = subprocess.run([sys.executable, "-c", PUT, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "OBJECT_STORE", done.stderr
    assert kept(tmp_path) == before
    assert list((tmp_path / INCOMING).iterdir()) == []


@pytest.mark.parametrize("times", [3, pytest.param(60, marks=pytest.mark.soak)])
def test_a_writer_that_is_killed_leaves_the_former_bytes(tmp_path: Path, table: Table, times: int) -> None:
    store(tmp_path).put(KEY, io.BytesIO(b"the former bytes"), "text/plain")
    for nth in range(times):
        child = subprocess.Popen([sys.executable, "-c", SLOWLY, str(tmp_path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.read(1)
        time.sleep(0.01 * (nth % 7))
        child.send_signal(signal.SIGKILL)
        child.wait(30)
        child.stdout.close()
        assert kept(tmp_path) == b"the former bytes"
    again = io.BytesIO(b"whole")
    store(tmp_path).put(KEY, again, "text/plain")
    assert kept(tmp_path) == b"whole"
    table.add("kill -9 of a writer of a file, half-way", faults=times, checks=times + 1)


def test_a_key_is_kept_once_and_whole_where_the_disk_is_full(tmp_path: Path) -> None:
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, former[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            keep_bytes_once(tmp_path / "key", os.urandom(64))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []
    keep_bytes_once(tmp_path / "key", b"k" * 64)
    keep_bytes_once(tmp_path / "key", b"another")
    assert (tmp_path / "key").read_bytes() == b"k" * 64


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises((Unavailable, OSError)):
        store(tmp_path / "file").put(KEY, io.BytesIO(b"x"), "text/plain")
