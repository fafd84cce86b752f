"""The pages of courses by plain forms, as a browser without JavaScript sends them."""

import re
from html import unescape

import httpx

from domain.courses.authoring.rules.words import fields_of, values_of, with_words
from tests.courses.authoring.course_house import House


def page(house: House, who: str, path: str, status: int = 200) -> str:
    answer = house.call(who, "GET", path)
    assert answer.status_code == status, answer.text[:2000]
    return answer.text


def send(house: House, who: str, path: str, status: int = 303, **fields: str) -> httpx.Response:
    answer = house.client.post(path, data=fields, headers=house.people[who], follow_redirects=False)
    assert answer.status_code == status, answer.text[:2000]
    return answer


def field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def test_a_reviewer_reads_and_approves_part_by_part_and_publishes(house: House) -> None:
    assert "No course yet" in page(house, "reviewer", "/admin/courses")
    house.drafted_syllabus()
    assert "1 part waits for a countersignature" in page(house, "reviewer", "/admin/courses/small")
    path = "/admin/courses/small/parts/small"
    html = page(house, "reviewer", path)
    assert "Suggested" in html
    seen = {"revision": field(html, "revision"), "content_hash": field(html, "content_hash")}
    assert (
        send(house, "reviewer", f"{path}/approve", **seen, reason="Read.").headers["location"]
        == f"{path}?done=approved"
    )
    html = page(house, "reviewer", f"{path}?done=approved")
    assert "Approved by reviewer" in html
    assert "/approve" not in html
    for what, module in (("lessons", "m01"), ("lessons", "m02"), ("quizzes", "m01"), ("projects", "m01")):
        send(house, "author", "/admin/courses/small/generate", what=what, module=module)
        house.work()
    quiz = page(house, "reviewer", "/admin/courses/small/parts/small.m01l01q")
    assert quiz.count('class="right"') == 1
    assert "5 parts are missing before it can be published" in page(house, "reviewer", "/admin/courses/small")
    for part in house.get("reviewer", "/api/admin/artifacts?syllabusId=small")["items"]:
        send(
            house,
            "reviewer",
            f"{part['page']}/approve",
            revision=str(part["revision"]),
            content_hash=part["contentHash"],
        )
    html = page(house, "reviewer", "/admin/courses/small")
    digest = field(html, "content_hash")
    assert (
        send(house, "reviewer", "/admin/courses/small/publish", content_hash=digest, note="First")
        .headers["location"]
        .endswith("done=published")
    )
    html = page(house, "auditor", "/admin/courses/small/1")
    assert "Published by reviewer" in html
    checked = send(house, "auditor", "/admin/courses/small/1/verify", status=200)
    assert "Recomputed: every hash fits, and every one of" in checked.text
    file = house.call("auditor", "GET", "/admin/courses/small/1/package.json")
    assert file.json() == house.get("auditor", "/api/courses/small/1")
    assert "small-1.json" in file.headers["content-disposition"]


def test_a_refusal_comes_back_on_the_page_with_what_was_typed(house: House) -> None:
    house.drafted_syllabus()
    path = "/admin/courses/small/parts/small"
    told = send(house, "reviewer", f"{path}/reject", 422).text
    assert "A reason is needed" in told
    stale = send(house, "reviewer", f"{path}/approve", 409, revision="1", content_hash="0" * 64, reason="Looks <good>")
    assert "HASH_MISMATCH" in stale.text
    assert "Looks &lt;good&gt;" in stale.text
    wrong = send(house, "author", f"{path}/edit", 422, revision="1", content="{not json")
    assert "not JSON" in wrong.text
    assert "{not json" in wrong.text
    assert "reads your reason" in page(house, "reviewer", path)
    send(house, "reviewer", f"{path}/reject", reason="Outcomes are too vague")
    assert "Outcomes are too vague" in page(house, "author", path)


def test_what_changed_since_the_last_approval_is_shown_word_by_word(house: House) -> None:
    house.approved_course()
    house.edited("m01l02", "A report counts <b>minutes</b> and customers.")
    html = page(house, "reviewer", "/admin/courses/small/parts/small.m01l02")
    assert "1 change since the approved revision 1" in html
    assert "/keyTakeaways/0" in html
    assert "<ins>" in html
    assert "<b>minutes</b>" not in html
    assert "&lt;" in html


def fields(html: str) -> dict[str, str]:
    """What the form holds, as a browser would send it back."""
    areas = dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', html, re.DOTALL))
    inputs = dict(re.findall(r'<input id="f-[^"]*" name="([^"]+)"[^>]* value="([^"]*)"', html))
    chosen = dict(re.findall(r'name="([^"]+)"[^>]*>.*?<option value="([^"]+)" selected', html, re.DOTALL))
    return {name: unescape(value) for name, value in (chosen | inputs | areas).items()}


def test_an_author_rewrites_a_lesson_by_a_form_and_a_reviewer_reads_it_beside_the_approved_one(house: House) -> None:
    house.approved_course()
    house.edited("m01l02", "A report counts minutes and customers.")
    path = "/admin/courses/small/words/small.m01l02"
    html = page(house, "author", path)
    sent = fields(html) | {"revision": field(html, "revision")}
    wrong = send(house, "author", path, 422, **sent | {"explanation.overview": "Too short", "durationMinutes": "many"})
    assert "2 fields to mend." in wrong.text
    assert 'value="many"' in wrong.text
    new = max(name for name in sent if name.endswith(".title"))
    at = new.removesuffix(".title")
    words = {new: "Money", f"{at}.explanation": "What an hour costs is told by its price, and a price has a source."}
    assert send(house, "author", path, **sent | words).headers["location"].endswith("?done=edited")
    html = page(house, "reviewer", "/admin/courses/small/parts/small.m01l02?view=beside")
    for said in ("Approved, revision 1", "This one, revision 4", "What an hour costs is told by its price"):
        assert said in html
    assert "Edit the lesson" in page(house, "author", "/admin/courses/small/parts/small.m01l02")
    send(house, "auditor", path, 403, **sent)
    page(house, "author", "/admin/courses/small/words/small", 404)


def test_the_form_of_a_lesson_or_quiz_holds_all_of_it_and_changes_nothing_by_itself(house: House) -> None:
    house.approved_course()
    for part in house.get("reviewer", "/api/admin/artifacts?syllabusId=small")["items"]:
        if part["kind"] == "PROJECT":
            continue
        content = house.get("author", f"/api/admin/artifacts/{part['id']}")["content"]
        values = values_of(fields_of(part["kind"], content), content)
        assert with_words(part["kind"], content, values) == content


def test_who_may_not_is_shown_no_button_and_refused(house: House) -> None:
    house.drafted_syllabus()
    path = "/admin/courses/small/parts/small"
    html = page(house, "auditor", path)
    assert "/approve" not in html
    assert "/edit" not in html
    send(house, "author", f"{path}/approve", 403, revision="1", content_hash="0" * 64)
    send(house, "auditor", f"{path}/edit", 403, revision="1", content="{}")
    assert house.call("learner", "GET", path).status_code == 403
    assert house.call("reviewer", "GET", "/admin/courses/nothing").status_code == 404
    assert house.call("reviewer", "GET", "/admin/courses/small/parts/other").status_code == 404


def test_the_queue_leads_to_the_part(house: House) -> None:
    house.drafted_syllabus()
    assert "/countersign/" in page(house, "reviewer", "/")
    waiting = house.get("reviewer", "/v1/countersign/queue?room=courses")["items"]
    assert [(one["kind"], one["page_url"]) for one in waiting] == [
        ("courses.syllabus", "/admin/courses/small/parts/small")
    ]
    assert waiting[0]["may_sign"]
