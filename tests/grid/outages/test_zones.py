"""Fault zones and their ranking: every metre in one zone, probability by the formula, ties that never change."""

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.made_up_networks import random_network
from domain.grid.network.rules.assembly import assemble
from domain.grid.network.rules.model import Device, Edge, Feeder, Meter, Network, Node
from domain.grid.outages.rules.zone_ranking import settings_of
from domain.grid.outages.rules.zones import (
    RankedZone,
    RankingFacts,
    Zone,
    ZoneFacts,
    ZoneSettings,
    build_zones,
    rank_zones,
)

MILE = 1609.344


def chain() -> Network:
    """Breaker, 1 mile, recloser R, 2 miles, switch S, 1 mile of cable; fuse F on half a mile beside the first."""
    nodes = [Node("s", 12.47, is_substation=True), *(Node(name, 12.47) for name in "abcdf")]
    edges = [
        Edge("head", "s", "a", "switch", 0.0, "ABC", 400.0),
        Edge("e1", "a", "b", "line", MILE, "ABC", 400.0),
        Edge("e2", "b", "c", "line", 2 * MILE, "ABC", 400.0),
        Edge("e3", "c", "d", "cable", MILE, "ABC", 400.0),
        Edge("lateral", "b", "f", "line", MILE / 2, "A", 100.0),
    ]
    devices = [
        Device("B", "breaker", "head"),
        Device("R", "recloser", "e2"),
        Device("S", "switch", "e3"),
        Device("F", "fuse", "lateral"),
    ]
    meters = [Meter(f"M{index}", f"M{index}", node, base_kwh_day=24.0) for index, node in enumerate("bcddf")]
    feeder = Feeder("F1", "F1", "F1", base_kv=12.47, head_edges=("head",))
    draft = Network("t", "0" * 64, (), (feeder,), tuple(nodes), tuple(edges), tuple(devices), meters=tuple(meters))
    return assemble(draft, assume=False)


def by_id(rows: tuple[Zone, ...]) -> dict[str, Zone]:
    return {zone.zone_id: zone for zone in rows}


def test_zones_are_bounded_by_devices_and_know_their_surroundings() -> None:
    zones = by_id(build_zones(chain()))
    assert sorted(zones) == ["Z-B", "Z-F", "Z-R", "Z-S"]
    assert zones["Z-B"].downstream_device_ids == ("F", "R")
    assert zones["Z-R"].parent_zone_id == "Z-B"
    assert zones["Z-R"].miles == pytest.approx(2.0)
    assert zones["Z-S"].oh_pct == 0.0
    assert (zones["Z-S"].start_mi, zones["Z-S"].end_mi) == pytest.approx((4.0, 4.0))
    assert (zones["Z-R"].meters, zones["Z-R"].meters_below, zones["Z-B"].meters_below) == (1, 3, 5)
    assert [one.device_id for one in zones["Z-S"].above] == ["S", "R", "B"]
    assert zones["Z-F"].phases == "A"


def test_probability_follows_the_formula() -> None:
    """Zones behind R share by miles, cable a quarter; what the breaker clears beyond R is miscoordination."""
    ranked = {row.zone_id: row for row in rank_zones(build_zones(chain()), {"R": 0.8, "B": 0.2})}
    behind_r = {"Z-R": 0.95 * 2.0, "Z-S": 0.95 * 0.25}
    behind_b = {"Z-B": 0.95 * 1.0, "Z-R": 0.05 * 2.0, "Z-S": 0.05 * 0.25, "Z-F": 0.05 * 0.5}
    for zone_id, row in ranked.items():
        expected = 0.8 * behind_r.get(zone_id, 0.0) / sum(behind_r.values())
        expected += 0.2 * behind_b[zone_id] / sum(behind_b.values())
        assert row.probability == pytest.approx(expected, abs=1e-9), zone_id
    assert ranked["Z-B"].device_id == "B"
    assert ranked["Z-R"].device_id == "R"
    assert ranked["Z-R"].meters_out == 3


def test_a_plain_switch_does_not_trip_but_may_be_found_open() -> None:
    ranked = rank_zones(build_zones(chain()), {"S": 1.0})
    assert [(row.zone_id, row.probability) for row in ranked] == [("Z-S", 1.0)]


def test_the_fault_distance_the_indicators_and_the_callers_shift_the_ranking() -> None:
    zones = build_zones(chain())

    def chance(facts: RankingFacts) -> dict[str, float]:
        return {row.zone_id: row.probability for row in rank_zones(zones, {"R": 1.0}, facts)}

    plain = chance(RankingFacts())
    assert chance(RankingFacts(distance_mi=4.0))["Z-S"] > plain["Z-S"]
    assert chance(RankingFacts(distance_mi=2.0))["Z-R"] > plain["Z-R"]
    assert chance(RankingFacts(indicators={"S": True}))["Z-S"] > 0.8
    assert chance(RankingFacts(indicators={"S": False}))["Z-S"] < 0.01
    assert chance(RankingFacts(damage_calls={"M2": 1}))["Z-S"] == pytest.approx(
        3 * 0.2375 / (3 * 0.2375 + 1.9), abs=1e-9
    )
    known = RankingFacts(zones={"Z-S": ZoneFacts(veg_index=2.0, faults_5y=3, age_yr=60.0, weather=1.5)})
    weight = 0.2375 * 2.0 * 4 * 2.0 * 1.5
    assert chance(known)["Z-S"] == pytest.approx(weight / (weight + 1.9), abs=1e-9)


def test_the_reactance_tells_the_distance_too() -> None:
    zones = build_zones(chain())
    far = by_id(zones)["Z-S"].end_x_ohm
    ranked = rank_zones(zones, {"R": 1.0}, RankingFacts(reactance_ohm=far))
    assert {row.zone_id: row.probability for row in ranked}["Z-S"] > 0.13
    assert any(item["kind"] == "fault_distance" for item in ranked[0].evidence)


def test_zones_that_evidence_cannot_tell_apart_are_one_class() -> None:
    ranked = {row.zone_id: row for row in rank_zones(build_zones(chain()), {"R": 1.0})}
    assert ranked["Z-R"].alt_zone_ids == ("Z-S",)
    assert ranked["Z-R"].equivalence_class == ranked["Z-S"].equivalence_class == "Z-R"
    flashed = rank_zones(build_zones(chain()), {"R": 1.0}, RankingFacts(indicators={"S": True}))
    assert all(not row.alt_zone_ids for row in flashed)


def test_ties_fall_to_more_meters_and_then_to_the_zones_id() -> None:
    zones = [zone for zone in build_zones(chain()) if zone.zone_id in {"Z-R", "Z-S"}]
    base = next(zone for zone in zones if zone.zone_id == "Z-R")
    twins = [
        replace(base, zone_id=f"Z-{letter}", meters=meters)
        for letter, meters in (("d", 1), ("b", 7), ("c", 7), ("a", 1))
    ]
    ranked = rank_zones(twins, {"R": 1.0})
    assert [row.zone_id for row in ranked] == ["Z-b", "Z-c", "Z-a", "Z-d"]
    assert [row.rank for row in ranked] == [1, 2, 3, 4]


def test_rank_by_meters_orders_by_meters_and_keeps_the_credible_set() -> None:
    zones = build_zones(chain())
    plain = rank_zones(zones, {"R": 1.0, "B": 1.0})
    rows = rank_zones(zones, {"R": 1.0, "B": 1.0}, rank_by="meters")
    assert [(-row.zone.meters, row.zone_id) for row in rows] == sorted((-row.zone.meters, row.zone_id) for row in rows)
    assert {row.zone_id for row in rows if row.credible} == {row.zone_id for row in plain if row.credible}


def test_nothing_that_could_have_operated_gives_no_ranking() -> None:
    assert rank_zones(build_zones(chain()), {}) == ()
    assert rank_zones(build_zones(chain()), {"NOBODY": 1.0}) == ()
    assert rank_zones(build_zones(chain()), {"R": 0.0}) == ()


def test_patrol_goes_where_a_minute_finds_most() -> None:
    rows = rank_zones(build_zones(chain()), {"B": 1.0})
    rate = {row.patrol_rank: row.probability / row.patrol_min for row in rows}
    assert [rate[place] for place in sorted(rate)] == sorted(rate.values(), reverse=True)
    own = {row.zone_id: row for row in rows}
    assert own["Z-B"].patrol_min == pytest.approx(3.0 + 60 * 1.0 / 10.0)


def check(rows: tuple[RankedZone, ...]) -> None:
    assert math.fsum(row.probability for row in rows) == pytest.approx(1.0, abs=1e-6)
    assert [row.rank for row in rows] == list(range(1, len(rows) + 1))
    credible = [row for row in rows if row.credible]
    assert credible == list(rows[: len(credible)]), "a prefix"
    assert sum(row.probability for row in credible) >= 0.9 - 1e-6
    assert sum(row.probability for row in credible[:-1]) < 0.9, "the smallest"
    assert sorted(row.patrol_rank for row in rows) == [row.rank for row in rows]
    for row in rows:
        assert row.explanation.endswith(".")
        assert {item["kind"] for item in row.evidence} >= {"device_posterior", "coordination", "exposure"}


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), nodes=st.integers(3, 25), data=st.data())
def test_probabilities_sum_to_one_and_the_order_of_rows_decides_nothing(
    seed: int, nodes: int, data: st.DataObject
) -> None:
    network = random_network(seed, nodes=nodes)
    zones = build_zones(network)
    inside = [node_id for zone in zones for node_id in zone.node_ids]
    assert sorted(inside) == sorted(node.node_id for node in network.nodes if not node.is_substation)
    devices = sorted(one.device_id for one in network.devices if one.type != "tie")
    posterior = {
        device: data.draw(st.floats(0.01, 1.0)) for device in data.draw(st.lists(st.sampled_from(devices), max_size=4))
    }
    rows = rank_zones(zones, posterior)
    if rows:
        check(rows)
    shuffled, turned = list(zones), dict(reversed(list(posterior.items())))
    random.Random(seed).shuffle(shuffled)  # noqa: S311
    assert rank_zones(shuffled, turned) == rows
    mixed = list(network.edges), list(network.devices), list(network.nodes)
    for part in mixed:
        random.Random(seed).shuffle(part)  # noqa: S311
    other = replace(network, edges=tuple(mixed[0]), devices=tuple(mixed[1]), nodes=tuple(mixed[2]))
    assert build_zones(other) == zones


def test_settings_are_plain_values_with_a_version() -> None:
    values = settings_of(ZoneSettings())
    assert values["version"] == "fault-zones/1"
    assert all(isinstance(value, str | int | float) for value in values.values())
