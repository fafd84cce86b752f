"""Options keep the network radial and the fault dead, restore nobody twice, and read as advice, never as a command."""

import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.made_up_networks import context_of, random_network
from domain.grid.network.rules.assembly import assemble
from domain.grid.network.rules.model import Device, Edge, Feeder, Meter, Network, Node, Transformer
from domain.grid.outages.charts.options import TYPES
from domain.grid.outages.rules.circuit import build_circuit
from domain.grid.outages.rules.options.generate import generate_options
from domain.grid.outages.rules.options.model import Option, Options
from domain.grid.outages.rules.options.scene import sections_before
from domain.grid.outages.rules.options.settings import OptionSettings, settings_of
from domain.grid.outages.rules.zones import build_zones, rank_zones

SETTINGS = OptionSettings()
# Verbs by which a control room commands. None may begin a sentence of advice.
COMMANDS = {
    *("open", "close", "trip", "operate", "execute", "isolate", "restore", "switch", "reclose", "replace", "energise"),
    *("energize", "connect", "disconnect", "drop", "shed", "transfer", "tie", "feed", "supply", "lock", "block"),
    *("send", "dispatch", "start", "stop", "apply", "remove", "rack", "pull", "install", "patrol", "go"),
}


def two_feeders(kw: float = 300.0, tie_phases: str = "ABC", rating: float = 400.0, remote: bool = False) -> Network:
    """Feeders A and B with three sections each, tied at their ends by T; section 2 of A has a critical customer."""
    nodes = [Node("s", 12.47, is_substation=True)]
    edges, devices, meters, feeders, transformers = [], [], [], [], []
    for name in "AB":
        nodes += [Node(f"{name}{index}", 12.47) for index in range(4)]
        edges.append(Edge(f"{name}-head", "s", f"{name}0", "line", 10.0, "ABC", rating, r_ohm=0.01, x_ohm=0.02))
        devices.append(Device(f"{name}-BRK", "breaker", f"{name}-head", remote_ctl=True))
        feeders.append(Feeder(name, name, name, base_kv=12.47, head_edges=(f"{name}-head",)))
        for index in range(1, 4):
            own = f"{name}-{index}"
            ends = f"{name}{index - 1}", f"{name}{index}"
            edges.append(Edge(own, *ends, "line", 1500.0, "ABC", rating, r_ohm=0.3, x_ohm=0.6))
            devices.append(Device(f"{name}-SW{index}", "switch", own, remote_ctl=remote))
            for number in range(3):
                ref = f"{name}{index}{number}"
                is_critical = (name, index, number) == ("A", 2, 0)
                meters.append(Meter(ref, ref, f"{name}{index}", base_kwh_day=kw * 4.0, critical_flag=is_critical))
    transformers.append(Transformer("XA2", None, "A2", 1000.0, "ABC"))
    edges.append(Edge("tie", "A3", "B3", "switch", 10.0, tie_phases, rating, is_open=True))
    devices.append(Device("T", "tie", "tie", normally_open=True, remote_ctl=remote))
    draft = Network(
        "t",
        "0" * 64,
        (),
        tuple(feeders),
        tuple(nodes),
        tuple(edges),
        tuple(devices),
        tuple(transformers),
        tuple(meters),
    )
    return assemble(draft, assume=False)


def options_of(network: Network, device_id: str, posterior: dict[str, float] | None = None, **more: object) -> Options:
    ranked = rank_zones(build_zones(network), posterior or {device_id: 0.9})
    return generate_options(network, ranked, context_of(network, device_id, **more))


def only(rows: tuple[Option, ...], kind: str, zone_id: str) -> Option:
    return next(one for one in rows if (one.option_type, one.zone_id) == (kind, zone_id))


def test_a_fault_in_the_middle_is_isolated_and_both_sides_come_back() -> None:
    found = options_of(two_feeders(), "A-BRK")
    option = only(found.accepted, "backfeed", "Z-A-SW2")
    assert [(one.device_id, one.proposed) for one in option.steps] == [
        ("A-SW2", "open"),
        ("A-BRK", "closed"),
        ("A-SW3", "open"),
        ("T", "closed"),
    ]
    assert [set(group.meter_ids) for group in option.groups] == [{"A10", "A11", "A12"}, {"A30", "A31", "A32"}]
    assert option.customers_restored == 6
    assert option.tie_device_id == "T"
    assert option.supply_feeder_ids == ("A", "B")


def test_times_count_travel_once_tagging_once_and_each_operation() -> None:
    option = only(options_of(two_feeders(), "A-BRK").accepted, "backfeed", "Z-A-SW2")
    # travel 20, tagging 10, manual 12, remote 1
    assert [one.minutes for one in option.steps] == [42.0, 43.0, 55.0, 67.0]
    assert [group.at_min for group in option.groups] == [43.0, 67.0]
    remote = only(options_of(two_feeders(remote=True), "A-BRK").accepted, "backfeed", "Z-A-SW2")
    assert [one.minutes for one in remote.steps] == [11.0, 12.0, 13.0, 14.0]
    late = only(options_of(two_feeders(), "A-BRK", travel_min=45.0).accepted, "backfeed", "Z-A-SW2")
    assert late.est_minutes == 92.0


def test_cmr_risk_and_score_follow_the_formulas() -> None:
    found = options_of(two_feeders(), "A-BRK")
    option = only(found.accepted, "backfeed", "Z-A-SW2")
    assert option.cmr == 3 * (240 - 43) + 3 * (240 - 67)
    product = 1.0
    for item in option.risk_items:
        product *= 1 - item["r"]
    assert option.risk == pytest.approx(1 - product, abs=1e-9)
    assert {item["code"] for item in option.risk_items} == {"clpu", "zone_wrong"}
    cmr_max = max(one.cmr for one in found.accepted)
    t_max = max(one.est_minutes for one in found.accepted)
    critical = option.critical_restored / 1
    kwh = sum(len(g.meter_ids) * 100.0 * (240 - g.at_min) / 60 for g in option.groups)
    energy = kwh / (9 * 100.0 * 240 / 60)
    worth = 0.6 * option.cmr / cmr_max + 0.2 * critical + 0.1 * (1 - option.est_minutes / t_max) + 0.1 * energy
    assert option.score == pytest.approx(100 * worth * (1 - option.risk), abs=2e-3)
    repair = only(found.accepted, "repair_only", option.zone_id)
    assert (repair.score, repair.cmr, repair.customers_restored) == (0.0, 0.0, 0)


def test_expected_cmr_weighs_the_zones_and_counts_closing_onto_the_fault_against_an_option() -> None:
    network = two_feeders()
    ranked = rank_zones(build_zones(network), {"A-BRK": 0.9})
    chance = {row.zone_id: row.probability for row in ranked}
    option = only(options_of(network, "A-BRK").accepted, "backfeed", "Z-A-SW2")
    penalty = SETTINGS.closing_penalty_min
    early, late = 3 * (240 - 43), 3 * (240 - 67)
    expected = (
        chance["Z-A-SW2"] * (early + late)
        + (chance["Z-A-SW1"]) * (-3 * penalty + late)
        + chance["Z-A-BRK"] * (-3 * penalty + late)
        + chance["Z-A-SW3"] * (early - 3 * penalty)
    )
    assert option.expected_cmr == pytest.approx(expected, abs=0.01)


def test_cold_load_grows_with_the_time_without_supply() -> None:
    network = two_feeders()
    short = only(options_of(network, "A-BRK").accepted, "backfeed", "Z-A-SW2")
    assert short.clpu_factor == pytest.approx(1 + (1 - 2.718281828 ** (-(20 + 67) / 30)), abs=1e-5)
    context = context_of(network, "A-BRK")
    longer = replace(context, started_at=context.as_of - timedelta(hours=3))
    ranked = rank_zones(build_zones(network), {"A-BRK": 0.9})
    later = only(generate_options(network, ranked, longer).accepted, "backfeed", "Z-A-SW2")
    assert later.clpu_factor > short.clpu_factor
    assert (later.loading_pct_max or 0) > (short.loading_pct_max or 0)


def test_too_much_load_is_refused_with_its_figures_and_what_can_be_supplied_is_offered() -> None:
    # 450 A from B alone, and with what comes back more than the 200 A allow.
    found = options_of(two_feeders(kw=850.0, rating=200.0), "A-SW1")
    refused = [one for one in found.rejected if one.option_type == "backfeed"]
    assert refused
    assert all(one.rank == 0 and one.score == 0.0 for one in refused)
    assert re.match(r"THERMAL: \d+ % of 200 A at \S+, 110 % allowed", refused[0].infeasible_reasons[0])
    assert "Not proposed" in refused[0].narrative
    partial = [one for one in found.accepted if one.option_type == "partial"]
    assert partial
    assert partial[0].dropped_device_ids
    assert (partial[0].loading_pct_max or 999) <= 110.0


def test_the_emergency_rating_holds_for_four_hours_only() -> None:
    differing = 0
    for kw in range(300, 700, 20):
        network = two_feeders(kw=float(kw), rating=215.0)
        long, brief = (options_of(network, "A-SW1", repair_min=minutes) for minutes in (600.0, 200.0))
        assert all((one.loading_pct_max or 0.0) <= 100.0 for one in long.accepted)
        assert all((one.loading_pct_max or 0.0) <= 110.0 for one in brief.accepted)
        refused = {one.option_id for one in long.rejected if one.tie_device_id}
        differing += bool(refused & {one.option_id for one in brief.accepted})
    assert differing, "what four hours allow, a longer repair does not"


def test_a_single_phase_tie_does_not_supply_a_three_phase_island() -> None:
    found = options_of(two_feeders(tie_phases="A"), "A-BRK")
    refused = [one for one in found.rejected if one.tie_device_id == "T"]
    assert refused
    assert any(reason.startswith("PHASES") for one in refused for reason in one.infeasible_reasons)
    assert not [one for one in found.accepted if one.tie_device_id == "T"]


def test_a_tie_that_ends_in_the_fault_is_kept_with_its_reason() -> None:
    network = two_feeders()
    more = Device("T2", "tie", "tie2", normally_open=True)
    edge = Edge("tie2", "A3", "A1", "switch", 10.0, "ABC", 400.0, is_open=True)
    network = assemble(replace(network, edges=(*network.edges, edge), devices=(*network.devices, more)), assume=False)
    found = options_of(network, "A-SW1")
    reasons = [reason for one in found.rejected if one.tie_device_id == "T2" for reason in one.infeasible_reasons]
    assert any(reason.startswith("SUPPLY: T2 ends in the section that is suspected") for reason in reasons)


def test_a_generator_serves_critical_customers_if_it_is_large_enough_and_early_enough() -> None:
    small = options_of(two_feeders(kw=30.0), "A-BRK", repair_min=300.0)
    option = next(one for one in small.accepted if one.option_type == "mobile_generation")
    assert (option.critical_restored, option.est_minutes) == (1, 90.0)
    large = options_of(two_feeders(kw=2000.0), "A-BRK", repair_min=300.0)
    refused = next(one for one in large.rejected if one.option_type == "mobile_generation")
    assert refused.infeasible_reasons[0].startswith("GENERATOR")
    late = options_of(two_feeders(kw=30.0), "A-BRK", repair_min=60.0)
    tardy = next(one for one in late.rejected if one.option_type == "mobile_generation")
    assert tardy.infeasible_reasons[0].startswith("LATER_THAN_REPAIR")


def test_patrol_and_reclose_counts_only_the_share_of_faults_that_are_gone() -> None:
    option = next(one for one in options_of(two_feeders(), "A-BRK").accepted if one.option_type == "patrol_reclose")
    share = next(check["value"] for check in option.checks if check["code"] == "transient")
    full = sum(len(group.meter_ids) * (240 - group.at_min) for group in option.groups)
    assert option.cmr == pytest.approx(full * share, abs=0.01)
    assert option.customers_restored == 9


def test_patrol_is_proposed_for_the_best_device_when_others_are_possible_too() -> None:
    network = two_feeders()
    ranked = rank_zones(build_zones(network), {"A-BRK": 0.8, "A-SW1": 0.2})
    context = replace(context_of(network, "A-BRK"), device_ids=("A-BRK", "A-SW1"))
    found = generate_options(network, ranked, context)
    option = next(one for one in found.accepted if one.option_type == "patrol_reclose")
    assert option.steps[-1].device_id == "A-BRK"


def test_only_customers_taken_for_dead_are_counted() -> None:
    found = options_of(two_feeders(), "A-BRK", out_meter_ids=("A10", "A30"))
    option = only(found.accepted, "backfeed", "Z-A-SW2")
    assert [group.meter_ids for group in option.groups] == [("A10",), ("A30",)]


def test_a_stale_topology_and_a_tight_voltage_are_risks() -> None:
    option = only(options_of(two_feeders(), "A-BRK", topology_age_days=45.0).accepted, "backfeed", "Z-A-SW2")
    assert "topology_stale" in {item["code"] for item in option.risk_items}


def every(network: Network) -> Iterator[Options]:
    for device in network.devices:
        if device.type not in {"tie", "switch"}:
            yield options_of(network, device.device_id)


def sentences(option: Option) -> list[str]:
    words = [option.narrative, *(one.text for one in option.steps), *(one.precondition for one in option.steps)]
    words += [check["text"] for check in option.checks] + [item["text"] for item in option.risk_items]
    return [part.strip() for text in words for part in re.split(r"(?<=[.!?;])\s+", text) if part.strip()]


def test_no_sentence_begins_with_a_command() -> None:
    seen = 0
    for seed in range(12):
        network = random_network(seed, kw=[150.0, 400.0, 800.0][seed % 3])
        for found in every(network):
            for option in (*found.accepted, *found.rejected):
                assert option.option_type in TYPES
                for sentence in sentences(option):
                    seen += 1
                    assert sentence.split()[0].strip(",.:;").lower() not in COMMANDS, sentence
                for one in (option.narrative, *(step.text for step in option.steps)):
                    assert one.startswith("Consider, after operator validation and field clearance,"), one
    assert seen > 2000


def test_a_command_would_be_noticed() -> None:
    option = options_of(two_feeders(), "A-BRK").accepted[0]
    planted = replace(option, narrative="Consider this. Open A-SW2 now.")
    assert any(sentence.split()[0].lower() in COMMANDS for sentence in sentences(planted))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), nodes=st.integers(3, 14), kw=st.sampled_from([50.0, 200.0, 500.0, 900.0]))
def test_nobody_is_restored_twice_nor_who_was_not_out_and_ids_and_order_are_sound(
    seed: int, nodes: int, kw: float
) -> None:
    network = random_network(seed, nodes=nodes, kw=kw)
    for device in network.devices:
        if device.type in {"tie", "switch"}:
            continue
        context = context_of(network, device.device_id)
        ranked = rank_zones(build_zones(network), {device.device_id: 0.9})
        found = generate_options(network, ranked, context)
        below = set(dead_meters(network, device.device_id))
        ids = [one.option_id for one in (*found.accepted, *found.rejected)]
        assert len(ids) == len(set(ids))
        keys = [(-one.score, one.risk, len(one.steps), one.option_id) for one in found.accepted]
        assert keys == sorted(keys)
        assert [one.rank for one in found.accepted] == list(range(1, len(keys) + 1))
        assert all(one.infeasible_reasons for one in found.rejected)
        assert not any(one.infeasible_reasons for one in found.accepted)
        for option in (*found.accepted, *found.rejected):
            restored = [meter_id for group in option.groups for meter_id in group.meter_ids]
            assert len(restored) == len(set(restored)) == option.customers_restored
            assert set(restored) <= below
            assert 0.0 <= option.risk <= 1.0
            assert [one.no for one in option.steps] == list(range(1, len(option.steps) + 1))


def dead_meters(network: Network, device_id: str) -> list[str]:
    """Meters that no head reaches once the device is open: by repeated sweeps over edges, slow and plain."""
    circuit = build_circuit(network, open_devices=[device_id])
    fed = {node for _, node, edge in circuit.heads if edge < 0 or circuit.closed[edge]}
    walls = {index for index, node in enumerate(circuit.network.nodes) if node.is_substation}
    grown = True
    while grown:
        grown = False
        for edge, (a, b) in enumerate(circuit.ends):
            if circuit.closed[edge] and (a in fed) != (b in fed) and not {a, b} & walls:
                fed |= {a, b}
                grown = True
    return [meter.meter_id for meter in network.meters if circuit.node_at[meter.node_id or ""] not in fed]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_order_of_rows_decides_nothing(seed: int) -> None:
    network = random_network(seed, kw=400.0)
    mixed = [list(part) for part in (network.nodes, network.edges, network.devices, network.meters)]
    for part in mixed:
        random.Random(seed).shuffle(part)  # noqa: S311
    other = replace(
        network, nodes=tuple(mixed[0]), edges=tuple(mixed[1]), devices=tuple(mixed[2]), meters=tuple(mixed[3])
    )
    load = {one.meter_id: one.base_kwh_day / 12 for one in network.meters}
    turned = dict(reversed(list(load.items())))
    first = rank_zones(build_zones(network), {"BRK1": 0.9, "BRK2": 0.1})
    second = tuple(reversed(rank_zones(build_zones(other), {"BRK2": 0.1, "BRK1": 0.9})))
    assert generate_options(network, first, context_of(network, "BRK1", load_kw=load)) == generate_options(
        other, second, context_of(other, "BRK1", load_kw=turned)
    )


PRINT_IDS = """
from bench.made_up_networks import context_of, random_network
from domain.grid.outages.rules.options.generate import generate_options
from domain.grid.outages.rules.zones import build_zones, rank_zones
network = random_network(11, kw=400.0)
ranked = rank_zones(build_zones(network), {"BRK1": 0.6, "BRK2": 0.4})
print(generate_options(network, ranked, context_of(network, "BRK1")))
"""


def test_random_hash_seeds_change_nothing() -> None:
    printed = set()
    for seed in ("0", "1", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        ran = subprocess.run(
            [sys.executable, "-c", PRINT_IDS], env=environment, capture_output=True, text=True, check=True
        )
        printed.add(ran.stdout)
    assert len(printed) == 1
    assert "backfeed" in printed.pop()


def test_sections_that_were_kept_give_the_same_options() -> None:
    network = random_network(4, kw=300.0)
    context = context_of(network, "BRK1")
    ranked = rank_zones(build_zones(network), {"BRK1": 0.9})
    kept = sections_before(network, context)
    assert generate_options(network, ranked, context, sections=kept) == generate_options(network, ranked, context)


def test_an_unknown_device_leaves_repair_alone() -> None:
    network = two_feeders()
    found = generate_options(network, (), context_of(network, "A-BRK"))
    assert [one.option_type for one in found.accepted] == ["repair_only"]
    assert found.rejected == ()


def test_settings_are_plain_values_with_a_version() -> None:
    values = settings_of(SETTINGS)
    assert values["version"] == "restoration-options/1"
    assert isinstance(values["generators_kw"], list)
