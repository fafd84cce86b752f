"""Scenarios that are no single draw: nested outages, silent collectors with and without an outage behind them."""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from bench.outages.measure import SET_FROM, eligible
from bench.outages.simulate import heard_at, same_class, simulate
from domain.grid.outages.rules import signals as kinds
from domain.grid.outages.rules.device_tree import NONE, DeviceTree
from domain.grid.outages.rules.inference.infer import infer_outages

BACK_S = 3600.0


@dataclass(frozen=True)
class Shares:
    """Right, wrong and missing classes of a scenario, over its trials."""

    right: int
    wrong: int
    missing: int

    @property
    def f1(self) -> float:
        return 2 * self.right / max(2 * self.right + self.wrong + self.missing, 1)


def nested(tree: DeviceTree, trials: int, seed: int, *, delivery: float, false_rate: float) -> Shares:
    """A device opened and came back after an hour; one below it stayed open. Every third time none did."""
    rng = np.random.default_rng([seed, 31])
    sizes = tree.meter_end - tree.meter_first
    uppers = [own for own in range(len(sizes)) if sizes[own] >= 10 and _lower(tree, own)]
    right = wrong = missing = 0
    for number in range(trials):
        upper = uppers[int(rng.integers(len(uppers)))]
        below = _lower(tree, upper)
        lower = below[int(rng.integers(len(below)))] if number % 3 else NONE
        world = simulate(tree, rng, device=upper, delivery=delivery, false_rate=false_rate)
        dark = set() if lower == NONE else set(range(int(tree.meter_first[lower]), int(tree.meter_end[lower])))
        signals = list(world.signals)
        lit = [own for own in range(int(tree.meter_first[upper]), int(tree.meter_end[upper])) if own not in dark]
        back = [own for own in lit if rng.random() < delivery]
        signals += [heard_at(tree, kinds.POWER_ON, own, BACK_S + rng.uniform(0, 20), 5.0) for own in back]
        found = infer_outages(tree, signals, world.as_of + timedelta(seconds=BACK_S + 900))
        said = {same_class(tree, tree.device_at[one.device_id]) for one in found.outages if one.nested_of}
        truth = set() if lower == NONE else {same_class(tree, lower)}
        right, wrong, missing = right + len(said & truth), wrong + len(said - truth), missing + len(truth - said)
    return Shares(right, wrong, missing)


def _lower(tree: DeviceTree, upper: int) -> list[int]:
    """Devices below with at least two meters and at most half of the upper one's."""
    size = int(tree.meter_end[upper] - tree.meter_first[upper])
    return [
        own
        for own in range(upper + 1, int(tree.end[upper]))
        if 2 <= tree.meter_end[own] - tree.meter_first[own] <= size // 2
    ]


def collectors_of(tree: DeviceTree, size: int = 150) -> dict[str, str]:
    """A collector for every so many meters that stand together."""
    return {meter_id: f"C{place // size:03d}" for place, meter_id in enumerate(tree.meter_ids)}


def silent_collector(tree: DeviceTree, trials: int, seed: int) -> tuple[float, float]:
    """A collector falls silent, 20 meters are asked, 10 behind it: false promotions per 1,000, share told as such."""
    rng = np.random.default_rng([seed, 32])
    collectors = collectors_of(tree)
    promoted = told = 0
    for _ in range(trials):
        world = simulate(tree, rng, outages=0, false_rate=1e-4)
        dead = f"C{int(rng.integers(len(tree.meter_ids) // 150)):03d}"
        behind = [place for place, own in enumerate(tree.meter_ids) if collectors[own] == dead]
        others = [place for place in range(len(tree.meter_ids)) if collectors[tree.meter_ids[place]] != dead]
        signals = [one for one in world.signals if collectors[one.meter_id] != dead]
        asked = rng.choice(behind, 10, replace=False).tolist()
        signals += [heard_at(tree, kinds.PING_NO_ANSWER, meter, 330.0) for meter in asked]
        for meter in rng.choice(others, 10, replace=False).tolist():
            kind = kinds.PING_OK if rng.random() < 0.97 else kinds.PING_NO_ANSWER
            signals.append(heard_at(tree, kind, meter, 330.0))
        found = infer_outages(tree, signals, world.as_of, collectors=collectors)
        promoted += sum(eligible(tree, found, world.as_of))
        told += any(one.explained_by == f"collector:{dead}" for one in found.outages)
    return 1000 * promoted / trials, told / trials


def outage_behind_dead_collectors(tree: DeviceTree, trials: int, seed: int) -> Shares:
    """An outage while every meter behind one collector can say nothing."""
    rng = np.random.default_rng([seed, 33])
    collectors = collectors_of(tree)
    right = wrong = missing = 0
    for _ in range(trials):
        world = simulate(tree, rng, delivery=0.8, false_rate=1e-4)
        dead = f"C{int(rng.integers(len(tree.meter_ids) // 150)):03d}"
        heard = tuple(one for one in world.signals if collectors[one.meter_id] != dead)
        world = replace(world, signals=heard)
        if not any(tree.meter_at[one.meter_id] in world.dark for one in heard):
            continue
        found = infer_outages(tree, heard, world.as_of, collectors=collectors)
        said = {same_class(tree, tree.device_at[one.device_id]) for one in found.outages if one.posterior >= SET_FROM}
        truth = {same_class(tree, world.opened[0])}
        right, wrong, missing = right + len(said & truth), wrong + len(said - truth), missing + len(truth - said)
    return Shares(right, wrong, missing)
