"""The loop in a real browser: a reader's pages tell what was looked at, and every page of the loop can be read.

On a phone in the dark, and in `make soak` on a desk in daylight; what every page owes is told in tests/flows/looking.
"""

import time
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser
from sqlalchemy import text

from domain.courses.insight.nightly import run_analytics_jobs
from domain.kernel.db import transaction
from domain.kernel.people import ensure_person
from tests.courses.authoring.course_house import DEMO, House
from tests.courses.regeneration.loop import INTENTS, JOBS, OUTPUTS, accepted, carried_out, failed, suggest, triggered
from tests.flows.looking import PHONE, WIDE, Form, Person, serving
from tests.kernel.advice.looks import rows

TASK = "loop"


def told() -> list[tuple[str, int | None]]:
    with transaction("T") as connection:
        query = "SELECT event_type, lesson_idx FROM analytics_events ORDER BY occurred_at, event_type"
        return [tuple(row) for row in connection.execute(text(query))]


def awaited(wanted: list[tuple[str, int | None]]) -> list[tuple[str, int | None]]:
    """What was told, once as much is there as is wanted; a beacon is sent when the page is gone."""
    deadline = time.monotonic() + 10
    while len(found := told()) < len(wanted) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def world(house: House) -> dict[str, str]:
    """A suggestion in each state, a job that was adopted, one that failed with an intent to try it again."""
    suggest("lesson:m02l01", number=3)
    accepted(house, "quiz:m01l01q", 4)
    job = triggered(house)
    carried_out()
    (output,) = rows("regeneration_outputs")
    house.post("reviewer", f"{OUTPUTS}/{output.output_id}/adopt", {"contentHash": output.content_hash})
    broken = failed(house, "lesson:m01l02", 2)
    body = {"sourceJobId": broken, "reasonCode": "INFRA_ERROR", "reasonText": "The author was away for the night."}
    intent = house.post("admin", INTENTS, body, 201)["id"]
    run_analytics_jobs("T", datetime.now(UTC).date())
    suggestion = house.get("admin", f"{JOBS}/{job}")["suggestionId"]
    return {
        "analytics": f"/admin/courses/{DEMO}/analytics",
        "suggestions": "/admin/suggestions",
        "accepted": "/admin/suggestions?status=ACCEPTED",
        "advice": "/advice",
        "work items": "/advice/work-items",
        "jobs": "/admin/regeneration-jobs",
        "job with its output": f"/admin/regeneration-jobs/{job}",
        "failed job": f"/admin/regeneration-jobs/{broken}",
        "retry intents": f"/admin/regeneration-jobs/{broken}/retry-intents",
        "retry intent": f"/admin/retry-intents/{intent}",
        "lineage": f"/lineage/{suggestion}",
    }


def reads(browser: Browser, address: str, form: Form) -> None:
    """Two pages of a lesson, with a script that nobody notices."""
    with Person(browser, address, form, TASK) as lena:
        lena.signs_in("Lena Learner")
        lena.opens(f"/learn/{DEMO}")
        lena.page.get_by_role("button", name="Enrol").or_(lena.page.get_by_role("button", name="Begin")).first.click()
        lena.opens(f"/learn/{DEMO}/lesson/0", "lesson")
        lena.opens(f"/learn/{DEMO}/lesson/1")
        lena.page.goto("about:blank")
        views = [
            ("course_view", None),
            ("lesson_viewed", 0),
            ("lesson_left", 0),
            ("lesson_viewed", 1),
            ("lesson_left", 1),
        ]
        found = awaited(views)
        assert [one for one in found if one[1] is not None] == views[1:]
        assert ("course_view", None) in found


@pytest.mark.parametrize("form", [PHONE, pytest.param(WIDE, marks=pytest.mark.soak)], ids=lambda form: form.name)
def test_readers_pages_tell_and_the_loops_pages_can_be_read(house: House, browser: Browser, form: Form) -> None:
    ensure_person("T", "lena@example.org", "Lena Learner", ["LEARNER"])
    ensure_person("T", "ada@example.org", "Ada Admin", ["ADMIN"])
    with serving() as address:
        reads(browser, address, form)
        pages = world(house)
        with Person(browser, address, form, TASK) as ada:
            ada.signs_in("Ada Admin")
            for name, path in pages.items():
                ada.opens(path, name)
