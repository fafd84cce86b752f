"""Verification: recompute what was made, and compare. What can be recomputed, and how, the rooms bring."""

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel import artifacts
from domain.kernel.artifacts import Artifact
from domain.kernel.errors import Conflict, CountersignError, NotFound
from domain.kernel.objects.store import Store


class Verdict(StrEnum):
    """What came of it.

    SAME: everything that could be recomputed is the same.
    OTHER_RENDERER: the bytes are those that were kept, and today's renderer makes other bytes of the same content.
    DIFFERENT: something is not what was recorded.
    """

    SAME = "same"
    OTHER_RENDERER = "same content, other renderer version"
    DIFFERENT = "different"


@dataclass(frozen=True)
class Check:
    """One thing that was compared.

    Attributes:
        what: what was compared, in words.
        recorded: what stands on record.
        found: what was found or made again; None where nothing could be compared, and `note` says why.
        is_equal: whether they agree; None where nothing could be compared.
    """

    what: str
    recorded: str | None
    found: str | None
    is_equal: bool | None
    note: str = ""

    @staticmethod
    def of(what: str, recorded: object, found: object, note: str = "") -> "Check":
        """A comparison of what is recorded with what was found."""
        return Check(what, str(recorded), str(found), recorded == found, note)

    @staticmethod
    def left_out(what: str, note: str) -> "Check":
        """Something that was not compared, and why."""
        return Check(what, None, None, None, note)


@dataclass(frozen=True)
class Verified:
    """What was compared, and the verdict."""

    type: str
    id: uuid.UUID
    kind: str
    verdict: Verdict
    checks: Sequence[Check]

    def as_json(self) -> dict[str, Any]:
        """The same for programs, by name."""
        told = {"type": self.type, "id": str(self.id), "kind": self.kind, "verdict": self.verdict.value}
        return told | {"is_good": self.is_good, "checks": [vars(check) for check in self.checks]}

    @property
    def is_good(self) -> bool:
        """Whether nothing differs from what was recorded."""
        return self.verdict is not Verdict.DIFFERENT


@dataclass(frozen=True)
class Rendered:
    """An artifact made again.

    Attributes:
        sha256: of the bytes that were made.
        content_hash: of what they show, whatever wrote them.
        renderer_version: what wrote them.
    """

    sha256: str
    content_hash: str
    renderer_version: str


Renderer = Callable[[Connection, Store, Artifact], Rendered]
Rebuilder = Callable[[Connection, uuid.UUID], Sequence[Check]]


def verify_artifact(
    connection: Connection, store: Store, artifact_id: uuid.UUID, renderers: Mapping[str, Renderer]
) -> Verified:
    """The bytes against their hash, then the bytes made again where their kind can be.

    Raises:
        NotFound: the tenant has no such artifact.
    """
    artifact = artifacts.load(connection, artifact_id)
    checks = [_bytes(store, artifact)]
    verdict = Verdict.SAME if checks[0].is_equal else Verdict.DIFFERENT
    renderer = renderers.get(artifact.kind)
    if renderer is None:
        checks.append(Check.left_out("made again", f"nothing is registered that makes {artifact.kind} again"))
    elif verdict is Verdict.SAME:
        more, verdict = _rendered(connection, store, artifact, renderer)
        checks += more
    return Verified("artifact", artifact_id, artifact.kind, verdict, checks)


def verify_run(connection: Connection, run_id: uuid.UUID, rebuilders: Mapping[str, Rebuilder]) -> Verified:
    """The result of a run, made again from its recorded inputs.

    Raises:
        NotFound: the tenant's ledger knows no such run.
        Conflict: NOT_REBUILDABLE, nothing can make it again, or its inputs are no longer there.
    """
    kinds = connection.execute(
        text(
            "SELECT entity_type FROM events WHERE tenant_id = current_setting('app.tenant') AND run_id = :id"
            " GROUP BY entity_type ORDER BY min(seq)"
        ),
        {"id": run_id},
    ).scalars()
    known = list(kinds)
    if not known:
        raise NotFound("The ledger knows no such run.", hint="GET /v1/lineage/{id} of an artifact names its runs.")
    kind = next((one for one in known if one in rebuilders), None)
    if kind is None:
        raise Conflict(
            f"Nothing is registered that makes a run of {', '.join(filter(None, known))} again; nothing was compared.",
            code="NOT_REBUILDABLE",
        )
    checks = list(rebuilders[kind](connection, run_id))
    differs = any(check.is_equal is False for check in checks)
    return Verified("run", run_id, kind, Verdict.DIFFERENT if differs else Verdict.SAME, checks)


def _bytes(store: Store, artifact: Artifact) -> Check:
    digest = hashlib.sha256()
    try:
        with store.open(artifact.store_key) as handle:
            while piece := handle.read(1024 * 1024):
                digest.update(piece)
    except NotFound:
        return Check("SHA-256 of the stored bytes", artifact.sha256, "missing", False)
    return Check.of("SHA-256 of the stored bytes", artifact.sha256, digest.hexdigest())


def _rendered(
    connection: Connection, store: Store, artifact: Artifact, renderer: Renderer
) -> tuple[list[Check], Verdict]:
    try:
        made = renderer(connection, store, artifact)
    except CountersignError as error:
        return [Check("made again", artifact.sha256, "failed", False, str(error))], Verdict.DIFFERENT
    recorded = artifact.made_from
    content = Check.of("content", recorded.get("content_hash"), made.content_hash)
    if made.sha256 == artifact.sha256 and content.is_equal:
        return [content, Check.of("bytes made again", artifact.sha256, made.sha256)], Verdict.SAME
    version = f"made by {recorded.get('renderer_version')}, made again by {made.renderer_version}"
    is_other = recorded.get("renderer_version") != made.renderer_version
    verdict = Verdict.OTHER_RENDERER if content.is_equal and is_other else Verdict.DIFFERENT
    return [content, Check("bytes made again", artifact.sha256, made.sha256, False, version)], verdict
