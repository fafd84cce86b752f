"""What is out: the provisional outages that wait for a decision, then the outages that people promoted."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.deps import allow
from api.grid.outages.canonical import ORDER
from api.grid.outages.promotion import ORDER as ORDER_OF_PROVISIONALS
from api.grid.pages.access import LOOKS, OPERATORS
from api.pages import Page, PageDep
from api.paging import LONGEST_CURSOR, Keyset
from domain.grid.outages.observe.progress import ORDER as STATES
from domain.grid.outages.rules.inference.settings import InferenceSettings
from domain.grid.outages.store import outages, provisionals, signals, storm_modes
from domain.grid.outages.store.provisionals import Provisional
from domain.kernel.charts.words import number
from domain.kernel.clock import utc_now
from domain.kernel.errors import CountersignError
from domain.kernel.principal import Principal, Role
from domain.kernel.queue import names_of

router = APIRouter(include_in_schema=False, dependencies=[LOOKS])
PER_PAGE = 25
DECIDERS = OPERATORS | {Role.MANAGER}
DECIDES = allow(roles=DECIDERS)
STATUS = {
    "CANDIDATE": ("watch", "candidate"),
    "PROBABLE": ("alarm", "probable"),
    "VERIFY": ("watch", "to verify"),
    "PROMOTED": ("ok", "promoted"),
    "REJECTED": ("unknown", "rejected"),
    "MERGED": ("ok", "joined another"),
    "EXPIRED": ("unknown", "no longer inferred"),
    "MOMENTARY": ("unknown", "momentary"),
    "COMMS": ("unknown", "communications"),
    "OPEN": ("alarm", "open"),
    "DISPATCHED": ("alarm", "crew sent"),
    "ARRIVED": ("alarm", "crew on site"),
    "RESTORED": ("ok", "restored"),
    "CLOSED": ("ok", "closed"),
}
# Less is told as 0.00 bits.
LEAST_BITS = 0.005
NOTICES = {"storm": "Declared. Advice from now on is made by it; nothing was operated."}


def may_decide(principal: Principal) -> bool:
    """Whether the page offers to lay something before a person."""
    return bool(principal.roles & DECIDERS)


@router.get("/grid/outages")
def board(
    page: PageDep,
    state: Annotated[Literal["all", "open", "over"], Query()] = "all",
    waiting_after: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
    after: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
    done: str = "",
) -> Response:
    """The most customers at stake first; below, outages with a signature, the newest first."""
    return show_board(page, state, waiting_after, after, notice=NOTICES.get(done))


@router.get("/grid/outages/news.json")
def news(page: PageDep, seen: Annotated[str, Query(max_length=60)] = "") -> dict[str, str]:
    """What stands otherwise than on the page that asks, in words; nothing where all is as it was."""
    sums = outages.standing(page.connection)
    told = _finding(sums)
    return {"words": "" if seen == _seen(sums) else f"It stands otherwise by now: {told[0].lower()}{told[1:]}."}


def _seen(sums: outages.Standing) -> str:
    """What a board shows, to be compared."""
    return f"{sums.open_outages}-{sums.customers_out}-{sums.waiting}"


def show_board(
    page: Page,
    state: Literal["all", "open", "over"] = "all",
    waiting_after: str | None = None,
    after: str | None = None,
    error: CountersignError | None = None,
    typed_in: Mapping[str, str] | None = None,
    notice: str | None = None,
) -> Response:
    """The board; after a declaration of storm mode that was refused, with what was typed."""
    now = utc_now()
    storm = storm_modes.holding(page.connection, now)
    statuses = {"all": STATES, "open": STATES[:3], "over": STATES[3:]}[state]
    waiting = provisionals.listed(
        page.connection, provisionals.OPEN, PER_PAGE + 1, after=_place(ORDER_OF_PROVISIONALS, waiting_after)
    )
    known = outages.listed(page.connection, statuses, PER_PAGE + 1, _place(ORDER, after))
    sums = outages.standing(page.connection)
    heard = signals.watermark(page.connection)
    return page.show(
        "grid/outages.html",
        error.status if error else 200,
        notice=notice,
        storm=storm,
        storm_by=names_of(page.connection, {storm.declared_by} if storm else set()),
        error=error,
        by_itself=InferenceSettings().storm_sessions_per_hour,
        typed_in=dict.fromkeys(("mode", "hours", "reason"), "") | dict(typed_in or {}),
        waiting=waiting[:PER_PAGE],
        next_waiting=_next_waiting(waiting),
        known=known[:PER_PAGE],
        next_known=ORDER.write(vars(known[PER_PAGE - 1])) if len(known) > PER_PAGE else None,
        sums=sums,
        seen=_seen(sums),
        finding=_finding(sums),
        heard=heard,
        now=now,
        state=state,
        statuses=STATUS,
        pings_of=worth_a_ping,
        may_decide=may_decide(page.principal),
    )


def worth_a_ping(found: Provisional) -> list[dict[str, Any]]:
    """The meters whose answer is expected to tell something, the most telling first."""
    return [one for one in found.next_pings if one["expected_bits"] >= LEAST_BITS][:5]


def _place(order: Keyset, cursor: str | None) -> Any:
    return None if cursor is None else tuple(order.read(cursor))


def _next_waiting(found: Sequence[Provisional]) -> str | None:
    if len(found) <= PER_PAGE:
        return None
    last = found[PER_PAGE - 1]
    return ORDER_OF_PROVISIONALS.write({"at_stake": last.at_stake, "prov_outage_id": last.prov_outage_id})


def _finding(sums: outages.Standing) -> str:
    told = []
    if sums.open_outages:
        is_one = sums.open_outages == 1
        told.append(
            f"{number(sums.open_outages)} outage{' is' if is_one else 's are'} open,"
            f" {number(sums.customers_out)} customers without supply"
        )
    if sums.waiting:
        is_one = sums.waiting == 1
        told.append(f"{number(sums.waiting)} provisional outage{' waits' if is_one else 's wait'} for a decision")
    return "; ".join(told) or "Nothing is known to be out"
