"""An approval that leaves the copy in which it was signed: for the first migration of an empty pilot or prod database.

An empty database holds nobody who could sign, so its first migration is planned and countersigned in a copy that has
people, and handed over as a file. Whoever applies it says with `--public-key` whose signature counts.
"""

import json
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from domain.kernel.canonical import content_hash, sha256_hex
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.gates import RELEASE_MIGRATION
from domain.kernel.release.dossier import dossier
from domain.kernel.release.gate import SUBJECT_TYPE, Right, approved, differences, standing
from domain.kernel.settings import Env
from domain.kernel.signed import MEMBERS, Decision, signed_bytes
from domain.kernel.signing import is_good, read_public_key

ANEW = "Plan it with `countersign migrate --plan --from-empty --for ENV`, have it countersigned, export it."


def export(connection: Connection, env: Env, to: str) -> dict[str, Any]:
    """The newest standing approval of a first migration of `env` to `to`, as JSON.

    Raises:
        Conflict: GATE_REQUIRED, there is none.
    """
    for row in approved(connection, RELEASE_MIGRATION.kind, env, to):
        signed = standing(connection, row, env) if row["content"]["release"]["from"] == "" else None
        if signed is not None:
            stated = {name: getattr(signed, name) for name in MEMBERS}
            told = {name: _plain(value) for name, value in stated.items() if name != "signature"}
            return {"countersignature": told, "signature": signed.signature.hex(), "content": row["content"]}
    raise Conflict(
        f"No countersigned first migration of {env.value} to {to} stands here.", hint=ANEW, code="GATE_REQUIRED"
    )


def right_of_file(path: Path, public_key: Path, env: Env, head: str) -> Right:
    """The right that an exported approval gives to build an empty database of `env`.

    Raises:
        Invalid: the file is no exported approval.
        Conflict: BAD_SIGNATURE, GATE_REQUIRED or HASH_MISMATCH.
    """
    key = read_public_key(public_key)
    try:
        given = json.loads(path.read_text())
        stated, content, signature = given["countersignature"], given["content"], bytes.fromhex(given["signature"])
        release = content["release"]
        row = _typed(stated)
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise Invalid(f"{path} is not an exported approval.", hint=ANEW) from cause
    if stated.get("key_id") != sha256_hex(key) or not is_good(key, signature, signed_bytes(row)):
        raise Conflict(f"{path} was not signed with the key of {public_key}.", code="BAD_SIGNATURE")
    named = (stated["kind"], stated["subject_type"], stated["subject_id"], stated["decision"])
    is_right = named == (RELEASE_MIGRATION.kind, SUBJECT_TYPE, env.value, Decision.APPROVED)
    if not is_right or stated["signer_role"] not in RELEASE_MIGRATION.roles:
        raise Conflict(f"{path} is no approval of a migration of {env.value}.", hint=ANEW, code="GATE_REQUIRED")
    now = dossier(env, None, head)
    if content_hash(content) != stated["content_hash"] or release != now:
        changed = ", ".join(differences(release, now)) or "the content of the file"
        raise Conflict(f"What was countersigned is not what would run: {changed}.", hint=ANEW, code="HASH_MISMATCH")
    return Right("COUNTERSIGNED", facts={name: stated[name] for name in ("countersignature_id", "key_id")})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return str(value) if isinstance(value, uuid.UUID) else value


def _typed(stated: dict[str, Any]) -> dict[str, Any]:
    """The row as it was signed; times in the one form that the signature knows."""
    if set(stated) != {name for name in MEMBERS if name != "signature"}:
        raise ValueError("other members than a countersignature has")
    datetime.fromisoformat(stated["signed_at"])
    return dict(stated)
