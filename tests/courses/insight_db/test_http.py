"""Events over HTTP, in the order of checks that the platform promises, and figures that name nobody."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.courses.insight.nightly import run_analytics_jobs
from domain.courses.insight.observe.ingest import rejected_total
from domain.kernel.db import transaction
from tests.conftest import Database, visiting
from tests.courses.delivery.school import FIRST, School, count, package_of
from tests.courses.delivery.test_pages import Browser
from tests.courses.insight_db.world import COURSES, lively
from tests.makers import make_token

EVENT = "/api/analytics/event"


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    with visiting() as made:
        yield made


@pytest.fixture
def school(client: TestClient, tenant: str) -> School:
    made = School(client, tenant).open()
    made.publish(package_of(FIRST))
    return made


def event(kind: str = "lesson_viewed", **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "eventId": str(uuid4()),
        "eventType": kind,
        "courseId": FIRST,
        "occurredAt": datetime.now(UTC).isoformat(),
    }
    if kind != "course_view":
        made["lessonIdx"] = 0
    return made | changes


def kept(tenant: str) -> int:
    return count(tenant, "SELECT count(*) FROM analytics_events")


def test_a_batch_is_kept_once(school: School) -> None:
    batch = {"events": [event(), event("course_view"), event("lesson_left")]}
    first, second = school.post("lena", EVENT, batch), school.post("lena", EVENT, batch)
    assert first.status_code == second.status_code == 202
    assert first.json() == {"accepted": 3, "duplicates": 0, "rejected": []}
    assert second.json() == {"accepted": 0, "duplicates": 3, "rejected": []}
    assert kept(school.tenant) == 3


def test_an_event_twice_in_a_batch_or_on_two_days_is_one(school: School) -> None:
    one = event()
    yesterday = (datetime.now(UTC) - timedelta(hours=23)).isoformat()
    answer = school.post("lena", EVENT, {"events": [one, one, one | {"occurredAt": yesterday}]})
    assert answer.json()["accepted"] == 1
    assert answer.json()["duplicates"] == 2
    assert kept(school.tenant) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"eventType": "enrolled"}, "INVALID_TYPE"),
        ({"eventId": "7"}, "INVALID_EVENT"),
        ({"eventId": None}, "INVALID_EVENT"),
        ({"lessonIdx": None}, "INVALID_EVENT"),
        ({"lessonIdx": True}, "INVALID_EVENT"),
        ({"lessonIdx": -1}, "INVALID_EVENT"),
        ({"lessonIdx": 3}, "LESSON_OUT_OF_RANGE"),
        ({"packageVersion": 9}, "UNKNOWN_VERSION"),
        ({"courseId": "nothing"}, "UNKNOWN_COURSE"),
        ({"courseId": 7}, "UNKNOWN_COURSE"),
        ({"occurredAt": "2026-03-01T10:00:00"}, "INVALID_EVENT"),
        ({"occurredAt": 5}, "INVALID_EVENT"),
        ({"occurredAt": "0001-01-01T00:00:00+14:00"}, "CLOCK_SKEW"),
        ({"metadata": {"a": "é" * 2_100}}, "METADATA_TOO_LARGE"),
        ({"metadata": {"a": "\u0000"}}, "INVALID_EVENT"),
        ({"metadata": [1]}, "INVALID_EVENT"),
        ({"more": 1}, "INVALID_EVENT"),
    ],
)
def test_a_wrong_event_is_named_and_the_others_kept(school: School, changes: dict[str, Any], code: str) -> None:
    answer = school.post("lena", EVENT, {"events": [event(), event() | changes]})
    assert answer.status_code == 202, answer.text
    assert answer.json() == {"accepted": 1, "duplicates": 0, "rejected": [{"index": 1, "code": code}]}


@pytest.mark.parametrize(("off", "fits"), [(-86_390, True), (-86_410, False), (290, True), (330, False)])
def test_clocks_may_be_wrong_by_so_much(school: School, off: int, fits: bool) -> None:
    at = (datetime.now(UTC) + timedelta(seconds=off)).isoformat()
    answer = school.post("lena", EVENT, {"events": [event(), event(occurredAt=at)]}).json()
    assert answer["rejected"] == ([] if fits else [{"index": 1, "code": "CLOCK_SKEW"}])


def test_who_it_was_comes_from_the_session_alone(school: School) -> None:
    before = rejected_total.labels("IDENTITY_IGNORED")._value.get()
    answer = school.post("lena", EVENT, {"events": [event(userId=str(uuid4()))]})
    assert answer.json()["accepted"] == 1
    assert rejected_total.labels("IDENTITY_IGNORED")._value.get() == before + 1
    with transaction(school.tenant) as connection:
        found = connection.execute(
            text("SELECT u.email, e.source FROM analytics_events AS e JOIN users AS u ON u.id = e.user_id")
        ).one()
    assert found == (f"lena.{school.tenant.lower()}@example.org", "client")


def test_the_answers_come_in_their_order(school: School) -> None:
    client, ask = school.client, school.headers("lena")
    assert client.get(EVENT).status_code == 405
    assert client.post(EVENT, content=b"{").status_code == 401
    assert client.post(EVENT, content=b"{", headers=school.headers("tim")).status_code == 403
    assert client.post(EVENT, content=b" " * 262_145, headers=ask).status_code == 413
    assert client.post(EVENT, content=b"{", headers=ask).status_code == 400
    assert client.post(EVENT, content=b"\xff", headers=ask).status_code == 400
    assert school.post("lena", EVENT, {"events": []}).status_code == 422
    assert school.post("lena", EVENT, [1]).status_code == 422
    assert school.post("lena", EVENT, {"events": [event()] * 101}).status_code == 413
    none = school.post("lena", EVENT, {"events": [event(lessonIdx=99)]})
    assert (none.status_code, none.json()["code"]) == (422, "NO_VALID_EVENT")
    assert none.json()["error"]["code"] == "NO_VALID_EVENT"
    assert kept(school.tenant) == 0


def test_nobody_known_views_a_public_catalogue_alone(school: School) -> None:
    client, here = school.client, f"/api/catalogue/{school.tenant}/event"
    one = {"events": [event("course_view", anonId="a1"), event()]}
    assert client.post(EVENT, json=one).status_code == 401
    assert client.post(here, json=one).status_code == 404
    opened = school.ask("ada", "PATCH", "/v1/admin/tenants/current", {"public_catalogue": True})
    assert opened.json()["public_catalogue"] is True
    answer = client.post(here, json=one)
    assert answer.json() == {"accepted": 1, "duplicates": 0, "rejected": [{"index": 1, "code": "SESSION_REQUIRED"}]}
    assert count(school.tenant, "SELECT count(*) FROM analytics_events WHERE user_id IS NULL AND anon_id = 'a1'") == 1


def test_a_page_sends_with_its_cookie_and_no_other_site_does(school: School) -> None:
    browser = Browser(school, "lea", "LEARNER")
    body = {"events": [event()]}
    ours = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert browser.client.post("/learn/events", json=body).status_code == 403
    for theirs in ({"Origin": "http://evil.example"}, ours | {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert browser.client.post("/learn/events", json=body, headers=theirs).status_code == 403
    assert kept(school.tenant) == 0
    assert browser.client.post("/learn/events", json=body, headers=ours).status_code == 202
    assert kept(school.tenant) == 1
    assert TestClient(school.client.app).post("/learn/events", json=body, headers=ours).status_code == 401


def test_learners_pages_carry_what_the_script_tells(school: School) -> None:
    browser = Browser(school, "leo", "LEARNER")
    assert f'data-learn="course_view" data-course="{FIRST}" data-version="1"' in browser.get(f"/learn/{FIRST}")
    browser.post(f"/learn/{FIRST}/enroll")
    page = browser.get(f"/learn/{FIRST}/lesson/1")
    assert 'data-learn="lesson_viewed"' in page
    assert 'data-lesson="1"' in page
    assert '<script src="/static/learn.js" defer>' in page


def test_what_a_browser_says_of_completions_enters_no_figure(school: School) -> None:
    school.enroll("lena")
    forged = [event(kind, lessonIdx=0) for kind in ("lesson_completed", "quiz_attempted", "quiz_passed")]
    assert school.post("lena", EVENT, {"events": forged}).json()["accepted"] == 3
    school.post("lena", "/api/learn/progress", {"courseId": FIRST, "lessonIdx": 1, "completed": True})
    run_analytics_jobs(school.tenant, datetime.now(UTC).date())
    found = school.get("ada", f"/api/admin/analytics/course/{FIRST}").json()
    assert [one["completionRate"]["k"] for one in found["lessons"]] == [0, 1, 0]
    assert found["lessons"][0]["quiz"]["attempts"] == 0


def keys_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for one in value.values() for key in keys_in(one)}
    return {key for one in value for key in keys_in(one)} if isinstance(value, list) else set()


@pytest.fixture
def busy(client: TestClient, tenant: str) -> tuple[str, dict[str, str], list[str]]:
    world = lively(tenant, learners=40, seed=3).write()
    run_analytics_jobs(tenant, date(2026, 3, 5))
    token = make_token(tenant, "ADMIN", email=f"ada.{tenant.lower()}@example.org")
    return tenant, {"Authorization": f"Bearer {token}"}, world.users


def test_figures_name_nobody(client: TestClient, busy: tuple[str, dict[str, str], list[str]]) -> None:
    _, ask, users = busy
    here = "/api/admin/analytics"
    answers = [
        client.get(f"{here}/course/{COURSES[0]}", headers=ask),
        client.get(f"{here}/course/{COURSES[0]}?from=2026-03-02&to=2026-03-03&version=1", headers=ask),
        client.get(f"{here}/funnel/{COURSES[0]}?from=2026-03-01&to=2026-03-05", headers=ask),
        client.get(f"{here}/signals?courseId={COURSES[0]}&state=OPEN", headers=ask),
    ]
    assert [one.status_code for one in answers] == [200] * 4
    for one in answers:
        assert keys_in(one.json()).isdisjoint({"userId", "eventId", "anonId", "user_id", "event_id", "anon_id"})
        assert [user for user in users if user in one.text] == []
    figures = answers[0].json()
    reached = [one["reached"] for one in figures["lessons"]]
    assert reached == sorted(reached, reverse=True)
    assert figures["enrolled"] > 0
    assert [day["day"] for day in answers[1].json()["days"]] == ["2026-03-02", "2026-03-03"]
    funnel = answers[2].json()["views"]
    assert funnel["viewed"] >= funnel["enrolled"] >= funnel["completed"]
    page = client.get(f"/admin/courses/{COURSES[0]}/analytics", headers=ask)
    assert page.status_code == 200
    assert [user for user in users if user in page.text] == []
    assert "Lesson by lesson" in page.text


def test_a_version_that_nobody_opened_is_said_to_be_so_and_lists_no_lesson(client: TestClient, school: School) -> None:
    page = client.get(f"/admin/courses/{FIRST}/analytics", headers=school.headers("ada"))
    assert "Nobody has opened a lesson of this version yet." in page.text
    assert "Lesson by lesson" not in page.text


@pytest.mark.parametrize("path", ["course/{}", "funnel/{}", "signals"])
def test_figures_are_for_administrators_and_cannot_be_changed(client: TestClient, school: School, path: str) -> None:
    here = "/api/admin/analytics/" + path.format(FIRST)
    assert school.get("ada", here).status_code == 200
    reviewer = make_token(school.tenant, "REVIEWER", email=f"rita.{school.tenant.lower()}@example.org")
    assert client.get(here, headers={"Authorization": f"Bearer {reviewer}"}).status_code == 403
    assert school.get("lena", here).status_code == 403
    assert client.get(here).status_code == 401
    assert {school.ask("ada", verb, here).status_code for verb in ("POST", "PUT", "PATCH", "DELETE")} == {405}
    assert client.get(f"/admin/courses/{FIRST}/analytics", headers=school.headers("ada")).status_code == 200


def test_another_tenant_has_no_such_figures(client: TestClient, busy: tuple[str, dict[str, str], list[str]]) -> None:
    stranger = School(client, f"{busy[0]}X").open()
    assert stranger.get("ada", f"/api/admin/analytics/course/{COURSES[0]}").status_code == 404
    assert stranger.get("ada", "/api/admin/analytics/signals").json()["signals"] == []
    assert stranger.get("ada", f"/api/admin/analytics/course/{COURSES[0]}?tenantId={busy[0]}").status_code == 403
