"""Cases that are measured against each other: A B C, A B C, ... in one run, and always as a ratio to the first.

A machine is never equally fast twice, so a case is compared with the reference of the same round, and the median of
those ratios is told. Beside the wall clock stand the CPU seconds of the server and of this process.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.server import Server


@dataclass(frozen=True)
class Case:
    """One thing to measure.

    Attributes:
        name: as it is printed.
        run: does it for one round and answers how many units (reads) it handled.
        prepare: what must stand before and is not timed.
        target: the share of the reference that performance.md asks for.
    """

    name: str
    run: Callable[[int], int]
    prepare: Callable[[int], None] = lambda _: None
    target: float | None = None


@dataclass(frozen=True)
class Cost:
    """What one round of a case cost: seconds by the clock, of the server's CPU, of this process's CPU."""

    units: int
    wall_s: float
    server_s: float
    client_s: float

    @property
    def rate(self) -> float:
        """Units a second by the clock."""
        return self.units / self.wall_s


@dataclass(frozen=True)
class Line:
    """A case in the table. `share`: median over rounds of its rate by the rate of the round's reference."""

    name: str
    units: int
    rate: float
    rate_min: float
    rate_max: float
    server_s_per_million: float
    client_s_per_million: float
    share: float
    share_by_cpu: float
    target: float | None

    @property
    def verdict(self) -> str:
        """Whether the target is met."""
        if self.target is None:
            return ""
        return "met" if self.share >= self.target else "MISSED"


def measure(server: Server, cases: Sequence[Case], rounds: int) -> dict[str, list[Cost]]:
    """Run every case once a round, in order."""
    costs: dict[str, list[Cost]] = {case.name: [] for case in cases}
    for number in range(rounds):
        for case in cases:
            _tell(f"round {number + 1} of {rounds}: {case.name}")
            case.prepare(number)
            server.settle()
            costs[case.name].append(_cost(server, case, number))
    _tell("")
    return costs


def _cost(server: Server, case: Case, number: int) -> Cost:
    spent, used, began = server.cpu_s(), time.process_time(), time.perf_counter()
    units = case.run(number)
    wall = time.perf_counter() - began
    return Cost(units, wall, server.cpu_s() - spent, time.process_time() - used)


def lines(cases: Sequence[Case], costs: dict[str, list[Cost]]) -> list[Line]:
    """The table: medians over rounds, ratios within each round to the first case."""
    reference = costs[cases[0].name]
    return [_line(case, costs[case.name], reference) for case in cases]


def _line(case: Case, costs: list[Cost], reference: list[Cost]) -> Line:
    rates = [cost.rate for cost in costs]
    pairs = list(zip(costs, reference, strict=True))
    return Line(
        name=case.name,
        units=round(median(cost.units for cost in costs)),
        rate=median(rates),
        rate_min=min(rates),
        rate_max=max(rates),
        server_s_per_million=median(1e6 * cost.server_s / cost.units for cost in costs),
        client_s_per_million=median(1e6 * cost.client_s / cost.units for cost in costs),
        share=median(cost.rate / raw.rate for cost, raw in pairs),
        share_by_cpu=median(
            (raw.server_s / raw.units) / (cost.server_s / cost.units) if cost.server_s else 0.0 for cost, raw in pairs
        ),
        target=case.target,
    )


def print_lines(table: Sequence[Line]) -> None:
    """The table for people. Rates in thousands of reads a second; CPU in seconds a million reads."""
    print(
        f"{'case':<44} {'reads':>9} {'k reads/s':>9} {'min':>7} {'max':>7} {'share':>6} {'target':>6}"
        f" {'':<6} {'by CPU':>6} {'server':>7} {'client':>7}"
    )
    for line in table:
        target = "" if line.target is None else f"{line.target:.2f}"
        by_cpu = f"{line.share_by_cpu:>6.2f}" if line.share_by_cpu else f"{'-':>6}"
        print(
            f"{line.name:<44} {line.units:>9,} {line.rate / 1e3:>9,.1f} {line.rate_min / 1e3:>7,.1f}"
            f" {line.rate_max / 1e3:>7,.1f} {line.share:>6.2f} {target:>6} {line.verdict:<6} {by_cpu}"
            f" {line.server_s_per_million:>7.2f} {line.client_s_per_million:>7.2f}"
        )


@dataclass(frozen=True)
class Check:
    """One figure that is not a rate, beside its target.

    Attributes:
        at_most: the target is an upper bound.
        ratio: the figure by that of a peer in the same run, if there is one; else it stands by its limit.
        peer: who that is.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    at_most: bool = True
    note: str = ""
    ratio: float | None = None
    peer: str = ""

    @property
    def verdict(self) -> str:
        """Whether the target is met."""
        if self.target is None:
            return ""
        return "met" if (self.value <= self.target) == self.at_most or self.value == self.target else "MISSED"


def print_checks(checks: Sequence[Check]) -> None:
    """One figure a line."""
    for check in checks:
        bound = "" if check.target is None else f"{'<=' if check.at_most else '>='} {check.target:g}"
        print(f"{check.name:<58} {check.value:>10,.2f} {check.unit:<6} {bound:>8} {check.verdict:<6} {check.note}")


def print_machine(facts: dict[str, str]) -> None:
    """What the figures depend on, in one line."""
    print("Machine: " + ", ".join(f"{name} {value}" for name, value in facts.items()))


def as_json(facts: dict[str, str], table: Sequence[Line], checks: Sequence[Check], **more: Any) -> str:
    """Everything that was printed, and each round."""
    return json.dumps(
        {
            "machine": facts,
            "cases": [asdict(line) | {"verdict": line.verdict} for line in table],
            "checks": [asdict(check) | {"verdict": check.verdict} for check in checks],
            **more,
        },
        indent=1,
    )


def tell(
    given: argparse.Namespace,
    checks: Sequence[Check],
    facts: dict[str, str] | None = None,
    table: Sequence[Line] = (),
    **more: Any,
) -> None:
    """What was measured: as JSON where `--json` was given, else as lines for people."""
    if given.json:
        print(as_json(facts or {}, table, checks, **more))
        return
    if facts:
        print_machine(facts)
    if table:
        print_lines(table)
    print_checks(checks)


def missed(checks: Sequence[Check]) -> list[str]:
    """The names of the checks that are short of their target."""
    return [one.name for one in checks if one.verdict == "MISSED"]


def parser(description: str | None) -> argparse.ArgumentParser:
    """The options that all benchmarks share."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--rounds", type=int, default=5, help="how often each case runs (default 5)")
    made.add_argument("--json", action="store_true", help="print JSON and nothing else")
    made.add_argument("--home", type=Path, help="where the server's files lie while it runs (default: temporary)")
    return made


def _tell(message: str) -> None:
    """Progress on a terminal, nothing in a log."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{message}", end="", file=sys.stderr, flush=True)
