"""Each person's main task from signing in to done, in a real browser: on a desk, on a phone, and without scripts.

What every page owes on the way is told in `looking`. An ordinary run walks the control room without scripts and the
analyst with a phone; `make soak` walks everybody, every way. A technician's phone is in `test_runner`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser
from sqlalchemy import text

from cli.demo import firemode
from cli.demo.client import Client
from cli.demo.courses import publish_demo
from cli.worker import TRADES
from domain.courses.authoring.worker.loop import work_until_idle
from domain.grid.metering.observe.publish import floor_to, publish
from domain.grid.outages.rules.gates import AFTER_ACTION
from domain.grid.outages.rules.storm import reports_of
from domain.grid.outages.store import crews
from domain.grid.outages.store.crews import CrewNow
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction, working_as
from domain.kernel.fulfil import fulfil
from domain.kernel.keys import create_key
from domain.kernel.people import ensure_person
from domain.kernel.seals.sealing import seal_ledger
from domain.kernel.settings import DbRole, WriteMode
from domain.kernel.signing import ensure_signing_keys
from orchestration.doers import DOERS
from tests.conftest import Database
from tests.flows.looking import PHONE, PLAIN, WIDE, Form, Person, serving
from tests.grid.outages.town import NIGHT, below, make_town, night
from tests.makers import make_fleet, make_tenant, make_token

SIX_MINUTES = timedelta(minutes=6)
SOAK = pytest.mark.soak
ALL = [pytest.param(form, id=form.name, marks=SOAK) for form in (WIDE, PHONE, PLAIN)]
PLAIN_NOW = [*ALL[:2], pytest.param(PLAIN, id="plain")]
PHONE_NOW = [ALL[0], pytest.param(PHONE, id="phone"), ALL[2]]


@pytest.fixture(scope="module")
def address(module_database: Database) -> Iterator[str]:
    """The application on a free port, with nobody in it yet."""
    ensure_signing_keys()
    with serving() as url:
        yield url


def people(tenant: str, **roles: str) -> None:
    """Persons of the tenant, with names that say who they are and where."""
    for name, role in roles.items():
        ensure_person(tenant, f"{name}@{tenant.lower()}.example", f"{name.capitalize()} of {tenant}", [role])


def carried_out(tenant: str, kind: str) -> None:
    """Have a machine carry out what was signed of that kind."""
    with transaction(tenant) as connection:
        query = text("SELECT countersignature_id FROM countersignatures WHERE kind = :kind AND decision = 'APPROVED'")
        signed = connection.execute(query, {"kind": kind}).scalars().all()
    for one in signed:
        fulfil(tenant, one, DOERS, run_id="test", actor_id="test")


# The control room


def stormy(address: str, tenant: str) -> None:
    """A town at night: the recloser of the north feeder has opened, meters have gasped, nobody has decided."""
    network = make_town(tenant)
    people(tenant, olivia="OPERATOR", max="MANAGER", tessa="TENANT_OWNER", audrey="AUDITOR")
    _, key = create_key(tenant, "ami", ["ami:write", "grid:read", "grid:advise"])
    machine = {"Authorization": f"Bearer {key}"}
    told = reports_of([night(network)], list(below(network, "FUSE-S2")[:1]), seed=1)
    early = [_event(one) for one in told if one.arrived_at <= NIGHT + SIX_MINUTES]
    with httpx.Client(base_url=address, headers=machine, trust_env=False, timeout=30) as client:
        client.post("/v1/grid/meter-events", json={"events": early}).raise_for_status()
        at = (NIGHT + SIX_MINUTES).isoformat()
        client.post("/v1/provisionals/infer", json={"as_of": at}).raise_for_status()
    depot = ("Depot", 47.01, 8.01, time(12, 0), time(23, 59), "truck", 3, ("fuse_link",), "available", None, 2.0)
    with transaction(tenant) as connection:
        crews.put(connection, [CrewNow("CREW-1", "Crew North", *depot, ("line_oh", "bucket", "switching", "hv"))])


def _event(one: Any) -> dict[str, Any]:
    who = {"device_id": one.device_id} if one.device_id else {"meter_id": one.meter_id}
    return {"type": one.type, "source": one.source, "at": one.at.isoformat(), **who} | {
        "arrived_at": one.arrived_at.isoformat()
    }


@pytest.mark.parametrize("form", PLAIN_NOW)
def test_the_control_room_decides_asks_and_reports_an_outage(browser: Browser, address: str, form: Form) -> None:
    tenant = f"STORM_{form.name.upper()}"
    stormy(address, tenant)
    with Person(browser, address, form, "control-room") as olivia:
        olivia.signs_in(f"Olivia of {tenant}")
        olivia.opens("/grid/outages", "board")
        assert "wait" in olivia.heading()
        _declares_storm_mode(olivia)
        olivia.follows("REC-N")
        olivia.looks("provisional")
        olivia.presses("Go to the decision")
        olivia.looks("proposal")
        olivia.presses("Countersign")
        olivia.reads("Countersigned.")
        _clicks_again(olivia)
        olivia.opens("/grid/outages")
        olivia.page.locator("#outages table a").first.click()
        outage = olivia.page.url
        for button in ("Rank the zones", "Generate options", "Recommend crews"):
            olivia.presses(f"{button} on what is known now")
        olivia.presses("Mark as considered")
        olivia.page.get_by_label("What happened").select_option("dispatched_at")
        olivia.page.get_by_label("When, local time").fill("2026-11-20T18:25")
        olivia.presses("Report")
        olivia.looks("outage")
        assert "without supply" in olivia.heading()
        olivia.presses("Replay what is known now")
        olivia.presses("Make it again and compare")
        olivia.reads("Reproduced: every hash is equal.")
        olivia.looks("replay")
        olivia.presses("Write the draft and go to the signature")
        signing = olivia.page.url.removeprefix(address)
        olivia.opens("/grid/crews", "crews")
    with Person(browser, address, form, "manager") as manager:
        manager.signs_in(f"Max of {tenant}")
        manager.opens("/", "queue")
        manager.opens(signing)
        manager.presses("Countersign")
        manager.opens("/grid/crews", "crews")
        manager.page.goto(outage)
        manager.follows("Replay as of")
        manager.looks("replay")
    carried_out(tenant, AFTER_ACTION.kind)
    people(tenant, ada="ADMIN")
    with Person(browser, address, form, "administrator") as ada:
        ada.signs_in(f"Ada of {tenant}")
        ada.opens("/admin/tenant", "settings")
        ada.page.get_by_label("Worth of a kilowatt-hour").fill("0.1828")
        ada.presses("Set")
        ada.looks("settings-refused")
        ada.page.get_by_label("Its currency").fill("USD")
        ada.page.get_by_label("Its source").fill("EIA, Electric Power Annual, data for 2023: New York")
        ada.presses("Set")
        ada.reads("Set.")
    with Person(browser, address, form, "executive") as owner:
        owner.signs_in(f"Tessa of {tenant}")
        owner.opens("/grid/summary", "summary")
        with owner.page.expect_download() as kept:
            owner.follows("Signed report, PDF")
        assert kept.value.path().read_bytes().startswith(b"%PDF")


def _declares_storm_mode(person: Person) -> None:
    """Without a reason it is refused and keeps what was typed; with one it holds until its end."""
    person.page.get_by_text("Storm mode: declare it").click()
    person.page.get_by_label("For how long, hours").fill("6")
    person.presses("Declare")
    assert person.page.get_by_label("For how long, hours").input_value() == "6"
    person.looks("storm-mode-refused")
    person.page.get_by_label("Reason").fill("A front comes in from the west.")
    person.presses("Declare")
    person.reads("Storm mode is on")
    person.looks("storm-mode")


def _clicks_again(person: Person) -> None:
    """A second click on sign, from the page as it was before: nothing is done twice, and it is no error."""
    signed = person.page.url
    person.page.go_back()
    if person.page.get_by_role("button", name="Countersign", exact=True).count():
        person.presses("Countersign")
        assert person.page.url.startswith(signed.split("?")[0])
        person.reads("You had decided so already; nothing was done twice.")
    person.page.goto(signed.split("?")[0])
    assert person.page.get_by_role("button", name="Countersign", exact=True).count() == 0


# The analyst


@pytest.fixture(scope="module")
def metered(address: str) -> str:
    """A day of reads of a small fleet up to now."""
    make_fleet("METERED", feeders=2, meters_per_feeder=8)
    people("METERED", anna="OPERATOR", rita="REVIEWER")
    now = datetime.now(UTC)
    end = floor_to(now, 15)
    publish("METERED", window_start=end - timedelta(days=1), window_end=end, mode=WriteMode.SAFE, now=now, actor="test")
    return "METERED"


@pytest.mark.parametrize("form", PHONE_NOW)
def test_the_analyst_goes_from_the_finding_to_the_raw_reads(
    browser: Browser, address: str, metered: str, form: Form
) -> None:
    with Person(browser, address, form, "analyst") as anna:
        anna.signs_in(f"Anna of {metered}")
        anna.opens("/grid", "health")
        assert "%" in anna.heading()
        anna.page.locator("main table a").first.click()
        anna.looks("feeder")
        for path, name in (
            ("/grid/meters", "meters"),
            ("/grid/meters/M010000", "meter"),
            ("/grid/events", "events"),
            ("/grid/reads", "reads"),
            ("/grid/network", "network"),
            ("/grid/summary", "summary"),
            ("/grid/outages", "outages"),
            ("/grid/crews", "crews"),
            ("/advice", "suggestions"),
            ("/me", "me"),
        ):
            anna.opens(path, name)


# Stairs


@pytest.fixture(scope="module")
def tested(address: str) -> str:
    """The pilot building with its yearly visit: walked, two faults found, nobody has reviewed them."""
    make_tenant("STAIRS", "Australia/Sydney")
    seen = firemode.Visit()
    those = _stair_people(address)
    seen.building_id = firemode.enter(those, "STAIRS", utc_now())
    firemode.publish(those, seen.building_id)
    firemode.walk(those, seen, utc_now())
    for one in (those.technician, those.manager, those.reviewer):
        one.close()
    return seen.session_id


def _stair_people(address: str) -> firemode.People:
    made = object.__new__(firemode.People)
    for name, role in (("technician", "TECHNICIAN"), ("manager", "MANAGER"), ("reviewer", "REVIEWER")):
        setattr(made, name, Client(address, make_token("STAIRS", role, email=f"{name}@stairs.example", ttl_s=3600)))
    people("STAIRS", mona="MANAGER", raoul="REVIEWER", otto="OWNER")
    made.technician_name, made.reviewer_name = "technician", "reviewer"
    return made


@pytest.mark.parametrize("form", ALL)
def test_a_manager_plans_a_visit_and_a_reviewer_judges_a_fault(
    browser: Browser, address: str, tested: str, form: Form
) -> None:
    with Person(browser, address, form, "stairs") as manager:
        manager.signs_in("Mona of STAIRS")
        manager.opens("/stairs", "board")
        manager.page.get_by_label("Routine").select_option("annual")
        manager.page.get_by_label("Day of the visit").fill("2031-05-05")
        manager.presses("Plan it")
        assert "/stairs/sessions/" in manager.page.url
        manager.opens(f"/stairs/sessions/{tested}", "session")
        manager.opens("/stairs/faults", "faults")
        manager.opens("/stairs/buildings", "buildings")
        manager.page.locator("main table a").first.click()
        manager.looks("building")
        manager.follows("Trends of every point")
        manager.looks("trends")
        manager.opens("/stairs/rules", "rules")
        manager.opens("/stairs/instruments", "instruments")
        manager.page.locator("main table a").first.click()
        manager.looks("instrument")
    with Person(browser, address, form, "stairs-review") as reviewer:
        reviewer.signs_in("Raoul of STAIRS")
        reviewer.opens("/stairs/faults")
        reviewer.page.locator("main table a").first.click()
        reviewer.looks("fault")
        if reviewer.page.locator("#review").count():
            reviewer.page.get_by_label("Reason").fill("Read again on site; it is as found.")
            reviewer.presses("Countersign")
            reviewer.reads("Signed; it holds from now on.")
        reviewer.reads("onfirmed")


# Courses


@pytest.fixture(scope="module")
def taught(address: str) -> str:
    """A published course, and its people."""
    make_tenant("COURSES")
    publish_demo(address, "COURSES", _work)
    people("COURSES", lena="LEARNER", wilma="AUTHOR", rosa="REVIEWER", theo="TENANT_OWNER")
    return "COURSES"


def _work() -> None:
    with working_as(DbRole.MACHINE):
        work_until_idle(TRADES)


@pytest.mark.parametrize("form", ALL)
def test_an_author_asks_for_a_course_and_a_reviewer_approves_its_map(
    browser: Browser, address: str, taught: str, form: Form
) -> None:
    title = f"Reading feeders {form.name}"
    with Person(browser, address, form, "author") as author:
        author.signs_in(f"Wilma of {taught}")
        author.opens("/admin/courses", "courses")
        author.follows("New course")
        author.looks("new")
        author.page.get_by_label("Title of the course").fill(title)
        author.page.get_by_label("Time of the learner").fill("10")
        author.presses("Have it drafted")
        author.reads("to mend")
        author.page.get_by_label("For whom").fill("Control-room staff in their first year")
        author.page.get_by_label("Time of the learner").fill("120")
        author.presses("Have it drafted")
        author.reads("Being drafted")
        _work()
        author.opens("/admin/courses")
        author.follows(title)
        author.looks("course")
        _edits_a_node(author)
    with Person(browser, address, form, "reviewer") as reviewer:
        reviewer.signs_in(f"Rosa of {taught}")
        reviewer.opens("/", "queue")
        reviewer.page.locator("main table a", has_text=title).first.click()
        reviewer.looks("proposal")
        reviewer.presses("Countersign")
        _clicks_again(reviewer)
        for path, name in (
            ("/admin/courses/demo", "course"),
            ("/admin/courses/demo/1", "version"),
            ("/admin/courses/demo/parts/demo.m01l01", "part"),
            ("/admin/suggestions", "suggestions"),
            ("/admin/regeneration-jobs", "jobs"),
        ):
            reviewer.opens(path, name)
    with Person(browser, address, form, "tenant-owner") as owner:
        owner.signs_in(f"Theo of {taught}")
        owner.opens("/admin/store", "store")
        owner.opens("/admin/courses/demo/analytics", "analytics")
        owner.opens("/learn/demo", "player")


def _edits_a_node(author: Person) -> None:
    """A lesson by its form: a wrong number is told at its field; the sums of minutes follow."""
    author.follows("The syllabus itself")
    author.page.get_by_role("link", name="Edit m01l01").click()
    minutes = author.page.get_by_label("Time of the learner")
    before = int(minutes.input_value())
    minutes.fill("none")
    author.presses("Keep as revision 2")
    author.reads("1 field to mend.")
    author.looks("node")
    minutes.fill(str(before - 1))
    author.presses("Keep as revision 2")
    author.reads("Kept as a new revision")
    author.reads(f"{before - 1} min")
    author.looks("syllabus")


@pytest.mark.parametrize("form", ALL)
def test_a_learner_enrols_reads_and_finishes_a_lesson(browser: Browser, address: str, taught: str, form: Form) -> None:
    name = f"lena-{form.name}"
    people(taught, **{name: "LEARNER"})
    with Person(browser, address, form, "learner") as lena:
        lena.signs_in(f"{name.capitalize()} of {taught}")
        assert lena.page.url.endswith("/learn")
        lena.looks("courses")
        lena.follows("Running Countersign")
        lena.looks("course")
        lena.presses("Enrol")
        lena.page.locator("main .lessons a").first.click()
        lena.looks("lesson")
        lena.presses("Mark complete")
        lena.opens("/learn/demo", "progress")


# Audit


@pytest.mark.parametrize("form", ALL)
def test_an_auditor_follows_a_signature_and_recomputes_it(browser: Browser, address: str, form: Form) -> None:
    tenant = f"AUDIT_{form.name.upper()}"
    stormy(address, tenant)
    with working_as(DbRole.MACHINE):
        seal_ledger(tenant)
    with Person(browser, address, form, "auditor") as audrey:
        audrey.signs_in(f"Audrey of {tenant}")
        audrey.opens("/ledger", "ledger")
        audrey.page.locator("main table tbody tr").last.locator("a").first.click()
        audrey.looks("event")
        with audrey.page.expect_download() as kept:
            audrey.follows("Download the proof")
        assert b"audit_path" in kept.value.path().read_bytes()
        audrey.presses("Recompute and compare")
        audrey.reads("It is what was sealed.")
        audrey.opens("/grid/outages")
        audrey.follows("REC-N")
        for path, name in (("/artifacts", "artifacts"), ("/admin/people", "people"), ("/admin/tenant", "settings")):
            audrey.opens(path, name)
