"""Signing in at an issuer: the right person comes in once, and every bent answer is refused."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import text

from api import limits
from api.gate import SESSION_COOKIE
from api.kernel.sign_in_organisation import COOKIE
from domain.kernel import oidc, tokens
from domain.kernel.db import transaction
from domain.kernel.login import principal_of_session
from domain.kernel.people import ensure_person, set_active
from domain.kernel.settings import DbRole, settings
from tests.conftest import Database, application
from tests.grid.pages.forms import send
from tests.kernel.oidc.issuer import CLIENT, SECRET, Issuer, issuer
from tests.makers import make_tenant


@pytest.fixture
def there(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    make_tenant("T")
    make_tenant("U")
    ensure_person("T", "ada@example.org", "Ada", ["REVIEWER"])
    with issuer() as made:
        monkeypatch.setenv("COUNTERSIGN_OIDC_ISSUER", made.url)
        monkeypatch.setenv("COUNTERSIGN_OIDC_CLIENT_ID", CLIENT)
        monkeypatch.setenv("COUNTERSIGN_OIDC_CLIENT_SECRET", SECRET)
        settings.cache_clear()
        yield made
    limits._engine(settings().url(DbRole.APP)).dispose()


@pytest.fixture
def browser(there: Issuer) -> Iterator[TestClient]:
    app = application()
    with TestClient(app, headers={"Accept": "text/html"}, raise_server_exceptions=False) as made:
        yield made


def begin(browser: TestClient, back: str = "/me") -> str:
    answer = browser.get("/sign-in/organisation", params={"next": back}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def come_back(browser: TestClient, sent: dict[str, str]) -> Response:
    return browser.get("/sign-in/organisation/back", params=sent, follow_redirects=False)


def whole(browser: TestClient, there: Issuer) -> Response:
    return come_back(browser, there.authorize(begin(browser)))


def refused(answer: Response, browser: TestClient, status: int = 401) -> None:
    assert answer.status_code == status, answer.text
    assert SESSION_COOKIE not in browser.cookies
    assert "nobody was signed in" in answer.text or "Begin again" in answer.text
    with transaction("T", DbRole.OWNER) as connection:
        assert connection.execute(text("SELECT count(*) FROM login_sessions")).scalar() == 0


def test_the_person_of_a_verified_address_comes_in_and_goes_where_he_wanted(browser: TestClient, there: Issuer) -> None:
    assert "Sign in with your organisation" in browser.get("/sign-in").text
    answer = whole(browser, there)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    principal = principal_of_session(browser.cookies[SESSION_COOKIE])
    assert principal is not None
    assert (principal.name, principal.tenant_id, set(principal.roles)) == ("Ada", "T", {"REVIEWER"})
    assert COOKIE not in browser.cookies
    assert "your organisation" in browser.get("/me").text


def test_where_no_issuer_is_set_nothing_is_offered(database: Database) -> None:
    with TestClient(application(), headers={"Accept": "text/html"}) as made:
        assert "organisation" not in made.get("/sign-in").text
        assert made.get("/sign-in/organisation", follow_redirects=False).status_code == 503
    limits._engine(settings().url(DbRole.APP)).dispose()


@pytest.mark.parametrize(
    "bent",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"iss": "https://elsewhere.example"},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"iat": 4_102_444_800},
        {"sub": None},
        {"email": None},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
    ],
    ids=str,
)
def test_a_bent_answer_of_the_issuer_is_refused(browser: TestClient, there: Issuer, bent: dict[str, object]) -> None:
    there.claims = bent
    refused(whole(browser, there), browser)


def test_a_token_signed_by_another_key_is_refused(browser: TestClient, there: Issuer) -> None:
    there.signed_with = ec.generate_private_key(ec.SECP256R1())
    refused(whole(browser, there), browser)


def test_a_rotated_key_is_found(browser: TestClient, there: Issuer) -> None:
    assert whole(browser, there).status_code == 303
    browser.cookies.clear()
    there.rotate()
    tokens.key_client(f"{there.url}/keys").cooldown_duration = 0
    assert whole(browser, there).status_code == 303


def test_another_state_is_refused_and_the_code_is_not_spent(browser: TestClient, there: Issuer) -> None:
    sent = there.authorize(begin(browser))
    refused(come_back(browser, sent | {"state": "another"}), browser)
    assert there.token_calls == 0


def test_an_answer_is_used_once(browser: TestClient, there: Issuer) -> None:
    sent = there.authorize(begin(browser))
    cookie = browser.cookies[COOKIE]
    assert come_back(browser, sent).status_code == 303
    browser.cookies.clear()
    browser.cookies.set(COOKIE, cookie, path="/sign-in")
    again = come_back(browser, sent)
    assert again.status_code == 401
    assert SESSION_COOKIE not in browser.cookies
    assert there.token_calls == 1


def test_another_browser_cannot_use_the_answer(browser: TestClient, there: Issuer) -> None:
    sent = there.authorize(begin(browser))
    browser.cookies.clear()
    refused(come_back(browser, sent), browser)
    begin(browser)
    refused(come_back(browser, sent), browser)


def test_a_sign_in_that_took_too_long_is_over(
    browser: TestClient, there: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "LASTS", timedelta(seconds=-1))
    refused(whole(browser, there), browser)


@pytest.mark.parametrize("sent", [{}, {"error": "access_denied", "state": "x"}, {"code": "x"}, {"state": "x"}])
def test_what_the_issuer_did_not_grant_is_told_at_the_form(
    browser: TestClient, there: Issuer, sent: dict[str, str]
) -> None:
    begin(browser)
    refused(come_back(browser, sent), browser)


def test_a_code_that_the_issuer_does_not_know_is_refused(browser: TestClient, there: Issuer) -> None:
    sent = there.authorize(begin(browser))
    refused(come_back(browser, sent | {"code": "made-up"}), browser)


@pytest.mark.parametrize("kept_out", [False, True])
def test_who_was_not_invited_or_is_kept_out_does_not_come_in(
    browser: TestClient, there: Issuer, kept_out: bool
) -> None:
    if kept_out:
        ensure_person("T", "boss@example.org", "Boss", ["ADMIN"])
        set_active("T", ensure_person("T", "ada@example.org", "Ada", []).id, False)
    else:
        there.claims = {"email": "stranger@example.org"}
    refused(whole(browser, there), browser, 403)
    with transaction("T", DbRole.OWNER) as connection:
        known = connection.execute(text("SELECT count(*) FROM users WHERE email LIKE 'stranger%'")).scalar()
    assert known == 0


def test_who_belongs_to_several_tenants_chooses_one(browser: TestClient, there: Issuer) -> None:
    ensure_person("U", "ada@example.org", "Ada", ["OPERATOR"])
    asked = whole(browser, there)
    assert asked.status_code == 200
    assert "Utility T" in asked.text
    assert "Utility U" in asked.text
    chosen = browser.post("/sign-in/organisation/tenant", data={"tenant": "U"}, follow_redirects=False)
    assert chosen.status_code == 303, chosen.text
    principal = principal_of_session(browser.cookies[SESSION_COOKIE])
    assert principal is not None
    assert principal.tenant_id == "U"


def test_a_tenant_in_which_one_is_nobody_cannot_be_chosen(browser: TestClient, there: Issuer) -> None:
    make_tenant("V")
    ensure_person("U", "ada@example.org", "Ada", ["OPERATOR"])
    whole(browser, there)
    answer = browser.post("/sign-in/organisation/tenant", data={"tenant": "V"}, follow_redirects=False)
    assert answer.status_code == 403
    again = browser.post("/sign-in/organisation/tenant", data={"tenant": "T"}, follow_redirects=False)
    assert again.status_code == 401
    assert SESSION_COOKIE not in browser.cookies


@pytest.mark.parametrize(("claimed", "status"), [("U", 303), ("V", 403)])
def test_the_issuer_may_name_the_tenant(browser: TestClient, there: Issuer, claimed: str, status: int) -> None:
    ensure_person("U", "ada@example.org", "Ada", ["OPERATOR"])
    there.claims = {"tenant": claimed}
    assert whole(browser, there).status_code == status


def test_nobody_is_sent_to_another_site_after_signing_in(browser: TestClient, there: Issuer) -> None:
    answer = come_back(browser, there.authorize(begin(browser, "https://evil.example/")))
    assert answer.headers["location"].startswith("/")


def test_signing_out_offers_to_sign_out_of_the_organisation(browser: TestClient, there: Issuer) -> None:
    whole(browser, there)
    secret = browser.cookies[SESSION_COOKIE]
    answer = send(browser, "/me", "/sign-out")
    assert answer.status_code == 200  # type: ignore[attr-defined]
    assert f"{there.url}/logout?client_id={CLIENT}" in answer.text  # type: ignore[attr-defined]
    assert principal_of_session(secret) is None


def test_no_secret_of_a_sign_in_is_kept_in_the_clear(browser: TestClient, there: Issuer) -> None:
    sent = there.authorize(begin(browser))
    with transaction("T", DbRole.OWNER) as connection:
        kept = connection.execute(text("SELECT string_agg(s::text, ' ') FROM sign_ins AS s")).scalar_one()
    assert browser.cookies[COOKIE] not in kept
    assert sent["state"] not in kept


def test_an_issuer_that_is_another_than_the_one_that_is_set_is_refused(
    browser: TestClient, there: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_OIDC_ISSUER", f"{there.url}/")
    settings.cache_clear()
    assert browser.get("/sign-in/organisation", follow_redirects=False).status_code == 503
