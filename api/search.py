"""Search by id over all rooms, straight to the page of what has it. A room more is an entry more."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.courses.pages import search as courses
from api.deps import allow
from api.grid.pages import search as grid
from api.kernel.pages import search as kernel
from api.pages import PageDep
from api.stairs.pages import search as stairs
from domain.kernel.principal import Role

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=frozenset(Role) - {Role.LEARNER})])
ROOMS = (grid.place_of, stairs.place_of, courses.place_of, kernel.place_of)


@router.get("/search")
def search(page: PageDep, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """To the page of what has this id, code or hash; else a page that says that nothing has."""
    wanted = q.strip()
    found = (place_of(page, wanted) for place_of in ROOMS) if wanted else ()
    place = next((one for one in found if one is not None), None)
    if place is not None:
        return RedirectResponse(place, 303)
    return page.show("search.html", 404 if wanted else 200, wanted=wanted)
