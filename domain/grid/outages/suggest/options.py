"""Suggest what could be done: restoration options side by side, with those that were rejected and why (step 18)."""

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.grid.outages.rules.options.generate import generate_options
from domain.grid.outages.rules.options.model import Option, Options, OutageContext
from domain.grid.outages.rules.options.settings import RESTORATION_OPTIONS_VERSION, OptionSettings, settings_of
from domain.grid.outages.store import advice, outages
from domain.grid.outages.store.runs import Question
from domain.grid.outages.suggest.asked import Asked, ask
from domain.grid.outages.suggest.estimate import Estimate, estimate_restoration
from domain.grid.outages.suggest.made import Advice, Call, Made, answer
from domain.grid.outages.suggest.rank import as_of_ranking, rank, ranked_zones, sections_of_world
from domain.kernel.canonical import derived_id


@dataclass(frozen=True)
class OptionAdvice(Advice):
    """Options and the estimate of restoration that they are held against."""

    estimate: Estimate | None = None


def generate(
    connection: Connection,
    tenant_id: str,
    outage_id: uuid.UUID,
    *,
    now: datetime,
    as_of: datetime | None = None,
    ranking: uuid.UUID | None = None,
    requested_by: str,
    dagster_run_id: str | None = None,
) -> OptionAdvice:
    """Generate the options of an outage on its ranking and keep them under their run.

    Args:
        connection: the caller's transaction.
        tenant_id: whose.
        outage_id: of a promoted outage.
        now: when it is asked.
        as_of: nothing that arrived later is read; by default as of the named ranking, or all.
        ranking: the run of a ranking whose as-of time is taken.
        requested_by: who asks.
        dagster_run_id: where a run of Dagster asks.

    Raises:
        NotFound: no such outage or ranking, or no network.
    """
    at = as_of or (as_of_ranking(connection, outage_id, ranking) if ranking else None)
    parent = rank(connection, tenant_id, outage_id, now=now, as_of=at, requested_by=requested_by)
    asked = ask(connection, tenant_id, outage_id, parent.as_of)
    ranked = ranked_zones(asked)
    given = estimate_restoration(connection, asked, ranked, now=now, requested_by=requested_by)
    question = question_of(connection, asked, given.etr.p50_min)

    def make() -> Made:
        found = options_of(connection, asked, given.etr.p50_min)
        rows = rows_of(found, question.run_id, outage_id)
        return Made(rows, {"options": len(found.accepted), "rejected": len(found.rejected)}, output_of(rows))

    call = Call(now, requested_by, parent.run_id, dagster_run_id)
    kept = answer(
        connection, asked, question, call, event="grid.options.generated", table="restoration_options", make=make
    )
    return OptionAdvice(**vars(kept), estimate=given)


def context_of(connection: Connection, asked: Asked, repair_min: float) -> OutageContext:
    """The outage as the generator wants it: whom it left dark and what was observed, by the as-of time."""
    mine = set(asked.outage.device_ids)
    dark = tuple(
        sorted(
            one.meter_id
            for one in outages.impacts(connection, asked.outage.outage_id)
            if one.out_at <= asked.as_of and (one.restored_at is None or one.restored_at > asked.as_of)
        )
    )
    return OutageContext(
        outage_id=str(asked.outage.outage_id),
        feeder_id=asked.outage.feeder_id,
        device_ids=tuple(own for own, _ in sorted(asked.device_posterior.items(), key=lambda row: (-row[1], row[0]))),
        started_at=asked.outage.started_at,
        as_of=asked.as_of,
        repair_min=repair_min,
        out_meter_ids=dark,
        open_devices=tuple(own for own in asked.now.open_devices if own not in mine),
        closed_devices=asked.now.closed_devices,
        topology_age_days=float(asked.now.age_days),
    )


def options_of(connection: Connection, asked: Asked, repair_min: float) -> Options:
    """The options themselves, from what was asked on and nothing else."""
    context = context_of(connection, asked, repair_min)
    as_before = (context.open_devices, context.closed_devices) == (
        asked.before.open_devices,
        asked.before.closed_devices,
    )
    return generate_options(
        asked.before.network,
        ranked_zones(asked),
        context,
        OptionSettings(),
        sections=sections_of_world(asked.tenant_id, asked.before) if as_before else None,
    )


def question_of(connection: Connection, asked: Asked, repair_min: float) -> Question:
    """What determines the options."""
    context = context_of(connection, asked, repair_min)
    return Question(
        asked.tenant_id,
        "OPTIONS",
        str(asked.outage.outage_id),
        asked.as_of,
        RESTORATION_OPTIONS_VERSION,
        asked.inputs | {"repair_min": repair_min, "dark": list(context.out_meter_ids)},
        settings_of(OptionSettings()),
        {"outage_id": str(asked.outage.outage_id), "repair_min": repair_min},
    )


def stored(connection: Connection, run_id: uuid.UUID) -> list[dict[str, Any]]:
    """The options of a run as they are stored."""
    return advice.of_run(connection, "restoration_options", run_id)


def rows_of(made: Options, run_id: uuid.UUID, outage_id: uuid.UUID) -> list[dict[str, Any]]:
    """The options as they are stored, the accepted ones with their rank."""
    return [_row(one, run_id, outage_id) for one in (*made.accepted, *made.rejected)]


def output_of(rows: list[dict[str, Any]]) -> list[Any]:
    """What is hashed as the output."""
    return [[str(row["option_id"]), row["rank"], row["score"], row["cmr"], row["switching_steps"]] for row in rows]


def _row(one: Option, run_id: uuid.UUID, outage_id: uuid.UUID) -> dict[str, Any]:
    return {
        "option_id": derived_id("grid.option", str(run_id), one.option_id),
        "outage_id": outage_id,
        "zone_id": one.zone_id or None,
        "option_type": one.option_type,
        "rank": one.rank or None,
        "score": one.score if one.rank else None,
        "cmr": one.cmr,
        "customers_restored": one.customers_restored,
        "critical_restored": one.critical_restored,
        "kw_restored": one.kw_restored,
        "est_minutes": one.est_minutes,
        "switching_steps": [asdict(step) for step in one.steps],
        "meter_groups": [{"meter_ids": list(group.meter_ids), "at_min": group.at_min} for group in one.groups],
        "tie_device_id": one.tie_device_id,
        "loading_pct_max": one.loading_pct_max,
        "v_min_pu": one.v_min_pu,
        "clpu_factor": one.clpu_factor,
        "risk": one.risk,
        "risk_items": [dict(item) for item in one.risk_items],
        "checks": [*(dict(check) for check in one.checks), _expected(one)],
        "infeasible_reasons": one.infeasible_reasons,
        "narrative": one.narrative,
    }


def _expected(one: Option) -> dict[str, Any]:
    """Customer-minutes over all zones by their probability, where the fault may lie elsewhere."""
    words = "customer-minutes restored early, over all zones by their probability"
    return {"code": "expected_cmr", "status": "ok", "value": one.expected_cmr, "limit": None, "text": words}
