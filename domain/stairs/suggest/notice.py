"""Suggest the notice of a fault: its draft at once, and the proposal that a technician or manager signs."""

import uuid
from datetime import UTC, datetime

from sqlalchemy import Connection

from domain.kernel.errors import Conflict
from domain.kernel.objects.store import Store
from domain.kernel.proposals import Subject
from domain.stairs.rules import reported
from domain.stairs.rules.report_content import FaultNotice
from domain.stairs.rules.report_gates import NOTICE
from domain.stairs.store import evaluations, faults, instances, report_facts
from domain.stairs.suggest.export import Asked, Draft, Exported, export_draft, lay_before
from domain.stairs.suggest.session_report import fault_lines


def notice_of(connection: Connection, fault_id: uuid.UUID) -> FaultNotice:
    """What the notice of a fault tells; the same rows, the same content.

    Raises:
        NotFound: no such fault.
        Conflict: NOT_OPEN, it is mended or dismissed.
    """
    fault = faults.load(connection, fault_id)
    if fault["status"] != "open" or fault["review_state"] == "dismissed":
        raise Conflict(f"The fault is {fault['status']}; no notice was made.", code="NOT_OPEN")
    row, verdict = None, None
    if fault["instance_id"] is not None and fault["test_session_id"] is not None:
        row = instances.load(connection, fault["test_session_id"], fault["instance_id"])
        found = evaluations.newest(connection, fault["instance_id"])
        verdict = None if found is None else dict(vars(found))
    names = report_facts.people(connection, [fault["reviewed_by"], None if row is None else row["technician_id"]])
    technician = None if row is None else names.get(row["technician_id"])
    rules = [] if verdict is None else reported.rule_lines([verdict])
    instants: list[datetime | None] = [fault["detected_at"], fault["reviewed_at"]]
    instants += [None if verdict is None else verdict["evaluated_at"]]
    return FaultNotice(
        tenant_name=report_facts.tenant_name(connection),
        as_of=max(one for one in instants if one is not None).astimezone(UTC).isoformat(),
        building=report_facts.building(connection, fault["building_id"]),
        session_id=None if fault["test_session_id"] is None else str(fault["test_session_id"]),
        technicians=[] if technician is None else [technician],
        fault=fault_lines([fault], names)[0],
        instance=None if row is None else reported.instance_line(row, verdict, is_replaced=False),
        rule=next((one for one in rules if one.rule_code == fault["rule_applied"]), None),
    )


def export_notice(connection: Connection, store: Store, fault_id: uuid.UUID, asked: Asked) -> Exported:
    """Write the draft of a fault's notice and lay it before who may sign it.

    Raises:
        NotFound: no such fault.
        Conflict: NOT_OPEN.
        Unavailable: the store does not take it; nothing was noted.
    """
    told = notice_of(connection, fault_id)
    session = None if told.session_id is None else uuid.UUID(told.session_id)
    draft = Draft(told, uuid.UUID(told.building.building_id), session, "fault_notice")
    made = export_draft(connection, store, draft, asked)
    grave = told.fault.severity == "critical"
    return lay_before(
        connection,
        made,
        Subject("fault_notice", str(fault_id)),
        NOTICE,
        summary=f"Notice to the owner of {told.building.name}: {told.fault.description}"[:300],
        evidence={
            "severity": told.fault.severity,
            "due": told.fault.notice_due_at,
            "review": told.fault.review_state,
            "fault_id": told.fault.fault_id,
        },
        severity=3 if grave else 1,
    )
