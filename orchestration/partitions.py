"""Partitions: tenants, which come and go, and within a tenant its local days.

A day is a label of the tenant's local date, not a stretch of UTC. The last label lies past today, so that today is
there, and tomorrow for tenants east of UTC and for a demo clock that runs a day ahead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import dagster as dg

from domain.grid.metering.observe.publish import EARLIEST

TENANTS = dg.DynamicPartitionsDefinition(name="tenant")
DAYS = dg.DailyPartitionsDefinition(start_date=f"{EARLIEST:%Y-%m-%d}", end_offset=3)
TENANT_DAYS = dg.MultiPartitionsDefinition({"day": DAYS, "tenant": TENANTS})


@dataclass(frozen=True)
class TenantDay:
    """One partition: a tenant and one of its local days."""

    tenant_id: str
    day: date

    @classmethod
    def of(cls, partition_key: str) -> "TenantDay":
        """The partition with this key; a key that came as plain text is read as well."""
        keys = TENANT_DAYS.get_partition_key_from_str(str(partition_key)).keys_by_dimension
        return cls(keys["tenant"], date.fromisoformat(keys["day"]))

    @property
    def key(self) -> dg.MultiPartitionKey:
        """The partition's key."""
        return dg.MultiPartitionKey({"day": self.day.isoformat(), "tenant": self.tenant_id})


def make_known(instance: dg.DagsterInstance, tenant_ids: Sequence[str]) -> list[str]:
    """Add tenants that Dagster has no partition for yet; answer which were new. A tenant is never taken out."""
    new = sorted(set(tenant_ids) - set(instance.get_dynamic_partitions("tenant")))
    if new:
        instance.add_dynamic_partitions("tenant", new)
    return new
