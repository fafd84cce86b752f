"""A course in an LMS: what each page says to it, call by call; and the same pages without an LMS.

The LMS is lenient (it takes a value after the end, and texts that are too long), so the log is judged here.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator

from domain.courses.delivery.exports.export import export_course_to_lms
from domain.courses.delivery.exports.pages import Format
from domain.courses.delivery.exports.plan import Plan
from tests.courses.exports.lms import Lms, Visit, answer, opened
from tests.courses.exports.packages import hostile, rich

LONGEST = {"cmi.core.lesson_location": 255, "cmi.suspend_data": 4_096, "cmi.location": 1_000}
WORDS = {
    "scorm12": {"open": "LMSInitialize", "close": "LMSFinish", "set": "LMSSetValue", "commit": "LMSCommit"},
    "scorm2004": {"open": "Initialize", "close": "Terminate", "set": "SetValue", "commit": "Commit"},
}
STATUS = {
    "scorm12": ("cmi.core.lesson_status",),
    "scorm2004": ("cmi.completion_status", "cmi.success_status"),
}
# What may follow what: nothing leads back.
LEGAL = {
    "": {"incomplete", "passed", "failed"},
    "incomplete": {"completed", "passed", "failed"},
    "failed": {"failed", "passed"},
    "completed": set(),
    "passed": set(),
}
TIME = {"scorm12": r"\d{4}:\d{2}:\d{2}\.\d{2}", "scorm2004": r"PT(\d+H)?(\d+M)?(\d+(\.\d{1,2})?S)?"}
RIGHT = {"m01l01q": [1, 2, 3], "m02l01q": [1, 1]}


@pytest.fixture(params=["scorm12", "scorm2004"])
def lms(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Lms]:
    form: Format = request.param
    with opened(browser, export_course_to_lms(rich(), 3, form), form, tmp_path) as there:
        yield there
        assert there.faults == []
        assert [url for url in there.requests if not url.startswith((there.address, "about:"))] == []


def complete(frame: FrameLocator) -> None:
    frame.locator("#complete").click()
    frame.locator("#state.state-ok").wait_for()


def judge(visit: Visit, form: str, before: dict[str, str] | None = None) -> None:
    """The rules that hold for every visit of every page."""
    words, names = WORDS[form], [call[0] for call in visit.calls]
    assert names[0] == words["open"]
    assert names[-1] == words["close"]
    assert (names.count(words["open"]), names.count(words["close"])) == (1, 1)
    assert [call for call in visit.calls if call[3] != "0"] == []
    doing = [call for call in visit.calls if not call[0].endswith("GetValue")]
    assert [call for call in doing if call[2] != "true"] == []
    assert all(isinstance(value, str) for call in visit.calls for value in call[1])
    for element, longest in LONGEST.items():
        assert all(len(value) <= longest for value in visit.values(element))
    for element in STATUS[form]:
        at = (before or {}).get(element, "")
        for status in visit.values(element):
            assert status in LEGAL[at], f"{element}: {at} -> {status}"
            at = status
    time = visit.values("cmi.core.session_time" if form == "scorm12" else "cmi.session_time")
    assert len(time) == 1
    assert re.fullmatch(TIME[form], time[0])
    assert visit.values("cmi.core.exit" if form == "scorm12" else "cmi.exit") == ["suspend"]
    _committed(visit, form)


def _committed(visit: Visit, form: str) -> None:
    """After each change of a status comes a commit, before the end."""
    words = WORDS[form]
    for place, (name, given, _, _) in enumerate(visit.calls):
        if name == words["set"] and given[0] in STATUS[form]:
            later = [call[0] for call in visit.calls[place + 1 :]]
            assert words["commit"] in later


def status_of(visit: Visit, form: str) -> tuple[str, ...]:
    if form == "scorm12":
        return (visit.after["core"]["lesson_status"],)
    return visit.after["completion_status"], visit.after["success_status"]


def test_every_lesson_is_completed_by_the_learners_act(lms: Lms) -> None:
    for lesson in ("m01l01", "m01l02", "m02l01"):
        read = lms.visit(f"lessons/{lesson}.html")
        judge(read, lms.form)
        assert status_of(read, lms.form)[0] == "incomplete"
        done = lms.visit(f"lessons/{lesson}.html", complete, before=read.after)
        judge(done, lms.form, {STATUS[lms.form][0]: "incomplete"})
        assert done.values(STATUS[lms.form][0]) == ["completed"]
        assert status_of(done, lms.form)[0] == "completed"


@pytest.mark.parametrize(
    ("quiz", "given", "score", "verdict"),
    [
        ("m01l01q", [1, 2, 3], 100, "passed"),
        ("m01l01q", [1, 2, 0], 66.66, "failed"),
        ("m01l01q", [0, 0, 0], 0, "failed"),
        ("m02l01q", [1, 1], 100, "passed"),
        ("m02l01q", [1, 0], 50, "failed"),
    ],
)
def test_a_quiz_passes_and_fails_with_the_right_score(
    lms: Lms, quiz: str, given: list[int], score: float, verdict: str
) -> None:
    visit = lms.visit(f"quizzes/{quiz}.html", lambda frame: answer(frame, given))
    judge(visit, lms.form)
    core = "cmi.core.score" if lms.form == "scorm12" else "cmi.score"
    assert [visit.values(f"{core}.{part}") for part in ("min", "max", "raw")] == [["0"], ["100"], [f"{score:g}"]]
    assert status_of(visit, lms.form)[-1] == verdict
    if lms.form == "scorm2004":
        assert visit.values("cmi.score.scaled") == [f"{score / 100:g}"]
        assert status_of(visit, lms.form)[0] == "completed"
    _interactions(visit, lms.form, quiz, given)


def _interactions(visit: Visit, form: str, quiz: str, given: list[int]) -> None:
    wrong = "wrong" if form == "scorm12" else "incorrect"
    member = "student_response" if form == "scorm12" else "learner_response"
    for place, (chosen, right) in enumerate(zip(given, RIGHT[quiz], strict=True)):
        at = f"cmi.interactions.{place}"
        assert visit.values(f"{at}.id") == [f"{quiz}-q{place + 1:02d}"]
        assert visit.values(f"{at}.type") == ["choice"]
        assert visit.values(f"{at}.{member}") == ["abcd"[chosen]]
        assert visit.values(f"{at}.correct_responses.0.pattern") == ["abcd"[right]]
        assert visit.values(f"{at}.result") == ["correct" if chosen == right else wrong]


def test_a_second_try_may_pass_and_never_lowers_the_score(lms: Lms) -> None:
    def twice(frame: FrameLocator) -> None:
        answer(frame, [1, 2, 0])
        frame.locator("#again").click()
        answer(frame, [1, 0, 0])
        frame.locator("#again").click()
        answer(frame, [1, 2, 3])

    visit = lms.visit("quizzes/m01l01q.html", twice)
    judge(visit, lms.form)
    assert visit.values(STATUS[lms.form][-1])[-3:] == ["failed", "failed", "passed"]
    raw = visit.values("cmi.core.score.raw" if lms.form == "scorm12" else "cmi.score.raw")
    assert raw == ["66.66", "100"]
    ids = [given[0] for _, given, _, _ in visit.named(WORDS[lms.form]["set"]) if given[0].endswith(".id")]
    assert ids == [f"cmi.interactions.{number}.id" for number in range(9)]


def test_a_revisit_never_downgrades(lms: Lms) -> None:
    first = lms.visit("lessons/m01l01.html", complete)
    again = lms.visit("lessons/m01l01.html", before=first.after)
    judge(again, lms.form)
    assert [again.values(element) for element in STATUS[lms.form]] == [[] for _ in STATUS[lms.form]]
    assert status_of(again, lms.form)[0] == "completed"

    passed = lms.visit("quizzes/m01l01q.html", lambda frame: answer(frame, [1, 2, 3]))

    def told_and_worse(frame: FrameLocator) -> None:
        assert "You passed this quiz with 100 %" in frame.locator("#state").inner_text()
        answer(frame, [0, 0, 0])
        assert "that stands" in frame.locator("#state").inner_text()

    worse = lms.visit("quizzes/m01l01q.html", told_and_worse, before=passed.after)
    judge(worse, lms.form)
    assert [worse.values(element) for element in STATUS[lms.form]] == [[] for _ in STATUS[lms.form]]
    assert status_of(worse, lms.form) == status_of(passed, lms.form)


def test_a_page_to_read_says_nothing_to_the_lms(lms: Lms) -> None:
    for path in ("projects/m01p01.html", "index.html"):
        visit = lms.visit(path, lambda frame: _says_nothing_of_recording(frame))
        assert visit.calls == []


def _says_nothing_of_recording(frame: FrameLocator) -> None:
    assert not frame.locator("#recording").is_visible()
    assert frame.locator("#ways:visible").count() == 0


def test_what_the_lms_refuses_is_told_and_does_not_break_the_page(lms: Lms) -> None:
    lms.page.goto(f"{lms.address}/host.html")
    name = "API" if lms.form == "scorm12" else "API_1484_11"
    words = WORDS[lms.form]
    lms.page.evaluate(
        """([name, words]) => {
          window.begin(null);
          const set = window[name][words.set];
          window.refuses = true;
          const isRefused = (element, value) => window.refuses && /status/.test(element) && value !== "incomplete";
          window[name][words.set] = (element, value) => isRefused(element, value) ? "false" : set(element, value);
          document.getElementById("sco").src = "lessons/m01l01.html";
        }""",
        [name, words],
    )
    frame = lms.page.frame_locator("#sco")
    frame.locator("#complete").click()
    frame.locator("#state.state-alarm").wait_for()
    assert "did not take the result" in frame.locator("#state").inner_text()
    assert frame.locator("#complete").is_enabled()
    lms.page.evaluate("window.refuses = false")
    complete(frame)


@pytest.mark.parametrize("form", ["scorm12", "scorm2004", "web"])
def test_without_an_lms_the_pages_read_well_and_say_that_nothing_is_recorded(
    browser: Browser, tmp_path: Path, form: Format
) -> None:
    with opened(browser, export_course_to_lms(rich(), 3, form), "none", tmp_path) as there:
        page = there.page
        page.on("dialog", lambda dialog: there.faults.append(dialog.message))
        page.goto(f"{there.address}/index.html")
        # Through the whole course by its own links.
        page.locator(".pages a").first.click()
        for step in range(len(Plan(rich(), 3).pages)):
            assert "recorded" in page.locator("#recording").inner_text()
            assert page.locator("h1").is_visible()
            assert not page.locator("#complete").is_visible()
            if page.locator("#quiz").count():
                for question in page.locator("fieldset").all():
                    question.locator("input").first.check()
                page.locator("#check").click()
                assert "Not recorded" in page.locator("#state").inner_text()
            if step + 1 < len(Plan(rich(), 3).pages):
                page.locator("a[rel=next]").click()
        assert page.locator("a[rel=next]").count() == 0
        assert there.faults == []
        assert [url for url in there.requests if not url.startswith(there.address)] == []


def test_the_pages_open_from_a_folder_too(browser: Browser, tmp_path: Path) -> None:
    faults: list[str] = []
    with opened(browser, export_course_to_lms(rich(), 3, "web"), "none", tmp_path):
        page = browser.new_page()
        page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
        page.goto((tmp_path / "quizzes" / "m01l01q.html").as_uri())
        for question in page.locator("fieldset").all():
            question.locator("input").nth(1).check()
        page.locator("#check").click()
        assert "1 of 3 right" in page.locator("#state").inner_text()
        assert page.evaluate("getComputedStyle(document.querySelector('main')).display") == "grid"
        page.close()
    assert faults == []


def test_the_api_is_found_up_to_ten_parents_above_and_behind_the_opener(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, export_course_to_lms(rich(), 3, "scorm12"), "scorm12", tmp_path) as there:
        nested = "<!doctype html><title>n</title><iframe src='{}' style='width:100%;height:600px'></iframe>"
        (tmp_path / "deep1.html").write_text(nested.format("lessons/m01l01.html"))
        for depth in range(2, 13):
            (tmp_path / f"deep{depth}.html").write_text(nested.format(f"deep{depth - 1}.html"))
        for depth, is_found in ((9, True), (10, False)):
            page = there.page
            page.goto(f"{there.address}/host.html")
            page.evaluate("window.begin(null)")
            page.evaluate(f"document.getElementById('sco').src = 'deep{depth}.html'")
            inner = page.frame_locator("#sco")
            for _ in range(depth):
                inner = inner.frame_locator("iframe")
            inner.locator("footer").wait_for()
            assert inner.locator("#recording").is_visible() != is_found
        page.goto(f"{there.address}/host.html")
        page.evaluate("window.begin(null)")
        with page.expect_popup() as popup:
            page.evaluate("window.open('deep1.html')")
        popup.value.frame_locator("iframe").locator("#complete").click()
        popup.value.frame_locator("iframe").locator("#state.state-ok").wait_for()
        popup.value.close()
        page.wait_for_function("window.log.some((call) => call[0] === 'LMSFinish')")
        assert page.evaluate("window.real.renderCMIToJSONObject().cmi.core.lesson_status") == "completed"


@pytest.mark.parametrize("form", ["scorm12", "scorm2004", "web"])
def test_hostile_text_stays_inert_in_every_page(browser: Browser, tmp_path: Path, form: Format) -> None:
    package = hostile()
    with opened(browser, export_course_to_lms(package, 1, form), "none", tmp_path) as there:
        page = there.page
        for one in [None, *Plan(package, 1).pages]:
            page.goto(f"{there.address}/{one.path if one else 'index.html'}")
            if page.locator("#quiz").count():
                for question in page.locator("fieldset").all():
                    question.locator("input").nth(1).check()
                page.locator("#check").click()
            assert page.evaluate("window.broken") is None
            assert (
                page.locator("main img, main svg, main script, main style, main iframe, [onload], [onerror]").count()
                == 0
            )
            assert page.locator("a[href^='javascript'], a[href^='data']").count() == 0
            shown: Any = page.locator("body").inner_text()
            assert "]]>" in shown
        assert there.faults == []


def test_right_to_left_paragraphs_stand_at_the_right(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, export_course_to_lms(hostile(), 1, "web"), "none", tmp_path) as there:
        there.page.goto(f"{there.address}/lessons/m01l02.html")
        directions = there.page.evaluate(
            "[...document.querySelectorAll('main section > p')]"
            ".map((p) => [p.textContent.slice(0, 5), getComputedStyle(p).direction])"
        )
    told = dict(directions)
    assert told["בדיקת"] == "rtl"
    assert told["يقيس "] == "rtl"
    assert told["<scri"] == "ltr"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_a_phone_or_paler_than_can_be_read(
    browser: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    package = hostile()
    view: dict[str, Any] = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    with opened(browser, export_course_to_lms(package, 1, "web"), "none", tmp_path, **view) as there:
        for path in ("index.html", *(one.path for one in Plan(package, 1).pages)):
            there.page.goto(f"{there.address}/{path}")
            assert there.page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert there.page.evaluate(CONTRAST) == [], path


CONTRAST = """() => {
  const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = (c) => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (at) => { for (; at; at = at.parentElement) { const c = parts(getComputedStyle(at).backgroundColor);
    if (c.length === 3 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  const bad = [];
  for (const at of document.querySelectorAll("body *")) {
    const words = [...at.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!words || !at.checkVisibility() || at.className === "skip") continue;
    const [a, b] = [light(parts(getComputedStyle(at).color).slice(0, 3)), light(ground(at))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) bad.push(at.tagName + " " + at.textContent.slice(0, 30));
  }
  return bad;
}"""
