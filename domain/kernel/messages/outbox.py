"""Writing messages, in the transaction of what they tell of. Nothing is sent here."""

import uuid
from collections.abc import Collection

from sqlalchemy import Connection, text

from domain.kernel.canonical import new_id
from domain.kernel.events import redact
from domain.kernel.gates import Gate
from domain.kernel.lent import lent_to
from domain.kernel.messages.kinds import EVERY_KIND, MessageKind
from domain.kernel.principal import Kind, Principal, Role
from domain.kernel.proposed import Proposal

LONGEST_TITLE = 200
LONGEST_BODY = 2000


def waiting_for_you(connection: Connection, proposal: Proposal, gate: Gate) -> int:
    """Tell everybody who may sign the proposal that it waits, but those who had a hand in it; answer how many.

    Telling twice of one proposal is telling once. Of an act that its proposer alone can sign nobody is told, nor of
    anything in a database that stands before the revision of messages, where migrations are still proposed.
    """
    if gate.proposer_signs or not _is_kept(connection):
        return 0
    hands = {proposal.proposed_by, *proposal.authors}
    people = (holders(connection, gate.roles) | lent_signers(connection, gate)) - hands
    return _write(
        connection,
        people,
        MessageKind.WAITING,
        subject=("proposal", str(proposal.proposal_id)),
        title=proposal.summary,
        body=f"{gate.title}. {gate.consequence}",
        path=f"/countersign/{proposal.proposal_id}",
        roles=gate.roles,
        gate_kind=gate.kind,
    )


def tell(
    connection: Connection,
    kind: MessageKind,
    roles: Collection[Role],
    *,
    subject_type: str,
    subject_id: str,
    title: str,
    body: str = "",
    path: str = "/",
) -> int:
    """Tell everybody who holds one of the roles; answer how many. The same subject again is told once.

    Args:
        connection: the transaction of what it tells of.
        kind: what it is.
        roles: who may see it; asked again when it is sent.
        subject_type: of the thing.
        subject_id: of the thing and occurrence, such as a run's id.
        title: one sentence; no secret.
        body: what to do next.
        path: the page about it.
    """
    people = holders(connection, roles)
    return _write(
        connection,
        people,
        kind,
        subject=(subject_type, subject_id),
        title=title,
        body=body,
        path=path,
        roles=roles,
        gate_kind=None,
    )


def holders(connection: Connection, roles: Collection[Role]) -> set[str]:
    """User ids of those who hold one of the roles in the bound tenant now and may come in."""
    rows = connection.execute(
        text(
            "SELECT DISTINCT CAST(ra.user_id AS text) AS id FROM role_assignments AS ra"
            " JOIN v_people AS p ON p.id = ra.user_id AND p.active"
            " WHERE ra.tenant_id = current_setting('app.tenant') AND ra.role = ANY(:roles)"
            " AND ra.valid_from <= clock_timestamp() AND (ra.valid_to IS NULL OR ra.valid_to > clock_timestamp())"
        ),
        {"roles": sorted(roles)},
    )
    return set(rows.scalars())


def lent_signers(connection: Connection, gate: Gate) -> set[str]:
    """User ids of active people to whom a role of the gate was lent for it."""
    borrowers = connection.execute(
        text(
            "SELECT DISTINCT CAST(lent.to_user AS text) AS id, lent.tenant_id FROM delegations AS lent"
            " JOIN v_people AS p ON p.id = lent.to_user AND p.active WHERE lent.valid_to > clock_timestamp()"
        )
    ).all()
    return {
        row.id
        for row in borrowers
        if any(one.covers(gate) for one in lent_to(connection, Principal(Kind.PERSON, row.id, "", row.tenant_id)))
    }


def _is_kept(connection: Connection) -> bool:
    return bool(connection.execute(text("SELECT to_regclass('public.messages') IS NOT NULL")).scalar_one())


def _write(
    connection: Connection,
    people: Collection[str],
    kind: MessageKind,
    *,
    subject: tuple[str, str],
    title: str,
    body: str,
    path: str,
    roles: Collection[Role],
    gate_kind: str | None,
) -> int:
    written = 0
    for user_id in sorted(people):
        message_id = connection.execute(
            text(
                "INSERT INTO messages (message_id, user_id, kind, subject_type, subject_id, title, body, path, roles,"
                " gate_kind) VALUES (:id, CAST(:user AS uuid), :kind, :type, :subject, :title, :body, :path, :roles,"
                " :gate) ON CONFLICT (tenant_id, user_id, kind, subject_type, subject_id) DO NOTHING"
                " RETURNING message_id"
            ),
            {
                "id": new_id(),
                "user": user_id,
                "kind": kind.value,
                "type": subject[0],
                "subject": subject[1],
                "title": _line(title)[:LONGEST_TITLE],
                "body": str(redact(body))[:LONGEST_BODY],
                "path": path,
                "roles": sorted(roles),
                "gate": gate_kind,
            },
        ).scalar_one_or_none()
        if message_id is not None:
            _address(connection, message_id, user_id, kind)
            written += 1
    return written


def _address(connection: Connection, message_id: uuid.UUID, user_id: str, kind: MessageKind) -> None:
    """One delivery for each of the person's channels that takes the kind; who chose nothing gets e-mail."""
    connection.execute(
        text(
            "INSERT INTO message_channels (channel_id, user_id, medium, address, kinds)"
            " SELECT :id, CAST(:user AS uuid), 'EMAIL', 'own', :kinds WHERE NOT EXISTS"
            " (SELECT 1 FROM message_channels WHERE user_id = CAST(:user AS uuid) AND medium = 'EMAIL')"
            " ON CONFLICT DO NOTHING"
        ),
        {"id": new_id(), "user": user_id, "kinds": list(EVERY_KIND)},
    )
    connection.execute(
        text(
            "INSERT INTO message_deliveries (message_id, channel_id) SELECT :message, channel_id FROM message_channels"
            " WHERE user_id = CAST(:user AS uuid) AND ended_at IS NULL AND :kind = ANY(kinds)"
        ),
        {"message": message_id, "user": user_id, "kind": kind.value},
    )


def _line(given: str) -> str:
    """Text as one line without control characters: it becomes the subject of an e-mail."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(redact(given))).split())
