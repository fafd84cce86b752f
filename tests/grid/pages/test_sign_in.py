"""Sessions of the pages: how they open, what they open, how they end."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.gate import SESSION_COOKIE
from api.kernel.sign_in import local_path
from domain.kernel.db import transaction
from domain.kernel.keys import create_key
from domain.kernel.login import open_session, principal_of_session
from domain.kernel.people import ensure_person, set_active
from domain.kernel.principal import Kind, Principal, Role
from domain.kernel.settings import DbRole, settings
from tests.grid.pages.conftest import SignIn
from tests.grid.pages.forms import form_to, forms_of, send
from tests.makers import make_token


def test_the_cookie_is_for_http_of_this_site_alone(sign_in: SignIn) -> None:
    ensure_person("T", "first@t.example", "First", ["OPERATOR"])
    page = sign_in().get("/sign-in")
    form = next(form for form in forms_of(page.text) if form.action == "/sign-in/demo")
    answer = sign_in().post("/sign-in/demo", data=form.values, follow_redirects=False)
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_the_database_keeps_no_cookie(sign_in: SignIn) -> None:
    secret = sign_in("OPERATOR").cookies[SESSION_COOKIE]
    with transaction("T", DbRole.OWNER) as connection:
        kept = connection.execute(text("SELECT string_agg(s::text, ' ') FROM login_sessions AS s")).scalar_one()
    assert secret not in kept


def test_a_session_opens_pages_and_not_the_api(sign_in: SignIn) -> None:
    browser = sign_in("OPERATOR")
    assert browser.get("/grid").status_code == 200
    assert browser.get("/api/ami/status").status_code == 401
    assert browser.post("/api/ami/stop", json={}).status_code == 401


def test_signing_out_ends_the_session_wherever_the_cookie_is_kept(sign_in: SignIn) -> None:
    browser = sign_in("OPERATOR")
    secret = browser.cookies[SESSION_COOKIE]
    assert send(browser, "/grid", "/sign-out").status_code == 303  # type: ignore[attr-defined]
    assert principal_of_session(secret) is None
    browser.cookies.set(SESSION_COOKIE, secret)
    assert browser.get("/grid").status_code == 401


def test_who_is_deactivated_is_out_at_once(sign_in: SignIn) -> None:
    browser = sign_in("OPERATOR", "REVIEWER")
    person = ensure_person("T", "operator-reviewer@t.example", "x", [])
    set_active("T", person.id, False)
    assert browser.get("/grid").status_code == 401
    set_active("T", person.id, True)
    assert browser.get("/grid").status_code == 200


def test_a_session_grants_no_role_that_the_person_lost(world: None) -> None:
    person = ensure_person("T", "former@t.example", "Former", ["AUDITOR"])
    claimed = Principal(Kind.PERSON, str(person.id), "Former", "T", roles=frozenset({Role.OPERATOR, Role.AUDITOR}))
    found = principal_of_session(open_session(claimed, datetime.now(UTC)))
    assert found is not None
    assert found.roles == {Role.AUDITOR}


def test_an_expired_session_opens_nothing(world: None) -> None:
    person = ensure_person("T", "late@t.example", "Late", ["OPERATOR"])
    principal = Principal(Kind.PERSON, str(person.id), "Late", "T", roles=person.roles)
    assert principal_of_session(open_session(principal, datetime(2020, 1, 1, tzinfo=UTC))) is None


@pytest.mark.parametrize("is_over", [True, False])
def test_a_session_from_before_does_not_stand_in_the_way_of_signing_in(sign_in: SignIn, is_over: bool) -> None:
    """A form that was opened before the browser got its cookie, or whose session has ended meanwhile."""
    olga = ensure_person("T", "first@t.example", "First", ["OPERATOR"])
    browser = sign_in("OPERATOR")
    if is_over:
        browser.cookies.set(SESSION_COOKIE, "of-a-session-that-is-over", domain="testserver.local", path="/")
    with_token = {"token": make_token("T", "AUDITOR", email="auditor@t.example"), "next": "/grid"}
    for path, typed in (("/sign-in", with_token), ("/sign-in/demo", {"tenant": "T", "user": str(olga.id)})):
        answer = browser.post(path, data=typed, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        assert browser.get("/grid").status_code == 200
    elsewhere = browser.post("/sign-in", data=with_token, headers={"Sec-Fetch-Site": "same-site"})
    assert elsewhere.status_code == 403


@pytest.mark.parametrize("secret", ["", "x", "ü", "a" * 5000, "null", "0e5f64a8-53c6-4f0e-9a3b-2f1f4f2e9a11"])
def test_a_made_up_cookie_opens_nothing(world: None, secret: str) -> None:
    assert principal_of_session(secret) is None


def test_a_service_cannot_sign_in_to_pages(sign_in: SignIn) -> None:
    _, key = create_key("T", "robot", ("ami:write",))
    answer = sign_in().post("/sign-in", data={"token": key, "next": "/grid"}, follow_redirects=False)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert key not in answer.text


def test_a_wrong_token_is_told_at_the_form_and_not_repeated(sign_in: SignIn) -> None:
    answer = sign_in().post("/sign-in", data={"token": "eyJhbGciOiJub25lIn0.e30.", "next": "/grid/events"})
    assert answer.status_code == 401
    assert "eyJ" not in answer.text
    assert form_to(answer.text, "/sign-in").values["next"] == "/grid/events"


@pytest.mark.parametrize("env", ["pilot", "prod"])
def test_one_click_is_for_dev_copies_alone(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, env: str, operator: TestClient
) -> None:
    person = ensure_person("T", "operator@t.example", "x", [])
    monkeypatch.setenv("COUNTERSIGN_ENV", env)
    settings.cache_clear()
    try:
        browser = sign_in()
        page = browser.get("/sign-in").text
        answer = browser.post("/sign-in/demo", data={"tenant": "T", "user": str(person.id)}, follow_redirects=False)
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert "/sign-in/demo" not in page
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_one_click_is_for_demo_tenants_alone(sign_in: SignIn) -> None:
    person = ensure_person("R", "real@r.example", "Real", ["OPERATOR"])
    browser = sign_in()
    assert str(person.id) not in browser.get("/sign-in").text
    answer = browser.post("/sign-in/demo", data={"tenant": "R", "user": str(person.id)}, follow_redirects=False)
    assert answer.status_code == 403


def test_another_site_cannot_sign_a_person_in(sign_in: SignIn) -> None:
    ensure_person("T", "first@t.example", "First", ["OPERATOR"])
    browser = sign_in()
    form = next(f for f in forms_of(browser.get("/sign-in").text) if f.action == "/sign-in/demo")
    answer = browser.post("/sign-in/demo", data=form.values, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert SESSION_COOKIE not in browser.cookies


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "", "/a\nb", "\\\\evil"]
)
def test_nobody_is_sent_to_another_site_after_signing_in(wanted: str) -> None:
    assert local_path(wanted) == "/"


def test_a_page_of_this_site_is_gone_back_to() -> None:
    assert local_path("/grid/meters?score=5") == "/grid/meters?score=5"
