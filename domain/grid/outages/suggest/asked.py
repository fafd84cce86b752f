"""What a question about an outage is asked on: the outage, the network before and now, the signals by then.

Every step of advice begins here, so that all of them read the same and their runs hash the same.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from domain.grid.outages.rules.device_tree import DeviceTree
from domain.grid.outages.rules.inference.infer import infer_outages
from domain.grid.outages.rules.inference.results import InferredOutage
from domain.grid.outages.rules.signals import Signal
from domain.grid.outages.rules.storm_mode import storm_as_input
from domain.grid.outages.store import outages, signals, storm_modes
from domain.grid.outages.store.outages import Outage
from domain.grid.outages.store.signals import as_signal
from domain.grid.outages.store.world import World, tree_of, world_as_of
from domain.kernel.canonical import content_hash
from domain.kernel.errors import Invalid

# Before the first sign of it an outage may have begun already.
LOOK_BACK = timedelta(minutes=10)


@dataclass(frozen=True)
class Asked:
    """One outage at an as-of time.

    Attributes:
        before: the network as it stood when the outage began.
        now: as it was observed to stand at `as_of`.
        heard: signals of the outage's feeder that had arrived by then.
        storm: what a person said of storm mode by then; None where nobody did.
    """

    tenant_id: str
    outage: Outage
    as_of: datetime
    before: World
    now: World
    heard: tuple[Signal, ...]
    storm: bool | None = None

    @property
    def tree(self) -> DeviceTree:
        """The devices as they stood before."""
        return tree_of(self.tenant_id, self.before)

    @property
    def inputs(self) -> dict[str, Any]:
        """Everything that was read, for the hash of the run."""
        return {
            "topology_version_id": str(self.before.topology_version_id),
            "before": [list(self.before.open_devices), list(self.before.closed_devices)],
            "now": [list(self.now.open_devices), list(self.now.closed_devices)],
            "outage": [str(self.outage.outage_id), list(self.outage.device_ids), self.outage.started_at.isoformat()],
            "signals": content_hash([heard_as_json(one) for one in self.heard]),
        } | storm_as_input(self.storm)

    @cached_property
    def inferred(self) -> InferredOutage | None:
        """What the signals say of this outage now; None where they no longer say anything."""
        found = infer_outages(self.tree, self.heard, self.as_of, declared_storm=self.storm)
        mine = set(self.outage.device_ids)
        fitting = [one for one in found.outages if mine & {own for own, _ in one.device_posterior}]
        return max(fitting, key=lambda one: (round(one.posterior, 9), one.outage_key), default=None)

    @property
    def device_posterior(self) -> dict[str, float]:
        """The posterior of each device that may have operated; the countersigned class where nothing says more."""
        if self.inferred is not None:
            return dict(self.inferred.device_posterior)
        share = 1.0 / len(self.outage.device_ids)
        return dict.fromkeys(self.outage.device_ids, share)


def heard_as_json(one: Signal) -> list[Any]:
    """A signal as it goes into the hash of a run's inputs."""
    return [one.type, one.meter_id, one.device_id, one.at.isoformat(), one.arrived_at.isoformat(), one.value]


def ask(connection: Connection, tenant_id: str, outage_id: Any, as_of: datetime | None) -> Asked:
    """Load what an outage is judged on; without `as_of` all that has arrived.

    Raises:
        NotFound: no such outage, or no network.
        Invalid: AS_OF, before the outage began.
    """
    outage = outages.load(connection, outage_id)
    at = as_of or max(outage.detected_at or outage.started_at, signals.watermark(connection) or outage.started_at)
    if at < outage.started_at:
        raise Invalid(
            "as_of lies before the outage began; nothing was done.",
            hint=f"It began at {outage.started_at.isoformat()}.",
            code="AS_OF",
            errors=[{"field": "as_of", "message": "lies before the outage began"}],
        )
    before = world_as_of(connection, tenant_id, outage.started_at - LOOK_BACK)
    now = world_as_of(connection, tenant_id, at)
    meters = {one.meter_id for one in before.network.meters if one.feeder_id == outage.feeder_id}
    devices = {one.device_id for one in before.network.devices if one.feeder_id == outage.feeder_id}
    stored = signals.between(connection, outage.started_at - LOOK_BACK, at)
    heard = tuple(as_signal(one) for one in stored if one.meter_id in meters or one.device_id in devices)
    return Asked(tenant_id, outage, at, before, now, heard, storm_modes.declared(connection, at))
