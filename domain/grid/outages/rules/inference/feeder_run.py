"""One feeder's sessions, one after the other: posterior, outages, and what they leave for the sessions after them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from domain.grid.outages.rules import signals as kinds
from domain.grid.outages.rules.device_tree import NONE, DeviceTree, FeederSlice
from domain.grid.outages.rules.inference.evidence import Evidence, gather
from domain.grid.outages.rules.inference.likelihood import Likelihood, likelihood
from domain.grid.outages.rules.inference.priors import log_priors, rates
from domain.grid.outages.rules.inference.readout import Lead, leads_of, meters_out, rank_classes
from domain.grid.outages.rules.inference.sessions import Heard, Session
from domain.grid.outages.rules.inference.settings import InferenceSettings
from domain.grid.outages.rules.inference.sum_product import Levels, Posterior, levels_of, solve

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FeederModel:
    """What stays the same for all sessions of a feeder."""

    tree: DeviceTree
    feeder: FeederSlice
    settings: InferenceSettings
    multipliers: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def levels(self) -> Levels:
        """The feeder's devices by depth."""
        here = slice(self.feeder.first, self.feeder.end)
        parent = self.tree.parent[here]
        return levels_of(np.where(parent == NONE, NONE, parent - self.feeder.first), self.tree.depth[here])

    @cached_property
    def rate(self) -> Floats:
        """Openings per device and year."""
        here = slice(self.feeder.first, self.feeder.end)
        return rates(self.tree.types[here], self.tree.device_ids[here], self.settings, self.multipliers)

    def posterior(self, like: Likelihood) -> tuple[Posterior, float]:
        """The tree's posterior over false rates and activity, and the false rate that is expected."""
        chosen = self.settings
        log_p, log_not_p = log_priors(self.rate, chosen.expected_outages, chosen)
        activities, falses = len(chosen.expected_outages), len(chosen.false_rate)
        weight = np.log(np.outer(chosen.false_rate_weight, chosen.expected_weight).ravel())
        found = solve(
            self.levels,
            np.tile(log_p, (falses, 1)),
            np.tile(log_not_p, (falses, 1)),
            np.repeat(like.out, activities, axis=0),
            weight + np.repeat(like.baseline, activities),
        )
        return found, float(found.row_weight @ np.repeat(chosen.false_rate, activities))


@dataclass(frozen=True)
class Answered:
    """What one session came to."""

    session: Session
    evidence: Evidence
    like: Likelihood
    topmost: Floats
    false_rate: float
    ranked: list[tuple[int, float]]
    leads: list[Lead]
    meter_posterior: Floats


def run_feeder(
    model: FeederModel,
    sessions: Sequence[Session],
    live: Sequence[Heard],
    unheard: Collection[int],
    standing: Sequence[tuple[float, float, Collection[int]]],
    *,
    storm: bool,
) -> list[Answered]:
    """Each session's answer. `standing`: (from, to, meters) of outages known from elsewhere."""
    found: list[Answered] = []
    for session in sessions:
        out = _already_out(model, found, session, live, standing)
        evidence = gather(model.tree, model.feeder, session, live, out, unheard, model.settings)
        if not _says_anything(evidence):
            continue
        like = likelihood(model.tree, evidence, (session.start, session.end), model.settings, storm=storm)
        posterior, false_rate = model.posterior(like)
        ranked = rank_classes(model.tree, model.feeder, posterior.topmost)
        chosen = [model.feeder.first + device for device in posterior.chosen]
        found.append(
            Answered(
                session,
                evidence,
                like,
                posterior.topmost,
                false_rate,
                ranked,
                leads_of(model.tree, ranked, chosen, model.settings),
                meters_out(model.tree, model.feeder, posterior.topmost),
            )
        )
    return found


def _says_anything(evidence: Evidence) -> bool:
    return bool(evidence.gasp.any() or np.any(evidence.weight > 0) or np.any(evidence.device_weight > 0))


def _already_out(
    model: FeederModel,
    earlier: Sequence[Answered],
    session: Session,
    live: Sequence[Heard],
    standing: Sequence[tuple[float, float, Collection[int]]],
) -> set[int]:
    """Meters that an earlier outage still holds when this session begins."""
    out: set[int] = set()
    for began, ended, meters in standing:
        if began < session.start - model.settings.session_gap_s and ended > session.start:
            out |= set(meters)
    for answer in earlier:
        if session.start - answer.session.end > model.settings.lasts_s:
            continue
        seen = {one.meter for one in live if one.meter >= 0 and answer.session.end < one.at < session.start}
        for lead in answer.leads:
            if lead.posterior >= model.settings.set_from:
                out |= _held_by(model, answer, lead, session.start) - seen
    return out


def _held_by(model: FeederModel, answer: Answered, lead: Lead, at: float) -> set[int]:
    """Meters below a lead that are not back; none if most are, since the few lost their message."""
    first, end = int(model.tree.meter_first[lead.device]), int(model.tree.meter_end[lead.device])
    here = slice(first - model.feeder.meter_first, end - model.feeder.meter_first)
    back = answer.evidence.restored_at[here] < at
    reported = max(int(answer.evidence.gasp[here].sum()), 1)
    if back.sum() >= model.settings.restored_share * reported:
        return set()
    return {first + int(place) for place in np.flatnonzero(~back)}


def reported_kinds(evidence: Evidence, first: int, end: int) -> dict[str, list[tuple[int, float]]]:
    """Reports by kind from the meters `first..end` of the feeder, each with its weight."""
    found = {}
    for kind in sorted(evidence.by_kind):
        own = sorted((place, llr) for place, llr in evidence.by_kind[kind].items() if first <= place < end)
        if own and kind in kinds.METER_TYPES:
            found[kind] = own
    return found
