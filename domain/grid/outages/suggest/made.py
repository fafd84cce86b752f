"""What every step of advice leaves when it made something new: a ledger event, and news of its asset."""

import uuid

from sqlalchemy import Connection

from domain.grid.outages.store.runs import Question
from domain.kernel.events import record
from domain.kernel.lineage import enqueue


def tell_made(
    connection: Connection,
    question: Question,
    event: str,
    asset: str,
    *,
    counts: dict[str, int],
    outage_id: uuid.UUID,
    requested_by: str,
) -> None:
    """Record that a step answered a question on an outage.

    Args:
        connection: the transaction that wrote the advice.
        question: what was asked; its run and its as-of time are recorded.
        event: the name in the ledger, such as "grid.zones.ranked".
        asset: the table of the advice, which is the asset's name in the room grid.
        counts: how much was made, by name.
        outage_id: what it is advice on.
        requested_by: who asked.
    """
    record(
        connection,
        event,
        actor_id=requested_by,
        actor_role="MACHINE",
        occurred_at=question.as_of,
        entity_type="outage",
        entity_id=str(outage_id),
        outage_id=str(outage_id),
        run_id=question.run_id,
        payload={"counts": counts},
    )
    enqueue(connection, ("grid", asset), metadata={"run_id": str(question.run_id), **counts})
