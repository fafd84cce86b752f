"""From the seven inputs to a published version, as people do it over HTTP."""

from domain.courses.content.hashes import content_hash
from domain.kernel.canonical import canonical_json, sha256_hex
from tests.courses.authoring.course_house import House


def test_an_author_makes_another_person_reviews_and_publishes(house: House) -> None:
    syllabus = house.drafted_syllabus()
    assert (syllabus["status"], syllabus["revision"], syllabus["origin"]) == ("DRAFT", 1, "GENERATED")
    assert house.approve("reviewer", syllabus)["status"] == "APPROVED"
    parts = house.generated_parts()
    assert [part["id"] for part in parts] == [
        "small.m01l01", "small.m01l01q", "small.m01l02", "small.m01p", "small.m02l01",
    ]  # fmt: skip
    preview = house.preview()
    assert preview["contentHash"] is None
    assert [one["id"] for one in preview["missing"]] == ["m01l01", "m01l01q", "m01l02", "m01", "m02l01"]
    for part in parts:
        house.approve("reviewer", part)
    version = house.publish()
    assert (version["version"], version["status"]) == (1, "PUBLISHED")
    assert house.get("learner", "/api/courses") == [
        {"syllabusId": "small", "latestVersion": 1, "title": "Reading an outage report"}
    ]
    assert house.get("learner", "/api/courses/small") == {"syllabusId": "small", "versions": [1]}


def test_hash_is_the_sha256_of_the_canonical_bytes_and_the_etag(house: House) -> None:
    house.approved_course()
    published = house.publish()
    answer = house.call("auditor", "GET", "/api/courses/small/1")
    told = answer.json()
    assert told["contentHash"] == published["contentHash"] == sha256_hex(canonical_json(told["content"]))
    assert told["contentHash"] == content_hash(canonical_json(told["content"]).decode())
    assert answer.headers["ETag"] == f'"{told["contentHash"]}"'
    assert "immutable" in answer.headers["Cache-Control"]
    again = house.call("auditor", "GET", "/api/courses/small/1", If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert [one["item"] for one in told["approvals"]] == [
        "small.m01l01", "small.m01l02", "small.m02l01", "small.m01p", "small.m01l01q", "small",
    ]  # fmt: skip
