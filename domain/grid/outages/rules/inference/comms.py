"""Is a collector silent, rather than its customers dark? (grid.md 4.4 e)

When nearly all meters behind one collector stop answering, none of them sent a last gasp, and on the same feeder a
meter behind another collector is live, then communication is lost. Their silence then says nothing about power.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.grid.outages.rules import signals as kinds
from domain.grid.outages.rules.inference.sessions import Heard
from domain.grid.outages.rules.inference.settings import InferenceSettings


@dataclass(frozen=True)
class SilentCollector:
    """A collector that is silent: the meters behind it on this feeder, those asked in vain, and when."""

    collector_id: str
    meters: tuple[int, ...]
    asked: tuple[int, ...]
    first_at: float
    last_at: float


def silent_collectors(
    heard: Sequence[Heard], behind: Mapping[str, Sequence[int]], settings: InferenceSettings
) -> list[SilentCollector]:
    """Collectors of one feeder that are silent, by id. `behind`: the feeder's meters behind each collector."""
    if not behind:
        return []
    unanswered: dict[int, list[float]] = defaultdict(list)
    live: dict[int, float] = {}
    out: dict[int, float] = {}
    for one in heard:
        if one.meter < 0:
            continue
        if one.type == kinds.PING_NO_ANSWER:
            unanswered[one.meter].append(one.at)
        elif one.type in (kinds.PING_OK, kinds.READ_NORMAL, kinds.POWER_ON, kinds.CREW_ENERGISED):
            live[one.meter] = one.at
        elif one.type in (kinds.POWER_OUT, kinds.CALL, kinds.CREW_OUT):
            out[one.meter] = one.at
    found = []
    for collector in sorted(behind):
        meters = tuple(sorted(behind[collector]))
        asked = tuple(meter for meter in meters if meter in unanswered)
        if len(asked) < settings.comms_min_meters:
            continue
        times = [at for meter in asked for at in unanswered[meter]]
        near = min(times) - settings.comms_near_s
        own = set(meters)
        spoke = sum(live.get(meter, near) > near for meter in meters)
        quiet = not any(out.get(meter, -np.inf) > min(times) - settings.attach_s for meter in meters)
        neighbour = any(at > near for meter, at in live.items() if meter not in own)
        if len(asked) >= settings.comms_silent_share * (len(asked) + spoke) and quiet and neighbour:
            found.append(SilentCollector(collector, meters, asked, min(times), max(times)))
    return found
