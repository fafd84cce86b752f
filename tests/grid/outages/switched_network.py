"""A small network that is really switched, second by second, as an independent judge of the counterfactual.

It knows nothing of interruptions or of options: sources, switches, a faulted node, and who is connected to what.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class SwitchedNetwork:
    """Nodes joined by switches; a node has supply if closed switches lead to a source past no faulted node.

    A fault whose part is connected to a source would trip it: nobody may close onto it, which is asserted.
    """

    sources: set[str]
    switches: dict[str, tuple[str, str]]
    meters: dict[str, str]
    is_open: set[str] = field(default_factory=set)
    faulted: set[str] = field(default_factory=set)

    def supplied(self) -> set[str]:
        reached, ahead = set(self.sources), sorted(self.sources)
        while ahead:
            node = ahead.pop()
            for name, ends in self.switches.items():
                if name in self.is_open or node not in ends:
                    continue
                other = ends[1] if ends[0] == node else ends[0]
                if other not in reached:
                    reached.add(other)
                    ahead.append(other)
        assert not reached & self.faulted, "closed onto the fault"
        return reached

    def minutes_out(self, begin: datetime, end: datetime, acts: list[tuple[datetime, str, str]]) -> float:
        """Customer-minutes without supply, from state to state; acts are (at, open | close | mend, name), in order."""
        total, at = 0.0, begin
        for moment, act, name in [*sorted(acts, key=lambda act: act[0]), (end, "", "")]:
            reached = self.supplied()
            out = sum(node not in reached for node in self.meters.values())
            total += out * ((min(moment, end) - at) / timedelta(minutes=1))
            at = min(moment, end)
            if act == "open":
                self.is_open.add(name)
            elif act == "close":
                self.is_open.discard(name)
            elif act == "mend":
                self.faulted.discard(name)
        return total
