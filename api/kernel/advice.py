"""Advice over HTTP, for every room: signals, suggestions and what people made of them, work items, how good it was."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from api.deps import CallerDep, TenantSession, allow
from api.kernel.acting import Acting, ActingDep
from api.kernel.advice_schemas import (
    CloseWork,
    Decide,
    DecidedOn,
    EvaluationTold,
    Precision,
    PrecisionRow,
    RoomName,
    SeverityName,
    SignalRow,
    SignalState,
    SignalTold,
    Status,
    SuggestionRow,
    WorkItemRow,
)
from api.paging import By, FieldsDep, Keyset, Page, Paged, PageDep
from domain.kernel.advice import signals, suggestions, work
from domain.kernel.advice.interval import share
from domain.kernel.advice.take import lay_before_people
from domain.kernel.advice.work import Found
from domain.kernel.clock import utc_now
from domain.kernel.countersign.advice import check_open, decide_on
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.signed import Countersignature, Decision

router = APIRouter(prefix="/v1/advice", tags=["Advice"])
READS = {"OPERATOR", "TECHNICIAN", "AUTHOR", "REVIEWER", "MANAGER", "ADMIN", "TENANT_OWNER", "AUDITOR"}
LOOKS = allow(roles=READS, scopes={"advice:read"})
DECIDES = allow(roles={"REVIEWER", "MANAGER", "ADMIN", "TENANT_OWNER"})
WORKS = allow(roles={"OPERATOR", "TECHNICIAN", "REVIEWER", "MANAGER", "ADMIN", "TENANT_OWNER"})
SIGNALS = Keyset(
    "signals", By("opened_at", datetime, descending=True, sql="s.opened_at"), By("signal_id", UUID, sql="s.signal_id")
)
SUGGESTIONS = Keyset(
    "suggestions",
    By("created_at", datetime, descending=True, sql="s.created_at"),
    By("suggestion_id", UUID, sql="s.suggestion_id"),
)
WORK = Keyset(
    "work_items",
    By("opened_at", datetime, descending=True, sql="w.opened_at"),
    By("work_item_id", UUID, sql="w.work_item_id"),
)
Text = Annotated[str | None, Query(max_length=200)]


@router.get("/signals", dependencies=[LOOKS], response_model=Paged[SignalRow], summary="What machines notice")
def listed_signals(
    connection: TenantSession,
    page: PageDep,
    fields: FieldsDep,
    room: RoomName | None = None,
    state: SignalState | None = None,
    signal_type: Text = None,
    severity: SeverityName | None = None,
    context: Text = None,
) -> Any:
    """Episodes, the newest first, each with the numbers of its last evaluation."""
    after = SIGNALS.after(page)
    wanted = signals.Wanted(room, state, signal_type, severity, context)
    found = signals.listed(
        connection,
        wanted,
        beyond=after.condition,
        order=after.order,
        values=dict(after.values),
        limit=page.limit + 1,
    )
    return SIGNALS.page(SignalRow, found, page, fields)


@router.get("/signals/{signal_id}", dependencies=[LOOKS], summary="One signal with every look at it")
def one_signal(connection: TenantSession, signal_id: UUID) -> SignalTold:
    """The numbers, thresholds and evidence of each evaluation, the newest first."""
    found = signals.listed(
        connection,
        signals.Wanted(),
        beyond="s.signal_id = :asked",
        order="s.signal_id",
        values={"asked": signal_id},
        limit=1,
    )
    if not found:
        raise NotFound("There is no such signal.", hint="GET /v1/advice/signals lists them.")
    looks = signals.evaluations_of(connection, signal_id)
    return SignalTold(
        signal=SignalRow.model_validate(found[0]), evaluations=[EvaluationTold.model_validate(one) for one in looks]
    )


@router.get("/suggestions", dependencies=[LOOKS], response_model=Paged[SuggestionRow], summary="What machines suggest")
def listed_suggestions(
    connection: TenantSession,
    page: PageDep,
    fields: FieldsDep,
    room: RoomName | None = None,
    status: Status | None = None,
    severity: SeverityName | None = None,
    scope: Text = None,
    suggestion_type: Text = None,
    signal_id: UUID | None = None,
) -> Any:
    """The newest first, with the numbers that each rests on and what a person made of it."""
    wanted = suggestions.Wanted(room, status, severity, scope, suggestion_type, signal_id=signal_id)
    return SUGGESTIONS.page(SuggestionRow, rows_of(connection, wanted, page), page, fields)


def rows_of(connection: Connection, wanted: suggestions.Wanted, page: Page) -> list[dict[str, Any]]:
    """A page of suggestions and one more."""
    after = SUGGESTIONS.after(page)
    return suggestions.listed(
        connection,
        wanted,
        beyond=after.condition,
        order=after.order,
        values=dict(after.values),
        limit=page.limit + 1,
    )


@router.get("/suggestions/{suggestion_id}", dependencies=[LOOKS], summary="One suggestion")
def one_suggestion(connection: TenantSession, suggestion_id: UUID) -> SuggestionRow:
    """Everything that a person decides by."""
    return SuggestionRow.model_validate(suggestions.one(connection, suggestion_id))


@router.post("/suggestions/{suggestion_id}/accept", dependencies=[DECIDES], summary="Accept a suggestion")
def accept(act: ActingDep, suggestion_id: UUID, body: Decide | None = None) -> DecidedOn:
    """The person's countersignature. For grid and stairs it opens what somebody is to look at; it generates nothing."""
    return _decided(act, suggestion_id, Decision.APPROVED, body)


@router.post("/suggestions/{suggestion_id}/dismiss", dependencies=[DECIDES], summary="Dismiss a suggestion")
def dismiss(act: ActingDep, suggestion_id: UUID, body: Decide | None = None) -> DecidedOn:
    """The person's refusal. Without a reason it says that none was given; the page asks for one."""
    return _decided(act, suggestion_id, Decision.REFUSED, body)


def _decided(act: Acting, suggestion_id: UUID, decision: Decision, body: Decide | None) -> DecidedOn:
    said = body or Decide()
    signed = decide_suggestion(act, suggestion_id, decision, said.reason, said.content_hash)
    opened = work.listed(
        act.connection, work.Wanted(suggestion_id=suggestion_id), order="w.work_item_id", values={}, limit=1
    )
    return DecidedOn(
        countersignature_id=signed.countersignature_id,
        suggestion=SuggestionRow.model_validate(suggestions.one(act.connection, suggestion_id)),
        work_item_id=opened[0]["work_item_id"] if opened else None,
    )


def decide_suggestion(
    act: Acting, suggestion_id: UUID, decision: Decision, reason: str | None, seen: str | None = None
) -> Countersignature:
    """One decision of the caller on the suggestion; the hash is bound here, for it cannot have changed.

    Raises:
        NotFound: no such suggestion.
        Conflict: ALREADY_DECIDED; HASH_MISMATCH, the hash that was sent is another's.
    """
    found = suggestions.load(act.connection, suggestion_id)
    check_open(found)
    if seen is not None and seen != found.content_hash:
        raise Conflict("What you saw is not this suggestion; nothing was signed.", code="HASH_MISMATCH")
    answer = decide_on(
        act.connection,
        act.caller,
        suggestion_id,
        decision,
        proposed=lay_before_people(act.connection, found),
        reason=(reason or "").strip() or None,
        request_id=act.call,
        ip=act.ip,
    )
    return answer.countersignature


@router.get("/work-items", dependencies=[LOOKS], response_model=Paged[WorkItemRow], summary="What is to be looked at")
def listed_work(
    connection: TenantSession,
    page: PageDep,
    fields: FieldsDep,
    room: RoomName | None = None,
    status: Annotated[str | None, Query(pattern="^(OPEN|CLOSED)$")] = None,
    outcome: Found | None = None,
) -> Any:
    """What accepted suggestions opened, the newest first."""
    after = WORK.after(page)
    found = work.listed(
        connection,
        work.Wanted(room, status, outcome),
        beyond=after.condition,
        order=after.order,
        values=dict(after.values),
        limit=page.limit + 1,
    )
    return WORK.page(WorkItemRow, found, page, fields)


@router.get("/work-items/{work_item_id}", dependencies=[LOOKS], summary="One work item")
def one_work_item(connection: TenantSession, work_item_id: UUID) -> WorkItemRow:
    """What it is about and what was found."""
    return WorkItemRow.model_validate(work.load(connection, work_item_id))


@router.post("/work-items/{work_item_id}/outcome", dependencies=[WORKS], summary="Say what was found")
def outcome_of(connection: TenantSession, caller: CallerDep, work_item_id: UUID, body: CloseWork) -> WorkItemRow:
    """Whoever was there says it, once. Precision follows from it."""
    done = work.close(connection, caller, work_item_id, body.outcome, body.note, utc_now())
    return WorkItemRow.model_validate(done)


@router.get("/precision", dependencies=[LOOKS], summary="How often accepted advice found something")
def precision(connection: TenantSession, room: RoomName | None = None) -> Precision:
    """By room, signal type, reason and ruleset, with the interval of the share; null where nothing is closed."""
    rows = []
    for one in work.precision(connection, room):
        told = share(one["found"], one["closed_items"])
        rows.append(PrecisionRow(**one, value=told.value, low=told.low, high=told.high))
    return Precision(counts={"rows": len(rows)}, rows=rows)
