"""How this copy stands, as a page for the platform's administrators: the same figures and limits as the alerts."""

from fastapi import APIRouter
from fastapi.responses import Response

from api.kernel.admin import PLATFORM
from api.kernel.health import checks_now
from api.pages import PageDep
from domain.kernel.alerts import ALERTS, health_figures, worst

router = APIRouter(include_in_schema=False)


@router.get("/admin/health", dependencies=[PLATFORM])
def how_it_stands(page: PageDep) -> Response:
    """What is asked now, and each alert with its figure."""
    figures = health_figures(page.connection)
    alerts = [{"alert": alert, "figure": worst(figures, alert)} for alert in ALERTS]
    return page.show(
        "kernel/admin_health.html",
        checks=checks_now(),
        alerts=alerts,
        raised=[one for one in alerts if one["figure"] > one["alert"].above],  # type: ignore[attr-defined]
        figures=figures,
    )
