"""Fulfilment: carry out, once, what stands countersigned.

It takes a countersignature id, checks that the signature stands and that the thing still is what was signed, and
refuses everything else. The work and the note that it is done are one transaction, held by one process at a time: a
process that is killed leaves nothing, and the next attempt begins anew.
"""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, CountersignError, NotFound
from domain.kernel.events import record
from domain.kernel.gates import Gate
from domain.kernel.messages.kinds import MessageKind
from domain.kernel.messages.outbox import tell
from domain.kernel.principal import Role
from domain.kernel.proposals import Proposal, load_proposal, lock_subject
from domain.kernel.proposed import check_signed
from domain.kernel.redaction import as_text, redact
from domain.kernel.settings import DbRole
from domain.kernel.signed import Countersignature, check, load_countersignature

MOST_ATTEMPTS = 3


@dataclass(frozen=True)
class Outcome:
    """What a fulfilment brought.

    Attributes:
        artifact_ids: the artifacts that it made or named.
        facts: counts and names worth reading, no secret and no personal data.
        already: whether it had been carried out before, and this call did nothing.
    """

    artifact_ids: Sequence[uuid.UUID] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    already: bool = False


@dataclass(frozen=True)
class Doer:
    """How one kind is carried out.

    Attributes:
        gate: the kind.
        carry_out: does it in the given transaction and answers what it brought.
        hash_now: the hash of the subject's content as it stands; None where the proposal itself holds the content.
    """

    gate: Gate
    carry_out: Callable[[Connection, Countersignature, Proposal], Outcome]
    hash_now: Callable[[Connection, Proposal], str | None] | None = None


def fulfil(
    tenant_id: str, countersignature_id: uuid.UUID, doers: Mapping[str, Doer], *, run_id: str, actor_id: str
) -> Outcome:
    """Carry out one countersignature of the tenant, unless that has been done.

    Raises:
        NotFound: the tenant has no such countersignature.
        Conflict: NOTHING_TO_FULFIL, NOT_COUNTERSIGNED, WITHDRAWN, SUPERSEDED, HASH_MISMATCH, CONTENT_CHANGED,
            IN_PROGRESS.
        CountersignError: whatever the work itself refuses; the attempt is then on record as FAILED.
    """
    with transaction(tenant_id, DbRole.MACHINE, actor=actor_id) as connection:
        doer, done = _begin(connection, countersignature_id, doers, run_id, actor_id)
    if done is not None:
        return done
    try:
        with transaction(tenant_id, DbRole.MACHINE, actor=actor_id) as connection:
            return _carry_out(connection, countersignature_id, doer, run_id, actor_id)
    except Exception as error:
        if not (isinstance(error, CountersignError) and error.code == "IN_PROGRESS"):
            _note_failure(tenant_id, countersignature_id, doer.gate, error, actor_id)
        raise


def waiting_for_fulfilment(connection: Connection, kinds: Sequence[str]) -> list[tuple[uuid.UUID, int]]:
    """Approvals of the kinds that nobody has carried out: id and attempts so far, oldest signature first.

    There is no cursor: a signature that commits late is found like any other. After three attempts a person looks.
    """
    rows = connection.execute(
        text(
            "SELECT c.countersignature_id, COALESCE(f.attempts, 0) AS attempts FROM countersignatures AS c"
            " LEFT JOIN fulfilments AS f ON f.countersignature_id = c.countersignature_id"
            " WHERE c.decision = 'APPROVED' AND c.kind = ANY(:kinds)"
            " AND (f.countersignature_id IS NULL OR (f.status <> 'DONE' AND f.attempts < :most"
            "   AND f.alive_at < clock_timestamp() - interval '30 seconds'))"
            " AND NOT EXISTS (SELECT 1 FROM countersignatures AS w WHERE w.tenant_id = c.tenant_id"
            "   AND (w.withdraws = c.countersignature_id"
            "     OR (w.supersedes = c.countersignature_id AND w.decision = 'APPROVED')))"
            " ORDER BY c.signed_at, c.countersignature_id"
        ),
        {"kinds": sorted(kinds), "most": MOST_ATTEMPTS},
    )
    return [(row.countersignature_id, row.attempts) for row in rows]


def _begin(
    connection: Connection, countersignature_id: uuid.UUID, doers: Mapping[str, Doer], run_id: str, actor_id: str
) -> tuple[Doer, Outcome | None]:
    """Check the signature and note the attempt; from here on the signature can no longer be withdrawn."""
    doer = _doer(load_countersignature(connection, countersignature_id), doers)
    signed = check(connection, countersignature_id, doer.gate.kind)
    proposal = load_proposal(connection, signed.proposal_id)
    lock_subject(connection, signed.kind, proposal.subject)
    signed = check(connection, countersignature_id, doer.gate.kind)
    done = _done(connection, countersignature_id)
    if done is None:
        _hold(connection, countersignature_id)
        connection.execute(
            text(
                "INSERT INTO fulfilments (countersignature_id, run_id) VALUES (:id, :run_id)"
                " ON CONFLICT (countersignature_id) DO UPDATE SET run_id = EXCLUDED.run_id, status = 'STARTED',"
                " finished_at = NULL, alive_at = clock_timestamp(), attempts = fulfilments.attempts + 1"
                " WHERE fulfilments.status <> 'DONE'"
            ),
            {"id": countersignature_id, "run_id": run_id},
        )
        _tell(connection, "kernel.fulfilment.started", signed, actor_id, {"run_id": run_id})
    return doer, done


def _hold(connection: Connection, countersignature_id: uuid.UUID) -> None:
    """Be the only one at it until the transaction ends, however it ends."""
    held = connection.execute(
        text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 1))"), {"key": f"fulfil|{countersignature_id}"}
    ).scalar_one()
    if not held:
        raise Conflict("Another run is carrying this out now.", hint="Wait for it to end.", code="IN_PROGRESS")


def _doer(signed: Countersignature, doers: Mapping[str, Doer]) -> Doer:
    found = doers.get(signed.kind)
    if found is None:
        raise Conflict(
            f"{signed.kind} takes effect when it is signed; nothing is left for a machine to carry out.",
            code="NOTHING_TO_FULFIL",
        )
    return found


def _done(connection: Connection, countersignature_id: uuid.UUID) -> Outcome | None:
    row = connection.execute(
        text("SELECT artifact_ids, outcome FROM fulfilments WHERE countersignature_id = :id AND status = 'DONE'"),
        {"id": countersignature_id},
    ).one_or_none()
    return None if row is None else Outcome(tuple(row.artifact_ids), row.outcome, already=True)


def _carry_out(
    connection: Connection, countersignature_id: uuid.UUID, doer: Doer, run_id: str, actor_id: str
) -> Outcome:
    """The work and its note in one transaction; a second process finds the lock held and leaves."""
    _hold(connection, countersignature_id)
    done = _done(connection, countersignature_id)
    if done is not None:
        return done
    signed = check(connection, countersignature_id, doer.gate.kind)
    proposal = load_proposal(connection, signed.proposal_id)
    check_signed(proposal, signed)
    if doer.hash_now is not None and doer.hash_now(connection, proposal) != signed.content_hash:
        raise Conflict(
            "The thing is no longer what was signed; nothing was done.",
            hint="Propose it anew and have that countersigned.",
            code="HASH_MISMATCH",
        )
    outcome = doer.carry_out(connection, signed, proposal)
    connection.execute(
        text(
            "UPDATE fulfilments SET status = 'DONE', finished_at = clock_timestamp(), run_id = :run_id,"
            " artifact_ids = :artifacts, outcome = CAST(:outcome AS jsonb) WHERE countersignature_id = :id"
        ),
        {
            "id": countersignature_id,
            "run_id": run_id,
            "artifacts": list(outcome.artifact_ids),
            "outcome": json.dumps(redact(dict(outcome.facts)), default=as_text),
        },
    )
    _tell(connection, "kernel.fulfilment.done", signed, actor_id, {"run_id": run_id, **outcome.facts})
    return outcome


def _note_failure(tenant_id: str, countersignature_id: uuid.UUID, gate: Gate, error: Exception, actor_id: str) -> None:
    said = str(error) if isinstance(error, CountersignError) else type(error).__name__
    with transaction(tenant_id, DbRole.MACHINE, actor=actor_id) as connection:
        noted = connection.execute(
            text(
                "UPDATE fulfilments SET status = 'FAILED', finished_at = clock_timestamp(),"
                " alive_at = clock_timestamp(), outcome = jsonb_build_object('error', CAST(:said AS text))"
                " WHERE countersignature_id = :id AND status <> 'DONE'"
            ),
            {"id": countersignature_id, "said": redact(said)},
        )
        if noted.rowcount:
            try:
                signed = load_countersignature(connection, countersignature_id)
            except (NotFound, Conflict):
                return
            _tell(connection, "kernel.fulfilment.failed", signed, actor_id, {"error": said}, status="failed")
            # Who may sign it and who administers the tenant; of one signature once, however often it is tried.
            tell(
                connection,
                MessageKind.JOB_FAILED,
                gate.roles | {Role.ADMIN},
                subject_type="fulfilment",
                subject_id=str(countersignature_id),
                title=f"{gate.title}: what was countersigned could not be carried out",
                body=f"{said} It is tried {MOST_ATTEMPTS} times; after that a person looks.",
                path=f"/countersignatures/{countersignature_id}",
            )


def _tell(
    connection: Connection,
    event_type: str,
    signed: Countersignature,
    actor_id: str,
    payload: Mapping[str, Any],
    status: str = "ok",
) -> None:
    record(
        connection,
        event_type,
        actor_id=actor_id,
        actor_role="MACHINE",
        entity_type="countersignature",
        entity_id=str(signed.countersignature_id),
        status=status,
        payload={"kind": signed.kind, **payload},
    )
