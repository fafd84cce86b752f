"""A link of a local store opens one object for a while; nobody can make one or change a character of one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from domain.kernel.errors import Forbidden, NotConfigured
from domain.kernel.events import redact
from domain.kernel.objects.links import check_link, key_path, signed_path
from domain.kernel.objects.store import Target
from domain.kernel.settings import settings

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
END = NOW + timedelta(days=7)
TARGET = Target("T/ab/abcdef", 6, "application/pdf", "report.pdf")
pytestmark = pytest.mark.usefixtures("local")


def parts(path: str) -> tuple[str, dict[str, str]]:
    split = urlsplit(path)
    return unquote(split.path).removeprefix("/objects/"), dict(parse_qsl(split.query, keep_blank_values=True))


def refused(key: str, query: dict[str, str], now: datetime = NOW) -> str:
    with pytest.raises(Forbidden) as caught:
        check_link(key, query, now)
    return caught.value.code


def test_a_link_leads_to_what_it_was_made_for_until_it_ends() -> None:
    key, query = parts(signed_path("T", TARGET, END))
    assert check_link(key, query, NOW) == TARGET
    assert check_link(key, query, END - timedelta(seconds=1)) == TARGET
    assert refused(key, query, END) == "LINK_EXPIRED"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("expires", str(int(END.timestamp()) + 1)),
        ("expires", "９９９９９９９９９９"),
        ("expires", "9" * 40),
        ("expires", ""),
        ("tenant", "U"),
        ("tenant", "t"),
        ("tenant", ""),
        ("size", "7"),
        ("size", "-6"),
        ("type", "text/html"),
        ("name", "other.pdf"),
        ("signature", "0" * 64),
        ("signature", ""),
        ("signature", "é"),
    ],
)
def test_a_changed_link_is_refused(name: str, value: str) -> None:
    key, query = parts(signed_path("T", TARGET, END))
    assert refused(key, query | {name: value}) == "LINK_INVALID"


@pytest.mark.parametrize("key", ["U/ab/abcdef", "T/ab/abcdee", "T/../U/x", "T/ab/../ab/abcdef", "", "/etc/passwd"])
def test_a_signature_is_good_for_its_own_key_alone(key: str) -> None:
    assert refused(key, parts(signed_path("T", TARGET, END))[1]) == "LINK_INVALID"


@pytest.mark.parametrize("name", ["expires", "tenant", "size", "type", "name", "signature"])
def test_a_link_with_a_part_missing_is_refused(name: str) -> None:
    key, query = parts(signed_path("T", TARGET, END))
    assert refused(key, {other: value for other, value in query.items() if other != name}) == "LINK_INVALID"


@hypothesis_settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=300)
@given(
    key=st.text(max_size=30),
    query=st.dictionaries(
        st.sampled_from(["expires", "tenant", "size", "type", "name", "signature"]), st.text(max_size=20)
    ),
)
def test_whatever_is_sent_is_refused_calmly(key: str, query: dict[str, str]) -> None:
    assert refused(key, query) == "LINK_INVALID"


def test_another_copy_does_not_take_the_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, query = parts(signed_path("T", TARGET, END))
    monkeypatch.setenv("COUNTERSIGN_HOME", str(tmp_path / "other"))
    settings.cache_clear()
    assert refused(key, query) == "LINK_INVALID"


def test_the_secret_is_for_this_user_alone_and_made_once() -> None:
    signed_path("T", TARGET, END)
    first = key_path().read_bytes()
    signed_path("T", TARGET, END)
    assert (len(first), key_path().read_bytes()) == (32, first)
    assert key_path().stat().st_mode & 0o777 == 0o600


def test_an_empty_secret_signs_and_opens_nothing() -> None:
    key, query = parts(signed_path("T", TARGET, END))
    key_path().write_bytes(b"")
    with pytest.raises(NotConfigured):
        signed_path("T", TARGET, END)
    with pytest.raises(NotConfigured):
        check_link(key, query, NOW)


def test_a_link_in_a_text_is_kept_without_its_signature() -> None:
    path = signed_path("T", TARGET, END)
    assert parts(path)[1]["signature"] not in redact(f"see {path}")
