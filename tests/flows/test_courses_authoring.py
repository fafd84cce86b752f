"""By commands alone: an author makes a course, another person reviews and publishes it, anybody verifies the file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.test_services import Copy

REQUEST = {
    "courseTitle": "Running Countersign",
    "targetAudience": "Operators in their first week",
    "skillLevel": "beginner",
    "timeBudgetMinutes": 120,
    "teachingStyle": "practical",
    "constraints": ["Practical"],
    "language": "en",
    "seed": 7,
}
COURSE = "first-course"


class People:
    """An author and a reviewer at one copy, each with a token of their own."""

    def __init__(self, copy: Copy) -> None:
        self.copy = copy
        self.tokens = {
            who: copy.run("token", "--tenant", "DEMO_TENANT", "--role", role, "--user", who).stdout.strip()
            for who, role in (("ada", "AUTHOR"), ("grace", "REVIEWER"))
        }

    def command(self, who: str, *arguments: str, code: int = 0) -> str:
        """`countersign courses ...` as that person; answers what it printed."""
        done = self.copy.run("courses", *arguments, "--token", self.tokens[who], timeout=300)
        assert done.returncode == code, (done.stdout, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def told(self, who: str, *arguments: str) -> Any:
        """The same with `--json`."""
        return json.loads(self.command(who, *arguments, "--json"))

    def parts(self, status: str = "DRAFT") -> list[dict[str, Any]]:
        """The parts of the course in that state."""
        found = self.told("grace", "review", "--course", COURSE)["parts"]
        return [one for one in found if one["status"] == status]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    copy = Copy(tmp_path_factory.mktemp("copy") / "home")
    copy.up()
    yield People(copy)
    copy.run("down")


def test_from_an_intent_to_a_published_course_by_commands(people: People, tmp_path: Path) -> None:
    intent = tmp_path / "intent.json"
    intent.write_text(json.dumps(REQUEST))
    people.command("ada", "generate", "--request", str(intent), "--course", COURSE)
    (syllabus,) = people.parts()
    refused = people.command("ada", "approve", COURSE, "--hash", syllabus["contentHash"], code=1)
    assert "role" in refused
    assert "not" in people.command("grace", "approve", COURSE, "--hash", "0" * 16, code=1)
    people.command("grace", "approve", COURSE, "--hash", syllabus["contentHash"][:16], "--note", "A good map.")
    people.command("ada", "generate", "--course", COURSE)
    drafts = people.parts()
    assert {one["kind"] for one in drafts} >= {"LESSON", "QUIZ"}
    assert "missing" in people.command("grace", "preview", "--course", COURSE)
    rejected = drafts[0]["id"]
    people.command("grace", "reject", rejected, "--reason", "The first takeaway is too vague")
    content = tmp_path / "content.json"
    told = json.loads(people.command("ada", "review", "--part", rejected, "--content"))
    told["keyTakeaways"][0] = "Every act in Countersign bears the name of a person."
    content.write_text(json.dumps(told))
    people.command("ada", "edit", rejected, "--file", str(content), "--from", "1")
    for part in people.parts():
        people.command("grace", "approve", part["id"], "--hash", part["contentHash"])
    seen = people.told("grace", "preview", "--course", COURSE)
    published = people.told("grace", "publish", "--course", COURSE, "--hash", seen["contentHash"], "--note", "First.")
    assert (published["version"], published["contentHash"]) == (1, seen["contentHash"])
    again = people.told("grace", "publish", "--course", COURSE, "--hash", seen["contentHash"])
    assert (again["version"], again["already"]) == (1, True)


def test_the_published_file_is_verified_offline_and_a_changed_one_is_not(people: People, tmp_path: Path) -> None:
    file, key = tmp_path / "package.json", people.copy.home / "public" / "countersign_key.pub.pem"
    answer = people.copy.get(f"/api/courses/{COURSE}/1", people.tokens["ada"])
    file.write_bytes(answer.content)
    done = people.copy.run("verify", "package", str(file), "--public-key", str(key))
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "every signature was checked" in done.stdout
    assert "grace" in done.stdout
    told = answer.json()
    told["content"]["lessons"][0]["keyTakeaways"][0] = "Nobody signs anything here."
    file.write_text(json.dumps(told))
    changed = people.copy.run("verify", "package", str(file), "--json")
    assert changed.returncode == 1
    assert {one["where"] for one in json.loads(changed.stdout)["differences"]} >= {"contentHash"}


def test_a_killed_worker_comes_back_and_goes_on(people: People, tmp_path: Path) -> None:
    people.copy.kill("worker")
    intent = tmp_path / "intent.json"
    intent.write_text(json.dumps(REQUEST))
    told = people.told("ada", "generate", "--request", str(intent), "--course", "second-course")
    assert told["jobs"][0]["status"] == "COMPLETED"
