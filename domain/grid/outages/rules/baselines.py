"""The two deterministic rules of common outage systems, to measure inference against and to show beside it.

Both see the meters that sent a last gasp in one session and nothing else. They answer devices, most reports first;
neither knows how sure it is.
"""

from collections.abc import Collection

import numpy as np

from domain.grid.outages.rules.device_tree import NONE, DeviceTree

ROLL_UP_SHARE = 0.5
# A common device of which fewer than this share reported is taken for several causes and split.
SPLIT_BELOW_SHARE = 0.25


def rolled_up(tree: DeviceTree, gasps: Collection[str], share: float = ROLL_UP_SHARE) -> tuple[str, ...]:
    """The topmost devices of whose meters at least `share` reported."""
    below = _reports_below(tree, gasps)
    sizes = tree.meter_end - tree.meter_first
    open_ = (below > 0) & (below >= share * sizes)
    found = []
    device = 0
    while device < len(tree.device_ids):
        if open_[device]:
            found.append(device)
            device = int(tree.end[device])
        else:
            device += 1
    return _most_reports_first(tree, found, below)


def common_devices(tree: DeviceTree, gasps: Collection[str], split: float = SPLIT_BELOW_SHARE) -> tuple[str, ...]:
    """Lowest common devices of clustered reports.

    All reports of a feeder begin as one cluster. Where too few of the meters below its lowest common device reported,
    the cluster is split by the devices directly below, until each is dense enough or stands on one device.
    """
    below = _reports_below(tree, gasps)
    sizes = tree.meter_end - tree.meter_first
    found = []
    waiting = [device for device in range(len(tree.device_ids)) if tree.parent[device] == NONE and below[device]]
    while waiting:
        device = _lowest_common(tree, waiting.pop(), below)
        children = [child for child in _children(tree, device) if below[child]]
        if below[device] >= split * sizes[device] or not children:
            found.append(device)
        else:
            waiting += children
    return _most_reports_first(tree, found, below)


def _reports_below(tree: DeviceTree, gasps: Collection[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    told = np.zeros(len(tree.meter_ids) + 1, np.int64)
    told[[tree.meter_at[own] + 1 for own in sorted(gasps) if own in tree.meter_at]] = 1
    running = np.cumsum(told)
    return running[tree.meter_end] - running[tree.meter_first]


def _lowest_common(tree: DeviceTree, device: int, below: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> int:
    """Down from `device` while one child holds all its reports."""
    while True:
        whole = [child for child in _children(tree, device) if below[child] == below[device]]
        if not whole:
            return device
        device = whole[0]


def _children(tree: DeviceTree, device: int) -> list[int]:
    found, child = [], device + 1
    while child < tree.end[device]:
        found.append(child)
        child = int(tree.end[child])
    return found


def _most_reports_first(
    tree: DeviceTree, devices: list[int], below: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
) -> tuple[str, ...]:
    order = sorted(devices, key=lambda own: (-int(below[own]), tree.device_ids[own]))
    return tuple(tree.device_ids[own] for own in order)
