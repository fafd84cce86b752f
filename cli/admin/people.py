"""`countersign admin bootstrap` and `person`: the first administrator, and everybody after."""

import click

from cli.admin.session import EVERY_PAGE, as_json_option, instant, owner, tell, tell_rows, tenant_option
from cli.services import database
from domain.kernel.administration import bootstrap as first
from domain.kernel.administration import people
from domain.kernel.administration.actor import OPERATOR
from domain.kernel.principal import Role
from domain.kernel.settings import settings


@click.command()
@click.option("--email", required=True, help="Address of the first PLATFORM_ADMIN.")
@click.option("--name", required=True, help="Name of the person.")
@as_json_option
def bootstrap(email: str, name: str, as_json: bool) -> None:
    """Make the first PLATFORM_ADMIN of an empty copy, once.

    The person signs in to the tenant PLATFORM, makes tenants and invites their administrators.

    Example: countersign admin bootstrap --email ada@example.org --name "Ada Lovelace"
    """
    with database.running(settings().home_path):
        made = first.bootstrap(email, name)
    tell(as_json, made, f"{made.name} ({made.email}) is PLATFORM_ADMIN of the tenant PLATFORM.")


@click.group()
def person() -> None:
    """People of a tenant.

    Example: countersign admin person invite --tenant NORTH_GRID --email bo@north.example --name Bo --role ADMIN
    """


@person.command()
@tenant_option
@click.option("--email", required=True, help="Address; one address is one person in all tenants.")
@click.option("--name", required=True, help="Name; kept as it is where the address is known already.")
@click.option("--role", "roles", required=True, multiple=True, help=f"One of {', '.join(Role)}; may be repeated.")
@click.option("--valid-to", help="End of the roles, a date or an instant.  [default: none]")
@as_json_option
def invite(tenant: str, email: str, name: str, roles: tuple[str, ...], valid_to: str | None, as_json: bool) -> None:
    """Make a person known and give roles. Safe to run again: it adds what is missing.

    Example: countersign admin person invite --tenant NORTH_GRID --email bo@north.example --name Bo --role ADMIN
    """
    with owner(tenant) as connection:
        made = people.invite(connection, OPERATOR, email, name, roles, instant(valid_to))
    held = ", ".join(one.role for one in made.roles)
    tell(as_json, made, f"{made.name} ({made.email}) holds {held} in {tenant}.")


@person.command(name="list")
@tenant_option
@click.option("--search", default="", help="Part of a name or address.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Only those who hold it.")
@as_json_option
def list_all(tenant: str, search: str, role: str | None, as_json: bool) -> None:
    """Who is known to a tenant, with roles.

    Example: countersign admin person list --tenant NORTH_GRID --role ADMIN
    """
    with owner(tenant) as connection:
        rows = people.list_people(connection, EVERY_PAGE, search=search, role=role).rows
    tell_rows(as_json, "people", rows, ["email", "name", "active", "roles", "id"])


@person.command()
@tenant_option
@click.option("--email", required=True, help="Address of the person.")
@as_json_option
def deactivate(tenant: str, email: str, as_json: bool) -> None:
    """Keep a person out of a tenant; the roles stay on record. The last administrator stays.

    Example: countersign admin person deactivate --tenant NORTH_GRID --email bo@north.example
    """
    _switch(tenant, email, False, as_json)


@person.command()
@tenant_option
@click.option("--email", required=True, help="Address of the person.")
@as_json_option
def activate(tenant: str, email: str, as_json: bool) -> None:
    """Let a person in again.

    Example: countersign admin person activate --tenant NORTH_GRID --email bo@north.example
    """
    _switch(tenant, email, True, as_json)


def _switch(tenant: str, email: str, active: bool, as_json: bool) -> None:
    with owner(tenant) as connection:
        found = people.person_by_email(connection, email)
        row = people.set_active(connection, OPERATOR, found.id, active)
    tell(as_json, row, f"{row.name} ({row.email}) may {'' if active else 'not '}come in to {tenant}.")
