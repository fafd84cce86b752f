"""Take in the years before: an incident list becomes days, which the threshold of major event days is found from."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import Connection

from domain.grid.outages.rules.incidents import Incident, outages_only
from domain.grid.outages.rules.interruptions import day_begun
from domain.grid.outages.rules.reliability import reliability_indices
from domain.grid.outages.store import reliability_days
from domain.grid.outages.store.reliability_days import ReliabilityDay
from domain.kernel.errors import Invalid
from domain.kernel.events import record

# Customers are kept as whole numbers of four bytes.
MOST = 2_147_483_647


def days_of(incidents: Sequence[Incident], *, zone: tzinfo, as_of: datetime) -> list[ReliabilityDay]:
    """The local days on which a sustained interruption began; incidents without known minutes are passed over."""
    by_day: dict[date, list[Incident]] = defaultdict(list)
    for one in outages_only(incidents):
        if one.is_timed:
            by_day[day_begun(one.interruption(), zone)].append(one)
    found = []
    for day in sorted(by_day):
        told = reliability_indices((one.interruption() for one in by_day[day]), as_of=as_of)
        if told.cmi > 0:
            found.append(ReliabilityDay(day, told.cmi, told.customers_interrupted))
    return found


def take_history(
    connection: Connection,
    incidents: Sequence[Incident],
    *,
    zone: tzinfo,
    as_of: datetime,
    customers_served: int,
    source: str,
    actor_id: str,
) -> dict[str, Any]:
    """Keep the days of a list, each once; a day that stands is replaced by what the newest list says of it.

    Args:
        connection: a transaction of the tenant.
        incidents: each once, see `incidents.distinct`.
        zone: of the local days.
        as_of: what is open then has lasted until then.
        customers_served: N_T of those years.
        source: what the days were made from: the SHA-256 of the files.
        actor_id: who gave the list.

    Returns:
        days, changed, first, last, untimed.

    Raises:
        Invalid: an incident of more customers than were served, or a day of more than can be kept.
    """
    days = days_of(incidents, zone=zone, as_of=as_of)
    _check(incidents, days, customers_served, zone)
    changed = reliability_days.put(connection, days, customers_served=customers_served, source=source)
    told: dict[str, Any] = {
        "days": len(days),
        "changed": changed,
        "first": days[0].local_date.isoformat() if days else None,
        "last": days[-1].local_date.isoformat() if days else None,
        "untimed": sum(not one.is_timed for one in outages_only(incidents)),
    }
    if changed:
        facts = told | {"customers_served": customers_served, "source": source}
        record(connection, "grid.reliability.taken", actor_id=actor_id, actor_role="OPERATOR", payload=facts)
    return told


def _check(incidents: Sequence[Incident], days: Sequence[ReliabilityDay], customers_served: int, zone: tzinfo) -> None:
    """No outage takes more customers than there are, and none of the days counts past what can be kept."""
    timed = (one for one in outages_only(incidents) if one.is_timed)
    largest = max(timed, key=lambda one: one.customers, default=None)
    if largest is not None and largest.customers > customers_served:
        raise Invalid(
            f"An incident of {largest.started_at.astimezone(zone):%Y-%m-%d} interrupted {largest.customers:,}"
            f" customers, and {customers_served:,} were served; nothing was kept.",
            hint="Give the number of customers of those years with --customers-served, or correct the list.",
        )
    for day in days:
        if day.customers_interrupted > MOST:
            raise Invalid(
                f"The incidents of {day.local_date} interrupted {day.customers_interrupted:,} customers, more than can"
                " be kept; nothing was kept.",
                hint="Correct the customers in the list.",
            )
