"""Suggestions for courses over HTTP: a list and two verbs. Accepting starts no generator."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from api.courses.advice_schemas import (
    ContentSuggestion,
    ContentSuggestions,
    DecidedSuggestion,
    DecideOn,
    Metric,
    Scope,
    SeverityName,
    SuggestionStatus,
    SuggestionType,
)
from api.deps import TenantSession, allow
from api.kernel.acting import Acting, ActingDep
from api.kernel.advice import SUGGESTIONS, decide_suggestion, rows_of
from api.paging import PageDep
from domain.kernel.advice import suggestions
from domain.kernel.errors import NotFound
from domain.kernel.signed import Decision

router = APIRouter(prefix="/api/admin/suggestions", tags=["Courses: suggestions"])
LOOKS = allow(roles={"AUTHOR", "REVIEWER", "ADMIN", "TENANT_OWNER", "AUDITOR"})
DECIDES = allow(roles={"REVIEWER", "ADMIN", "TENANT_OWNER"})


@router.get("", dependencies=[LOOKS], summary="Suggestions for courses")
def listed(
    connection: TenantSession,
    page: PageDep,
    severity: SeverityName | None = None,
    course_id: Annotated[str | None, Query(alias="courseId", max_length=100)] = None,
    scope: Scope | None = None,
    status: SuggestionStatus | None = None,
    suggestion_type: Annotated[SuggestionType | None, Query(alias="type")] = None,
) -> ContentSuggestions:
    """The newest first, each with its numbers and its evidence."""
    wanted = suggestions.Wanted(
        "courses", status, severity, scope, suggestion_type=suggestion_type, course_id=course_id
    )
    found = rows_of(connection, wanted, page)
    rows = found[: page.limit]
    cursor = SUGGESTIONS.write(rows[-1]) if len(found) > page.limit else None
    return ContentSuggestions(suggestions=[told(one) for one in rows], next_cursor=cursor)


@router.get("/{suggestion_id}", dependencies=[LOOKS], summary="One suggestion for a course")
def one(connection: TenantSession, suggestion_id: UUID) -> ContentSuggestion:
    """Everything that a person decides by."""
    return told(of_course(suggestions.one(connection, suggestion_id)))


@router.post("/{suggestion_id}/accept", dependencies=[DECIDES], summary="Accept a suggestion for a course")
def accept(act: ActingDep, suggestion_id: UUID, body: DecideOn | None = None) -> DecidedSuggestion:
    """Its status alone changes; a regeneration is asked for apart, and triggered apart from that."""
    return _decided(act, suggestion_id, Decision.APPROVED, body)


@router.post("/{suggestion_id}/dismiss", dependencies=[DECIDES], summary="Dismiss a suggestion for a course")
def dismiss(act: ActingDep, suggestion_id: UUID, body: DecideOn | None = None) -> DecidedSuggestion:
    """Its status alone changes."""
    return _decided(act, suggestion_id, Decision.REFUSED, body)


def _decided(act: Acting, suggestion_id: UUID, decision: Decision, body: DecideOn | None) -> DecidedSuggestion:
    of_course(suggestions.one(act.connection, suggestion_id))
    said = body or DecideOn()
    signed = decide_suggestion(act, suggestion_id, decision, said.reason, said.content_hash)
    status = "ACCEPTED" if decision is Decision.APPROVED else "DISMISSED"
    return DecidedSuggestion(id=suggestion_id, status=status, countersignature_id=signed.countersignature_id)


def of_course(row: dict[str, Any]) -> dict[str, Any]:
    """The suggestion, if it is one for a course.

    Raises:
        NotFound: it is another room's.
    """
    if row["room"] != "courses":
        raise NotFound("There is no such suggestion for a course.", hint="GET /api/admin/suggestions lists them.")
    return row


def told(row: dict[str, Any]) -> ContentSuggestion:
    """A row in the course platform's names."""
    course_id, _, version = row["context"].partition("@")
    return ContentSuggestion(
        id=row["suggestion_id"],
        course_id=course_id,
        package_version=int(version) if version.isdigit() else None,
        scope=row["scope"],
        target_id=row["target_id"],
        type=row["suggestion_type"],
        severity=row["severity"],
        message=row["message"],
        metric=Metric(**{name: row[name] for name in ("k", "n", "value", "low", "high")}),
        evidence_json=row["evidence"],
        content_hash=row["content_hash"],
        status=row["status"],
        created_at=row["created_at"],
        source_signal_id=row["source_signal_id"],
        decided_at=row["decided_at"],
        decision_reason=row["decision_reason"],
        countersignature_id=row["countersignature_id"],
    )
