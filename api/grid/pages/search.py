"""Search by id: a feeder, a meter or an event of the grid has its page."""

from api.grid.pages.access import READERS
from api.page_words import segment
from api.pages import Page
from domain.grid.metering.store import meters, scenarios


def place_of(page: Page, wanted: str) -> str | None:
    """The page of what has this id or code; None where nothing has that this reader may see."""
    if not page.principal.roles & READERS:
        return None
    feeder = scenarios.resolve_feeder(page.connection, wanted)
    if feeder is not None:
        return f"/grid/feeders/{segment(feeder)}"
    if meters.meter(page.connection, wanted) is not None:
        return f"/grid/meters/{segment(wanted)}"
    if any(event["event_id"] == wanted for event in scenarios.recent(page.connection, 200)):
        return f"/grid/events#{segment(wanted)}"
    return None
