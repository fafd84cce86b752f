"""What a session's approval signs, and what keeps it from being approved. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.kernel.canonical import content_hash

CONTENT_VERSION = "firemode-session/1"


def session_content(
    session: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    evaluations: Mapping[str, Mapping[str, Any]],
    evidence: Sequence[Mapping[str, Any]],
    faults: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What is signed: every instance with its state and the hashes of its verdict, every file, every fault.

    Args:
        session: id, building_id, frequency, planned_for, revision, supersedes.
        rows: instances in walk order: instance_id, scoped_identifier, status, verdict, retest_of.
        evaluations: by instance id: evaluation_id, inputs_sha256, outputs_sha256, engine_version.
        evidence: evidence_id, instance_id, stored_sha256.
        faults: fault_id, instance_id, rule_applied, severity, defect_classification, review_state.
    """
    return {
        "content_version": CONTENT_VERSION,
        "session": dict(session),
        "instances": [
            dict(row) | {"evaluation": dict(evaluations.get(row["instance_id"], {})) or None} for row in rows
        ],
        "evidence": [dict(one) for one in sorted(evidence, key=lambda one: str(one["evidence_id"]))],
        "faults": [dict(one) for one in sorted(faults, key=lambda one: str(one["fault_id"]))],
    }


def session_hash(content: Mapping[str, Any]) -> str:
    """RFC 8785 hash of the content: what a reviewer signs."""
    return content_hash(dict(content))


def unfinished(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Identifiers of instances that nobody has completed or skipped; what was given up waits for another try."""
    return [str(row["scoped_identifier"]) for row in rows if row["status"] not in ("completed", "skipped")]


def counted(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The instances that count: what was tested again counts by its newest test."""
    repeated = {row["retest_of"] for row in rows if row["status"] == "completed" and row["retest_of"]}
    return [row for row in rows if row["instance_id"] not in repeated]


def undecided(rows: Sequence[Mapping[str, Any]]) -> int:
    """How many tests are without a clear verdict."""
    return sum(row["verdict"] == "indeterminate" for row in counted(rows))


def unacknowledged(rows: Sequence[Mapping[str, Any]]) -> int:
    """How many observations a reviewer must acknowledge and has not (R-07)."""
    left = 0
    for row in counted(rows):
        due = set((row["validation_result"] or {}).get("acknowledge", []))
        left += len(due - {one["code"] for one in row["acknowledged"]})
    return left
