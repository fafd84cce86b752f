"""How clean or dirty a demo tenant's emulated reads are: shown, and set for what is published from now on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from domain.grid.metering.rules.dirt import DirtRates
from domain.grid.metering.store.faults import store_rates, stored_rates
from domain.kernel.db import transaction
from domain.kernel.errors import Forbidden, Invalid
from domain.kernel.events import record
from domain.kernel.tenancy import load_tenant

NAMES = tuple(vars(DirtRates()))


def rates_of(connection: Connection) -> DirtRates:
    """The rates of the bound tenant's reads: the usual ones, but for those that were set."""
    return replace(DirtRates(), **stored_rates(connection))


def set_rates(
    tenant_id: str, changes: Mapping[str, float], *, start_from: DirtRates | None = None, now: datetime, actor: str
) -> DirtRates:
    """Set the rates that are named; what stands was made with those of its time and is not touched.

    Args:
        tenant_id: a tenant marked demo.
        changes: rates by name, shares of 0 to 1.
        start_from: begin with these in place of those that the tenant has.
        now: the present instant.
        actor: who asked, for the ledger.

    Raises:
        Forbidden: the tenant is not marked demo.
        Invalid: a rate that there is not, or that is no share.
    """
    _require_shares(changes)
    with transaction(tenant_id, actor=actor) as connection:
        if not load_tenant(connection).is_demo:
            raise Forbidden(
                f"Reads are not emulated for tenant {tenant_id}: it is not marked as a demo tenant.",
                hint="Only emulated reads have rates of faults.",
                code="EMULATOR_REFUSED",
            )
        before = rates_of(connection)
        after = replace(before if start_from is None else start_from, **changes)
        usual = vars(DirtRates())
        own = {name: rate for name, rate in vars(after).items() if rate != usual[name]}
        store_rates(connection, own, by=actor, at=now)
        if after != before:
            payload = {"from": vars(before), "to": vars(after)}
            record(
                connection,
                "grid.ami.faults.set",
                actor_id=actor,
                actor_role="OPERATOR",
                occurred_at=now,
                entity_type="publish_schedule",
                entity_id=tenant_id,
                payload=payload,
            )
    return after


def _require_shares(changes: Mapping[str, float]) -> None:
    for name, rate in changes.items():
        if name not in NAMES:
            raise Invalid(
                f"There is no rate {name!r}; nothing was set.",
                hint=f"The rates are {', '.join(NAMES)}.",
                code="FAULT_RATE",
            )
        # Half of all reads are within the median; a lognormal has no share of a half beyond its upper end.
        most = 0.4 if name == "late" else 1.0
        if not 0.0 <= rate <= most:
            raise Invalid(f"{name} is a share of 0 to {most:g}, not {rate:g}; nothing was set.", code="FAULT_RATE")
