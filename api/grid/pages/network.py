"""The network as it was imported: what came in, what was left out and why, and the map."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.grid.pages.access import LOOKS
from api.pages import PageDep
from domain.grid.network.charts.map import network_map
from domain.grid.network.store.feeders import load_feeders, load_versions
from domain.grid.network.store.geometry import map_edges, map_sites
from domain.kernel.charts.words import listing, number

router = APIRouter(include_in_schema=False, dependencies=[LOOKS])
VERSIONS = 10
NAMES = {
    "substations": "Substations",
    "feeders": "Feeders",
    "nodes": "Nodes",
    "edges": "Lines, cables, switches",
    "devices": "Devices",
    "assumed_devices": "of them assumed",
    "open_ties": "Open ties",
    "transformers": "Transformers",
    "meters": "Meters",
    "meters_with_pv": "of them with PV",
    "load_profiles": "Load profiles",
}


@router.get("/grid/network")
def network(page: PageDep, feeder: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The current version with its findings, the map with one feeder in colour, and the versions before."""
    versions = load_versions(page.connection, VERSIONS)
    if not versions:
        return page.show("grid/network_empty.html")
    feeders = load_feeders(page.connection)
    chosen = feeder if any(row.feeder_id == feeder for row in feeders) else None
    edges, sites = map_edges(page.connection), map_sites(page.connection)
    total = sum(row.meters for row in feeders)
    who = "One feeder brings" if len(feeders) == 1 else f"{number(len(feeders))} feeders bring"
    title = f"{who} energy to {number(total)} meters"
    if chosen:
        own = next(row for row in feeders if row.feeder_id == chosen)
        title = f"{chosen} brings energy to {number(own.meters)} of {number(total)} meters"
    elif len(sites) == 1:
        title += f" from {listing([site.name for site in sites])}"
    return page.show(
        "grid/network.html",
        charts=[network_map(edges, sites, chosen, title, f"Source: {versions[0].source}")] if edges else [],
        current=versions[0],
        versions=versions,
        feeders=feeders,
        chosen=chosen,
        names=NAMES,
    )
