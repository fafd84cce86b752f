"""Every route and page says who may use it, or says that anyone may. A forgotten condition is found here."""

from fastapi import FastAPI

from api.app import create_app
from api.doors import doors_of
from api.gate import PROTECTED
from tests.conftest import application as served
from tests.kernel import doors

WITHOUT_A_CALLER = {"/health/live", "/health/ready", "/metrics", "/openapi.json"}


def unsaid(application: FastAPI) -> list[str]:
    return sorted(
        f"{sorted(door.methods)} {door.template}"
        for door in doors_of(application)
        if door.template not in WITHOUT_A_CALLER and not door.allowed and not door.open_to_anyone
    )


def test_no_route_forgets_to_say_who_may() -> None:
    assert unsaid(served()) == []


def test_a_route_that_forgets_is_found() -> None:
    assert unsaid(create_app(doors.router)) == ["['GET'] /api/courses/x"]


# Who holds a link that we signed may open what it leads to.
SIGNED_LINKS = "/objects/{key}"


def test_only_signing_in_and_signed_links_are_open_to_anyone_among_the_pages() -> None:
    pages = [door for door in doors_of(served()) if not door.template.startswith(PROTECTED)]
    assert {door.template for door in pages if door.open_to_anyone} == {
        "/sign-in",
        "/sign-in/demo",
        SIGNED_LINKS,
        "/sign-in/organisation",
        "/sign-in/organisation/back",
        "/sign-in/organisation/tenant",
        "/sign-out",
        "/messages/unsubscribe",
    }
    outside = {door.template for door in pages if not door.allowed and not door.open_to_anyone}
    assert outside == WITHOUT_A_CALLER
