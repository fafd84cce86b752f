"""Every route under /v1 and /api says who may use it, or says that anyone may. A forgotten condition is found here."""

from fastapi import FastAPI

from api.app import create_app
from api.gate import PROTECTED, doors_of
from tests.kernel import doors


def unsaid(application: FastAPI) -> list[str]:
    return sorted(
        f"{sorted(door.methods)} {door.template}"
        for door in doors_of(application)
        if door.template.startswith(PROTECTED) and not door.allowed and not door.open_to_anyone
    )


def test_no_route_forgets_to_say_who_may() -> None:
    assert unsaid(create_app()) == []


def test_a_route_that_forgets_is_found() -> None:
    assert unsaid(create_app(doors.router)) == ["['GET'] /api/courses/x"]


def test_only_health_metrics_the_description_and_files_stand_outside_the_gate() -> None:
    outside = {door.template for door in doors_of(create_app()) if not door.template.startswith(PROTECTED)}
    assert outside == {"/health/live", "/health/ready", "/metrics", "/openapi.json"}
