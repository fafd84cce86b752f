"""Gather what the report of a session tells, from the rows as they stand."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from domain.stairs.rules import reported
from domain.stairs.rules.decimal_text import in_signs
from domain.stairs.rules.handing_in import counted
from domain.stairs.rules.report_content import (
    ActPart,
    EvidencePart,
    FaultPart,
    InstancePart,
    ObservationPart,
    PersonPart,
    RulePart,
    SessionReport,
    VisitPart,
)
from domain.stairs.store import evaluations, evidence, faults, instances, observations, report_facts, sessions
from domain.stairs.store.sessions import Session

Row = Mapping[str, Any]
MOST_FAULTS = 100_000


def session_report(connection: Connection, session_id: uuid.UUID) -> SessionReport:
    """What the report of a session tells; the same rows, the same content.

    Raises:
        NotFound: no such session.
    """
    session = sessions.load(connection, session_id)
    rows = instances.of_session(connection, session_id)
    verdicts = verdicts_of(connection, session_id)
    found = faults.listed(connection, MOST_FAULTS, session_id=session_id)
    files = evidence.of_session(connection, session_id)
    acts = report_facts.acts(connection, session_id)
    seen = observations.listed(connection, session_id=session_id)
    standing = {row["instance_id"] for row in counted(rows)}
    deciding = [verdicts[row["instance_id"]] for row in rows if row["instance_id"] in standing & set(verdicts)]
    rules = reported.rule_lines(deciding)
    names = report_facts.people(
        connection,
        [session.approved_by, session.submitted_by]
        + [row["technician_id"] for row in rows]
        + [one["reviewed_by"] for one in found]
        + [one["signer_id"] for one in acts],
    )
    return SessionReport(
        tenant_name=report_facts.tenant_name(connection),
        as_of=_as_of(session, rows, verdicts, found, files, acts, seen),
        ruleset=_ruleset(session, rules),
        building=report_facts.building(connection, session.building_id),
        visit=_visit(session, rows, names),
        rules=rules,
        instances=[_instance(row, verdicts.get(row["instance_id"]), standing) for row in rows],
        faults=fault_lines(found, names),
        instruments=reported.instrument_lines(deciding, register_of(connection, deciding)),
        evidence=[_file(one) for one in files],
        observations=[
            ObservationPart(
                stair=one["stair_name"],
                text=in_signs(one["text"]),
                **{name: one[name] for name in ("code", "data", "engine_version")},
            )
            for one in seen
        ],
        acts=[_act(one, names) for one in acts],
    )


def verdicts_of(connection: Connection, session_id: uuid.UUID) -> dict[uuid.UUID, dict[str, Any]]:
    """The verdict that stands for each instance, as rows."""
    return {own: dict(vars(one)) for own, one in evaluations.newest_of_session(connection, session_id).items()}


def register_of(connection: Connection, verdicts: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the register says of the instruments that verdicts rest on."""
    used = {one["inputs"]["instrument"]["id"] for one in verdicts if one["inputs"].get("instrument")}
    return report_facts.instruments(connection, used)


def _ruleset(session: Session, rules: list[RulePart]) -> str | None:
    labels = {one.version for one in rules}
    return labels.pop() if len(labels) == 1 else session.ruleset_version if not labels else None


def _as_of(
    session: Session,
    rows: list[dict[str, Any]],
    verdicts: Mapping[uuid.UUID, Row],
    found: list[dict[str, Any]],
    files: list[dict[str, Any]],
    acts: list[dict[str, Any]],
    seen: list[dict[str, Any]],
) -> str:
    """The newest instant of all that is told: a report has no other clock."""
    told: list[datetime | None] = [session.created_at, session.updated_at]
    told += [row["completed_at"] for row in rows]
    told += [one["evaluated_at"] for one in verdicts.values()]
    told += [one[name] for one in found for name in ("reviewed_at", "resolved_at")]
    told += [one["uploaded_at"] for one in files]
    told += [one["signed_at"] for one in acts] + [one["made_at"] for one in seen]
    return max(one for one in told if one is not None).astimezone(UTC).isoformat()


def _visit(session: Session, rows: list[dict[str, Any]], names: Mapping[uuid.UUID, PersonPart]) -> VisitPart:
    hands = sorted({row["technician_id"] for row in rows if row["technician_id"] is not None})
    return VisitPart(
        session_id=str(session.id),
        frequency=session.frequency,
        planned_for=session.planned_for.isoformat(),
        status=session.status,
        revision=session.revision,
        supersedes_session_id=None if session.supersedes_session_id is None else str(session.supersedes_session_id),
        started_at=_instant(session.started_at),
        submitted_at=_instant(session.submitted_at),
        approved_at=_instant(session.approved_at),
        technicians=[names[one] for one in hands if one in names],
        approved_by=None if session.approved_by is None else names.get(session.approved_by),
        content_hash=session.report_hash,
        countersignature_id=None if session.countersignature_id is None else str(session.countersignature_id),
    )


def _instance(row: Row, verdict: Row | None, standing: set[Any]) -> InstancePart:
    return reported.instance_line(row, verdict, is_replaced=row["instance_id"] not in standing)


def fault_lines(found: list[dict[str, Any]], names: Mapping[uuid.UUID, PersonPart]) -> list[FaultPart]:
    """In the order of finding."""
    return [
        FaultPart(
            fault_id=str(one["id"]),
            instance_id=None if one["instance_id"] is None else str(one["instance_id"]),
            detected_at=one["detected_at"].astimezone(UTC).isoformat(),
            notice_due_at=_instant(one["notice_due_at"]),
            reviewed_by=None if one["reviewed_by"] not in names else names[one["reviewed_by"]].name,
            reviewed_at=_instant(one["reviewed_at"]),
            resolved_at=_instant(one["resolved_at"]),
            **{
                name: one[name]
                for name in (
                    "description",
                    "action_required",
                    "severity",
                    "defect_classification",
                    "standard_class",
                    "rule_applied",
                    "rule_version",
                    "review_state",
                    "review_reason",
                    "status",
                    "resolution",
                )
            },
        )
        for one in sorted(found, key=lambda each: (each["detected_at"], str(each["id"])))
    ]


def _file(one: Row) -> EvidencePart:
    stored, declared = one["stored_sha256"], one["file_hash_sha256"]
    return EvidencePart(
        evidence_id=str(one["evidence_id"]),
        instance_id=str(one["instance_id"]),
        evidence_type=one["evidence_type"],
        captured_at=one["captured_at"].astimezone(UTC).isoformat(),
        sha256=stored or declared,
        size_bytes=one["file_size_bytes"],
        is_verified=stored is not None and stored == declared,
    )


def _act(one: Row, names: Mapping[uuid.UUID, PersonPart]) -> ActPart:
    who = names.get(one["signer_id"])
    told = "" if one["decision"] == "APPROVED" else f", {one['decision'].lower().replace('_', ' ')}"
    return ActPart(
        act=f"{one['kind']}{told}",
        by=who.name if who is not None else str(one["signer_id"]),
        role=one["signer_role"],
        licence_number=None if who is None else who.licence_number,
        at=one["signed_at"].astimezone(UTC).isoformat(),
        meaning=one["meaning"],
        reason=one["reason"],
        content_hash=one["content_hash"],
        countersignature_id=str(one["countersignature_id"]),
    )


def _instant(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat()
