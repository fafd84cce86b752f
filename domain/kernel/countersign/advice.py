"""What a person's decision makes of advice, in the signing transaction: its status, a case to look at, a ruleset."""

import json
import uuid

from sqlalchemy import Connection, text

from domain.kernel.advice import suggestions
from domain.kernel.advice.gates import RULESET, SUGGESTION
from domain.kernel.advice.rulesets import check_free
from domain.kernel.advice.suggestions import SUBJECT, Suggestion
from domain.kernel.canonical import content_hash, derived_id
from domain.kernel.countersign.acts import Act
from domain.kernel.countersign.decide import Answer, decide
from domain.kernel.db import database_now
from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.gaps import note
from domain.kernel.lineage import enqueue
from domain.kernel.principal import Principal
from domain.kernel.proposals import Proposal, Subject, lock_subject
from domain.kernel.signed import Countersignature, Decision

UNSAID = "No reason was given."
_EVENTS = {
    "ACCEPTED": ("CONTENT_SUGGESTION_ACCEPTED", "advice.suggestion.accepted"),
    "DISMISSED": ("CONTENT_SUGGESTION_DISMISSED", "advice.suggestion.dismissed"),
}


def decide_on(
    connection: Connection,
    principal: Principal,
    suggestion_id: uuid.UUID,
    decision: Decision,
    *,
    proposed: Proposal,
    reason: str | None = None,
    request_id: str | None = None,
    ip: str | None = None,
) -> Answer:
    """One person's acceptance or dismissal of a suggestion that is open.

    Raises:
        Conflict: ALREADY_DECIDED, the suggestion is closed.
    """
    lock_subject(connection, SUGGESTION.kind, Subject(SUBJECT, str(suggestion_id)))
    check_open(suggestions.load(connection, suggestion_id))
    said = reason if decision is Decision.APPROVED else (reason or UNSAID)
    return decide(
        connection,
        principal,
        ADVICE_ACTS,
        proposed.proposal_id,
        decision,
        content_hash=proposed.content_hash,
        reason=said,
        request_id=request_id,
        ip=ip,
    )


def check_open(found: Suggestion) -> None:
    """Only an open suggestion is decided on.

    Raises:
        Conflict: ALREADY_DECIDED.
    """
    if found.status != "OPEN":
        raise Conflict(
            f"The suggestion is {found.status.lower()} already; nothing was changed.",
            hint="What is noticed anew after its signal has closed is a new suggestion.",
            code="ALREADY_DECIDED",
        )


def accept(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """The suggestion counts as accepted; where it says so, somebody is asked to look. Nothing is generated.

    Raises:
        Conflict: ALREADY_DECIDED.
    """
    found = _decided(connection, signed, proposal, "ACCEPTED")
    if found.opens is not None:
        _open_work(connection, signed, found)


def dismiss(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """The suggestion counts as dismissed, with the reason.

    Raises:
        Conflict: ALREADY_DECIDED.
    """
    _decided(connection, signed, proposal, "DISMISSED")


def _decided(connection: Connection, signed: Countersignature, proposal: Proposal, decision: str) -> Suggestion:
    """Decision first, then the status that follows from it."""
    found = suggestions.load(connection, uuid.UUID(proposal.subject.id))
    check_open(found)
    if found.content_hash != signed.content_hash:
        raise Conflict("What was signed is not the suggestion as it stands; nothing was done.", code="HASH_MISMATCH")
    connection.execute(
        text(
            "INSERT INTO suggestion_decisions (suggestion_id, decision, reason, decided_by, decided_at,"
            " countersignature_id) VALUES (:id, :decision, :reason, :who, :at, :signed)"
        ),
        {
            "id": found.suggestion_id,
            "decision": decision,
            "reason": signed.reason,
            "who": signed.signer_id,
            "at": signed.signed_at,
            "signed": signed.countersignature_id,
        },
    )
    moved = connection.execute(
        text("UPDATE suggestions SET status = :status WHERE suggestion_id = :id AND status = 'OPEN'"),
        {"status": decision, "id": found.suggestion_id},
    )
    if moved.rowcount != 1:
        raise Conflict("Somebody else decided on it just now; nothing was changed.", code="ALREADY_DECIDED")
    for_course, otherwise = _EVENTS[decision]
    note(
        connection,
        for_course if found.room == "courses" else otherwise,
        **signed.actor,
        entity_type=SUBJECT,
        entity_id=str(found.suggestion_id),
        payload={"countersignature_id": str(signed.countersignature_id), "reason": signed.reason},
    )
    return found


def _open_work(connection: Connection, signed: Countersignature, found: Suggestion) -> None:
    signal = connection.execute(
        text("SELECT signal_type FROM signals WHERE signal_id = :id"), {"id": found.source_signal_id}
    ).scalar_one()
    work_item_id = derived_id("advice.work_item", signed.tenant_id, str(found.suggestion_id))
    connection.execute(
        text(
            "INSERT INTO work_items (work_item_id, suggestion_id, room, kind, title, target_id, signal_type, reasons,"
            " ruleset, opened_by, opened_at, countersignature_id) VALUES (:id, :suggestion, :room, :kind, :title,"
            " :target, :signal, :reasons, :ruleset, :who, :at, :signed)"
        ),
        {
            "id": work_item_id,
            "suggestion": found.suggestion_id,
            "room": found.room,
            "kind": found.opens,
            "title": found.message,
            "target": found.target_id,
            "signal": signal,
            "reasons": list(found.reasons),
            "ruleset": found.ruleset,
            "who": signed.signer_id,
            "at": signed.signed_at,
            "signed": signed.countersignature_id,
        },
    )
    record(
        connection,
        "advice.work_item.opened",
        **signed.actor,
        entity_type="work_item",
        entity_id=str(work_item_id),
        payload={"countersignature_id": str(signed.countersignature_id), "suggestion_id": str(found.suggestion_id)},
    )


def put_in_force(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """The signed ruleset holds for the room from now on; earlier evaluations stay as they were.

    Raises:
        Conflict: VERSION_TAKEN; STALE_RULESET, another one was put in force since it was proposed.
    """
    said = proposal.content
    room, ruleset = said["room"], said["ruleset"]
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(current_setting('app.tenant') || '|ruleset|' || :r, 0))"),
        {"r": room},
    )
    check_free(connection, room, ruleset["version"])
    newer = connection.execute(
        text(
            "SELECT 1 FROM advice_rulesets WHERE room = :room AND adopted_at > :since AND content_hash <> :base LIMIT 1"
        ),
        {"room": room, "since": proposal.created_at, "base": said["base_hash"]},
    ).first()
    if newer:
        raise Conflict(
            "Another ruleset was put in force since this one was proposed; nothing was changed.",
            hint="Compare with what is in force now and propose it anew.",
            code="STALE_RULESET",
        )
    connection.execute(
        text(
            "INSERT INTO advice_rulesets (room, version, content, content_hash, adopted_by, adopted_at,"
            " countersignature_id) VALUES (:room, :version, CAST(:content AS jsonb), :hash, :who, :at, :signed)"
        ),
        {
            "room": room,
            "version": ruleset["version"],
            "content": json.dumps(ruleset),
            "hash": content_hash(ruleset),
            "who": signed.signer_id,
            "at": database_now(connection),
            "signed": signed.countersignature_id,
        },
    )
    record(
        connection,
        "advice.ruleset.adopted",
        **signed.actor,
        entity_type="advice_ruleset",
        entity_id=f"{room}/{ruleset['version']}",
        payload={"countersignature_id": str(signed.countersignature_id), "content_hash": content_hash(ruleset)},
    )
    enqueue(connection, ("kernel", "advice_rulesets"), metadata={"room": room, "version": ruleset["version"]})


ADVICE_ACTS = {
    SUGGESTION.kind: Act(SUGGESTION, accept, on_refusal=dismiss),
    RULESET.kind: Act(RULESET, put_in_force),
}
