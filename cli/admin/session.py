"""What the commands of `countersign admin` share: the owner's transaction, instants as typed, and how rows are told."""

import dataclasses
import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
from sqlalchemy import Connection

from cli.services import database
from domain.kernel.administration.actor import OPERATOR
from domain.kernel.administration.tenants import tenant_row
from domain.kernel.db import transaction
from domain.kernel.errors import Invalid
from domain.kernel.settings import DbRole, settings

EVERY_PAGE = 100_000
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.  [default: text]")
tenant_option = click.option("--tenant", required=True, help="Tenant to work in.")


@contextmanager
def owner(tenant_id: str | None) -> Iterator[Connection]:
    """One transaction of the copy's owner, bound to a tenant that is there.

    Raises:
        NotFound: no such tenant.
    """
    with (
        database.running(settings().home_path),
        transaction(tenant_id, DbRole.OWNER, actor=OPERATOR.name) as connection,
    ):
        if tenant_id is not None:
            tenant_row(connection)
        yield connection


def instant(typed: str | None) -> datetime | None:
    """A date (its midnight in UTC) or an instant with offset.

    Raises:
        Invalid: written in another way.
    """
    if typed is None:
        return None
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError as cause:
        raise Invalid("That is no date or instant.", hint="Write it like 2027-03-31 or 2027-03-31T12:00Z.") from cause
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def plain(value: Any) -> Any:
    """A row as JSON takes it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return str(value) if isinstance(value, uuid.UUID) else value


def tell(as_json: bool, row: Any, sentence: str) -> None:
    """One result: as JSON, or as a sentence."""
    click.echo(json.dumps(plain(row)) if as_json else sentence)


def tell_rows(as_json: bool, name: str, rows: Sequence[Any], columns: Sequence[str]) -> None:
    """A list: as JSON, or as columns that align."""
    if as_json:
        click.echo(json.dumps({name: plain(list(rows))}))
        return
    told = [[_cell(getattr(row, column)) for column in columns] for row in rows]
    widths = [max(len(line[n]) for line in [list(columns), *told]) for n in range(len(columns))]
    for line in [list(columns), *told]:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    if not rows:
        click.echo(f"No {name}.")


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(getattr(item, "role", str(item)) for item in value) or "-"
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)
