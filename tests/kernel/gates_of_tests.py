"""Gates that the tests sign at: one whose effect holds at once, one that a machine carries out."""

import uuid

from sqlalchemy import Connection, text

from domain.kernel.countersign.acts import Act
from domain.kernel.countersign.lend import KERNEL_ACTS
from domain.kernel.db import transaction
from domain.kernel.fulfil import Doer, Outcome
from domain.kernel.gates import Gate
from domain.kernel.principal import Role
from domain.kernel.proposals import Proposal, Subject, propose
from domain.kernel.settings import DbRole
from domain.kernel.signed import Countersignature

PLAIN = Gate(
    "test.plain",
    "Test act",
    "kernel",
    frozenset({Role.REVIEWER}),
    "Nothing follows.",
    "I have seen it.",
    is_fulfilled=True,
    orderable=True,
)
AT_ONCE = Gate(
    "test.at_once", "Test act with effect", "kernel", frozenset({Role.REVIEWER}), "It holds at once.", "I have seen it."
)


def mark(connection: Connection, signed: Countersignature, _proposal: Proposal) -> None:
    """An effect that can be counted: a row of the outbox of lineage."""
    connection.execute(
        text("INSERT INTO lineage_outbox (asset_key, partition) VALUES (ARRAY['effect'], :id)"),
        {"id": str(signed.countersignature_id)},
    )


def carry_out(connection: Connection, signed: Countersignature, _proposal: Proposal) -> Outcome:
    """A fulfilment that can be counted."""
    connection.execute(
        text("INSERT INTO lineage_outbox (asset_key, partition) VALUES (ARRAY['fulfilled'], :id)"),
        {"id": str(signed.countersignature_id)},
    )
    return Outcome(facts={"rows": 1})


ACTS = KERNEL_ACTS | {PLAIN.kind: Act(PLAIN), AT_ONCE.kind: Act(AT_ONCE, mark)}
DOERS = {PLAIN.kind: Doer(PLAIN, carry_out)}


def lay_down(connection: Connection, gate: Gate = PLAIN, by: str = "machine", **more: object) -> Proposal:
    """A proposal with a content of its own."""
    given: dict[str, object] = {"content": {"n": str(uuid.uuid4())}, "summary": "Look at this."} | more
    subject = given.pop("subject", None) or Subject("thing", str(uuid.uuid4()))
    return propose(connection, gate, subject, proposed_by=by, **given)  # type: ignore[arg-type]


def marks(key: str) -> int:
    """How many rows of effect the tenant T has."""
    with transaction("T", DbRole.OWNER) as connection:
        found = connection.execute(
            text("SELECT count(*) FROM lineage_outbox WHERE asset_key = ARRAY[:key]"), {"key": key}
        ).scalar_one()
    return int(found)
