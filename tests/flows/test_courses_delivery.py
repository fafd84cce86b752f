"""Two processes of the API on one database: what one gave out the other counts, and what one did the other sees."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from cli.services.postgres import free_port
from tests.conftest import ROOT, Database, application
from tests.courses.delivery.school import FIRST, School, count, package_of
from tests.stairs.at_once import at_once

EXPORT = f"/api/learn/courses/{FIRST}/export"


def start(home: Path, database: Database) -> tuple[subprocess.Popen[bytes], str]:
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")} | {
        "COUNTERSIGN_APP_DATABASE_URL": database.urls["app"],
        "COUNTERSIGN_HOME": str(home),
    }
    with (home / f"api-{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.serve", "--port", str(port)], env=environment, cwd=ROOT, stdout=log, stderr=log
        )
    return process, f"http://127.0.0.1:{port}"


def until_live(url: str) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/health/live", trust_env=False, timeout=30)
        except httpx.HTTPError:
            time.sleep(0.3)
        else:
            return
    raise AssertionError(f"{url} did not come to live")


class Two:
    """The same people at two processes."""

    def __init__(self, school: School, urls: list[str]) -> None:
        self.school = school
        self.clients = [httpx.Client(base_url=url, trust_env=False, timeout=120) for url in urls]

    def ask(self, at: int, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.clients[at % 2].request(method, path, json=body, headers=self.school.headers(who))


@pytest.fixture(scope="module")
def two(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    with TestClient(application(), raise_server_exceptions=False) as client:
        school = School(client).open()
        school.publish(package_of(FIRST))
    home = Path(os.environ["COUNTERSIGN_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    started = [start(home, module_database) for _ in range(2)]
    try:
        for _, url in started:
            until_live(url)
        made = Two(school, [url for _, url in started])
        yield made
        for client in made.clients:
            client.close()
    finally:
        for process, _ in started:
            process.terminate()
            process.wait(30)


def test_the_fourth_export_is_refused_by_the_other_process(two: Two) -> None:
    two.ask(0, "lena", "POST", "/api/learn/enroll", {"courseId": FIRST})
    assert two.ask(0, "owen", "GET", f"{EXPORT}/pdf").status_code == 403
    first = two.ask(0, "lena", "GET", f"{EXPORT}/pdf")
    again = two.ask(1, "lena", "GET", f"{EXPORT}/lms?format=scorm12")
    third = two.ask(0, "lena", "GET", f"{EXPORT}/lms?format=web")
    assert [one.status_code for one in (first, again, third)] == [200, 200, 200]
    fourth = two.ask(1, "lena", "GET", f"{EXPORT}/pdf")
    assert fourth.status_code == 429
    assert 1 <= int(fourth.headers["Retry-After"]) <= 600
    assert fourth.json()["error"]["code"] == "EXPORT_LIMIT"


def test_twelve_at_once_over_both_give_exactly_three(two: Two) -> None:
    two.ask(0, "liam", "POST", "/api/learn/enroll", {"courseId": FIRST})
    for at in range(4):
        assert two.ask(at, "liam", "GET", f"{EXPORT}/lms?format=cmi5").status_code == 422
    tasks = [lambda at=at: two.ask(at, "liam", "GET", f"{EXPORT}/lms?format=web") for at in range(12)]
    answers = at_once(*tasks)
    assert Counter(answer.status_code for answer in answers) == {200: 3, 429: 9}
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1
    taken = "SELECT count(*) FROM course_exports AS x JOIN users AS u ON u.id = x.user_id WHERE u.name LIKE 'liam%'"
    assert count("T", taken) == 3


def test_enrolments_and_purchases_at_both_are_one(two: Two) -> None:
    offer = {"courseId": FIRST, "priceCents": 4900, "currency": "EUR"}
    product = two.ask(0, "ada", "POST", "/api/admin/products", offer).json()["productId"]
    bought = at_once(
        *[lambda at=at: two.ask(at, "owen", "POST", "/api/store/purchase", {"productId": product}) for at in range(8)]
    )
    assert Counter(answer.status_code for answer in bought) == {201: 1, 200: 7}
    enrolled = at_once(
        *[lambda at=at: two.ask(at, "owen", "POST", "/api/learn/enroll", {"courseId": FIRST}) for at in range(8)]
    )
    assert Counter(answer.status_code for answer in enrolled) == {201: 1, 200: 7}
    assert len({answer.json()["enrollmentId"] for answer in enrolled}) == 1


def test_a_refund_at_one_process_shuts_the_course_at_the_other(two: Two) -> None:
    product = two.ask(0, "ada", "GET", "/api/admin/products").json()[0]["productId"]
    purchase = two.ask(1, "owen", "POST", "/api/store/purchase", {"productId": product}).json()["purchaseId"]
    assert two.ask(1, "owen", "GET", f"/api/learn/courses/{FIRST}").status_code == 200
    refunded = two.ask(0, "ada", "POST", f"/api/admin/purchases/{purchase}/refund", {"reason": "Asked"})
    assert refunded.status_code == 201
    assert two.ask(1, "owen", "GET", f"/api/learn/courses/{FIRST}").status_code == 403


def test_the_last_two_lessons_at_both_complete_the_course_once(two: Two) -> None:
    path = f"/api/learn/courses/{FIRST}/lessons/0/quiz-attempts"
    assert two.ask(0, "lena", "POST", path, {"answers": [0, 1, 1]}).json()["passed"] is True
    assert two.ask(1, "lena", "POST", "/api/learn/progress", {"courseId": FIRST, "lessonIdx": 0}).status_code == 200
    answers = at_once(
        *[
            lambda at=at: two.ask(at, "lena", "POST", "/api/learn/progress", {"courseId": FIRST, "lessonIdx": at})
            for at in (1, 2)
        ]
    )
    completed = {answer.json()["courseCompletedAt"] for answer in answers} - {None}
    assert len(completed) == 1
    told = two.ask(1, "lena", "GET", f"/api/learn/progress/{FIRST}").json()
    assert (told["percent"], told["completedAt"]) == (100, completed.pop())
