"""The files of a report: kept as artifacts by the hash of their bytes, and under the path that people look for.

`<tenant>/<outage>/<replay>/draft/after_action.pdf`, the signed edition without `draft/`; before it stands the prefix of
the store (S3_PREFIX, by default `reports`).
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from domain.grid.outages.store.replays import Replay
from domain.kernel.objects.store import Store, Target
from domain.kernel.report import files as kept
from domain.kernel.signed import Countersignature

NAME = "after_action"


def path_of(tenant_id: str, replay: Replay, edition: str, ending: str) -> str:
    """Where a file of the report lies."""
    parts = [tenant_id, str(replay.outage_id), str(replay.replay_id)]
    return "/".join([*parts, *(["draft"] if edition == "draft" else []), f"{NAME}.{ending}"])


def keep_files(
    connection: Connection,
    store: Store,
    tenant_id: str,
    replay: Replay,
    edition: str,
    files: Mapping[str, tuple[bytes, str]],
    *,
    kind: str,
    made_from: Mapping[str, Any],
    actor_id: str,
    signed: Countersignature | None = None,
) -> dict[str, dict[str, Any]]:
    """Keep the files of an edition: bytes and media type by format. Answers what `report_blob_ref` says of each."""
    paths = {one: path_of(tenant_id, replay, edition, one) for one in files}
    return kept.keep_files(
        connection,
        store,
        edition,
        {one: kept.File(paths[one], data, media_type) for one, (data, media_type) in files.items()},
        kind=kind,
        made_from=made_from,
        actor_id=actor_id,
        signed=signed,
    )


def target_of(replay: Replay, edition: str, ending: str, told: Mapping[str, Any]) -> Target:
    """What a link to a file of the report leads to."""
    name = f"after-action-{str(replay.outage_id)[:8]}{'-draft' if edition == 'draft' else ''}.{ending}"
    return Target(told["key"], told["size_bytes"], told["media_type"], name)
