"""The next best ping: whose answer is expected to tell the most apart (grid.md 4.1).

Computed over the likeliest classes of one outage and "none of them". Meters below the same of these classes answer the
same question, so one of each kind is weighed: the first by id that was not asked yet.
"""

from collections.abc import Collection, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from domain.grid.outages.rules.device_tree import DeviceTree
from domain.grid.outages.rules.inference.settings import InferenceSettings

Floats = NDArray[np.float64]


def next_pings(
    tree: DeviceTree,
    classes: Sequence[tuple[int, float]],
    asked: Collection[int],
    settings: InferenceSettings,
) -> tuple[tuple[str, float], ...]:
    """Meters and the bits their answers are expected to bring, best first; ties by meter id.

    `classes` are (first device, posterior), likeliest first; `asked` are meters that answered or did not.
    """
    top = [(device, weight) for device, weight in classes[: settings.ping_classes] if weight > 0]
    if not top:
        return ()
    weights = np.array([weight for _, weight in top])
    beliefs = np.append(weights, max(0.0, 1.0 - float(np.sum(weights))))
    beliefs = beliefs / np.sum(beliefs)
    slices = [(int(tree.meter_first[device]), int(tree.meter_end[device])) for device, _ in top]
    bounds = sorted({bound for pair in slices for bound in pair})
    left_out = np.zeros(len(tree.meter_ids), bool) if asked else None
    if left_out is not None:
        left_out[sorted(asked)] = True
    best: dict[tuple[bool, ...], int] = {}
    for first, end in pairwise(bounds):
        below = tuple(start <= first and end <= stop for start, stop in slices)
        meter = _first_by_id(tree, first, end, left_out)
        if meter is None or not any(below):
            continue
        standing = best.get(below)
        if standing is None or tree.meter_rank[meter] < tree.meter_rank[standing]:
            best[below] = meter
    gains = [(round(_gain(beliefs, np.array([*below, False]), settings), 9), meter) for below, meter in best.items()]
    gains.sort(key=lambda pair: (-pair[0], tree.meter_ids[pair[1]]))
    return tuple((tree.meter_ids[meter], gain) for gain, meter in gains if gain > 0)[: settings.pings_shown]


def _first_by_id(tree: DeviceTree, first: int, end: int, left_out: NDArray[np.bool_] | None) -> int | None:
    rank = tree.meter_rank[first:end]
    if left_out is not None:
        rank = np.where(left_out[first:end], len(tree.meter_ids), rank)
    place = int(np.argmin(rank))
    return None if rank[place] == len(tree.meter_ids) else first + place


def _gain(beliefs: Floats, below: NDArray[np.bool_], settings: InferenceSettings) -> float:
    """Bits of entropy that one answer is expected to remove."""
    answers = np.where(below, settings.ping_answer_out, settings.ping_answer_in)
    answered = float(np.sum(beliefs * answers))
    after = answered * _entropy(beliefs * answers / answered)
    silent = 1.0 - answered
    if silent > 0:
        after += silent * _entropy(beliefs * (1.0 - answers) / silent)
    return _entropy(beliefs) - after


def _entropy(beliefs: Floats) -> float:
    some = beliefs[beliefs > 0]
    return float(-np.sum(some * np.log2(some)))
