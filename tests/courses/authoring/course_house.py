"""A tenant with an author and two reviewers, and the small course at any stage, each step over HTTP."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi.testclient import TestClient

from domain.courses.authoring.generation.author import Author
from domain.courses.authoring.worker.generate import work_one
from domain.kernel.signing import ensure_signing_keys
from tests.courses.authoring.authors import FixedAuthor
from tests.courses.small_course import REQUEST
from tests.makers import make_tenant, make_token

TENANT, DEMO = "T", "small"


@dataclass
class House:
    """People of one tenant and the client that they use."""

    client: TestClient
    people: dict[str, dict[str, str]] = field(default_factory=dict)
    tenant: str = TENANT

    def call(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request of one person."""
        found = self.people[who] | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, path, json=body, headers=found)

    def post(self, who: str, path: str, body: Any = None, status: int = 200, **headers: str) -> dict[str, Any]:
        """A POST that is expected to answer so."""
        answer = self.call(who, "POST", path, body, **headers)
        assert answer.status_code == status, (answer.status_code, answer.text)
        told: dict[str, Any] = answer.json()
        return told

    def get(self, who: str, path: str) -> Any:
        """A GET that is expected to succeed."""
        answer = self.call(who, "GET", path)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.json()

    def put(self, who: str, path: str, content: Any, seen: int, status: int = 200) -> dict[str, Any]:
        """An edit that starts from a revision."""
        answer = self.call(who, "PUT", path, content, If_Match=f'"{seen}"')
        assert answer.status_code == status, (answer.status_code, answer.text)
        told: dict[str, Any] = answer.json()
        return told

    def work(self, author: Author | None = None) -> None:
        """Let the worker do what waits."""
        while work_one(self.tenant, lambda: author or FixedAuthor()) is not None:
            pass

    def drafted_syllabus(self, course: str = DEMO) -> dict[str, Any]:
        """A course whose syllabus waits for a reviewer."""
        self.post("author", "/api/admin/syllabi", {"request": REQUEST, "syllabusId": course}, 202)
        self.work()
        told: dict[str, Any] = self.get("author", f"/api/admin/syllabi/{course}")
        return told

    def approve(self, who: str, told: dict[str, Any], status: int = 200) -> dict[str, Any]:
        """Approve the newest revision of a part."""
        path = "syllabi" if told["kind"] == "SYLLABUS" else "artifacts"
        body = {"revision": told["revision"], "contentHash": told["contentHash"], "note": "Read."}
        return self.post(who, f"/api/admin/{path}/{told['id']}/approve", body, status)

    def generated_parts(self, course: str = DEMO) -> list[dict[str, Any]]:
        """Lessons, quiz and project of both modules, as drafts."""
        for what, modules in (("lessons", ("m01", "m02")), ("quizzes", ("m01",)), ("projects", ("m01",))):
            for module in modules:
                self.post("author", f"/api/admin/syllabi/{course}/{what}:generate", {"moduleId": module}, 202)
                self.work()
        told: list[dict[str, Any]] = self.get("author", f"/api/admin/artifacts?syllabusId={course}")["items"]
        return told

    def approved_course(self, course: str = DEMO) -> None:
        """A course of which every part is approved."""
        self.approve("reviewer", self.drafted_syllabus(course))
        for part in self.generated_parts(course):
            self.approve("reviewer", part)

    def preview(self, course: str = DEMO) -> dict[str, Any]:
        """What would be published."""
        return self.post("author", f"/api/admin/syllabi/{course}/package", None, 201)

    def publish(self, course: str = DEMO, who: str = "reviewer", status: int = 201) -> dict[str, Any]:
        """Publish what the preview shows."""
        digest = self.preview(course)["contentHash"]
        return self.post(who, f"/api/admin/syllabi/{course}/publish", {"contentHash": digest}, status)

    def edited(self, lesson: str, takeaway: str, course: str = DEMO) -> dict[str, Any]:
        """Another approved revision of a lesson, with a takeaway of its own."""
        path = f"/api/admin/artifacts/{course}.{lesson}"
        standing = self.get("author", path)
        if standing["status"] == "APPROVED":
            standing = self.post("author", f"{path}/reopen", {"reason": "A better takeaway"}, 201)
        content = json.loads(json.dumps(standing["content"]))
        content["keyTakeaways"][0] = takeaway
        return self.put("author", f"{path}/draft", content, standing["revision"])


def open_house(client: TestClient) -> House:
    """The tenant and its people."""
    make_tenant(TENANT)
    ensure_signing_keys()
    roles = {
        "author": "AUTHOR",
        "reviewer": "REVIEWER",
        "other": "REVIEWER",
        "admin": "ADMIN",
        "learner": "LEARNER",
        "auditor": "AUDITOR",
        "owner": "TENANT_OWNER",
    }
    people = {
        name: {"Authorization": f"Bearer {make_token(TENANT, role, email=f'{name}@example.org', ttl_s=3600)}"}
        for name, role in roles.items()
    }
    return House(client, people)
