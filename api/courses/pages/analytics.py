"""How learners fare in a course: four figures, where they stop, both funnels, what is noticed. Nothing to change."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.courses.analytics import LOOKS, Window, WindowDep, funnels_of, signals_of
from api.page_words import on
from api.pages import Page, PageDep
from domain.courses.insight.charts.drop_off import drop_off
from domain.courses.insight.observe.dashboard import Dashboard, dashboard
from domain.courses.insight.rules.by_lesson import SMALL_N
from domain.courses.insight.suggest.signals import ruleset_in_force
from domain.kernel.advice import suggestions
from domain.kernel.clock import utc_now

router = APIRouter(include_in_schema=False)
MOST_SUGGESTED = 50
SEVERITIES = {"HIGH": "alarm", "MEDIUM": "watch", "LOW": "unknown"}


@router.get("/admin/courses/{course_id}/analytics", dependencies=[LOOKS])
def analytics(
    page: PageDep,
    course_id: str,
    window: WindowDep,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """The figures of one version as it stood at the end of the last day that was counted."""
    now = utc_now()
    found = dashboard(page.connection, course_id, now, version=version, from_day=window.from_day, to_day=window.to_day)
    chart = drop_off(found.lessons, f"to the end of {on(found.as_of)}")
    return page.show(
        "courses/analytics.html",
        charts=[chart] if chart else [],
        found=found,
        stale=found.run is None or found.run.is_stale(now),
        small=SMALL_N,
        severities=SEVERITIES,
        subjects=_subjects(found),
        **_more(page, course_id, window, found),
    )


def _subjects(found: Dashboard) -> dict[str, str]:
    """What signals are about, by the number that the table of lessons shows."""
    lessons = [(one.lesson, one.lesson.lesson_idx + 1) for one in found.lessons]
    return (
        {found.version.course_id: "the course"}
        | {one.lesson_id: f"lesson {number}" for one, number in lessons if one.lesson_id}
        | {one.quiz_id: f"quiz of lesson {number}" for one, number in lessons if one.quiz_id}
    )


def _more(page: Page, course_id: str, window: Window, found: Dashboard) -> dict[str, Any]:
    """Funnels, signals and open suggestions of the version that is shown."""
    context = f"{course_id}@{found.version.version}"
    open_ones = suggestions.listed(
        page.connection,
        suggestions.Wanted("courses", "OPEN", course_id=course_id),
        order="s.scope, s.created_at DESC, s.suggestion_id",
        values={},
        limit=MOST_SUGGESTED,
    )
    noticed = [row for row in signals_of(page.connection, course_id, None) if row["context"] == context]
    return {
        "funnel": funnels_of(page.connection, course_id, window, found.version.version),
        "noticed": [row for row in noticed if row["state"] == "OPEN"],
        "closed": sum(row["state"] != "OPEN" for row in noticed),
        "suggested": [row for row in open_ones if row["context"] == context],
        "ruleset": ruleset_in_force(page.connection).version,
    }
