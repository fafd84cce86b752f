"""A learner's transaction works in a database role that cannot read a draft, a review, a signature or a person."""

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from api.courses.learn_session import delivering
from domain.courses.delivery.observe.learner import Learner
from domain.kernel.db import narrowed, transaction
from domain.kernel.errors import Conflict
from domain.kernel.settings import DELIVERY_ROLE
from tests.conftest import Database
from tests.courses.delivery.school import School

UNSEEN = (
    "content_items",
    "content_revisions",
    "content_decisions",
    "v_content_items",
    "generation_jobs",
    "generation_answers",
    "proposals",
    "countersignatures",
    "users",
    "role_assignments",
    "api_keys",
    "login_sessions",
    "events",
    "audit_gaps",
)
UNCHANGED = ("course_packages", "course_package_retirements", "products", "course_licences", "refunds")


def learner(school: School) -> Learner:
    return Learner(school.tenant, "01a00000-0000-7000-8000-000000000001", "LEARNER")


@pytest.mark.parametrize("table", UNSEEN)
def test_it_reads_none_of_these(school: School, table: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        delivering(learner(school)) as connection,
    ):
        connection.execute(text(f"SELECT count(*) FROM {table}"))


@pytest.mark.parametrize("table", UNCHANGED)
def test_it_writes_none_of_these(module_database: Database, table: str) -> None:
    with psycopg.connect(module_database.urls["app"]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', true), set_config('role', %s, true)", (DELIVERY_ROLE,))
        with pytest.raises(InsufficientPrivilege):
            connection.execute(f"INSERT INTO {table} DEFAULT VALUES")  # type: ignore[call-overload]


def test_it_reads_what_is_published(school: School) -> None:
    with delivering(learner(school)) as connection:
        assert connection.execute(text("SELECT current_user")).scalar_one() == DELIVERY_ROLE
        assert connection.execute(text("SELECT count(*) FROM course_packages")).scalar_one() == 1


def test_the_role_is_given_back_after_the_block_and_after_a_refusal(school: School) -> None:
    with transaction(school.tenant) as connection:
        before = connection.execute(text("SELECT current_user")).scalar_one()
        with narrowed(connection, DELIVERY_ROLE):
            assert connection.execute(text("SELECT current_user")).scalar_one() == DELIVERY_ROLE
        assert connection.execute(text("SELECT current_user")).scalar_one() == before
        with pytest.raises(Conflict), narrowed(connection, DELIVERY_ROLE):
            raise Conflict("Refused.")
        assert connection.execute(text("SELECT current_user")).scalar_one() == before


def test_a_pooled_connection_does_not_keep_the_role(school: School) -> None:
    with delivering(learner(school)):
        pass
    with pytest.raises(Conflict), delivering(learner(school)):
        raise Conflict("Refused.")
    with transaction(school.tenant) as connection:
        assert connection.execute(text("SELECT current_user")).scalar_one() == "countersign_app"


def test_every_learners_route_and_page_steps_into_it(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it cannot step into the role, every one of them fails: none works as somebody who may read more."""
    school.enroll("lena")
    course = school.get("lena", "/api/learn/courses").json()[0]["id"]
    paths = [
        "/api/learn/courses",
        f"/api/learn/courses/{course}",
        f"/api/learn/courses/{course}/lessons/0",
        f"/api/learn/progress/{course}",
        f"/api/learn/courses/{course}/export/pdf",
        "/api/store/products",
        "/learn",
        f"/learn/{course}",
        f"/learn/{course}/lesson/0",
    ]
    assert {school.get("lena", path).status_code for path in paths} == {200}
    for module in ("api.courses.learn_session", "api.courses.pages.learn", "api.courses.pages.lesson"):
        monkeypatch.setattr(f"{module}.DELIVERY_ROLE", "countersign_owner")
    assert {school.get("lena", path).status_code for path in paths} == {500}
