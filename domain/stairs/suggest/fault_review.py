"""Suggest: what a person says of a fault, as the content that the person signs."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from domain.kernel.errors import Conflict, Invalid
from domain.kernel.proposals import Proposal, Subject, propose
from domain.stairs.rules.session_gates import FAULT
from domain.stairs.store import faults

CLASSES = ("severity", "defect_classification", "standard_class")
FOUND = ("description", *CLASSES, "rule_applied")


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a person says of a fault.

    Attributes:
        action: confirm, reclassify or dismiss.
        reason: why; it is part of what is signed.
        severity: of a reclassification, as are defect_classification and standard_class: what the fault is to be.
        retest_instance_id: of a dismissal: the test that passed after it.
        invalid_measurement: of a dismissal: why the measurement does not count, and where that is documented.
    """

    action: str
    reason: str
    severity: str | None = None
    defect_classification: str | None = None
    standard_class: str | None = None
    retest_instance_id: uuid.UUID | None = None
    invalid_measurement: str | None = None

    @property
    def becomes(self) -> dict[str, str]:
        """The classes that are named."""
        return {name: value for name in CLASSES if (value := getattr(self, name))}


def review(connection: Connection, fault_id: uuid.UUID, said: Said) -> Proposal:
    """Lay down what the person says of the fault; the person's signature on it makes it hold.

    Raises:
        NotFound: no such fault.
        Invalid: what the action needs is missing.
        Conflict: ALREADY_REVIEWED, RETEST_FAILED.
    """
    fault = faults.load(connection, fault_id, lock=True)
    _check_waiting(fault)
    if said.action == "reclassify" and not said.becomes:
        raise Invalid(
            "A reclassification says what the fault is to be; nothing was changed.",
            hint="Send severity, defect_classification or standard_class.",
        )
    if said.action == "dismiss":
        _check_dismissal(connection, fault, said.retest_instance_id, said.invalid_measurement)
    return propose(
        connection,
        FAULT,
        Subject("fault", str(fault_id)),
        content=_content(fault, said),
        summary=f"{said.action.capitalize()}: {fault['description']}"[:300],
        # The finding is the machine's; the person who signs only says what it is.
        proposed_by="stairs.evaluation",
        severity=3 if fault["severity"] == "critical" else 1,
        page_url=None if fault["test_session_id"] is None else f"/stairs/sessions/{fault['test_session_id']}#faults",
    )


def _check_waiting(fault: dict[str, Any]) -> None:
    if fault["review_state"] != "proposed" or fault["status"] != "open":
        state = fault["review_state"] if fault["review_state"] != "proposed" else fault["status"]
        raise Conflict(f"The fault is {state} already; nothing was changed.", code="ALREADY_REVIEWED")


def _content(fault: dict[str, Any], said: Said) -> dict[str, Any]:
    """What is signed: the finding as it was, and what the person says of it."""
    content: dict[str, Any] = {
        "fault_id": str(fault["id"]),
        "action": said.action,
        "reason": said.reason,
        "found": {name: None if fault[name] is None else str(fault[name]) for name in FOUND},
    }
    if said.action == "reclassify":
        content["becomes"] = said.becomes
    if said.action == "dismiss":
        content["because"] = {
            "retest_instance_id": None if said.retest_instance_id is None else str(said.retest_instance_id),
            "invalid_measurement": said.invalid_measurement,
        }
    return content


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
