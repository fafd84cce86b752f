"""Disposal: archive every piece, read every archive back, and only then remove; in one transaction.

It is carried out after a countersignature, or under a standing order. The database lets a removal through only beside
a disposal of the same transaction that names archive and signature. Killed anywhere, every row stands where it stood.
"""

import tempfile
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel import artifacts
from domain.kernel.artifacts import SPOOLED_BYTES, Artifact
from domain.kernel.canonical import derived_id
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, Forbidden
from domain.kernel.events import record
from domain.kernel.fulfil import Doer, Outcome
from domain.kernel.gates import RETENTION_DISPOSAL
from domain.kernel.lent import use_standing_order
from domain.kernel.locks import run_locked
from domain.kernel.objects.store import Store
from domain.kernel.proposals import Proposal
from domain.kernel.retention.plan import Plan, plan_of, plan_older_than, same_plan
from domain.kernel.retention.policy import Piece, Prunable
from domain.kernel.settings import DbRole
from domain.kernel.signed import Countersignature

ACTOR = "retention"


@dataclass(frozen=True)
class Archived:
    """A piece with its archive; both None where its rows are no records."""

    piece: Piece
    artifact: Artifact | None = None
    rows_hash: str | None = None


def disposal_doer(prunables: Mapping[str, Prunable], open_store: Callable[[], Store]) -> Doer:
    """How a countersigned disposal is carried out.

    Args:
        prunables: what can be pruned, by name.
        open_store: where archives go.
    """

    def carry_out(connection: Connection, signed: Countersignature, proposal: Proposal) -> Outcome:
        plan = same_plan(connection, _named(prunables, proposal.content["subject"]), proposal.content)
        return dispose(connection, plan, signed, open_store())

    def hash_now(connection: Connection, proposal: Proposal) -> str:
        return same_plan(connection, _named(prunables, proposal.content["subject"]), proposal.content).content_hash

    return Doer(RETENTION_DISPOSAL, carry_out, hash_now)


def dispose_under_order(
    tenant_id: str,
    prunable: Prunable,
    store: Store,
    now: datetime,
    actor_id: str,
    older_than_days: int | None = None,
) -> dict[str, Any]:
    """Dispose of what is due where a standing order covers it; else nothing, and the answer says why.

    One at a time for a tenant and kind: a second answers that it was skipped. `older_than_days`: only what is older
    than that, where it is more than the tenant keeps.

    Raises:
        Conflict: ORDER_EXHAUSTED, RETENTION_SETTING, KEPT_LONGER, ARCHIVE_DIFFERS.
        Unavailable: the object store cannot take the archives; nothing was removed.
    """

    def work(_lock: object) -> dict[str, Any]:
        try:
            with transaction(tenant_id, DbRole.MACHINE, actor=actor_id) as connection:
                plan = (
                    plan_of(connection, prunable, now)
                    if older_than_days is None
                    else plan_older_than(connection, prunable, now, older_than_days)
                )
                if not plan.pieces:
                    return {"pieces": 0, "rows": 0, "reason": "nothing is due"}
                signed = use_standing_order(
                    connection, RETENTION_DISPOSAL, plan.subject, plan.content_hash, actor_id=actor_id
                )
                return dict(dispose(connection, plan, signed, store).facts)
        except Forbidden as refusal:
            if refusal.code != "NO_STANDING_ORDER":
                raise
            return {"pieces": 0, "rows": 0, "reason": "no standing order covers it; it waits for a signature"}

    return run_locked(tenant_id, f"retention.{prunable.name}", work, held_by=actor_id)


def dispose(connection: Connection, plan: Plan, signed: Countersignature, store: Store) -> Outcome:
    """Archive all pieces, then remove all.

    Raises:
        Conflict: ARCHIVE_DIFFERS or PIECE_CHANGED; nothing was removed.
    """
    archived = [_archive(connection, plan, piece, signed, store) for piece in plan.pieces]
    for one in archived:
        _remove(connection, plan, one, signed)
    made = [one.artifact.artifact_id for one in archived if one.artifact is not None]
    facts = {"subject": plan.prunable.name, "pieces": len(archived), "rows": plan.rows, "archives": len(made)}
    return Outcome(artifact_ids=made, facts=facts)


def _archive(connection: Connection, plan: Plan, piece: Piece, signed: Countersignature, store: Store) -> Archived:
    source = plan.prunable.archive
    if source is None:
        return Archived(piece)
    from domain.kernel.retention import archive

    source.hold(connection, piece)
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES) as draft:
        groups = source.rows(connection, piece, archive.GROUP_ROWS)
        written = archive.write(source.columns(), groups, draft)  # type: ignore[arg-type]  # it is a binary file
        if written.rows != piece.rows:
            raise _changed(piece)
        artifact = artifacts.keep(
            connection,
            store,
            draft,  # type: ignore[arg-type]
            kind=archive.KIND,
            media_type=archive.MEDIA_TYPE,
            made_from={
                "subject": plan.prunable.name,
                "piece": piece.name,
                "rows": written.rows,
                "content_hash": written.rows_hash,
                "renderer_version": archive.WRITER,
                "run_ids": source.runs(connection, piece),
            },
            actor_id=ACTOR,
            countersignature_id=signed.countersignature_id,
        )
    with artifacts.opened(store, artifact) as kept:
        if archive.look(kept) != written:
            raise Conflict(
                f"The archive of {piece.name} does not read back as what was written; nothing was removed.",
                hint="Check the object store, then let it be carried out again.",
                code="ARCHIVE_DIFFERS",
            )
    facts = {"artifact_id": str(artifact.artifact_id), "sha256": artifact.sha256, "rows_hash": written.rows_hash}
    _tell(connection, "kernel.retention.archived", plan, piece, signed, facts)
    return Archived(piece, artifact, written.rows_hash)


def _remove(connection: Connection, plan: Plan, one: Archived, signed: Countersignature) -> None:
    """Write the disposal, then take the rows out; the database refuses the second without the first."""
    piece, artifact_id = one.piece, None if one.artifact is None else one.artifact.artifact_id
    parts = [plan.tenant.tenant_id, plan.prunable.name, piece.name, str(piece.rows), str(signed.countersignature_id)]
    # A piece that was brought back and goes again, perhaps unchanged and under the same order, is another disposal.
    parts += [f"again {before}"] if (before := _gone_before(connection, plan, piece)) else []
    connection.execute(
        text(
            "INSERT INTO retention_disposals (disposal_id, subject, piece, rows, rows_hash, artifact_id,"
            " countersignature_id) VALUES (:id, :subject, :piece, :rows, :rows_hash, :artifact_id, :by)"
        ),
        {
            "id": derived_id("disposal", *parts, one.rows_hash or ""),
            "subject": plan.prunable.name,
            "piece": piece.name,
            "rows": piece.rows,
            "rows_hash": one.rows_hash,
            "artifact_id": artifact_id,
            "by": signed.countersignature_id,
        },
    )
    if plan.prunable.remove(connection, plan.tenant, piece, plan.cutoff) != piece.rows:
        raise _changed(piece)
    _tell(connection, "kernel.retention.disposed", plan, piece, signed, {"artifact_id": _text(artifact_id)})


def _gone_before(connection: Connection, plan: Plan, piece: Piece) -> int:
    found = connection.execute(
        text(
            "SELECT count(*) FROM retention_disposals WHERE subject = :subject AND piece = :piece AND rows_hash <> ''"
        ),
        {"subject": plan.prunable.name, "piece": piece.name},
    )
    return int(found.scalar_one())


def _tell(
    connection: Connection, event_type: str, plan: Plan, piece: Piece, signed: Countersignature, facts: dict[str, Any]
) -> None:
    named = {"rows": piece.rows, "countersignature_id": str(signed.countersignature_id), "under": signed.kind}
    record(
        connection,
        event_type,
        actor_id=ACTOR,
        actor_role="MACHINE",
        entity_type="retention",
        entity_id=f"{plan.prunable.name}/{piece.name}",
        payload=named | facts,
    )


def _changed(piece: Piece) -> Conflict:
    return Conflict(
        f"{piece.name} is no longer what was planned; nothing was removed.",
        hint="Let it be planned and signed anew.",
        code="PIECE_CHANGED",
    )


def _named(prunables: Mapping[str, Prunable], name: str) -> Prunable:
    found = prunables.get(name)
    if found is None:
        raise Conflict(f"Nothing called {name} can be pruned in this version; nothing was done.", code="UNKNOWN_KIND")
    return found


def _text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)
