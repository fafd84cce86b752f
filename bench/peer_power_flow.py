"""The same network solved by power-grid-model: an independent judge of voltages, currents and options.

It takes a circuit's impedances and an option's own steps, and none of the product's walks, sweeps or checks: what is
energised, which edges carry the load that comes back, and what is allowed is found again here, plainly.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from power_grid_model import ComponentType, LoadGenType, PowerGridModel, initialize_array
from power_grid_model.errors import PowerGridError

from domain.grid.network.rules.model import Network
from domain.grid.outages.rules.circuit import Circuit, build_circuit
from domain.grid.outages.rules.options.model import Option, OutageContext
from domain.grid.outages.rules.options.settings import OptionSettings

VOLTS = 1000.0  # everything is solved on 1 kV and 1 MVA, where ohms are per-unit values
LEAST_Z = 1e-7


@dataclass(frozen=True)
class Peer:
    """What the peer found, by node and by edge of the circuit; None if it found no state."""

    energised: np.ndarray
    voltage_pu: np.ndarray
    current_pu: np.ndarray


def solve_peer(
    circuit: Circuit, closed: Collection[int], heads: Collection[int], load_mva: np.ndarray, source_pu: float
) -> Peer | None:
    """Solve with the edges `closed` and sources behind the circuit's `heads`."""
    nodes, heads = len(circuit.network.nodes), sorted(heads)
    node = initialize_array("input", "node", nodes + len(heads))
    node["id"] = np.arange(nodes + len(heads))
    node["u_rated"] = VOLTS
    first = nodes + len(heads)
    rows = [(edge, *circuit.ends[edge]) for edge in sorted(closed)]
    entries = []
    for number, head in enumerate(heads):
        _, at, edge = circuit.heads[head]
        entries.append((edge, nodes + number, at))
    rows = [row for row in rows if row[0] not in {edge for edge, _, _ in entries}] + entries
    z = np.array([complex(circuit.z[edge]) if edge >= 0 else 0j for edge, _, _ in rows])
    z[np.abs(z) < LEAST_Z] = LEAST_Z
    line = initialize_array("input", "line", len(rows))
    line["id"] = first + np.arange(len(rows))
    line["from_node"] = [row[1] for row in rows]
    line["to_node"] = [row[2] for row in rows]
    line["from_status"] = line["to_status"] = 1
    line["r1"], line["x1"] = z.real, z.imag
    line["c1"] = line["tan1"] = 0.0
    line["i_n"] = 1e6
    loaded = np.flatnonzero(np.abs(load_mva) > 0)
    load = initialize_array("input", "sym_load", len(loaded))
    load["id"] = first + len(rows) + np.arange(len(loaded))
    load["node"], load["status"], load["type"] = loaded, 1, LoadGenType.const_power
    load["p_specified"], load["q_specified"] = load_mva[loaded].real * 1e6, load_mva[loaded].imag * 1e6
    source = initialize_array("input", "source", len(heads))
    source["id"] = first + len(rows) + len(loaded) + np.arange(len(heads))
    source["node"], source["status"], source["u_ref"] = nodes + np.arange(len(heads)), 1, source_pu
    source["sk"] = 1e15
    try:
        model = PowerGridModel({"node": node, "line": line, "sym_load": load, "source": source})
        out = model.calculate_power_flow(error_tolerance=1e-9, max_iterations=50)
    except PowerGridError:
        return None
    current = np.zeros(len(circuit.ends))
    base_a = 1e6 / (math.sqrt(3.0) * VOLTS)
    for index, row in enumerate(rows):
        if row[0] >= 0:
            current[row[0]] = out[ComponentType.line]["i_to"][index] / base_a
    state = out[ComponentType.node]
    return Peer(state["energized"][:nodes].astype(bool), state["u_pu"][:nodes], current)


@dataclass(frozen=True)
class Verdict:
    """The peer's judgement of an option: loading as a ratio, voltage per unit; NaN where it found no state."""

    accepts: bool
    loading: float
    v_min_pu: float
    radial: bool
    restores_exactly: bool


def before_the_outage(network: Network, context: OutageContext) -> Circuit:
    """The network as it stood; its impedances are what the peer takes over."""
    own = set(context.device_ids)
    return build_circuit(network, [one for one in context.open_devices if one not in own], context.closed_devices)


def judge(
    network: Network,
    option: Option,
    context: OutageContext,
    settings: OptionSettings,
    before: Circuit | None = None,
) -> Verdict:
    """Carry out the option's steps on the peer's network and judge loading and voltage by the same limits."""
    own = set(context.device_ids)
    before = before or before_the_outage(network, context)
    state = {one.device_id: one.proposed for one in option.steps if one.device_id}
    closed = _closed_edges(before, state, own)
    heads = [number for number, (feeder, _, edge) in enumerate(before.heads) if edge < 0 or edge in closed]
    radial = _is_forest(before, closed, heads)
    restored_ids = {meter_id for group in option.groups for meter_id in group.meter_ids}
    at = {one.meter_id: before.node_at[one.node_id or ""] for one in network.meters}
    usual = _closed_edges(before, {}, own)
    was = _fed_from(before, usual, [n for n, (_, _, edge) in enumerate(before.heads) if edge < 0 or edge in usual])
    now = _fed_from(before, closed, heads)
    back = {node: head for node, head in now.items() if node not in was}
    out = set(context.out_meter_ids)
    expected = {one.meter_id for one in network.meters if at[one.meter_id] in back and (not out or one.meter_id in out)}
    load = _load(before, network, context, settings, back, option.clpu_factor)
    supplying = sorted({before.heads[head][0] for head in back.values()})
    chosen = [head for head in heads if before.heads[head][0] in supplying]
    peer = solve_peer(before, closed & _reachable(before, closed, now, chosen), chosen, load, settings.source_v_pu)
    if peer is None:
        return Verdict(False, math.nan, math.nan, radial, expected == restored_ids)
    loading, v_min = _worst(before, peer, closed, now, back, chosen)
    first = min((group.at_min for group in option.groups), default=0.0)
    brief = context.repair_min - first <= settings.emergency_min
    limit = settings.emergency_loading if brief else settings.normal_loading
    accepts = loading <= limit and v_min >= settings.v_min_pu
    return Verdict(accepts, loading, v_min, radial, expected == restored_ids)


def _closed_edges(circuit: Circuit, state: Mapping[str, str], tripped: Collection[str]) -> set[int]:
    """Edges that carry current when the devices stand as `state` says and the outage's own are open."""
    closed = {edge for edge, carries in enumerate(circuit.closed) if carries and edge not in circuit.in_bank}
    closed -= set(circuit.tree.loop_edges)
    for device in circuit.network.devices:
        said = state.get(device.device_id, "open" if device.device_id in tripped else None)
        edge = circuit.edge_at.get(device.edge_id or "", -1)
        if said == "open":
            closed.discard(edge)
        elif said == "closed":
            closed.add(edge)
    return closed


def _near(circuit: Circuit, closed: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    near: dict[int, list[tuple[int, int]]] = {}
    nodes = circuit.network.nodes
    for edge in sorted(closed):
        a, b = circuit.ends[edge]
        if not nodes[a].is_substation and not nodes[b].is_substation:
            near.setdefault(a, []).append((edge, b))
            near.setdefault(b, []).append((edge, a))
    return near


def _fed_from(circuit: Circuit, closed: Collection[int], heads: Collection[int]) -> dict[int, int]:
    """For each fed node the number of the head that feeds it."""
    near = _near(circuit, closed)
    found = {circuit.heads[head][1]: head for head in heads}
    queue = list(found)
    for node in queue:
        for _, other in near.get(node, []):
            if other not in found:
                found[other] = found[node]
                queue.append(other)
    return found


def _is_forest(circuit: Circuit, closed: Collection[int], heads: Collection[int]) -> bool:
    """Whether no loop is closed and no two heads are joined: edges of the fed part = nodes less heads."""
    fed = _fed_from(circuit, closed, heads)
    nodes = circuit.network.nodes
    inner = [
        edge
        for edge in closed
        if circuit.ends[edge][0] in fed
        and circuit.ends[edge][1] in fed
        and not any(nodes[end].is_substation for end in circuit.ends[edge])
    ]
    return len(inner) == len(fed) - len({circuit.heads[head][1] for head in heads})


def _reachable(circuit: Circuit, closed: set[int], fed: Mapping[int, int], heads: Collection[int]) -> set[int]:
    chosen = set(heads)
    return {edge for edge in closed if all(fed.get(end) in chosen for end in circuit.ends[edge])}


def _load(
    circuit: Circuit,
    network: Network,
    context: OutageContext,
    settings: OptionSettings,
    back: Collection[int],
    clpu: float,
) -> np.ndarray:
    load = np.zeros(len(circuit.network.nodes), dtype=complex)
    reactive = math.tan(math.acos(settings.power_factor))
    for meter in network.meters:
        node = circuit.node_at[meter.node_id or ""]
        kw = context.load_kw.get(meter.meter_id, meter.base_kwh_day / 24.0 * settings.peak_over_mean)
        load[node] += max(kw, 0.0) / 1000.0 * complex(1.0, reactive) * (clpu if node in back else 1.0)
    return load


def _worst(
    circuit: Circuit,
    peer: Peer,
    closed: Collection[int],
    fed: Mapping[int, int],
    back: Mapping[int, int],
    heads: Collection[int],
) -> tuple[float, float]:
    """Highest loading of rated primary edges that carry what came back; lowest voltage on the heads that feed it."""
    near = _near(circuit, closed)
    towards: dict[int, tuple[int, int]] = {}
    queue = []
    for head in heads:
        _, node, edge = circuit.heads[head]
        towards[node] = (edge, -1)
        queue.append(node)
    for node in queue:
        for edge, other in near.get(node, []):
            if other not in towards:
                towards[other] = (edge, node)
                queue.append(other)
    used: dict[int, int] = {}
    for node in back:
        at = node
        while at != -1 and at in towards and towards[at][0] not in used:
            edge, above = towards[at]
            used[edge] = at
            at = above
    primary = circuit.is_primary
    worst = 0.0
    for edge in sorted(used):
        if edge >= 0 and not math.isnan(circuit.rated_a[edge]) and primary[used[edge]]:
            base_a = 1000.0 / (math.sqrt(3.0) * circuit.edge_kv[edge])
            amperes = float(peer.current_pu[edge]) * base_a * 3.0 / circuit.conductors[edge]
            worst = max(worst, amperes / float(circuit.rated_a[edge]))
    feeding = set(back.values())
    judged = [node for node, head in fed.items() if head in feeding and primary[node]]
    return worst, float(min((peer.voltage_pu[node] for node in judged), default=9.0))
