"""One session as a reviewer reads it: finding, what bars its approval, pressure by floor, every test with its proof."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.deps import allow
from api.forms import FormDep, typed
from api.pages import Page, PageDep
from api.stairs.access import READS
from api.stairs.pages.board import STATES
from api.stairs.pages.proof_words import KINDS, VERDICTS, WAITS, where
from api.stairs.pages.reports import EXPORTERS, report_lines
from api.stairs.sessions import AMENDERS, TESTS, WALKS
from domain.kernel.charts.chart import Chart
from domain.kernel.clock import utc_now
from domain.kernel.errors import CountersignError, Invalid
from domain.stairs.observe import sessions as visits
from domain.stairs.report.figures import force_figure, pressure_figure, sequence_figures
from domain.stairs.report.sections.proof import CEILING, ceilings
from domain.stairs.rules.handing_in import counted, unacknowledged
from domain.stairs.rules.report_content import SessionReport
from domain.stairs.rules.report_gates import REPORT
from domain.stairs.rules.session_gates import SESSION
from domain.stairs.rules.session_state import hindrances
from domain.stairs.store import instances, sessions, submissions
from domain.stairs.store.session_content import standing
from domain.stairs.store.sessions import Session
from domain.stairs.store.waiting_proposals import waiting
from domain.stairs.suggest.handing_in import hand_in
from domain.stairs.suggest.session_report import session_report

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READS)])
NOTICES = {
    "submitted": "Handed in. Another person reviews and countersigns it.",
    "void": "Given up. What was tested stays readable.",
    "report": "The draft is written, marked on each page.",
    "amends": "The correction is planned. The approved visit stays as it was signed.",
}
# Where what bars an approval is settled.
SETTLED_AT = {
    "TESTS_OPEN": "?show=open#tests",
    "INDETERMINATE": "?show=undecided#tests",
    "CONFLICTS_OPEN": "?show=contradicted#tests",
    "FAULTS_PROPOSED": "#faults",
    "UNACKNOWLEDGED": "?show=unseen#tests",
}
CHOICES = {
    "failing": "does not comply",
    "undecided": "undecided",
    "contradicted": "contradicted",
    "unseen": "to be acknowledged",
    "open": "not tested",
}


@router.get("/stairs/sessions/{session_id}")
def session_page(
    session_id: UUID,
    page: PageDep,
    show: Annotated[str, Query(max_length=20)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """What the report of the session will say, before it is one."""
    return _show(page, session_id, show=show, notice=NOTICES.get(done))


@router.post("/stairs/sessions/{session_id}/submit", dependencies=[TESTS])
def submitted(page: PageDep, _: FormDep, session_id: UUID) -> Response:
    """Lay the session before a reviewer; nothing is approved by it."""
    try:
        with page.connection.begin_nested():
            hand_in(page.connection, page.principal, session_id, utc_now())
    except CountersignError as error:
        return _show(page, session_id, error=error)
    return RedirectResponse(f"/stairs/sessions/{session_id}?done=submitted", 303)


@router.post("/stairs/sessions/{session_id}/void", dependencies=[TESTS])
def given_up(page: PageDep, form: FormDep, session_id: UUID) -> Response:
    """Give the session up, with its reason."""
    reason = typed(form, "reason", 2000)
    try:
        with page.connection.begin_nested():
            if len(reason) < 3:
                raise Invalid(
                    "The visit was not given up: it needs its reason.", hint="Say why.", code="REASON_REQUIRED"
                )
            visits.void(page.connection, page.principal, session_id, reason)
    except CountersignError as error:
        return _show(page, session_id, error=error)
    return RedirectResponse(f"/stairs/sessions/{session_id}?done=void", 303)


def _show(
    page: Page,
    session_id: UUID,
    show: str = "",
    error: CountersignError | None = None,
    notice: str | None = None,
) -> Response:
    session = sessions.load(page.connection, session_id)
    told = session_report(page.connection, session_id)
    charts = _charts(told)
    groups = _groups(page, session, told)
    chosen = show if show in groups else ""
    walks = bool(page.principal.roles & WALKS)
    amended_by = sessions.amendment_of(page.connection, session_id)
    return page.show(
        "stairs/session.html",
        200 if error is None else error.status,
        charts=charts,
        notice=notice,
        error=error,
        names=[chart.name for chart in charts],
        session=session,
        report=told,
        finding=_finding(told),
        state=STATES[session.status],
        kinds=KINDS,
        badges=VERDICTS,
        not_yet=WAITS,
        is_tested=any(one.verdict is not None for one in told.instances),
        tests=[(one, where(one)) for one in told.instances if not chosen or one.instance_id in groups[chosen]],
        groups={name: (CHOICES[name], len(own)) for name, own in groups.items() if own},
        chosen=chosen,
        noticed=[one.text for one in told.observations if one.code != CEILING],
        ceilings=ceilings(told.observations),
        may_submit=walks and session.is_open and not groups["open"],
        may_give_up=walks and session.status not in ("approved", "void"),
        amended_by=amended_by,
        may_amend=session.status == "approved" and amended_by is None and bool(page.principal.roles & AMENDERS),
        may_export=bool(page.principal.roles & EXPORTERS),
        reports=report_lines(page, session_id=session_id),
        **_desk(page, session),
    )


def _desk(page: Page, session: Session) -> dict[str, Any]:
    """What a reviewer needs to decide: what bars the approval, each with where it is settled, and what waits."""
    own = str(session.id)
    is_settled = session.status in ("approved", "void")
    bars = () if is_settled else hindrances(standing(page.connection, session.id), page.principal.id)
    return {
        "bars": [(one, SETTLED_AT.get(one.code)) for one in bars],
        "proposals": waiting(page.connection, [SESSION.kind, REPORT.kind], own),
        "reviewed_by": SESSION.roles & page.principal.roles,
    }


def _groups(page: Page, session: Session, told: SessionReport) -> Mapping[str, set[str]]:
    """Ids of the tests that somebody would look at first, by why."""
    contradicted = {str(one.instance_id) for one in submissions.conflicts(page.connection, session.id)}
    rows = [] if session.status == "approved" else counted(instances.of_session(page.connection, session.id))
    return {
        "failing": _having(told, "non_compliant"),
        "undecided": _having(told, "indeterminate"),
        "contradicted": contradicted,
        "unseen": {str(row["instance_id"]) for row in rows if unacknowledged([row])},
        "open": {one.instance_id for one in told.instances if one.status not in ("completed", "skipped")},
    }


def _having(told: SessionReport, verdict: str) -> set[str]:
    return {one.instance_id for one in told.instances if one.verdict == verdict}


def _charts(told: SessionReport) -> list[Chart]:
    stairs = sorted({one.stair for one in told.counted})
    drawn = []
    for place, stair in enumerate(stairs, start=1):
        own = [one for one in told.counted if one.stair == stair]
        if not any(one.measured is not None for one in own):
            continue
        figures = (pressure_figure(stair, own), force_figure(stair, own))
        drawn += [replace(chart, name=f"{chart.name}-{place}") for chart in figures if chart is not None]
    sequences = sequence_figures(told.counted)
    return [*drawn, *(replace(one, name=f"{one.name}-{place}") for place, one in enumerate(sequences, start=1))]


def _finding(told: SessionReport) -> str:
    failed, undecided = len(told.having("non_compliant")), len(told.having("indeterminate"))
    tested = sum(one.verdict is not None for one in told.counted)
    left_out = sum(one.status == "skipped" for one in told.counted)
    rest = f" {left_out} {'was' if left_out == 1 else 'were'} left out." if left_out else ""
    if not tested:
        return f"None of {len(told.counted)} tests has a result yet.{rest}"
    if not failed and not undecided:
        return f"All {tested} tests with a verdict comply.{rest}"
    open_ones = f"; {undecided} {'is' if undecided == 1 else 'are'} not decided" if undecided else ""
    return f"{failed} of {tested} tests {'does' if failed == 1 else 'do'} not comply{open_ones}.{rest}"
