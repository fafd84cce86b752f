"""How long a full posterior takes, median of a few, signals in memory; building the tree is told apart."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np

from bench.outages.feeders import as_one_feeder, repeated, tree_of
from bench.outages.simulate import simulate
from domain.grid.network.rules.model import Network
from domain.grid.outages.rules.inference.infer import infer_outages


@dataclass(frozen=True)
class Timed:
    """Milliseconds: median of the posterior by CPU and by the clock, and of building the tree by CPU.

    One thread computes, so that the two are equal on an idle machine; on a shared one only CPU time can be compared.
    """

    name: str
    devices: int
    meters: int
    signals: int
    cpu_ms: float
    wall_ms: float
    tree_ms: float


def timed(name: str, network: Network, *, outages: int, rounds: int = 7) -> Timed:
    """A posterior with several outages at once; the first call, which fills the tree's look-ups, is not counted."""
    began = time.process_time()
    tree = tree_of(network)
    tree_ms = 1e3 * (time.process_time() - began)
    rng = np.random.default_rng(7)
    world = simulate(tree, rng, outages=outages, delivery=0.8, false_rate=1e-4)
    spent = _rounds(lambda: infer_outages(tree, world.signals, world.as_of), rounds)
    return Timed(name, len(tree.device_ids), len(tree.meter_ids), len(world.signals), *spent, tree_ms)


def _rounds(run: Callable[[], object], rounds: int) -> tuple[float, float]:
    run()
    cpu, wall = [], []
    for _ in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        run()
        cpu.append(1e3 * (time.process_time() - used))
        wall.append(1e3 * (time.perf_counter() - began))
    return median(cpu), median(wall)


def breaker_out(network: Network, name: str, rounds: int = 7) -> Timed:
    """Every feeder loses its head at once: the most signals that can come."""
    began = time.process_time()
    tree = tree_of(network)
    tree_ms = 1e3 * (time.process_time() - began)
    rng = np.random.default_rng(8)
    signals = [one for slice_ in tree.feeders for one in simulate(tree, rng, device=slice_.first).signals]
    as_of = simulate(tree, rng, outages=0).as_of
    spent = _rounds(lambda: infer_outages(tree, signals, as_of), rounds)
    return Timed(name, len(tree.device_ids), len(tree.meter_ids), len(signals), *spent, tree_ms)


def all_sizes(ckt5: Network) -> list[Timed]:
    """ckt5; 8,500 nodes (three times ckt5, as one feeder); 100,000 meters on 73 feeders and on one."""
    return [
        timed("ckt5, 2,998 nodes", ckt5, outages=3),
        timed("8,994 nodes as one feeder (3 x ckt5)", as_one_feeder(ckt5, 3), outages=3),
        breaker_out(as_one_feeder(ckt5, 3), "the same, its breaker out"),
        timed("100,667 meters on 73 feeders", repeated(ckt5, 73), outages=30),
        breaker_out(repeated(ckt5, 73), "the same, every breaker out"),
        timed("100,667 meters on one feeder", as_one_feeder(ckt5, 73), outages=30),
    ]
