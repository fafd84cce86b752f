"""Seal what has been recorded and is not sealed yet: a machine's work, once an hour, which no writer waits for.

What is unsealed is found by the absence of a leaf and not by a cursor: a transaction that commits late is found by the
next seal, whatever its sequence number.
"""

import time
import uuid
from datetime import datetime

from sqlalchemy import Connection, text

from domain.kernel.canonical import new_id, sha256_hex
from domain.kernel.db import database_now, transaction
from domain.kernel.errors import NotConfigured
from domain.kernel.objects.chosen import open_store
from domain.kernel.objects.store import Store
from domain.kernel.seals.checkpoints import Sink, configured_sink
from domain.kernel.seals.kept import keep_as_artifact
from domain.kernel.seals.leaves import SEALED_TABLES, hash_sql
from domain.kernel.seals.merkle import Tree
from domain.kernel.seals.reading import leaf_hashes
from domain.kernel.seals.seal import COLUMNS, Seal, newest_seal, signed_bytes
from domain.kernel.signing import Purpose, key_id_of, registered_key, sign
from domain.kernel.tenancy import tenant_directory

PLATFORM = "PLATFORM"
WAIT_FOR_WRITERS_S = 2.0
# Writers that may have recorded something which is not committed yet hold this lock from before they take the time.
_WRITERS = text(
    "SELECT DISTINCT virtualtransaction FROM pg_locks WHERE relation = 'events'::regclass AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')"
    " AND pid IS DISTINCT FROM pg_backend_pid() ORDER BY virtualtransaction"
)


def sealed_tenants() -> list[str]:
    """Every tenant that has a chain of seals: the platform itself and all others, in order."""
    return [PLATFORM, *tenant_directory()]


def seal_ledger(tenant_id: str, sink: Sink | None = None, store: Store | None = None) -> Seal | None:
    """Seal the tenant's unsealed rows and put a checkpoint outside the database; None where there was nothing to seal.

    The checkpoint goes to the sink and, as an artifact, to the object store. Where another sealer is at work on the
    tenant this one leaves it to it.

    Raises:
        NotConfigured: this process was not given the sealing key, or it is not registered.
        Unavailable: sealed, but sink or store did not take the checkpoint; the next run puts it.
    """
    with transaction(tenant_id) as connection:
        if not _alone(connection, tenant_id):
            return None
        seal = _seal(connection, tenant_id)
        newest = seal or newest_seal(connection)
    # After the commit, so that no checkpoint tells of a seal that was rolled back; one that is missing is made up for
    # by the next run.
    if newest is not None:
        (sink or configured_sink()).keep(newest)
        keep_as_artifact(newest, store or open_store())
    return seal


def _alone(connection: Connection, tenant_id: str) -> bool:
    return bool(
        connection.execute(
            text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"seals|{tenant_id}"}
        ).scalar_one()
    )


def _seal(connection: Connection, tenant_id: str) -> Seal | None:
    key_id = key_id_of(Purpose.SEAL)
    if registered_key(connection, key_id, Purpose.SEAL) is None:
        raise NotConfigured(
            "The sealing key is not registered, so nobody could check a seal; nothing was sealed.",
            hint="`countersign up` registers it.",
        )
    previous, seal_id = newest_seal(connection), new_id()
    through = _complete_through(connection, previous)
    if not _add_leaves(connection, seal_id, tenant_id):
        return None
    tree = Tree()
    for leaf in leaf_hashes(connection, seal_id):
        tree.add(leaf)
    members = {
        "seal_id": seal_id,
        "tenant_id": tenant_id,
        "seal_number": previous.seal_number + 1 if previous else 1,
        "size": tree.size,
        "total": tree.size + (previous.total if previous else 0),
        "root": tree.root().hex(),
        "previous_root": previous.root if previous else None,
        "previous_seal_hash": previous.seal_hash if previous else None,
        "complete_through": through,
        "sealed_at": database_now(connection),
        "key_id": key_id,
    }
    signed = signed_bytes(members)
    seal = Seal(**members, seal_hash=sha256_hex(signed), signature=sign(Purpose.SEAL, signed))  # type: ignore[arg-type]
    names = COLUMNS.split(", ")
    connection.execute(
        text(f"INSERT INTO seals ({COLUMNS}) VALUES ({', '.join(f':{name}' for name in names)})"),
        {name: getattr(seal, name) for name in names},
    )
    return seal


def _complete_through(connection: Connection, previous: Seal | None) -> datetime | None:
    """The instant before which nothing can be recorded any more: all that write now have ended since, or none did.

    Nobody is made to wait: writers are waited for, and only briefly. Where one lasts longer the former instant stays.
    """
    now = database_now(connection)
    former = previous.complete_through if previous else None
    deadline = time.monotonic() + WAIT_FOR_WRITERS_S
    writing = set(connection.execute(_WRITERS).scalars())
    while writing and time.monotonic() < deadline:
        time.sleep(0.02)
        writing &= set(connection.execute(_WRITERS).scalars())
    return former if writing else max(now, former or now)


def _add_leaves(connection: Connection, seal_id: uuid.UUID, tenant_id: str) -> int:
    """Give every row that has none a leaf, in a stable order; answer how many."""
    unsealed = " UNION ALL ".join(
        f"SELECT {number} AS part, row_number() OVER (ORDER BY r.{leafed.order}) AS place, r.{leafed.key} AS event_id,"
        f" {hash_sql(leafed, 'r')} AS leaf_hash, '{leafed.table}' AS of_table, r.{leafed.kind} AS event_type"
        f" FROM {leafed.table} AS r WHERE r.tenant_id = :tenant"
        f" AND NOT EXISTS (SELECT 1 FROM seal_leaves AS l WHERE l.event_id = r.{leafed.key})"
        for number, leafed in enumerate(SEALED_TABLES)
    )
    connection.execute(text("SET LOCAL work_mem = '64MB'"))
    return connection.execute(
        text(
            "INSERT INTO seal_leaves (event_id, seal_id, leaf_index, leaf_hash, of_table, event_type)"
            " SELECT u.event_id, :seal, row_number() OVER (ORDER BY u.part, u.place) - 1, u.leaf_hash, u.of_table,"
            f" u.event_type FROM ({unsealed}) AS u"
        ),
        {"seal": seal_id, "tenant": tenant_id},
    ).rowcount
