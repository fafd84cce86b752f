"""Inference on hand-made feeders: what each kind of signal does, told as a control room would."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.grid.network.rules.assembly import assemble
from domain.grid.network.rules.model import Device, Edge, Feeder, Meter, Network, Node
from domain.grid.outages.rules import signals as kinds
from domain.grid.outages.rules.device_tree import DeviceTree, build_device_tree
from domain.grid.outages.rules.inference.infer import infer_outages
from domain.grid.outages.rules.inference.results import Inferred, InferredOutage
from domain.grid.outages.rules.inference.settings import InferenceSettings, settings_of
from domain.grid.outages.rules.signals import Planned, Signal, Standing

BEGIN = datetime(2026, 7, 14, 19, 0, tzinfo=UTC)
LATER = BEGIN + timedelta(hours=2)


def made(laterals: int = 6, transformers: int = 4, meters: int = 5) -> Network:
    """A breaker, laterals with a fuse each, transformers with a fuse each, meters M-lateral-transformer-number."""
    nodes, edges = [Node("source", is_substation=True), Node("head")], [Edge("e-head", "source", "head", "line")]
    devices, places = [Device("BRK", "breaker", "e-head")], []
    for lateral in range(laterals):
        nodes.append(Node(f"l{lateral}"))
        edges.append(Edge(f"e-l{lateral}", "head", f"l{lateral}", "line"))
        devices.append(Device(f"LAT-{lateral}", "fuse", f"e-l{lateral}"))
        for number in range(transformers):
            own = f"x{lateral}-{number}"
            nodes.append(Node(own))
            edges.append(Edge(f"e-{own}", f"l{lateral}", own, "transformer"))
            devices.append(Device(f"XF-{lateral}-{number}", "xfmr_fuse", f"e-{own}"))
            places += [Meter(f"M-{lateral}-{number}-{each}", f"load {own} {each}", own) for each in range(meters)]
    draft = Network(
        "test",
        "0" * 64,
        feeders=(Feeder("F1", "F1", "", head_edges=("e-head",)),),
        nodes=tuple(nodes),
        edges=tuple(edges),
        devices=tuple(devices),
        meters=tuple(places),
    )
    return assemble(draft, assume=False)


NETWORK = made()
TREE = build_device_tree(NETWORK)


def says(meter_id: str, kind: str, second: float, delay: float = 1.0, device_id: str | None = None) -> Signal:
    at = BEGIN + timedelta(seconds=second)
    return Signal(meter_id, kind, at, at + timedelta(seconds=delay), "test", device_id)


def below(device: str, tree: DeviceTree = TREE) -> list[str]:
    return sorted(tree.meters_below(tree.device_at[device]))


def gasps(device: str, second: float, share: float = 0.8) -> list[Signal]:
    """Of every five meters below the device, four."""
    own = below(device)
    heard = [meter for number, meter in enumerate(own) if (number * share) % 1 < share or share == 1]
    return [says(meter, kinds.POWER_OUT, second + number % 4) for number, meter in enumerate(heard)]


def first(found: Inferred) -> InferredOutage:
    assert found.outages
    return found.outages[0]


def sure(found: Inferred) -> set[str]:
    return {one.device_id for one in found.outages if one.posterior >= 0.5}


def test_a_lateral_is_found_with_missing_gasps_and_one_false_one() -> None:
    heard = [*gasps("LAT-2", 60), says("M-4-1-0", kinds.POWER_OUT, 200)]
    found = infer_outages(TREE, heard, LATER)
    one = first(found)
    assert (one.device_ids, one.status, one.feeder_id) == (("LAT-2",), "PROBABLE", "F1")
    assert one.posterior > 0.99
    assert one.meters_predicted == tuple(below("LAT-2"))
    assert set(one.meters_reported) < set(one.meters_predicted)
    assert one.posterior_meters_out == pytest.approx(20, abs=0.5)
    assert one.credible[0][0] == ("LAT-2",)
    assert {item.kind for item in one.evidence} >= {"last_gasps", "same_moment", "no_last_gasp"}
    assert found.meter_posterior["M-2-0-0"] > 0.99
    assert "M-4-1-0" not in {
        meter for other in found.outages if other.posterior > 0.7 for meter in other.meters_predicted
    }


def test_several_outages_at_once_are_several() -> None:
    heard = [*gasps("LAT-0", 30), *gasps("XF-3-1", 45), *gasps("XF-5-2", 50, 1)]
    assert sure(infer_outages(TREE, heard, LATER)) == {"LAT-0", "XF-3-1", "XF-5-2"}


def test_a_collapsed_mesh_does_not_shatter_one_outage_into_many() -> None:
    own = below("BRK")[::7]
    heard = [says(meter, kinds.POWER_OUT, 60 + number % 5) for number, meter in enumerate(own)]
    assert sure(infer_outages(TREE, heard, LATER)) == {"BRK"}


def test_nothing_that_arrives_after_as_of_is_looked_at() -> None:
    early = [replace(one, arrived_at=BEGIN + timedelta(minutes=5)) for one in gasps("LAT-2", 60)]
    late = [replace(one, arrived_at=BEGIN + timedelta(minutes=30)) for one in gasps("LAT-1", 60)]
    as_of = BEGIN + timedelta(minutes=10)
    assert infer_outages(TREE, [*late, *early], as_of) == infer_outages(TREE, early, as_of)
    assert sure(infer_outages(TREE, [*late, *early], LATER)) == {"LAT-1", "LAT-2"}


def test_pings_decide_over_a_single_meter() -> None:
    heard = [says("M-4-1-0", kinds.POWER_OUT, 60)]
    alone = infer_outages(TREE, heard, LATER)
    assert all(one.status == "VERIFY" for one in alone.outages)
    lit = infer_outages(TREE, [*heard, says("M-4-1-0", kinds.PING_OK, 300)], LATER)
    assert not sure(lit)
    pings = [says(f"M-4-1-{number}", kinds.PING_NO_ANSWER, 300) for number in range(3)]
    pings.append(says("M-4-2-0", kinds.PING_OK, 300))
    dark = first(infer_outages(TREE, [*heard, *pings], LATER))
    assert (dark.device_id, dark.status) == ("XF-4-1", "PROBABLE")
    assert {"last_gasps", "ping_no_answer"} <= {item.kind for item in dark.evidence}


def test_a_normal_read_after_the_gasps_rules_the_device_above_out() -> None:
    heard = [one for one in gasps("LAT-2", 60) if not one.meter_id.startswith("M-2-3-")]
    assert sure(infer_outages(TREE, heard, LATER)) == {"LAT-2"}
    read = says("M-2-3-4", kinds.READ_NORMAL, 600)
    assert sure(infer_outages(TREE, [*heard, read], LATER)) == {"XF-2-0", "XF-2-1", "XF-2-2"}


def test_what_was_live_before_the_outage_says_nothing_against_it() -> None:
    heard = gasps("LAT-2", 60)
    before = [says(meter, kinds.READ_NORMAL, -900) for meter in below("LAT-2")]
    assert infer_outages(TREE, [*before, *heard], LATER).outages == infer_outages(TREE, heard, LATER).outages


def test_calls_and_telecontrol_speak_where_no_meter_does() -> None:
    calls = [says("M-1-1-0", kinds.CALL, 60), says("M-1-1-3", kinds.CALL, 90)]
    called = first(infer_outages(TREE, calls, LATER))
    assert {"M-1-1-0", "M-1-1-3"} == set(called.meters_reported) < set(called.meters_predicted)
    assert {ids[0] for ids, _ in called.credible} == {"XF-1-1", "LAT-1"}
    few = [says(f"M-{number}-1-1", kinds.POWER_OUT, 61 + 3 * number) for number in range(2)]
    assert "BRK" not in sure(infer_outages(TREE, few, LATER))
    one = first(infer_outages(TREE, [says("", kinds.SCADA_OPEN, 60, device_id="BRK"), *few], LATER))
    assert one.device_id == "BRK"
    assert "device_scada_open" in {item.kind for item in one.evidence}
    closed = [*gasps("LAT-0", 61, 1), says("", kinds.SCADA_CLOSED, 200, device_id="LAT-0")]
    assert infer_outages(TREE, closed, LATER).outages[0].posterior < 1
    seen = [*gasps("LAT-0", 61, 1), says("", kinds.CREW_ENERGISED, 900, device_id="LAT-0")]
    assert "LAT-0" not in sure(infer_outages(TREE, seen, LATER))


def test_young_evidence_is_held_off() -> None:
    heard = gasps("LAT-2", 60)
    as_of = BEGIN + timedelta(seconds=110)
    assert first(infer_outages(TREE, heard, as_of)).status == "CANDIDATE"
    assert first(infer_outages(TREE, heard, as_of + timedelta(seconds=30))).status == "PROBABLE"


def test_power_back_within_five_minutes_is_momentary() -> None:
    heard = gasps("LAT-2", 60)
    back = [says(one.meter_id, kinds.POWER_ON, 200) for one in heard]
    assert first(infer_outages(TREE, [*heard, *back], LATER)).status == "MOMENTARY"
    later = [says(one.meter_id, kinds.POWER_ON, 700) for one in heard]
    one = first(infer_outages(TREE, [*heard, *later], LATER))
    assert (one.status, one.restored_at) == ("PROBABLE", BEGIN + timedelta(seconds=700))
    assert not infer_outages(TREE, [*heard, *later], LATER).meter_posterior.get("M-2-0-0")


def test_what_stays_dark_when_the_main_device_is_back_is_nested() -> None:
    heard = gasps("LAT-2", 60)
    back = [says(meter, kinds.POWER_ON, 4000) for meter in below("LAT-2") if not meter.startswith("M-2-3-")]
    soon = infer_outages(TREE, [*heard, *back], BEGIN + timedelta(seconds=4300))
    assert not [one for one in soon.outages if one.nested_of]
    found = infer_outages(TREE, [*heard, *back], BEGIN + timedelta(seconds=4700))
    main = next(one for one in found.outages if one.device_id == "LAT-2")
    nested = [one for one in found.outages if one.nested_of]
    assert [(one.device_id, one.nested_of) for one in nested] == [("XF-2-3", main.outage_key)]
    assert nested[0].meters_predicted == tuple(below("XF-2-3"))
    assert found.meter_posterior["M-2-3-0"] > 0.5
    assert "M-2-0-0" not in found.meter_posterior


def test_all_back_but_some_lost_messages_is_no_nested_outage() -> None:
    heard = gasps("LAT-2", 60)
    back = [says(meter, kinds.POWER_ON, 4000) for number, meter in enumerate(below("LAT-2")) if number % 5]
    found = infer_outages(TREE, [*heard, *back], LATER)
    assert not [one for one in found.outages if one.nested_of]


def test_a_silent_collector_is_lost_communication_and_no_outage() -> None:
    collectors = {meter: f"C{meter[2]}" for meter in TREE.meter_ids}
    asked = [says(meter, kinds.PING_NO_ANSWER, 100) for meter in below("LAT-1")[:12]]
    lit = [says("M-0-0-0", kinds.PING_OK, 100), says("M-3-0-0", kinds.PING_OK, 100)]
    without = infer_outages(TREE, [*asked, *lit], LATER)
    assert "LAT-1" in sure(without)
    found = infer_outages(TREE, [*asked, *lit], LATER, collectors=collectors)
    assert [(one.status, one.explained_by) for one in found.outages] == [("COMMS", "collector:C1")]
    gasped = [*asked, *lit, says("M-1-0-1", kinds.POWER_OUT, 60)]
    real = infer_outages(TREE, gasped, LATER, collectors=collectors)
    assert "COMMS" not in {one.status for one in real.outages}


def test_planned_work_and_known_outages_explain_and_hide_nothing() -> None:
    heard = gasps("LAT-2", 60)
    work = Planned("W7", frozenset(below("LAT-2")), BEGIN - timedelta(hours=1), BEGIN + timedelta(hours=3))
    assert first(infer_outages(TREE, heard, LATER, planned=[work])).explained_by == "planned:W7"
    known = Standing("O1", "LAT-2", frozenset(), BEGIN + timedelta(seconds=62))
    assert first(infer_outages(TREE, heard, LATER, standing=[known])).explained_by == "standing:O1"
    before = Standing("O2", "LAT-2", frozenset(), BEGIN - timedelta(hours=5))
    rest = [*gasps("LAT-0", 60), *gasps("LAT-1", 60), *gasps("LAT-3", 60), *gasps("LAT-4", 60), *gasps("LAT-5", 60)]
    assert first(infer_outages(TREE, rest, LATER, standing=[before])).device_id == "BRK"


def test_an_outage_above_an_earlier_one_is_not_held_against_by_those_already_dark() -> None:
    early, late = gasps("LAT-2", 0), []
    for number in (0, 1, 3, 4, 5):
        late += gasps(f"LAT-{number}", 1800)
    found = infer_outages(TREE, [*early, *late], LATER)
    assert sure(found) == {"LAT-2", "BRK"}


def test_a_second_outage_after_a_restoration_is_judged_afresh() -> None:
    """Back after nine hours, out again the next day: all below were live in between and their silence counts."""
    early = gasps("LAT-2", 0)
    back = [says(one.meter_id, kinds.POWER_ON, 9 * 3600) for one in early]
    again = [says("M-2-0-0", kinds.POWER_OUT, 30 * 3600), says("M-2-0-1", kinds.POWER_OUT, 30 * 3600 + 1)]
    found = infer_outages(TREE, [*early, *back, *again], BEGIN + timedelta(hours=31))
    by_start = {one.window_start: one for one in found.outages if one.posterior >= 0.5}
    assert by_start[BEGIN].restored_at == BEGIN + timedelta(hours=9)
    assert by_start[BEGIN + timedelta(hours=30)].device_id == "XF-2-0"


def test_an_old_gasp_does_not_hide_a_silent_collector() -> None:
    collectors = {meter: f"C{meter[2]}" for meter in TREE.meter_ids}
    old = [says("M-1-0-0", kinds.POWER_OUT, -50_000), says("M-1-0-0", kinds.POWER_ON, -49_900)]
    asked = [says(meter, kinds.PING_NO_ANSWER, 100) for meter in below("LAT-1")[5:]]
    lit = says("M-3-0-0", kinds.PING_OK, 100)
    found = infer_outages(TREE, [*old, *asked, lit], LATER, collectors=collectors)
    assert "COMMS" in {one.status for one in found.outages}


def test_two_devices_that_no_meter_tells_apart_are_one_class() -> None:
    network = replace(NETWORK, devices=(*NETWORK.devices, Device("SW-2", "sectionalizer", "e-l2")))
    tree = build_device_tree(assemble(network, assume=False))
    one = first(infer_outages(tree, gasps("LAT-2", 60), LATER))
    assert set(one.device_ids) == {"LAT-2", "SW-2"}
    assert one.device_ids[0] == "LAT-2"
    assert one.posterior == pytest.approx(sum(weight for own, weight in one.device_posterior if own in one.device_ids))


def test_the_next_ping_is_the_one_that_tells_most() -> None:
    heard = [says("M-4-1-0", kinds.POWER_OUT, 60), says("M-4-1-1", kinds.POWER_OUT, 60)]
    heard += [says("M-4-2-0", kinds.POWER_OUT, 61)]
    one = first(infer_outages(TREE, heard, LATER))
    gains = [gain for _, gain in one.next_pings]
    assert gains == sorted(gains, reverse=True)
    assert gains[0] > 0
    asked, _ = one.next_pings[0]
    again = first(infer_outages(TREE, [*heard, says(asked, kinds.PING_OK, 400)], LATER))
    assert asked not in {meter for meter, _ in again.next_pings}


def test_a_storm_is_told_and_single_meters_wait() -> None:
    tree = build_device_tree(made(laterals=60))
    heard = [says(f"M-{number}-0-0", kinds.POWER_OUT, 130 * (number % 27) + number / 100) for number in range(60)]
    heard = [replace(one, at=BEGIN + timedelta(seconds=130.0 * number)) for number, one in enumerate(heard[:27])]
    heard = [replace(one, arrived_at=one.at) for one in heard]
    assert not infer_outages(tree, heard, BEGIN + timedelta(hours=1)).is_storm
    few = replace(InferenceSettings(), storm_sessions_per_hour=20)
    found = infer_outages(tree, heard, BEGIN + timedelta(hours=1), few)
    assert found.is_storm
    assert all(one.status != "PROBABLE" for one in found.outages)


def test_meters_that_the_network_does_not_have_are_named() -> None:
    found = infer_outages(TREE, [says("NOBODY", kinds.POWER_OUT, 60), *gasps("LAT-2", 60)], LATER)
    assert found.unknown_meters == ("NOBODY",)
    assert infer_outages(TREE, [], LATER).outages == ()


some_signals = st.lists(
    st.builds(
        says,
        st.sampled_from([*TREE.meter_ids[::3], "NOBODY"]),
        st.sampled_from(kinds.METER_TYPES),
        st.integers(0, 2000),
        st.integers(0, 60),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(some_signals, st.randoms(use_true_random=False))
def test_any_signals_in_any_order_give_the_same_sound_answer(heard: list[Signal], random) -> None:  # type: ignore[no-untyped-def]
    found = infer_outages(TREE, heard, LATER)
    shuffled = [*heard, *heard[:3]]
    random.shuffle(shuffled)
    assert infer_outages(TREE, shuffled, LATER) == found
    for one in found.outages:
        assert 0 <= one.posterior <= 1
        assert set(one.meters_reported) <= set(TREE.meter_ids)
    for cluster in found.clusters:
        assert sum(share for _, share in cluster.ranking) >= 0
    assert all(0 <= share <= 1 for share in found.meter_posterior.values())


@settings(deadline=None, max_examples=30)
@given(st.sampled_from([f"XF-2-{number}" for number in range(4)]), st.integers(1, 3))
def test_a_gasp_outside_a_child_never_makes_its_parent_less_likely(child: str, more: int) -> None:
    """Meters of one transformer gasped; now one of each other transformer gasps too, at the same moment."""
    heard = [says(meter, kinds.POWER_OUT, 60) for meter in below(child)]
    outside = [f"M-2-{number}-0" for number in range(4) if f"XF-2-{number}" != child]

    def of_lateral(signals: list[Signal]) -> float:
        ranking = infer_outages(TREE, signals, LATER).clusters[0].ranking
        return sum(share for ids, share in ranking if ids[0] in {"LAT-2", "BRK"})

    fewer = of_lateral(heard + [says(meter, kinds.POWER_OUT, 60) for meter in outside[: more - 1]])
    assert of_lateral(heard + [says(meter, kinds.POWER_OUT, 60) for meter in outside[:more]]) >= fewer - 1e-9


def test_settings_are_named_and_hashed() -> None:
    found = infer_outages(TREE, gasps("LAT-2", 60), LATER)
    other = infer_outages(TREE, gasps("LAT-2", 60), LATER, replace(InferenceSettings(), start_scale_s=9.0))
    assert found.version == "outage-inference/1"
    assert found.settings_hash != other.settings_hash
    assert settings_of(InferenceSettings())["delivery"] == [0.10, 0.30, 0.50, 0.65, 0.80, 0.92]
    assert np.isclose(sum(InferenceSettings().delivery_weight), 1.0)
