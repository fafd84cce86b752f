"""Links into a bucket: made with version 4, never longer than the credentials live. That they are refused when they
are forged or have ended is S3's own promise; docs/limits.md says so.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import httpx
import pytest
from botocore.credentials import RefreshableCredentials
from botocore.session import get_session

from domain.kernel.errors import Unavailable
from domain.kernel.events import redact
from domain.kernel.objects.chosen import credentials_of, open_store
from domain.kernel.objects.s3 import S3Store
from domain.kernel.objects.store import Target
from domain.kernel.settings import settings
from tests.kernel.objects.stores import BUCKET
from tests.kernel.objects.test_store import KEY, put

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TARGET = Target(KEY, 5, "application/pdf", "report.pdf")


def test_a_link_opens_the_object_with_its_type_and_name(in_s3: S3Store) -> None:
    put(in_s3, b"hello")
    with httpx.Client(trust_env=False) as client:
        answer = client.get(in_s3.link("T", TARGET, NOW).url)
    assert answer.content == b"hello"
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="report.pdf"'


def test_a_link_is_signed_with_version_4_for_its_time(in_s3: S3Store) -> None:
    link = in_s3.link("T", TARGET, NOW, timedelta(hours=1))
    query = parse_qs(urlsplit(link.url).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["3600"]
    assert f"/{BUCKET}/reports/{KEY}" in link.url
    assert link.warning is None
    assert query["X-Amz-Signature"][0] not in redact(link.url)
    assert "testing" not in redact(link.url)


def test_a_link_ends_with_the_credentials_and_says_so(in_s3: S3Store) -> None:
    ending = replace(in_s3, credentials_end_at=NOW + timedelta(minutes=50))
    link = ending.link("T", TARGET, NOW)
    assert link.expires_at == NOW + timedelta(minutes=50)
    assert parse_qs(urlsplit(link.url).query)["X-Amz-Expires"] == ["3000"]
    assert "2026-11-20T12:50:00Z" in (link.warning or "")
    assert replace(ending, credentials_end_at=NOW + timedelta(days=8)).link("T", TARGET, NOW).warning is None


def test_temporary_credentials_without_an_end_are_warned_about(in_s3: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of a role")
    settings.cache_clear()
    store = open_store()
    assert isinstance(store, S3Store)
    assert "temporary" in (store.link("T", TARGET, NOW).warning or "")


def test_the_end_of_a_roles_credentials_is_found() -> None:
    ends = datetime.now(UTC) + timedelta(hours=1)
    facts = {"access_key": "k", "secret_key": "s", "token": "t", "expiry_time": ends.isoformat()}
    session = get_session()
    session._credentials = RefreshableCredentials.create_from_metadata(facts, lambda: facts, "role")
    client: Any = boto3.session.Session(botocore_session=session).client("s3", region_name="us-east-1")
    assert credentials_of(client) == (ends, True)
    client.close()


def test_a_longer_life_than_signatures_have_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    from pydantic import ValidationError

    from domain.kernel.settings import Settings

    monkeypatch.setenv("S3_SIGNED_URL_TTL_SECONDS", "604801")
    with pytest.raises(ValidationError):
        Settings()


def test_without_any_credentials_no_link_is_made(in_s3: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    settings.cache_clear()
    with pytest.raises(Unavailable):
        open_store().link("T", TARGET, NOW)
