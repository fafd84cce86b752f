"""Checkpoints as artifacts: each newest seal among the files that people find, link and verify, beside the sink."""

import uuid

from sqlalchemy import Connection

from domain.kernel import artifacts
from domain.kernel.artifacts import Artifact
from domain.kernel.canonical import sha256_hex
from domain.kernel.db import transaction
from domain.kernel.errors import NotFound
from domain.kernel.objects.store import Store
from domain.kernel.seals.checkpoints import checkpoint_bytes
from domain.kernel.seals.seal import FORMAT, Seal, find_seal
from domain.kernel.verify import Rendered

KIND = "ledger.checkpoint"
ACTOR = "sealing"


def keep_as_artifact(seal: Seal, store: Store) -> Artifact:
    """Keep the seal's checkpoint in the object store; the same seal again is a no-op.

    The ledger has no event of it: the seal is its record, and an event would ask for a seal of its own, for ever.

    Raises:
        Unavailable: the store could not take it; the ledger is sealed all the same, and the next run keeps it.
    """
    with transaction(seal.tenant_id, actor=ACTOR) as connection:
        return artifacts.keep(
            connection,
            store,
            checkpoint_bytes(seal),
            kind=KIND,
            media_type="application/json",
            made_from={
                "seal_id": str(seal.seal_id),
                "seal_number": seal.seal_number,
                "content_hash": seal.seal_hash,
                "renderer_version": FORMAT,
            },
            actor_id=ACTOR,
            is_told=False,
        )


def render_checkpoint(connection: Connection, _store: Store, artifact: Artifact) -> Rendered:
    """The checkpoint made again from the seal as it stands in the database.

    Raises:
        NotFound: the seal is not there any more.
    """
    seal = find_seal(connection, uuid.UUID(artifact.made_from["seal_id"]))
    if seal is None:
        raise NotFound(
            "The seal of this checkpoint is not in the database.",
            hint="`countersign verify ledger` says what is missing.",
        )
    return Rendered(sha256_hex(checkpoint_bytes(seal)), sha256_hex(seal.signed_bytes), FORMAT)
