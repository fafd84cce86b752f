"""A plan: which devices could change, in which order, and who would have supply after which step."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.grid.outages.rules.options.scene import Scene
from domain.grid.outages.rules.options.situation import Island, Situation

OPEN, CLOSED = "open", "closed"


@dataclass(frozen=True)
class Action:
    """One device that could be put into a state; `purpose` is isolate, reclose, tie, split or drop."""

    link: int
    proposed: str
    purpose: str


@dataclass(frozen=True)
class PlanGroup:
    """Sections that have supply once the first `after` actions are done."""

    sections: tuple[int, ...]
    after: int


@dataclass(frozen=True)
class Plan:
    """A sequence of actions in a situation. `supply` are the numbers of the feeders that would carry the load."""

    option_type: str
    situation: Situation
    actions: tuple[Action, ...]
    groups: tuple[PlanGroup, ...]
    ties: tuple[int, ...]
    supply: tuple[int, ...]

    @property
    def restored(self) -> tuple[int, ...]:
        """All sections that would have supply, each once."""
        return tuple(sorted(section for group in self.groups for section in group.sections))

    @property
    def dropped(self) -> tuple[int, ...]:
        """Links behind which customers would be left out so that the others can be supplied."""
        return tuple(action.link for action in self.actions if action.purpose == "drop")

    def opened(self, scene: Scene) -> list[int]:
        """Edges that would stand open beside those that are open normally."""
        reclosed = {action.link for action in self.actions if action.proposed == CLOSED}
        links = {action.link for action in self.actions if action.proposed == OPEN}
        if self.situation.tripped not in reclosed:
            links.add(self.situation.tripped)
        return sorted(scene.sections.links[link].edge for link in links)

    def closed(self, scene: Scene) -> list[int]:
        """Edges that would stand closed beside those that are closed normally."""
        return sorted(scene.sections.links[one.link].edge for one in self.actions if one.proposed == CLOSED)


@dataclass(frozen=True)
class Part:
    """Healthy sections that could be supplied together, and how.

    Attributes:
        tie: the link that would supply them: a tie of an island, or the tripped device of what lies before the fault.
        boundary: links to the faulted zone.
        split: links to the rest of the island, which another tie would supply.
        dropped: links behind which customers would stay out.
    """

    sections: tuple[int, ...]
    tie: int
    boundary: tuple[int, ...] = ()
    split: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()


def island_part(island: Island, tie: int) -> Part:
    """The whole island through one tie."""
    return Part(island.sections, tie, boundary=island.boundary)


def upstream_part(found: Situation) -> Part | None:
    """What lies between the tripped device and the faulted zone; None if nothing does."""
    return Part(found.upstream, found.tripped, boundary=found.upstream_boundary) if found.upstream else None


def make_plan(scene: Scene, option_type: str, found: Situation, parts: Sequence[Part]) -> Plan:
    """Isolate and supply each part in turn; what lies before the fault comes first, if it is among them."""
    actions: list[Action] = []
    groups: list[PlanGroup] = []
    supply: set[int] = set()
    done: set[int] = set()
    for part in parts:
        for links, purpose in ((part.boundary, "isolate"), (part.split, "split"), (part.dropped, "drop")):
            fresh = [link for link in links if link not in done]
            actions += [Action(link, OPEN, purpose) for link in fresh]
            done.update(fresh)
        actions.append(Action(part.tie, CLOSED, "reclose" if part.tie == found.tripped else "tie"))
        groups.append(PlanGroup(part.sections, len(actions)))
        far = found.zone if part.tie == found.tripped else far_side(scene, part)
        supply.add(scene.sections.feeder[far])
    ties = tuple(part.tie for part in parts if part.tie != found.tripped)
    return Plan(option_type, found, tuple(actions), tuple(groups), ties, tuple(sorted(supply)))


def far_side(scene: Scene, part: Part) -> int:
    """The section beyond the tie, from which the part would be supplied."""
    link = scene.sections.links[part.tie]
    return link.second if link.first in part.sections else link.first


def near_side(scene: Scene, part: Part) -> int:
    """The section at which the tie enters the part."""
    link = scene.sections.links[part.tie]
    return link.first if link.first in part.sections else link.second


def times(scene: Scene, plan: Plan) -> list[float]:
    """Minutes from now until each action is done: travel once if any is manual, safety once, then one by one."""
    settings, context = scene.settings, scene.context
    travel = settings.travel_min if context.travel_min is None else context.travel_min
    found, manual, remote = [], 0, 0
    for action in plan.actions:
        is_remote = scene.sections.links[action.link].device.remote_ctl
        manual, remote = manual + (not is_remote), remote + is_remote
        way = travel if manual else 0.0
        found.append(round(way + manual * settings.manual_min + remote * settings.remote_min + settings.safety_min, 3))
    return found
