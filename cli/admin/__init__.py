"""`countersign admin`: tenants, people, roles and keys, by whoever operates the copy."""

import click

from cli.lazy import LazyGroup

COMMANDS = {
    "bootstrap": "cli.admin.people:bootstrap",
    "tenant": "cli.admin.tenants:tenant",
    "person": "cli.admin.people:person",
    "role": "cli.admin.roles:role",
    "key": "cli.admin.keys:key",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def admin() -> None:
    """Tenants, people, roles and keys. Every act stands in the ledger as done by the operator of the copy.

    Administrators do the same over /v1/admin and the pages under /admin, in their own names.

    Example: countersign admin bootstrap --email ada@example.org --name "Ada Lovelace"
    """
