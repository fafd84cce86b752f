"""The database ends the session of a request before one of its statements, and before each in turn.

Whoever asked is told 503, never 500, and asks again under the same key; then it is done, once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event

from domain.kernel.db import transaction
from domain.kernel.gates import RETENTION_DISPOSAL
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, application
from tests.courses.authoring.course_house import DEMO, House, open_house
from tests.courses.small_course import REQUEST
from tests.faults.table import Table
from tests.flows.mortal import UNKNOWN
from tests.kernel.gates_of_tests import lay_down
from tests.makers import make_fleet, make_token

MOST_TRIES = 5
FEW, ALL = 11, 1


class Cutter:
    """Ends the session that is about to run the nth statement from now, once."""

    def __init__(self, url: str) -> None:
        self.superuser = psycopg.connect(url, autocommit=True)
        self.left = 0
        self.cuts = 0

    def before(self, connection: Any, *_: Any) -> None:
        """Counts statements of whatever thread."""
        self.left -= 1
        if self.left == 0:
            self.cuts += 1
            pid = connection.connection.driver_connection.info.backend_pid
            self.superuser.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


@pytest.fixture(scope="module")
def cutter(module_database: Database) -> Iterator[Cutter]:
    made = Cutter(module_database.urls["superuser"])
    with _listening(made):
        yield made
    made.superuser.close()


@contextmanager
def _listening(made: Cutter) -> Iterator[None]:
    event.listen(Engine, "before_cursor_execute", made.before)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", made.before)


@pytest.fixture(scope="module")
def house(cutter: Cutter) -> Iterator[House]:
    """People, meters and a course that is published."""
    make_fleet("T", feeders=1, meters_per_feeder=4)
    ensure_signing_keys()
    with TestClient(application(), raise_server_exceptions=False) as client:
        made = open_house(client)
        made.people["operator"] = {
            "Authorization": f"Bearer {make_token('T', 'OPERATOR', email='op@example.org', ttl_s=3600)}"
        }
        made.approved_course()
        made.publish()
        yield made


Ask = tuple[str, str, str, Any]


def signing(_: House, __: int) -> Ask:
    with transaction("T") as connection:
        laid = lay_down(connection, RETENTION_DISPOSAL)
    return "admin", "POST", f"/v1/proposals/{laid.proposal_id}/approve", {"content_hash": laid.content_hash}


def reporting(_: House, number: int) -> Ask:
    told = {"meter_id": "M010000", "type": "POWER_OUT", "at": f"2026-03-01T00:{number:02d}:00Z", "source": "ami"}
    return "operator", "POST", "/v1/grid/meter-events", {"events": [told]}


def publishing_reads(_: House, number: int) -> Ask:
    body = {"intervalMinutes": 15, "windowEnd": f"2026-11-02T{number % 24:02d}:{15 * (number // 24 % 4):02d}:00Z"}
    return "operator", "POST", "/api/ami/publish-once", body


def publishing_a_course(house: House, number: int) -> Ask:
    house.approve("reviewer", house.edited("m01l02", f"Customers never counted are missing, take {number}."))
    digest = house.preview()["contentHash"]
    return "reviewer", "POST", f"/api/admin/syllabi/{DEMO}/publish", {"contentHash": digest}


def drafting(_: House, number: int) -> Ask:
    return "author", "POST", "/api/admin/syllabi", {"request": REQUEST, "syllabusId": f"cut-{number}-{uuid4().hex[:6]}"}


def enrolling(_: House, __: int) -> Ask:
    return "learner", "POST", "/api/learn/enroll", {"courseId": DEMO}


def looking(_: House, __: int) -> Ask:
    return "reviewer", "GET", "/v1/countersign/queue", None


def reading_a_course(_: House, __: int) -> Ask:
    return "auditor", "GET", f"/api/courses/{DEMO}/1", None


ASKS: list[Callable[[House, int], Ask]] = [
    signing,
    reporting,
    publishing_reads,
    publishing_a_course,
    drafting,
    enrolling,
    looking,
    reading_a_course,
]


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("step", [FEW, pytest.param(ALL, marks=pytest.mark.soak)])
def test_a_session_that_is_ended_is_told_as_such_and_asked_again_it_is_done(
    house: House, cutter: Cutter, table: Table, ask: Callable[[House, int], Ask], step: int
) -> None:
    cutter.cuts, number, told = 0, 0, 0
    while cutter.cuts == number:
        who, method, path, body = ask(house, number)
        cutter.left = 1 + number * step
        told += insist(house, who, method, path, body)
        cutter.left = 0
        number += 1
    words = ask.__name__.replace("_", " ")
    table.add(f"sessions ended before a statement: {words}", faults=cutter.cuts, checks=told)


def insist(house: House, who: str, method: str, path: str, body: Any) -> int:
    """Ask until it is answered; how often it was asked. A client retries what is safe, or has a key."""
    key, is_unknown = str(uuid4()), False
    for tried in range(1, MOST_TRIES + 1):
        answer = house.call(who, method, path, body, Idempotency_Key=key)
        if answer.is_success:
            return tried
        if answer.status_code == 409 and is_unknown:
            # Nobody knew whether it was done, and it was.
            return tried
        if answer.status_code == 409 and answer.json()["code"] == UNKNOWN:
            key, is_unknown = str(uuid4()), True
            continue
        assert answer.status_code == 503, f"{method} {path}: {answer.status_code} {answer.text}"
    raise AssertionError(f"{method} {path} is never done")
