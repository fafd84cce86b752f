"""By which right a migration runs: a countersigned release, the bootstrap of a dev copy, or its standing order.

Nothing here runs SQL of a migration. The countersignature is read and checked, never made.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.canonical import content_hash
from domain.kernel.db import engine_for
from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.gates import RELEASE_MIGRATION
from domain.kernel.release.dossier import dossier
from domain.kernel.release.render import revisions_after
from domain.kernel.settings import Env, settings
from domain.kernel.signed import Countersignature, approval_of

ACTOR = "countersign migrate"
SUBJECT_TYPE = "environment"
STANDING_ORDER_EVENT = "release.standing_order.recorded"


@dataclass(frozen=True)
class Right:
    """By which right a migration runs.

    Attributes:
        kind: BOOTSTRAP, STANDING_ORDER or COUNTERSIGNED; the ledger writes it.
        signed: the countersignature, where it stands in this database.
        facts: what the ledger says beside it.
    """

    kind: str
    signed: Countersignature | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@contextmanager
def alone(owner: str) -> Iterator[None]:
    """Be the only one who migrates this database; whoever comes second waits. The lock ends with the process."""
    with engine_for(owner).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_advisory_lock(hashtext('countersign.release'))"))
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(hashtext('countersign.release'))"))


def has_gate(connection: Connection) -> bool:
    """Whether the database is new enough to hold proposals and countersignatures."""
    return connection.execute(text("SELECT to_regclass('fulfilments')")).scalar_one() is not None


def is_built(connection: Connection) -> bool:
    """Whether the first migration of this database has ended; one that was killed half-way goes on as it began."""
    if connection.execute(text("SELECT to_regclass('events')")).scalar_one() is None:
        return False
    applied = connection.execute(text("SELECT 1 FROM events WHERE event_type = 'release.migration.applied' LIMIT 1"))
    return applied.first() is not None


def is_embedded() -> bool:
    """Whether the copy keeps its own database, instead of one that it was given the address of."""
    return settings().is_embedded


def right_to_migrate(connection: Connection, current: str, head: str) -> Right:
    """By which right a database that stands at `current` may be brought to `head`.

    Raises:
        Conflict: GATE_REQUIRED, no countersigned release covers it; HASH_MISMATCH, one did, and what it covers has
            changed since; BAD_SIGNATURE.
    """
    if settings().env is Env.DEV and is_embedded():
        return _standing_order(connection)
    if not has_gate(connection):
        raise _refused(
            current,
            head,
            "It is older than the gate itself, so nobody can have countersigned it.",
            "Move its data into a database that a countersigned first migration has built.",
        )
    return _countersigned(connection, settings().env, current, head)


def _standing_order(connection: Connection) -> Right:
    """Whoever starts a dev copy with a database of its own lets it migrate; the ledger holds that order once."""
    found = connection.execute(
        text("SELECT event_id FROM events WHERE event_type = :type ORDER BY recorded_at LIMIT 1"),
        {"type": STANDING_ORDER_EVENT},
    ).scalar_one_or_none()
    order = found or record(
        connection,
        STANDING_ORDER_EVENT,
        actor_id=ACTOR,
        actor_role="MACHINE",
        entity_type=SUBJECT_TYPE,
        entity_id=Env.DEV.value,
        payload={
            "scope": "later migrations of the embedded database of this dev copy",
            "given_by": "whoever starts the copy",
        },
    )
    return Right("STANDING_ORDER", facts={"standing_order": str(order)})


def _countersigned(connection: Connection, env: Env, current: str, head: str) -> Right:
    changed: list[str] = []
    for row in approved(connection, RELEASE_MIGRATION.kind, env, head):
        release = row["content"]["release"]
        start = release["from"]
        if not _leads_from(connection, row["countersignature_id"], start, current, head):
            continue
        if release != (now := dossier(env, start, head)):
            changed = changed or differences(release, now)
            continue
        if (signed := standing(connection, row, env)) is not None:
            return Right("COUNTERSIGNED", signed, {"countersignature_id": str(signed.countersignature_id)})
    if changed:
        raise Conflict(
            f"What was countersigned for {env.value} is not what would run: {', '.join(changed)}. Nothing was changed.",
            hint="Plan it anew with `countersign migrate --plan` and have that countersigned.",
            code="HASH_MISMATCH",
        )
    raise _refused(
        current,
        head,
        "No countersigned release covers exactly this.",
        "Run `countersign migrate --plan`, have it countersigned by a RELEASE_APPROVER, then apply.",
    )


def approved(connection: Connection, kind: str, env: Env, to: str | None = None) -> list[dict[str, Any]]:
    """Approved proposals of the kind for the environment, newest first, whose content is what its hash says."""
    rows = connection.execute(
        text(
            "SELECT proposal_id, content, content_hash, countersignature_id FROM v_proposals"
            " WHERE tenant_id = 'PLATFORM' AND kind = :kind AND subject_type = :type AND subject_id = :env"
            " AND state = 'APPROVED' AND (CAST(:to AS text) IS NULL OR content -> 'release' ->> 'to' = :to)"
            " ORDER BY created_at DESC, proposal_id DESC"
        ),
        {"kind": kind, "type": SUBJECT_TYPE, "env": env.value, "to": to},
    ).mappings()
    return [dict(row) for row in rows if content_hash(row["content"]) == row["content_hash"]]


def standing(
    connection: Connection, row: dict[str, Any], env: Env, kind: str = RELEASE_MIGRATION.kind
) -> Countersignature | None:
    """The good, unwithdrawn signature of a RELEASE_APPROVER on that proposal's content, or None."""
    signed = approval_of(connection, kind, SUBJECT_TYPE, env.value, row["content_hash"])
    return signed if signed is not None and signed.signer_role in RELEASE_MIGRATION.roles else None


def _leads_from(connection: Connection, countersignature_id: Any, start: str, current: str, head: str) -> bool:
    """Whether that release begins where the database stands, or was interrupted there. One carried out is used up."""
    done = connection.execute(
        text("SELECT status FROM fulfilments WHERE countersignature_id = :id"), {"id": countersignature_id}
    ).scalar_one_or_none()
    if start == current:
        return done != "DONE"
    between = {script.revision for script in revisions_after(start or None, head)}
    return done in {"STARTED", "FAILED"} and current in between


def differences(signed: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """The names of what differs between a signed dossier and the present one: files first, else its members."""
    before, after = signed["files"], now["files"]
    files = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    return files or sorted(name for name in now if signed.get(name) != now[name])


def _refused(current: str, head: str, why: str, hint: str) -> Conflict:
    env = settings().env.value
    return Conflict(
        f"The schema of this {env} database may move from {current} to {head} only behind a gate. {why}",
        hint=hint,
        code="GATE_REQUIRED",
    )
