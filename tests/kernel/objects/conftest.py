"""The store of a test: local files, or S3; the settings say which."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from domain.kernel.objects.chosen import open_store
from domain.kernel.objects.store import Store
from domain.kernel.settings import settings
from tests.kernel.objects.stores import CREDENTIALS, bucket_server, url_of


@pytest.fixture(scope="module")
def s3_server() -> Iterator[ThreadedMotoServer]:
    """One for each module: what mocks S3 elsewhere empties every server of the process."""
    server = bucket_server()
    yield server
    server.stop()


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("COUNTERSIGN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("S3_BUCKET_NAME", raising=False)
    settings.cache_clear()
    yield open_store()
    settings.cache_clear()


@pytest.fixture
def in_s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3_server: ThreadedMotoServer) -> Iterator[Store]:
    monkeypatch.setenv("COUNTERSIGN_HOME", str(tmp_path / "home"))
    for name, value in (CREDENTIALS | {"S3_ENDPOINT_URL": url_of(s3_server)}).items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield open_store()
    settings.cache_clear()


@pytest.fixture(params=["local", "in_s3"])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(request.param)
    return found
