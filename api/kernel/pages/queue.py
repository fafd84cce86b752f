"""The queue as home, one proposal with its two buttons, and what was signed, which has none."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response
from pydantic import AwareDatetime

from api.acts import GATES
from api.deps import RequestId, allow
from api.forms import FormDep, typed
from api.kernel.acting import acting_on
from api.kernel.countersign import QUEUE, chain_of, in_line, next_cursor, place_of, refuse_one, shown
from api.kernel.pages.content_lists import lists_of, members_of, written
from api.pages import Page, PageDep
from api.paging import LONGEST_CURSOR
from domain.kernel import queue
from domain.kernel.clock import utc_now
from domain.kernel.countersign.decide import four_eyes_on
from domain.kernel.countersign.state import LONGEST_REASON
from domain.kernel.difference import MOST_LINES, difference, lines_of, readable
from domain.kernel.errors import CountersignError, Invalid, NotFound
from domain.kernel.lent import kinds_open_to
from domain.kernel.principal import Role
from domain.kernel.proposals import Proposal, load_proposal
from domain.kernel.proposed import content_bytes
from domain.kernel.signed import Decision, load_countersignature

router = APIRouter(include_in_schema=False)
SIGNERS = frozenset(Role) - {Role.LEARNER}
PEOPLE = allow(roles=SIGNERS)
PER_PAGE = 50
# So many are counted, and told as "or more".
MOST_COUNTED = 1_000
ROOMS = {"kernel": "Platform", "grid": "Grid", "stairs": "Stairs", "courses": "Courses"}
SEVERITIES = ("routine", "notable", "serious", "critical")
BADGES = {0: "plain", 1: "watch", 2: "watch", 3: "alarm"}
STATES = {
    "WAITING": ("watch", "waits"),
    "APPROVED": ("ok", "countersigned"),
    "REFUSED": ("alarm", "refused"),
    "WITHDRAWN": ("unknown", "withdrawn"),
    "OUTDATED": ("unknown", "replaced by a newer one"),
    "EXPIRED": ("unknown", "expired"),
}
VERBS = {
    "approve": Decision.APPROVED,
    "refuse": Decision.REFUSED,
    "ask": Decision.MORE_INFORMATION,
    "withdraw": Decision.WITHDRAWN,
}
SAID = {
    Decision.APPROVED: "signed",
    Decision.REFUSED: "refused",
    Decision.MORE_INFORMATION: "asked",
    Decision.WITHDRAWN: "withdrawn",
}
NOTICES = {
    "signed": "Countersigned.",
    "refused": "Refused; the reason stands with it.",
    "asked": "The question stands with the proposal, which goes on waiting.",
    "withdrawn": "Taken back.",
    "again": "You had decided so already; nothing was done twice.",
}


@router.get("/", dependencies=[PEOPLE])
def waiting(
    page: PageDep,
    room: Annotated[str, Query(max_length=20)] = "",
    after: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
    refused: Annotated[int, Query(ge=0, le=PER_PAGE)] = 0,
    left: Annotated[int, Query(ge=0, le=PER_PAGE)] = 0,
) -> Response:
    """What waits for this person, the most severe first and then the oldest."""
    mine = kinds_open_to(page.connection, page.principal, GATES.values())
    rooms = sorted({GATES[kind].room for kind in mine})
    kinds = [kind for kind in mine if room in {"", GATES[kind].room}]
    found = queue.waiting(page.connection, kinds, after=place_of(QUEUE, after), limit=PER_PAGE + 1)
    total = queue.how_many_wait(page.connection, kinds, MOST_COUNTED)
    notice = f"{refused} refused." if refused else None
    if left:
        notice = f"{notice or ''} {left} could not be refused and wait as before.".strip()
    return page.show(
        "kernel/queue.html",
        lines=in_line(page.connection, page.principal, found[:PER_PAGE]),
        next_cursor=next_cursor(QUEUE, found, PER_PAGE),
        total=total,
        most=MOST_COUNTED,
        room=room,
        rooms={name: ROOMS[name] for name in rooms},
        severities=SEVERITIES,
        badges=BADGES,
        may_decide=bool(mine),
        now=utc_now(),
        notice=notice,
    )


@router.get("/news.json", dependencies=[PEOPLE])
def news(page: PageDep, since: AwareDatetime) -> dict[str, str]:
    """What was laid before this person since the page was made, in words; nothing where nothing was."""
    mine = kinds_open_to(page.connection, page.principal, GATES.values())
    new = queue.how_many_wait(page.connection, mine, MOST_COUNTED, since)
    return {"words": f"{new} new since this page was made." if new else ""}


@router.post("/countersign/refuse", dependencies=[PEOPLE])
def refuse_several(page: PageDep, form: FormDep, call: RequestId) -> Response:
    """Refuse what was ticked, for one reason. There is no button that approves several.

    Raises:
        Invalid: nothing ticked, or no reason.
    """
    reason = typed(form, "reason", LONGEST_REASON)
    ticked = [_proposal_id(value) for value in form.getlist("proposal") if isinstance(value, str)][:PER_PAGE]
    if not ticked or not reason:
        raise Invalid("Nothing was refused.", hint="Go back, tick what is to be refused and write the reason.")
    results = [refuse_one(acting_on(page, call), one, reason) for one in ticked]
    done = sum(one["status"] == "refused" for one in results)
    return RedirectResponse(f"/?refused={done}&left={len(results) - done}", 303)


@router.get("/countersign/{proposal_id}", dependencies=[PEOPLE])
def proposal(page: PageDep, proposal_id: str, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """What is asked, what it is based on, what happens if it is signed, and the buttons."""
    return _show(page, load_proposal(page.connection, _proposal_id(proposal_id)), notice=NOTICES.get(done))


@router.get("/countersign/{proposal_id}/content.json", dependencies=[PEOPLE])
def content(page: PageDep, proposal_id: str) -> Response:
    """What is signed, whole, as a file: the bytes of the hash that the page shows."""
    found = load_proposal(page.connection, _proposal_id(proposal_id))
    named = {"Content-Disposition": f'attachment; filename="content-{found.proposal_id}.json"'}
    return Response(content_bytes(found), media_type="application/json", headers=named)


@router.post("/countersign/{proposal_id}/{verb}", dependencies=[PEOPLE])
def decided(page: PageDep, form: FormDep, call: RequestId, proposal_id: str, verb: str) -> Response:
    """One decision; a refusal of it comes back on the same page, with what was typed.

    Raises:
        NotFound: no such verb.
    """
    if verb not in VERBS:
        raise NotFound("There is nothing at this address.")
    found = load_proposal(page.connection, _proposal_id(proposal_id))
    reason = typed(form, "reason", LONGEST_REASON + 1)
    try:
        with page.connection.begin_nested():
            answer = acting_on(page, call).decide(
                found.proposal_id, VERBS[verb], reason=reason, content_hash=typed(form, "content_hash", 64) or None
            )
    except CountersignError as error:
        return _show(page, found, error.status, error=error, reason=reason)
    done = SAID[VERBS[verb]] if answer.is_new else "again"
    return RedirectResponse(f"/countersign/{proposal_id}?done={done}", 303)


@router.get("/countersignatures/{countersignature_id}", dependencies=[PEOPLE])
def countersignature(page: PageDep, countersignature_id: str) -> Response:
    """The chain: proposal, evidence, signature, fulfilment, artifacts. Nothing here can be pressed."""
    signed = load_countersignature(page.connection, _proposal_id(countersignature_id))
    return page.show(
        "kernel/countersignature.html",
        chain=chain_of(page.connection, page.principal, signed),
        is_fulfilled=GATES[signed.kind].is_fulfilled,
    )


def _show(
    page: Page,
    found: Proposal,
    status: int = 200,
    error: CountersignError | None = None,
    reason: str = "",
    notice: str | None = None,
) -> Response:
    told = shown(page.connection, page.principal, found)
    former = None if _tells_its_changes(found) else queue.last_signed(page.connection, found)
    lines = lines_of(found.content) if found.content is not None else []
    known = GATES[found.kind].reads_as
    return page.show(
        "kernel/proposal.html",
        status,
        proposal=told,
        lists=lists_of(found.content, known),
        members=members_of(found.content, known),
        written=partial(written, known=known),
        lines=readable(lines),
        more=max(0, len(lines) - MOST_LINES),
        changes=difference(former.content, found.content) if former and former.content and found.content else None,
        former=former,
        state=STATES[found.state],
        severity=(BADGES[found.severity], SEVERITIES[found.severity]),
        is_own=page.principal.id == found.proposed_by,
        four_eyes=GATES[found.kind].four_eyes and four_eyes_on(page.connection),
        now=utc_now(),
        error=error,
        reason=reason,
        notice=notice,
    )


def _tells_its_changes(found: Proposal) -> bool:
    """Whether a comparison with what was signed before would mislead, or its evidence says it better."""
    return GATES[found.kind].is_partial or "changes" in found.evidence


def _proposal_id(given: str) -> UUID:
    """An id in an address.

    Raises:
        NotFound: it is none.
    """
    try:
        return UUID(given)
    except ValueError as cause:
        raise NotFound("There is nothing under that id.", hint="The queue at / shows what waits for you.") from cause
