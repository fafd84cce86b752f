"""`countersign admin key`: create, list, rotate, revoke. A secret is printed once."""

from datetime import timedelta

import click

from cli.admin.session import EVERY_PAGE, as_json_option, instant, owner, plain, tell, tell_rows, tenant_option
from domain.kernel.administration import keys
from domain.kernel.administration.actor import OPERATOR


@click.group()
def key() -> None:
    """Keys of services. A key observes and asks for advice; it never countersigns.

    Example: countersign admin key create --tenant NORTH_GRID --name "Head end" --scope ami:write
    """


@key.command()
@tenant_option
@click.option("--name", required=True, help="What it is for.")
@click.option("--scope", "scopes", required=True, multiple=True, help="room:read|write|advise; may be repeated.")
@click.option("--expires", help="End, a date or an instant.  [default: none]")
@as_json_option
def create(tenant: str, name: str, scopes: tuple[str, ...], expires: str | None, as_json: bool) -> None:
    """Make a key and print its secret, which nobody can show a second time.

    Example: countersign admin key create --tenant NORTH_GRID --name "Head end" --scope ami:write --expires 2027-12-31
    """
    with owner(tenant) as connection:
        made = keys.add_key(connection, OPERATOR, name, scopes, instant(expires))
    _show(as_json, made, f"Key {made.key.key_id}. It is shown this once.")


@key.command(name="list")
@tenant_option
@as_json_option
def list_all(tenant: str, as_json: bool) -> None:
    """The keys of a tenant, newest first, without secrets.

    Example: countersign admin key list --tenant NORTH_GRID
    """
    with owner(tenant) as connection:
        rows = keys.list_keys(connection, EVERY_PAGE).rows
    tell_rows(as_json, "keys", rows, ["key_id", "name", "state", "scopes", "created_at", "expires_at", "replaces"])


@key.command()
@tenant_option
@click.argument("key_id")
@click.option("--overlap", default=24, show_default=True, help="Hours for which the old key goes on (0 to 720).")
@click.option("--expires", help="End of the new key.  [default: it lives as long as the old one was made to]")
@as_json_option
def rotate(tenant: str, key_id: str, overlap: int, expires: str | None, as_json: bool) -> None:
    """Make a new key, with an id of its own, for an old one, which goes on for the overlap.

    Example: countersign admin key rotate --tenant NORTH_GRID 0123456789abcdef --overlap 48
    """
    with owner(tenant) as connection:
        made = keys.rotate_key(connection, OPERATOR, key_id, timedelta(hours=overlap), instant(expires))
    _show(as_json, made, f"Key {made.key.key_id} replaces {key_id}, which ends in {overlap} h. It is shown this once.")


@key.command()
@tenant_option
@click.argument("key_id")
@as_json_option
def revoke(tenant: str, key_id: str, as_json: bool) -> None:
    """End a key now; the next request with it is refused.

    Example: countersign admin key revoke --tenant NORTH_GRID 0123456789abcdef
    """
    with owner(tenant) as connection:
        keys.end_key(connection, OPERATOR, key_id)
        row = keys.key_row(connection, key_id)
    tell(as_json, row, f"Key {key_id} is revoked.")


def _show(as_json: bool, made: keys.NewKey, sentence: str) -> None:
    if as_json:
        tell(True, plain(made.key) | {"token": made.token}, "")
        return
    click.echo(made.token)
    click.echo(sentence, err=True)
