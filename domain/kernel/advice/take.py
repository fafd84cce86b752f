"""Take an evaluation in: keep it, move its episode, and lay what follows from it before a person. Idempotent.

Machines call this; whatever they say twice stands once. No call here decides on anything.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, text

from domain.kernel.advice import signals, suggestions
from domain.kernel.advice.episode import Change, is_worse, next_episode
from domain.kernel.advice.gates import SUGGESTION
from domain.kernel.advice.model import MACHINES, Advice, AdviceOf, Evaluation, Severity, Signal
from domain.kernel.advice.suggestions import SUBJECT, Suggestion
from domain.kernel.events import record
from domain.kernel.gaps import note
from domain.kernel.proposals import Proposal, Subject, propose

PAGES = {"courses": "/admin/suggestions", "grid": "/advice", "stairs": "/advice"}


@dataclass(frozen=True)
class Taken:
    """What an evaluation did.

    Attributes:
        signal: the episode that it belongs to; None where there is none.
        made: the suggestions that are new.
        is_known: whether the same evaluation had been taken in before, and this call did nothing.
    """

    signal: Signal | None
    change: Change
    made: tuple[Suggestion, ...] = ()
    is_known: bool = False


def take_in(
    connection: Connection, evaluation: Evaluation, advice_of: AdviceOf, *, run_id: uuid.UUID | None = None
) -> Taken:
    """Keep the evaluation, move its episode and make its suggestions, in the caller's transaction (role machine).

    Suggestions are made when an episode opens, and once more when it has become more severe: one of a type and target
    for an episode, whatever happens.
    """
    signals.lock_about(connection, evaluation.about)
    previous = signals.last_episode(connection, evaluation.about)
    inputs_hash = evaluation.inputs_hash()
    if signals.known_evaluation(connection, inputs_hash) is not None:
        return Taken(previous if previous and previous.is_open else None, "NONE", is_known=True)
    tenant_id = connection.execute(text("SELECT current_setting('app.tenant')")).scalar_one()
    signal, change = next_episode(previous, evaluation, tenant_id)
    if signal is not None and change == "OPENED":
        signals.keep(connection, signal, change)
    evaluation_id = signals.keep_evaluation(connection, evaluation, inputs_hash, signal, change)
    if signal is None:
        return Taken(None, change)
    if change != "OPENED":
        signals.keep(connection, signal, change)
    _tell(connection, signal, change, evaluation_id, run_id)
    made: list[Suggestion] = []
    if change == "OPENED" or is_worse(previous, signal):
        made = _suggest(connection, signal, evaluation_id, advice_of(signal, evaluation), run_id)
    return Taken(signal, change, tuple(made))


def counts_of(taken: Iterable[Taken]) -> dict[str, int]:
    """How many evaluations were new, episodes opened and closed, and suggestions made."""
    every = list(taken)
    return {
        "evaluations": sum(not one.is_known for one in every),
        "opened": sum(one.change == "OPENED" for one in every),
        "closed": sum(one.change == "CLOSED" for one in every),
        "suggestions": sum(len(one.made) for one in every),
    }


def lay_before_people(
    connection: Connection, made: Suggestion, *, page_url: str | None = None, run_id: uuid.UUID | None = None
) -> Proposal:
    """The proposal by which a person decides on the suggestion; the standing one, where it waits already."""
    return propose(
        connection,
        SUGGESTION,
        Subject(SUBJECT, str(made.suggestion_id)),
        content=made.content(),
        summary=made.message[:300],
        proposed_by=MACHINES[made.room],
        evidence=made.evidence,
        severity=Severity(made.severity).rank,
        page_url=page_url or PAGES[made.room],
        run_id=run_id,
    )


def _suggest(
    connection: Connection,
    signal: Signal,
    evaluation_id: uuid.UUID,
    advised: Iterable[Advice],
    run_id: uuid.UUID | None,
) -> list[Suggestion]:
    made = []
    for advice in sorted(advised, key=lambda one: (one.suggestion_type, one.target_id)):
        kept = suggestions.insert(connection, signal, evaluation_id, advice)
        if kept is None:
            continue
        note(
            connection,
            "CONTENT_SUGGESTION_CREATED" if kept.room == "courses" else "advice.suggestion.made",
            actor_id=MACHINES[kept.room],
            actor_role="MACHINE",
            entity_type=SUBJECT,
            entity_id=str(kept.suggestion_id),
            run_id=run_id,
            payload={"type": kept.suggestion_type, "target": kept.target_id, "signal_id": str(signal.signal_id)},
        )
        lay_before_people(connection, kept, page_url=advice.page_url, run_id=run_id)
        made.append(kept)
    return made


def _tell(
    connection: Connection, signal: Signal, change: Change, evaluation_id: uuid.UUID, run_id: uuid.UUID | None
) -> None:
    if change not in {"OPENED", "CLOSED"}:
        return
    record(
        connection,
        f"advice.signal.{change.lower()}",
        actor_id=MACHINES[signal.about.room],
        actor_role="MACHINE",
        entity_type="signal",
        entity_id=str(signal.signal_id),
        run_id=run_id,
        payload={
            "type": signal.about.signal_type,
            "subject": f"{signal.about.subject_type}/{signal.about.subject_id}",
            "context": signal.about.context,
            "severity": signal.severity.value,
            "evaluation_id": str(evaluation_id),
        },
    )
