"""Several requests of the same learner at the same moment, on one database."""

import uuid
from collections import Counter

import pytest
from sqlalchemy import text

from domain.courses.delivery.observe import buying, enrolling
from domain.courses.delivery.observe.learner import Learner
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from tests.courses.delivery.school import FIRST, School, count, events, package_of
from tests.makers import make_person
from tests.stairs.at_once import at_once

AT = f"/api/learn/courses/{FIRST}"


def statuses(answers: list[object]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)  # type: ignore[attr-defined]


def test_eight_enrolments_at_once_are_one(school: School) -> None:
    answers = at_once(*[lambda: school.post("lena", "/api/learn/enroll", {"courseId": FIRST})] * 8)
    assert statuses(answers) == {201: 1, 200: 7}
    assert len({answer.json()["enrollmentId"] for answer in answers}) == 1
    assert count(school.tenant, "SELECT count(*) FROM enrollments") == 1
    assert len(events(school.tenant, "ENROLLMENT_CREATED")) == 1


def test_eight_purchases_at_once_are_one(school: School) -> None:
    product = school.offer()
    answers = at_once(*[lambda: school.buy("lena", product)] * 8)
    assert statuses(answers) == {201: 1, 200: 7}
    assert len({answer.json()["purchaseId"] for answer in answers}) == 1
    assert count(school.tenant, "SELECT count(*) FROM purchases") == 1


def test_two_refunds_at_once_are_one(school: School) -> None:
    purchase = school.buy("lena", school.offer()).json()["purchaseId"]
    school.enroll("lena")
    answers = at_once(*[lambda: school.refund(purchase)] * 4)
    assert statuses(answers) == {201: 1, 409: 3}
    assert count(school.tenant, "SELECT count(*) FROM enrollment_revocations") == 1
    assert len(events(school.tenant, "PURCHASE_REFUNDED")) == 1


def test_an_enrolment_and_a_refund_at_once_leave_no_access(school: School) -> None:
    product = school.offer()
    for _ in range(3):
        purchase = school.buy("lena", product).json()["purchaseId"]
        at_once(
            lambda: school.post("lena", "/api/learn/enroll", {"courseId": FIRST}),
            lambda done=purchase: school.refund(done),
        )
        assert school.get("lena", AT).status_code == 403


def test_the_last_two_steps_at_once_complete_the_course(school: School) -> None:
    school.enroll("lena")
    school.post("lena", "/api/learn/progress", {"courseId": FIRST, "lessonIdx": 0})

    def mark(index: int) -> object:
        return school.post("lena", "/api/learn/progress", {"courseId": FIRST, "lessonIdx": index})

    answers = at_once(
        lambda: mark(1),
        lambda: mark(2),
        lambda: school.post("lena", f"{AT}/lessons/0/quiz-attempts", {"answers": [0, 1, 1]}),
    )
    completed = [answer.json()["courseCompletedAt"] for answer in answers]
    assert len([at for at in completed if at]) == 1
    assert count(school.tenant, "SELECT count(*) FROM enrollments WHERE completed_at IS NOT NULL") == 1


def test_attempts_at_once_are_numbered_without_a_gap(school: School) -> None:
    school.enroll("lena")
    attempt = f"{AT}/lessons/0/quiz-attempts"
    answers = at_once(*[lambda: school.post("lena", attempt, {"answers": [0, 1, 0]})] * 6)
    assert sorted(answer.json()["attempt"] for answer in answers) == [1, 2, 3, 4, 5, 6]


def test_moves_at_once_are_one(school: School) -> None:
    enrollment = school.enroll("lena")
    school.publish(package_of(FIRST, {"m01": ["m01l01"]}, projects=()))
    answers = at_once(*[lambda: school.post("lena", f"/api/learn/enrollments/{enrollment}/upgrade")] * 4)
    assert Counter(answer.json()["moved"] for answer in answers) == {True: 1, False: 3}
    assert count(school.tenant, "SELECT count(*) FROM enrollment_upgrades") == 1


def test_the_same_key_buys_once(school: School) -> None:
    product = school.offer()
    key = {"headers": {"Idempotency-Key": "4b3c1d2e-0000-4000-8000-000000000001"}}
    first = school.post("lena", "/api/store/purchase", {"productId": product}, **key)
    again = school.post("lena", "/api/store/purchase", {"productId": product}, **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json() == again.json()
    kept = "SELECT count(*) FROM purchases WHERE idempotency_key IS NOT NULL AND idempotency_key !~ '4b3c1d2e'"
    assert count(school.tenant, kept) == 1


@pytest.fixture
def no_ledger(school: School) -> object:
    """Nobody can write the ledger of this database while this lasts."""
    with transaction(school.tenant, DbRole.OWNER) as connection:
        connection.execute(text("REVOKE INSERT ON events FROM countersign_app, countersign_delivery"))
    yield
    with transaction(school.tenant, DbRole.OWNER) as connection:
        connection.execute(text("GRANT INSERT ON events TO countersign_app, countersign_delivery"))


def test_without_a_ledger_nothing_is_refunded(school: School, request: pytest.FixtureRequest) -> None:
    purchase = school.buy("lena", school.offer()).json()["purchaseId"]
    school.enroll("lena")
    request.getfixturevalue("no_ledger")
    refused = school.refund(purchase)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "LEDGER_UNAVAILABLE")
    assert count(school.tenant, "SELECT count(*) FROM refunds") == 0
    assert count(school.tenant, "SELECT count(*) FROM enrollment_revocations") == 0
    assert school.get("lena", AT).status_code == 200


def test_without_a_ledger_learners_go_on_and_the_gap_is_kept(school: School, request: pytest.FixtureRequest) -> None:
    product = school.offer()
    request.getfixturevalue("no_ledger")
    assert school.buy("lena", product).status_code == 201
    assert school.post("lena", "/api/learn/enroll", {"courseId": FIRST}).status_code == 201
    assert count(school.tenant, "SELECT count(*) FROM audit_gaps") == 2


def test_an_act_that_is_undone_leaves_nothing(school: School) -> None:
    product = school.offer()
    lena = make_person(school.tenant, f"lena.{school.tenant.lower()}", "LEARNER").id
    learner = Learner(school.tenant, lena, "LEARNER")
    with pytest.raises(RuntimeError), transaction(school.tenant) as connection:  # noqa: PT012
        buying.buy(connection, learner, uuid.UUID(product))
        enrolling.enroll(connection, learner, FIRST)
        raise RuntimeError("killed")
    assert count(school.tenant, "SELECT count(*) FROM purchases") == 0
    assert count(school.tenant, "SELECT count(*) FROM enrollments") == 0
    assert events(school.tenant, "PURCHASE_CREATED", "ENROLLMENT_CREATED") == []
