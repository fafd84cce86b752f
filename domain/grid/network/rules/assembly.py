"""From what a source says to a network that is traced: feeders, depths, parents, losses, findings.

Nothing that cannot be fed is dropped in silence: islands and unplaced meters are left out of the feeders and reported.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from domain.grid.network.rules.losses import loss_model, tech_loss_pct
from domain.grid.network.rules.model import Feeder, Finding, Meter, Network, finding
from domain.grid.network.rules.placement import (
    guards_by_edge,
    nearest_devices,
    nearest_windings,
    place_devices,
    place_edges,
    place_meters,
    place_nodes,
    place_transformers,
)
from domain.grid.network.rules.protection import assume_protection
from domain.grid.network.rules.tracing import Traced, meters_below, trace_network

_T = TypeVar("_T")


def assemble(draft: Network, *, assume: bool = True) -> Network:
    """Trace `draft` and fill feeder, depth, parents and losses; rows are sorted by id.

    `assume` adds assumed protection where the source names none. Meters on islands are left out and reported.
    """
    traced = trace_network(draft)
    network, tree = traced.network, traced.tree
    devices = list(network.devices)
    if assume:
        below = meters_below(traced)
        devices += assume_protection(tree, network.edges, network.transformers, devices, below)
    guards = guards_by_edge(traced, devices)
    chain = nearest_devices(traced, guards)
    transformers, winding = place_transformers(traced, chain)
    above = nearest_windings(traced, winding)
    meters, findings = place_meters(traced, chain, above)
    return replace(
        network,
        feeders=_by_id(_with_losses(network.feeders, meters), lambda feeder: feeder.feeder_id),
        nodes=_by_id(place_nodes(traced), lambda node: node.node_id),
        edges=_by_id(place_edges(traced), lambda edge: edge.edge_id),
        devices=_by_id(place_devices(traced, devices, guards, chain), lambda device: device.device_id),
        transformers=_by_id(transformers, lambda transformer: transformer.transformer_id),
        meters=_by_id((meter for meter, _ in meters), lambda meter: meter.meter_id),
        profiles=_by_id(network.profiles, lambda profile: profile.profile_id),
        findings=(*network.findings, *_graph_findings(traced), *findings),
    )


def _by_id(rows: Iterable[_T], key: Callable[[_T], str]) -> tuple[_T, ...]:
    return tuple(sorted(rows, key=key))


def _with_losses(feeders: tuple[Feeder, ...], meters: list[tuple[Meter, float]]) -> list[Feeder]:
    """Feeders with their loss model; a loss that the source states is kept."""
    load: defaultdict[str, float] = defaultdict(float)
    moment: defaultdict[str, float] = defaultdict(float)
    for meter, distance_m in meters:
        mean_kw = meter.base_kwh_day / 24.0
        load[meter.feeder_id or ""] += mean_kw
        moment[meter.feeder_id or ""] += mean_kw * distance_m / 1000.0
    filled = []
    for feeder in feeders:
        mean_kw = load[feeder.feeder_id]
        pct = feeder.tech_loss_pct or round(tech_loss_pct(moment[feeder.feeder_id], mean_kw), 4)
        noload_kw, copper_per_kw = loss_model(pct, mean_kw)
        filled.append(replace(feeder, tech_loss_pct=pct, loss_noload_kw=noload_kw, loss_copper_per_kw=copper_per_kw))
    return filled


def _graph_findings(traced: Traced) -> list[Finding]:
    """Islands, loops, joined feeders, missing coordinates and unknown phases."""
    network, tree = traced.network, traced.tree
    found = []
    if tree.islands:
        heads = [f"{network.nodes[nodes[0]].node_id} ({len(nodes)} nodes)" for nodes in tree.islands]
        found.append(finding("warning", "ISLANDS", heads, "groups of nodes that no feeder reaches over closed edges"))
    within: list[str] = []
    between: list[str] = []
    for index in tree.loop_edges:
        edge = network.edges[index]
        joined = tree.feeder[traced.node_at[edge.from_node]] != tree.feeder[traced.node_at[edge.to_node]]
        (between if joined else within).append(edge.edge_id)
    if within:
        text = "closed loops; each is treated as one section, its inner devices isolate nothing by themselves"
        found.append(finding("warning", "LOOPS", within, text))
    if between:
        text = "closed edges that join two feeders; each feeder is traced to this edge and no further"
        found.append(finding("warning", "FEEDERS_JOINED", between, text))
    bare = [node.node_id for node in network.nodes if node.latitude is None or node.longitude is None]
    if bare:
        found.append(finding("info", "COORDINATES_MISSING", bare, "nodes without coordinates are not drawn on maps"))
    blank = [edge.edge_id for edge in network.edges if not edge.phases or "X" in edge.phases]
    if blank:
        found.append(finding("info", "PHASES_UNKNOWN", blank, "edges whose phases the source does not name"))
    return found
