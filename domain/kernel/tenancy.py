"""Tenants: who is served, in which time zone, and whether emulated reads may be written for them."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, text

from domain.kernel.db import transaction
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.settings import DbRole


@dataclass(frozen=True)
class Tenant:
    """One utility, building owner or school."""

    tenant_id: str
    name: str
    timezone: str
    is_demo: bool

    @property
    def zone(self) -> ZoneInfo:
        """The tenant's local time."""
        return ZoneInfo(self.timezone)


def load_tenant(connection: Connection) -> Tenant:
    """The tenant that the transaction is bound to.

    Raises:
        NotFound: no such tenant.
    """
    row = connection.execute(text("SELECT tenant_id, name, timezone, is_demo FROM tenants")).one_or_none()
    if row is None:
        raise NotFound(
            "There is no such tenant.",
            hint="Check how it is spelt; `make demo` and `countersign seed demo` make DEMO_TENANT.",
        )
    return Tenant(row.tenant_id, row.name, row.timezone, row.is_demo)


def tenant_directory() -> list[str]:
    """The ids of all tenants but the platform itself, in order; for schedules, which speak to each in turn."""
    with transaction(None) as connection:
        return list(connection.execute(text("SELECT tenant_id FROM tenant_directory()")).scalars())


def create_tenant(
    tenant_id: str,
    name: str,
    timezone: str = "UTC",
    *,
    is_demo: bool = False,
    public_quickcheck: bool = False,
) -> None:
    """Create the tenant, or bring its name up to date. Its time zone stays: the days of its reads are cut by it.

    Raises:
        Invalid: an unknown time zone, or an id with other characters than letters, digits, - and _.
    """
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as cause:
        raise Invalid(
            f"{timezone!r} is not a time zone.", hint="Use a name like America/New_York or Europe/Berlin."
        ) from cause
    if not tenant_id or not all(c.isalnum() or c in "-_" for c in tenant_id) or not tenant_id.isascii():
        raise Invalid("A tenant id is made of letters, digits, - and _.")
    with transaction(tenant_id, DbRole.OWNER) as connection:
        connection.execute(
            text(
                "INSERT INTO tenants (tenant_id, name, timezone, is_demo, public_quickcheck)"
                " VALUES (:tenant_id, :name, :timezone, :is_demo, :public)"
                " ON CONFLICT (tenant_id) DO UPDATE SET name = EXCLUDED.name"
            ),
            {
                "tenant_id": tenant_id,
                "name": name,
                "timezone": timezone,
                "is_demo": is_demo,
                "public": public_quickcheck,
            },
        )


def is_public(tenant_id: str) -> bool:
    """Whether the tenant lets its quickcheck be read without a key; False for one that does not exist."""
    with transaction(None) as connection:
        return bool(connection.execute(text("SELECT tenant_is_public(:id)"), {"id": tenant_id}).scalar())


def demo_tenants() -> list[str]:
    """The ids of the tenants that are marked as demo."""
    with transaction(None) as connection:
        return list(connection.execute(text("SELECT tenant_id FROM tenant_directory() WHERE is_demo")).scalars())
