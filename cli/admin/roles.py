"""`countersign admin role`: give, end, list."""

import click

from cli.admin.session import EVERY_PAGE, as_json_option, instant, owner, tell, tell_rows, tenant_option
from domain.kernel.administration import people, roles
from domain.kernel.administration.actor import OPERATOR
from domain.kernel.principal import Role

role_option = click.option(
    "--role", "named", required=True, type=click.Choice([role.value for role in Role]), help="The role."
)
email_option = click.option("--email", required=True, help="Address of the person.")


@click.group()
def role() -> None:
    """Roles of people in a tenant. A role is never erased; ending it sets its end.

    Example: countersign admin role give --tenant NORTH_GRID --email bo@north.example --role REVIEWER
    """


@role.command()
@tenant_option
@email_option
@role_option
@click.option("--valid-to", help="End, a date or an instant.  [default: none]")
@as_json_option
def give(tenant: str, email: str, named: str, valid_to: str | None, as_json: bool) -> None:
    """Give a person of the tenant a role from now on.

    Example: countersign admin role give --tenant N --email bo@n.example --role REVIEWER --valid-to 2027-03-31
    """
    with owner(tenant) as connection:
        person = people.person_by_email(connection, email)
        roles.give_role(connection, OPERATOR, person.id, Role(named), instant(valid_to))
        after = people.person_row(connection, person.id)
    tell(as_json, after, f"{after.name} holds {named} in {tenant}{f' until {valid_to}' if valid_to else ''}.")


@role.command()
@tenant_option
@email_option
@role_option
@click.option("--at", "valid_to", help="When it ends, a date or an instant to come.  [default: now]")
@as_json_option
def end(tenant: str, email: str, named: str, valid_to: str | None, as_json: bool) -> None:
    """End a role now, or set when it will end. The last administrator keeps the role.

    Example: countersign admin role end --tenant NORTH_GRID --email bo@north.example --role REVIEWER
    """
    with owner(tenant) as connection:
        person = people.person_by_email(connection, email)
        roles.end_role(connection, OPERATOR, person.id, Role(named), instant(valid_to))
        after = people.person_row(connection, person.id)
    tell(as_json, after, f"{after.name}'s role {named} in {tenant} ends {valid_to or 'now'}.")


@role.command(name="list")
@tenant_option
@click.option("--role", "named", type=click.Choice([role.value for role in Role]), help="Only this role.")
@click.option("--standing", is_flag=True, help="Only what is held now.  [default: all that was ever given]")
@as_json_option
def list_all(tenant: str, named: str | None, standing: bool, as_json: bool) -> None:
    """Who was given which role, newest first.

    Example: countersign admin role list --tenant NORTH_GRID --standing
    """
    with owner(tenant) as connection:
        rows = roles.list_roles(connection, EVERY_PAGE, role=named, standing=standing).rows
    tell_rows(as_json, "roles", rows, ["email", "role", "valid_from", "valid_to", "is_standing"])
