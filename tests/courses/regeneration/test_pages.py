"""The loop's pages: everything can be done without a script, nothing can be edited, nobody sees a button too many."""

import html
import json
import re
from dataclasses import replace

from domain.courses.authoring.generation.author import Context, Prompt, RawAnswer
from domain.courses.authoring.rules.answers import Kind
from tests.courses.authoring.authors import FixedAuthor
from tests.courses.authoring.course_house import House
from tests.courses.regeneration.loop import JOBS, OtherAuthor, accepted, asked, carried_out, failed, triggered
from tests.kernel.advice.looks import rows

HERE = "/admin/regeneration-jobs"


def page(house: House, path: str, who: str = "admin", status: int = 200) -> str:
    answer = house.call(who, "GET", path)
    assert answer.status_code == status, (path, answer.status_code, answer.text[-800:])
    return answer.text


def send(house: House, path: str, who: str = "admin", **fields: str) -> str:
    answer = house.client.post(path, data=fields, headers=house.people[who])
    assert answer.status_code == 303, (path, answer.status_code, answer.text[-800:])
    return str(answer.headers["location"])


def test_from_suggestion_to_draft_by_forms_alone(house: House) -> None:
    suggestion = accepted(house)
    shown = page(house, "/admin/suggestions?status=ACCEPTED")
    assert f"/admin/suggestions/{suggestion}/regeneration-jobs" in shown
    where = send(house, f"/admin/suggestions/{suggestion}/regeneration-jobs", note="With an example.")
    job = where.removeprefix(HERE + "/").partition("?")[0]
    assert job in page(house, HERE)
    waiting = page(house, f"{HERE}/{job}")
    assert f"{HERE}/{job}/trigger" in waiting
    assert "With an example." in waiting
    assert f"{HERE}/{job}/trigger" not in page(house, f"{HERE}/{job}", "auditor")
    assert send(house, f"{HERE}/{job}/trigger", reason="Worth it.").endswith("?done=triggered")
    assert f"{HERE}/{job}/trigger" not in page(house, f"{HERE}/{job}")
    carried_out()
    done = page(house, f"{HERE}/{job}")
    assert "<ins>" in done
    assert "was made anew; nothing is replaced yet" in done
    assert f"{HERE}/{job}/adopt" in done
    assert send(house, f"{HERE}/{job}/adopt", "reviewer", reason="Clearer.").endswith("?done=adopted")
    adopted = page(house, f"{HERE}/{job}")
    assert "Adopted by" in adopted
    assert f"{HERE}/{job}/adopt" not in adopted
    assert page(house, "/admin/suggestions?status=ACCEPTED").count(f"{HERE}/{job}") == 1
    for name in ("instruction.json", "output.json"):
        assert house.call("auditor", "GET", f"{HERE}/{job}/files/{name}").headers["content-type"] == "application/json"
    page(house, f"{HERE}/{job}/files/error.json", status=404)


def test_a_text_that_is_the_one_in_use_is_not_offered_for_adoption(house: House) -> None:
    job = triggered(house)
    (done,) = carried_out(FixedAuthor())
    assert done.status == "COMPLETED", done.error
    shown = page(house, f"{HERE}/{job}")
    assert "There is nothing to adopt" in shown
    assert f"{HERE}/{job}/adopt" not in shown


def test_what_a_job_added_is_read_as_text_with_its_title_first(house: House) -> None:
    more = {
        "title": "In short",
        "explanation": "The first line says what it is.\n\nIt's the second that says why.",
        "example": None,
    }

    class Adds(OtherAuthor):
        def generate(self, kind: Kind, prompt: Prompt, context: Context) -> RawAnswer:
            found = super().generate(kind, prompt, context)
            lessons = json.loads(found.text)
            lessons[0]["explanation"]["concepts"].append(more)
            return replace(found, text=json.dumps(lessons))

    job = triggered(house)
    (done,) = carried_out(Adds())
    assert done.status == "COMPLETED", done.error
    shown = page(house, f"{HERE}/{job}")
    added = shown.partition('<ins class="value">')[2].partition("</ins>")[0]
    told = html.unescape(re.sub(r"<[^>]+>", "", added))
    assert told.split() == ["title", *more["title"].split(), "explanation", *more["explanation"].split()]


def test_a_failed_job_shows_why_and_is_tried_again_by_forms(house: House) -> None:
    job = failed(house)
    shown = page(house, f"{HERE}/{job}")
    assert "GENERATION_INVALID" in shown
    assert f"{HERE}/{job}/retry-intents" in shown
    send(house, f"{HERE}/{job}/retry-intents", reason_code="IMPROVED_PROMPT", reason="Say it better.")
    (intent,) = rows("retry_intents")
    own = f"/admin/retry-intents/{intent.intent_id}"
    assert "This will create a new regeneration job." in page(house, own)
    assert str(intent.intent_id) in page(house, f"{HERE}/{job}/retry-intents")
    assert 'name="reason_code"' not in page(house, f"{HERE}/{job}"), "one intent waits; no other can be given"
    typed = {"instruction": "Say it in one word.", "reason": " "}
    refused = house.client.post(f"{own}/reject", data=typed, headers=house.people["admin"])
    assert refused.status_code == 422
    assert "Nothing was rejected: the reason is missing." in refused.text
    assert "Say it in one word.</textarea>" in refused.text
    assert house.call("admin", "GET", f"/admin/jobs/{job}/retry-intents").status_code == 308
    where = send(house, f"{own}/execute", instruction="Say it in one sentence.")
    new = where.removeprefix(HERE + "/").partition("?")[0]
    assert "Say it in one sentence." in page(house, f"{HERE}/{new}")
    assert new in page(house, f"{HERE}/{job}")
    assert f"{own}/execute" not in page(house, own)


def test_nothing_can_be_typed_into_what_is_shown(house: House) -> None:
    job = asked(house)["id"]
    shown = page(house, f"{HERE}/{job}")
    viewer = shown[shown.index('class="json-viewer"') :]
    viewer = viewer[: viewer.index("</section>")]
    assert "<input" not in viewer
    assert "<textarea" not in viewer
    assert "<button" not in page(house, HERE).split("<main", 1)[1]


def test_what_a_script_would_be_comes_out_inert(house: House) -> None:
    job = asked(house, note="<script>alert(1)</script>")["id"]
    assert "<script>alert(1)" not in page(house, f"{HERE}/{job}")
    assert house.get("admin", f"{JOBS}/{job}")["instructionJson"]["note"] == "<script>alert(1)</script>"


def test_learners_and_authors_find_no_job(house: House) -> None:
    job = asked(house)["id"]
    for who in ("learner", "author"):
        for path in (HERE, f"{HERE}/{job}", f"{HERE}/{job}/retry-intents"):
            page(house, path, who, 403)
