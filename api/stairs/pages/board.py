"""The board of sessions: what was visited, how far it is, and what waits for whom."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.deps import allow
from api.pages import Page, PageDep
from api.stairs.access import READS
from domain.stairs.store import faults, instances, sessions

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READS)])
SHOWN = 50
STATES = {
    "draft": ("unknown", "planned"),
    "active": ("watch", "being walked"),
    "returned": ("watch", "returned"),
    "submitted": ("watch", "waits for review"),
    "approved": ("ok", "approved"),
    "void": ("unknown", "void"),
}


@router.get("/stairs")
def board(page: PageDep, status: Annotated[str, Query(max_length=20)] = "") -> Response:
    """The newest first; the finding says what stands open."""
    wanted = [status] if status in STATES else []
    found = sessions.listed(page.connection, SHOWN, statuses=wanted)
    if not found and not wanted:
        return page.show("stairs/board_empty.html")
    open_faults = faults.listed(page.connection, SHOWN, status="open")
    return page.show(
        "stairs/board.html",
        rows=[_row(page, one) for one in found],
        faults=open_faults,
        finding=_finding(found, open_faults),
        states=STATES,
        chosen=status,
    )


def _row(page: Page, one: sessions.Session) -> dict[str, Any]:
    badge, word = STATES[one.status]
    return {
        "session": one,
        "progress": instances.progress(page.connection, one.id),
        "badge": badge,
        "word": word,
        "frequency": one.frequency.replace("_", "-"),
    }


def _finding(found: list[sessions.Session], open_faults: list[dict[str, Any]]) -> str:
    waiting = sum(one.status == "submitted" for one in found)
    critical = sum(one["severity"] == "critical" for one in open_faults)
    faulty = f"{len(open_faults)} faults are open" if open_faults else "No fault is open"
    if critical:
        faulty += f", {critical} of them critical"
    return f"{faulty}; {waiting} sessions wait for review." if waiting else f"{faulty}."
