"""No answer key, draft, reviewer or approver in any answer or page that a learner can get: every route is walked."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.doors import doors_of
from domain.courses.content.hashes import content_hash
from domain.kernel.db import transaction
from tests.courses import small_course
from tests.courses.delivery.school import FIRST, UNSEEN_NAMES, School, package_of

DRAFT = "a draft that nobody has approved"
LEARNERS = ("/api/learn", "/api/store", "/learn")
BYTES = ("export",)


def names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from names(one)
    elif isinstance(value, list):
        for one in value:
            yield from names(one)


@pytest.fixture
def drafted(school: School) -> School:
    """A draft beside what is published."""
    written = json.dumps({"title": DRAFT})
    with transaction(school.tenant) as connection:
        connection.execute(
            text(
                "INSERT INTO content_revisions (item_id, revision, origin, content_text, content_hash, reason,"
                " created_by) VALUES (:id, 2, 'EDITED', :text, :hash, 'a reason of an author', 'their-secret-author')"
            ),
            {"id": FIRST, "text": written, "hash": content_hash(written)},
        )
    return school


def calls(school: School, enrollment: str, product: str) -> Iterator[tuple[str, str, Any]]:
    """Every route that a learner may ask, as a learner asks it."""
    application: Any = school.client.app
    values = {"course_id": FIRST, "index": "0", "enrollment_id": enrollment}
    bodies: dict[str, Any] = {
        "enroll": {"courseId": FIRST},
        "progress": {"courseId": FIRST, "lessonIdx": 0},
        "quiz-attempts": {"answers": [1, 1, 1]},
        "upgrade": {},
        "purchase": {"productId": product},
    }
    assert isinstance(application, FastAPI)
    for door in doors_of(application):
        if not door.template.startswith(LEARNERS) or door.template.endswith(BYTES) or "/export/" in door.template:
            continue
        path = re.sub(r"{(\w+)}", lambda found: values[found[1]], door.template)
        for method in sorted(door.methods - {"HEAD"}):
            yield method, path, bodies.get(path.rsplit("/", 1)[-1])


def unseen(school: School, before_attempt: bool) -> list[str]:
    """What must be in no answer: names and hashes of review, and before an attempt the reasons."""
    package = package_of(FIRST)
    assert school.reviewer is not None
    told = [DRAFT, "a reason of an author", "their-secret-author", "a reviewer note that stays inside"]
    told += [school.reviewer.id, school.reviewer.name, *(entry.content_hash for entry in package.manifest)]
    if before_attempt:
        told += [question.explanation for quiz in package.quizzes for question in quiz.questions]
    return told


def found_in(school: School, words: list[str], enrollment: str, product: str) -> list[str]:
    found, asked = [], 0
    for method, path, body in calls(school, enrollment, product):
        form = {"data": {"product": product}} if path.startswith("/learn") and method == "POST" else {}
        answer = school.client.request(
            method,
            path,
            json=None if form else body,
            headers=school.headers("lena"),
            **form,  # type: ignore[arg-type]
        )
        assert answer.status_code < 500, (method, path, answer.text)
        asked += answer.status_code < 400
        found += [f"{method} {path}: {word}" for word in words if word in answer.text]
        if "json" in answer.headers.get("content-type", ""):
            found += [f"{method} {path}: {name}" for name in set(names(answer.json())) & set(UNSEEN_NAMES)]
        found += [f"{method} {path}: correctIndex" for _ in re.findall("correct_?index", answer.text, re.IGNORECASE)]
    assert asked >= 14
    return found


def test_before_an_attempt_no_route_tells_key_reasons_drafts_or_review(drafted: School) -> None:
    product = drafted.offer(cents=0)
    drafted.buy("lena", product)
    enrollment = drafted.enroll("lena")
    reads = [
        drafted.get("lena", path)
        for path in (
            f"/api/learn/courses/{FIRST}",
            f"/api/learn/courses/{FIRST}/lessons/0",
            f"/learn/{FIRST}",
            f"/learn/{FIRST}/lesson/0",
            f"/learn/{FIRST}/lesson/0?attempt=1",
        )
    ]
    words = unseen(drafted, before_attempt=True)
    assert [answer.status_code for answer in reads] == [200] * 5
    assert [word for answer in reads for word in words if word in answer.text] == []
    found = found_in(drafted, unseen(drafted, before_attempt=False), enrollment, product)
    assert found == []


def test_a_planted_word_is_found(drafted: School) -> None:
    product = drafted.offer(cents=0)
    drafted.buy("lena", product)
    enrollment = drafted.enroll("lena")
    found = found_in(drafted, ["Take the report of last month"], enrollment, product)
    assert {one.split(":")[0] for one in found} >= {
        f"GET /api/learn/courses/{FIRST}",
        f"GET /api/learn/courses/{FIRST}/lessons/0",
        f"GET /learn/{FIRST}/lesson/0",
    }


def test_nobody_elses_attempt_is_shown(drafted: School) -> None:
    for who in ("lena", "liam"):
        drafted.enroll(who)
    drafted.post("liam", f"/api/learn/courses/{FIRST}/lessons/0/quiz-attempts", {"answers": [0, 1, 1]})
    page = drafted.get("lena", f"/learn/{FIRST}/lesson/0?attempt=1").text
    assert "Passed" not in page
    assert small_course.quiz_json()["questions"][0]["explanation"] not in page
