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
    faulty = {0: "No fault is open", 1: "One fault is open"}.get(
        len(open_faults), f"{len(open_faults)} faults are open"
    )
    if critical:
        faulty += ", a critical one" if len(open_faults) == 1 else f", {critical} of them critical"
    waits = {0: "", 1: "; one session waits for review"}.get(waiting, f"; {waiting} sessions wait for review")
    return f"{faulty}{waits}."
