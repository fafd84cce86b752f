"""An outage in full: from a lead to what is laid before people, with status, evidence and what to ask next."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from domain.grid.outages.rules import signals as kinds
from domain.grid.outages.rules.inference.feeder_run import Answered, FeederModel, reported_kinds
from domain.grid.outages.rules.inference.pings import next_pings
from domain.grid.outages.rules.inference.readout import NAMED_FROM, Lead, best_first, credible
from domain.grid.outages.rules.inference.results import (
    CANDIDATE,
    MOMENTARY,
    PROBABLE,
    VERIFY,
    EvidenceItem,
    InferredOutage,
)
from domain.grid.outages.rules.inference.settings import InferenceSettings
from domain.kernel.canonical import content_hash

SHOWN_METERS = 5
KEY_STEP_S = 300
_CONFIRMING = (kinds.PING_NO_ANSWER, kinds.CALL, kinds.CREW_OUT)


@dataclass(frozen=True)
class Below:
    """The meters of a lead within its feeder's arrays."""

    first: int
    end: int
    reported: tuple[int, ...]
    confirmed: tuple[int, ...]
    silent: int
    kinds: dict[str, list[tuple[int, float]]]


def outage_key(feeder_id: str, device_ids: tuple[str, ...], began: float) -> str:
    """Follows from the class and the five minutes in which it began."""
    step = int(began // KEY_STEP_S) * KEY_STEP_S
    return content_hash([feeder_id, sorted(device_ids), step])[:32]


def describe(model: FeederModel, answer: Answered, lead: Lead, as_of: float, *, storm: bool) -> InferredOutage:
    """The outage of a lead: its class of devices, the meters behind it, evidence and what to ask next. Pure.

    `as_of` is in seconds since 1970 UTC; posteriors are probabilities, evidence is logarithms of likelihood ratios.
    """
    tree, feeder, settings = model.tree, model.feeder, model.settings
    below = _below(model, answer, lead)
    device_ids = best_first(tree, lead.device, answer.topmost, feeder.first)
    began = _first_evidence(answer, below)
    restored, momentary = _restoration(answer, below, settings)
    asked = {
        feeder.meter_first + place
        for kind in (kinds.PING_OK, kinds.PING_NO_ANSWER, kinds.READ_NORMAL)
        for place in answer.evidence.by_kind.get(kind, {})
        if place >= 0
    }
    status, reasons = _status(lead, below, began, as_of, settings, momentary=momentary, storm=storm)
    ids = tree.meter_ids[feeder.meter_first : feeder.meter_end]
    rank = tree.meter_rank[feeder.meter_first : feeder.meter_end]
    by_id = (below.first + np.argsort(rank[below.first : below.end])).tolist()
    told = set(below.reported)
    return InferredOutage(
        outage_key=outage_key(feeder.feeder_id, device_ids, began),
        feeder_id=feeder.feeder_id,
        device_ids=device_ids,
        device_id=device_ids[0],
        posterior=lead.posterior,
        window_start=moment(answer.session.start),
        window_end=moment(answer.session.end),
        first_evidence_at=moment(began),
        meters_predicted=tuple(ids[place] for place in by_id),
        meters_reported=tuple(ids[place] for place in by_id if place in told),
        posterior_meters_out=expected_out(model, lead),
        status=status,
        evidence=_evidence(model, answer, lead, below),
        credible=named(model, credible(lead.alternatives, settings.credible), answer.topmost),
        device_posterior=devices_of(model, lead, answer.topmost),
        next_pings=next_pings(tree, lead.alternatives, asked, settings) if status != MOMENTARY else (),
        restored_at=None if restored is None else moment(restored),
        reasons=reasons,
    )


def moment(second: float) -> datetime:
    """The instant of a second since 1970."""
    return datetime.fromtimestamp(second, UTC)


def expected_out(model: FeederModel, lead: Lead) -> float:
    """Meters out, expected over the lead and its alternatives."""
    sizes = [
        float(model.tree.meter_end[own] - model.tree.meter_first[own]) * weight for own, weight in lead.alternatives
    ]
    return round(float(np.sum(np.array(sizes))), 3)


def named(
    model: FeederModel, classes: list[tuple[int, float]], topmost: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> tuple[tuple[tuple[str, ...], float], ...]:
    """Classes by the ids of their devices."""
    return tuple((best_first(model.tree, own, topmost, model.feeder.first), weight) for own, weight in classes)


def devices_of(
    model: FeederModel, lead: Lead, topmost: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> tuple[tuple[str, float], ...]:
    """Posterior of each device of the alternatives, best first."""
    single = [
        (model.tree.device_ids[own], round(float(topmost[own - model.feeder.first]), 9))
        for first, _ in lead.alternatives
        for own in model.tree.same_class(first)
    ]
    named_ones = [pair for pair in single if pair[1] >= NAMED_FROM * 0.1]
    return tuple(sorted(named_ones, key=lambda pair: (-pair[1], pair[0])))


def _below(model: FeederModel, answer: Answered, lead: Lead) -> Below:
    base = model.feeder.meter_first
    first, end = int(model.tree.meter_first[lead.device]) - base, int(model.tree.meter_end[lead.device]) - base
    by_kind = reported_kinds(answer.evidence, first, end)
    confirmed = sorted({place for kind in _CONFIRMING for place, _ in by_kind.get(kind, [])})
    gasped = (first + np.flatnonzero(answer.evidence.gasp[first:end])).tolist()
    silent = int(answer.like.silent[lead.device - model.feeder.first])
    return Below(first, end, tuple(sorted({*gasped, *confirmed})), tuple(confirmed), silent, by_kind)


def _first_evidence(answer: Answered, below: Below) -> float:
    times = answer.evidence.gasp_at[below.first : below.end]
    times = times[~np.isnan(times)]
    return float(np.min(times)) if len(times) else answer.session.start


def _restoration(answer: Answered, below: Below, settings: InferenceSettings) -> tuple[float | None, bool]:
    """When most reported meters were back, if they are; and whether they were back within five minutes."""
    evidence = answer.evidence
    places = [place for place in below.reported if not np.isnan(evidence.restored_at[place])]
    if not below.reported or len(places) < settings.restored_share * len(below.reported):
        return None, False
    began = np.where(np.isnan(evidence.gasp_at[places]), answer.session.start, evidence.gasp_at[places])
    back = evidence.restored_at[places]
    soon = int((back - began <= settings.momentary_s).sum())
    return float(np.sort(back)[len(back) // 2]), soon >= settings.restored_share * len(below.reported)


def _status(
    lead: Lead, below: Below, began: float, as_of: float, settings: InferenceSettings, *, momentary: bool, storm: bool
) -> tuple[str, tuple[str, ...]]:
    if momentary:
        return MOMENTARY, ("Most meters that reported were back within five minutes.",)
    if as_of - began < settings.hold_off_s:
        return CANDIDATE, (f"Younger than the hold-off of {settings.hold_off_s:g} seconds.",)
    if lead.posterior < settings.probable_from:
        return VERIFY, (f"Posterior below {settings.probable_from:g}: ask meters before deciding.",)
    if len(below.reported) < 2 and not below.confirmed:
        text = "In storm mode single meters wait for a ping." if storm else "One meter alone: a ping or a call decides."
        return VERIFY, (text,)
    if len(below.reported) == 2 and not below.confirmed and below.silent > settings.thin_silent:
        return VERIFY, (f"Two meters reported and {below.silent} are silent: a ping decides.",)
    return PROBABLE, ()


def _evidence(model: FeederModel, answer: Answered, lead: Lead, below: Below) -> tuple[EvidenceItem, ...]:
    place = lead.device - model.feeder.first
    ids = model.tree.meter_ids[model.feeder.meter_first : model.feeder.meter_end]
    gasps, silent = int(answer.like.gasps[place]), int(answer.like.silent[place])
    gasped = (below.first + np.flatnonzero(answer.evidence.gasp[below.first : below.end])[:SHOWN_METERS]).tolist()
    quiet = answer.evidence.counted[below.first : below.end] & ~answer.evidence.gasp[below.first : below.end]
    still = (below.first + np.flatnonzero(quiet)[:SHOWN_METERS]).tolist()
    found = []
    if gasps:
        false_rate = max(answer.false_rate, 1e-9)
        llr = float(answer.like.delivery[place]) - gasps * float(np.log(false_rate))
        found.append(_item("last_gasps", gasps, llr, tuple(ids[own] for own in gasped)))
        if gasps > 1:
            found.append(_item("same_moment", gasps, float(answer.like.moment[place])))
    if silent:
        found.append(
            _item(
                "no_last_gasp",
                silent,
                0.0 if gasps else float(answer.like.delivery[place]),
                tuple(ids[own] for own in still),
            )
        )
    for kind, rows in below.kinds.items():
        shown = tuple(ids[own] for own, _ in rows[:SHOWN_METERS])
        found.append(_item(kind.lower(), len(rows), float(np.sum(np.array([llr for _, llr in rows]))), shown))
    for kind in (kinds.SCADA_OPEN, kinds.SCADA_CLOSED, kinds.CREW_OUT, kinds.CREW_ENERGISED, kinds.FAULT_INDICATOR):
        reports = answer.evidence.by_kind.get(kind, {})
        own_reports = [
            llr for device, llr in sorted(reports.items()) if device < 0 and _speaks(model, kind, -1 - device, lead)
        ]
        if own_reports:
            found.append(_item(f"device_{kind.lower()}", len(own_reports), float(np.sum(np.array(own_reports)))))
    return tuple(found)


def _speaks(model: FeederModel, kind: str, place: int, lead: Lead) -> bool:
    device = model.feeder.first + place
    if kind == kinds.FAULT_INDICATOR:
        return model.tree.contains(device, lead.device)
    return device in model.tree.same_class(lead.device)


def _item(kind: str, value: float, llr: float, meter_ids: tuple[str, ...] = ()) -> EvidenceItem:
    return EvidenceItem(kind, float(value), round(llr, 6), meter_ids)
