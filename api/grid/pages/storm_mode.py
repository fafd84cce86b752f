"""The switch of storm mode on the outage board: a person's word on how advice is to be made, for a time."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from api.forms import FormDep, typed
from api.grid.pages.outage_board import DECIDES, show_board
from api.pages import PageDep
from domain.grid.outages.observe.storm_mode import declare
from domain.kernel.clock import utc_now
from domain.kernel.errors import CountersignError

router = APIRouter(include_in_schema=False)


@router.post("/grid/outages/storm-mode", dependencies=[DECIDES])
def declare_storm_mode(page: PageDep, form: FormDep) -> Response:
    """Keep the declaration; one that is refused comes back with what was typed."""
    values = {name: typed(form, name, 2000) for name in ("mode", "hours", "reason")}
    hours = float(values["hours"]) if values["hours"].isdecimal() else None
    try:
        with page.connection.begin_nested():
            declare(
                page.connection,
                values["mode"],
                hours,
                values["reason"],
                now=utc_now(),
                actor_id=page.principal.id,
                actor_role=page.principal.actor_role,
            )
    except CountersignError as error:
        return show_board(page, error=error, typed_in=values)
    return RedirectResponse("/grid/outages?done=storm", 303)
