"""What a run advised, page by page: where the list in the answer that made it was cut, it goes on here."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Connection

from api.deps import TenantSession
from api.grid.outages.answers import OF_RUN, answer, page_after, short_option, short_provisional
from api.grid.outages.promotion import LOOKS
from api.paging import Page, PageDep
from domain.grid.outages.observe.infer import inferred_by
from domain.grid.outages.store import advice, runs
from domain.grid.outages.store.runs import Run
from domain.kernel.errors import Invalid, NotFound

router = APIRouter(prefix="/v1", tags=["RestoreIQ"])
TABLES = {
    "zones": "fault_zone_rankings",
    "options": "restoration_options",
    "crews": "crew_recommendations",
    "posteriors": "device_posteriors",
}
STEPS = {"zones": "RANK", "options": "OPTIONS", "crews": "CREWS", "posteriors": "INFER", "provisionals": "INFER"}
Name = Literal["zones", "options", "crews", "posteriors", "provisionals"]


@router.get("/runs/{run_id}/{name}", dependencies=[LOOKS], summary="What a run advised, page by page")
def rows_of_run(run_id: UUID, name: Name, connection: TenantSession, page: PageDep) -> dict[str, Any]:
    """In the run's own order: zones and crews by rank, options with the rejected ones last. They never change;
    provisional outages are told as they stand by now.
    """
    first, run = _begin(page, run_id, name), runs.load(connection, run_id)
    if run.step != STEPS[name]:
        raise NotFound(f"That run advised no {name}.", hint="The answer that named the run names its lists.")
    found = _read(connection, run, name, first, page.limit + 1)
    told = answer("ok", run_id=run_id, outage_id=run.outage_id, counts={"rows": min(len(found), page.limit)})
    after = {"run_id": run_id, "name": name, "position": first + page.limit}
    cursor = OF_RUN.write(after) if len(found) > page.limit else None
    return told | {
        "rows": found[: page.limit],
        "next_cursor": cursor,
        "next_page": page_after(run_id, name, cursor),
    }


def _begin(page: Page, run_id: UUID, name: str) -> int:
    """The number of the first row that is asked for.

    Raises:
        Invalid: BAD_CURSOR, none that a page of this list gave.
    """
    if page.cursor is None:
        return 0
    of, list_name, position = OF_RUN.read(page.cursor)
    if (of, list_name) != (run_id, name) or not isinstance(position, int):
        raise Invalid(
            "The cursor is not one that a page of this list gave.",
            hint="Send next_cursor as it was answered, or leave it out to begin anew.",
            code="BAD_CURSOR",
        )
    return position


def _read(connection: Connection, run: Run, name: str, first: int, most: int) -> Sequence[Any]:
    if name == "provisionals":
        return [short_provisional(row) for row in inferred_by(connection, run)[first : first + most]]
    rows = advice.of_run(connection, TABLES[name], run.run_id, first, most)
    return [short_option(row) for row in rows] if name == "options" else rows
