"""`countersign prepare`, `token` and `psql`: what an operator does with the copy's own database."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import click

from cli.services import database, keys
from cli.services.postgres import binaries
from domain.kernel.clock import utc_now
from domain.kernel.errors import Forbidden, Invalid
from domain.kernel.people import ensure_person, known_roles
from domain.kernel.principal import Role
from domain.kernel.settings import DbRole, Env, settings
from domain.kernel.signing import Purpose, key_path
from domain.kernel.tokens import issue_dev_token

TTL = re.compile(r"(\d{1,6})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print what stands as JSON.")
def prepare(as_json: bool) -> None:
    """Make what a copy needs beside its schema: Dagster's schema and role, and the public halves of its keys.

    `countersign up` does this itself. Where processes are started one by one, as in a cluster, it runs once after
    each `countersign migrate --apply`, with the owner's address. Safe to run again.

    Example: countersign prepare --json
    """
    home = settings().home_path
    with database.running(home):
        if database.embedded(home) is None:
            database.prepare_attached(settings().url(DbRole.OWNER))
        keys.prepare(home)
        told = {purpose.value: key_path(purpose).exists() for purpose in Purpose}
    if as_json:
        click.echo(json.dumps({"env": settings().env.value, "keys": told}))
        return
    there = [name for name, found in told.items() if found]
    click.echo(f"{settings().env.value}: ready; keys registered: {', '.join(there) or 'none'}.")


@click.command()
@click.option("--tenant", required=True, help="Tenant that the token is for.")
@click.option("--role", "roles", required=True, multiple=True, help=f"One of {', '.join(Role)}; may be repeated.")
@click.option("--user", required=True, help="Name or e-mail address of the person.")
@click.option("--ttl", default="1h", show_default=True, help="How long it is good: 30m, 1h, 7d (at most 30d).")
@click.option("--json", "as_json", is_flag=True, help="Print token, person and end as JSON.")
def token(tenant: str, roles: tuple[str, ...], user: str, ttl: str, as_json: bool) -> None:
    """Print a bearer token for a person (dev only). The person is made, and given the role, where missing.

    Elsewhere tokens come from the identity provider.

    Example: countersign token --tenant DEMO_TENANT --role OPERATOR --user ada
    """
    if settings().env is not Env.DEV:
        raise Forbidden(
            f"Tokens of {settings().env.value} come from the identity provider.", hint="This command is for dev copies."
        )
    lives = parse_ttl(ttl)
    known_roles(roles)
    with database.running(settings().home_path):
        person = ensure_person(tenant, email_of(user, tenant), user.split("@")[0], roles, actor_id="countersign token")
        printed = issue_dev_token(str(person.id), person.email, person.name, tenant, list(roles), lives)
    if not as_json:
        click.echo(printed)
        return
    until = (utc_now() + lives).isoformat(timespec="seconds")
    told = {"token": printed, "user_id": str(person.id), "email": person.email, "tenant": tenant}
    click.echo(json.dumps(told | {"roles": sorted(roles), "expires_at": until}))


def parse_ttl(text: str) -> timedelta:
    """A time to live such as 30m, 1h or 7d.

    Raises:
        Invalid: it is not written so.
    """
    found = TTL.fullmatch(text.strip())
    if not found:
        raise Invalid(f"{text!r} is no time to live.", hint="Write it like 30m, 1h or 7d.")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def email_of(user: str, tenant: str) -> str:
    """The address of a person named on the command line: as given, or one that stands for the name in the tenant.

    Raises:
        Invalid: a name without a letter or digit.
    """
    if "@" in user:
        return user
    name = re.sub(r"[^a-z0-9]+", ".", user.lower()).strip(".")
    if not name:
        raise Invalid("A person's name has letters.", hint="--user ada, or --user ada@example.org")
    return f"{name}@{tenant.lower()}.example"


@click.command()
@click.option("-c", "--command", "statement", help="Run one statement and leave.")
def psql(statement: str | None) -> None:
    """Open the database as its owner, who sees every tenant's rows (dev only).

    Example: countersign psql -c "SELECT tenant_id, name FROM tenants"
    """
    if settings().env is not Env.DEV:
        raise Forbidden(
            f"The owner's door to the database is shut in {settings().env.value}.",
            hint="Use the auditor's role with your own psql.",
        )
    with database.running(settings().home_path):
        url = urlsplit(settings().url(DbRole.OWNER))
        environment = os.environ | {
            "PGHOST": url.hostname or "",
            "PGPORT": str(url.port or 5432),
            "PGUSER": unquote(url.username or ""),
            "PGPASSWORD": unquote(url.password or ""),
            "PGDATABASE": url.path.lstrip("/"),
        }
        command = [str(binaries() / "psql"), "-X", "-v", "ON_ERROR_STOP=1"]
        code = subprocess.run([*command, *(["-c", statement] if statement else [])], env=environment).returncode
    if code:
        sys.exit(code)
