"""Reports over HTTP: the draft at once; the signed edition follows a person's signature on its content."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from api.deps import CallerDep, TenantSession, allow
from api.paging import LONGEST_CURSOR, By, Keyset
from api.stairs.access import LOOKS
from api.stairs.answers import plain
from api.stairs.schemas import Body
from domain.kernel.clock import utc_now
from domain.kernel.objects.chosen import open_store
from domain.kernel.objects.store import Link
from domain.stairs.report.places import links
from domain.stairs.store import reports
from domain.stairs.store.reports import StoredReport
from domain.stairs.suggest.export import Asked, Exported
from domain.stairs.suggest.notice import export_notice
from domain.stairs.suggest.report import export_period, export_session

router = APIRouter()
EXPORTS = allow(roles={"TECHNICIAN", "REVIEWER", "MANAGER", "ADMIN", "TENANT_OWNER"}, scopes={"stairs:write"})
ORDER = Keyset("reports", By("created_at", datetime, descending=True), By("report_id", UUID, descending=True))
PageSize = Literal["A4", "LETTER"]


class Export(Body):
    """On which paper."""

    page_size: PageSize = "A4"


class PeriodExport(Export):
    """A building's records over local dates, both included."""

    kind: Literal["logbook", "yearly_statement"]
    begins_on: Annotated[date, Field(examples=["2026-01-01"])]
    ends_on: Annotated[date, Field(examples=["2026-12-31"])]


@router.post("/tests/sessions/{session_id}/report", dependencies=[EXPORTS], summary="Export a session's report")
def of_session(session_id: UUID, body: Export, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """The draft edition, marked as such. Of an approved session, a signature on `proposal_id` makes the signed one."""
    asked = Asked(caller.tenant_id, caller.id, utc_now(), body.page_size)
    return _exported(export_session(connection, open_store(), session_id, asked))


@router.post("/buildings/{building_id}/reports", dependencies=[EXPORTS], summary="Export a logbook or yearly statement")
def of_building(building_id: UUID, body: PeriodExport, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """The draft edition, marked as such; a signature on `proposal_id` makes the signed one."""
    asked = Asked(caller.tenant_id, caller.id, utc_now(), body.page_size)
    period = (body.begins_on, body.ends_on)
    return _exported(export_period(connection, open_store(), building_id, body.kind, period, asked))


@router.post("/faults/{fault_id}/notice", dependencies=[EXPORTS], summary="Write the notice of a fault to the owner")
def of_fault(fault_id: UUID, body: Export, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """The draft, marked as such; a technician's or manager's signature on `proposal_id` gives the notice."""
    asked = Asked(caller.tenant_id, caller.id, utc_now(), body.page_size)
    return _exported(export_notice(connection, open_store(), fault_id, asked))


@router.get("/reports", dependencies=[LOOKS], summary="Reports, the newest first")
def listed(
    connection: TenantSession,
    building_id: UUID | None = None,
    session_id: UUID | None = None,
    kind: Literal["session", "logbook", "yearly_statement", "fault_notice"] | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
) -> dict[str, Any]:
    """Without their content."""
    before: Any = None if cursor is None else tuple(ORDER.read(cursor))
    found = reports.listed(
        connection, limit + 1, building_id=building_id, session_id=session_id, kind=kind, before=before
    )
    rows = found[:limit]
    last = {"created_at": rows[-1]["created_at"], "report_id": rows[-1]["report_id"]} if rows else {}
    following = ORDER.write(last) if len(found) > limit else None
    return {"rows": [plain(row, "blob_ref") for row in rows], "next_cursor": following}


@router.get("/reports/{report_id}", dependencies=[LOOKS], summary="One report with links to its files")
def one(report_id: UUID, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """Its content, and the files of the draft and, once it is signed, of the signed edition."""
    report = reports.load(connection, report_id)
    store, now = open_store(), utc_now()
    files = {
        edition: _files(report, edition, links(store, report, edition, caller.tenant_id, now))
        for edition in ("draft", "signed")
        if edition in report.blob_ref
    }
    told = plain({name: value for name, value in vars(report).items() if name != "blob_ref"})
    return told | {"files": files}


def _exported(made: Exported) -> dict[str, Any]:
    proposal = made.proposal
    return {
        "report_id": str(made.report.report_id),
        "kind": made.report.kind,
        "edition": "draft",
        "content_hash": made.report.content_hash,
        "files": _files(made.report, "draft", made.links),
        "proposal_id": None if proposal is None else str(proposal.proposal_id),
        "page": None if proposal is None else f"/countersign/{proposal.proposal_id}",
    }


def _files(report: StoredReport, edition: str, found: dict[str, Link]) -> dict[str, Any]:
    told = report.blob_ref[edition]["files"]
    return {
        one: {
            "url": link.url,
            "expires_at": link.expires_at,
            "sha256": told[one]["sha256"],
            "size_bytes": told[one]["size_bytes"],
        }
        for one, link in found.items()
    }
