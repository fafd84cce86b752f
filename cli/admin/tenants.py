"""`countersign admin tenant`: create, list, show, set."""

import click

from cli.admin.session import EVERY_PAGE, as_json_option, owner, plain, tell, tell_rows
from domain.grid.metering.store.series import data_through
from domain.kernel.administration.actor import OPERATOR
from domain.kernel.administration.tenants import Changes, add_tenant, list_tenants, set_tenant, tenant_row
from domain.kernel.errors import Invalid


@click.group()
def tenant() -> None:
    """Tenants: who is served, in which time zone, under which settings.

    Example: countersign admin tenant create NORTH_GRID --name "North Grid" --timezone Europe/Oslo
    """


@tenant.command()
@click.argument("tenant_id")
@click.option("--name", required=True, help="Name on pages and reports.")
@click.option("--timezone", default="UTC", show_default=True, help="IANA name; stays once reads are cut by it.")
@click.option("--demo", is_flag=True, help="Emulated reads may be written for it.  [default: no]")
@as_json_option
def create(tenant_id: str, name: str, timezone: str, demo: bool, as_json: bool) -> None:
    """Make a tenant.

    Example: countersign admin tenant create NORTH_GRID --name "North Grid" --timezone Europe/Oslo
    """
    with owner(None) as connection:
        made = add_tenant(connection, OPERATOR, tenant_id, name, timezone, is_demo=demo)
    tell(as_json, made, f"Tenant {made.tenant_id} is made. Next: countersign admin person invite --tenant {tenant_id}")


@tenant.command(name="list")
@as_json_option
def list_all(as_json: bool) -> None:
    """All tenants.

    Example: countersign admin tenant list --json
    """
    with owner(None) as connection:
        rows = list_tenants(connection, OPERATOR, EVERY_PAGE).rows
    tell_rows(as_json, "tenants", rows, ["tenant_id", "name", "timezone", "is_demo", "four_eyes"])


@tenant.command()
@click.argument("tenant_id")
@as_json_option
def show(tenant_id: str, as_json: bool) -> None:
    """One tenant with its settings.

    Example: countersign admin tenant show NORTH_GRID
    """
    with owner(tenant_id) as connection:
        row = tenant_row(connection)
    tell(as_json, row, "\n".join(f"{name:20} {value}" for name, value in plain(row).items()))


@tenant.command(name="set")
@click.argument("tenant_id")
@click.option("--name", help="Another name.")
@click.option("--timezone", help="Another time zone; only while the tenant has no reads.")
@click.option("--four-eyes/--no-four-eyes", default=None, help="Whether nobody signs what he or she proposed.")
@click.option("--four-eyes-retry/--no-four-eyes-retry", default=None, help="Whether another person executes a retry.")
@click.option("--public-quickcheck/--no-public-quickcheck", default=None, help="Whether it is read without a key.")
@click.option("--public-catalogue/--no-public-catalogue", default=None, help="Whether views by nobody known count.")
@click.option(
    "--retention",
    "retention",
    multiple=True,
    metavar="CLASS=DAYS",
    help="Days that rows of a class stay, such as meter_reads=400; CLASS= returns to the default. May be repeated.",
)
@click.option(
    "--energy-price",
    type=(float, str, str),
    metavar="PRICE CURRENCY SOURCE",
    help="What a kilowatt-hour is worth, and where that stands; sums of money are told by it.",
)
@click.option("--no-energy-price", is_flag=True, help="Take the price away: no sum of money is told then.")
@as_json_option
def set_(
    tenant_id: str,
    name: str | None,
    timezone: str | None,
    four_eyes: bool | None,
    four_eyes_retry: bool | None,
    public_quickcheck: bool | None,
    public_catalogue: bool | None,
    retention: tuple[str, ...],
    energy_price: tuple[float, str, str] | None,
    no_energy_price: bool,
    as_json: bool,
) -> None:
    """Set what is given; the rest stays.

    Example: countersign admin tenant set NORTH_GRID --four-eyes --retention meter_reads=400
    """
    changes = Changes(
        name,
        timezone,
        public_quickcheck,
        four_eyes,
        retention_days=days_of(retention) or None,
        public_catalogue=public_catalogue,
        energy_price=price_of(energy_price, no_energy_price),
        four_eyes_retry=four_eyes_retry,
    )
    with owner(tenant_id) as connection:
        row = set_tenant(connection, OPERATOR, changes, lambda session: data_through(session) is not None)
    tell(as_json, row, f"Tenant {row.tenant_id} is set.")


def price_of(typed: tuple[float, str, str] | None, is_none: bool) -> dict[str, object] | None:
    """The price as typed; empty where it is to be taken away, None where nothing was said of it.

    Raises:
        Invalid: both at once.
    """
    if typed is None:
        return {} if is_none else None
    if is_none:
        raise Invalid(
            "A price is stated or taken away, not both; nothing was changed.", hint="Give one of the options."
        )
    return dict(zip(("per_kwh", "currency", "source"), typed, strict=True))


def days_of(typed: tuple[str, ...]) -> dict[str, int | None]:
    """Retention as typed: `meter_reads=400`, or `meter_reads=` for the default.

    Raises:
        Invalid: written in another way.
    """
    found: dict[str, int | None] = {}
    for entry in typed:
        name, _, days = entry.partition("=")
        if "=" not in entry or (days and not (days.isascii() and days.isdigit())):
            raise Invalid(f"{entry!r} is no retention.", hint="Write it like meter_reads=400.")
        found[name] = int(days) if days else None
    return found
