"""Suggest when supply will be back: P50 and P90 from what has yet to happen (grid.md 4.8)."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from domain.grid.outages.rules.conformal import ClosedEstimate, Correction, learn_correction
from domain.grid.outages.rules.etr import ETR_VERSION, Etr, Work, estimate, settings_of
from domain.grid.outages.rules.zone_ranking import RankedZone
from domain.grid.outages.store import advice, facts, outages, runs
from domain.grid.outages.store.runs import Question, Run
from domain.grid.outages.suggest.asked import Asked, ask
from domain.grid.outages.suggest.rank import ranked_zones
from domain.kernel.events import record
from domain.kernel.tenancy import load_tenant

NIGHT = (22, 6)
STORM_OUTAGES = 5


@dataclass(frozen=True)
class Estimate:
    """An estimate with its run."""

    run_id: uuid.UUID
    etr: Etr
    p50_at: datetime
    p90_at: datetime


def work_of(connection: Connection, asked: Asked, ranked: tuple[RankedZone, ...]) -> Work:
    """What is known of the work at the as-of time, and nothing that was reported later."""
    outage, at = asked.outage, asked.as_of
    kind = next((one.type for one in asked.before.network.devices if one.device_id == outage.device_id), "fuse")
    walk = sorted((one for one in ranked if one.credible), key=lambda one: one.patrol_rank)
    arrived = outage.arrived_at is not None and outage.arrived_at <= at
    dispatched = outage.dispatched_at is not None and outage.dispatched_at <= at
    open_then = [
        one
        for one in outages.listed(connection, ("OPEN", "DISPATCHED", "ARRIVED", "RESTORED", "CLOSED"))
        if one.started_at <= at and (one.restored_at is None or one.restored_at > at)
    ]
    hour = at.astimezone(ZoneInfo(str(load_tenant(connection).zone))).hour
    return Work(
        device_level=kind,
        cause=outage.cause if outage.fault_found_at is not None and outage.fault_found_at <= at else None,
        zones=tuple((one.probability, one.patrol_min) for one in walk),
        dispatch_min=0.0 if dispatched or arrived else None,
        travel_min=0.0 if arrived else None,
        is_found=outage.fault_found_at is not None and outage.fault_found_at <= at,
        worked_min=(at - outage.arrived_at).total_seconds() / 60 if arrived and outage.arrived_at else 0.0,
        is_night=hour >= NIGHT[0] or hour < NIGHT[1],
        is_storm=len(open_then) >= STORM_OUTAGES if asked.storm is None else asked.storm,
    )


def estimate_restoration(
    connection: Connection, asked: Asked, ranked: tuple[RankedZone, ...], *, now: datetime, requested_by: str
) -> Estimate:
    """Estimate, keep the estimate under its run, and let the outage name its first and its newest one."""
    work = work_of(connection, asked, ranked)
    etr = estimate(work, correction=_correction(connection, asked, work))
    p50_at, p90_at = (asked.as_of + timedelta(minutes=own) for own in (etr.p50_min, etr.p90_min))
    outage_id = asked.outage.outage_id
    question = _question(asked, work, etr.correction)
    is_new = runs.keep(
        connection,
        question,
        outage_id=outage_id,
        output=_output(asked, etr),
        counts={"estimates": 1},
        topology_version_id=asked.before.topology_version_id,
        requested_by=requested_by,
        run_at=now,
    )
    if is_new:
        row = {"outage_id": outage_id, "given_at": asked.as_of, "p50_at": p50_at, "p90_at": p90_at, "parts": etr.parts}
        advice.put(connection, "outage_etrs", question.run_id, [row])
        _progress(connection, asked, p50_at, p90_at)
        record(
            connection,
            "grid.etr.given",
            actor_id=requested_by,
            actor_role="MACHINE",
            occurred_at=asked.as_of,
            entity_type="outage",
            entity_id=str(outage_id),
            outage_id=str(outage_id),
            run_id=question.run_id,
            payload={"p50_at": p50_at.isoformat(), "p90_at": p90_at.isoformat()},
        )
    return Estimate(question.run_id, etr, p50_at, p90_at)


def estimated_again(connection: Connection, tenant_id: str, run: Run) -> tuple[Question, list[Any]]:
    """The question of a recorded estimate as it would be asked now, and its answer, for comparison."""
    asked = ask(connection, tenant_id, run.outage_id, run.as_of)
    work = work_of(connection, asked, ranked_zones(asked))
    correction = _correction(connection, asked, work)
    return _question(asked, work, correction), _output(asked, estimate(work, correction=correction))


def _correction(connection: Connection, asked: Asked, work: Work) -> Correction:
    """What outages that were closed by then say of our estimates; nothing while there are too few."""
    history = [
        ClosedEstimate(row.outage_id, row.closed_at, row.device_level, row.p50_min, row.p90_min, row.actual_min)
        for row in facts.closed_estimates(connection, asked.as_of)
    ]
    return learn_correction(history, work.device_level, asked.as_of)


def _question(asked: Asked, work: Work, correction: Correction) -> Question:
    return Question(
        asked.tenant_id,
        "ETR",
        str(asked.outage.outage_id),
        asked.as_of,
        ETR_VERSION,
        asked.inputs | {"work": [repr(work)], "correction": repr(correction)},
        settings_of(),
        {"outage_id": str(asked.outage.outage_id)},
    )


def _output(asked: Asked, etr: Etr) -> list[Any]:
    times = [(asked.as_of + timedelta(minutes=own)).isoformat() for own in (etr.p50_min, etr.p90_min)]
    return [*times, etr.parts]


def _progress(connection: Connection, asked: Asked, p50_at: datetime, p90_at: datetime) -> None:
    outage = outages.load(connection, asked.outage.outage_id)
    changes = {"etr_current": p50_at, "etr_p90": p90_at}
    if outage.etr_first is None:
        changes["etr_first"] = p50_at
    outages.progress(connection, outage.outage_id, changes)
