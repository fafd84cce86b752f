"""Outages by chance and what a head-end hears of them: the truth stays here, inference gets signals only.

Devices open either by shares of the four levels (service transformer 45 %, lateral 45 %, recloser or switch 8 %,
breaker 2 %) or with every level equally often. Gasps are stamped by meters whose clocks are a few seconds off, false
ones anywhere in the five minutes. With mesh collapse an outage of n of N meters delivers d * exp(-n / (N / 2)).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from domain.grid.outages.rules import signals as kinds
from domain.grid.outages.rules.device_tree import NONE, DeviceTree
from domain.grid.outages.rules.signals import Signal

BEGIN = datetime(2026, 7, 14, 19, 0, tzinfo=UTC)
WINDOW_S = 300.0
LEVELS = {"xfmr_fuse": 0, "fuse": 1, "recloser": 2, "sectionalizer": 2, "switch": 2, "breaker": 3}
SHARES = (0.45, 0.45, 0.08, 0.02)
CLOCK_S = 3.0
DEBOUNCE_S = 6.0
LARGE_SHARE = 0.10


@dataclass(frozen=True)
class World:
    """One trial.

    Attributes:
        opened: places of the devices that opened.
        detected: those of them with a true last gasp.
        dark: meters out; gasps: meters heard; signals: what came in; as_of: the moment of asking.
    """

    opened: tuple[int, ...]
    detected: tuple[int, ...]
    dark: frozenset[int]
    gasps: frozenset[str]
    signals: tuple[Signal, ...]
    as_of: datetime


def draw_devices(tree: DeviceTree, rng: np.random.Generator, count: int, draw: str) -> tuple[int, ...]:
    """Devices that open at once, none above another; of several none above a tenth of all meters."""
    sizes = tree.meter_end - tree.meter_first
    levels = np.array([LEVELS[kind] for kind in tree.types])
    able = sizes > 0
    if count > 1:
        able &= sizes <= LARGE_SHARE * len(tree.meter_ids)
    weight = np.zeros(len(levels))
    for level, share in enumerate(SHARES):
        here = able & (levels == level)
        if here.any():
            weight[here] = (share if draw == "shares" else 1.0) / here.sum()
    chosen: list[int] = []
    while len(chosen) < count:
        device = int(rng.choice(len(levels), p=weight / weight.sum()))
        if not any(tree.contains(device, own) or tree.contains(own, device) for own in chosen):
            chosen.append(device)
    return tuple(sorted(chosen))


def simulate(
    tree: DeviceTree,
    rng: np.random.Generator,
    *,
    outages: int = 1,
    delivery: float = 0.8,
    false_rate: float = 1e-4,
    collapse: bool = False,
    draw: str = "shares",
    device: int | None = None,
) -> World:
    """A window with this many outages at moments of their own; 0 for a quiet one."""
    opened = (device,) if device is not None else draw_devices(tree, rng, outages, draw) if outages else ()
    rows: list[tuple[int, float]] = []
    dark: set[int] = set()
    detected = []
    for own in opened:
        below = np.arange(int(tree.meter_first[own]), int(tree.meter_end[own]))
        dark |= set(below.tolist())
        reach = delivery * (np.exp(-len(below) / (0.5 * len(tree.meter_ids))) if collapse else 1.0)
        heard = below[rng.random(len(below)) < reach]
        moment = rng.uniform(60.0, WINDOW_S - 60.0)
        stamps = moment + rng.uniform(0.0, DEBOUNCE_S, len(heard)) + rng.normal(0.0, CLOCK_S, len(heard))
        rows += list(zip(heard.tolist(), stamps.tolist(), strict=True))
        if len(heard):
            detected.append(own)
    lying = np.flatnonzero(rng.random(len(tree.meter_ids)) < false_rate)
    rows += [(int(own), float(rng.uniform(0.0, WINDOW_S))) for own in lying if own not in dark]
    signals = tuple(heard_at(tree, kinds.POWER_OUT, meter, at, rng.exponential(8.0)) for meter, at in rows)
    gasps = frozenset(one.meter_id for one in signals)
    return World(opened, tuple(detected), frozenset(dark), gasps, signals, BEGIN + timedelta(seconds=2 * WINDOW_S))


def heard_at(tree: DeviceTree, kind: str, meter: int, at: float, delay: float = 0.0) -> Signal:
    """A signal of a meter, `at` in seconds of the window, in whole seconds as meters stamp."""
    stamp = BEGIN + timedelta(seconds=round(at))
    return Signal(tree.meter_ids[meter], kind, stamp, stamp + timedelta(seconds=round(max(delay, 0.0), 3)), "bench")


def answer_pings(
    world: World, tree: DeviceTree, meter_ids: list[str], rng: np.random.Generator, at: float
) -> list[Signal]:
    """Answers of a head-end: 97 % of live meters answer, of dark ones one in a thousand."""
    found = []
    for meter_id in meter_ids:
        meter = tree.meter_at[meter_id]
        answers = rng.random() < (0.001 if meter in world.dark else 0.97)
        found.append(heard_at(tree, kinds.PING_OK if answers else kinds.PING_NO_ANSWER, meter, at))
    return found


def same_class(tree: DeviceTree, one: int) -> int:
    """What a device is compared by."""
    own = int(tree.class_of[one])
    return one if own == NONE else own
