"""Suggest whatever is told to others: keep its content, write its draft, and lay it before who may sign it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.kernel.events import record
from domain.kernel.gates import Gate
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
from domain.stairs.store import reports
from domain.stairs.store.reports import StoredReport

MACHINE = "stairs.reports"


@dataclass(frozen=True)
class Exported:
    """The draft edition: its files with a link to each, and the proposal that waits.

    Attributes:
        proposal: None where it is not laid before anybody: what may still change is not signed.
    """

    report: StoredReport
    links: dict[str, Link]
    proposal: Proposal | None = None


@dataclass(frozen=True)
class Asked:
    """Who asked for a report, when, and on which paper."""

    tenant_id: str
    by: str
    now: datetime
    page_size: str = "A4"

    @property
    def options(self) -> ReportOptions:
        """The layout: the paper that was asked for, in British English."""
        return ReportOptions.model_validate({"page_size": self.page_size.upper(), "language": "en-GB"})


@dataclass(frozen=True)
class Draft:
    """What is to be written: the content, what it is about, and its kind in the register of reports."""

    told: Report
    building_id: uuid.UUID
    session_id: uuid.UUID | None
    kind: str


def export_draft(connection: Connection, store: Store, draft: Draft, asked: Asked) -> Exported:
    """Keep the content and write its draft edition; the same content again is the same report and the same files.

    Raises:
        Unavailable: the store does not take it; nothing was noted.
    """
    brand = brand_of(connection)
    own = reports.keep(
        connection,
        building_id=draft.building_id,
        session_id=draft.session_id,
        kind=draft.kind,
        content=signed_content(draft.told, brand, asked.options),
        requested_by=asked.by,
    )
    kept = reports.load(connection, own)
    if DRAFT not in kept.blob_ref:
        made = render(draft.told, brand, asked.options)
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
        kept = reports.load(connection, own)
    return Exported(kept, links(store, kept, DRAFT, asked.tenant_id, asked.now))


def lay_before(
    connection: Connection,
    made: Exported,
    subject: Subject,
    gate: Gate,
    *,
    summary: str,
    evidence: Mapping[str, Any],
    severity: int = 1,
    authors: Sequence[str] = (),
) -> Exported:
    """Propose the content for a signature. Of two contents of one subject that wait, the newer alone can be signed."""
    proposal = propose(
        connection,
        gate,
        subject,
        hashed=made.report.content_hash,
        page_url=_place_of(made.report),
        summary=summary,
        proposed_by=MACHINE,
        authors=authors,
        evidence=evidence,
        severity=severity,
    )
    return replace(made, proposal=proposal)


def _place_of(report: StoredReport) -> str:
    """Where the draft's files stand, to be read before they are signed."""
    of = f"sessions/{report.session_id}" if report.session_id else f"buildings/{report.building_id}"
    return f"/stairs/{of}#reports"


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
