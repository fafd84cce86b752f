"""A technician's phone in a real browser: tests with the network off, closed half-way, then brought back.

By default some of every kind are walked; COUNTERSIGN_RUNNER_TESTS=168 walks the whole session, which takes minutes.
The provisional verdict of the phone is held to the engine's vectors here too.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, FilePayload, Page, Route

from cli.demo import firemode
from cli.demo.client import Client
from cli.demo.firemode import People
from cli.demo.phone import photo
from domain.kernel.clock import utc_now
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database
from tests.flows.looking import serving
from tests.flows.test_pages_in_a_browser import PHONE
from tests.makers import make_tenant, make_token

WALKED = int(os.environ.get("COUNTERSIGN_RUNNER_TESTS", "15"))
VECTORS = Path(__file__).parents[1] / "stairs/rules/vectors.json"


@pytest.fixture(scope="module")
def address(module_database: Database) -> Iterator[str]:
    """The application on a free port."""
    make_tenant("T", "Australia/Sydney")
    ensure_signing_keys()
    with serving() as served:
        yield served


@pytest.fixture(scope="module")
def people(address: str) -> Iterator[People]:
    made = object.__new__(People)
    for name, role in (("technician", "TECHNICIAN"), ("manager", "MANAGER"), ("reviewer", "REVIEWER")):
        token = make_token("T", role, email=f"{name}@example.org", ttl_s=3600)
        setattr(made, name, Client(address, token))
    made.technician_name, made.reviewer_name = "technician", "reviewer"
    yield made
    for one in (made.technician, made.manager, made.reviewer):
        one._http.close()


@pytest.fixture(scope="module")
def session_id(people: People) -> str:
    """A yearly session of the pilot building, planned for today."""
    building = firemode.enter(people, "T", utc_now())
    firemode.publish(people, building)
    planned = {
        "building_id": building,
        "frequency": "annual",
        "planned_for": utc_now().astimezone(firemode.ZONE).date().isoformat(),
    }
    told = people.manager.post("/api/v1/tests/sessions", planned)
    assert told["instances"] == 168
    return str(told["session_id"])


def signed_in(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")
    page.fill("[name=token]", make_token("T", "TECHNICIAN", email="technician@example.org", ttl_s=3600))
    page.click("form[action='/sign-in'] button")
    page.wait_for_load_state()


class Hand:
    """A hand that enters what was commissioned, whatever the test asks for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.captures = 0

    def test(self, instance: dict[str, Any]) -> None:
        """Enter one test and save it."""
        page, kind = self.page, instance["measurement_type"]
        page.evaluate("id => { location.hash = `#/test/${id}`; }", instance["instance_id"])
        page.wait_for_selector(f"[data-test='{instance['instance_id']}']")
        page.clock.set_fixed_time(datetime.now(UTC))
        {
            "air_velocity": self._grid,
            "cause_and_effect_logic": self._sequence,
            "interface_test": self._interface,
        }.get(kind, self._value)(instance)
        needed = page.locator(".run-capture", has_text="needed")
        for place in range(needed.count()):
            needed.nth(place).locator("input").set_input_files(_shot(instance["scoped_identifier"], place))
            needed.nth(place).locator("text=Take again").wait_for(state="attached")
            self.captures += 1
        page.click("text=Save and go on")
        page.wait_for_function("id => !location.hash.includes(id)", arg=instance["instance_id"])

    def _value(self, instance: dict[str, Any]) -> None:
        self.page.fill("#reading", instance["baseline_snapshot"]["value"])

    def _grid(self, instance: dict[str, Any]) -> None:
        for point in instance["baseline_snapshot"]["measurement_points"]:
            self.page.fill(f"[aria-label='Point {point['point']}, m/s']", point["velocity_ms"])

    def _sequence(self, instance: dict[str, Any]) -> None:
        began = datetime.now(UTC)
        self.page.clock.set_fixed_time(began)
        self.page.click("text=Triggered now")
        for step in instance["sequence_snapshot"]["expected_sequence"]:
            self.page.clock.set_fixed_time(began + timedelta(seconds=step["expected_delay_seconds"]))
            self.page.locator(".run-steps li").nth(step["step_order"] - 1).locator("text=Now").click()
            self.page.locator(".run-steps li").nth(step["step_order"] - 1).locator("text=Undo").wait_for()
        self.captures += 1  # the stopwatch's record

    def _interface(self, _: dict[str, Any]) -> None:
        self.page.click("text=Seen as expected")
        self.page.wait_for_selector("[aria-pressed='true']:has-text('Seen as expected')")
        self.page.fill("#response", "3.2")


def _shot(name: str, number: int) -> FilePayload:
    """A photo of its own: the same one for two tests would prove neither."""
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo(name, f"Photo {number}", utc_now())}


def some_of_every_kind(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many as are walked, in walk order."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_kind.setdefault(row["measurement_type"], []).append(row)
    turns = [row for turn in zip_longest(*by_kind.values()) for row in turn if row is not None]
    return sorted(turns[:WALKED], key=lambda row: int(row["sequence_order"]))


def instances(people: People, session_id: str) -> list[dict[str, Any]]:
    return firemode._rows(people.technician, f"/api/v1/tests/sessions/{session_id}/instances?limit=500")


def reopened(page: Page, address: str, session_id: str, hash_: str) -> Page:
    """The page is closed as a phone closes it, and opened again; the network is still off."""
    context = page.context
    page.close()
    again = context.new_page()
    again.goto(f"{address}/stairs/run/{session_id}{hash_}")
    again.wait_for_selector(".run-strip")
    return again


def test_tests_offline_closed_half_way_then_synced_nothing_lost_nothing_twice(
    browser: Browser, address: str, people: People, session_id: str, module_database: Database
) -> None:
    context = browser.new_context(viewport={"width": PHONE["width"], "height": PHONE["height"]})
    page, faults = context.new_page(), []
    signed_in(page, address)
    page.goto(f"{address}/stairs/run/{session_id}")
    page.wait_for_selector("text=you can lose the signal now")
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()  # once under the worker, which keeps the page
    page.wait_for_selector("text=you can lose the signal now")
    rows = some_of_every_kind(instances(people, session_id))
    assert len({row["measurement_type"] for row in rows}) == 5
    context.set_offline(True)
    page.on("pageerror", lambda error: faults.append(str(error)))
    hand = Hand(page)
    typed = [row for row in rows if "value" in (row["baseline_snapshot"] or {})][-1]
    half = rows.index(typed)
    for row in rows[:half]:
        hand.test(row)
    page.evaluate("id => { location.hash = `#/test/${id}`; }", typed["instance_id"])
    page.wait_for_selector(f"[data-test='{typed['instance_id']}']")
    page.fill("#reading", typed["baseline_snapshot"]["value"])  # typed, not saved
    page.wait_for_timeout(200)
    page = hand.page = reopened(page, address, session_id, f"#/test/{typed['instance_id']}")
    page.on("pageerror", lambda error: faults.append(str(error)))
    assert page.input_value("#reading") == typed["baseline_snapshot"]["value"], "what was typed is there again"
    for row in rows[half:]:
        hand.test(row)
    assert {row["status"] for row in instances(people, session_id)} == {"pending"}, "nothing has reached the server"
    context.set_offline(False)
    page.click("text=Send now")
    page.wait_for_selector("text=all sent", timeout=300_000)
    done = [row for row in instances(people, session_id) if row["status"] == "completed"]
    assert [row["instance_id"] for row in done] == [row["instance_id"] for row in rows]
    told = [
        (row["scoped_identifier"], row["validation_result"]["hinders_pass"])
        for row in done
        if row["verdict"] != "compliant"
    ]
    assert told == []
    counted = counts(module_database, session_id)
    assert counted == (WALKED, WALKED, hand.captures)
    page.reload()  # a second time: the phone sends what it holds, and holds nothing that was not sent
    page.wait_for_selector("text=all sent")
    assert counts(module_database, session_id) == counted
    if WALKED == 168:
        page.click("text=Hand in for review")
        page.wait_for_selector("text=Handed in")
        assert people.technician.get(f"/api/v1/tests/sessions/{session_id}")["status"] == "submitted"
    assert not faults
    context.close()


def begun(page: Page, address: str, session_id: str) -> None:
    """The session on the phone, and the page under its worker."""
    page.goto(f"{address}/stairs/run/{session_id}")
    page.wait_for_selector("text=you can lose the signal now")
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    page.wait_for_selector("text=you can lose the signal now")


def at_test(page: Page, row: dict[str, Any]) -> None:
    page.evaluate("id => { location.hash = `#/test/${id}`; }", row["instance_id"])
    page.wait_for_selector(f"[data-test='{row['instance_id']}']")


def said(page: Page, row: dict[str, Any], reason: str, button: str) -> None:
    """Say of a test why it cannot be tested."""
    at_test(page, row)
    page.click("summary:has-text('It cannot be tested')")
    page.fill("#reason", reason)
    page.click(f"button:has-text('{button}')")
    page.wait_for_function("id => !location.hash.includes(id)", arg=row["instance_id"])


def steps_of(database: Database, row: dict[str, Any]) -> list[tuple[str, str | None]]:
    """What the ledger has of a test, in order: each act with its reason."""
    with psycopg.connect(database.urls["superuser"]) as connection:
        found = connection.execute(
            "SELECT event_type, payload ->> 'reason' FROM events WHERE entity_type = 'test_instance' AND entity_id = %s"
            " ORDER BY seq",
            (row["instance_id"],),
        )
        return [(str(kind).removeprefix("stairs.instance."), reason) for kind, reason in found]


def test_what_could_not_be_carried_out_is_said_offline_taken_up_again_and_reaches_the_server_once(
    browser: Browser, address: str, people: People, session_id: str, module_database: Database
) -> None:
    building = people.manager.get(f"/api/v1/tests/sessions/{session_id}")["building_id"]
    today = utc_now().astimezone(firemode.ZONE).date().isoformat()
    planned = {"building_id": building, "frequency": "annual", "planned_for": today}
    own = str(people.manager.post("/api/v1/tests/sessions", planned)["session_id"])
    rows = [row for row in instances(people, own) if row["measurement_type"] == "pressure_differential"]
    again, waits, left, elsewhere, other = rows[:5]
    at = f"/api/v1/tests/sessions/{own}/instances"
    context = browser.new_context(viewport={"width": PHONE["width"], "height": PHONE["height"]})
    page = context.new_page()
    signed_in(page, address)
    begun(page, address, own)
    context.set_offline(True)
    at_test(page, other)
    page.click("summary:has-text('It cannot be tested')")
    page.click("button:has-text('It could not be carried out')")
    assert "Say why first" in page.inner_text("#reason-hint")
    at_test(page, again)
    page.fill("#reading", "12")
    said(page, again, "The door is locked", "It could not be carried out")
    said(page, waits, "The fan has no power", "It could not be carried out")
    said(page, left, "No ladder", "It could not be carried out")
    said(page, elsewhere, "The gauge is broken", "It could not be carried out")
    page = reopened(page, address, own, f"#/test/{again['instance_id']}")
    assert "The door is locked" in page.inner_text(".run-done"), "it outlives a closed page"
    assert page.locator("#reading").count() == 0
    page.click("text=Take it up again")
    page.wait_for_selector("#reading")
    assert page.input_value("#reading") == "", "another try begins with nothing entered"
    Hand(page).test(again)
    said(page, left, "It is being rebuilt", "Leave it out for good")
    page.evaluate("location.hash = '#/'")
    page.wait_for_selector("text=2 of 168 tests are done, 2 could not be carried out.")
    assert all(row["status"] == "pending" for row in instances(people, own)), "nothing has reached the server"
    people.technician.post(f"{at}/{elsewhere['instance_id']}/start", {})
    people.technician.post(f"{at}/{elsewhere['instance_id']}/skip", {"reason": "Another phone left it out"})
    lost: list[str] = []

    def lose(route: Route) -> None:
        """The server takes it and its answer never arrives."""
        route.fetch()
        lost.append(route.request.url)
        route.abort()

    context.route(f"**/instances/{waits['instance_id']}/fail", lose, times=1)
    context.set_offline(False)
    page.click("text=Send now")
    page.wait_for_selector("text=Send now")
    page.wait_for_function("() => document.querySelector('.run-strip').innerText.includes('to be sent')")
    page.click("text=Send now")
    page.wait_for_selector("text=all sent", timeout=60_000)
    assert len(lost) == 1
    began = ("in_progress", None)
    assert steps_of(module_database, again) == [
        began,
        ("failed", "The door is locked"),
        ("pending", None),
        ("tested", None),
    ]
    assert steps_of(module_database, waits) == [began, ("failed", "The fan has no power")], "nothing twice"
    assert steps_of(module_database, left) == [
        began, ("failed", "No ladder"), ("pending", None), ("skipped", "It is being rebuilt"),
    ]  # fmt: skip
    assert steps_of(module_database, elsewhere)[-1] == ("skipped", "Another phone left it out")
    assert "1 not taken" in page.inner_text(".run-strip")
    people.technician.post(f"{at}/{waits['instance_id']}/retry", {})
    people.technician.post(f"{at}/{other['instance_id']}/start", {})
    people.technician.post(f"{at}/{other['instance_id']}/fail", {"reason": "Told at a desk"})
    page.reload()
    page.wait_for_selector("text=3 of 168 tests are done, 1 could not be carried out.")
    at_test(page, waits)
    assert page.locator("#reading").count() == 1, "what was taken up again elsewhere is to do here too"
    at_test(page, other)
    assert "Told at a desk" in page.inner_text(".run-done")
    context.close()


def counts(database: Database, session_id: str) -> tuple[int, int, int]:
    """Submissions, evaluations, and captures whose bytes are all there."""
    with psycopg.connect(database.urls["superuser"]) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM session_submissions WHERE session_id = %(id)s),"
            " (SELECT count(DISTINCT instance_id) FROM instance_evaluations WHERE session_id = %(id)s),"
            " (SELECT count(*) FROM evidence_records WHERE session_id = %(id)s AND uploaded_at IS NOT NULL)",
            {"id": session_id},
        ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def as_phone(case: dict[str, Any]) -> dict[str, Any]:
    """A case of the engine as the phone holds it: the bundle's parts, the test, and what is entered."""
    template, door = case.get("template") or {}, case.get("door") or {}
    sequence = case.get("sequence") or []
    rules = [{"superseded_date": None, "active": True, **rule} for rule in case.get("rules", [])]
    overrides = [{"stair_id": None, **one} for one in case.get("overrides") or []]
    units = {"pressure_differential": "Pa", "air_velocity": "m/s", "door_opening_force": "N", "interface_test": "s"}
    instance = {
        "measurement_type": case["measurement_type"],
        "stair_id": (case.get("context") or {}).get("stair_id"),
        "unit": units.get(case["measurement_type"]),
        "min_threshold": template.get("min_threshold"),
        "max_threshold": template.get("max_threshold"),
        "definition_snapshot": case.get("definition"),
        "sequence_snapshot": {"expected_sequence": sequence},
        "context_snapshot": {"door": door},
    }
    return {
        "parts": {"rules": rules, "overrides": overrides},
        "instance": instance,
        "reading": _entered(case, sequence),
    }


def _entered(case: dict[str, Any], sequence: list[dict[str, Any]]) -> dict[str, Any]:
    kind = case["measurement_type"]
    if kind == "air_velocity":
        by_point = {one["point"]: str(one["velocity_ms"]) for one in case["grid"]}
        return {"grid": [by_point[point] for point in range(1, 10)]}
    if kind == "cause_and_effect_logic":
        left = list(case["events"]["events"])
        marks: dict[str, str | None] = {}
        for step in sequence:
            wanted = (step["component_id"], step["expected_action"])
            found = next((one for one in left if (one["component_id"], one["action"]) == wanted), None)
            marks[str(step["step_order"])] = None if found is None else str(found["t_s"])
        return {"triggered": "2026-02-03T00:00:00Z", "marks": marks}
    if kind == "interface_test":
        told = case["interface"]
        return {"matched": told["matched"], "response": told.get("response_time_s")}
    return {"value": str(case["value"]), "position": case.get("measurement_position") or "at_handle"}


def test_the_phone_never_calls_fit_what_the_engine_calls_unfit_nor_the_other_way(
    browser: Browser, address: str
) -> None:
    cases = json.loads(VECTORS.read_text())["vectors"]
    page = browser.new_page()
    page.goto(f"{address}/sign-in")
    told = page.evaluate(
        "async (all) => { const { verdict } = await import('/static/runner/verdict.js');"
        " return all.map((one) => verdict(one.parts, one.instance, one.reading, '2026-02-03').verdict); }",
        [as_phone(one["case"]) for one in cases],
    )
    assert len(told) >= 40
    for one, said in zip(cases, told, strict=True):
        engine = one["expected"]["verdict"]
        allowed = {"indeterminate": {"compliant", "indeterminate"}}.get(engine, {engine})
        assert said in allowed, (one["name"], engine, said)
    page.close()
