"""One outage on a published feeder, as the machine's key and an operator bring it to the API: what advice is asked of.

EPRI ckt5 where its files are (COUNTERSIGN_SHARED_DATA), else a made-up network of `nodes` nodes a feeder.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx

from bench.made_up_networks import random_network
from domain.grid.network.importers.opendss import import_opendss_csv
from domain.grid.network.observe import import_network
from domain.grid.network.rules.meters import numbered
from domain.grid.network.rules.model import Network
from domain.grid.outages.rules.signals import Signal
from domain.grid.outages.rules.storm import Fault, reports_of
from domain.grid.outages.store import crews
from domain.grid.outages.store.crews import CrewNow
from domain.kernel.db import transaction
from domain.kernel.keys import create_key
from domain.kernel.signing import ensure_signing_keys
from domain.kernel.tenancy import create_tenant
from tests.makers import make_token

TENANT = "BENCHNIGHT"
MOST_OUT = 600
SKILLS = ("line_oh", "bucket", "switching", "hv")


def shared_feeder() -> Path | None:
    """The folder of ckt5's CSV files, if it is there."""
    folder = Path(os.environ.get("COUNTERSIGN_SHARED_DATA", "../shared/data")) / "opendss_feeders" / "epri_ckt5"
    return folder if folder.exists() else None


def lay_out(now: datetime, nodes: int | None) -> tuple[Network, str]:
    """The tenant with its network and crews; `nodes`: made up, of that size. Answers also where it comes from."""
    folder = None if nodes else shared_feeder()
    found = import_opendss_csv(folder) if folder else numbered(random_network(1, 2, nodes or 3000, 5, 3.0, 0.02))
    network = replace(found, meters=tuple(replace(one, ami_type="rf_mesh") for one in found.meters))
    create_tenant(TENANT, "Bench night", "America/New_York", is_demo=True)
    ensure_signing_keys()
    import_network(TENANT, network, now - timedelta(days=3), actor_id="bench")
    with transaction(TENANT) as connection:
        crews.put(connection, [_crew(number) for number in range(1, 4)])
    return network, "ckt5" if folder else f"made up, {len(network.nodes)} nodes"


def _crew(number: int) -> CrewNow:
    depot = ("Depot", 47.01, 8.01, time(0, 0), time(23, 59), "truck", 3, ("fuse_link",), "available", None, 2.0)
    return CrewNow(f"CREW-{number}", f"Crew {number}", *depot, SKILLS)


def fault_of(network: Network, began_at: datetime) -> Fault:
    """The protective device with the most meters below it, up to MOST_OUT; supply is back for all after 95 minutes."""
    parent = {one.device_id: one.parent_device_id for one in network.devices}
    below: dict[str, list[str]] = {}
    for meter in network.meters:
        device = meter.device_id
        while device is not None:
            below.setdefault(device, []).append(meter.meter_id)
            device = parent.get(device)
    sizes = {device: len(meters) for device, meters in below.items() if len(meters) <= MOST_OUT}
    device = min(sizes, key=lambda one: (-sizes[one], one))
    out = tuple(sorted(below[device]))
    return Fault(device, began_at, out, dict.fromkeys(out, began_at + timedelta(minutes=95)))


class Night:
    """The outage on its way to being promoted; afterwards advice can be asked of it."""

    def __init__(self, caller: httpx.Client, network: Network, began_at: datetime) -> None:
        self.caller, self.began_at = caller, began_at
        _, self.key = create_key(TENANT, "bench", ["ami:write", "grid:read", "grid:advise"])
        self.person = make_token(TENANT, "OPERATOR", email="night@example.org", ttl_s=7200)
        self.signals = reports_of([fault_of(network, began_at)], [], seed=1)

    def promoted(self) -> str:
        """Report the first six minutes, infer, promote by a person; the outage's id."""
        early = self.began_at + timedelta(minutes=6)
        self._report([one for one in self.signals if one.arrived_at <= early])
        self._post("/v1/provisionals/infer", {"as_of": early.isoformat()})
        seen = self._post("/v1/provisionals/promote", {})
        body = {"mode": "commit", "content_hash": seen["content_hash"], "reason": "Calls confirm it."}
        return str(self._post("/v1/provisionals/promote", body, self.person)["outage_id"])

    def over(self) -> None:
        """The rest of the reports, until supply is back."""
        early, end = self.began_at + timedelta(minutes=6), self.began_at + timedelta(hours=4)
        self._report([one for one in self.signals if one.arrived_at > early])
        self._post("/v1/provisionals/infer", {"as_of": end.isoformat()})

    def _report(self, signals: Sequence[Signal]) -> None:
        self._post("/v1/grid/meter-events", {"events": [_event(one) for one in signals]})

    def _post(self, path: str, body: dict[str, Any], token: str | None = None) -> Any:
        answer = self.caller.post(path, json=body, headers={"Authorization": f"Bearer {token or self.key}"})
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()


def _event(one: Signal) -> dict[str, Any]:
    who = {"device_id": one.device_id} if one.device_id else {"meter_id": one.meter_id}
    stamps = {"at": one.at.isoformat(), "arrived_at": one.arrived_at.isoformat()}
    return {"type": one.type, "source": one.source, **who, **stamps}
