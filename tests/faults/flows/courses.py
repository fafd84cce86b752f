"""Authors write and reviewers publish; the worker drafts and regenerates; learners learn."""

import json
import time
from typing import Any

from tests.courses.authoring.course_house import DEMO, House
from tests.courses.small_course import REQUEST
from tests.faults.flows.flow import Asking, Found, Rows, counted
from tests.flows.mortal import PATIENCE_S

LESSON = f"/api/admin/artifacts/{DEMO}.m01l02"
SYLLABI = "/api/admin/syllabi"
DONE = {200, 201}


class Publishing:
    """A lesson is rewritten, approved, and published as the next version."""

    name = "courses are written and published"

    def __init__(self, house: House, asking: Asking) -> None:
        self.house, self.phone = House(asking, house.people), asking.phone  # type: ignore[arg-type]
        self.published: dict[int, str] = {}
        self.lost: list[str] = []

    def go_on(self, number: int) -> bool:
        """One version."""
        takeaway = f"Customers never counted are missing, take {number}."
        self._write(takeaway)
        digest = self.house.call("author", "POST", f"{SYLLABI}/{DEMO}/package").json()["contentHash"]
        answer = self.house.call("reviewer", "POST", f"{SYLLABI}/{DEMO}/publish", {"contentHash": digest})
        assert answer.status_code in DONE, answer.text
        version = answer.json()["version"]
        if self.published.setdefault(version, digest) != digest:
            self.lost.append(f"version {version} was told for two contents")
        return True

    def _write(self, takeaway: str) -> None:
        """Look, and do the next step, until the takeaway stands approved: after a cut nobody knows which was done."""
        while True:
            found = self.house.get("author", LESSON)
            is_ours = found["content"]["keyTakeaways"][0] == takeaway
            if found["status"] == "APPROVED" and is_ours:
                return
            if found["status"] == "APPROVED":
                self._may("author", "POST", f"{LESSON}/reopen", {"reason": "A better takeaway"})
            elif not is_ours:
                content = json.loads(json.dumps(found["content"]))
                content["keyTakeaways"][0] = takeaway
                self._may("author", "PUT", f"{LESSON}/draft", content, If_Match=f'"{found["revision"]}"')
            else:
                seen = {"revision": found["revision"], "contentHash": found["contentHash"], "note": "Read."}
                self._may("reviewer", "POST", f"{LESSON}/approve", seen)

    def _may(self, who: str, method: str, path: str, body: Any, **headers: str) -> None:
        answer = self.house.call(who, method, path, body, **headers)
        assert answer.status_code in {*DONE, 409, 412}, answer.text

    def look(self, connection: Rows) -> Found:
        """Versions without a gap, each with the content that was told and a signature."""
        rows = connection.execute(
            "SELECT p.version, p.content_hash, c.decision FROM course_packages AS p LEFT JOIN countersignatures AS c"
            " USING (countersignature_id) WHERE p.syllabus_id = %s ORDER BY p.version",
            (DEMO,),
        ).fetchall()
        lost = list(self.lost)
        if [row[0] for row in rows] != list(range(1, len(rows) + 1)):
            lost.append(f"the versions are {[row[0] for row in rows]}")
        lost += [f"version {row[0]} has no signature" for row in rows if row[2] != "APPROVED"]
        checks, missing = counted("the version", list(self.published.items()), [(row[0], row[1]) for row in rows])
        return Found(checks + len(rows), lost + missing)


class Drafting:
    """A new course is asked for; the worker drafts its syllabus."""

    name = "the worker drafts courses"

    def __init__(self, house: House, asking: Asking) -> None:
        self.house, self.phone = House(asking, house.people), asking.phone  # type: ignore[arg-type]
        self.drafted: list[str] = []

    def go_on(self, number: int) -> bool:
        """Ask, and ask again where the worker was lost, until a draft is there."""
        course = f"drafted-{number}"
        deadline = time.monotonic() + PATIENCE_S
        while True:
            assert time.monotonic() < deadline, f"{course} is never drafted"
            jobs = self.house.get("author", f"/api/admin/generation-jobs?syllabusId={course}")["jobs"]
            if any(one["status"] == "COMPLETED" for one in jobs):
                self.drafted.append(course)
                return True
            if all(one["status"] == "FAILED" for one in jobs):
                asked = {"request": REQUEST, "syllabusId": course}
                answer = self.house.call("author", "POST", SYLLABI, asked)
                assert answer.status_code in {202, 409}, answer.text
            time.sleep(0.1)

    def look(self, connection: Rows) -> Found:
        """One draft each, whose revisions have no gap."""
        rows = connection.execute(
            "SELECT item_id, array_agg(revision ORDER BY revision) FROM content_revisions"
            " WHERE item_id LIKE 'drafted-%' GROUP BY item_id ORDER BY item_id"
        ).fetchall()
        checks, lost = counted("the draft of", self.drafted, [row[0] for row in rows])
        lost += [f"{row[0]} has revisions {row[1]}" for row in rows if row[1] != list(range(1, len(row[1]) + 1))]
        return Found(checks + len(rows), lost)


class Learning:
    """One learner a round enrols and completes every lesson."""

    name = "learners enrol and complete lessons"

    def __init__(self, learners: list[dict[str, str]], asking: Asking) -> None:
        self.asking, self.phone, self.learners = asking, asking.phone, learners
        self.course = DEMO
        self.enrolled: list[str] = []
        self.completed: list[tuple[str, int]] = []

    def go_on(self, number: int) -> bool:
        """Enrol, and three lessons."""
        if number >= len(self.learners):
            return False
        who = self.learners[number]
        told = self.asking.post("/api/learn/enroll", {"courseId": self.course}, who)
        assert told.status_code in DONE, told.text
        enrolment = told.json()["enrollmentId"]
        self.enrolled.append(enrolment)
        for lesson in range(3):
            marked = {"courseId": self.course, "lessonIdx": lesson, "completed": True}
            answer = self.asking.post("/api/learn/progress", marked, who)
            assert answer.status_code in DONE, answer.text
            self.completed.append((enrolment, lesson))
        return True

    def look(self, connection: Rows) -> Found:
        """Each enrolment and each completed lesson once."""
        enrolled = connection.execute("SELECT enrollment_id::text FROM enrollments ORDER BY 1").fetchall()
        completed = connection.execute("SELECT enrollment_id::text, lesson_idx FROM lesson_progress").fetchall()
        first, lost = counted("the enrolment", self.enrolled, [row[0] for row in enrolled])
        second, missing = counted("the lesson", self.completed, [(row[0], row[1]) for row in completed])
        return Found(first + second, lost + missing)


class Regenerating:
    """Jobs that people triggered beforehand; nobody asks for anything, the worker does them or loses them."""

    name = "the worker regenerates lessons"

    def __init__(self, asking: Asking) -> None:
        self.phone = asking.phone

    def go_on(self, number: int) -> bool:
        """Nothing to ask for."""
        return False

    def look(self, connection: Rows) -> Found:
        """An output for each completed job and none for another; no job twice, none half done."""
        rows = connection.execute(
            "SELECT j.job_id::text, j.status, count(o.output_id), count(a.artifact_id) FROM regeneration_jobs AS j"
            " LEFT JOIN regeneration_outputs AS o USING (tenant_id, job_id)"
            " LEFT JOIN artifacts AS a ON a.artifact_id = o.artifact_id GROUP BY j.job_id, j.status ORDER BY j.job_id"
        ).fetchall()
        wanted = {"COMPLETED": (1, 1), "FAILED": (0, 0), "TRIGGERED": (0, 0)}
        return Found(len(rows), [f"job {row}" for row in rows if wanted.get(row[1]) != row[2:]])
