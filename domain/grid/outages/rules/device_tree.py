"""The protective devices of a network as one forest in preorder, so that whatever lies below a device is a slice.

Devices stand parents first, each feeder's together; meters stand in the order of their devices. The devices below
device `i` are `i .. end[i]`, its meters `meter_first[i] .. meter_end[i]`: sums over a subtree are two look-ups in a
running sum. Devices with the same meters form a class: no meter can tell them apart.

A device inside a closed loop isolates nothing by itself: assembly gives it neither meters nor children, so it stands
here as a leaf without meters, and the loop's customers belong to the device above it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from domain.grid.network.rules.model import Device, Meter, Network
from domain.grid.outages.rules.switching import switched
from domain.kernel.errors import Invalid

NONE = -1
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class FeederSlice:
    """Where one feeder stands in the tree: devices `first..end`, meters `meter_first..meter_end`."""

    feeder_id: str
    first: int
    end: int
    meter_first: int
    meter_end: int


@dataclass(frozen=True)
class DeviceTree:
    """Devices in preorder and meters in their order.

    Attributes:
        parent: the device above; NONE for the first of a feeder.
        end: one past the last device below.
        meter_device: the nearest device above each meter; NONE where none stands between it and the head.
        meter_first, meter_end: the meters below each device.
        class_of: the first device (in preorder) with the same meters; NONE for a device without meters.
        meter_rank: the place of each meter when all are sorted by id.
        unfed_meter_ids: out already, as switched; they are in no slice.
        open_device_ids: devices that stand open, ties among them; they are not in the tree.
    """

    device_ids: tuple[str, ...]
    types: tuple[str, ...]
    parent: Ints
    depth: Ints
    end: Ints
    meter_ids: tuple[str, ...]
    ami_types: tuple[str, ...]
    meter_device: Ints
    meter_first: Ints
    meter_end: Ints
    class_of: Ints
    meter_rank: Ints
    feeders: tuple[FeederSlice, ...]
    unfed_meter_ids: tuple[str, ...] = ()
    open_device_ids: tuple[str, ...] = ()

    @cached_property
    def device_at(self) -> dict[str, int]:
        """Device id to place."""
        return {own: index for index, own in enumerate(self.device_ids)}

    @cached_property
    def meter_at(self) -> dict[str, int]:
        """Meter id to place."""
        return {own: index for index, own in enumerate(self.meter_ids)}

    @cached_property
    def feeder_of_meter(self) -> Ints:
        """The place of each meter's feeder."""
        widths = [one.meter_end - one.meter_first for one in self.feeders]
        return np.repeat(np.arange(len(self.feeders), dtype=np.int64), widths)

    def feeder_of_device(self, device: int) -> int:
        """The place of a device's feeder."""
        ends = [one.end for one in self.feeders]
        return int(np.searchsorted(ends, device, side="right"))

    def meters_below(self, device: int) -> tuple[str, ...]:
        """Ids of the meters below a device, in the tree's order."""
        return self.meter_ids[int(self.meter_first[device]) : int(self.meter_end[device])]

    def path(self, device: int) -> tuple[int, ...]:
        """The device and those above it, nearest first."""
        found = []
        while device != NONE:
            found.append(device)
            device = int(self.parent[device])
        return tuple(found)

    def same_class(self, device: int) -> tuple[int, ...]:
        """All devices with the meters of `device`, from the head outwards; itself alone if it has none."""
        first = int(self.class_of[device])
        if first == NONE:
            return (device,)
        members = [first]
        # Devices with equal meters lie on one path, and each but the last has exactly one child that has them too.
        at, stop = first + 1, int(self.end[first])
        while at < stop:
            if self.class_of[at] == first:
                members.append(at)
                at, stop = at + 1, int(self.end[at])
            else:
                at = int(self.end[at])
        return tuple(members)

    def contains(self, upper: int, lower: int) -> bool:
        """Whether `lower` is `upper` or stands below it."""
        return bool(upper <= lower < self.end[upper])


def build_device_tree(
    network: Network, open_devices: Collection[str] = (), closed_devices: Collection[str] = ()
) -> DeviceTree:
    """The tree of an assembled network; with devices that stand otherwise than normal, traced again as switched.

    Raises:
        Invalid: an unknown device is named, or the devices' parents run in a circle.
    """
    standing, unfed = switched(network, open_devices, closed_devices)
    placed = [one for one in standing.devices if not one.normally_open and one.feeder_id is not None]
    feeder_ids = sorted({one.feeder_id for one in standing.feeders})
    order, parent, depth = _preorder(placed, feeder_ids)
    end = _ends(parent)
    meters, meter_device, feeders = _order_meters(standing.meters, order, feeder_ids)
    first = np.searchsorted(_monotone(meter_device, feeders), np.arange(len(order)), side="left")
    stops = np.append(first, len(meters))
    meter_end = np.minimum(stops[end], _feeder_ends(feeders, len(order)))
    rank = np.empty(len(meters), np.int64)
    rank[np.array(sorted(range(len(meters)), key=lambda index: meters[index].meter_id), np.int64)] = np.arange(
        len(meters)
    )
    return DeviceTree(
        tuple(one.device_id for one in order),
        tuple(one.type for one in order),
        parent,
        depth,
        end,
        tuple(one.meter_id for one in meters),
        tuple(one.ami_type for one in meters),
        meter_device,
        first.astype(np.int64),
        meter_end.astype(np.int64),
        _classes(parent, first, meter_end),
        rank,
        feeders,
        unfed,
        tuple(sorted(one.device_id for one in standing.devices if one.normally_open)),
    )


def _preorder(devices: Sequence[Device], feeder_ids: Sequence[str]) -> tuple[list[Device], Ints, Ints]:
    """Devices by feeder, each after its parent and before its next sibling; siblings by id."""
    known = {one.device_id for one in devices}
    children: dict[tuple[str, str], list[Device]] = {}
    for one in sorted(devices, key=lambda one: one.device_id, reverse=True):
        upper = one.parent_device_id if one.parent_device_id in known else None
        place = ("device", upper) if upper is not None else ("feeder", one.feeder_id or "")
        children.setdefault(place, []).append(one)
    order: list[Device] = []
    parent: list[int] = []
    depth: list[int] = []
    for feeder_id in feeder_ids:
        waiting = [(one, NONE, 0) for one in children.get(("feeder", feeder_id), ())]
        while waiting:
            one, above, level = waiting.pop()
            waiting += [
                (child, len(order), level + 1)
                for child in children.get(("device", one.device_id), ())
                if child.feeder_id == feeder_id
            ]
            order.append(one)
            parent.append(above)
            depth.append(level)
    if len(order) != len(devices):
        lost = sorted(known - {one.device_id for one in order})
        raise Invalid(
            f"No device tree was made: {len(lost)} devices hang below themselves or below another feeder's device,"
            f" such as {', '.join(lost[:3])}.",
            hint="Import the network again; assembly gives every device its parent.",
        )
    return order, np.array(parent, np.int64), np.array(depth, np.int64)


def _ends(parent: Ints) -> Ints:
    """One past the last device below each."""
    end = list(range(1, len(parent) + 1))
    above = parent.tolist()
    for index in range(len(end) - 1, -1, -1):
        if above[index] != NONE and end[above[index]] < end[index]:
            end[above[index]] = end[index]
    return np.array(end, np.int64)


def _order_meters(
    meters: Sequence[Meter], order: Sequence[Device], feeder_ids: Sequence[str]
) -> tuple[list[Meter], Ints, tuple[FeederSlice, ...]]:
    """Meters by feeder and device; within a feeder those without a device come first."""
    device_at = {one.device_id: index for index, one in enumerate(order)}
    feeder_at = {own: index for index, own in enumerate(feeder_ids)}
    rows = sorted(
        (feeder_at[one.feeder_id or ""], device_at.get(one.device_id or "", NONE), one.meter_id, index)
        for index, one in enumerate(meters)
        if one.feeder_id in feeder_at
    )
    counts = np.bincount([row[0] for row in rows], minlength=len(feeder_ids)) if rows else [0] * len(feeder_ids)
    devices = [0] * len(feeder_ids)
    for one in order:
        devices[feeder_at[one.feeder_id or ""]] += 1
    slices, at, meter = [], 0, 0
    for index, feeder_id in enumerate(feeder_ids):
        slices.append(FeederSlice(feeder_id, at, at + devices[index], meter, meter + int(counts[index])))
        at, meter = at + devices[index], meter + int(counts[index])
    return [meters[row[3]] for row in rows], np.array([row[1] for row in rows], np.int64), tuple(slices)


def _monotone(meter_device: Ints, feeders: Sequence[FeederSlice]) -> Ints:
    """The device of each meter as a rising sequence: a meter without one counts before its feeder's first device."""
    rising = meter_device.copy()
    for one in feeders:
        bare = rising[one.meter_first : one.meter_end]
        bare[bare == NONE] = one.first - 1
    return rising


def _feeder_ends(feeders: Sequence[FeederSlice], devices: int) -> Ints:
    """For each device where its feeder's meters end."""
    ends = np.zeros(devices, np.int64)
    for one in feeders:
        ends[one.first : one.end] = one.meter_end
    return ends


def _classes(parent: Ints, first: Ints, end: Ints) -> Ints:
    """The first device with the same meters, NONE without meters."""
    classes = [NONE] * len(parent)
    starts, stops = first.tolist(), end.tolist()
    for index, above in enumerate(parent.tolist()):
        if starts[index] == stops[index]:
            continue
        same = above != NONE and (starts[above], stops[above]) == (starts[index], stops[index])
        classes[index] = classes[above] if same else index
    return np.array(classes, np.int64)
