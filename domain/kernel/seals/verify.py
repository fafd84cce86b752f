"""Verify a tenant's ledger: everything is recomputed from the rows, and what does not fit is named.

Seal by seal: signature, chain, every leaf from its row, the root from the leaves. Beyond the seals: rows that must have
been sealed and are not, and the newest checkpoint that was kept outside the database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.canonical import sha256_hex
from domain.kernel.errors import Conflict
from domain.kernel.seals.leaves import SEALED_TABLES, Leafed, canonical_sql
from domain.kernel.seals.merkle import Tree, leaf_hash
from domain.kernel.seals.reading import streamed
from domain.kernel.seals.seal import Seal, seals_of
from domain.kernel.signed import load_countersignature
from domain.kernel.signing import Purpose, is_good, registered_key

MOST_NAMED = 1000


class Fault(StrEnum):
    """What can be wrong, each with a word of its own."""

    CHANGED = "CHANGED"
    REMOVED = "REMOVED"
    INSERTED = "INSERTED"
    LEAF_MISSING = "LEAF_MISSING"
    LEAF_WITHOUT_SEAL = "LEAF_WITHOUT_SEAL"
    ROOT = "ROOT"
    SEAL_CHANGED = "SEAL_CHANGED"
    SEAL_MISSING = "SEAL_MISSING"
    SEAL_SIGNATURE = "SEAL_SIGNATURE"
    COUNTERSIGNATURE = "COUNTERSIGNATURE"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was sealed. Grain: a row, a leaf or a seal."""

    fault: Fault
    tenant_id: str
    says: str
    seal_number: int | None = None
    leaf_index: int | None = None
    event_id: str | None = None
    event_type: str | None = None
    of_table: str | None = None


@dataclass
class Verified:
    """What was checked of one tenant, and what was found. `unsealed`: rows that no seal covers yet."""

    tenant_id: str
    seals: int = 0
    rows: int = 0
    unsealed: int = 0
    newest_seal_hash: str | None = None
    checkpoint: int | None = None
    findings: list[Finding] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def verify_tenant(
    connection: Connection,
    tenant_id: str,
    *,
    trusted: Mapping[str, bytes] | None = None,
    checkpoints: Iterable[Seal] = (),
) -> Verified:
    """Recompute the tenant's whole ledger within one snapshot.

    Args:
        connection: bound to the tenant.
        tenant_id: whose.
        trusted: public keys by key id that may have sealed; None takes those that are registered in the database.
        checkpoints: seals that were kept outside.
    """
    done = Verified(tenant_id)
    seals = seals_of(connection)
    done.seals, done.newest_seal_hash = len(seals), seals[-1].seal_hash if seals else None
    former: Seal | None = None
    for seal in seals:
        done.findings += _seal_itself(connection, seal, former, trusted)
        done.findings += _rows_of(connection, seal, former, done)
        former = seal
    done.findings += _beyond(connection, tenant_id, seals, done)
    done.findings += _countersignatures(connection, tenant_id)
    done.findings += _against(checkpoints, seals, tenant_id, trusted, connection, done)
    return done


def _seal_itself(
    connection: Connection, seal: Seal, former: Seal | None, trusted: Mapping[str, bytes] | None
) -> Iterator[Finding]:
    def found(fault: Fault, says: str) -> Finding:
        return Finding(fault, seal.tenant_id, says, seal.seal_number)

    expected = former.seal_number + 1 if former else 1
    if seal.seal_number != expected:
        yield found(Fault.SEAL_MISSING, f"seals {expected} to {seal.seal_number - 1} were removed")
    elif former and (seal.previous_seal_hash, seal.previous_root) != (former.seal_hash, former.root):
        yield found(Fault.SEAL_CHANGED, "it does not continue the seal before it")
    elif former and seal.total != former.total + seal.size:
        yield found(Fault.SEAL_CHANGED, "its count does not continue the seal before it")
    if sha256_hex(seal.signed_bytes) != seal.seal_hash:
        yield found(Fault.SEAL_CHANGED, "its row does not give its hash")
    if (says := wrong_signature(connection, seal, trusted)) is not None:
        yield found(Fault.SEAL_SIGNATURE, says)


def wrong_signature(connection: Connection, seal: Seal, trusted: Mapping[str, bytes] | None) -> str | None:
    """Why the seal's signature does not hold; None where it does."""
    key = registered_key(connection, seal.key_id, Purpose.SEAL) if trusted is None else trusted.get(seal.key_id)
    if key is None:
        return f"it names key {seal.key_id[:8]}, which is not " + ("registered" if trusted is None else "one you gave")
    return None if is_good(key, seal.signature, seal.signed_bytes) else "its signature does not fit"


def _rows_of(connection: Connection, seal: Seal, former: Seal | None, done: Verified) -> list[Finding]:
    """Every leaf of one seal against its row, and the root against the leaves."""
    tree, wrong, gaps, at = Tree(), [], [], 0
    for index, sealed, behind, *rows in streamed(connection, _leaves_query(seal, former), _LEAF_TYPES):
        if index != at:
            gaps += list(range(at, min(index, at + MOST_NAMED)))
        at = index + 1
        tree.add(sealed)
        row = next((row for row in rows if row is not None), None)
        if row is None or leaf_hash(row) != sealed or behind or index >= seal.size:
            wrong.append((index, row is None, bool(behind), index >= seal.size))
    done.rows += tree.size
    if at < seal.size:
        gaps += list(range(at, min(seal.size, at + MOST_NAMED)))
    findings = [_named(connection, seal, *one) for one in wrong[:MOST_NAMED]]
    findings += [
        Finding(Fault.LEAF_MISSING, seal.tenant_id, "its leaf was removed", seal.seal_number, index)
        for index in gaps[:MOST_NAMED]
    ]
    if tree.root().hex() != seal.root:
        says = "the leaves do not give the signed root: leaves were removed, added or changed"
        findings.append(Finding(Fault.ROOT, seal.tenant_id, says, seal.seal_number))
    return findings


_LEAF_TYPES = ["int8", "bytea", "bool", *("bytea" for _ in SEALED_TABLES)]


def _leaves_query(seal: Seal, former: Seal | None) -> str:
    """Index, sealed hash, whether recorded before the former seal was complete, and the row's leaf from each table."""
    columns = [
        f"CASE WHEN {_alias(one)}.{one.key} IS NOT NULL THEN convert_to({canonical_sql(one, _alias(one))}, 'UTF8') END"
        for one in SEALED_TABLES
    ]
    joins = [f"LEFT JOIN {one.table} AS {_alias(one)} ON {_on(one)}" for one in SEALED_TABLES]
    through = former.complete_through if former else None
    behind = "false" if through is None else f"COALESCE(events_row.recorded_at < '{through.isoformat()}', false)"
    return (
        f"SELECT l.leaf_index, l.leaf_hash, {behind}, {', '.join(columns)} FROM seal_leaves AS l {' '.join(joins)}"
        f" WHERE l.seal_id = '{seal.seal_id}' ORDER BY l.leaf_index"
    )


def _alias(leafed: Leafed) -> str:
    return f"{leafed.table}_row"


def _on(leafed: Leafed) -> str:
    return f"{_alias(leafed)}.{leafed.key} = l.event_id AND l.of_table = '{leafed.table}'"


def _named(connection: Connection, seal: Seal, index: int, is_gone: bool, is_behind: bool, is_beyond: bool) -> Finding:
    leaf = connection.execute(
        text("SELECT event_id, event_type, of_table FROM seal_leaves WHERE seal_id = :seal AND leaf_index = :index"),
        {"seal": seal.seal_id, "index": index},
    ).one()
    if is_gone:
        fault, says = Fault.REMOVED, "the row was removed after it was sealed"
    elif is_beyond:
        fault, says = Fault.INSERTED, "the seal has no such leaf: leaf and row were added to it"
    elif is_behind:
        fault = Fault.INSERTED
        says = "it says that it was recorded before the seal before this one was complete, which does not hold it"
    else:
        fault, says = Fault.CHANGED, "the row is not what was sealed"
    return Finding(
        fault, seal.tenant_id, says, seal.seal_number, index, str(leaf.event_id), leaf.event_type, leaf.of_table
    )


def _beyond(connection: Connection, tenant_id: str, seals: Sequence[Seal], done: Verified) -> list[Finding]:
    """Rows without a leaf: how many there are, and which say that they are older than what the newest seal covers."""
    through = max((seal.complete_through for seal in seals if seal.complete_through), default=None)
    for leafed in SEALED_TABLES:
        done.unsealed += connection.execute(
            text(f"SELECT count(*) {_without_leaf(leafed)}"), {"t": tenant_id}
        ).scalar_one()
    late = connection.execute(
        text(
            f"SELECT r.event_id, r.event_type {_without_leaf(SEALED_TABLES[0])} AND r.recorded_at < :through"
            " ORDER BY r.recorded_at, r.event_id LIMIT :most"
        ),
        {"t": tenant_id, "through": through, "most": MOST_NAMED},
    ).all()
    number = seals[-1].seal_number if seals else None
    findings = [
        Finding(
            Fault.INSERTED,
            tenant_id,
            "it says that it was recorded before the newest seal was complete, which does not hold it",
            number,
            None,
            str(row.event_id),
            row.event_type,
            "events",
        )
        for row in late
    ]
    orphans = connection.execute(
        text(
            "SELECT l.event_id, l.event_type, l.of_table, l.leaf_index FROM seal_leaves AS l WHERE l.tenant_id = :t"
            " AND NOT EXISTS (SELECT 1 FROM seals AS s WHERE s.seal_id = l.seal_id) ORDER BY l.event_id LIMIT :most"
        ),
        {"t": tenant_id, "most": MOST_NAMED},
    )
    return findings + [
        Finding(
            Fault.LEAF_WITHOUT_SEAL,
            tenant_id,
            "its leaf belongs to no seal: the seal was removed, or the leaf added",
            None,
            row.leaf_index,
            str(row.event_id),
            row.event_type,
            row.of_table,
        )
        for row in orphans
    ]


def _without_leaf(leafed: Leafed) -> str:
    return (
        f"FROM {leafed.table} AS r WHERE r.tenant_id = :t"
        f" AND NOT EXISTS (SELECT 1 FROM seal_leaves AS l WHERE l.event_id = r.{leafed.key})"
    )


def _countersignatures(connection: Connection, tenant_id: str) -> Iterator[Finding]:
    """Each decision's own signature, so that one which was added by hand is named before and after it is sealed."""
    query = text("SELECT countersignature_id, kind FROM countersignatures WHERE tenant_id = :t ORDER BY signed_at, 1")
    for row in connection.execute(query, {"t": tenant_id}).all():
        try:
            load_countersignature(connection, row.countersignature_id)
        except Conflict:
            yield Finding(
                Fault.COUNTERSIGNATURE,
                tenant_id,
                "its signature does not fit its row",
                event_id=str(row.countersignature_id),
                event_type=row.kind,
                of_table="countersignatures",
            )


def _against(
    checkpoints: Iterable[Seal],
    seals: Sequence[Seal],
    tenant_id: str,
    trusted: Mapping[str, bytes] | None,
    connection: Connection,
    done: Verified,
) -> Iterator[Finding]:
    by_number = {seal.seal_number: seal for seal in seals}
    for kept in checkpoints:
        number = kept.seal_number
        done.checkpoint = max(number, done.checkpoint or 0)
        if (says := wrong_signature(connection, kept, trusted)) is not None:
            yield Finding(Fault.SEAL_SIGNATURE, tenant_id, f"of the checkpoint: {says}", number)
        elif number not in by_number:
            says = f"the checkpoint tells of seal {number} over {kept.total} rows, which is not there any more"
            yield Finding(Fault.SEAL_MISSING, tenant_id, says, number)
        elif by_number[number].seal_hash != kept.seal_hash:
            yield Finding(Fault.SEAL_CHANGED, tenant_id, "it is not the seal that the checkpoint tells of", number)
