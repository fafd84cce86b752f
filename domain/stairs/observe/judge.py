"""Observe: give a verdict on what was submitted, keep it for ever, and propose a fault where it does not comply."""

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from domain.kernel.events import record
from domain.kernel.messages.kinds import MessageKind
from domain.kernel.messages.outbox import tell
from domain.kernel.principal import Role
from domain.stairs.rules.evaluation.case import Case
from domain.stairs.rules.evaluation.evaluate import evaluate, stored_of
from domain.stairs.rules.evaluation.fault import ProposedFault, faults_of
from domain.stairs.rules.evaluation.reading import read_case
from domain.stairs.store import evaluations, evidence, faults, instances
from domain.stairs.store.case_facts import known_facts
from domain.stairs.store.sessions import Session

MACHINE = "stairs.evaluation"
# The device worked from an older bundle than the newest that was issued.
BUNDLE_STALE = "BUNDLE_STALE"
# What the technician sent; everything else of a case is read anew.
SUBMITTED = (
    "value",
    "grid",
    "events",
    "interface",
    "measurement_position",
    "tested_at",
    "started_at",
    "completed_at",
    "submitted_at",
)
HEARS = frozenset({Role.TECHNICIAN, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER})


def judge(
    connection: Connection,
    session: Session,
    instance: Mapping[str, Any],
    submitted: Mapping[str, Any],
    now: datetime,
    *,
    flags: Collection[str] = (),
) -> dict[str, Any]:
    """Judge what was submitted for an instance; answer the validation result as it is stored on the instance.

    Args:
        connection: the caller's transaction.
        session: of the instance.
        instance: its row.
        submitted: what the technician sent, and when.
        now: the time of the verdict.
        flags: what is told of how the result came, beside the engine's own flags.

    Raises:
        Invalid: what was submitted cannot be judged; nothing is stored.
    """
    case = read_case(known_facts(connection, session, instance) | dict(submitted))
    outputs = evaluate(case)
    evaluation_id = evaluations.append(connection, instance, case.inputs(), outputs, now=now)
    fault_id = _faults(connection, session, instance, case, outputs)
    told = outputs | {
        "flags": sorted({*outputs["flags"], *flags}),
        "fault_id": None if fault_id is None else str(fault_id),
        "evaluation_id": str(evaluation_id),
    }
    instances.change(
        connection,
        instance["instance_id"],
        asdict(stored_of(outputs)) | {"validation_result": told, "fault_id": fault_id},
    )
    return told


def judge_again(
    connection: Connection, session: Session, instance: Mapping[str, Any], now: datetime
) -> dict[str, Any] | None:
    """Judge what was submitted before with what is known now (late evidence); None where nothing was submitted."""
    last = evaluations.newest(connection, instance["instance_id"])
    if last is None or instance["status"] != "completed":
        return None
    came = {BUNDLE_STALE} & set((instance["validation_result"] or {}).get("flags", []))
    return judge(connection, session, instance, {name: last.inputs[name] for name in SUBMITTED}, now, flags=came)


def check_readable(
    connection: Connection, session: Session, instance: Mapping[str, Any], submitted: Mapping[str, Any]
) -> None:
    """Whether a verdict could be given on what was submitted; stores nothing.

    Raises:
        Invalid: it cannot be judged.
    """
    evaluate(read_case(known_facts(connection, session, instance) | dict(submitted)))


def measured_text(submitted: Mapping[str, Any]) -> str | None:
    """What was measured as text, for the instance's own column: the value, or grid, events and answers as JSON."""
    whole = submitted.get("grid") or submitted.get("events") or submitted.get("interface")
    return json.dumps(whole, sort_keys=True) if whole else submitted.get("value")


def _faults(
    connection: Connection, session: Session, instance: Mapping[str, Any], case: Case, outputs: Mapping[str, Any]
) -> uuid.UUID | None:
    """Propose a fault for each rule that is failed, and take back what is failed no more; answer the worst one's id."""
    found = faults_of(case) if outputs["verdict"] == "non_compliant" else ()
    faults.withdraw(connection, instance["instance_id"], [one.rule_applied for one in found])
    captured = [one["evidence_id"] for one in evidence.of_instance(connection, instance["instance_id"])]
    ids = []
    for one in found:
        row = _row(session, instance, case, one) | {"evidence_ids": captured}
        fault_id, is_new = faults.propose(connection, row)
        ids.append(fault_id)
        if is_new:
            _tell(connection, fault_id, row)
    return ids[0] if ids else None


def _row(session: Session, instance: Mapping[str, Any], case: Case, one: ProposedFault) -> dict[str, Any]:
    own = (
        "severity",
        "defect_classification",
        "standard_class",
        "description",
        "action_required",
        "measured_value",
        "design_setpoint",
        "baseline_value",
        "min_threshold",
        "max_threshold",
        "unit",
        "deviation_from_baseline_pct",
        "rule_applied",
        "rule_version",
    )
    place = ("stair_id", "floor_id", "door_id", "doorway_id", "zone_id", "door_configuration", "measurement_type")
    return {
        "test_session_id": session.id,
        "building_id": session.building_id,
        "instance_id": instance["instance_id"],
        "detected_at": case.tested_at,
        "notice_due_at": case.tested_at + timedelta(hours=one.notice_hours),
        **{name: instance[name] for name in place},
        **{name: getattr(one, name) for name in own},
    }


def _tell(connection: Connection, fault_id: uuid.UUID, row: Mapping[str, Any]) -> None:
    record(
        connection,
        "stairs.fault.proposed",
        actor_id=MACHINE,
        actor_role="MACHINE",
        entity_type="fault",
        entity_id=str(fault_id),
        payload={"severity": row["severity"], "rule": row["rule_applied"], "instance_id": str(row["instance_id"])},
    )
    if row["severity"] == "critical":
        tell(
            connection,
            MessageKind.CRITICAL_FAULT,
            HEARS,
            subject_type="fault",
            subject_id=str(fault_id),
            title=f"Machine finding, not yet reviewed: {row['description']}",
            body=str(row["action_required"] or ""),
            path="/",
        )
