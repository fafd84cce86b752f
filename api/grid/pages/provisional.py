"""One provisional outage: what is believed and from what, what a meter says when asked, and the way to a decision."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from api.forms import FormDep, typed
from api.grid.pages.access import LOOKS, OPERATES, may_operate
from api.grid.pages.outage_board import DECIDES, STATUS, may_decide, worth_a_ping
from api.pages import Page, PageDep
from domain.grid.outages.charts.dead_map import LEAST, dead_map
from domain.grid.outages.observe.infer import infer
from domain.grid.outages.observe.progress import follow
from domain.grid.outages.observe.signals import Report, take_in
from domain.grid.outages.rules.inference.results import EVIDENCE_WORDS
from domain.grid.outages.store import provisionals
from domain.grid.outages.store.provisionals import Provisional
from domain.grid.outages.suggest.promote import decisions
from domain.grid.outages.suggest.told_belief import Belief, belief_of
from domain.kernel.charts.chart import Chart
from domain.kernel.charts.words import chance, number
from domain.kernel.clock import utc_now
from domain.kernel.errors import CountersignError, Invalid, NotFound

router = APIRouter(include_in_schema=False, dependencies=[LOOKS])
LONGEST_REASON, LONGEST_METER = 2000, 64
ACTIONS = {
    "promote": "may be promoted",
    "merge": "joins an outage that stands",
    "hold": "held",
    "reject": "not an outage",
}
# What an operator hears of a meter and writes down, by the name of its button.
HEARD = {
    "answered": ("PING_OK", "ping"),
    "silent": ("PING_NO_ANSWER", "ping"),
    "called": ("CALL", "control room"),
}
NOTICES = {"heard": "Taken in; what is believed here is inferred anew with it."}


@router.get("/grid/outages/provisional/{prov_outage_id}")
def provisional(page: PageDep, prov_outage_id: UUID, done: str = "") -> Response:
    """What is believed, from what evidence, around which device; and the way to a decision."""
    return _show(page, _load(page, prov_outage_id), notice=NOTICES.get(done))


@router.post("/grid/outages/provisional/{prov_outage_id}/heard", dependencies=[OPERATES])
def heard(page: PageDep, form: FormDep, prov_outage_id: UUID) -> Response:
    """Take in what a meter or its customer said a moment ago, and infer anew from all that was heard."""
    found = _load(page, prov_outage_id)
    meter_id, said, now = typed(form, "meter_id", LONGEST_METER), typed(form, "said", 20), utc_now()
    try:
        with page.connection.begin_nested():
            if said not in HEARD:
                raise Invalid("Nothing was taken in.", hint="Press what the meter or its customer said.")
            kind, source = HEARD[said]
            taken = take_in(page.connection, page.principal.tenant_id, [Report(kind, now, source, meter_id)], now)
            if taken.rejected:
                raise Invalid(f"Nothing was taken in: {taken.rejected[0]['reason']}", hint="Write the meter's id.")
            made = infer(page.connection, page.principal.tenant_id, now=now, requested_by=page.principal.id)
            follow(page.connection, made.as_of, actor_id=page.principal.id)
    except CountersignError as error:
        return _show(page, found, error.status, error=error, meter_id=meter_id)
    return RedirectResponse(f"/grid/outages/provisional/{prov_outage_id}?done=heard", 303)


@router.post("/grid/outages/provisional/{prov_outage_id}/decision", dependencies=[DECIDES])
def ask_decision(page: PageDep, form: FormDep, prov_outage_id: UUID) -> Response:
    """Lay it before a person: the proposal's page has the two buttons. What is held comes back with the reasons."""
    found = _load(page, prov_outage_id)
    reason = typed(form, "reason", LONGEST_REASON)
    try:
        with page.connection.begin_nested():
            if "override" in form and not reason:
                raise Invalid("Nothing was laid before anybody.", hint="Say why it is to be promoted all the same.")
            made = decisions(
                page.connection,
                page.principal.tenant_id,
                now=utc_now(),
                prov_outage_ids=[prov_outage_id],
                override_reason=reason if "override" in form else "",
                requested_by=page.principal.id,
                actor_role=page.principal.actor_role,
            )
    except CountersignError as error:
        return _show(page, found, error.status, error=error, reason=reason)
    if made.proposal is not None:
        # Named, else the browser would go on to the end of the page, where this form stood.
        return RedirectResponse(f"/countersign/{made.proposal.proposal_id}#main", 303)
    return _show(page, found, decided=made.decisions[0])


def _load(page: Page, prov_outage_id: UUID) -> Provisional:
    found = provisionals.load(page.connection, [prov_outage_id])
    if not found:
        raise NotFound("There is no such provisional outage.", hint="The outage board lists those that wait.")
    return found[0]


def _show(
    page: Page,
    found: Provisional,
    status: int = 200,
    error: CountersignError | None = None,
    decided: dict[str, Any] | None = None,
    reason: str = "",
    meter_id: str | None = None,
    notice: str | None = None,
) -> Response:
    """The page; `meter_id` is what was typed where something heard was refused."""
    belief = belief_of(page.connection, page.principal.tenant_id, found)
    title = (
        f"{found.device_id} is open with probability {chance(found.posterior, 0)};"
        f" {number(found.meters_predicted)} customers are behind it"
    )
    return page.show(
        "grid/provisional.html",
        status,
        charts=_map(found, belief, title),
        row=found,
        title=title,
        belief=belief,
        most=max((abs(one["llr"]) for one in found.evidence), default=1.0) or 1.0,
        words=EVIDENCE_WORDS,
        pings=worth_a_ping(found),
        state=STATUS[found.status],
        age=utc_now() - found.first_evidence_at,
        may_decide=may_decide(page.principal) and found.is_open,
        may_tell=may_operate(page.principal) and found.is_open,
        meter_id=meter_id,
        notice=notice,
        error=error,
        decided=decided,
        actions=ACTIONS,
        reason=reason,
    )


def _map(found: Provisional, belief: Belief, title: str) -> list[Chart]:
    """Only where a drawn line may be dead: a fuse of the low voltage lies under no line of the map."""
    if not any(belief.dead.get(edge.zone_id or "", 0.0) >= LEAST for edge in belief.edges):
        return []
    drawn = dead_map(found.device_id, belief.edges, belief.dead, title)
    return [] if drawn is None else [drawn]
