"""From a plan or a simple proposal to an option with its figures and an id that follows from its content."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.grid.network.rules.topology import NONE
from domain.grid.outages.rules.options.candidates import Candidate
from domain.grid.outages.rules.options.checks import Assessment
from domain.grid.outages.rules.options.model import Group, Option, Step
from domain.grid.outages.rules.options.scene import Scene
from domain.grid.outages.rules.options.scoring import cmr_of, expected_cmr, risk_items, risk_of
from domain.grid.outages.rules.options.words import narrative, step
from domain.grid.outages.rules.zone_ranking import RankedZone
from domain.kernel.canonical import derived_id


@dataclass(frozen=True)
class Draft:
    """An option before its figures.

    Attributes:
        groups: sections and the minutes after which they would have supply.
        meter_ids: customers named one by one instead (a generator's).
        share: how much of the customer-minutes counts (a patrol helps only if the fault is gone).
        switches: whether supply would be closed, so that the switching risks count.
    """

    option_type: str
    zone_id: str
    steps: tuple[Step, ...]
    groups: tuple[tuple[tuple[int, ...], float], ...]
    est_minutes: float
    assessment: Assessment
    narrative: str
    meter_ids: tuple[str, ...]
    share: float = 1.0
    switches: bool = False
    ties: tuple[str, ...] = ()
    feeders: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def draft_of(scene: Scene, candidate: Candidate) -> Draft:
    """The draft of a plan that switches."""
    plan, at_min, links = candidate.plan, candidate.at_min, scene.sections.links
    feeders = scene.circuit.network.feeders
    groups = tuple((group.sections, at_min[group.after - 1]) for group in plan.groups)
    customers = len(scene.customers(plan.restored))
    figures = {
        "loading_pct": candidate.assessment.loading_pct,
        "v_min_pu": candidate.assessment.v_min_pu,
        "clpu": candidate.assessment.clpu,
        "est_minutes": at_min[-1],
    }
    return Draft(
        plan.option_type,
        plan.situation.zone_id,
        tuple(step(scene, no, one, at_min[no - 1]) for no, one in enumerate(plan.actions, start=1)),
        groups,
        at_min[-1],
        candidate.assessment,
        narrative(scene, plan, customers, figures, candidate.assessment.reasons),
        (),
        switches=True,
        ties=tuple(links[tie].device.device_id for tie in plan.ties),
        feeders=tuple(feeders[one].feeder_id for one in plan.supply if one != NONE),
        dropped=tuple(links[one].device.device_id for one in plan.dropped),
    )


def build(scene: Scene, draft: Draft, ranked: Sequence[RankedZone]) -> tuple[Option, float]:
    """The option, not yet scored, and the kWh that it would deliver before the repair."""
    context, settings = scene.context, scene.settings
    repair = context.repair_min
    served, groups = _groups(scene, draft)
    sized = [(len(group.meter_ids), group.at_min) for group in groups]
    meters = {one.meter_id: one for section in served for one in scene.meters[section]}
    named = [meters[one] for group in groups for one in group.meter_ids if one in meters]
    chance = next((one.probability for one in ranked if one.zone_id == draft.zone_id), 0.0)
    items = risk_items(draft.assessment, chance, context, settings) if draft.switches else ()
    kw = [sum(scene.kw_of(meters[one]) for one in group.meter_ids if one in meters) for group in groups]
    energy = sum(power * max(0.0, repair - group.at_min) / 60.0 for power, group in zip(kw, groups, strict=True))
    cmr = round(cmr_of(sized, repair) * draft.share, 3)
    reasons = draft.assessment.reasons
    if not reasons and draft.option_type != "repair_only" and cmr <= 0.0:
        reasons = (
            f"LATER_THAN_REPAIR: the supply would be back in {draft.est_minutes:.0f} min, the repair in {repair:.0f}",
        )
    option = Option(
        option_id=str(
            derived_id("restoration-option", context.outage_id, draft.zone_id, draft.option_type, *_content(draft))
        ),
        option_type=draft.option_type,
        zone_id=draft.zone_id,
        rank=0,
        score=0.0,
        cmr=cmr,
        expected_cmr=_expected(scene, draft, groups, ranked) if draft.switches else cmr,
        customers_restored=sum(size for size, _ in sized),
        critical_restored=sum(one.critical_flag for one in named),
        kw_restored=round(sum(kw), 3),
        est_minutes=round(draft.est_minutes, 3),
        steps=draft.steps,
        tie_device_id=draft.ties[0] if draft.ties else None,
        tie_device_ids=draft.ties,
        supply_feeder_ids=draft.feeders,
        dropped_device_ids=draft.dropped,
        groups=groups,
        loading_pct_max=draft.assessment.loading_pct,
        v_min_pu=draft.assessment.v_min_pu,
        clpu_factor=draft.assessment.clpu,
        risk=risk_of(items),
        risk_items=items,
        checks=draft.assessment.checks,
        infeasible_reasons=reasons,
        narrative=draft.narrative,
    )
    return option, energy * draft.share


def _groups(scene: Scene, draft: Draft) -> tuple[list[int], tuple[Group, ...]]:
    """Sections that would have supply, and their customers by the time at which they would."""
    if draft.meter_ids:
        every = list(range(len(scene.sections.nodes)))
        return every, (Group(tuple(sorted(draft.meter_ids)), draft.est_minutes),)
    found = []
    for sections, at in draft.groups:
        meters = scene.customers(sections)
        if meters:
            found.append(Group(tuple(one.meter_id for one in meters), at))
    return [section for sections, _ in draft.groups for section in sections], tuple(found)


def _content(draft: Draft) -> list[str]:
    """What makes one option different from another of its type: devices, proposed states, customers."""
    return [f"{one.device_id}={one.proposed}" for one in draft.steps] + list(draft.meter_ids)


def _expected(scene: Scene, draft: Draft, groups: Sequence[Group], ranked: Sequence[RankedZone]) -> float:
    by_time = {group.at_min: len(group.meter_ids) for group in groups}
    rows = [(by_time.get(at, 0), at, frozenset(sections)) for sections, at in draft.groups]
    chances = [
        (scene.section_at[one.zone_id], one.probability)
        for one in sorted(ranked, key=lambda row: row.zone_id)
        if one.zone_id in scene.section_at
    ]
    return expected_cmr(rows, chances, scene.context.repair_min, scene.settings)
