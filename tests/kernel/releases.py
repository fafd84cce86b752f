"""A database one revision behind its code, a person who may release, and the signature of that person."""

from typing import Any
from uuid import UUID

import psycopg
from alembic import command
from sqlalchemy import text

from domain.kernel.countersign.decide import decide
from domain.kernel.countersign.lend import KERNEL_ACTS
from domain.kernel.db import transaction
from domain.kernel.principal import Principal
from domain.kernel.release.render import alembic_config
from domain.kernel.settings import DbRole, settings
from domain.kernel.signed import Countersignature, Decision
from tests.conftest import Database
from tests.makers import make_person

GATE = "202611210930"


def put_back(revision: str = GATE) -> None:
    """Take the database back behind the gate of its newest revisions, as if it had never been further."""
    command.downgrade(alembic_config(settings().url(DbRole.OWNER)), revision)


def make_approver(name: str = "rae", role: str = "RELEASE_APPROVER") -> Principal:
    return make_person("PLATFORM", name, role)


def sign(planned: dict[str, Any], who: Principal, decision: Decision = Decision.APPROVED) -> Countersignature:
    """The person's decision on what `migrate --plan` or `release plan` answered."""
    with transaction("PLATFORM") as connection:
        return decide(
            connection,
            who,
            KERNEL_ACTS,
            UUID(planned["proposal"]["id"]),
            decision,
            content_hash=planned["content_hash"],
            reason="Read.",
        ).countersignature


def ledger(event_type: str) -> list[dict[str, Any]]:
    with transaction("PLATFORM", DbRole.OWNER) as connection:
        found = connection.execute(
            text("SELECT payload FROM events WHERE event_type = :type ORDER BY seq"), {"type": event_type}
        )
        return [dict(row.payload) for row in found]


def revision_of(database: Database) -> str | None:
    with psycopg.connect(database.urls["owner"]) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return found[0] if found else None
