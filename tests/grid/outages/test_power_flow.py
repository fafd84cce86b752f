"""The sweep agrees with independent solvers: power-grid-model on the same circuit, OpenDSS on the same model."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.made_up_networks import random_network
from bench.peer_power_flow import solve_peer
from domain.grid.network.importers.opendss import import_opendss, import_opendss_csv
from domain.grid.network.importers.simbench import import_simbench
from domain.grid.network.rules.model import Network
from domain.grid.outages.rules.circuit import Circuit, build_circuit
from domain.grid.outages.rules.power_flow import Flow, solve, walk
from domain.kernel.settings import settings as product_settings

VOLTAGE_AGREES, CURRENT_AGREES = 0.005, 0.02


def heads_of(circuit: Circuit, feeder: int) -> list[int]:
    """The numbers of a feeder's heads."""
    return [number for number, (own, _, _) in enumerate(circuit.heads) if own == feeder]


def feeder_flow(circuit: Circuit, feeder_id: str, load_mva: np.ndarray, source_pu: float) -> Flow:
    """The state of one feeder as it stands."""
    index = next(i for i, feeder in enumerate(circuit.network.feeders) if feeder.feeder_id == feeder_id)
    return solve(circuit, walk(circuit, heads_of(circuit, index)), load_mva, source_pu)


def loads(circuit: Circuit, times: float) -> np.ndarray:
    """Mean power of each meter, `times` over, at a power factor of 0.95."""
    load = np.zeros(len(circuit.network.nodes), dtype=complex)
    for meter in circuit.network.meters:
        load[circuit.node_at[meter.node_id or ""]] += meter.base_kwh_day / 24e3 * times * complex(1, 0.3287)
    return load


def differences(circuit: Circuit, load: np.ndarray, source_pu: float = 1.03) -> tuple[float, float]:
    """The largest relative differences in voltage and in current over all feeders, small currents left out."""
    closed = {edge for edge, carries in enumerate(circuit.closed) if carries and edge not in circuit.in_bank}
    closed -= set(circuit.tree.loop_edges)
    worst_v = worst_i = 0.0
    for number in range(len(circuit.network.feeders)):
        heads = heads_of(circuit, number)
        radial = walk(circuit, heads)
        flow = solve(circuit, radial, load, source_pu)
        own = set(radial.edge.tolist())
        mine = np.zeros_like(load)
        mine[radial.node] = load[radial.node]
        peer = solve_peer(circuit, closed & own, heads, mine, source_pu)
        assert peer is not None
        assert flow.converged
        assert peer.energised[radial.node].all()
        worst_v = max(worst_v, float(np.abs(flow.voltage_pu / peer.voltage_pu[radial.node] - 1).max()))
        loaded = (radial.edge >= 0) & (flow.current_pu > 1e-4)
        theirs = peer.current_pu[radial.edge[loaded]]
        worst_i = max(worst_i, float(np.abs(flow.current_pu[loaded] / theirs - 1).max(initial=0.0)))
    return worst_v, worst_i


@pytest.mark.parametrize("seed", range(40))
def test_random_radial_feeders_agree_with_the_peer(seed: int) -> None:
    circuit = build_circuit(random_network(seed, nodes=30, kw=[50.0, 150.0, 300.0][seed % 3]))
    voltage, current = differences(circuit, loads(circuit, 1.0))
    assert voltage <= VOLTAGE_AGREES
    assert current <= CURRENT_AGREES


@pytest.mark.parametrize("feeder", ["ieee13", "ieee34", "ieee37", "ieee123", "epri_ckt5"])
def test_published_feeders_agree_with_the_peer(shared_data: Path, feeder: str) -> None:
    circuit = build_circuit(import_opendss_csv(shared_data / "opendss_feeders" / feeder))
    voltage, current = differences(circuit, loads(circuit, 0.5))
    assert voltage <= VOLTAGE_AGREES
    assert current <= CURRENT_AGREES


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The demo's network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COUNTERSIGN_HOME", str(tmp_path_factory.mktemp("home")))
        product_settings.cache_clear()
        network = import_simbench()
    product_settings.cache_clear()
    return network


def test_the_demo_network_agrees_with_the_peer(demo: Network) -> None:
    circuit = build_circuit(demo)
    voltage, current = differences(circuit, loads(circuit, 2.0))
    assert voltage <= VOLTAGE_AGREES
    assert current <= CURRENT_AGREES


BALANCED = """
Clear
New Circuit.small basekv=12.47 bus1=sourcebus pu=1.03 mvasc3=1e9 mvasc1=1e9
New Linecode.wide nphases=3 r1=0.19 x1=0.38 r0=0.5 x0=1.2 c1=0 c0=0 units=km
New Linecode.thin nphases=3 r1=0.6 x1=0.42 r0=1.1 x0=1.4 c1=0 c0=0 units=km
New Line.trunk bus1=sourcebus bus2=a linecode=wide length=4 units=km normamps=400
New Line.left bus1=a bus2=b linecode=thin length=3 units=km normamps=200
New Line.right bus1=a bus2=c linecode=thin length=2 units=km normamps=200
New Transformer.service phases=3 windings=2 buses=[c d] conns=[wye wye] kvs=[12.47 0.416] kvas=[500 500] xhl=4
~ %rs=[0.6 0.6] %noloadloss=0 ppm_antifloat=0
New Load.one bus1=b phases=3 kv=12.47 kw=1500 pf=0.95 model=1 vminpu=0.5
New Load.two bus1=d phases=3 kv=0.416 kw=300 pf=0.95 model=1 vminpu=0.5
Set voltagebases=[12.47 0.416]
Calcvoltagebases
Solve
"""


def test_a_balanced_feeder_agrees_with_opendss(tmp_path: Path) -> None:
    from dss import DSS

    path = tmp_path / "master.dss"
    path.write_text(BALANCED)
    network = import_opendss(path)
    circuit = build_circuit(network)
    load = np.zeros(len(network.nodes), dtype=complex)
    load[circuit.node_at["b"]] = complex(1.5, 1.5 * 0.328684)
    load[circuit.node_at["d"]] = complex(0.3, 0.3 * 0.328684)
    flow = feeder_flow(circuit, network.feeders[0].feeder_id, load, 1.03)
    engine = DSS.NewContext()
    engine.AllowForms = False
    engine.AllowChangeDir = False
    engine.Text.Command = f'compile "{path}"'
    for position, node in enumerate(flow.radial.node.tolist()):
        name = network.nodes[node].node_id
        engine.ActiveCircuit.SetActiveBus(name)
        theirs = float(engine.ActiveCircuit.ActiveBus.puVmagAngle[0])
        assert flow.voltage_pu[position] == pytest.approx(theirs, rel=VOLTAGE_AGREES), name
        edge = int(flow.radial.edge[position])
        if network.edges[edge].kind == "line":
            engine.ActiveCircuit.SetActiveElement(f"Line.{network.edges[edge].edge_id}")
            amperes = float(engine.ActiveCircuit.ActiveCktElement.CurrentsMagAng[0])
            mine = circuit.amperes(flow.radial.edge[position : position + 1], flow.current_pu[position : position + 1])
            assert float(mine[0]) == pytest.approx(amperes, rel=CURRENT_AGREES), name


def test_more_load_than_the_network_can_carry_is_said_and_not_calculated_away() -> None:
    circuit = build_circuit(random_network(1, nodes=30))
    flow = feeder_flow(circuit, "F1", loads(circuit, 100.0), 1.03)
    assert not flow.converged


def slow_sums(flow: Flow, values: np.ndarray) -> tuple[list[complex], list[complex]]:
    below, along = list(values), [0j] * len(values)
    for position in range(len(values) - 1, -1, -1):
        above = int(flow.radial.parent[position])
        if above >= 0:
            below[above] += below[position]
    for position in range(len(values)):
        above = int(flow.radial.parent[position])
        along[position] = values[position] + (along[above] if above >= 0 else 0j)
    return below, along


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), nodes=st.integers(2, 40))
def test_sums_over_what_lies_below_and_along_the_way_are_those_of_a_plain_walk(seed: int, nodes: int) -> None:
    circuit = build_circuit(random_network(seed, feeders=2, nodes=nodes))
    flow = feeder_flow(circuit, "F1", loads(circuit, 0.1), 1.0)
    values = np.arange(1, len(flow.radial.node) + 1) * (1 - 0.5j)
    below, along = slow_sums(flow, values)
    assert np.allclose(flow.radial.below(values), below)
    assert np.allclose(flow.radial.along(values), along)


def test_voltage_falls_along_the_feeder_and_current_at_the_head_is_the_largest() -> None:
    circuit = build_circuit(random_network(5, nodes=20))
    flow = feeder_flow(circuit, "F1", loads(circuit, 0.3), 1.0)
    parent = flow.radial.parent
    inner = parent >= 0
    assert (flow.voltage_pu[inner] <= flow.voltage_pu[parent[inner]] + 1e-12).all()
    assert flow.current_pu[0] == flow.current_pu.max()


def test_an_edge_without_ohms_gets_typical_ones_and_is_marked(shared_data: Path) -> None:
    circuit = build_circuit(import_opendss_csv(shared_data / "opendss_feeders" / "ieee123"))
    lines = [index for index, edge in enumerate(circuit.network.edges) if edge.kind == "line"]
    assert circuit.assumed[lines].all()
    assert (np.abs(circuit.z[lines]) > 0).all()
    assert not build_circuit(random_network(0)).assumed.any()
