"""Suggest a report: its draft edition at once, and the proposal that a person signs for the signed one."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.objects.store import Link, Store
from domain.kernel.proposals import Proposal, Subject, propose
from domain.kernel.report.brand import ReportOptions
from domain.kernel.report.editions import DRAFT
from domain.kernel.report.files import keep_files
from domain.kernel.report.signing import brand_of
from domain.stairs.report.editions import KIND, render
from domain.stairs.report.identity import RENDERER_VERSION, Report, signed_content
from domain.stairs.report.places import file_of, links
from domain.stairs.report.sections.cover import TITLE
from domain.stairs.report.sections.period import TITLES
from domain.stairs.rules.report_content import SessionReport
from domain.stairs.rules.report_gates import REPORT
from domain.stairs.store import reports, sessions
from domain.stairs.store.reports import StoredReport
from domain.stairs.suggest.period_report import period_report
from domain.stairs.suggest.session_report import session_report

MACHINE = "stairs.reports"


@dataclass(frozen=True)
class Exported:
    """The draft edition: its files with a link to each, and the proposal that waits.

    Attributes:
        proposal: None where the session is not approved: what may still change is not laid before a signer.
    """

    report: StoredReport
    links: dict[str, Link]
    proposal: Proposal | None


@dataclass(frozen=True)
class Asked:
    """Who asked for a report, when, and on which paper."""

    tenant_id: str
    by: str
    now: datetime
    page_size: str = "A4"

    @property
    def options(self) -> ReportOptions:
        """The layout."""
        return ReportOptions.model_validate({"page_size": self.page_size.upper(), "language": "en-GB"})


def export_session(connection: Connection, store: Store, session_id: uuid.UUID, asked: Asked) -> Exported:
    """Write the draft of a session's report; of an approved session its content is laid before a person.

    Raises:
        NotFound: no such session.
        Unavailable: the store does not take it; nothing was noted.
    """
    session = sessions.load(connection, session_id)
    told = session_report(connection, session_id)
    kept = _export(connection, store, told, (session.building_id, session_id, "session"), asked)
    own = links(store, kept, DRAFT, asked.tenant_id, asked.now)
    if session.status != "approved":
        return Exported(kept, own, None)
    return Exported(kept, own, _propose(connection, kept, told, reports.hands(connection, session_id)))


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
    kept = _export(connection, store, told, (building_id, None, kind), asked)
    return Exported(kept, links(store, kept, DRAFT, asked.tenant_id, asked.now), _propose(connection, kept, told, []))


def _export(
    connection: Connection,
    store: Store,
    told: Report,
    about: tuple[uuid.UUID, uuid.UUID | None, str],
    asked: Asked,
) -> StoredReport:
    building_id, session_id, kind = about
    brand = brand_of(connection)
    own = reports.keep(
        connection,
        building_id=building_id,
        session_id=session_id,
        kind=kind,
        content=signed_content(told, brand, asked.options),
        requested_by=asked.by,
    )
    kept = reports.load(connection, own)
    if DRAFT in kept.blob_ref:
        return kept
    made = render(told, brand, asked.options)
    files = keep_files(
        connection,
        store,
        DRAFT,
        {one: file_of(asked.tenant_id, kept, DRAFT, one, data) for one, data in made.items()},
        kind=KIND,
        made_from={
            "report_id": str(own),
            "content_hash": kept.content_hash,
            "renderer_version": RENDERER_VERSION,
        },
        actor_id=asked.by,
    )
    reports.refer(connection, own, DRAFT, {"files": files, "content_hash": kept.content_hash})
    _tell(connection, kept, files, asked.by)
    return reports.load(connection, own)


def _propose(connection: Connection, kept: StoredReport, told: Report, authors: list[str]) -> Proposal:
    building = told.building.name
    if isinstance(told, SessionReport):
        summary = f"Sign: {TITLE}, {building}, {told.visit.planned_for}"
        facts: dict[str, Any] = {
            "tests": len(told.counted),
            "do_not_comply": len(told.having("non_compliant")),
            "open_faults": len(told.standing),
            "session_content": told.visit.content_hash,
        }
    else:
        summary = f"Sign: {TITLES[told.kind]}, {building}, {told.begins_on} to {told.ends_on}"
        facts = {"visits": len(told.visits), "faults": len(told.faults)}
    return propose(
        connection,
        REPORT,
        Subject("compliance_report", str(kept.report_id)),
        hashed=kept.content_hash,
        summary=summary,
        proposed_by=MACHINE,
        authors=authors,
        evidence=facts,
        severity=1,
    )


def _tell(connection: Connection, kept: StoredReport, files: dict[str, dict[str, Any]], by: str) -> None:
    record(
        connection,
        "stairs.report.exported",
        actor_id=by,
        actor_role="MACHINE",
        entity_type="compliance_report",
        entity_id=str(kept.report_id),
        payload={
            "kind": kept.kind,
            "content_hash": kept.content_hash,
            "sha256": {one: told["sha256"] for one, told in files.items()},
        },
    )
    enqueue(connection, ("stairs", "compliance_reports"), metadata={"report_id": str(kept.report_id)})
