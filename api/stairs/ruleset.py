"""The ruleset over HTTP: what holds on a date, and what is laid before a person to hold."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.deps import CallerDep, TenantSession
from api.stairs.access import LOOKS, SETS_LIMITS
from api.stairs.proposed import Laid, laid
from api.stairs.ruleset_schemas import (
    Adopted,
    Classes,
    NewClasses,
    NewOverride,
    NewRule,
    NewSchedule,
    Overrides,
    OverrideTold,
    Rules,
    RuleTold,
    Schedule,
)
from api.stairs.schemas import WithReason
from domain.kernel.proposals import Proposal
from domain.kernel.redaction import redact_text
from domain.stairs.rules.vocabulary import MeasurementType
from domain.stairs.store import ruleset
from domain.stairs.suggest import ruleset as suggest

router = APIRouter()


@router.get("/rules", dependencies=[LOOKS], summary="Rules: those in force on a date, or every version")
def rules(
    connection: TenantSession,
    on: Annotated[date | None, Query(description="Local date of a test; without it every version.")] = None,
    measurement_type: MeasurementType | None = None,
    rule_code: Annotated[str | None, Query(max_length=50)] = None,
) -> Rules:
    """A rule holds from its `effective_date` until the day before its `superseded_date`."""
    found = [
        one
        for one in ruleset.load_rules(connection)
        if (on is None or one.rule.holds_on(on))
        and measurement_type in {None, one.rule.measurement_type}
        and rule_code in {None, one.rule.rule_code}
    ]
    rows = [
        RuleTold.model_validate(
            one.rule.row() | {"rule_id": one.rule_id, "countersignature_id": one.countersignature_id}
        )
        for one in found
    ]
    return Rules(counts={"rules": len(rows)}, on=on, rows=rows)


@router.post("/rules/adopt", dependencies=[SETS_LIMITS], summary="Propose to adopt the shipped ruleset")
def adopt(connection: TenantSession, caller: CallerDep) -> Adopted:
    """Rules, schedule and class map that do not stand yet. None of it is verified against a standard's text."""
    proposal = suggest.adopt_shipped(connection, caller)
    content = {} if proposal is None else proposal.content
    counts = {name: len(content.get(name, ())) for name in ("rules", "schedule", "classes")}
    return Adopted.model_validate(laid(proposal) | {"counts": counts})


@router.post("/rules", dependencies=[SETS_LIMITS], summary="Propose a rule or its next version")
def new_rule(body: NewRule, connection: TenantSession, caller: CallerDep) -> Laid:
    """The newest version ends on the day on which this one begins, and keeps its time."""
    return _told(suggest.propose_rule(connection, caller, body.row()))


@router.post("/rules/{rule_id}/withdraw", dependencies=[SETS_LIMITS], summary="Propose that a rule never held")
def withdraw(rule_id: UUID, body: WithReason, connection: TenantSession, caller: CallerDep) -> Laid:
    """Only for a row that was wrong from the start. What was judged by it stays recorded as it was judged."""
    return _told(suggest.propose_withdrawal(connection, caller, rule_id, redact_text(body.reason)))


@router.get("/schedule", dependencies=[LOOKS], summary="Which tests are due at which frequency")
def schedule(connection: TenantSession) -> Schedule:
    """Rows in force, with their source and whether anybody verified them."""
    rows = ruleset.load_schedule(connection)
    return Schedule(counts={"rows": len(rows)}, rows=rows)


@router.post("/schedule", dependencies=[SETS_LIMITS], summary="Propose another schedule")
def new_schedule(body: NewSchedule, connection: TenantSession, caller: CallerDep) -> Laid:
    """The whole of it."""
    return _told(suggest.propose_schedule(connection, caller, [one.row() for one in body.rows]))


@router.get("/defect-classes", dependencies=[LOOKS], summary="What the defect classes mean, by jurisdiction")
def classes(connection: TenantSession) -> Classes:
    """Rows in force; `*` is everywhere without a row of its own."""
    rows = ruleset.load_classes(connection)
    return Classes(counts={"rows": len(rows)}, rows=rows)


@router.post("/defect-classes", dependencies=[SETS_LIMITS], summary="Propose rows of the class map")
def new_classes(body: NewClasses, connection: TenantSession, caller: CallerDep) -> Laid:
    """Rows that are not named stay."""
    return _told(suggest.propose_classes(connection, caller, [one.row() for one in body.rows]))


@router.get("/rule-overrides", dependencies=[LOOKS], summary="Relaxed limits with their documents")
def overrides(connection: TenantSession, building_id: UUID | None = None) -> Overrides:
    """Of one building, or of all."""
    rows = [OverrideTold.model_validate(row) for row in ruleset.load_overrides(connection, building_id)]
    return Overrides(counts={"rows": len(rows)}, rows=rows)


@router.post("/rule-overrides", dependencies=[SETS_LIMITS], summary="Propose a relaxed limit")
def new_override(body: NewOverride, connection: TenantSession, caller: CallerDep) -> Laid:
    """By a performance solution, for a building or a stair, until a date."""
    return _told(suggest.propose_override(connection, caller, suggest.Override(**body.model_dump())))


def _told(proposal: Proposal | None) -> Laid:
    return Laid.model_validate(laid(proposal))
