"""Pages of administration, lent authority and one's own: who sees them, and what their forms do."""

import re
from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from api import limits
from domain.kernel.access import authenticate
from domain.kernel.retention.policy import CLASSES
from domain.kernel.settings import DbRole, settings
from domain.kernel.signing import ensure_signing_keys
from domain.together import PRUNABLES
from tests.conftest import Database, application
from tests.grid.pages.forms import forms_of
from tests.kernel.retention.steps import plan
from tests.makers import make_tenant, make_token

SignIn = Callable[..., TestClient]
ADMIN_PAGES = ["/admin/people", "/admin/roles", "/admin/keys", "/admin/tenant"]
EVERYBODYS = ["/me", "/delegations", "/standing-orders"]


@pytest.fixture(scope="module")
def sign_in(module_database: Database) -> Iterator[SignIn]:
    """A browser that is signed in with the roles."""
    make_tenant("T")
    make_tenant("U")
    ensure_signing_keys()
    opened: list[TestClient] = []
    app = application()

    def make(*roles: str, tenant: str = "T") -> TestClient:
        browser = TestClient(app, headers={"Accept": "text/html"}, raise_server_exceptions=False)
        browser.__enter__()
        opened.append(browser)
        token = make_token(tenant, *roles, email=f"{'-'.join(roles).lower()}@{tenant.lower()}.example")
        browser.post("/sign-in", data={"token": token, "next": "/me"}, follow_redirects=False)
        return browser

    yield make
    for browser in opened:
        browser.__exit__(None, None, None)
    limits._engine(settings().url(DbRole.APP)).dispose()
    limits._engine.cache_clear()


@pytest.fixture(scope="module")
def admin(sign_in: SignIn) -> TestClient:
    return sign_in("ADMIN")


def send(browser: TestClient, page: str, action: str, **typed: str) -> object:
    """Open the page, fill the form that posts to `action` and send it, without following the redirect."""
    forms = forms_of(browser.get(page).text)
    form = next(one for one in forms if one.method == "post" and one.action.split("#")[0] == action)
    return browser.post(action, data=form.values | typed, follow_redirects=False)


def heading(html: str) -> str:
    found = re.findall(r"<h1>(.*?)</h1>", html, re.S)
    assert len(found) == 1
    return " ".join(str(found[0]).split())


@pytest.mark.parametrize("path", [*ADMIN_PAGES, *EVERYBODYS])
def test_each_page_answers_and_is_well_formed(admin: TestClient, path: str) -> None:
    answer = admin.get(path)
    assert answer.status_code == 200, answer.text
    assert heading(answer.text)
    assert answer.text.count("<table") == answer.text.count("<caption")
    ids = re.findall(r'\sid="([^"]+)"', answer.text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'<label[^>]* for="([^"]+)"', answer.text)) <= set(ids)
    assert not re.search(r"\sstyle\s*=|<style|\son\w+\s*=", answer.text)
    assert all(form.values.get("form_token") for form in forms_of(answer.text) if form.method == "post")


@pytest.mark.parametrize("path", [*ADMIN_PAGES, "/admin/tenants"])
@pytest.mark.parametrize("role", ["OPERATOR", "LEARNER"])
def test_who_does_not_administer_sees_no_such_page(sign_in: SignIn, path: str, role: str) -> None:
    assert sign_in(role).get(path).status_code == 403


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_an_auditor_looks_and_has_no_button(sign_in: SignIn, path: str) -> None:
    html = sign_in("AUDITOR").get(path).text
    actions = {form.action.split("#")[0] for form in forms_of(html) if form.method == "post"} - {"/sign-out"}
    assert actions <= {"/admin/tenant"}
    assert 'class="primary"' not in html


@pytest.mark.parametrize("path", ["/admin/people", "/admin/keys", "/admin/tenant", "/delegations", "/standing-orders"])
def test_a_form_of_another_site_does_nothing(admin: TestClient, path: str) -> None:
    answer = admin.post(path, data={"name": "Evil", "email": "evil@example.org", "role": "ADMIN"})
    assert answer.status_code == 403
    assert "evil" not in admin.get("/admin/people").text


def test_a_person_is_invited_changed_and_kept_out_by_forms(admin: TestClient) -> None:
    wrong = send(admin, "/admin/people", "/admin/people", email="nobody", name="Bo", role="OPERATOR")
    assert wrong.status_code == 422  # type: ignore[attr-defined]
    assert 'value="nobody"' in wrong.text  # type: ignore[attr-defined]
    typed = {"email": "bo@t.example", "name": "Bo <b>", "role": "OPERATOR", "valid_to": "2099-01-01"}
    assert send(admin, "/admin/people", "/admin/people", **typed).status_code == 303  # type: ignore[attr-defined]
    html = admin.get("/admin/people?search=bo@").text
    assert "Bo &lt;b&gt;" in html
    assert "until Thu 1 Jan 2099" in html or "until Fri 2 Jan 2099" in html
    link = re.findall(r'href="(/admin/people/[0-9a-f-]{36})"', html)[0]
    assert send(admin, link, f"{link}/roles", role="REVIEWER").status_code == 303  # type: ignore[attr-defined]
    assert send(admin, link, f"{link}/end-role", ended="REVIEWER").status_code == 303  # type: ignore[attr-defined]
    assert send(admin, link, f"{link}/deactivate").status_code == 303  # type: ignore[attr-defined]
    assert "Bo" in admin.get("/admin/people?state=out").text
    assert send(admin, link, f"{link}/activate").status_code == 303  # type: ignore[attr-defined]
    assert admin.get("/admin/people?role=OPERATOR&search=zzz").text.count("Nobody fits") == 1


def test_the_last_administrator_is_told_on_the_page(sign_in: SignIn) -> None:
    alone = sign_in("ADMIN", tenant="U")
    link = re.findall(r'href="(/admin/people/[0-9a-f-]{36})"', alone.get("/admin/people").text)[0]
    answer = send(alone, link, f"{link}/deactivate")
    assert answer.status_code == 409  # type: ignore[attr-defined]
    assert "The last ADMIN of U stays" in answer.text  # type: ignore[attr-defined]


def test_a_key_is_shown_on_one_page_only(admin: TestClient) -> None:
    assert heading(admin.get("/admin/keys?state=REVOKED").text) == "No service has a key in this state"
    made = send(admin, "/admin/keys", "/admin/keys", name="Head end", scopes="ami:write, grid:read")
    token = re.findall(r"csk_[A-Za-z0-9_-]+", made.text)[0]  # type: ignore[attr-defined]
    assert authenticate(token).scopes == {"ami:write", "grid:read"}
    assert token not in admin.get("/admin/keys").text
    key_id = token.split("_")[1]
    new = send(admin, "/admin/keys", f"/admin/keys/{key_id}/rotate", overlap_hours="48")
    assert "goes on until its overlap ends" in new.text  # type: ignore[attr-defined]
    bad = send(admin, "/admin/keys", f"/admin/keys/{key_id}/rotate", overlap_hours="9999")
    assert bad.status_code == 422  # type: ignore[attr-defined]
    assert send(admin, "/admin/keys", f"/admin/keys/{key_id}/revoke").status_code == 303  # type: ignore[attr-defined]
    wrong = send(admin, "/admin/keys", "/admin/keys", name="X", scopes="everything")
    assert (wrong.status_code, "csk_" in wrong.text) == (422, False)  # type: ignore[attr-defined]


def test_settings_are_set_by_form_and_what_is_wrong_is_told_at_its_field(admin: TestClient) -> None:
    done = send(admin, "/admin/tenant", "/admin/tenant", four_eyes="no", four_eyes_retry="yes", keep_signals="30")
    assert done.status_code == 303  # type: ignore[attr-defined]
    html = admin.get("/admin/tenant").text
    assert '<option value="yes" selected>On: another person executes' in html
    assert "Four eyes is off" in html
    assert re.search(r'name="keep_signals"[^>]*value="30"', html)
    for field, value in (
        ("four_eyes_retry", "perhaps"),
        ("timezone", "Mars/X"),
        ("keep_signals", "soon"),
        ("name", ""),
    ):
        answer = send(admin, "/admin/tenant", "/admin/tenant", **{field: value})
        assert answer.status_code == 422  # type: ignore[attr-defined]
    send(admin, "/admin/tenant", "/admin/tenant", four_eyes="yes")


def test_who_may_not_set_them_is_shown_settings_that_cannot_be_typed_over(sign_in: SignIn) -> None:
    assert '<fieldset class="contents" disabled>' in sign_in("AUDITOR").get("/admin/tenant").text
    assert '<fieldset class="contents" >' in sign_in("ADMIN").get("/admin/tenant").text


def test_what_the_page_sets_is_what_the_plan_keeps(admin: TestClient) -> None:
    assert all(kept.name in CLASSES for kept in PRUNABLES.values())
    for name, least in (("meter_reads", 60), ("login_sessions", 7)):
        for typed in (str(least), "731"):
            assert send(admin, "/admin/tenant", "/admin/tenant", **{f"keep_{name}": typed}).status_code == 303  # type: ignore[attr-defined]
            assert plan(name).days == int(typed)
        short = send(admin, "/admin/tenant", "/admin/tenant", **{f"keep_{name}": str(least - 1)})
        assert (short.status_code, plan(name).days) == (422, 731)  # type: ignore[attr-defined]
        send(admin, "/admin/tenant", "/admin/tenant", **{f"keep_{name}": ""})
        assert plan(name).days == PRUNABLES[name].days


def test_the_platforms_administrator_makes_a_tenant_by_form(sign_in: SignIn) -> None:
    platform = sign_in("PLATFORM_ADMIN")
    typed = {"tenant_id": "NEW", "name": "New utility", "timezone": "Europe/Oslo"}
    assert send(platform, "/admin/tenants", "/admin/tenants", **typed).status_code == 303  # type: ignore[attr-defined]
    assert "New utility" in platform.get("/admin/tenants").text
    again = send(platform, "/admin/tenants", "/admin/tenants", **typed)
    assert (again.status_code, "There is a tenant with this id already" in again.text) == (409, True)  # type: ignore[attr-defined]


def test_a_role_is_lent_and_ended_by_form(sign_in: SignIn) -> None:
    sign_in("OPERATOR")
    owner = sign_in("TENANT_OWNER")
    to = re.findall(r'<option value="([0-9a-f-]{36})"[^>]*>operator</option>', owner.get("/delegations").text)[0]
    wrong = send(owner, "/delegations", "/delegations", to_user=to, role="TENANT_OWNER", reason="Away")
    assert (wrong.status_code, "Say until when" in wrong.text) == (422, True)  # type: ignore[attr-defined]
    typed = {"to_user": to, "role": "TENANT_OWNER", "valid_to": "2026-12-31", "reason": "Away"}
    assert send(owner, "/delegations", "/delegations", **typed).status_code == 303  # type: ignore[attr-defined]
    html = owner.get("/delegations").text
    assert heading(html) == "1 role is lent now"
    end = next(form.action for form in forms_of(html) if form.action.endswith("/end"))
    assert send(owner, "/delegations", end, why="Back").status_code == 303  # type: ignore[attr-defined]
    assert heading(owner.get("/delegations").text) == "No role is lent now"


def test_a_standing_order_is_proposed_by_form_and_waits(admin: TestClient) -> None:
    typed = {"kind": "retention.disposal", "times_per_day": "3", "valid_to": "2026-12-31", "reason": "Nightly"}
    assert send(admin, "/standing-orders", "/standing-orders", **typed).status_code == 303  # type: ignore[attr-defined]
    html = admin.get("/standing-orders").text
    assert heading(html) == "No standing order holds now"
    assert "Waiting for a signature" in html
    wrong = send(admin, "/standing-orders", "/standing-orders", **(typed | {"times_per_day": "many"}))
    assert wrong.status_code == 422  # type: ignore[attr-defined]


def test_ones_own_page_ends_another_session_and_keeps_what_is_chosen(sign_in: SignIn) -> None:
    first, second = sign_in("MANAGER"), sign_in("MANAGER")
    html = second.get("/me").text
    end = next(form.action for form in forms_of(html) if form.action.startswith("/me/sessions/"))
    assert send(second, "/me", end).status_code == 303  # type: ignore[attr-defined]
    assert first.get("/me").status_code == 401
    assert second.get("/me").status_code == 200
    channel = next(form.action for form in forms_of(html) if re.fullmatch(r"/me/channels/[0-9a-f-]{36}", form.action))
    assert send(second, "/me", channel, kind="WAITING", digest_minutes="60").status_code == 303  # type: ignore[attr-defined]
    assert second.get("/me").text.count(" checked>") == 1
    inside = send(second, "/me", "/me/channels", medium="WEBHOOK", address="https://127.0.0.1/x")
    assert (inside.status_code, "not a public one" in inside.text) == (422, True)  # type: ignore[attr-defined]


def test_a_link_that_a_mail_program_opens_changes_nothing(admin: TestClient) -> None:
    assert admin.get("/messages/unsubscribe?token=made.up.link").status_code == 404
