"""What is not there is 404 whatever was sent, and who may not is told so before either."""

import pytest

from tests.courses.authoring.course_house import House

NOWHERE = "0190f1a4-9d3a-7c11-8f00-5d3a52a3b901"
ACTS = (
    ("author", "PUT", "/api/admin/syllabi/nowhere/draft"),
    ("author", "PUT", "/api/admin/artifacts/nowhere.m01l01/draft"),
    ("author", "POST", "/api/admin/syllabi/nowhere/reopen"),
    ("author", "POST", "/api/admin/syllabi/nowhere/lessons:generate"),
    ("author", "POST", "/api/admin/syllabi/nowhere/quizzes:generate"),
    ("author", "POST", "/api/admin/syllabi/nowhere/projects:generate"),
    ("reviewer", "POST", "/api/admin/syllabi/nowhere/approve"),
    ("reviewer", "POST", "/api/admin/artifacts/nowhere.m01l01/approve"),
    ("reviewer", "POST", "/api/admin/artifacts/nowhere.m01l01/reject"),
    ("reviewer", "POST", "/api/admin/syllabi/nowhere/publish"),
    ("reviewer", "POST", "/api/admin/syllabi/nowhere/restore"),
    ("reviewer", "POST", f"/api/admin/packages/{NOWHERE}/retire"),
)


@pytest.mark.parametrize(("who", "method", "path"), ACTS)
def test_absent_comes_before_a_body_that_does_not_fit(house: House, who: str, method: str, path: str) -> None:
    assert house.call(who, method, path, {"no": "such member"}).status_code == 404


@pytest.mark.parametrize(("method", "path"), [(method, path) for _, method, path in ACTS])
def test_a_wrong_role_comes_before_what_is_absent(house: House, method: str, path: str) -> None:
    assert house.call("learner", method, path, {"no": "such member"}).status_code == 403


def test_the_signers_role_comes_before_what_is_absent(house: House) -> None:
    answer = house.call("author", "POST", "/api/admin/syllabi/nowhere/publish", {"no": "such member"})
    assert (answer.status_code, answer.json()["code"]) == (403, "ROLE_REQUIRED")


def test_a_body_that_does_not_fit_is_told_where_the_part_is_there(house: House) -> None:
    house.drafted_syllabus()
    for who, method, path in ACTS[:1] + ACTS[6:7]:
        answer = house.call(who, method, path.replace("nowhere", "small"), {"no": "such member"})
        assert answer.status_code in {422, 428}
