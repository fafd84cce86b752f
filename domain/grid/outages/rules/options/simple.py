"""Options that need no power flow: repair alone, patrol and reclose, a generator for critical customers."""

from collections.abc import Sequence

from domain.grid.network.rules.model import Meter
from domain.grid.outages.rules.options.build import Draft
from domain.grid.outages.rules.options.checks import FAIL, OK, Assessment, Check, check
from domain.grid.outages.rules.options.model import Step
from domain.grid.outages.rules.options.scene import Scene
from domain.grid.outages.rules.options.situation import Situation
from domain.grid.outages.rules.options.words import CONSIDER
from domain.grid.outages.rules.zone_ranking import RankedZone

NOTHING = Assessment((), None, None, 1.0)


def repair_only(scene: Scene, zone_id: str) -> Draft:
    """The baseline: nobody has supply before the repair."""
    text = f"{CONSIDER} the proposed repair without switching; the supply could be back in about"
    minutes = round(scene.context.repair_min, 3)
    return Draft("repair_only", zone_id, (), (), minutes, NOTHING, f"{text} {minutes:.0f} minutes.", ())


def patrol_reclose(scene: Scene, found: Situation, ranked: Sequence[RankedZone]) -> Draft | None:
    """Patrol the likely zones behind the device, then reclose or replace the fuse, if the fault proves to be gone."""
    device = scene.sections.links[found.tripped].device
    rows = [one for one in ranked if one.credible and one.device_id == ranked[0].device_id]
    sections = tuple(sorted(found.dead))
    meters = scene.customers(sections)
    if not rows or not meters:
        return None
    settings, context = scene.settings, scene.context
    travel = settings.travel_min if context.travel_min is None else context.travel_min
    patrol = round(sum(one.patrol_min for one in rows), 3)
    operation = settings.remote_min if device.remote_ctl else settings.manual_min
    at = round(travel + patrol + operation + settings.safety_min, 3)
    miles = sum(one.patrol_miles for one in rows)
    overhead = sum(one.zone.oh_pct * one.probability for one in rows) / 100.0 / sum(one.probability for one in rows)
    transient = round(settings.transient_overhead * overhead + settings.transient_cable * (1.0 - overhead), 6)
    steps = (
        Step(
            1,
            f"{CONSIDER} patrolling {miles:.1f} miles in {len(rows)} zones behind {device.device_id}.",
            None,
            "",
            False,
            round(travel + patrol, 3),
            "The section is treated as energised until it is proven dead.",
        ),
        Step(
            2,
            f"{CONSIDER} reclosing or replacing {device.device_id}, if nothing is found that stands in the way.",
            device.device_id,
            "closed",
            device.remote_ctl,
            at,
            "The patrol has reported the line clear.",
        ),
    )
    text = (
        f"{CONSIDER} patrolling {miles:.1f} miles and then reclosing or replacing {device.device_id}; "
        f"{len(meters)} customers could have supply in about {at:.0f} minutes if the fault proves to be gone, "
        f"which is assumed in {100.0 * transient:.0f} % of such cases."
    )
    share = check("transient", OK, transient, None, "share of faults that a patrol finds gone; CMR counts it")
    assessment = Assessment((share,), None, None, round(scene.clpu(at), 6))
    return Draft("patrol_reclose", ranked[0].zone_id, steps, ((sections, at),), at, assessment, text, (), transient)


def mobile_generation(scene: Scene, found: Situation, zone_id: str) -> list[Draft]:
    """A generator at each service transformer with critical customers: the smallest unit that carries its load."""
    behind: dict[str, list[Meter]] = {}
    for meter in scene.customers(sorted(found.dead)):
        behind.setdefault(meter.transformer_id or meter.node_id or meter.meter_id, []).append(meter)
    rows = []
    for place in sorted(behind):
        critical = sum(one.critical_flag for one in behind[place])
        kw = round(sum(map(scene.kw_of, behind[place])), 3)
        if critical:
            rows.append((-critical, kw, place))
    rows.sort()
    return [
        _generator(scene, zone_id, place, behind[place], kw) for _, kw, place in rows[: scene.settings.most_generators]
    ]


def _generator(scene: Scene, zone_id: str, place: str, meters: Sequence[Meter], kw: float) -> Draft:
    settings = scene.settings
    sizes = list(zip(settings.generators_kw, settings.generator_min, strict=True))
    fitting = [(rating, minutes) for rating, minutes in sizes if kw <= rating * settings.generator_share]
    rating, minutes = fitting[0] if fitting else sizes[-1]
    allowed = round(rating * settings.generator_share, 3)
    at = round(minutes, 3)
    text = f"{kw:.0f} kW of {allowed:.0f} kW usable from a unit of {rating:.0f} kW"
    found: Check = check("generator", OK if fitting else FAIL, kw, allowed, text)
    step = Step(
        1,
        f"{CONSIDER} connecting a generator of {rating:.0f} kW at {place}, parted from the network.",
        None,
        "",
        False,
        at,
        "The service is parted from the network on its low side and proven dead.",
    )
    said = (
        f"{CONSIDER} supplying {len(meters)} customers at {place}, critical ones among them, from a generator of "
        f"{rating:.0f} kW; {text}, about {minutes:.0f} minutes from now."
    )
    ids = tuple(one.meter_id for one in meters)
    return Draft("mobile_generation", zone_id, (step,), (), at, Assessment((found,), None, None, 1.0), said, ids)
