"""Restoration options against an independent solver, against brute force's size of problem, and against the clock.

    python -m bench.options [--cases 400] [--rounds 15] [--ckt5 FOLDER] [--json]

Agreement: options of made-up outages (networks of 2 to 4 feeders with open ties, light to overloaded) and of the
SimBench demo network are carried out on power-grid-model and judged there. Latency: two copies of EPRI ckt5 under one
substation (about 6,000 nodes), tied to each other at five places; without the folder of its CSV files a made-up network
of the same size. Targets: agreement >= 99 %, voltage within 0.5 %, current within 2 %, options <= 300 ms p95. Exit 1
when a target is missed.
"""

import argparse
import itertools
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.harness import Check, missed, tell
from bench.made_up_networks import context_of, random_network
from bench.outage_night import shared_feeder
from bench.peer_power_flow import before_the_outage, judge
from domain.grid.network.importers.opendss import import_opendss_csv
from domain.grid.network.importers.simbench import import_simbench
from domain.grid.network.rules.assembly import assemble
from domain.grid.network.rules.model import Device, Edge, Network
from domain.grid.outages.rules.options.generate import generate_options
from domain.grid.outages.rules.options.model import Option
from domain.grid.outages.rules.options.scene import sections_before
from domain.grid.outages.rules.options.settings import OptionSettings
from domain.grid.outages.rules.zones import build_zones, rank_zones

SETTINGS = OptionSettings()
STRAIN = {"THERMAL", "VOLTAGE", "POWER_FLOW"}
TEXT_ONLY = {"repair_only", "patrol_reclose", "mobile_generation"}
AGREEMENT, VOLTAGE, CURRENT, LATENCY_MS = 0.99, 0.005, 0.02, 300.0


class Tally:
    """How often both judges say the same, and how far their figures lie apart."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.voltage = self.current = 0.0

    def add(self, network: Network, device_ids: Sequence[str], scale: float) -> None:
        """Judge the options of an outage behind each device, loads `scale` times the usual peak."""
        zones = build_zones(network)
        load = {one.meter_id: one.base_kwh_day / 12.0 * scale for one in network.meters}
        before = before_the_outage(network, context_of(network, device_ids[0]))
        for device_id in device_ids:
            context = context_of(network, device_id, load_kw=load)
            found = generate_options(network, rank_zones(zones, {device_id: 0.9}), context, SETTINGS)
            for option in (*found.accepted, *found.rejected):
                codes = {reason.split(":")[0] for reason in option.infeasible_reasons}
                if option.option_type in TEXT_ONLY or codes - STRAIN - {"LATER_THAN_REPAIR"}:
                    continue
                verdict = judge(network, option, context, SETTINGS, before)
                accepted = not codes & STRAIN
                self.counts["all"] += 1
                self.counts["accepted" if accepted else "refused"] += 1
                self.counts["agree"] += accepted == verdict.accepts
                self.counts["sound"] += verdict.radial and verdict.restores_exactly
                self._compare(option, verdict.v_min_pu, verdict.loading)

    def _compare(self, option: Option, v_min_pu: float, loading: float) -> None:
        if option.v_min_pu is None or np.isnan(v_min_pu):
            return
        self.voltage = max(self.voltage, abs(option.v_min_pu / v_min_pu - 1.0))
        if option.loading_pct_max:
            self.current = max(self.current, abs(100.0 * loading / option.loading_pct_max - 1.0))

    def checks(self, name: str) -> list[Check]:
        """How often both judges say the same, whether every option is sound, and how far the figures differ."""
        total = self.counts["all"]
        note = f"{total} options, {self.counts['accepted']} accepted, {self.counts['refused']} refused"
        return [
            Check(f"{name}: agreement", self.counts["agree"] / total, "", AGREEMENT, False, note),
            Check(f"{name}: radial, restoring what they say", self.counts["sound"] / total, "", 1.0, False),
            Check(f"{name}: largest difference of a voltage", 100 * self.voltage, "%", 100 * VOLTAGE),
            Check(f"{name}: largest difference of a current", 100 * self.current, "%", 100 * CURRENT),
        ]


def tripping(network: Network) -> list[str]:
    """Devices that clear faults and feed somebody."""
    return [one.device_id for one in network.devices if one.feeder_id and one.type not in {"tie", "switch"}]


def agreement(cases: int, demo_too: bool = True) -> list[Check]:
    """Both judges on made-up networks and on the demo's."""
    made_up = Tally()
    for seed in itertools.count():
        if made_up.counts["all"] >= cases:
            break
        network = random_network(
            seed, feeders=2 + seed % 3, nodes=8 + seed % 9, kw=[150.0, 300.0, 500.0, 800.0][seed % 4]
        )
        made_up.add(network, tripping(network), 1.0)
    if not demo_too:
        return made_up.checks("made up")
    demo, real = import_simbench(), Tally()
    heads = {edge_id for feeder in demo.feeders for edge_id in feeder.head_edges}
    breakers = [one.device_id for one in demo.devices if one.edge_id in heads]
    for scale in (1.0, 2.0, 3.0):
        real.add(demo, breakers, scale)
    return [*made_up.checks("made up"), *real.checks(demo.source.split()[0])]


def doubled(network: Network) -> Network:
    """Two copies under one substation, tied to each other at five primary nodes of each."""
    parts = [_copy(network, prefix) for prefix in ("A", "B")]
    three = {edge.to_node for edge in parts[0].edges if edge.phases == "ABC" and edge.kind in {"line", "cable"}}
    far = [
        one for one in parts[0].nodes if one.node_id in three and (one.base_kv or 0.0) > 1.0 and one.depth is not None
    ]
    far.sort(key=lambda node: (-(node.depth or 0), node.node_id))
    ends = [node.node_id[1:] for node in far[:: max(1, len(far) // 5)][:5]]
    edges = [
        Edge(f"TIE{n}", f"A{end}", f"B{end}", "switch", 10.0, "ABC", 400.0, is_open=True) for n, end in enumerate(ends)
    ]
    devices = [Device(f"TIE{n}", "tie", f"TIE{n}", normally_open=True) for n in range(len(ends))]
    both = replace(
        network,
        feeders=parts[0].feeders + parts[1].feeders,
        nodes=parts[0].nodes + parts[1].nodes,
        edges=(*parts[0].edges, *parts[1].edges, *edges),
        devices=(*parts[0].devices, *parts[1].devices, *devices),
        transformers=parts[0].transformers + parts[1].transformers,
        meters=parts[0].meters + parts[1].meters,
        substations=(),
    )
    return assemble(both, assume=False)


def _copy(network: Network, prefix: str) -> Network:
    """The network with every id behind a letter."""

    def own(name: str | None) -> str | None:
        return None if name is None else prefix + name

    return replace(
        network,
        feeders=tuple(
            replace(
                one,
                feeder_id=f"{prefix}{one.feeder_id}",
                substation_id=None,
                head_edges=tuple(f"{prefix}{edge}" for edge in one.head_edges),
                head_node=own(one.head_node),
            )
            for one in network.feeders
        ),
        nodes=tuple(replace(one, node_id=f"{prefix}{one.node_id}") for one in network.nodes),
        edges=tuple(
            replace(
                one,
                edge_id=f"{prefix}{one.edge_id}",
                from_node=f"{prefix}{one.from_node}",
                to_node=f"{prefix}{one.to_node}",
            )
            for one in network.edges
        ),
        devices=tuple(
            replace(one, device_id=f"{prefix}{one.device_id}", edge_id=own(one.edge_id)) for one in network.devices
        ),
        transformers=tuple(
            replace(
                one, transformer_id=f"{prefix}{one.transformer_id}", edge_id=own(one.edge_id), node_id=own(one.node_id)
            )
            for one in network.transformers
        ),
        meters=tuple(
            replace(
                one,
                meter_id=f"{prefix}{one.meter_id}",
                external_ref=f"{prefix}{one.external_ref}",
                node_id=own(one.node_id),
                transformer_id=own(one.transformer_id),
                feeder_id=own(one.feeder_id),
                critical_flag=number % 100 == 0,
            )
            for number, one in enumerate(network.meters)
        ),
    )


def outages(network: Network, rounds: int) -> Iterator[str]:
    """Devices with more than ten meters below, the most first, again and again."""
    below = {zone.upstream_device_id: zone.meters_below for zone in build_zones(network) if zone.upstream_device_id}
    names = sorted((one for one in tripping(network) if below.get(one, 0) > 10), key=lambda one: (-below[one], one))
    yield from itertools.islice(itertools.cycle(names[:: max(1, len(names) // 8)]), rounds)


def latency(folder: Path | None, rounds: int, nodes: int = 3000) -> list[Check]:
    """Milliseconds by the clock and of this process's CPU for dividing, ranking and options."""
    network = doubled(import_opendss_csv(folder)) if folder else random_network(1, 2, nodes, 5, kw=3.0, switches=0.02)
    size = f"{len(network.nodes)} nodes, {len(network.meters)} meters, {rounds} outages"
    names = ("divide", "rank", "options", "options, divided")
    wall: dict[str, list[float]] = {name: [] for name in names}
    spent: dict[str, list[float]] = {name: [] for name in names}
    made = 0
    for device_id in outages(network, rounds + 1):
        context = context_of(network, device_id)
        for name in names:
            started, busy = time.perf_counter(), time.process_time()
            if name == "divide":
                zones, sections = build_zones(network), sections_before(network, context)
            elif name == "rank":
                ranked = rank_zones(zones, {device_id: 0.9})
            elif name == "options":
                made += len(generate_options(network, ranked, context, SETTINGS).accepted)
            else:
                generate_options(network, ranked, context, SETTINGS, sections)
            wall[name].append(1000.0 * (time.perf_counter() - started))
            spent[name].append(1000.0 * (time.process_time() - busy))
    checks = [Check("options made", made, "", note=size)]
    for name in names:
        row = [float(np.percentile(values[name][1:], q)) for values in (wall, spent) for q in (50, 95)]
        note = f"median {row[0]:.1f}; CPU {row[2]:.1f}, p95 {row[3]:.1f}"
        checks.append(Check(f"{name}, p95", row[1], "ms", LATENCY_MS if name == "options" else None, note=note))
    return checks


def main() -> None:
    """Measure, print, and end badly when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=400, help="options to judge on made-up networks (400)")
    parser.add_argument("--rounds", type=int, default=15, help="outages to time (15)")
    parser.add_argument("--nodes", type=int, help="a feeder's nodes instead of ckt5 (3000 where that is not there)")
    parser.add_argument("--made-up-only", action="store_true", help="leave the demo network out")
    parser.add_argument(
        "--ckt5", type=Path, default=shared_feeder(), help="folder with the CSV files of EPRI ckt5 (where it is shared)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    chosen = parser.parse_args()
    checks = agreement(chosen.cases, not chosen.made_up_only) + latency(
        None if chosen.nodes else chosen.ckt5, chosen.rounds, chosen.nodes or 3000
    )
    tell(chosen, checks)
    sys.exit(bool(missed(checks)))


if __name__ == "__main__":
    main()
