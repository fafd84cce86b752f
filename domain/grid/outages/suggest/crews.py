"""Suggest who could go: crews for patrol and switching, the best three and the joint plan (step 19)."""

import uuid
from dataclasses import asdict
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from domain.grid.outages.rules.crew_fit import CREWS_VERSION, Crew, Job, settings_of
from domain.grid.outages.rules.crews import CrewPlan, Recommendation, recommend_crews
from domain.grid.outages.rules.zone_ranking import RankedZone
from domain.grid.outages.store import crews
from domain.grid.outages.store.crews import CrewNow
from domain.grid.outages.store.runs import Question
from domain.grid.outages.suggest.asked import Asked, ask
from domain.grid.outages.suggest.made import Advice, Call, Made, answer
from domain.grid.outages.suggest.options import generate
from domain.grid.outages.suggest.rank import as_of_ranking, ranked_zones
from domain.kernel.canonical import derived_id
from domain.kernel.tenancy import load_tenant

# Skills that a job needs [M]: patrol and repair of overhead or cable line, switching by hand.
OVERHEAD, CABLE, SWITCHING = ("line_oh", "bucket"), ("line_ug",), ("switching",)
PARTS = {"fuse": ("fuse_link",), "xfmr_fuse": ("fuse_link",)}
REPAIR_MIN = 60.0
FREE = ("available", "rest", "off")


def recommend(
    connection: Connection,
    tenant_id: str,
    outage_id: uuid.UUID,
    *,
    now: datetime,
    as_of: datetime | None = None,
    ranking: uuid.UUID | None = None,
    requested_by: str,
    dagster_run_id: str | None = None,
) -> Advice:
    """Recommend crews for an outage, on its options, and keep the recommendation under its run.

    Raises:
        NotFound: no such outage or ranking, or no network.
    """
    at = as_of or (as_of_ranking(connection, outage_id, ranking) if ranking else None)
    parent = generate(connection, tenant_id, outage_id, now=now, as_of=at, requested_by=requested_by)
    asked = ask(connection, tenant_id, outage_id, parent.as_of)
    jobs, there = jobs_of(asked, parent.rows), crews_of(connection, asked)
    question = question_of(asked, jobs, there)

    def make() -> Made:
        plan = recommend_crews(jobs, there, as_of=asked.as_of, is_storm=asked.storm is True)
        rows = rows_of(plan, question.run_id)
        counts = {"crews": len(there), "jobs": len(jobs), "recommendations": len(rows)}
        return Made(rows, counts, output_of(rows))

    call = Call(now, requested_by, parent.run_id, dagster_run_id)
    return answer(
        connection, asked, question, call, event="grid.crews.recommended", table="crew_recommendations", make=make
    )


def jobs_of(asked: Asked, options: list[dict[str, Any]]) -> list[Job]:
    """The field work that the advice implies: a patrol of the likeliest zone, the manual steps of the best option."""
    ranked = ranked_zones(asked)
    jobs = [_patrol(asked, ranked[0])] if ranked else []
    best = next((row for row in options if row["rank"] == 1), None)
    if best is not None and best["tie_device_id"] is not None and ranked:
        manual = [step for step in best["switching_steps"] if step["device_id"] and not step["is_remote"]]
        place = _place_of_device(asked, best["tie_device_id"]) or _place(asked, ranked[0])
        if manual and place:
            jobs.append(
                Job(
                    f"switching-{asked.outage.outage_id}",
                    *place,
                    work_min=sum(step["minutes"] for step in manual),
                    customers=max(1, best["customers_restored"]),
                    zone_id=best["zone_id"],
                    option_id=str(best["option_id"]),
                    role="switching",
                    skills=SWITCHING,
                )
            )
    return jobs


def _patrol(asked: Asked, zone: RankedZone) -> Job:
    kind = next((one.type for one in asked.before.network.devices if one.device_id == zone.device_id), "")
    latitude, longitude = _place(asked, zone) or (None, None)
    return Job(
        f"patrol-{asked.outage.outage_id}",
        latitude,
        longitude,
        work_min=round(zone.patrol_min + REPAIR_MIN, 3),
        customers=max(1, asked.outage.customers_out_peak),
        zone_id=zone.zone_id,
        role="patrol",
        skills=OVERHEAD if zone.zone.oh_pct >= 50.0 else CABLE,
        parts=PARTS.get(kind, ()),
    )


def _place(asked: Asked, zone: RankedZone) -> tuple[float, float] | None:
    """The middle of the zone; of the feeder where the zone's own places are not known."""
    own = set(zone.zone.node_ids)
    for wanted in (lambda node: node.node_id in own, lambda node: node.feeder_id == asked.outage.feeder_id):
        found = [
            (node.latitude, node.longitude)
            for node in asked.before.network.nodes
            if wanted(node) and node.latitude is not None and node.longitude is not None
        ]
        if found:
            return round(fmean(at for at, _ in found), 6), round(fmean(at for _, at in found), 6)
    return None


def _place_of_device(asked: Asked, device_id: str) -> tuple[float, float] | None:
    node = next((one.node_id for one in asked.before.network.devices if one.device_id == device_id), None)
    at = next((one for one in asked.before.network.nodes if one.node_id == node), None)
    if at is None or at.latitude is None or at.longitude is None:
        return None
    return at.latitude, at.longitude


def crews_of(connection: Connection, asked: Asked) -> list[Crew]:
    """The crews as their board showed them at the as-of time, with the shift that holds then or comes next."""
    zone = load_tenant(connection).zone
    return [_crew(one, asked.as_of, ZoneInfo(str(zone))) for one in crews.as_of(connection, asked.as_of)]


def _crew(one: CrewNow, as_of: datetime, zone: ZoneInfo) -> Crew:
    local = as_of.astimezone(zone)
    for day in (-1, 0, 1):
        start = (local + timedelta(days=day)).replace(
            hour=one.shift_start.hour, minute=one.shift_start.minute, second=0, microsecond=0
        )
        length = timedelta(
            minutes=(
                (one.shift_end.hour - one.shift_start.hour) * 60 + one.shift_end.minute - one.shift_start.minute - 1
            )
            % 1440
            + 1
        )
        if as_of < start + length:
            break
    return Crew(
        one.crew_id,
        one.name,
        one.lat,
        one.lon,
        one.lat,
        one.lon,
        start,
        start + length,
        one.members,
        one.skills,
        one.parts,
        status=one.status,
        hours_worked=one.hours_worked,
        open_jobs=0 if one.status in FREE else 1,
    )


def question_of(asked: Asked, jobs: list[Job], there: list[Crew]) -> Question:
    """What determines the recommendation."""
    inputs = {
        "jobs": [asdict(job) | {"skills": list(job.skills), "parts": list(job.parts)} for job in jobs],
        "crews": [_plain(crew) for crew in there],
    }
    return Question(
        asked.tenant_id,
        "CREWS",
        str(asked.outage.outage_id),
        asked.as_of,
        CREWS_VERSION,
        asked.inputs | inputs,
        settings_of(),
        {"outage_id": str(asked.outage.outage_id)},
    )


def _plain(crew: Crew) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else value
        for name, value in asdict(crew).items()
    }


def rows_of(plan: CrewPlan, run_id: uuid.UUID) -> list[dict[str, Any]]:
    """The recommendations as they are stored."""
    return [_row(one, run_id) for one in plan.recommendations]


def output_of(rows: list[dict[str, Any]]) -> list[Any]:
    """What is hashed as the output."""
    return [[row["job_id"], row["crew_id"], row["rank"], row["score"], row["is_assigned"]] for row in rows]


def _row(one: Recommendation, run_id: uuid.UUID) -> dict[str, Any]:
    return {
        "rec_id": derived_id("grid.crew", str(run_id), one.job_id, one.crew_id),
        "crew_id": one.crew_id,
        "job_id": one.job_id,
        "zone_id": one.zone_id,
        "option_id": None if one.option_id is None else uuid.UUID(one.option_id),
        "role": one.role,
        "rank": one.rank,
        "is_assigned": one.is_assigned,
        "score": one.score,
        "eta_min": one.eta_min,
        "travel_km": one.travel_km,
        "skills_matched": one.skills_matched,
        "skills_missing": one.skills_missing,
        "parts_missing": one.parts_missing,
        "workload": one.workload,
        "shift_remaining_min": one.shift_remaining_min,
        "conflicts": one.conflicts,
        "reasons": one.reasons,
        "explanation": one.explanation,
    }
