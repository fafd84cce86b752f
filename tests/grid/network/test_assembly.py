"""Placing things in the tree, assumed protection, losses: on small networks drawn by hand."""

import pytest

from domain.grid.network.rules.assembly import assemble
from domain.grid.network.rules.meters import numbered, settled
from domain.grid.network.rules.model import Device, Edge, Feeder, Meter, Network, Node, Transformer
from domain.kernel.errors import Conflict


def network(edges: list[Edge], meters: dict[str, str], **rest: object) -> Network:
    """Node `S` is the substation, edge `head` leaves it; `meters` are id -> node."""
    nodes = sorted({end for edge in edges for end in (edge.from_node, edge.to_node)} | set(meters.values()))
    given: dict[str, object] = {
        "feeders": (Feeder("F1", "F1", "F1", head_edges=("head",)),),
        "nodes": tuple(Node(node, is_substation=node == "S") for node in nodes),
        "edges": tuple(edges),
        "meters": tuple(Meter(own, own, node, base_kwh_day=24.0) for own, node in meters.items()),
    }
    return Network("test", "0" * 64, **(given | rest))  # type: ignore[arg-type]


def line(
    name: str, first: str, second: str, phases: str | None = "ABC", *, kind: str = "line", is_open: bool = False
) -> Edge:
    return Edge(name, first, second, kind, 100.0, phases, is_open=is_open)


def codes(made: Network) -> dict[str, int]:
    return {finding.code: finding.count for finding in made.findings}


def test_protection_is_assumed_where_none_is_named_and_marked_so() -> None:
    edges = [
        line("head", "S", "a"),
        line("sw", "a", "b", kind="switch"),
        line("tie", "b", "z", kind="switch", is_open=True),
        line("on", "b", "c"),
        line("lateral", "b", "d", "A"),
        line("further", "d", "e", "A"),
        line("xf", "e", "f", "A", kind="transformer"),
        line("xf3", "c", "g", kind="transformer"),
    ]
    transformers = (Transformer("xf", "xf", "f", 25.0, "A"), Transformer("xf3", "xf3", "g", 500.0, "ABC"))
    made = assemble(network(edges, {"m1": "f", "m2": "g", "m3": "e"}, transformers=transformers))
    found = {device.device_id: (device.type, device.assumed, device.parent_device_id) for device in made.devices}
    assert found == {
        "BRK-head": ("breaker", True, None),
        "sw": ("sectionalizer", True, "BRK-head"),
        "tie": ("tie", False, "sw"),
        "FUSE-lateral": ("fuse", True, "sw"),
        "XF-xf": ("xfmr_fuse", True, "FUSE-lateral"),
    }
    meters = {meter.meter_id: (meter.device_id, meter.transformer_id) for meter in made.meters}
    assert meters == {"m1": ("XF-xf", "xf"), "m2": ("sw", "xf3"), "m3": ("FUSE-lateral", None)}


def test_no_fuse_is_assumed_on_a_transformer_with_forty_meters() -> None:
    edges = [line("head", "S", "a"), line("xf", "a", "b", "A", kind="transformer")]
    transformer = (Transformer("xf", "xf", "b", 50.0, "A"),)
    for meters, fuses in ((39, 1), (40, 0)):
        made = assemble(network(edges, {f"m{n:02d}": "b" for n in range(meters)}, transformers=transformer))
        assert sum(device.type == "xfmr_fuse" for device in made.devices) == fuses


def test_no_fuse_is_assumed_where_the_feeder_does_not_fork_or_phases_are_unknown() -> None:
    straight = [line("head", "S", "a"), line("one", "a", "b", "A")]
    unknown = [line("head", "S", "a"), line("one", "a", "b", None), line("two", "a", "c")]
    for edges in (straight, unknown):
        made = assemble(network(edges, {"m": "b"}))
        assert [device.type for device in made.devices] == ["breaker"]
    assert codes(assemble(network(unknown, {"m": "b"})))["PHASES_UNKNOWN"] == 1


def test_a_named_device_replaces_the_assumption_where_it_stands() -> None:
    edges = [line("head", "S", "a"), line("sw", "a", "b", kind="switch")]
    named = (Device("R1", "recloser", "head"), Device("F7", "fuse", "sw"))
    made = assemble(network(edges, {"m": "b"}, devices=named))
    assert {device.device_id for device in made.devices} == {"R1", "F7"}
    assert {device.device_id: device.parent_device_id for device in made.devices} == {"R1": None, "F7": "R1"}


def test_two_devices_on_one_edge_stand_in_a_row() -> None:
    edges = [line("head", "S", "a"), line("x", "a", "b")]
    named = (Device("B", "breaker", "head"), Device("FU", "fuse", "x"), Device("RE", "recloser", "x"))
    made = assemble(network(edges, {"m": "b"}, devices=named))
    assert {device.device_id: device.parent_device_id for device in made.devices} == {"B": None, "RE": "B", "FU": "RE"}
    assert made.meters[0].device_id == "FU"


def test_a_closed_loop_is_one_section_whose_inner_devices_guard_nothing() -> None:
    edges = [
        line("head", "S", "a"),
        line("left", "a", "b", kind="switch"),
        line("right", "a", "c", kind="switch"),
        line("close", "b", "c"),
        line("out", "c", "d", kind="switch"),
    ]
    made = assemble(network(edges, {"m1": "b", "m2": "c", "m3": "d"}))
    assert codes(made)["LOOPS"] == 1
    assert {meter.meter_id: meter.device_id for meter in made.meters} == {
        "m1": "BRK-head",
        "m2": "BRK-head",
        "m3": "out",
    }
    assert next(one for one in made.devices if one.device_id == "out").parent_device_id == "BRK-head"


def test_feeders_that_are_joined_by_a_closed_edge_keep_their_breakers() -> None:
    edges = [line("head", "S", "a"), line("head2", "S", "b"), line("joins", "a", "b")]
    feeders = (Feeder("F1", "F1", "F1", head_edges=("head",)), Feeder("F2", "F2", "F2", head_edges=("head2",)))
    made = assemble(network(edges, {"m1": "a", "m2": "b"}, feeders=feeders))
    assert codes(made)["FEEDERS_JOINED"] == 1
    assert [(meter.feeder_id, meter.device_id) for meter in made.meters] == [("F1", "BRK-head"), ("F2", "BRK-head2")]


def test_islands_are_reported_and_their_meters_left_out() -> None:
    edges = [line("head", "S", "a"), line("far", "x", "y"), line("gap", "a", "x", is_open=True)]
    made = assemble(network(edges, {"m1": "a", "m2": "y", "m3": "nowhere"}))
    assert [meter.meter_id for meter in made.meters] == ["m1"]
    assert codes(made)["ISLANDS"] == 2
    assert codes(made)["METERS_UNFED"] == 2
    assert {node.node_id: node.depth for node in made.nodes} == {
        "S": None,
        "a": 0,
        "nowhere": None,
        "x": None,
        "y": None,
    }


def test_single_phase_units_side_by_side_are_no_loop() -> None:
    named = [line("head", "S", "a"), line("r1", "a", "b", "A"), line("r2", "a", "b", "B"), line("r3", "a", "b", "C")]
    counted = [line("head", "S", "a"), line("r1", "a", "b", "X"), line("r2", "a", "b", "X")]
    same = [line("head", "S", "a"), line("r1", "a", "b"), line("r2", "a", "b")]
    assert "LOOPS" not in codes(assemble(network(named, {"m": "b"})))
    assert "LOOPS" not in codes(assemble(network(counted, {"m": "b"})))
    assert codes(assemble(network(same, {"m": "b"})))["LOOPS"] == 1


def test_meters_without_coordinates_stand_where_the_nearest_node_above_them_stands() -> None:
    nodes = (Node("S", is_substation=True), Node("a", None, 1.0, 2.0), Node("b"))
    made = assemble(network([line("head", "S", "a"), line("x", "a", "b")], {"m": "b"}, nodes=nodes))
    assert (made.meters[0].latitude, made.meters[0].longitude) == (1.0, 2.0)
    assert codes(made)["COORDINATES_MISSING"] == 2


def test_depth_is_the_share_of_the_way_to_the_far_end() -> None:
    edges = [line("head", "S", "a"), line("x", "a", "b"), line("y", "b", "c"), line("z", "c", "d")]
    made = assemble(network(edges, {"m1": "a", "m2": "b", "m4": "d"}))
    assert [meter.electrical_depth for meter in made.meters] == [0.25, 0.5, 1.0]


def test_a_graph_with_no_feeder_feeds_nobody_and_does_not_fail() -> None:
    made = assemble(network([line("head", "S", "a")], {"m": "a"}, feeders=()))
    assert made.meters == ()
    assert codes(made)["METERS_UNFED"] == 1


def test_meters_keep_their_ids_when_a_customer_is_added_before_them() -> None:
    before = numbered(assemble(network([line("head", "S", "a")], {"p": "a", "q": "a"})))
    standing = {meter.external_ref: meter.meter_id for meter in before.meters}
    after = settled(numbered(assemble(network([line("head", "S", "a")], {"a": "a", "p": "a", "q": "a"}))), standing)
    ids = {meter.external_ref: meter.meter_id for meter in after.meters}
    assert ids == {"p": "M000001", "q": "M000002", "a": "M000004"}
    assert [meter.meter_id for meter in after.meters] == sorted(ids.values())


def test_a_stated_meter_id_that_belongs_to_another_customer_is_refused() -> None:
    own = assemble(network([line("head", "S", "a")], {"M000001": "a"}))
    assert settled(own, {"M000001": "M000001"}) == own
    with pytest.raises(Conflict, match="already the id of another"):
        settled(own, {"LV1 Load 1": "M000001"})
