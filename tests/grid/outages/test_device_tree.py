"""The device tree: slices against parents walked one by one, switching against a network assembled anew."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grid.network.rules.assembly import assemble
from domain.grid.network.rules.model import Network
from domain.grid.outages.rules.device_tree import NONE, DeviceTree, build_device_tree
from domain.kernel.errors import Invalid
from tests.grid.outages.networks import networks


def walked(network: Network) -> dict[str, set[str]]:
    """Meters below each device that stands closed, parent by parent."""
    parents = {one.device_id: one.parent_device_id for one in network.devices}
    below: dict[str, set[str]] = {
        one.device_id: set() for one in network.devices if not one.normally_open and one.feeder_id
    }
    for meter in network.meters:
        own = meter.device_id
        while own is not None:
            below[own].add(meter.meter_id)
            own = parents[own]
    return below


def sliced(tree: DeviceTree) -> dict[str, set[str]]:
    return {own: set(tree.meters_below(index)) for index, own in enumerate(tree.device_ids)}


@given(networks())
def test_what_lies_below_a_device_is_one_slice(network: Network) -> None:
    tree = build_device_tree(network)
    assert sliced(tree) == walked(network)
    assert sorted(tree.meter_ids) == [one.meter_id for one in network.meters]
    for index in range(len(tree.device_ids)):
        below = {lower for lower in range(len(tree.device_ids)) if index in tree.path(lower)}
        assert below == set(range(index, int(tree.end[index])))
        assert tree.parent[index] < index
    for one in tree.feeders:
        own = {meter.meter_id for meter in network.meters if meter.feeder_id == one.feeder_id}
        assert set(tree.meter_ids[one.meter_first : one.meter_end]) == own
    ranked = sorted(range(len(tree.meter_ids)), key=lambda index: int(tree.meter_rank[index]))
    assert [tree.meter_ids[index] for index in ranked] == sorted(tree.meter_ids)


@given(networks())
def test_a_class_is_the_devices_with_the_same_meters(network: Network) -> None:
    tree = build_device_tree(network)
    below = sliced(tree)
    for index, own in enumerate(tree.device_ids):
        if not below[own]:
            assert tree.class_of[index] == NONE
            continue
        alike = {other for other in tree.device_ids if below[other] == below[own]}
        assert {tree.device_ids[member] for member in tree.same_class(index)} == alike
        assert tree.device_ids[int(tree.class_of[index])] in alike


@given(networks(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_decides_nothing(network: Network, random) -> None:  # type: ignore[no-untyped-def]
    first = build_device_tree(network)
    shuffled = {}
    for name in ("devices", "meters", "edges", "nodes", "feeders"):
        rows = list(getattr(network, name))
        random.shuffle(rows)
        shuffled[name] = tuple(rows)
    again = build_device_tree(replace(network, **shuffled))
    assert (first.device_ids, first.meter_ids, first.feeders) == (again.device_ids, again.meter_ids, again.feeders)
    assert (first.class_of == again.class_of).all()


@given(networks(), st.data())
def test_switching_is_what_assembling_the_switched_network_gives(network: Network, data: st.DataObject) -> None:
    ids = [one.device_id for one in network.devices]
    chosen = data.draw(st.lists(st.sampled_from(ids), max_size=3, unique=True)) if ids else []
    opened = [own for own in chosen if data.draw(st.booleans())]
    closed = [own for own in chosen if own not in opened]
    tree = build_device_tree(network, opened, closed)

    state = {one.device_id: one.normally_open for one in network.devices}
    state |= dict.fromkeys(opened, True) | dict.fromkeys(closed, False)
    named = {one.edge_id for one in network.devices if one.device_id in chosen}
    open_edges = {one.edge_id for one in network.devices if one.edge_id in named and state[one.device_id]}
    anew = assemble(
        replace(
            network,
            edges=tuple(
                replace(one, is_open=one.edge_id in open_edges) if one.edge_id in named else one
                for one in network.edges
            ),
            devices=tuple(replace(one, normally_open=state[one.device_id]) for one in network.devices),
            meters=tuple(replace(one, feeder_id=None, device_id=None) for one in network.meters),
            findings=(),
        ),
        assume=False,
    )
    assert sliced(tree) == walked(anew)
    fed = {one.meter_id for one in anew.meters}
    assert set(tree.meter_ids) == fed
    assert set(tree.unfed_meter_ids) == {one.meter_id for one in network.meters} - fed


@given(networks(ties=False))
def test_opening_a_device_leaves_its_meters_unfed(network: Network) -> None:
    tree = build_device_tree(network)
    for index, own in enumerate(tree.device_ids):
        assert set(build_device_tree(network, [own]).unfed_meter_ids) == set(tree.meters_below(index))


@given(networks())
def test_unknown_and_contradicting_devices_are_refused_in_words(network: Network) -> None:
    with pytest.raises(Invalid, match="has no device nowhere"):
        build_device_tree(network, ["nowhere"])
    if network.devices:
        own = network.devices[0].device_id
        with pytest.raises(Invalid, match="open and closed at once"):
            build_device_tree(network, [own], [own])
