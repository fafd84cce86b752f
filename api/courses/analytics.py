"""Figures of courses for their administrators: aggregates alone. No answer names a learner, an event or a browser."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from sqlalchemy import Connection

from api.courses.analytics_schemas import CourseFigures, FunnelFigures, SignalList, figures_told, signal_told
from api.deps import TenantSession, allow
from domain.courses.insight.observe.dashboard import by_bound, chosen_version, dashboard, window_of
from domain.courses.insight.store import funnels, job_runs
from domain.courses.insight.suggest.signals import ruleset_in_force
from domain.kernel.advice import signals
from domain.kernel.clock import utc_now
from domain.kernel.errors import Invalid

router = APIRouter(prefix="/api/admin/analytics", tags=["Courses: figures"])
LOOKS = allow(roles={"ADMIN", "TENANT_OWNER", "AUDITOR", "PLATFORM_ADMIN"})
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 30)
MOST_SIGNALS = 500
FromDay = Annotated[date | None, Query(alias="from", description="First UTC day of the window.", ge=EARLIEST)]
ToDay = Annotated[date | None, Query(alias="to", description="Last UTC day of the window.", le=LATEST)]
VersionQuery = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


class Window:
    """The days that are asked for."""

    def __init__(self, from_day: FromDay = None, to_day: ToDay = None) -> None:
        if from_day and to_day and from_day > to_day:
            raise Invalid("The window ends before it begins.", errors=[{"field": "to", "message": "not before from"}])
        for day in (from_day, to_day):
            if day is not None and not EARLIEST <= day <= LATEST:
                raise Invalid("The window lies outside of the calendar.", hint="Name days from 2000 to 2999.")
        self.from_day, self.to_day = from_day, to_day


WindowDep = Annotated[Window, Depends(Window)]


@router.get("/course/{course_id}", dependencies=[LOOKS], summary="Figures of a course")
def course(connection: TenantSession, course_id: str, window: WindowDep, version: VersionQuery = None) -> CourseFigures:
    """One version to date, lesson by lesson, and what its days brought. Every rate is {k, n, value, low, high}."""
    found = dashboard(connection, course_id, utc_now(), version=version, from_day=window.from_day, to_day=window.to_day)
    return figures_told(found, ruleset_in_force(connection).version, utc_now())


@router.get("/funnel/{course_id}", dependencies=[LOOKS], summary="Both funnels of a course")
def funnel(connection: TenantSession, course_id: str, window: WindowDep, version: VersionQuery = None) -> FunnelFigures:
    """From the course's page, and from the store. No step exceeds the one before it."""
    return FunnelFigures.model_validate(funnels_of(connection, course_id, window, version))


def funnels_of(connection: Connection, course_id: str, window: Window, version: int | None) -> dict[str, Any]:
    """Both funnels with the window that they are of.

    Raises:
        NotFound: COURSE_NOT_FOUND, VERSION_NOT_FOUND.
    """
    chosen_version(connection, course_id, version)
    run = job_runs.newest(connection)
    as_of = run.as_of_day if run else utc_now().date()
    days = window_of(as_of, window.from_day, window.to_day)
    until = date.fromordinal(as_of.toordinal() + 1)
    return {
        "course_id": course_id,
        "version": version,
        "from_day": days[0],
        "to_day": days[1],
        "as_of": as_of,
        "views": vars(funnels.view_funnel(connection, course_id, version, days, until)),
        "purchases": vars(funnels.purchase_funnel(connection, course_id, days, until)),
    }


@router.get("/signals", dependencies=[LOOKS], summary="Signals of courses")
def signal_list(
    connection: TenantSession,
    course_id: Annotated[str | None, Query(alias="courseId", max_length=100)] = None,
    state: Literal["OPEN", "CLOSED", "ARCHIVED"] | None = None,
) -> SignalList:
    """Episodes with the numbers of their last evaluation: open ones first, then by severity and by how sure they are.

    Eight rules look at every lesson each night, so that a few of them open by chance; the bound of the interval, not
    the value, says how sure a number is.
    """
    rows = signals_of(connection, course_id, state)
    return SignalList(ruleset=ruleset_in_force(connection).version, signals=[signal_told(row) for row in rows])


def signals_of(connection: Connection, course_id: str | None, state: str | None) -> list[dict[str, Any]]:
    """At most 500 signals, in the order in which they are to be looked at."""
    wanted = signals.Wanted("courses", state, course_id=course_id)
    found = signals.listed(connection, wanted, order="s.opened_at DESC, s.signal_id", values={}, limit=MOST_SIGNALS)
    return by_bound(found)
