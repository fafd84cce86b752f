"""Advisory words for steps and options. Nothing here commands: consider, could, proposed."""

from collections.abc import Mapping, Sequence

from domain.grid.network.rules.topology import NONE
from domain.grid.outages.rules.options.model import Step
from domain.grid.outages.rules.options.plan import Action, Plan
from domain.grid.outages.rules.options.scene import Scene

CONSIDER = "Consider, after operator validation and field clearance,"
_DOING = {"open": "opening", "closed": "closing"}
_PRECONDITION = {
    "isolate": "The device is reported dead and the crew is clear of it.",
    "reclose": "The faulted section is isolated, tagged and reported clear.",
    "split": "The section on both sides is reported dead.",
    "drop": "The customers behind it can stay without supply until the repair.",
    "tie": "The island is isolated from the fault, tagged and reported clear; the supplying feeder has been checked.",
}
_WHY = {
    "isolate": "so that the section suspected of the fault stands apart",
    "reclose": "so that the healthy sections before the fault could have supply again",
    "split": "so that the island could be shared between two feeders",
    "drop": "so that the load stays within what the supplying feeder can carry",
    "tie": "so that the island could be supplied from the other side",
}


def step(scene: Scene, number: int, action: Action, minutes: float) -> Step:
    """One action in advisory words; `minutes` is when it could be done, from now."""
    device = scene.sections.links[action.link].device
    by = "remotely" if device.remote_ctl else "on site"
    doing = "reclosing or replacing" if action.purpose == "reclose" else _DOING[action.proposed]
    text = f"{CONSIDER} {doing} {_KIND[device.type]} {device.device_id} ({by}), {_WHY[action.purpose]}."
    return Step(
        number, text, device.device_id, action.proposed, device.remote_ctl, minutes, _PRECONDITION[action.purpose]
    )


_KIND = {
    "breaker": "breaker",
    "recloser": "recloser",
    "sectionalizer": "sectionalizer",
    "switch": "switch",
    "fuse": "fuse",
    "tie": "tie",
    "xfmr_fuse": "transformer fuse",
}


def spoken(ids: Sequence[str], most: int = 4) -> str:
    """`a, b and c`; beyond `most` the number of the others."""
    if len(ids) > most:
        return f"{', '.join(ids[:most])} and {len(ids) - most} more"
    return " and ".join([", ".join(ids[:-1]), ids[-1]]) if len(ids) > 1 else "".join(ids)


def narrative(
    scene: Scene,
    plan: Plan,
    customers: int,
    figures: Mapping[str, float | None],
    reasons: Sequence[str],
) -> str:
    """The option in a sentence or two, with its figures."""
    said = f"{CONSIDER} {_what(scene, plan, customers)}"
    numbers = []
    if figures.get("loading_pct") is not None:
        numbers.append(f"estimated loading {figures['loading_pct']:.0f} % (CLPU {figures['clpu']:.1f})")
    if figures.get("v_min_pu") is not None:
        numbers.append(f"minimum voltage {120.0 * (figures['v_min_pu'] or 0.0):.1f} V")
    numbers.append(f"about {figures['est_minutes']:.0f} minutes from now")
    if plan.dropped:
        names = [scene.sections.links[one].device.device_id for one in plan.dropped]
        numbers.append(f"customers behind {spoken(names)} would stay without supply until the repair")
    text = f"{said}; {', '.join(numbers)}."
    return f"{text} Not proposed: {'; '.join(reasons)}." if reasons else text


def _what(scene: Scene, plan: Plan, customers: int) -> str:
    links = scene.sections.links
    apart = [links[one.link].device.device_id for one in plan.actions if one.purpose == "isolate"]
    zone = scene.sections.entry[plan.situation.zone]
    start = links[plan.situation.tripped if zone == NONE else zone].device.device_id
    ends = sorted({start, *apart})
    between = f"isolating between {spoken(ends)}" if len(ends) > 1 else f"isolating the section behind {start}"
    if not apart:
        between = f"leaving the section behind {start} isolated"
    ways = []
    if any(one.purpose == "reclose" for one in plan.actions):
        own = scene.circuit.network.feeders[scene.sections.feeder[plan.situation.zone]].feeder_id
        ways.append(f"from {own} through {links[plan.situation.tripped].device.device_id}")
    ways += [_through(scene, plan, one.link) for one in plan.actions if one.purpose == "tie"]
    return f"{between} and supplying {customers} customers {' and '.join(ways)}"


def _through(scene: Scene, plan: Plan, tie: int) -> str:
    link = scene.sections.links[tie]
    restored = set(plan.restored)
    far = link.second if link.first in restored and link.second not in restored else link.first
    if link.first in restored and link.second in restored:
        far = link.first
    feeder = scene.sections.feeder[far]
    name = scene.circuit.network.feeders[feeder].feeder_id if feeder != NONE else "nowhere"
    return f"from {name} through tie {link.device.device_id}"
