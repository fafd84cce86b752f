"""The demo's stairs: a building is entered, its tests are signed, 168 points are walked by phone, a report is signed.

The visit begins when it is planned, and its clock runs fast: a test takes a second. People sign when the demo runs.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from cli.demo.client import Client
from cli.demo.countersign import carried_out, person_of
from cli.demo.phone import Phone
from cli.demo.story import Story
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict
from domain.kernel.settings import DbRole
from domain.stairs.rules.baseline_csv import Kind
from domain.stairs.rules.pilot.building import NAME, pilot_document
from domain.stairs.rules.pilot.commissioning import csv_text, pilot_baselines, pilot_instruments
from domain.stairs.store.registry import load_registry

ZONE = ZoneInfo("Australia/Sydney")
TECHNICIAN, MANAGER, REVIEWER = "technician@demo.example", "fire.manager@demo.example", "engineer@demo.example"
# What the instruments show where it is not what was commissioned: a gap under a door, and a closer set too hard.
LOW, HEAVY = "PRESSURE_STAIR-A_L8_ALL-CLOSED", "DOORFORCE_STAIR-B_L3_D-LEVEL-3-STAIR-B_ON"
READINGS = {LOW: "18.2", HEAVY: "118.5"}
MENDED_PA = "47.6"
REPORT = "compliance-report.pdf"
# By the demo's fast clock: when the gap is closed, after all else was tested.
AFTERWARDS = timedelta(minutes=4)
FILES: dict[Kind, str] = {"pressure": "pressure", "velocity": "velocity", "door_force": "door-force"}


@dataclass
class Visit:
    """What the demo saw of the visit, for summary.json."""

    building_id: str = ""
    session_id: str = ""
    tests: int = 0
    files_kept: int = 0
    bundle_bytes: int = 0
    compliant: int = 0
    faults: list[str] = field(default_factory=list)
    observations: int = 0
    approved_by: str = ""
    verdicts_replayed: int = 0
    countersignature_id: str = ""
    report_sha256: str = ""
    files: list[str] = field(default_factory=list)


class People:
    """Those who act, each with a token of the own."""

    def __init__(self, base_url: str, tenant_id: str) -> None:
        self.technician, self.technician_name = person_of(
            base_url, tenant_id, TECHNICIAN, "Demo Technician", "TECHNICIAN"
        )
        self.manager, _ = person_of(base_url, tenant_id, MANAGER, "Demo Compliance Manager", "MANAGER")
        self.reviewer, self.reviewer_name = person_of(base_url, tenant_id, REVIEWER, "Demo Fire Engineer", "REVIEWER")


def tell(story: Story, people: People, tenant_id: str, now: datetime) -> Visit:
    """From an empty register to a signed compliance report, each act over HTTP by the person whose act it is.

    The signed edition is written by a machine meanwhile: `fetch` waits for it.
    """
    seen = Visit()
    with story.step("Enter a building, and sign what is to be tested") as step:
        seen.building_id = enter(people, tenant_id, now)
        counts = publish(people, seen.building_id)
        step.result = f"{NAME}: {counts['total']} tests a year by registry, schedule and rules"
    with story.step("Test it by phone, without a signal") as step:
        phone = walk(people, seen, now)
        step.result = f"{seen.tests} tests and {seen.files_kept} files, of which {len(READINGS)} do not comply"
    with story.step("Review, mend, approve, and sign the report") as step:
        settle(people, seen, phone)
        report(people, seen)
        step.result = (
            f"{people.reviewer_name} signed; {seen.verdicts_replayed} verdicts replay to the same bytes;"
            f" physics noticed {seen.observations} things"
        )
    return seen


def plan(people: People, tenant_id: str, now: datetime) -> tuple[str, int]:
    """The building, its signed tests, and tomorrow's visit, which waits for its technician: its id and its tests."""
    building = enter(people, tenant_id, now)
    total = publish(people, building)["total"]
    tomorrow = visit_on(now) + timedelta(days=1)
    return _standing(people, building, tomorrow) or _planned(people, building, tomorrow), total


def enter(people: People, tenant_id: str, now: datetime) -> str:
    """The building from its document, the ruleset, baselines and instruments; the reviewer signs each. Its id.

    Sent again, all of it changes nothing.
    """
    made = people.manager.post("/api/v1/buildings/import", pilot_document().model_dump(mode="json"))
    sign(people, made["definitions"])
    sign(people, people.manager.post("/api/v1/rules/adopt", {}))
    building: str = made["building_id"]
    with transaction(tenant_id, DbRole.AUDITOR) as connection:
        rows = pilot_baselines(load_registry(connection, UUID(building)))
    for kind, path in FILES.items():
        csv = csv_text(kind, rows[kind]).encode()
        address = f"/api/v1/buildings/{building}/baseline/{path}/bulk"
        sign(people, people.manager.upload(address, f"{path}.csv", csv))
    known = {one["serial_number"] for one in people.technician.get("/api/v1/instruments")["rows"]}
    for one in pilot_instruments(visit_on(now) - timedelta(days=200)):
        if one["serial_number"] not in known:
            certificate = one.pop("certificate")
            tool = people.technician.post("/api/v1/instruments", one)
            people.technician.post(f"/api/v1/instruments/{tool['id']}/certificates", certificate)
    return building


def publish(people: People, building_id: str) -> dict[str, int]:
    """Generate the yearly tests and sign the difference; the counts by kind.

    Raises:
        Conflict: the API answered something else than the demo rests on.
    """
    made = people.manager.post(f"/api/v1/buildings/{building_id}/instances/generate", {"frequency": "annual"})
    if made["counts"] != made["expected"]:
        raise Conflict("The generator and the closed formula count differently.", code="COUNT_MISMATCH")
    sign(people, made)
    counts: dict[str, int] = made["counts"]
    return counts


def walk(people: People, seen: Visit, now: datetime) -> Phone:
    """Plan the visit, take the bundle, test everything offline, lose the connection once, bring all of it back.

    Raises:
        Conflict: the API answered something else than the demo rests on.
    """
    day = visit_on(now)
    seen.session_id = _standing(people, seen.building_id, day) or _planned(people, seen.building_id, day)
    begins = datetime.fromisoformat(people.technician.get(f"/api/v1/tests/sessions/{seen.session_id}")["created_at"])
    phone = Phone(people.technician, seen.session_id, begins, READINGS)
    seen.tests = phone.fetch()
    seen.bundle_bytes = phone.bundle["size_bytes"]
    found = phone.walk()
    # The signal comes and goes: the first results are sent, nobody hears the answer, and all are sent again.
    if found.results:
        phone.send_results(found.results[:20])
    counts = phone.bring_back(found)
    if counts.get("invalid") or counts.get("conflict"):
        raise Conflict(f"Not every result was taken: {counts}.", code="DEMO_RESULTS")
    seen.files_kept = len(found.files)
    return phone


def settle(people: People, seen: Visit, phone: Phone) -> None:
    """The gap is closed and tested again, both faults are reviewed, the session is handed in and approved."""
    at = f"/api/v1/tests/sessions/{seen.session_id}"
    session = people.technician.get(at)
    if session["status"] not in ("approved", "submitted"):
        rows = {one["scoped_identifier"]: one for one in _rows(people.technician, f"{at}/instances?status=completed")}
        if rows[LOW]["verdict"] == "non_compliant":
            people.technician.post(f"{at}/instances/{rows[LOW]['instance_id']}/retest", {})
            phone.fetch()
            phone.begins += AFTERWARDS
            phone.readings = {LOW: MENDED_PA}
            phone.bring_back(phone.walk())
        for fault in people.reviewer.get(f"/api/v1/faults?session_id={seen.session_id}&review_state=proposed")["rows"]:
            body = {"action": "confirm", "reason": "Reading, photo and certificate agree."}
            people.reviewer.post(f"/api/v1/faults/{fault['id']}/review", body)
    if session["status"] != "approved":
        told = people.technician.post(f"{at}/submit", {})
        sign(people, told | {"state": "proposed"}, "Every verdict, photo and fault was looked at.")
    faults = people.reviewer.get(f"/api/v1/faults?session_id={seen.session_id}")["rows"]
    seen.faults = [one["description"] for one in faults]
    for one in faults:
        if one["status"] == "open" and one["measurement_type"] == "pressure_differential":
            how = "Door seal on Level-8 replaced; tested again on the same visit."
            people.technician.post(f"/api/v1/faults/{one['id']}/resolve", {"reason": how})
    seen.approved_by = people.reviewer_name
    seen.compliant = people.technician.get(at)["progress"]["compliant"]
    seen.observations = people.manager.post(f"{at}/crosscheck", {})["counts"]["observations"]


def report(people: People, seen: Visit) -> None:
    """Replay the verdicts, export the report and sign it.

    Raises:
        Conflict: the API answered something else than the demo rests on.
    """
    at = f"/api/v1/tests/sessions/{seen.session_id}"
    for row in _rows(people.reviewer, f"{at}/instances?status=completed"):
        told = people.reviewer.post(f"/api/v1/evaluations/{row['validation_result']['evaluation_id']}/replay", {})
        if not told["is_same"]:
            raise Conflict(f"The verdict on {row['scoped_identifier']} does not replay.", code="REPLAY_DIFFERS")
        seen.verdicts_replayed += 1
    made = people.manager.post(f"{at}/report", {})
    seen.countersignature_id = sign(people, made | {"state": "proposed"}, "The report says what was tested.")


def fetch(people: People, seen: Visit, folder: Path) -> int:
    """Wait for the signed edition and keep it beside the other files; its size in bytes."""
    chain = carried_out(people.reviewer, seen.countersignature_id, "The compliance report")
    folder.mkdir(parents=True, exist_ok=True)
    size = 0
    for artifact in chain["artifacts"]:
        if artifact["media_type"] == "application/pdf":
            data = people.reviewer.file(artifact["artifact_id"])
            (folder / REPORT).write_bytes(data)
            seen.report_sha256, size = artifact["sha256"], len(data)
            seen.files.append(REPORT)
    return size


def sign(people: People, laid: dict[str, Any], reason: str = "Checked against the building's records.") -> str:
    """The reviewer's signature on what was laid down; nothing where it stands already."""
    if laid.get("state") != "proposed" or not laid.get("proposal_id"):
        return ""
    answer = people.reviewer.post(
        f"/v1/proposals/{laid['proposal_id']}/approve", {"content_hash": laid["content_hash"], "reason": reason}
    )
    signature: str = answer["countersignature"]["countersignature_id"]
    return signature


def visit_on(now: datetime) -> date:
    """The present day where the building stands."""
    return now.astimezone(ZONE).date()


def _planned(people: People, building_id: str, day: date) -> str:
    body = {"building_id": building_id, "frequency": "annual", "planned_for": day.isoformat()}
    made: str = people.technician.post("/api/v1/tests/sessions", body)["session_id"]
    return made


def _standing(people: People, building_id: str, day: date) -> str | None:
    """A session of that day from an earlier run of the demo."""
    rows = people.technician.get(f"/api/v1/tests/sessions?building_id={building_id}")["rows"]
    found = [one["id"] for one in rows if one["planned_for"] == day.isoformat() and one["status"] != "void"]
    return found[0] if found else None


def _rows(client: Client, path: str) -> list[dict[str, Any]]:
    """All pages of a list."""
    found, cursor = [], ""
    while True:
        told = client.get(path + cursor)
        found += told["rows"]
        if told["next_cursor"] is None:
            return found
        cursor = f"&cursor={quote(told['next_cursor'])}"
