"""Observe: judge stored inputs again and compare the bytes, years later if need be."""

import uuid
from typing import Any

from sqlalchemy import Connection

from domain.kernel.canonical import content_hash
from domain.kernel.verify import Check
from domain.stairs.rules.evaluation.evaluate import evaluate
from domain.stairs.rules.evaluation.reading import read_case
from domain.stairs.store import evaluations
from domain.stairs.store.evaluations import Evaluation


def replayed(stored: Evaluation) -> dict[str, Any]:
    """Whether the stored inputs are what was hashed, and judging them again gives the stored bytes."""
    outputs = evaluate(read_case(stored.inputs))
    checks = {
        "inputs": (stored.inputs_sha256, content_hash(stored.inputs)),
        "stored outputs": (stored.outputs_sha256, content_hash(stored.outputs)),
        "outputs now": (stored.outputs_sha256, content_hash(outputs)),
    }
    return {
        "evaluation_id": str(stored.evaluation_id),
        "is_same": all(then == now for then, now in checks.values()),
        "engine_version": {"stored": stored.engine_version, "now": outputs["engine_version"]},
        "checks": [{"what": what, "stored": then, "now": now} for what, (then, now) in checks.items()],
        "outputs": outputs,
    }


def rebuild_evaluation(connection: Connection, evaluation_id: uuid.UUID) -> list[Check]:
    """For `countersign verify run`: inputs and outputs of one evaluation, stored and made again.

    Raises:
        NotFound: no such evaluation.
    """
    told = replayed(evaluations.load(connection, evaluation_id))
    return [Check.of(one["what"], one["stored"], one["now"]) for one in told["checks"]]
