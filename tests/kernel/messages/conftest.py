"""A tenant whose people are told by a real mail server."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from domain.kernel.settings import settings
from tests.conftest import Database
from tests.kernel.messages.receivers import Mailbox, Receiver, mail_server, receiver
from tests.makers import make_tenant


@pytest.fixture
def mailbox(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    make_tenant("T")
    with mail_server() as box:
        monkeypatch.setenv("COUNTERSIGN_EMAIL_URL", box.url)
        monkeypatch.setenv("COUNTERSIGN_PUBLIC_URL", "https://countersign.example")
        settings.cache_clear()
        yield box


@pytest.fixture
def hook(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiver() as made:
        monkeypatch.setenv("COUNTERSIGN_WEBHOOK_ALLOW_PRIVATE", "true")
        settings.cache_clear()
        yield made


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """A Dagster instance of its own, for what a sensor tells."""
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides={"telemetry": {"enabled": False}}) as made:
        yield made
