"""The register of faults: what was found, its clock, what a person said of it, and whether it is mended."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.deps import RequestId, allow
from api.forms import FormDep, typed
from api.kernel.acting import acting_on
from api.pages import Page, PageDep
from api.paging import LONGEST_CURSOR
from api.stairs.access import READS
from api.stairs.faults import MENDS, ORDER, sign_review
from api.stairs.pages.reports import EXPORTERS
from api.stairs.sync import REVIEWS
from domain.kernel.clock import utc_now
from domain.kernel.errors import CountersignError, Invalid
from domain.kernel.principal import Role
from domain.stairs.observe.mended import mend
from domain.stairs.rules.report_gates import NOTICE
from domain.stairs.rules.reported import decimal
from domain.stairs.store import evidence, faults
from domain.stairs.store.waiting_proposals import waiting
from domain.stairs.suggest.fault_review import Said

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READS)])
PER_PAGE = 50
REVIEWERS = frozenset({Role.REVIEWER, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER})
MENDERS = frozenset({Role.TECHNICIAN, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER})
SEVERITIES = {"critical": "alarm", "high": "alarm", "medium": "watch", "low": "unknown"}
STATES = {"open": ("alarm", "open"), "resolved": ("ok", "mended"), "dismissed": ("unknown", "dismissed")}
REVIEWS_SAID = {
    "proposed": "machine finding, not yet reviewed",
    "confirmed": "confirmed",
    "reclassified": "reclassified",
    "dismissed": "dismissed",
}
CLASSES = {
    "severity": ("critical", "high", "medium", "low"),
    "defect_classification": ("1A", "1B", "2", "3"),
    "standard_class": ("critical", "non_critical", "non_conformance"),
}
ACTIONS = ("confirm", "reclassify", "dismiss")
FIGURES = ("measured_value", "min_threshold", "max_threshold", "baseline_value")
TYPED = ("action", "reason", "invalid_measurement", *CLASSES)
NOTICES = {"reviewed": "Signed; it holds from now on.", "mended": "Noted as mended. The finding stays as it was found."}


@router.get("/stairs/faults")
def register(
    page: PageDep,
    status: Annotated[str, Query(max_length=20)] = "open",
    severity: Annotated[str, Query(max_length=20)] = "",
    after: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
) -> Response:
    """The newest first. A proposed one is a machine's finding; its clock runs all the same."""
    found = faults.listed(
        page.connection,
        PER_PAGE + 1,
        status=status if status in STATES else None,
        severity=severity if severity in SEVERITIES else None,
        after=None if after is None else _after(after),
    )
    rows = found[:PER_PAGE]
    last = {"detected_at": rows[-1]["detected_at"], "id": rows[-1]["id"]} if rows else {}
    return page.show(
        "stairs/faults.html",
        rows=rows,
        finding=_finding(rows, status, len(found) > PER_PAGE),
        next_cursor=ORDER.write(last) if len(found) > PER_PAGE else None,
        chosen=status if status in STATES else "all",
        severity=severity if severity in SEVERITIES else "",
        states=STATES,
        severities=SEVERITIES,
        reviews=REVIEWS_SAID,
        now=utc_now(),
    )


def _after(cursor: str) -> Any:
    return tuple(ORDER.read(cursor))


def _finding(rows: list[dict[str, Any]], status: str, more: bool) -> str:
    late = sum(_is_late(row) for row in rows)
    many = f"{'more than ' if more else ''}{len(rows)}"
    if not rows:
        return "No fault is in this state"
    is_one = len(rows) == 1 and not more
    told = f"{many} {'fault' if is_one else 'faults'}"
    if status in STATES:
        told += f" {'is' if is_one else 'are'} {STATES[status][1]}"
    return f"{told}; {late} past the time for written notice" if late else told


def _is_late(row: dict[str, Any]) -> bool:
    due = row["notice_due_at"]
    return row["status"] == "open" and due is not None and due < utc_now() and row["notified_at"] is None


@router.get("/stairs/faults/{fault_id}")
def fault_page(page: PageDep, fault_id: UUID, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """One fault, what it rests on, and what a person may say of it."""
    return _show(page, fault_id, notice=NOTICES.get(done))


@router.post("/stairs/faults/{fault_id}/review", dependencies=[REVIEWS])
def review(page: PageDep, form: FormDep, call: RequestId, fault_id: UUID) -> Response:
    """The person's countersignature on what the person says; a wrong field comes back with what was typed."""
    values = {name: typed(form, name, 2000) for name in TYPED}
    try:
        with page.connection.begin_nested():
            sign_review(acting_on(page, call), fault_id, _said(values))
    except CountersignError as error:
        return _show(page, fault_id, error.status, error=error, values=values)
    return RedirectResponse(f"/stairs/faults/{fault_id}?done=reviewed", 303)


def _said(values: dict[str, str]) -> Said:
    """What the person says; classes count for a reclassification alone.

    Raises:
        Invalid: not one of the three answers, or a class that there is not.
    """
    named = {name: values[name] or None for name in CLASSES} if values["action"] == "reclassify" else {}
    if values["action"] not in ACTIONS or any(value and value not in CLASSES[name] for name, value in named.items()):
        raise Invalid("Nothing was signed.", hint="Choose one of the answers that the form offers.")
    return Said(
        action=values["action"],
        reason=values["reason"],
        severity=named.get("severity"),
        defect_classification=named.get("defect_classification"),
        standard_class=named.get("standard_class"),
        invalid_measurement=values["invalid_measurement"] or None,
    )


@router.post("/stairs/faults/{fault_id}/mended", dependencies=[MENDS])
def mended(page: PageDep, form: FormDep, fault_id: UUID) -> Response:
    """Say that it is mended, and how."""
    reason = typed(form, "how", 2000)
    try:
        with page.connection.begin_nested():
            mend(page.connection, page.principal, fault_id, reason, utc_now())
    except CountersignError as error:
        return _show(page, fault_id, error.status, error=error, values={"how": reason})
    return RedirectResponse(f"/stairs/faults/{fault_id}?done=mended", 303)


def _show(
    page: Page,
    fault_id: UUID,
    status: int = 200,
    error: CountersignError | None = None,
    values: dict[str, str] | None = None,
    notice: str | None = None,
) -> Response:
    row = faults.load(page.connection, fault_id)
    is_open = row["status"] == "open"
    return page.show(
        "stairs/fault.html",
        status,
        fault=row,
        figures={name: decimal(row[name]) for name in FIGURES},
        states=STATES,
        severities=SEVERITIES,
        reviews=REVIEWS_SAID,
        classes=CLASSES,
        may_review=is_open and row["review_state"] == "proposed" and bool(page.principal.roles & REVIEWERS),
        may_mend=is_open and row["review_state"] != "proposed" and bool(page.principal.roles & MENDERS),
        may_notify=is_open and row["review_state"] != "dismissed" and bool(page.principal.roles & EXPORTERS),
        notices=waiting(page.connection, [NOTICE.kind], str(fault_id)),
        captures=[] if row["instance_id"] is None else evidence.of_instance(page.connection, row["instance_id"]),
        error=error,
        values=dict.fromkeys((*TYPED, "how"), "") | (values or {}),
        notice=notice,
    )
