"""How a row is named and written, as the owner, past every service."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

Row = dict[str, Any]
Rows = dict[str, Row]
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
HASH = "0" * 64
SPACE = UUID("8d0f5a0e-6c5f-5d3b-9a59-000000001851")


def key(tenant: str, of: str) -> UUID:
    """The id of the one row `of` of a tenant."""
    return uuid5(SPACE, f"{tenant}/{of}")


def insert(connection: psycopg.Connection[Any], table: str, row: Row) -> None:
    """One row as it is given."""
    values = [Jsonb(v) if isinstance(v, dict) or (isinstance(v, list) and _is_json(v)) else v for v in row.values()]
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() * len(row)),
    )
    connection.execute(statement, values)


def _is_json(value: list[Any]) -> bool:
    """Lists of ids are arrays; every other list is JSON."""
    return not (value and all(isinstance(one, UUID) for one in value))


def signed(connection: psycopg.Connection[Any], tenant: str) -> UUID:
    """A countersignature to point to. Its signature is of zeroes: the database keeps it, nothing here checks it."""
    user, proposal, made = key(tenant, "signer"), key(tenant, "proposal"), key(tenant, "countersignature")
    insert(connection, "users", {"id": user, "email": f"rae@{tenant}.example", "name": "Rae"})
    connection.execute(
        "INSERT INTO signing_keys (key_id, purpose, public_key) VALUES (%s, 'countersign', %s) ON CONFLICT DO NOTHING",
        (HASH, bytes(32)),
    )
    subject = {"tenant_id": tenant, "kind": "k", "subject_type": "s", "subject_id": "1", "content_hash": HASH}
    asked = {
        "proposal_id": proposal,
        "summary": "s",
        "proposed_by": "m",
        "expires_at": datetime(2099, 1, 1, tzinfo=UTC),
    }
    insert(connection, "proposals", subject | asked)
    decided = {"decision": "APPROVED", "signer_id": user, "signer_role": "REVIEWER", "meaning": "approved"}
    proof = {"signed_at": AT, "key_id": HASH, "signature": bytes(64)}
    ids = {"countersignature_id": made, "proposal_id": proposal}
    insert(connection, "countersignatures", subject | ids | decided | proof)
    return made


def place(tenant: str, *nouns: str) -> Row:
    ids = {f"{noun}_id": key(tenant, noun) for noun in ("building", "stair", *nouns)}
    return {"tenant_id": tenant} | ids
