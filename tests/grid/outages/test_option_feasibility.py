"""What is accepted and what is refused agrees with an independent solver on many made-up outages and on the demo's."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.made_up_networks import context_of, random_network
from bench.peer_power_flow import judge
from domain.grid.network.importers.simbench import import_simbench
from domain.grid.network.rules.model import Network
from domain.grid.outages.rules.circuit import build_circuit
from domain.grid.outages.rules.options.generate import generate_options
from domain.grid.outages.rules.options.model import Option, OutageContext
from domain.grid.outages.rules.options.settings import OptionSettings
from domain.grid.outages.rules.zones import build_zones, rank_zones
from domain.kernel.settings import settings as product_settings

SETTINGS = OptionSettings()
STRAIN = {"THERMAL", "VOLTAGE", "POWER_FLOW"}
SWITCHING = {"upstream_reclose", "backfeed", "backfeed_combined", "backfeed_pair", "partial"}


def codes(option: Option) -> set[str]:
    return {reason.split(":")[0] for reason in option.infeasible_reasons}


def judged(network: Network, device_ids: list[str], scale: float = 1.0) -> Iterator[tuple[OutageContext, Option]]:
    """Options that the power flow decided, of an outage behind each device."""
    zones = build_zones(network)
    load = {one.meter_id: one.base_kwh_day / 24 * 2 * scale for one in network.meters}
    for device_id in device_ids:
        context = context_of(network, device_id, load_kw=load)
        found = generate_options(network, rank_zones(zones, {device_id: 0.9}), context, SETTINGS)
        for option in (*found.accepted, *found.rejected):
            if option.option_type in SWITCHING and codes(option) <= STRAIN | {"LATER_THAN_REPAIR"}:
                yield context, option


def compare(network: Network, rows: Iterator[tuple[OutageContext, Option]], tally: Counter[str]) -> None:
    before = build_circuit(network)
    for context, option in rows:
        verdict = judge(network, option, context, SETTINGS, before)
        accepted = not codes(option) & STRAIN
        tally["all"] += 1
        tally["agree"] += accepted == verdict.accepts
        tally["accepted" if accepted else "refused"] += 1
        assert verdict.radial, option.narrative
        assert verdict.restores_exactly, option.narrative
        if option.v_min_pu is not None and verdict.v_min_pu == verdict.v_min_pu:
            assert option.v_min_pu == pytest.approx(verdict.v_min_pu, rel=0.005)
            assert (option.loading_pct_max or 0.0) == pytest.approx(100 * verdict.loading, rel=0.02)


def test_accepting_and_refusing_agrees_with_the_peer_on_made_up_networks() -> None:
    tally: Counter[str] = Counter()
    for seed in range(32):
        network = random_network(seed, kw=[150.0, 300.0, 500.0, 800.0][seed % 4])
        tripping = [one.device_id for one in network.devices if one.type not in {"tie", "switch"}]
        compare(network, judged(network, tripping), tally)
    assert tally["all"] > 600
    assert min(tally["accepted"], tally["refused"]) > 100
    assert tally["agree"] >= 0.99 * tally["all"], tally


def test_accepting_and_refusing_agrees_with_the_peer_on_the_demo_network(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_HOME", str(tmp_path))
    product_settings.cache_clear()
    network = import_simbench()
    monkeypatch.undo()
    product_settings.cache_clear()
    heads = {edge_id for one in network.feeders for edge_id in one.head_edges}
    breakers = sorted(one.device_id for one in network.devices if one.edge_id in heads)
    tally: Counter[str] = Counter()
    compare(network, judged(network, breakers[:2], 1.0), tally)
    compare(network, judged(network, breakers[-1:], 3.0), tally)
    assert tally["all"] > 20
    assert min(tally["accepted"], tally["refused"]) > 2
    assert tally["agree"] >= 0.99 * tally["all"], tally


def test_a_wrong_option_would_be_noticed() -> None:
    """The judge is not one that says yes: an option whose tie is taken away, or that keeps the fault joined, fails."""
    network = random_network(3, kw=150.0)
    tripping = [one.device_id for one in network.devices if one.type not in {"tie", "switch"}]
    context, option = next(
        (context, option)
        for context, option in judged(network, tripping)
        if option.option_type == "backfeed" and not option.infeasible_reasons and len(option.steps) > 1
    )
    assert judge(network, option, context, SETTINGS).restores_exactly
    without_tie = replace(option, steps=tuple(one for one in option.steps if one.device_id != option.tie_device_id))
    assert not judge(network, without_tie, context, SETTINGS).restores_exactly
    not_isolated = replace(option, steps=tuple(one for one in option.steps if one.proposed == "closed"))
    wrong = judge(network, not_isolated, context, SETTINGS)
    assert not (wrong.radial and wrong.restores_exactly)
    heavy = replace(option, clpu_factor=30.0)
    assert not judge(network, heavy, context, SETTINGS).accepts
