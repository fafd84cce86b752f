"""Suggest a report of a session, or of a building's period: its draft at once, and the proposal for a person."""

import uuid
from datetime import date

from sqlalchemy import Connection

from domain.kernel.objects.store import Store
from domain.kernel.proposals import Subject
from domain.stairs.report.sections.cover import TITLE
from domain.stairs.report.sections.period import TITLES
from domain.stairs.rules.report_gates import REPORT
from domain.stairs.store import reports, sessions
from domain.stairs.suggest.export import Asked, Draft, Exported, export_draft, lay_before
from domain.stairs.suggest.period_report import period_report
from domain.stairs.suggest.session_report import session_report


def export_session(connection: Connection, store: Store, session_id: uuid.UUID, asked: Asked) -> Exported:
    """Write the draft of a session's report; of an approved session its content is laid before a person.

    Raises:
        NotFound: no such session.
        Unavailable: the store does not take it; nothing was noted.
    """
    session = sessions.load(connection, session_id)
    told = session_report(connection, session_id)
    subject = Subject("session_report", str(session_id))
    made = export_draft(connection, store, Draft(told, session.building_id, session_id, "session"), asked)
    if session.status != "approved":
        return made
    return lay_before(
        connection,
        made,
        subject,
        REPORT,
        summary=f"Sign: {TITLE}, {told.building.name}, {told.visit.planned_for}",
        evidence={
            "tests": len(told.counted),
            "do_not_comply": len(told.having("non_compliant")),
            "open_faults": len(told.standing),
            "session_content": told.visit.content_hash,
        },
        authors=reports.hands(connection, session_id),
    )


def export_period(
    connection: Connection,
    store: Store,
    building_id: uuid.UUID,
    kind: str,
    period: tuple[date, date],
    asked: Asked,
) -> Exported:
    """Write the draft of a logbook or yearly statement, and lay its content before a person.

    Raises:
        NotFound: no such building.
        Invalid: no such period.
        Unavailable: the store does not take it; nothing was noted.
    """
    told = period_report(connection, building_id, kind, *period)
    return lay_before(
        connection,
        export_draft(connection, store, Draft(told, building_id, None, kind), asked),
        Subject("period_report", f"{building_id}/{kind}/{told.begins_on}/{told.ends_on}"),
        REPORT,
        summary=f"Sign: {TITLES[told.kind]}, {told.building.name}, {told.begins_on} to {told.ends_on}",
        evidence={"visits": len(told.visits), "faults": len(told.faults)},
    )
