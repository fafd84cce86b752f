"""Reports as pages have them: write the draft, open the files of both editions, go to what waits for a signature."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.deps import allow
from api.forms import FormDep, typed
from api.pages import Page, PageDep
from api.stairs.access import READS
from domain.kernel.clock import utc_now
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.objects.chosen import open_store
from domain.kernel.principal import Role
from domain.stairs.report.places import links
from domain.stairs.store import reports
from domain.stairs.suggest.export import Asked, Exported
from domain.stairs.suggest.notice import export_notice
from domain.stairs.suggest.report import export_period, export_session

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READS)])
EXPORTERS = frozenset({Role.TECHNICIAN, Role.REVIEWER, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER})
EXPORTS = allow(roles=EXPORTERS)
SHOWN = 20
PAPERS = ("A4", "LETTER")
KINDS = {
    "session": "Report of the visit",
    "logbook": "Logbook",
    "yearly_statement": "Yearly statement",
    "fault_notice": "Notice of a fault",
}


@router.post("/stairs/sessions/{session_id}/report", dependencies=[EXPORTS])
def of_session(page: PageDep, form: FormDep, session_id: UUID) -> Response:
    """The draft; of an approved session the way on to its signature."""
    made = export_session(page.connection, open_store(), session_id, _asked(page, typed(form, "page_size", 10)))
    return _onward(made, f"/stairs/sessions/{session_id}?done=report#reports")


@router.post("/stairs/buildings/{building_id}/reports", dependencies=[EXPORTS])
def of_period(page: PageDep, form: FormDep, building_id: UUID) -> Response:
    """A logbook or a yearly statement between two local dates, and the way on to its signature."""
    kind = typed(form, "kind", 40)
    try:
        period = date.fromisoformat(typed(form, "begins_on", 10)), date.fromisoformat(typed(form, "ends_on", 10))
    except ValueError as cause:
        raise Invalid("No report was made: a day is missing.", hint="Give the first and the last day.") from cause
    if kind not in ("logbook", "yearly_statement"):
        raise Invalid("No report was made.", hint="Choose the logbook or the yearly statement.")
    asked = _asked(page, typed(form, "page_size", 10))
    made = export_period(page.connection, open_store(), building_id, kind, period, asked)
    return _onward(made, f"/stairs/buildings/{building_id}#reports")


@router.post("/stairs/faults/{fault_id}/notice", dependencies=[EXPORTS])
def of_fault(page: PageDep, form: FormDep, fault_id: UUID) -> Response:
    """The notice to the owner, and the way on to its signature."""
    made = export_notice(page.connection, open_store(), fault_id, _asked(page, typed(form, "page_size", 10)))
    return _onward(made, f"/stairs/faults/{fault_id}")


@router.get("/stairs/reports/{report_id}/report")
def report_file(
    page: PageDep,
    report_id: UUID,
    edition: Annotated[str, Query(max_length=10)] = "signed",
    form: Annotated[str, Query(max_length=10)] = "pdf",
) -> Response:
    """A file of a report, by a link that is signed for this click."""
    found = links(open_store(), reports.load(page.connection, report_id), edition, page.tenant.tenant_id, utc_now())
    if form not in found:
        raise NotFound("There is no such file of the report.", hint="The building's page names those that there are.")
    return RedirectResponse(found[form].url, 303)


def report_lines(
    page: Page, *, building_id: UUID | None = None, session_id: UUID | None = None
) -> list[dict[str, Any]]:
    """Reports with their files, the newest first: those of a session, or of a building."""
    found = reports.listed(page.connection, SHOWN, building_id=building_id, session_id=session_id)
    return [
        row
        | {
            "words": KINDS[row["kind"]],
            "editions": [
                (edition, row["blob_ref"][edition]["files"])
                for edition in ("signed", "draft")
                if edition in row["blob_ref"]
            ],
        }
        for row in found
    ]


def _asked(page: Page, paper: str) -> Asked:
    size = paper if paper in PAPERS else PAPERS[0]
    return Asked(page.tenant.tenant_id, page.principal.id, utc_now(), size)


def _onward(made: Exported, back: str) -> Response:
    """To the signature where the report is laid before somebody; else back to where its files stand."""
    waits = made.proposal is not None and made.proposal.is_waiting
    return RedirectResponse(f"/countersign/{made.proposal.proposal_id}" if made.proposal and waits else back, 303)
