"""Suggest: what a person says of a fault, as the content that the person signs."""

import uuid
from typing import Any

from sqlalchemy import Connection

from domain.kernel.errors import Conflict, Invalid
from domain.kernel.proposals import Proposal, Subject, propose
from domain.stairs.rules.session_gates import FAULT
from domain.stairs.store import faults

ACTIONS = ("confirm", "reclassify", "dismiss")


def review(
    connection: Connection,
    fault_id: uuid.UUID,
    *,
    action: str,
    reason: str,
    severity: str | None = None,
    defect_classification: str | None = None,
    standard_class: str | None = None,
    retest_instance_id: uuid.UUID | None = None,
    invalid_measurement: str | None = None,
) -> Proposal:
    """Lay down what the person says of the fault; the person's signature on it makes it hold.

    Args:
        connection: the caller's transaction.
        fault_id: of the fault.
        action: confirm, reclassify or dismiss.
        reason: why; it is part of what is signed.
        severity: of a reclassification.
        defect_classification: of a reclassification.
        standard_class: of a reclassification.
        retest_instance_id: of a dismissal: the test that passed after it.
        invalid_measurement: of a dismissal: why the measurement does not count, and where that is documented.

    Raises:
        NotFound: no such fault.
        Invalid: what the action needs is missing.
        Conflict: ALREADY_REVIEWED, RETEST_FAILED.
    """
    fault = faults.load(connection, fault_id, lock=True)
    if fault["review_state"] != "proposed" or fault["status"] != "open":
        state = fault["review_state"] if fault["review_state"] != "proposed" else fault["status"]
        raise Conflict(f"The fault is {state} already; nothing was changed.", code="ALREADY_REVIEWED")
    wanted = {
        "severity": severity,
        "defect_classification": defect_classification,
        "standard_class": standard_class,
    }
    if action == "reclassify" and not any(wanted.values()):
        raise Invalid(
            "A reclassification says what the fault is to be; nothing was changed.",
            hint="Send severity, defect_classification or standard_class.",
        )
    if action == "dismiss":
        _check_dismissal(connection, fault, retest_instance_id, invalid_measurement)
    content: dict[str, Any] = {
        "fault_id": str(fault_id),
        "action": action,
        "reason": reason,
        "found": {
            name: None if fault[name] is None else str(fault[name])
            for name in ("description", "severity", "defect_classification", "standard_class", "rule_applied")
        },
    }
    if action == "reclassify":
        content["becomes"] = {name: value for name, value in wanted.items() if value}
    if action == "dismiss":
        content["because"] = {
            "retest_instance_id": None if retest_instance_id is None else str(retest_instance_id),
            "invalid_measurement": invalid_measurement,
        }
    return propose(
        connection,
        FAULT,
        Subject("fault", str(fault_id)),
        content=content,
        summary=f"{action.capitalize()}: {fault['description']}"[:300],
        # The finding is the machine's; the person who signs only says what it is.
        proposed_by="stairs.evaluation",
        severity=3 if fault["severity"] == "critical" else 1,
        page_url=None if fault["test_session_id"] is None else f"/stairs/sessions/{fault['test_session_id']}#faults",
    )


def _check_dismissal(
    connection: Connection, fault: dict[str, Any], retest_instance_id: uuid.UUID | None, invalid: str | None
) -> None:
    """A failed value is dismissed by a retest that passed, or by a documented invalid measurement."""
    if retest_instance_id is None and not (invalid or "").strip():
        raise Invalid(
            "A failed value is not dismissed without a retest or a documented invalid measurement.",
            hint="Send retest_instance_id, or invalid_measurement with where it is documented.",
            code="DISMISSAL_NEEDS_PROOF",
        )
    if retest_instance_id is not None and not faults.passed_again(connection, fault["instance_id"], retest_instance_id):
        raise Conflict(
            "That instance is not a retest of this one that complies; nothing was dismissed.",
            hint="Add one: POST .../instances/{id}/retest, and test it.",
            code="RETEST_FAILED",
        )
