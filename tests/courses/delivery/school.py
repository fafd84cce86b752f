"""A school with published courses: tenants, people with tokens, packages under real countersignatures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import text

from domain.courses.authoring.rules.package import Frozen, build_package
from domain.courses.content.hashes import content_hash, content_text
from domain.courses.content.lesson import Lesson
from domain.courses.content.package import CoursePackage
from domain.courses.content.project import Project
from domain.courses.content.quiz import Quiz
from domain.courses.content.syllabus import Syllabus
from domain.courses.content.text import Document
from domain.kernel.canonical import new_id
from domain.kernel.countersign.decide import decide
from domain.kernel.db import transaction
from domain.kernel.principal import Principal
from domain.kernel.settings import DbRole
from domain.kernel.signed import Decision
from tests.courses import small_course
from tests.kernel.gates_of_tests import ACTS, lay_down
from tests.makers import make_person, make_tenant, make_token

PEOPLE = {
    "lena": "LEARNER",
    "liam": "LEARNER",
    "ada": "ADMIN",
    "owen": "TENANT_OWNER",
    "audrey": "AUDITOR",
    "tim": "TECHNICIAN",
}
FIRST, SECOND = "0190a3c4-0000-7000-8000-000000000001", "0190a3c4-0000-7000-8000-000000000002"
# Words that stand in the key, in the approvals or in the row of a version, and never in what a learner is told.
UNSEEN_NAMES = ("correctIndex", "correct_index", "contentHash", "content_hash", "revision", "manifest", "approvedBy")


def syllabus_of(lessons: dict[str, Sequence[str]], quizzes: Sequence[str], projects: Sequence[str] = ()) -> Syllabus:
    """A syllabus with these lessons by module; `quizzes` names lessons, `projects` the lesson that carries the hook."""
    made = small_course.syllabus_json()
    base = {lesson["id"]: lesson for module in made["modules"] for lesson in module["lessons"]}
    modules = []
    number = 0
    for module_id, ids in lessons.items():
        plans = []
        for lesson_id in ids:
            number += 1
            plan = dict(base["m02l01"]) | {"id": lesson_id, "title": f"Lesson {lesson_id} of it"}
            if lesson_id in base:
                plan["title"] = base[lesson_id]["title"]
            plan["objectives"] = [small_course._objective(number, f"Explain what {lesson_id} is about", 0, 1)]
            hooks = [("quiz", quizzes), ("project", projects)]
            plan["assessmentHooks"] = [
                {"kind": kind, "objectiveIds": [f"o{number:03d}"], "note": ""}
                for kind, named in hooks
                if lesson_id in named
            ]
            plan["prerequisites"] = []
            plans.append(plan)
        first = made["modules"][0]
        modules.append(
            dict(first)
            | {
                "id": module_id,
                "title": f"Module {module_id}",
                "objectives": [small_course._objective(100 + len(modules), "Know what this module is about")],
                "prerequisites": [],
                "lessons": plans,
                "estimatedMinutes": 20 * len(plans),
            }
        )
    made["modules"] = modules
    made["totalMinutes"] = 20 * number
    return Syllabus.model_validate(made)


def _frozen(item_id: str, content: Any, revision: int = 1) -> Any:
    return Frozen(item_id, revision, content_hash(content_text(content)), content)


def package_of(
    course_id: str,
    lessons: dict[str, Sequence[str]] | None = None,
    quizzes: Sequence[str] = ("m01l01",),
    projects: Sequence[str] = ("m01l02",),
    title: str | None = None,
    texts: dict[str, Any] | None = None,
) -> CoursePackage:
    """A package; `texts` changes members of every lesson."""
    planned = syllabus_of(lessons or {"m01": ["m01l01", "m01l02"], "m02": ["m02l01"]}, quizzes, projects)
    if title is not None:
        planned = Syllabus.model_validate(planned.model_dump(mode="json", by_alias=True) | {"title": title})
    own = {"syllabusId": course_id}
    parts: list[Any] = []
    for module in planned.modules:
        for index, plan in enumerate(module.lessons):
            told = small_course._lesson_of(module.id, index, plan.model_dump(mode="json", by_alias=True))
            parts.append(Lesson.model_validate(told | own | (texts or {})))
    tests: list[Any] = [
        Quiz.model_validate(
            small_course.quiz_json() | own | {"id": f"{lesson}q", "lessonId": lesson, **_asks(planned, lesson)}
        )
        for lesson in quizzes
    ]
    works: list[Any] = [
        Project.model_validate(small_course.project_json() | own | {"id": f"{lesson[:3]}p01", "moduleId": lesson[:3]})
        for lesson in projects
    ]
    return build_package(
        _frozen(course_id, planned),
        [_frozen(one.id, one) for one in parts],
        [_frozen(one.id, one, 2) for one in tests],
        [_frozen(one.id, one) for one in works],
    )


def _asks(planned: Syllabus, lesson: str) -> dict[str, Any]:
    objective = next(one.objectives[0].id for one in planned.lessons if one.id == lesson)
    first = small_course.quiz_json()["questions"][0] | {"objectiveId": objective}
    second = first | {
        "id": "q02",
        "question": "What does a report count beside the customers?",
        "options": ["Poles", "Minutes", "Trees", "Lines"],
        "correctIndex": 1,
        "explanation": "Minutes without supply, for each interrupted customer.",
    }
    third = second | {"id": "q03", "question": "Which of the four is a unit of time at all?", "correctIndex": 1}
    return {"questions": [first, second, third]}


def publish(
    tenant: str, package: CoursePackage, signer: Principal, *, version: int | None = None, size: Document | None = None
) -> int:
    """Publish the package as the next version, under a signature of `signer`."""
    written = content_text(package)
    with transaction(tenant) as connection:
        proposal = lay_down(connection)
        signed = decide(
            connection, signer, ACTS, proposal.proposal_id, Decision.APPROVED, content_hash=proposal.content_hash
        )
        course = package.syllabus_id
        connection.execute(
            text(
                "INSERT INTO content_items (item_id, kind, syllabus_id, slot, created_by)"
                " VALUES (:id, 'SYLLABUS', :id, 'syllabus', 'their-secret-author') ON CONFLICT DO NOTHING"
            ),
            {"id": course},
        )
        number = (
            version
            or connection.execute(
                text("SELECT COALESCE(max(version), 0) + 1 FROM course_packages WHERE syllabus_id = :id"),
                {"id": course},
            ).scalar_one()
        )
        connection.execute(
            text(
                "INSERT INTO course_packages (package_id, syllabus_id, version, syllabus_revision, title, language,"
                " level, lessons, minutes, content_text, content_hash, size_bytes, note, published_by,"
                " countersignature_id) VALUES (:package, :id, :version, 1, :title, :language, :level, :lessons,"
                " :minutes, :text, :hash, :size, 'a reviewer note that stays inside', CAST(:by AS uuid), :signed)"
            ),
            {
                "package": new_id(),
                "id": course,
                "version": number,
                "title": package.title,
                "language": package.language,
                "level": package.level,
                "lessons": package.totals.lessons,
                "minutes": package.totals.minutes,
                "text": written,
                "hash": content_hash(written),
                "size": len(written.encode()),
                "by": signer.id,
                "signed": signed.countersignature.countersignature_id,
            },
        )
    return int(number)


def retire(tenant: str, course: str, version: int, signer: Principal) -> None:
    """Retire a version, under a signature of `signer`."""
    with transaction(tenant) as connection:
        proposal = lay_down(connection)
        signed = decide(
            connection, signer, ACTS, proposal.proposal_id, Decision.APPROVED, content_hash=proposal.content_hash
        )
        connection.execute(
            text(
                "INSERT INTO course_package_retirements (package_id, reason, actor, countersignature_id)"
                " SELECT package_id, 'Out of date', CAST(:by AS uuid), :signed FROM course_packages"
                " WHERE syllabus_id = :course AND version = :version"
            ),
            {
                "by": signer.id,
                "signed": signed.countersignature.countersignature_id,
                "course": course,
                "version": version,
            },
        )


@dataclass
class School:
    """One tenant with its people, asked over HTTP."""

    client: TestClient
    tenant: str = "T"
    tokens: dict[str, str] = field(default_factory=dict)
    reviewer: Principal | None = None

    def open(self) -> "School":
        """Make the tenant and its people."""
        make_tenant(self.tenant)
        self.reviewer = make_person(self.tenant, f"rita-{self.tenant.lower()}", "REVIEWER")
        for name, role in PEOPLE.items():
            email = f"{name}.{self.tenant.lower()}@example.org"
            self.tokens[name] = make_token(self.tenant, role, email=email, ttl_s=3600)
        return self

    def publish(self, package: CoursePackage) -> int:
        """Publish as the next version."""
        assert self.reviewer is not None
        return publish(self.tenant, package, self.reviewer)

    def retire(self, course: str, version: int) -> None:
        """Retire a version."""
        assert self.reviewer is not None
        retire(self.tenant, course, version, self.reviewer)

    def headers(self, who: str) -> dict[str, str]:
        """The header of that person's token."""
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    def ask(self, who: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The answer to that person."""
        headers = self.headers(who) | more.pop("headers", {})
        return self.client.request(method, path, json=body, headers=headers, **more)

    def get(self, who: str, path: str, **more: Any) -> Any:
        """The answer to a GET of that person."""
        return self.ask(who, "GET", path, **more)

    def post(self, who: str, path: str, body: Any = None, **more: Any) -> Any:
        """The answer to a POST of that person."""
        return self.ask(who, "POST", path, body, **more)

    def enroll(self, who: str, course: str = FIRST) -> str:
        """Enrol that person; answers the enrolment's id."""
        answer = self.post(who, "/api/learn/enroll", {"courseId": course})
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["enrollmentId"])

    def offer(self, course: str = FIRST, cents: int = 4900, currency: str = "EUR") -> str:
        """Put the course on sale; answers the product's id."""
        answer = self.post(
            "ada", "/api/admin/products", {"courseId": course, "priceCents": cents, "currency": currency}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["productId"])

    def buy(self, who: str, product: str) -> Any:
        """The answer to a purchase of that person."""
        return self.post(who, "/api/store/purchase", {"productId": product})

    def refund(self, purchase: str, reason: str = "Asked for it", **more: Any) -> Any:
        """The answer to a refund by the administrator."""
        return self.post("ada", f"/api/admin/purchases/{purchase}/refund", {"reason": reason, **more})


def events(tenant: str, *types: str) -> list[dict[str, Any]]:
    """The tenant's events of these types in order, with what they say."""
    with transaction(tenant, DbRole.OWNER) as connection:
        rows = connection.execute(
            text(
                "SELECT event_type, actor_id, entity_type, entity_id, status, payload FROM events"
                " WHERE tenant_id = :tenant AND event_type = ANY(:types) ORDER BY seq"
            ),
            {"tenant": tenant, "types": list(types)},
        ).mappings()
        return [dict(row) for row in rows]


def count(tenant: str, statement: str, **given: Any) -> int:
    """What a counting statement finds among the tenant's rows."""
    with transaction(tenant) as connection:
        return int(connection.execute(text(statement), given).scalar_one())
