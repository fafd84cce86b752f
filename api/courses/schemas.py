"""What is sent to and answered by the authoring of courses; camelCase, as its source writes it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from api.stairs.schemas import Body as Storable
from domain.courses.content.request import SyllabusRequest
from domain.courses.content.text import CourseId, ModuleId

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=2000)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
Kind = Literal["SYLLABUS", "LESSON", "QUIZ", "PROJECT"]
PartKind = Literal["LESSON", "QUIZ", "PROJECT"]
Status = Literal["DRAFT", "APPROVED", "REJECTED"]
EXAMPLE_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class Told(BaseModel):
    """An answer of the course platform, whose names are in camel case."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Body(Storable):
    """A body: members that are not described are refused."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class NewSyllabus(Body):
    """The learning intent from which a course's map is drafted; the seven inputs may also be sent by themselves."""

    request: SyllabusRequest
    syllabus_id: CourseId | None = Field(None, examples=["reliability-figures"], description="Made up if left out.")

    @model_validator(mode="before")
    @classmethod
    def _wrapped(cls, told: Any) -> Any:
        is_bare = isinstance(told, dict) and "request" not in told and "courseTitle" in told
        return {"request": told} if is_bare else told


class OfModule(Body):
    """Of which module content is to be drafted."""

    module_id: ModuleId = Field(examples=["m01"])


class Approve(Body):
    """Which revision was read, and the hash of what was seen."""

    revision: Number = Field(examples=[2])
    content_hash: Digest = Field(examples=[EXAMPLE_HASH])
    note: Note | None = Field(None, examples=["Checked against the guide."])


class Reject(Body):
    """Why it is not approved; with `revision`, only if that is still the newest."""

    reason: Reason = Field(examples=["The second example adds up to another sum."])
    revision: Number | None = None
    content_hash: Digest | None = None


class WithReason(Body):
    """Why somebody wants it, in his or her own words."""

    reason: Reason = Field(examples=["A figure in the example is outdated."])


class Publish(Body):
    """The preview that was seen."""

    content_hash: Digest = Field(examples=[EXAMPLE_HASH])
    note: Note | None = Field(None, examples=["First version."])


class Restore(Body):
    """The version whose content becomes the newest one."""

    version: Number = Field(examples=[1])
    reason: Reason | None = Field(None, examples=["Version 2 has an error in its third lesson."])


class Warned(Told):
    """Something a reviewer should look at; it stops nothing."""

    code: str = Field(examples=["DURATION_OFF_PLAN"])
    pointer: str = Field(examples=["/durationMinutes"])
    message: str


class ItemTold(Told):
    """One part of a course as it stands."""

    id: str = Field(examples=["reliability-figures.m01l01"])
    kind: Kind
    syllabus_id: str
    slot: str = Field(examples=["m01l01"])
    title: str | None
    revision: int
    content_hash: str = Field(examples=[EXAMPLE_HASH])
    status: Status
    origin: str = Field(examples=["GENERATED"])
    warnings: int
    syllabus_revision: int | None
    created_by: str
    created_by_name: str | None
    created_at: datetime
    approved_revision: int | None
    approved_hash: str | None
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    note: str | None
    page: str


class PartTold(ItemTold):
    """A part with its content."""

    content: dict[str, Any]
    warned: list[Warned]
    proposal_id: UUID | None = Field(None, description="What waits for a reviewer; null where nothing does.")


class Items(Told):
    """One page of parts."""

    items: list[ItemTold]
    next_cursor: str | None = None


class RevisionTold(Told):
    """One revision of a part."""

    revision: int
    status: Literal["DRAFT", "SUPERSEDED", "APPROVED", "REJECTED"]
    origin: str
    based_on: int | None
    content_hash: str
    syllabus_revision: int | None
    generation_job_id: UUID | None
    reason: str | None
    created_by: str
    created_by_name: str | None
    created_at: datetime
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    note: str | None
    countersignature_id: UUID | None


class Revisions(Told):
    """All revisions of a part, the newest first."""

    id: str
    revisions: list[RevisionTold]


class PieceTold(Told):
    """A run of words."""

    mark: Literal["same", "removed", "added"]
    text: str


class ChangeTold(Told):
    """One difference, by JSON pointer."""

    op: Literal["add", "remove", "replace"]
    pointer: str
    before: Any = None
    after: Any = None
    words: list[PieceTold]


class Difference(Told):
    """What changed between two revisions of a part."""

    id: str
    from_revision: int = Field(alias="from")
    to_revision: int = Field(alias="to")
    changes: list[ChangeTold]


class CoverageRow(Told):
    """One outcome: by lesson, the ids of the objectives that serve it."""

    outcome: str
    lessons: int
    objectives: dict[str, list[str]]


class CoverageTold(Told):
    """The matrix of a syllabus' revision."""

    id: str
    revision: int
    lessons: list[str]
    rows: list[CoverageRow]


class Decided(Told):
    """What a decision brought."""

    id: str
    kind: Kind
    status: Status
    revision: int
    content_hash: str
    countersignature_id: UUID
    already: bool = Field(description="Whether you had decided so before; nothing was done twice.")


class JobTold(Told):
    """A generation job."""

    job_id: UUID
    kind: Kind
    syllabus_id: str
    module_id: str | None
    status: Literal["QUEUED", "RUNNING", "COMPLETED", "FAILED"]
    requested_by: str
    created_at: datetime
    finished_at: datetime | None
    items: list[dict[str, Any]] = Field(description="What it drafted: itemId and revision.")
    skipped: list[str] = Field(description="Parts that are approved already and were left alone.")
    error: dict[str, Any] | None
    url: str = Field(examples=["/api/admin/generation-jobs/0190a3c4-0000-7000-8000-000000000001"])


class Jobs(Told):
    """One page of jobs, the newest first."""

    jobs: list[JobTold]
    next_cursor: str | None = None


class DraftedTold(Told):
    """A job that is done, with what it drafted."""

    job: JobTold
    items: list[ItemTold]


class MissingTold(Told):
    """What the syllabus plans and nobody has approved yet."""

    kind: PartKind
    id: str
    title: str


class PreviewTold(Told):
    """What would be published now; nothing of it is stored."""

    syllabus_id: str
    content_hash: str | None = Field(description="Null while something is missing.")
    byte_size: int | None
    limit_bytes: int
    missing: list[MissingTold]
    totals: dict[str, int] | None
    published_as: int | None = Field(description="The version that holds this content already.")
    latest_version: int | None


class VersionTold(Told):
    """One published version."""

    package_id: UUID
    syllabus_id: str
    version: int
    content_hash: str
    byte_size: int
    title: str
    language: str
    level: str
    lessons: int
    minutes: int
    status: Literal["PUBLISHED", "ARCHIVED"]
    restored_from: int | None
    note: str | None
    published_by: UUID
    published_by_name: str | None
    published_at: datetime
    retired_at: datetime | None
    retired_reason: str | None
    countersignature_id: UUID
    already: bool = Field(False, description="Whether exactly this was published before; no version was used up.")


class CourseTold(Told):
    """A course: its syllabus as it stands, and its versions."""

    syllabus: ItemTold
    versions: list[VersionTold]


class Listed(Told):
    """One course of the catalogue."""

    syllabus_id: str
    latest_version: int
    title: str


class Versions(Told):
    """The versions of a course, the newest first."""

    syllabus_id: str
    versions: list[int]
