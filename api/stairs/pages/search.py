"""Search by id: a visit, a fault, a building, an instrument by its serial number too, a test by its identifier too."""

from api.pages import Page
from api.stairs.access import READS
from domain.stairs.store.search import place_of as found_at


def place_of(page: Page, wanted: str) -> str | None:
    """The page of what has it; None where nothing has that this reader may see."""
    found = found_at(page.connection, wanted) if page.principal.roles & READS else None
    if found is None:
        return None
    what, own, session_id = found
    if what == "test":
        return f"/stairs/sessions/{session_id}/tests/{own}"
    return f"/stairs/{what}s/{own}"
