"""The demo's storm night: a breaker opens at ten past nine; from last gasps to the signed report, each act over HTTP.

It is the last night that is over, told in its own time; people sign now, when the demo runs, and the report says so.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from cli.demo.client import Client
from cli.demo.countersign import carried_out, person_of
from cli.demo.story import Story
from domain.grid.outages.rules.signals import Signal
from domain.grid.outages.rules.storm import Fault, reports_of
from domain.grid.outages.store import crews
from domain.grid.outages.store.crews import CrewNow
from domain.grid.outages.store.world import World, tree_of, world_as_of
from domain.kernel.charts.words import chance
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict
from domain.kernel.settings import DbRole
from domain.kernel.tenancy import load_tenant

BREAKER, SWITCH = "MV1.101_Switch_95", "MV1.101_Switch_119"
# Where the relay puts the fault, miles from the feeder's head.
FAULT_MI = 1.86
SEED = 7
STRAYS = 6
BATCH = 5_000
UPSTREAM_BACK_MIN, REPAIRED_MIN = 78, 196
EVENING, OVER = time(21, 10), timedelta(hours=4)
OPERATOR, MANAGER = "operator@demo.example", "manager@demo.example"


@dataclass
class Night:
    """What the demo saw of the night, for summary.json. Customer-minutes, minutes, percent."""

    outage_id: str = ""
    reports: int = 0
    customers_out: int = 0
    posterior_pct: float = 0.0
    top_zone: str = ""
    top_zone_pct: float = 0.0
    true_zone_rank: int | None = None
    options: int = 0
    rejected: int = 0
    best_option: str = ""
    best_restores: int = 0
    best_min: float = 0.0
    crew: str = ""
    crew_eta_min: float = 0.0
    cmi: float = 0.0
    delta_cmi_pct: float = 0.0
    replay_id: str = ""
    countersignature_id: str = ""
    signed_by: str = ""
    files: list[str] = field(default_factory=list)


def tell(story: Story, machine: Client, base_url: str, tenant_id: str, folder: Path, now: datetime) -> Night:
    """Let the night happen and have it signed.

    Raises:
        Conflict: the network has not the breaker that the story is about, or it was not inferred.
    """
    night, began = Night(), _evening(tenant_id, now)
    reports, fault = _storm(tenant_id, began)
    early = [one for one in reports if one.arrived_at <= began + timedelta(minutes=6)]
    with story.step("A storm night: last gasps, calls, false alarms") as step:
        best = _infer(machine, began, reports[: len(early)], night)
        step.result = (
            f"{night.reports} reports, {STRAYS} of them false, of {len(fault.meter_ids):,} dark meters:"
            f" {best['device_id']}, {chance(night.posterior_pct / 100)} sure"
        )
    with story.step("Countersign it as an outage; ask where, what and who") as step:
        name = _promote(machine, base_url, tenant_id, best["prov_outage_id"], began, night)
        _advise(machine, began, night)
        step.result = (
            f"{name} signed; {night.top_zone} {chance(night.top_zone_pct / 100, 0)}; {night.best_restores} of"
            f" {night.customers_out:,} back in {night.best_min:.0f} min; {night.crew} in {night.crew_eta_min:.0f} min"
        )
    with story.step("Follow the restoration, replay it, sign the report") as step:
        _report(machine, reports[len(early) :])
        _over(base_url, tenant_id, machine, began, night)
        _replay(machine, base_url, tenant_id, folder, night)
        step.result = (
            f"{night.cmi:,.0f} customer-minutes; {night.delta_cmi_pct:+.0f} % had the first option been followed;"
            f" signed by {night.signed_by}"
        )
    return night


def strike(machine: Client, base_url: str, tenant_id: str, now: datetime) -> Night:
    """The night as far as its decision: reports, an outage that a person signed, and advice that waits.

    Raises:
        Conflict: the network has not the breaker that the story is about, or it was not inferred.
    """
    night, began = Night(), _evening(tenant_id, now)
    reports, _ = _storm(tenant_id, began)
    best = _infer(machine, began, [one for one in reports if one.arrived_at <= began + timedelta(minutes=6)], night)
    _promote(machine, base_url, tenant_id, best["prov_outage_id"], began, night)
    _advise(machine, began, night)
    return night


def _infer(machine: Client, began: datetime, reports: list[Signal], night: Night) -> dict[str, Any]:
    night.reports = _report(machine, reports)
    inferred = machine.post("/v1/provisionals/infer", {"as_of": (began + timedelta(minutes=6)).isoformat()})
    best = _best(inferred["provisionals"])
    night.posterior_pct = round(100 * best["posterior"], 2)
    return best


def _storm(tenant_id: str, began: datetime) -> tuple[list[Signal], Fault]:
    """The truth of the night and the reports that follow from it."""
    with transaction(tenant_id, DbRole.APP) as connection:
        world = world_as_of(connection, tenant_id, began)
        zone = load_tenant(connection).zone
        crews.put(connection, _crews(world, began.astimezone(zone).time()))
    tree = tree_of(tenant_id, world)
    if BREAKER not in tree.device_at or SWITCH not in tree.device_at:
        raise Conflict("The demo's network has not the breaker of the story.", hint="Run the demo on a fresh copy.")
    dark = tree.meters_below(tree.device_at[BREAKER])
    behind = set(tree.meters_below(tree.device_at[SWITCH]))
    back = {one: began + timedelta(minutes=REPAIRED_MIN if one in behind else UPSTREAM_BACK_MIN) for one in dark}
    fault = Fault(BREAKER, began, tuple(dark), back, is_telecontrolled=True, distance_mi=FAULT_MI)
    others = [own for own in tree.meter_ids if own not in set(dark)]
    strays = sorted(others)[:: max(1, len(others) // STRAYS)][:STRAYS]
    return reports_of([fault], strays, SEED), fault


def _evening(tenant_id: str, now: datetime) -> datetime:
    """The last evening whose night is over."""
    with transaction(tenant_id, DbRole.APP) as connection:
        zone = load_tenant(connection).zone
    found = now.astimezone(zone).replace(hour=EVENING.hour, minute=EVENING.minute, second=0, microsecond=0)
    while found + OVER > now:
        found -= timedelta(days=1)
    return found.astimezone(UTC)


def _crews(world: World, at: time) -> list[CrewNow]:
    """Three crews at two depots, on shift when it happens."""
    places = [(n.latitude or 0.0, n.longitude or 0.0) for n in world.network.nodes if n.latitude and n.longitude]
    begins, ends = time((at.hour - 3) % 24), time((at.hour + 6) % 24)
    line = ("line_oh", "bucket", "switching", "hv")

    def crew(own: str, name: str, depot: str, vehicle: str, members: int, skills: tuple[str, ...]) -> CrewNow:
        lat, lon = min(places) if depot == "South" else max(places)
        parts = ("fuse_link",)
        return CrewNow(
            own, name, depot, lat, lon, begins, ends, vehicle, members, parts, "available", None, 2.0, skills
        )

    return [
        crew("CREW-LINE-1", "Line crew 1", "South", "bucket truck", 3, line),
        crew("CREW-LINE-2", "Line crew 2", "North", "bucket truck", 2, line),
        crew("CREW-CABLE", "Cable crew", "South", "van", 2, ("line_ug", "switching")),
    ]


def _report(machine: Client, signals: list[Signal]) -> int:
    accepted = 0
    for first in range(0, len(signals), BATCH):
        answer = machine.post(
            "/v1/grid/meter-events", {"events": [_event(one) for one in signals[first : first + BATCH]]}
        )
        accepted += answer["counts"]["accepted"] + answer["counts"]["duplicates"]
    return accepted


def _event(one: Signal) -> dict[str, Any]:
    who = {"device_id": one.device_id, "value": one.value} if one.device_id else {"meter_id": one.meter_id}
    return {"type": one.type, "source": one.source, "at": _utc(one.at), "arrived_at": _utc(one.arrived_at), **who}


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _best(rows: list[dict[str, Any]]) -> dict[str, Any]:
    found = max(rows, key=lambda row: row["posterior"] * row["meters_predicted"], default=None)
    if found is None or found["device_id"] != BREAKER:
        raise Conflict("The outage of the story was not inferred.", hint="See /v1/provisionals.")
    return found


def _standing(person: Client, began: datetime) -> str:
    """The outage of the story that a former demo had countersigned."""
    for row in person.get("/v1/outages?limit=500")["rows"]:
        if row["device_id"] == BREAKER and abs(datetime.fromisoformat(row["started_at"]) - began) < OVER:
            return str(row["outage_id"])
    raise Conflict("The outage of the story is not promoted.", hint="Run the demo on a fresh copy.")


def _promote(machine: Client, base_url: str, tenant_id: str, prov: str, began: datetime, night: Night) -> str:
    person, name = person_of(base_url, tenant_id, OPERATOR, "Demo Operator", "OPERATOR")
    advised = machine.post("/v1/provisionals/promote", {"prov_outage_ids": [prov]})
    if advised["content_hash"] is None:
        # Told before: the outage of this night stands, and a second one of the same night would not be promoted.
        with person:
            night.outage_id = _standing(person, began)
        return name
    asked = {
        "prov_outage_ids": [prov],
        "mode": "commit",
        "content_hash": advised["content_hash"],
        "reason": "Last gasps and calls agree with the relay.",
    }
    with person:
        done = person.post("/v1/provisionals/promote", asked)
    night.outage_id = done["outage_id"]
    return name


def _advise(machine: Client, began: datetime, night: Night) -> None:
    asked = {"outage_id": night.outage_id, "as_of": _utc(began + timedelta(minutes=6))}
    zones = machine.post("/v1/fault-zones/rank", asked)
    options = machine.post("/v1/restoration-options/generate", asked)
    people = machine.post("/v1/crews/recommendations/generate", asked)
    outage = machine.get(f"/v1/outages/{night.outage_id}")
    night.customers_out = outage["counts"]["customers"]
    night.top_zone, night.top_zone_pct = zones["zones"][0]["zone_id"], round(100 * zones["zones"][0]["probability"], 1)
    night.options, night.rejected = options["counts"]["options"], options["counts"]["rejected"]
    best = options["options"][0]
    night.best_option, night.best_restores = best["option_type"], best["customers_restored"]
    night.best_min = best["est_minutes"]
    first = next((row for row in people["recommendations"] if row["is_assigned"]), people["recommendations"][0])
    night.crew, night.crew_eta_min = first["crew_id"], first["eta_min"]


def _over(base_url: str, tenant_id: str, machine: Client, began: datetime, night: Night) -> None:
    """What the control room reported of the work, and how customers came back."""
    person, _ = person_of(base_url, tenant_id, OPERATOR, "Demo Operator", "OPERATOR")
    minutes = {"dispatched_at": 14, "arrived_at": 41, "isolated_at": 74, "fault_found_at": 96}
    told: dict[str, Any] = {name: _utc(began + timedelta(minutes=at)) for name, at in minutes.items()}
    told |= {"cause": "broken_pole", "true_device_id": BREAKER, "true_zone_id": f"Z-{SWITCH}"}
    with person:
        person.post(f"/v1/outages/{night.outage_id}/progress", told)
    machine.post("/v1/provisionals/infer", {"as_of": _utc(began + timedelta(minutes=REPAIRED_MIN + 30))})


def _replay(machine: Client, base_url: str, tenant_id: str, folder: Path, night: Night) -> None:
    made = machine.post("/v1/replays/after-action/generate", {"outage_id": night.outage_id, "mode": "full"})
    summary = made["summary"]
    night.replay_id, night.cmi = made["replay_id"], summary["reliability"]["cmi"]
    night.true_zone_rank = summary["ranking_quality"]["rank_of_true_zone"]
    case = next((one for one in summary["counterfactual"] if one["case"] == "as_recommended"), None)
    night.delta_cmi_pct = round(100 * case["delta_cmi"] / night.cmi, 1) if case and night.cmi else 0.0
    draft = machine.post("/v1/reports/after-action/export", {"replay_id": night.replay_id})
    person, night.signed_by = person_of(base_url, tenant_id, MANAGER, "Demo Manager", "MANAGER")
    signed = {"content_hash": draft["content_hash"], "reason": "The times agree with the log of the control room."}
    folder.mkdir(parents=True, exist_ok=True)
    with person:
        answer = person.post(f"/v1/proposals/{draft['proposal_id']}/approve", signed)
        night.countersignature_id = answer["countersignature"]["countersignature_id"]
        for artifact in carried_out(person, night.countersignature_id, "The signed report")["artifacts"]:
            name = "after-action.pdf" if artifact["media_type"] == "application/pdf" else "after-action.docx"
            (folder / name).write_bytes(person.file(artifact["artifact_id"]))
            night.files.append(name)
    night.files.sort()
