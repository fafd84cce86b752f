"""Reading, enrolment, progress and quizzes as a learner's client sees them."""

from tests.courses.delivery.school import FIRST, School, count, events, package_of

AT = f"/api/learn/courses/{FIRST}"


def test_the_catalogue_names_what_is_published(school: School) -> None:
    rows = school.get("lena", "/api/learn/courses").json()
    assert [(row["id"], row["title"], row["version"]) for row in rows] == [(FIRST, "Reading an outage report", 1)]
    assert rows[0]["enrolled"] is False


def test_a_free_course_is_read_after_enrolment(school: School) -> None:
    refused = school.get("lena", AT)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "NOT_ENROLLED")
    assert school.post("lena", "/api/learn/enroll", {"courseId": FIRST}).status_code == 201
    read = school.get("lena", AT)
    assert read.status_code == 200
    assert [lesson["id"] for lesson in read.json()["lessons"]] == ["m01l01", "m01l02", "m02l01"]
    assert read.json()["version"] == 1
    first = school.get("lena", f"{AT}/lessons/0").json()
    assert (first["previousIdx"], first["nextIdx"], first["quiz"]["id"]) == (None, 1, "m01l01q")
    assert school.get("lena", f"{AT}/lessons/2").json()["nextIdx"] is None


def test_a_lesson_that_is_not_there_is_404(school: School) -> None:
    school.enroll("lena")
    assert school.get("lena", f"{AT}/lessons/3").status_code == 404
    assert school.get("lena", f"{AT}/lessons/-1").status_code == 404
    assert school.get("lena", f"{AT}/lessons/first").status_code == 422


def test_a_second_enrolment_answers_the_first(school: School) -> None:
    first = school.post("lena", "/api/learn/enroll", {"courseId": FIRST})
    second = school.post("lena", "/api/learn/enroll", {"courseId": FIRST})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert len(events(school.tenant, "ENROLLMENT_CREATED")) == 1


def test_an_enrolment_stays_on_its_version(school: School) -> None:
    school.enroll("lena")
    school.publish(package_of(FIRST, {"m01": ["m01l01"]}, projects=()))
    assert len(school.get("lena", AT).json()["lessons"]) == 3
    school.enroll("liam")
    assert len(school.get("liam", AT).json()["lessons"]) == 1


def test_progress_needs_an_enrolment(school: School) -> None:
    body = {"courseId": FIRST, "lessonIdx": 0, "completed": True}
    refused = school.post("lena", "/api/learn/progress", body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "NOT_ENROLLED")
    assert school.get("lena", f"/api/learn/progress/{FIRST}").status_code == 403
    assert school.post("lena", f"{AT}/lessons/0/quiz-attempts", {"answers": [0, 1, 1]}).status_code == 403


def test_completion_never_goes_backwards(school: School) -> None:
    school.enroll("lena")
    body = {"courseId": FIRST, "lessonIdx": 1, "completed": True}
    done = school.post("lena", "/api/learn/progress", body).json()
    assert (done["completed"], done["percent"], done["lessonId"]) == (True, 33, "m01l02")
    again = school.post("lena", "/api/learn/progress", body).json()
    assert again["completedAt"] == done["completedAt"]
    undone = school.post("lena", "/api/learn/progress", body | {"completed": False})
    assert (undone.status_code, undone.json()["error"]["code"]) == (409, "COMPLETION_STANDS")
    nothing = school.post("lena", "/api/learn/progress", body | {"lessonIdx": 0, "completed": False})
    assert (nothing.status_code, nothing.json()["completed"]) == (200, False)


def test_a_lesson_out_of_range_is_422(school: School) -> None:
    school.enroll("lena")
    for index in (3, -1, 1.5, "1", True):
        body = {"courseId": FIRST, "lessonIdx": index, "completed": True}
        assert school.post("lena", "/api/learn/progress", body).status_code == 422, index
    assert count(school.tenant, "SELECT count(*) FROM lesson_progress") == 0


def test_the_course_is_completed_with_its_last_lesson_in_one_transaction(school: School) -> None:
    school.enroll("lena")
    passed = school.post("lena", f"{AT}/lessons/0/quiz-attempts", {"answers": [0, 1, 1]}).json()
    assert (passed["passed"], passed["courseCompletedAt"]) == (True, None)
    for index in (0, 1):
        told = school.post("lena", "/api/learn/progress", {"courseId": FIRST, "lessonIdx": index}).json()
        assert told["courseCompletedAt"] is None
    last = school.post("lena", "/api/learn/progress", {"courseId": FIRST, "lessonIdx": 2}).json()
    assert (last["percent"], last["courseCompletedAt"] is not None) == (100, True)
    same = "SELECT count(*) FROM enrollments AS e JOIN lesson_progress AS p ON p.enrollment_id = e.enrollment_id"
    where = "p.xmin = e.xmin AND e.completed_at IS NOT NULL AND p.lesson_idx = 2"
    assert count(school.tenant, f"{same} WHERE {where}") == 1


def test_the_course_waits_for_its_quiz(school: School) -> None:
    school.enroll("lena")
    for index in range(3):
        told = school.post("lena", "/api/learn/progress", {"courseId": FIRST, "lessonIdx": index}).json()
    assert (told["percent"], told["courseCompletedAt"]) == (100, None)
    failed = school.post("lena", f"{AT}/lessons/0/quiz-attempts", {"answers": [0, 1, 0]}).json()
    assert (failed["score"], failed["passed"], failed["courseCompletedAt"]) == (66, False, None)
    passed = school.post("lena", f"{AT}/lessons/0/quiz-attempts", {"answers": [0, 1, 1]}).json()
    assert (passed["attempt"], passed["score"], passed["passed"]) == (2, 100, True)
    assert passed["courseCompletedAt"] is not None
    assert [one["correct"] for one in passed["perQuestion"]] == [True, True, True]
    told = school.get("lena", f"/api/learn/progress/{FIRST}").json()
    assert (told["percent"], told["quizzesPassed"], told["completedAt"]) == (100, 1, passed["courseCompletedAt"])


def test_an_attempt_cannot_be_forged(school: School) -> None:
    school.enroll("lena")
    path = f"{AT}/lessons/0/quiz-attempts"
    for body in (
        {"answers": [0, 1, 0], "passed": True},
        {"answers": [0, 1, 0], "score": 100},
        {"answers": [0, 1]},
        {"answers": [0, 1, 1, 1]},
        {"answers": [0, 1, True]},
        {"answers": [0, 1, "1"]},
        {"answers": [0, 1, 4]},
        {"answers": [0, 1, 1.0]},
        {},
    ):
        assert school.post("lena", path, body).status_code == 422, body
    assert count(school.tenant, "SELECT count(*) FROM quiz_attempts") == 0


def test_a_lesson_without_a_quiz_takes_no_attempt(school: School) -> None:
    school.enroll("lena")
    answer = school.post("lena", f"{AT}/lessons/1/quiz-attempts", {"answers": [0]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "QUIZ_NOT_FOUND")


def test_identity_never_comes_from_a_body_or_a_query(school: School) -> None:
    liam = school.enroll("liam")
    for more in ({"userId": liam}, {"user_id": liam}, {"tenantId": school.tenant}):
        assert school.post("lena", "/api/learn/enroll", {"courseId": FIRST, **more}).status_code == 422
    school.post("lena", "/api/learn/enroll?userId=x&tenant=PLATFORM", {"courseId": FIRST})
    assert school.post("lena", "/api/learn/enroll", {"courseId": FIRST, "tenantId": "PLATFORM"}).status_code == 403
    assert count(school.tenant, "SELECT count(DISTINCT user_id) FROM enrollments") == 2
    assert school.post("lena", f"/api/learn/enrollments/{liam}/upgrade").status_code == 404


def test_moving_to_a_newer_version_keeps_what_is_still_there(school: School) -> None:
    enrollment = school.enroll("lena")
    for index in (0, 1):
        school.post("lena", "/api/learn/progress", {"courseId": FIRST, "lessonIdx": index})
    before = school.get("lena", f"/api/learn/progress/{FIRST}").json()["lessons"]
    school.publish(package_of(FIRST, {"m01": ["m01l03", "m01l01"], "m02": ["m02l01"]}, projects=()))
    moved = school.post("lena", f"/api/learn/enrollments/{enrollment}/upgrade").json()
    assert (moved["moved"], moved["fromVersion"], moved["version"]) == (True, 1, 2)
    assert (moved["kept"], moved["dropped"], moved["added"]) == (["m01l01"], ["m01l02"], ["m01l03"])
    after = school.get("lena", f"/api/learn/progress/{FIRST}").json()
    assert (after["version"], after["percent"]) == (2, 33)
    assert after["lessons"][1]["completedAt"] == before[0]["completedAt"]
    again = school.post("lena", f"/api/learn/enrollments/{enrollment}/upgrade").json()
    assert (again["moved"], again["version"], again["percent"]) == (False, 2, 33)
    told = events(school.tenant, "ENROLLMENT_UPGRADED")
    assert [one["payload"]["toVersion"] for one in told] == [2]
    back = school.post("lena", f"/api/learn/enrollments/{enrollment}/upgrade", {"version": 1})
    assert (back.status_code, back.json()["error"]["code"]) == (409, "NOT_NEWER")
    assert school.post("lena", f"/api/learn/enrollments/{enrollment}/upgrade", {"version": 9}).status_code == 404


def test_a_quiz_that_was_passed_stays_passed_in_a_newer_version(school: School) -> None:
    enrollment = school.enroll("lena")
    school.post("lena", f"{AT}/lessons/0/quiz-attempts", {"answers": [0, 1, 1]})
    school.post("lena", "/api/learn/progress", {"courseId": FIRST, "lessonIdx": 0})
    school.publish(package_of(FIRST, {"m01": ["m01l01"]}, projects=()))
    moved = school.post("lena", f"/api/learn/enrollments/{enrollment}/upgrade").json()
    assert (moved["percent"], moved["completedAt"] is not None) == (100, True)


def test_a_retired_version_is_read_on_by_those_who_are_pinned_to_it(school: School) -> None:
    school.enroll("lena")
    school.retire(FIRST, 1)
    assert school.get("lena", AT).status_code == 200
    assert [row["id"] for row in school.get("lena", "/api/learn/courses").json()] == [FIRST]
    assert school.get("liam", "/api/learn/courses").json() == []
    assert school.get("liam", AT).status_code == 404
    assert school.post("liam", "/api/learn/enroll", {"courseId": FIRST}).status_code == 404


def test_another_tenant_has_no_such_course(school: School, other: School) -> None:
    school.enroll("lena")
    assert other.get("lena", "/api/learn/courses").json() == []
    for answer in (
        other.get("lena", AT),
        other.get("lena", f"{AT}/lessons/0"),
        other.get("lena", f"/api/learn/progress/{FIRST}"),
        other.get("lena", f"{AT}/export/pdf"),
        other.post("lena", "/api/learn/enroll", {"courseId": FIRST}),
        other.post("lena", "/api/learn/progress", {"courseId": FIRST, "lessonIdx": 0}),
        other.post("lena", f"{AT}/lessons/0/quiz-attempts", {"answers": [0, 1, 1]}),
        other.post("ada", "/api/admin/products", {"courseId": FIRST, "priceCents": 1, "currency": "EUR"}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "COURSE_NOT_FOUND")


def test_a_version_by_its_own_address_is_shown_to_its_learners_without_the_key(school: School) -> None:
    at = f"/api/courses/{FIRST}/1"
    refused = school.get("lena", at)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "FULL_CONTENT")
    school.enroll("lena")
    seen = school.get("lena", at)
    assert seen.status_code == 200
    assert "correctIndex" not in seen.text
    assert seen.json()["content"]["lessons"] == school.get("lena", AT).json()["lessons"]
    school.publish(package_of(FIRST, {"m01": ["m01l01"]}, projects=()))
    assert school.get("lena", f"/api/courses/{FIRST}/2").status_code == 403
    assert school.get("lena", f"/api/courses/{FIRST}/9").status_code == 403


def test_the_checks_come_in_their_order(school: School) -> None:
    bad = {"courseId": 5, "lessonIdx": "x"}
    client = school.client
    wrong_verb = client.put("/api/learn/enroll", json=bad)
    assert (wrong_verb.status_code, wrong_verb.headers["Allow"]) == (405, "POST")
    assert client.post("/api/learn/enroll", json=bad).status_code == 401
    assert school.post("tim", "/api/learn/enroll", bad).status_code == 403
    assert school.post("lena", "/api/learn/enroll", bad).status_code == 422
    path = f"{AT}/lessons/0/quiz-attempts"
    assert school.post("tim", path, {"answers": "x"}).status_code == 403
    assert school.post("lena", path, {"answers": "x"}).status_code == 403
    school.enroll("lena")
    assert school.post("lena", f"{AT}/lessons/9/quiz-attempts", {"answers": "x"}).status_code == 404
    assert school.post("lena", path, {"answers": "x"}).status_code == 422
    assert school.get("audrey", "/api/learn/courses").status_code == 403
