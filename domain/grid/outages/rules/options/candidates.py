"""Which plans there are in a situation: reclose before the fault, each tie of each island, splits, partial ones."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from domain.grid.network.rules.topology import NONE
from domain.grid.outages.rules.options.checks import FAIL, OK, Assessment, assess, check
from domain.grid.outages.rules.options.partial import lighten
from domain.grid.outages.rules.options.plan import (
    Part,
    Plan,
    far_side,
    island_part,
    make_plan,
    near_side,
    times,
    upstream_part,
)
from domain.grid.outages.rules.options.scene import Scene
from domain.grid.outages.rules.options.situation import Island, Situation, islands_among

# Where an island can be split between two ties.
SPLITTING = frozenset({"breaker", "recloser", "sectionalizer", "switch"})
# Checks that leaving customers out can mend.
STRAIN = frozenset({"thermal", "voltage", "power_flow"})


@dataclass(frozen=True)
class Candidate:
    """A plan with what the checks say."""

    plan: Plan
    at_min: tuple[float, ...]
    assessment: Assessment
    part: Part | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.assessment.reasons


def candidates(scene: Scene, found: Situation) -> list[Candidate]:
    """All plans of a situation in a fixed order, those that do not hold too."""
    made, before = _upstream(scene, found)
    best: list[Candidate] = []
    left_out = set(found.upstream) - {section for part in before for section in part.sections}
    for island in (*found.islands, *islands_among(scene, found.zone, left_out)):
        if not scene.customers(island.sections):
            continue
        own = list(_of_island(scene, found, before, island))
        made += own
        holding = [one for one in own if one.holds and one.part is not None]
        if holding:
            best.append(min(holding, key=lambda one: _worth(scene, one)))
    if len(best) > 1:
        parts = [one.part for one in best if one.part is not None]
        made.append(_judged(scene, make_plan(scene, "backfeed_combined", found, [*before, *parts])))
    return made


def _upstream(scene: Scene, found: Situation) -> tuple[list[Candidate], list[Part]]:
    """Reclosing before the fault, whole or in part, and what of it can be counted on for islands."""
    part = upstream_part(found)
    if part is None:
        return [], []
    first = _judged(scene, make_plan(scene, "upstream_reclose", found, [part]), part)
    named = [first] if scene.customers(part.sections) else []
    if first.holds:
        return named, [part]
    lighter = _lightened(scene, found, [], first)
    held = [one.part for one in lighter if one.holds and one.part is not None]
    return named + lighter, held[:1]


def _worth(scene: Scene, candidate: Candidate) -> tuple[int, float, str]:
    customers = len(scene.customers(candidate.plan.restored))
    tie = scene.sections.links[candidate.plan.ties[0]].device.device_id
    return -customers, candidate.at_min[-1], tie


def _judged(scene: Scene, plan: Plan, part: Part | None = None) -> Candidate:
    at_min = times(scene, plan)
    return Candidate(plan, tuple(at_min), assess(scene, plan, at_min), part)


def _of_island(scene: Scene, found: Situation, before: Sequence[Part], island: Island) -> Iterator[Candidate]:
    """Each tie alone; where none holds, the island split between two ties, and partial supply."""
    kind = "partial" if any(part.dropped for part in before) else "backfeed"
    alone = []
    for tie in island.ties:
        part = island_part(island, tie)
        refusal = _refusal(scene, found, before, part)
        if refusal is not None:
            yield refusal
            continue
        candidate = _judged(scene, make_plan(scene, kind, found, [*before, part]), part)
        alone.append(candidate)
        yield candidate
    if any(one.holds for one in alone):
        return
    parts = [one.part for one in alone if one.part is not None and _only_strained(one)]
    for first, second in list(combinations(parts, 2))[: scene.settings.most_tie_pairs]:
        yield from _pairs(scene, found, before, island, first, second)
    alone.sort(key=lambda one: (one.assessment.loading_pct or math.inf, one.plan.ties))
    for candidate in alone[: scene.settings.most_partials]:
        yield from _lightened(scene, found, before, candidate)


def _only_strained(candidate: Candidate) -> bool:
    """Whether load is all that speaks against it, so that sharing or leaving out could help."""
    return {one["code"] for one in candidate.assessment.checks if one["status"] == FAIL} <= STRAIN


def _refusal(scene: Scene, found: Situation, before: Sequence[Part], part: Part) -> Candidate | None:
    """A tie that leads nowhere: to the fault, to what is dead itself, to what nothing feeds."""
    far = far_side(scene, part)
    plan = make_plan(scene, "backfeed", found, [*before, part])
    device = scene.sections.links[part.tie].device.device_id
    if far == found.zone:
        text = f"{device} ends in the section that is suspected of the fault"
    elif far < 0 or scene.sections.feeder[far] == NONE:
        text = f"{device} ends in a section that no feeder supplies"
    elif far in found.dead and not any(far in one.sections for one in before):
        text = f"{device} ends in a section that is without supply itself"
    else:
        return None
    at_min = times(scene, plan)
    refused = Assessment((check("supply", FAIL, None, None, text),), None, None, round(scene.clpu(at_min[-1]), 6))
    return Candidate(plan, tuple(at_min), refused)


def _lightened(scene: Scene, found: Situation, before: Sequence[Part], heavy: Candidate) -> list[Candidate]:
    """The plan without the laterals that make it fail, where load is what it fails of."""
    if heavy.part is None or not _only_strained(heavy):
        return []
    lighter = lighten(scene, found, before, heavy.part)
    if lighter is None:
        return []
    part, exact = lighter
    candidate = _judged(scene, make_plan(scene, "partial", found, [*before, part]), part)
    method = "all choices were weighed" if exact else "laterals with most kW for their customers were left out first"
    remark = check("partial", OK, float(len(part.dropped)), None, f"{len(part.dropped)} laterals left out; {method}")
    assessment = replace(candidate.assessment, checks=(*candidate.assessment.checks, remark))
    return [replace(candidate, assessment=assessment)]


def _pairs(
    scene: Scene, found: Situation, before: Sequence[Part], island: Island, first: Part, second: Part
) -> Iterator[Candidate]:
    """The island split at a switch between the two ties: what holds, least loaded first, else one that does not.

    Splits that share the load most evenly are tried; a split far from even overloads one of the two as the whole did.
    """
    start, goal = near_side(scene, first), near_side(scene, second)
    inside = set(island.sections)
    total = sum(scene.kw[section] for section in island.sections)
    splits = []
    for link in _between(scene, island, start, goal):
        near = scene.spread([start], {start}, {link}, within=inside)
        bearable = _bearable(scene, first, near) and _bearable(scene, second, inside - near)
        if scene.sections.links[link].device.type in SPLITTING and goal not in near and bearable:
            share = sum(scene.kw[section] for section in sorted(near)) / total if total else 0.0
            splits.append((round(abs(share - 0.5), 6), link, near))
    splits.sort(key=lambda one: one[:2])
    tried = []
    for _, link, near in splits[: scene.settings.most_splits]:
        halves = [
            replace(part, sections=tuple(sorted(own)), split=(link,), boundary=_touching(scene, island, own))
            for part, own in ((first, near), (second, inside - near))
        ]
        tried.append(_judged(scene, make_plan(scene, "backfeed_pair", found, [*before, *halves])))
    holding = [one for one in tried if one.holds]
    holding.sort(key=lambda one: (one.assessment.loading_pct or 0.0, one.plan.actions[0].link, one.plan.ties))
    yield from holding[: scene.settings.most_pairs]
    if not holding:
        yield from tried[:1]


def _bearable(scene: Scene, part: Part, sections: set[int]) -> bool:
    """Whether the supplying feeder could carry the load at all: what it carries now and the part's, without losses."""
    feeder = scene.sections.feeder[far_side(scene, part)]
    limit = scene.head_kw(feeder)
    load = sum(scene.kw[section] for section in sorted(sections)) * scene.clpu(0.0)
    return limit is None or scene.feeder_kw(feeder) + load <= limit


def _touching(scene: Scene, island: Island, sections: set[int]) -> tuple[int, ...]:
    links = scene.sections.links
    return tuple(one for one in island.boundary if {links[one].first, links[one].second} & sections)


def _between(scene: Scene, island: Island, start: int, goal: int) -> list[int]:
    """Links on the way through the island from one section to another, in order."""
    inside = set(island.sections)
    came: dict[int, tuple[int, int]] = {start: (-1, -1)}
    queue = [start]
    for section in queue:
        for link in scene.sections.links_at[section]:
            other = scene.sections.links[link].other(section)
            if scene.closed[link] and other in inside and other not in came:
                came[other] = (link, section)
                queue.append(other)
    way = []
    at = goal
    while at in came and came[at][0] != -1:
        way.append(came[at][0])
        at = came[at][1]
    return way[::-1]
