"""An object store that is away, silent, slow, cut, or that does everything twice: a file is kept whole or not at all.

The store is a real server that speaks S3; what breaks is the wire to it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from moto.server import ThreadedMotoServer

from domain.kernel import artifacts
from domain.kernel.db import transaction
from domain.kernel.errors import CountersignError, NotFound, Unavailable
from domain.kernel.objects.chosen import ATTEMPTS, open_store
from domain.kernel.settings import settings
from tests.conftest import Database, application
from tests.faults.proxy import Wire
from tests.faults.table import Table
from tests.kernel.objects.conftest import s3_server
from tests.kernel.objects.stores import CREDENTIALS
from tests.makers import make_tenant

__all__ = ["s3_server"]
PATIENCE_S = 0.4
WHOLE = bytes(range(256)) * 800


def away(wire: Wire) -> None:
    wire.is_open = False


def silent(wire: Wire) -> None:
    wire.is_silent = True


def slow(wire: Wire) -> None:
    wire.slow_s = 0.1


def cut(wire: Wire) -> None:
    wire.cut_after = 50_000


def twice(wire: Wire) -> None:
    wire.is_doubled = True


def unheard(wire: Wire) -> None:
    """Each first answer is lost: what is asked again has been done already."""
    lost: list[bytes] = []

    def loses(piece: bytes) -> bool:
        head = piece.split(b"\r\n", 1)[0]
        if not head.endswith(b"HTTP/1.1") or lost.count(head) > 0:
            return False
        lost.append(head)
        return True

    wire.loses = loses


FAULTS: dict[str, tuple[Callable[[Wire], None], bool]] = {
    "away": (away, False),
    "silent": (silent, False),
    "slow": (slow, True),
    "cut in the midst of the bytes": (cut, False),
    "doing everything twice": (twice, True),
    "not heard at first": (unheard, True),
}


@pytest.fixture
def wire(s3_server: ThreadedMotoServer, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    host, port = s3_server.get_host_and_port()
    made = Wire(host, port)
    given = CREDENTIALS | {
        "S3_ENDPOINT_URL": f"http://127.0.0.1:{made.port}",
        "COUNTERSIGN_OBJECTS_TIMEOUT_S": str(PATIENCE_S),
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    make_tenant("T")
    yield made
    made.end()


def keep(content: bytes) -> UUID:
    with transaction("T") as connection:
        kept = artifacts.keep(
            connection,
            open_store(),
            content,
            kind="test",
            media_type="text/plain",
            made_from={"n": len(content)},
            actor_id="a",
        )
        return kept.artifact_id


def rows() -> list[UUID]:
    with transaction("T") as connection:
        return list(connection.exec_driver_sql("SELECT artifact_id FROM artifacts ORDER BY 1").scalars())


def whole(artifact_id: UUID, content: bytes) -> bool:
    with transaction("T") as connection:
        return artifacts.read(open_store(), artifacts.load(connection, artifact_id)) == content


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Nobody holds a transaction for longer than that."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


@pytest.mark.parametrize("name", FAULTS)
def test_a_file_is_kept_whole_or_not_at_all_and_nobody_waits_for_ever(wire: Wire, table: Table, name: str) -> None:
    breaks, is_kept = FAULTS[name]
    content = WHOLE + name.encode()
    standing = keep(WHOLE)
    breaks(wire)
    with within(12 * ATTEMPTS * PATIENCE_S):
        if is_kept:
            assert keep(content) in rows()
        else:
            with pytest.raises(Unavailable, match="does not answer as it should"):
                keep(content)
    broken = wire.broken
    wire.heal()
    assert rows() == [standing] or is_kept
    again = keep(content)
    assert keep(content) == again
    assert sorted(rows()) == sorted({standing, again})
    lost = [str(own) for own, bytes_ in ((standing, WHOLE), (again, content)) if not whole(own, bytes_)]
    table.add(f"object store {name}", faults=max(1, broken), checks=4, lost=lost)


def cut_on_the_way_back(wire: Wire) -> None:
    wire.cut_answers_after = 50_000


@pytest.mark.parametrize("breaks", [away, silent, cut_on_the_way_back])
def test_what_cannot_be_read_whole_is_not_handed_out(wire: Wire, breaks: Callable[[Wire], None]) -> None:
    kept = keep(WHOLE)
    breaks(wire)
    with pytest.raises(CountersignError) as refused, within(12 * ATTEMPTS * PATIENCE_S):
        whole(kept, WHOLE)
    assert isinstance(refused.value, Unavailable)
    assert not isinstance(refused.value, NotFound)


@pytest.mark.soak
def test_while_the_store_is_silent_people_are_answered_and_readiness_says_so(wire: Wire, tmp_path: Path) -> None:
    wire.is_silent = True
    with TestClient(application(), raise_server_exceptions=False) as client, within(20):
        assert client.get("/health/live").status_code == 200
        told = client.get("/health/ready?without=dagster")
        assert (told.status_code, told.json()["checks"]["objects"]) == (503, "down")
        assert told.json()["checks"]["database"] == "ok"
