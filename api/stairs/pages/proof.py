"""One test with its proof: what was read, by which limit, with which instrument, what was captured, every verdict."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.deps import allow
from api.forms import FormDep, typed
from api.pages import Page, PageDep
from api.stairs.access import READS
from api.stairs.pages.proof_words import (
    KINDS,
    VERDICTS,
    WAITS,
    certificate_of,
    finding,
    limits_of,
    readings,
    result_said,
    where,
)
from api.stairs.sessions import TESTS, WALKS
from api.stairs.sync import REVIEWS
from domain.kernel import artifacts
from domain.kernel.clock import utc_now
from domain.kernel.errors import CountersignError, Invalid, NotFound
from domain.kernel.objects.chosen import open_store
from domain.kernel.principal import Role
from domain.stairs.observe import sessions as visits
from domain.stairs.observe.conflicts import acknowledge, settle
from domain.stairs.observe.pictures import small_picture
from domain.stairs.observe.replay import replayed
from domain.stairs.report.figures import sequence_figure
from domain.stairs.rules.report_content import PersonPart
from domain.stairs.rules.reported import instance_line
from domain.stairs.store import evaluations, evidence, faults, instances, report_facts, sessions, submissions
from domain.stairs.suggest.handing_in import proposed_anew

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READS)])
TEST = "/stairs/sessions/{session_id}/tests/{instance_id}"
REVIEWERS = frozenset({Role.REVIEWER, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER})
AUDITORS = REVIEWERS | {Role.AUDITOR}
AUDITS = allow(roles=AUDITORS)
LONGEST_REASON = 2000
NOTICES = {
    "settled": "Settled; both results stay on record, and the one that counts was judged.",
    "noted": "Noted under your name.",
    "failed": "Noted with its reason. It waits for another try.",
    "pending": "Taken up again: it stands among the tests to do.",
    "skipped": "Left out for good; the report shows it with the reason.",
    "again": "Added to the visit: the same place is tested again, and the first result stays.",
}
RESOLUTIONS = ("kept_first", "took_this")


@router.get(TEST)
def proof_page(
    page: PageDep, session_id: UUID, instance_id: UUID, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """What its verdict rests on, and what a reviewer may say of it."""
    return show_test(page, session_id, instance_id, notice=NOTICES.get(done))


@router.post(TEST + "/replay", dependencies=[AUDITS])
def replay(page: PageDep, _: FormDep, session_id: UUID, instance_id: UUID) -> Response:
    """Judge the newest stored inputs again and compare the bytes. Nothing is kept."""
    instances.load(page.connection, session_id, instance_id)
    newest = evaluations.newest(page.connection, instance_id)
    told = None if newest is None else replayed(newest)
    return show_test(page, session_id, instance_id, checked=told)


@router.post(TEST + "/acknowledge", dependencies=[REVIEWS])
def acknowledged(page: PageDep, form: FormDep, session_id: UUID, instance_id: UUID) -> Response:
    """Note that a reviewer has seen what no rule fails."""
    reason = typed(form, "reason", LONGEST_REASON)
    try:
        with page.connection.begin_nested():
            acknowledge(
                page.connection,
                page.principal,
                session_id,
                instance_id,
                codes=_due(instances.load(page.connection, session_id, instance_id)),
                reason=given(reason),
                now=utc_now(),
            )
    except CountersignError as error:
        return show_test(page, session_id, instance_id, error=error, reason=reason)
    return RedirectResponse(f"{path_of(session_id, instance_id)}?done=noted", 303)


@router.post(TEST + "/conflicts/{submission_id}", dependencies=[REVIEWS])
def settled(page: PageDep, form: FormDep, session_id: UUID, instance_id: UUID, submission_id: UUID) -> Response:
    """Decide which of two results counts."""
    reason = typed(form, "reason", LONGEST_REASON)
    resolution = typed(form, "resolution", 20)
    try:
        with page.connection.begin_nested():
            if resolution not in RESOLUTIONS:
                raise Invalid("Nothing was settled.", hint="Press one of the two buttons.")
            settle(
                page.connection,
                page.principal,
                session_id,
                submission_id,
                resolution=resolution,
                reason=given(reason),
                now=utc_now(),
            )
            proposed_anew(page.connection, session_id)
    except CountersignError as error:
        return show_test(page, session_id, instance_id, error=error, reason=reason)
    return RedirectResponse(f"{path_of(session_id, instance_id)}?done=settled", 303)


@router.post(TEST + "/retest", dependencies=[TESTS])
def again(page: PageDep, _: FormDep, session_id: UUID, instance_id: UUID) -> Response:
    """Add a test of the same place to the visit, after a repair."""
    try:
        with page.connection.begin_nested():
            made = visits.retest(page.connection, page.principal, session_id, instance_id)
    except CountersignError as error:
        return show_test(page, session_id, instance_id, error=error)
    return RedirectResponse(f"{path_of(session_id, made)}?done=again", 303)


@router.get("/stairs/evidence/{evidence_id}/picture")
def picture(page: PageDep, evidence_id: UUID) -> Response:
    """A photo small enough for a page; the bytes that were hashed are the file itself."""
    row = evidence.load(page.connection, evidence_id)
    drawn = None
    if row["artifact_id"] is not None and row["evidence_type"] == "photo":
        drawn = small_picture(artifacts.read(open_store(), artifacts.load(page.connection, row["artifact_id"])))
    if drawn is None:
        raise NotFound("There is no picture of this capture that a page can show.", hint="Open the file itself.")
    return Response(drawn, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


def path_of(session_id: UUID, instance_id: UUID) -> str:
    """The address of the page of one test."""
    return f"/stairs/sessions/{session_id}/tests/{instance_id}"


def given(reason: str) -> str:
    """The reason that was typed.

    Raises:
        Invalid: there is none.
    """
    if len(reason) < 3:
        raise Invalid("Nothing was noted: it needs its reason.", hint="Say in a sentence why.", code="REASON_REQUIRED")
    return reason


def _due(row: Mapping[str, Any]) -> list[str]:
    """What a reviewer must still say that it was seen."""
    said = {one["code"] for one in row["acknowledged"]}
    return sorted(set((row["validation_result"] or {}).get("acknowledge", [])) - said)


def show_test(
    page: Page,
    session_id: UUID,
    instance_id: UUID,
    error: CountersignError | None = None,
    reason: str = "",
    checked: dict[str, Any] | None = None,
    notice: str | None = None,
) -> Response:
    """The page of one test, also after an act on it that was refused: what was typed stands there again.

    Raises:
        NotFound: the visit has no such test.
    """
    session = sessions.load(page.connection, session_id)
    walk = instances.of_session(page.connection, session_id)
    place = next((place for place, row in enumerate(walk) if row["instance_id"] == instance_id), None)
    if place is None:
        raise NotFound("The visit has no such test.", hint="The visit's page lists its tests.")
    row = walk[place]
    verdicts = evaluations.of_instance(page.connection, instance_id)
    newest = verdicts[-1] if verdicts else None
    told = instance_line(row, None if newest is None else dict(vars(newest)), is_replaced=False)
    chart = sequence_figure(told) if told.steps else None
    reviews = session.status in ("active", "returned", "submitted") and bool(page.principal.roles & REVIEWERS)
    return page.show(
        "stairs/test.html",
        200 if error is None else error.status,
        charts=[] if chart is None else [chart],
        notice=notice,
        session=session,
        row=row,
        told=told,
        where=where(told),
        finding=finding(told),
        limits=limits_of(told),
        kind=KINDS[told.measurement_type],
        badges=VERDICTS,
        not_yet=WAITS,
        verdicts=list(reversed(verdicts)),
        readings=readings(newest, row),
        certificate=certificate_of(newest),
        due=_due(row) if reviews else [],
        may_review=reviews,
        may_replay=bool(page.principal.roles & AUDITORS),
        may_say=session.is_open
        and bool(page.principal.roles & WALKS)
        and row["status"] not in ("completed", "skipped"),
        may_retest=session.is_open and row["status"] == "completed" and bool(page.principal.roles & WALKS),
        before=walk[place - 1] if place else None,
        after=walk[place + 1] if place + 1 < len(walk) else None,
        place=(place + 1, len(walk)),
        checked=checked,
        error=error,
        reason=reason,
        **_beside(page, session_id, row),
    )


def _beside(page: Page, session_id: UUID, row: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside the verdict: captures, faults, results that contradict it, and who had a hand in it."""
    own = row["instance_id"]
    conflicts = [one for one in submissions.conflicts(page.connection, session_id) if one.instance_id == own]
    found = faults.listed(page.connection, 500, session_id=session_id)
    hands = [row["technician_id"], *(one.submitted_by for one in conflicts)]
    names = report_facts.people(page.connection, hands + [UUID(one["by"]) for one in row["acknowledged"]])
    return {
        "captures": evidence.of_instance(page.connection, own),
        "faults": [one for one in found if one["instance_id"] == own],
        "conflicts": [(one, result_said(one.payload)) for one in conflicts],
        "names": names,
        "acknowledged": [_seen(one, names) for one in row["acknowledged"]],
    }


def _seen(one: Mapping[str, Any], names: Mapping[UUID, PersonPart]) -> dict[str, Any]:
    """Who said of an observation that it was seen, when and why."""
    person = names.get(UUID(one["by"]))
    return {
        "what": one["code"].replace("_", " ").lower(),
        "by": "a former colleague" if person is None else person.name,
        "at": one["at"],
        "reason": one["reason"],
    }
