"""What every step of advice leaves when it made something new: its rows, a ledger event, and news of its asset."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.grid.outages.store import advice, runs
from domain.grid.outages.store.runs import Question
from domain.grid.outages.suggest.asked import Asked
from domain.kernel.events import record
from domain.kernel.lineage import enqueue


@dataclass(frozen=True)
class Advice:
    """What a step answered: its run, its rows as they are stored, and whether this call made it."""

    run_id: uuid.UUID
    outage_id: uuid.UUID
    as_of: datetime
    counts: dict[str, int]
    rows: list[dict[str, Any]]
    is_new: bool


@dataclass(frozen=True)
class Made:
    """What a step works out: its rows as they are stored, how many of which kind, and what is hashed as the output."""

    rows: list[dict[str, Any]]
    counts: dict[str, int]
    output: list[Any]


@dataclass(frozen=True)
class Call:
    """Who asks for advice, when, on the result of which run, and in which run of Dagster where it is one."""

    now: datetime
    requested_by: str
    parent: uuid.UUID
    dagster_run_id: str | None


def answer(
    connection: Connection,
    asked: Asked,
    question: Question,
    call: Call,
    *,
    event: str,
    table: str,
    make: Callable[[], Made],
) -> Advice:
    """The advice to a question: as it is kept under the question's run, else made, kept and told of.

    Args:
        connection: the caller's transaction.
        asked: the outage and what was read of the world.
        question: what determines the answer; its run is the answer's.
        call: who asks.
        event: the name in the ledger, such as "grid.crews.recommended".
        table: the table of the advice.
        make: works the advice out; called only where the run is not there yet.
    """
    outage_id, found, is_new = asked.outage.outage_id, runs.find(connection, question.run_id), False
    if found is None:
        made = make()
        counts = made.counts
        is_new = runs.keep(
            connection,
            question,
            outage_id=outage_id,
            output=made.output,
            counts=counts,
            topology_version_id=asked.before.topology_version_id,
            requested_by=call.requested_by,
            run_at=call.now,
            parent=call.parent,
            dagster_run_id=call.dagster_run_id,
        )
        if is_new:
            advice.put(connection, table, question.run_id, made.rows)
            tell_made(
                connection, question, event, table, counts=counts, outage_id=outage_id, requested_by=call.requested_by
            )
    else:
        counts = found.counts
    stored = advice.of_run(connection, table, question.run_id)
    return Advice(question.run_id, outage_id, asked.as_of, counts, stored, is_new)


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
