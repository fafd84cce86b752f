"""Search by id: a feeder, a meter or an event, straight to its page."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.grid.pages.access import LOOKS
from api.page_words import segment
from api.pages import PageDep
from domain.grid.metering.store import meters, scenarios

router = APIRouter(include_in_schema=False, dependencies=[LOOKS])


@router.get("/search")
def search(page: PageDep, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """To the page of what has this id or code; else a page that says that nothing has."""
    wanted = q.strip()
    feeder = scenarios.resolve_feeder(page.connection, wanted) if wanted else None
    if feeder is not None:
        return RedirectResponse(f"/grid/feeders/{segment(feeder)}", 303)
    if wanted and meters.meter(page.connection, wanted) is not None:
        return RedirectResponse(f"/grid/meters/{segment(wanted)}", 303)
    if wanted and any(event["event_id"] == wanted for event in scenarios.recent(page.connection, 200)):
        return RedirectResponse(f"/grid/events#{segment(wanted)}", 303)
    return page.show("search.html", 404 if wanted else 200, wanted=wanted)
