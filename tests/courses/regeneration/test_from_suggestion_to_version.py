"""From a number to the published new version: each step is an act of its own actor, and all of it is one chain."""

import json
from typing import Any

from domain.courses.regeneration.execution.worker import work_one
from tests.courses.authoring.course_house import DEMO, House
from tests.courses.regeneration.loop import JOBS, OUTPUTS, OtherAuthor, asked, carried_out, suggest, tools, triggered
from tests.kernel.advice.looks import rows


def test_from_a_suggestion_to_the_next_version(house: House) -> None:
    suggestion = suggest()
    assert house.call("admin", "POST", f"/api/admin/suggestions/{suggestion}/regeneration-jobs").status_code == 409
    house.post("admin", f"/api/admin/suggestions/{suggestion}/accept", {"reason": "Three classes said so."})
    assert rows("regeneration_jobs") == []
    job = house.post(
        "admin", f"/api/admin/suggestions/{suggestion}/regeneration-jobs", {"note": "With an example."}, 201
    )
    assert (job["status"], job["targetType"], job["targetId"]) == ("PENDING", "LESSON", "lesson:m01l01")
    assert work_one("T", tools()) is None
    told = house.post("admin", f"{JOBS}/{job['id']}/trigger")
    assert told["status"] == "TRIGGERED"
    author = OtherAuthor()
    (done,) = carried_out(author)
    assert (done.status, str(done.job_id)) == ("COMPLETED", job["id"])
    assert author.heard == ["Learners' figures: 9 of 40 who opened it completed it. With an example."]
    detail = house.get("admin", f"{JOBS}/{job['id']}")
    assert detail["outputRef"] == done.output_ref
    output = house.get("admin", f"{OUTPUTS}/{detail['outputId']}")
    (part,) = output["parts"]
    (change,) = part["changes"]
    assert (change["op"], change["pointer"]) == ("replace", "/keyTakeaways/0")
    assert {piece["mark"] for piece in change["words"]} >= {"removed", "added"}
    before = house.get("author", f"/api/admin/artifacts/{DEMO}.m01l01")
    adopted = house.post("reviewer", f"{OUTPUTS}/{output['id']}/adopt", {"contentHash": output["contentHash"]})
    assert adopted["made"] == [{"itemId": f"{DEMO}.m01l01", "revision": before["revision"] + 1}]
    draft = house.get("author", f"/api/admin/artifacts/{DEMO}.m01l01")
    assert (draft["status"], draft["origin"]) == ("DRAFT", "REGENERATION")
    assert draft["content"] == part["content"]
    assert house.get("author", f"/api/courses/{DEMO}")["versions"] == [1]
    assert house.approve("reviewer", draft, 403)["code"] == "SELF_APPROVAL"
    house.approve("other", draft)
    published = house.publish()
    assert published["version"] == 2
    _is_one_chain(house, published, suggestion, job["id"], output["id"])


def _is_one_chain(house: House, published: dict[str, Any], suggestion: str, job: str, output: str) -> None:
    (package,) = [one for one in rows("course_packages") if one.version == 2]
    lineage = house.get("auditor", f"/v1/lineage/{package.package_id}")
    found = {(one["type"], one["id"]) for one in lineage["nodes"]}
    assert lineage["nodes"][0]["type"] == "course_package"
    assert {("regeneration_output", output), ("regeneration_job", job), ("suggestion", suggestion)} <= found
    kinds = {kind for kind, _ in found}
    assert {"signal", "signal_evaluation", "content_revision", "generation_job", "countersignature"} <= kinds
    said = {(one["relation"], one["to_type"]) for one in lineage["edges"]}
    assert {
        ("holds", "content_revision"),
        ("adopted from", "regeneration_output"),
        ("adopted by", "countersignature"),
        ("made by", "regeneration_job"),
        ("triggered by", "countersignature"),
        ("asked for by", "suggestion"),
        ("decided by", "countersignature"),
        ("rests on", "signal_evaluation"),
    } <= said
    evaluation = next(one for one in lineage["nodes"] if one["type"] == "signal_evaluation")
    assert (evaluation["facts"]["k"], evaluation["facts"]["n"]) == (9, 40)
    kinds_ahead = ["suggestion", "regeneration_job", "regeneration_output", "content_revision", "course_package"]
    for thing in (evaluation["id"], next(one["id"] for one in lineage["nodes"] if one["type"] == "signal")):
        ahead = house.get("auditor", f"/v1/lineage/{thing}")["came_of_it"]
        assert [one["type"] for one in ahead] == kinds_ahead
        assert [one["id"] for one in ahead[:3]] == [suggestion, job, output]
        assert (ahead[-1]["id"], ahead[-1]["label"][-9:]) == (str(package.package_id), "version 2")
        assert f'/lineage/{package.package_id}"' in house.call("auditor", "GET", f"/lineage/{thing}").text
    for thing in (package.package_id, suggestion, job, output):
        assert house.call("auditor", "GET", f"/lineage/{thing}").status_code == 200


def test_every_kind_of_target_is_made_anew(house: House) -> None:
    for number, (target, kinds) in enumerate(
        (("quiz:m01l01q", ["QUIZ"]), ("module:m01", ["LESSON", "LESSON"]), (f"course:{DEMO}", ["SYLLABUS"]))
    ):
        triggered(house, target, number + 1)
        (done,) = carried_out()
        assert done.status == "COMPLETED", done.error
        output = next(one for one in rows("regeneration_outputs") if one.job_id == done.job_id)
        assert [one["kind"] for one in json.loads(output.content_text)["parts"]] == kinds


def test_one_job_for_a_suggestion(house: House) -> None:
    job = asked(house)
    (row,) = rows("regeneration_jobs")
    again = house.call("admin", "POST", f"/api/admin/suggestions/{row.suggestion_id}/regeneration-jobs")
    assert (again.status_code, again.json()["code"]) == (409, "JOB_EXISTS")
    assert house.get("admin", JOBS)["jobs"] == [job]


def test_the_list_names_neither_instruction_nor_output(house: House) -> None:
    for number in range(3):
        asked(house, number=number + 1)
    page = house.get("admin", f"{JOBS}?limit=2")
    assert [set(one) for one in page["jobs"]] == [
        {"id", "status", "targetType", "targetId", "createdAt", "createdBy"}
    ] * 2
    rest = house.get("admin", f"{JOBS}?limit=2&cursor={page['nextCursor']}")
    every = [one["createdAt"] for one in page["jobs"] + rest["jobs"]]
    assert every == sorted(every, reverse=True)
    assert len(every) == 3
    assert rest["nextCursor"] is None


def test_an_output_is_adopted_once(house: House) -> None:
    triggered(house)
    carried_out()
    (output,) = rows("regeneration_outputs")
    path = f"{OUTPUTS}/{output.output_id}/adopt"
    assert house.call("admin", "POST", path, {"contentHash": "0" * 64}).json()["code"] == "HASH_MISMATCH"
    house.post("admin", path)
    for who in ("admin", "reviewer"):
        again = house.call(who, "POST", path)
        assert (again.status_code, again.json()["code"]) == (409, "ALREADY_ADOPTED")
    assert len(rows("regeneration_output_adoptions")) == 1
    events = [one.event_type for one in rows("events")]
    assert events.count("REGEN_OUTPUT_ADOPTED") == 1


def test_every_step_is_in_the_ledger(house: House) -> None:
    triggered(house)
    carried_out()
    told = [one.event_type for one in sorted(rows("events"), key=lambda one: one.seq) if "REGEN" in one.event_type]
    assert told == [f"REGEN_JOB_{word}" for word in ("CREATED", "TRIGGERED", "LOCKED", "STARTED", "COMPLETED")]
