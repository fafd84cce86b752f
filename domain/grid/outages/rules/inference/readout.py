"""From posteriors to outages: classes ranked, grouped into outages, each with what explains it otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.outages.rules.device_tree import NONE, DeviceTree, FeederSlice
from domain.grid.outages.rules.inference.settings import InferenceSettings

Floats = NDArray[np.float64]

# Below this a class or a device is not named among alternatives.
NAMED_FROM = 1e-3


@dataclass(frozen=True)
class Lead:
    """One outage: its class and the classes that would explain it otherwise, itself among them, likeliest first."""

    device: int
    posterior: float
    alternatives: tuple[tuple[int, float], ...]


def rank_classes(tree: DeviceTree, feeder: FeederSlice, topmost: Floats) -> list[tuple[int, float]]:
    """(first device, posterior) of the feeder's classes: posterior, then meters, then id."""
    classes = tree.class_of[feeder.first : feeder.end]
    own = classes != NONE
    sums = np.bincount(classes[own] - feeder.first, weights=topmost[own], minlength=len(classes))
    sums = np.round(sums, 9)
    # A device without meters shows itself by reports on it alone, not by its prior.
    sums[~own] = np.where(topmost[~own] >= 0.5, np.round(topmost[~own], 9), 0.0)
    named = [feeder.first + int(place) for place in np.flatnonzero(sums >= NAMED_FROM)]
    return sorted(
        ((device, float(sums[device - feeder.first])) for device in named),
        key=lambda pair: (-pair[1], int(tree.meter_first[pair[0]] - tree.meter_end[pair[0]]), tree.device_ids[pair[0]]),
    )


def leads_of(
    tree: DeviceTree, ranked: Sequence[tuple[int, float]], chosen: Sequence[int], settings: InferenceSettings
) -> list[Lead]:
    """Outages: the classes of the likeliest configuration, then what stands apart from them and is likely enough."""
    weight = dict(ranked)
    first = [_class(tree, device) for device in chosen]
    order = sorted(
        (device for device in dict.fromkeys(first) if weight.get(device, 0.0) >= settings.candidate_floor),
        key=lambda device: (-weight[device], tree.device_ids[device]),
    )
    order += [device for device, own in ranked if own >= settings.candidate_floor]
    found: list[Lead] = []
    for device in order:
        if any(_related(tree, device, lead.device) for lead in found):
            continue
        alternatives = tuple(pair for pair in ranked if _related(tree, pair[0], device))
        found.append(Lead(device, weight[device], alternatives))
    return found


def best_first(tree: DeviceTree, lead: int, topmost: Floats, offset: int) -> tuple[str, ...]:
    """The devices of a class by posterior, then id."""
    members = tree.same_class(lead)
    order = sorted(members, key=lambda own: (-round(float(topmost[own - offset]), 9), tree.device_ids[own]))
    return tuple(tree.device_ids[own] for own in order)


def credible(alternatives: Sequence[tuple[int, float]], share: float) -> list[tuple[int, float]]:
    """The smallest prefix that holds this share of what all alternatives hold together."""
    total = float(np.sum(np.array([weight for _, weight in alternatives])))
    found, held = [], 0.0
    for pair in sorted(alternatives, key=lambda pair: -pair[1]):
        found.append(pair)
        held += pair[1]
        if held >= share * total:
            break
    return found


def meters_out(tree: DeviceTree, feeder: FeederSlice, topmost: Floats) -> Floats:
    """The posterior that each meter of the feeder is out: the sum over the devices above it."""
    above = np.zeros(len(topmost) + 1)
    np.add.at(above, np.arange(len(topmost)), topmost)
    np.subtract.at(above, tree.end[feeder.first : feeder.end] - feeder.first, topmost)
    open_above = np.cumsum(above)[: len(topmost)]
    devices = tree.meter_device[feeder.meter_first : feeder.meter_end]
    out = np.where(devices == NONE, 0.0, open_above[np.maximum(devices - feeder.first, 0)] if len(topmost) else 0.0)
    return np.clip(out, 0.0, 1.0)


def _class(tree: DeviceTree, device: int) -> int:
    first = int(tree.class_of[device])
    return device if first == NONE else first


def _related(tree: DeviceTree, one: int, other: int) -> bool:
    return tree.contains(one, other) or tree.contains(other, one)
