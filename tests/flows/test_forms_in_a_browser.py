"""Forms that people work in, looked at on a desk, on a phone and without scripts: empty, refused, and filled."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser

from domain.kernel.people import ensure_person
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, application
from tests.flows.looking import PHONE, PLAIN, WIDE, Form, Person, browsing, serving
from tests.makers import make_tenant
from tests.stairs.small_house import SmallHouse
from tests.stairs.test_a_session_over_http import Desk

CREW = {"name": "North", "depot": "Depot A", "lat": -33.8, "lon": 151.2, "shift_start": "06:00", "shift_end": "14:00"}


@pytest.fixture(scope="module")
def desk(module_database: Database) -> Iterator[Desk]:
    """A building with an approved visit, a ruleset, and a crew."""
    make_tenant("T", "Australia/Sydney")
    ensure_signing_keys()
    for email, name, role in (("mia", "Mia", "MANAGER"), ("otto", "Otto", "OPERATOR")):
        ensure_person("T", f"{email}@example.org", name, [role])
    with TestClient(application(), raise_server_exceptions=False) as client:
        made = Desk(client, SmallHouse(module_database))
        for row in made.plan():
            made.test(row)
        assert made.sign("rita").status_code == 200
        assert made.ask("otto", "PUT", "/v1/crews/CREW-1", CREW | {"skills": ["hv", "tree"]}).status_code == 200
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as opened:
        yield opened


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    with serving() as url:
        yield url


def refused(person: Person, button: str, words: str, picture: str) -> None:
    """Press a button of a form that lacks something: the page says so and stays one."""
    person.presses(button)
    person.reads(words)
    person.looks(picture)


@pytest.mark.parametrize("form", [WIDE, PHONE, PLAIN], ids=lambda form: form.name)
def test_the_forms_of_a_compliance_manager(browser: Browser, address: str, desk: Desk, form: Form) -> None:
    there: Any = desk.ask("mia", "GET", f"/api/v1/buildings/{desk.house.building}").json()
    stair, floor = there["stairs"][0]["stair_id"], there["floors"][0]["floor_id"]
    rule = desk.ask("mia", "GET", "/api/v1/rules").json()["rows"][0]["rule_id"]
    with Person(browser, address, form, "forms-manager") as person:
        person.signs_in("Mia")
        person.opens("/stairs/registry/buildings/new", "building")
        refused(person, "Enter it", "Needed.", "building refused")
        person.opens(f"/stairs/buildings/{desk.house.building}", "building with its stairs")
        person.opens(f"/stairs/registry/stairs/{stair}", "stair")
        for plural, within in (("doors", floor), ("zones", stair), ("equipment", stair)):
            person.opens(f"/stairs/registry/{plural}/new?within={within}", plural)
        person.opens(f"/stairs/definitions/{stair}/scenario", "scenario")
        refused(person, "Propose it", "Needed.", "scenario refused")
        person.opens(f"/stairs/definitions/{stair}/interface", "interface")
        person.opens("/stairs/rules", "rules")
        person.opens(f"/stairs/rules/new?follows={rule}", "next version")
        refused(person, "Propose it", "Needed.", "next version refused")
        person.opens(f"/stairs/buildings/{desk.house.building}/relax", "relax")
        refused(person, "Propose it", "Needed.", "relax refused")
        person.opens("/advice/rules/stairs", "signal rules")
        refused(person, "Propose it", "Needed.", "signal rules refused")
        person.opens(f"/stairs/instruments/{desk.house.instruments['manometer']}")
        person.page.get_by_text("Correct what is known of it").click()
        person.looks("instrument corrected")
        person.opens(f"/stairs/sessions/{desk.session}/amend", "amend")
        refused(person, "Plan the correction", "Tick at least one test.", "amend refused")


@pytest.mark.parametrize("form", [WIDE, PHONE, PLAIN], ids=lambda form: form.name)
def test_the_forms_of_a_control_room(browser: Browser, address: str, form: Form) -> None:
    with Person(browser, address, form, "forms-control-room") as person:
        person.signs_in("Otto")
        person.opens("/grid/crews/new", "register a crew")
        refused(person, "Register it", "Needed.", "register refused")
        person.opens("/grid/crews/CREW-1", "crew")
        person.presses("Write it down")
        person.reads("The report is written down.")
