"""How this copy stands, as a page for the platform's administrators: the same figures and limits as the alerts."""

from collections.abc import Mapping
from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from api.acts import FULFILLED
from api.kernel.admin import PLATFORM
from api.kernel.health import checks_now
from api.kernel.health_metrics import SAYS
from api.page_words import age
from api.pages import PageDep
from domain.kernel.alerts import ALERTS, health_figures, worst
from domain.kernel.charts.words import number

router = APIRouter(include_in_schema=False)


@router.get("/admin/health", dependencies=[PLATFORM])
def how_it_stands(page: PageDep) -> Response:
    """What is asked now, and each alert with its figure."""
    figures = health_figures(page.connection, FULFILLED)
    judged = [(alert, worst(figures, alert)) for alert in ALERTS]
    # What is raised stands first; within, the order of the list.
    judged.sort(key=lambda one: one[1] <= one[0].above)
    checks = checks_now()
    return page.show(
        "kernel/admin_health.html",
        checks=checks,
        finding=_finding(sum(figure > alert.above for alert, figure in judged), checks),
        alerts=[
            (alert, figure > alert.above, _told(alert.metric, figure), _told(alert.metric, alert.above))
            for alert, figure in judged
        ],
        figures=[(SAYS[one.metric].rstrip("."), one.label, _told(one.metric, one.value)) for one in figures],
    )


def _finding(raised: int, checks: Mapping[str, str]) -> str:
    told = [f"{name} is down" for name, state in checks.items() if state == "down"]
    if raised:
        told.append(f"{raised} of {len(ALERTS)} alerts {'is' if raised == 1 else 'are'} raised")
    words = "; ".join(told) or "nothing is overdue, stale or failed"
    return words[0].upper() + words[1:]


def _told(metric: str, value: float) -> str:
    """A figure as people read it: spans of time are kept in seconds."""
    return age(timedelta(seconds=value)) if metric.endswith("_seconds") else number(value)
