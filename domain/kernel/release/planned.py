"""Lay a migration before a person: the proposal of gates A and C, and the list of what it holds."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from domain.kernel.canonical import content_hash
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.gates import RELEASE_MIGRATION, Gate
from domain.kernel.people import normal_email
from domain.kernel.proposals import Proposal, Subject, propose
from domain.kernel.release.dossier import checklist, dossier, signed_content
from domain.kernel.release.gate import ACTOR, SUBJECT_TYPE, approved, has_gate
from domain.kernel.release.render import current_revision, head_revision, revisions_after
from domain.kernel.settings import DbRole, Env, settings


def plan_release(
    env: Env,
    *,
    from_empty: bool = False,
    notes: str | None = None,
    rollback_plan: str | None = None,
    authors: Collection[str] = (),
) -> dict[str, Any]:
    """The migration that `env` waits for, laid before a RELEASE_APPROVER, as JSON; nothing is run.

    Args:
        env: the environment; the proposal stands in this copy's database.
        from_empty: plan the first migration of an empty database, to be exported once it is signed.
        notes: release notes; by default what the revisions say of themselves.
        rollback_plan: by default how `--rollback-to` does it.
        authors: e-mail addresses of those who wrote it; under four eyes none of them signs, outside dev.
    """
    owner = settings().url(DbRole.OWNER)
    start, head = None if from_empty else current_revision(owner), head_revision()
    if start is not None:
        revisions_after(start, head)
    release = dossier(env, start, head)
    told: dict[str, Any] = {
        "env": env.value,
        "from": release["from"],
        "to": head,
        "sql": release["sql"],
        "sha256": release["sql_sha256"],
    }
    if start == head:
        return told | {"proposal": None}
    content = signed_content(release, notes, rollback_plan)
    proposal = _lay_down(env, content, authors)
    return told | {
        "rollback": release["rollback"],
        "rollback_sha256": release["rollback_sha256"],
        "summary": release["summary"],
        "files": release["files"],
        "release_notes": content["release_notes"],
        "rollback_plan": content["rollback_plan"],
        "content_hash": content_hash(content),
        "proposal": None if proposal is None else {"id": str(proposal.proposal_id), "state": proposal.state},
        "checklist": checklist(content, proposal is not None and proposal.state == "APPROVED"),
    }


def _lay_down(env: Env, content: dict[str, Any], authors: Collection[str]) -> Proposal | None:
    """The proposal; None where the database is empty or older than the gate, and can hold none."""
    with transaction("PLATFORM", DbRole.OWNER, actor=ACTOR) as connection:
        if not has_gate(connection):
            return None
        release = content["release"]
        return lay_before(
            connection,
            RELEASE_MIGRATION,
            env,
            content,
            summary=f"Migrate {env.value} from {release['from'] or 'an empty database'} to {release['to']}.",
            evidence={act: len(names) for act, names in release["summary"].items()},
            authors=authors,
        )


def lay_before(
    connection: Connection,
    gate: Gate,
    env: Env,
    content: dict[str, Any],
    *,
    summary: str,
    evidence: dict[str, Any],
    authors: Collection[str] = (),
) -> Proposal:
    """Propose a release of `env`; one that was carried out before is superseded by another person's signature.

    Raises:
        NotFound: an author who is nobody of the platform's.
    """
    ids = [user_of(connection, email) for email in authors]
    return propose(
        connection,
        gate,
        Subject(SUBJECT_TYPE, env.value),
        content=content,
        summary=summary,
        proposed_by=ACTOR,
        # At gate A, in dev, whoever wrote it may sign it.
        authors=[] if env is Env.DEV else ids,
        evidence=evidence | ({"authors": sorted(authors)} if authors else {}),
        severity=2 if env is Env.PROD else 1,
        supersedes=_carried_out(connection, gate, env, content),
    )


def _carried_out(connection: Connection, gate: Gate, env: Env, content: dict[str, Any]) -> UUID | None:
    """The approval of the same content that has been carried out already, as before a rollback."""
    for row in approved(connection, gate.kind, env):
        done = connection.execute(
            text("SELECT 1 FROM fulfilments WHERE countersignature_id = :id AND status = 'DONE'"),
            {"id": row["countersignature_id"]},
        ).first()
        if row["content"] == content:
            return row["countersignature_id"] if done else None
    return None


def user_of(connection: Connection, email: str) -> str:
    """The id of a person of the platform.

    Raises:
        NotFound: nobody has that address.
    """
    found = connection.execute(
        text("SELECT id FROM users WHERE email = :email"), {"email": normal_email(email)}
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(f"Nobody has the address {email}.", hint="Name the authors by their e-mail addresses.")
    return str(found)


def newest(kind: Gate, env: Env) -> dict[str, Any]:
    """The newest proposal of the kind for the environment, as JSON, for `countersign release show`.

    Raises:
        Conflict: there is none.
    """
    with transaction("PLATFORM", DbRole.OWNER) as connection:
        row = (
            connection.execute(
                text(
                    "SELECT proposal_id, state, summary, content_hash, countersignature_id, created_at, expires_at"
                    " FROM v_proposals WHERE tenant_id = 'PLATFORM' AND kind = :kind AND subject_type = :type"
                    " AND subject_id = :env ORDER BY created_at DESC, proposal_id DESC LIMIT 1"
                ),
                {"kind": kind.kind, "type": SUBJECT_TYPE, "env": env.value},
            )
            .mappings()
            .one_or_none()
        )
    if row is None:
        raise Conflict(f"No {kind.title.lower()} is proposed for {env.value}.", code="NOTHING_PROPOSED")
    return {name: value if value is None else str(value) for name, value in row.items()}
