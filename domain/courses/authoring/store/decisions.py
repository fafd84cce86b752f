"""What people decided on revisions: one decision for each, with the signature behind it."""

import uuid

from sqlalchemy import Connection, text

from domain.kernel.signed import Countersignature


def add_decision(
    connection: Connection, signed: Countersignature, item_id: str, revision: int, decision: str, note: str | None
) -> None:
    """Write the decision that a signature makes."""
    connection.execute(
        text(
            "INSERT INTO content_decisions (item_id, revision, content_hash, decision, note, decided_by, decided_at,"
            " countersignature_id) VALUES (:item_id, :revision, :hash, :decision, :note, :by, :at, :signed)"
        ),
        {
            "item_id": item_id,
            "revision": revision,
            "hash": signed.content_hash,
            "decision": decision,
            "note": note,
            "by": signed.signer_id,
            "at": signed.signed_at,
            "signed": signed.countersignature_id,
        },
    )


def approvals_of(connection: Connection, wanted: list[tuple[str, int]]) -> list[tuple[str, int, uuid.UUID]]:
    """Item, revision and countersignature of each approval among these revisions, by item."""
    rows = connection.execute(
        text(
            "SELECT item_id, revision, countersignature_id FROM content_decisions"
            " WHERE tenant_id = NULLIF(current_setting('app.tenant', true), '') AND decision = 'APPROVED'"
            " AND (item_id, revision) IN (SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:numbers AS integer[])))"
            ' ORDER BY item_id COLLATE "C", revision'
        ),
        {"ids": [one for one, _ in wanted], "numbers": [number for _, number in wanted]},
    )
    return [(row.item_id, row.revision, row.countersignature_id) for row in rows]
