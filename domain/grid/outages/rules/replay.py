"""The replay of an outage: from plain facts to the content that is signed and that every report shows.

Pure and independent of order: the same facts, shuffled, make the same bytes. Only what was known at `as_of` is used.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.grid.outages.rules.counterfactual import Setting, counterfactual_cases
from domain.grid.outages.rules.interruptions import MINUTE, Interruption, in_order, joined
from domain.grid.outages.rules.major_events import major_event_threshold
from domain.grid.outages.rules.milestones import milestones, minutes_between, timeline
from domain.grid.outages.rules.ranking_quality import ranking_quality
from domain.grid.outages.rules.reliability import (
    critical_customer_minutes,
    kwh_not_served,
    reliability_indices,
)
from domain.grid.outages.rules.replay_facts import DEFAULT, ReplayFacts, ReplaySettings
from domain.grid.outages.rules.replay_narrative import narrative
from domain.grid.outages.rules.replay_size import within_size
from domain.grid.outages.rules.restoration_curve import curve, iso, peak
from domain.grid.outages.rules.summary import (
    Approval,
    EtrLine,
    Milestone,
    OutageFacts,
    Provenance,
    RankingQuality,
    Reliability,
    ReplaySummary,
)
from domain.kernel.advisory import SENTENCES
from domain.kernel.canonical import canonical_json
from domain.kernel.errors import Invalid


@dataclass(frozen=True)
class _Known:
    """The facts as of the replay: the customers' stretches, and when all was over.

    `lasting` are those that are sustained or still open: a momentary interruption counts in MAIFI-E and nowhere else.
    """

    facts: ReplayFacts
    zone: ZoneInfo
    stretches: tuple[Interruption, ...]
    lasting: tuple[Interruption, ...]
    restored_at: datetime | None

    @property
    def as_of(self) -> datetime:
        return self.facts.as_of


def summarise(facts: ReplayFacts, settings: ReplaySettings = DEFAULT) -> ReplaySummary:
    """The replay of one outage, at most 200 kB of canonical JSON.

    Raises:
        Invalid: a time zone that there is not, N_T below 1, or a replay from before the outage.
    """
    known = _known(facts)
    outage, reliability = _outage(known), _reliability(known, settings)
    zones = sorted(facts.zones, key=lambda zone: (zone.rank, zone.zone_id))
    options = sorted(facts.options, key=lambda option: (option.rank or math.inf, option.option_id))
    rejected = sorted(facts.rejected_options, key=lambda option: (-option.cmr, option.option_id))
    crews = sorted(facts.crews, key=lambda crew: (crew.option_id or "", crew.zone_id or "", crew.rank, crew.crew_id))
    cases = counterfactual_cases(
        Setting(
            interruptions=known.lasting,
            as_of=known.as_of,
            customers_served=facts.outage.customers_served,
            advised_at=facts.advised_at,
            options=options,
            plans={plan.option_id: plan for plan in facts.plans},
            zone_probability={zone.zone_id: zone.probability for zone in zones},
            truth=facts.truth,
            settings=settings,
        )
    )
    found = milestones(facts.recorded, known.lasting, facts.outage.started_at, known.as_of)
    # Acts of people stand in the provenance whenever they were done, in the timeline only as far as it goes.
    approvals = sorted(facts.approvals, key=lambda act: (datetime.fromisoformat(act.at), act.countersignature_id))
    acts = [act for act in approvals if datetime.fromisoformat(act.at) <= known.as_of]
    etr, quality = _etr(known), ranking_quality(zones, facts.truth)
    return within_size(
        ReplaySummary(
            replay_id=facts.replay_id,
            tenant_id=facts.tenant_id,
            tenant_name=facts.tenant_name,
            generated_at=iso(facts.generated_at),
            as_of=iso(known.as_of),
            outage=outage,
            milestones=found,
            timeline=timeline(found, acts, settings.timeline_rows),
            metrics=_metrics(known, found, etr, quality, reliability),
            curve=curve(known.lasting, known.as_of, settings.curve_points),
            etr=etr,
            reliability=reliability,
            ranking_quality=quality,
            zones=zones[: settings.zones],
            options=options[: settings.options],
            rejected_options=rejected[: settings.rejected],
            crews=crews[: settings.crews],
            counterfactual=cases,
            assumptions=_assumptions(facts, settings),
            evidence_counts=dict(sorted(facts.evidence_counts.items())),
            data_quality=_data_quality(known, found),
            narrative=narrative(outage, reliability, quality, zones, options, rejected, crews, cases, etr),
            map=sorted(facts.map_edges, key=lambda edge: (edge.zone_id is None, not edge.is_out, edge.edge_id))[
                : settings.map_edges
            ],
            advisory=list(SENTENCES),
            provenance=_provenance(facts, approvals),
        ),
        settings.largest_bytes,
    )


def _provenance(facts: ReplayFacts, approvals: list[Approval]) -> Provenance:
    return Provenance(
        runs=sorted((dict(run) for run in facts.runs), key=_run_order),
        topology_version_id=facts.topology_version_id,
        topology_imported_at=iso(facts.topology_imported_at) if facts.topology_imported_at else None,
        input_hash=facts.input_hash,
        approvals=approvals,
        feedback=sorted((dict(one) for one in facts.feedback), key=canonical_json),
    )


def _run_order(run: dict[str, Any]) -> tuple[str, bytes]:
    return str(run.get("as_of", "")), canonical_json(run)


def _known(facts: ReplayFacts) -> _Known:
    """Without what lies after `as_of`: later impacts are unknown, later ends still open."""
    try:
        zone = ZoneInfo(facts.outage.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise Invalid(f"{facts.outage.timezone!r} is not a time zone.", hint="Set the tenant's time zone.") from cause
    if facts.outage.customers_served < 1:
        raise Invalid("No customers are served, so nothing can be divided by them.", hint="Set the tenant's customers.")
    if facts.as_of < facts.outage.started_at:
        raise Invalid("The replay would end before the outage began.", hint="Give a later as_of.")
    own = [impact.interruption(facts.outage.outage_id) for impact in facts.impacts if impact.out_at <= facts.as_of]
    seen = [replace(i, restored_at=None) if i.restored_at and i.restored_at > facts.as_of else i for i in own]
    stretches = joined(in_order(seen))
    lasting = tuple(i for i in stretches if not i.is_momentary(facts.as_of))
    ends = [i.restored_at for i in lasting if i.restored_at is not None]
    restored = max(ends) if ends and len(ends) == len(lasting) else None
    if not lasting and facts.outage.restored_at is not None and facts.outage.restored_at <= facts.as_of:
        restored = facts.outage.restored_at
    return _Known(facts, zone, stretches, lasting, restored)


def _outage(known: _Known) -> OutageFacts:
    record = known.facts.outage
    return OutageFacts(
        outage_id=record.outage_id,
        feeder_id=record.feeder_id,
        feeder_name=record.feeder_name,
        device_id=record.device_id,
        device_type=record.device_type,
        cause=record.cause,
        status=record.status,
        started_at=iso(record.started_at),
        restored_at=iso(known.restored_at) if known.restored_at else None,
        is_planned=record.is_planned,
        customers_out_peak=peak(known.lasting, known.as_of),
        critical_customers=len({i.customer_id for i in known.lasting if i.critical}),
        customers_served=record.customers_served,
        timezone=record.timezone,
    )


def _reliability(known: _Known, settings: ReplaySettings) -> Reliability:
    """The indices of the outage, and of its local day together with the other outages of the day."""
    facts, served = known.facts, known.facts.outage.customers_served
    day = facts.outage.started_at.astimezone(known.zone).date()
    got = reliability_indices(
        known.stretches, as_of=known.as_of, customers_served=served, period_minutes=_day_minutes(known, day)
    )
    threshold = major_event_threshold(facts.saidi_by_day, before=day)
    saidi_day = math.fsum([facts.saidi_by_day.get(day, 0.0), got.saidi_min or 0.0])
    kwh = kwh_not_served(known.stretches, known.as_of)
    cost = None if settings.cost_per_kwh is None else round(kwh * settings.cost_per_kwh, 2)
    return Reliability(
        cmi=round(got.cmi, 9),
        customers_interrupted=got.customers_interrupted,
        momentary_customers=got.momentary_customers,
        saidi_min=got.saidi_min or 0.0,
        saifi=got.saifi or 0.0,
        caidi_min=got.caidi_min,
        asai=max(1.0 if got.asai is None else got.asai, 0.0),
        maifi_e=got.maifi_e or 0.0,
        day=day.isoformat(),
        saidi_day_min=saidi_day,
        tmed_min=threshold.tmed_min,
        tmed_days=threshold.days,
        is_short_history=threshold.is_short_history,
        is_major_event_day=threshold.is_major(saidi_day),
        critical_customer_minutes=round(critical_customer_minutes(known.stretches, known.as_of), 9),
        kwh_not_served=round(kwh, 9),
        cost=cost,
        cost_currency=settings.cost_currency if cost is not None else None,
    )


def _day_minutes(known: _Known, first: date) -> float:
    """Minutes of the local days from the begin to the end of the outage: 1,440 but for changes of clocks."""
    last = (known.restored_at or known.as_of).astimezone(known.zone).date() + timedelta(days=1)
    begin, end = (datetime(d.year, d.month, d.day, tzinfo=known.zone) for d in (first, last))
    return (end.timestamp() - begin.timestamp()) / 60


def _etr(known: _Known) -> list[EtrLine]:
    given = sorted(
        (one for one in known.facts.etrs if one.given_at <= known.as_of),
        key=lambda one: (one.given_at, one.p50_at, one.p90_at),
    )
    return [
        EtrLine(
            given_at=iso(one.given_at),
            p50_at=iso(one.p50_at),
            p90_at=iso(one.p90_at),
            error_min=round((known.restored_at - one.p50_at) / MINUTE, 3) if known.restored_at else None,
        )
        for one in given
    ]


def _metrics(
    known: _Known,
    found: Sequence[Milestone],
    etr: Sequence[EtrLine],
    quality: RankingQuality,
    reliability: Reliability,
) -> dict[str, float | None]:
    """The times of the work and the quality of the advice; None where a milestone is missing."""
    began = known.facts.outage.started_at
    from_start = {one.code: one.minutes_from_start for one in found}
    calls = [one.at for one in known.facts.recorded if one.code == "first_call" and one.at <= known.as_of]
    provisional = from_start.get("provisional_created")
    lead = round((min(calls) - began) / MINUTE - provisional, 3) if calls and provisional is not None else None
    errors = [abs(one.error_min) for one in etr if one.error_min is not None]
    repair_from = "fault_found" if from_start.get("fault_found") is not None else "arrived"
    return {
        "detection_lead_min": lead,
        "time_to_promote_min": from_start["promoted"],
        "time_to_first_etr_min": from_start["first_etr"],
        "time_to_rank_min": from_start["zone_ranked"],
        "time_to_dispatch_min": from_start["dispatched"],
        "time_to_arrive_min": from_start["arrived"],
        "time_to_isolate_min": from_start["isolated"],
        "repair_min": minutes_between(found, repair_from, "last_restoration"),
        "restoration_min": round((known.restored_at - began) / MINUTE, 3) if known.restored_at else None,
        "etr_mae_min": round(fmean(errors), 3) if errors else None,
        "etr_first_error_min": etr[0].error_min if etr else None,
        "rank_of_true_zone": quality.rank_of_true_zone,
        "posterior_at_truth": quality.posterior_at_truth,
        "brier": quality.brier,
        "log_score": quality.log_score,
        "cmi": reliability.cmi,
        "critical_customer_minutes": reliability.critical_customer_minutes,
        "kwh_not_served": reliability.kwh_not_served,
        "customers_out_peak": float(peak(known.lasting, known.as_of)),
        "customers_still_out": float(sum(i.customers for i in known.lasting if i.is_open(known.as_of))),
    }


def _assumptions(facts: ReplayFacts, settings: ReplaySettings) -> list[str]:
    band = f"{100 * settings.switching_band:.0f} %"
    own = [
        f"A control room is taken to decide {settings.decision_delay_min:g} minutes after the options were there.",
        f"Switching times are estimates; the bounds let them be {band} shorter or longer.",
        "While the place of the fault is unknown, the upper bound is weighted with the probability of the zone.",
        "Customers whom an option would not have restored keep the times at which they were restored.",
    ]
    if settings.cost_per_kwh is not None:
        currency = f" {settings.cost_currency}" if settings.cost_currency else ""
        own.append(f"Energy not served is valued at {settings.cost_per_kwh:g}{currency} per kWh.")
    return [*own, *sorted(set(facts.assumptions))]


def _data_quality(known: _Known, found: Sequence[Milestone]) -> dict[str, Any]:
    own: dict[str, float | int | str | None] = {
        "missing_milestones": sum(one.quality == "missing" for one in found),
        "interruptions": len(known.stretches),
        "customers_still_out": sum(i.customers for i in known.lasting if i.is_open(known.as_of)),
    }
    return dict(sorted((own | dict(known.facts.data_quality)).items()))
