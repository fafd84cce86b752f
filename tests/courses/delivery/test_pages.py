"""A learner and a seller with a browser: every act is a form that works without JavaScript."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from fastapi.testclient import TestClient

from api.gate import SESSION_COOKIE
from domain.kernel.login import form_token, open_session
from tests.courses.delivery.school import FIRST, School, count, package_of
from tests.makers import make_person

MARHABA, STUDENT = "\u0645\u0631\u062d\u0628\u0627", "\U0001f469\u200d\U0001f393"
HOSTILE = (
    "<script>alert(1)</script> ]]> <img src=x onerror=alert(1)> [press](javascript:alert(1)) "
    f"{{{{ 7 * 7 }}}} {MARHABA} \u05e9\u05dc\u05d5\u05dd {STUDENT} &lt;b&gt; and fifty characters more of it"
)


class Browser:
    """A signed-in person: gets pages, and posts forms with the token of the session."""

    def __init__(self, school: School, name: str, role: str) -> None:
        person = make_person(school.tenant, f"{name}.{school.tenant.lower()}", role)
        self.secret = open_session(person, datetime.now(UTC))
        self.client = TestClient(school.client.app, headers={"Accept": "text/html"}, follow_redirects=False)
        self.client.cookies.set(SESSION_COOKIE, self.secret)

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, **typed: object):  # type: ignore[no-untyped-def]
        return self.client.post(path, data={"form_token": form_token(self.secret), **typed})


@pytest.fixture
def lena(school: School) -> Browser:
    return Browser(school, "lena", "LEARNER")


@pytest.fixture
def ada(school: School) -> Browser:
    return Browser(school, "ada", "ADMIN")


def text_of(html: str) -> str:
    main = html[html.index("<main") : html.index("</main>")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def test_a_learner_finds_enrols_reads_and_completes(school: School, lena: Browser) -> None:
    assert "1 course is offered here" in text_of(lena.get("/learn"))
    assert "free" in text_of(lena.get("/learn"))
    landing = lena.get(f"/learn/{FIRST}")
    assert "Enrol" in text_of(landing)
    enrolled = lena.post(f"/learn/{FIRST}/enroll")
    assert (enrolled.status_code, enrolled.headers["location"]) == (303, f"/learn/{FIRST}?done=enrolled")
    assert "0 of 3 lessons completed (0 %) Begin with lesson 1: The parts of a report" in text_of(
        lena.get(f"/learn/{FIRST}")
    )
    first = text_of(lena.get(f"/learn/{FIRST}/lesson/0"))
    assert "Afterwards you can" in first
    assert "Mark complete" in first
    done = lena.post(f"/learn/{FIRST}/lesson/0/complete")
    assert done.headers["location"] == f"/learn/{FIRST}/lesson/0?done=completed"
    after = text_of(lena.get(f"/learn/{FIRST}/lesson/0"))
    assert "Mark complete" not in after
    assert "1 of 3 lessons completed" in after
    assert "Go on with lesson 2: Minutes and customers" in text_of(lena.get(f"/learn/{FIRST}"))
    assert "33 % of the lessons completed" in text_of(lena.get("/learn"))


def test_a_quiz_is_answered_and_its_feedback_shown(school: School, lena: Browser) -> None:
    lena.post(f"/learn/{FIRST}/enroll")
    path = f"/learn/{FIRST}/lesson/0/quiz"
    half = lena.post(path, q01="0", q02="1")
    assert half.status_code == 422
    assert "not every question is answered" in text_of(half.text)
    assert len(re.findall(r"\bchecked\b", half.text)) == 2
    assert count(school.tenant, "SELECT count(*) FROM quiz_attempts") == 0
    sent = lena.post(path, q01="0", q02="1", q03="0", score="100", passed="true")
    assert sent.headers["location"] == f"/learn/{FIRST}/lesson/0?attempt=1#quiz"
    told = text_of(lena.get(f"/learn/{FIRST}/lesson/0?attempt=1"))
    assert "Not passed: 2 of 3 right, 66\u00a0%".replace("\u00a0", " ") in told
    assert told.count("not right") == 1
    lena.post(path, q01="0", q02="1", q03="1")
    assert "Passed: 3 of 3 right" in text_of(lena.get(f"/learn/{FIRST}/lesson/0?attempt=2"))
    assert "Passed:" not in text_of(lena.get(f"/learn/{FIRST}/lesson/0"))


def test_what_is_still_to_pass_is_said_when_every_lesson_is_completed(school: School, lena: Browser) -> None:
    lena.post(f"/learn/{FIRST}/enroll")
    for index in range(3):
        lena.post(f"/learn/{FIRST}/lesson/{index}/complete")
    waiting = text_of(lena.get(f"/learn/{FIRST}"))
    assert "Every lesson is completed. To complete the course, pass the quiz of lesson 1 ." in waiting
    lena.post(f"/learn/{FIRST}/lesson/0/quiz", q01="0", q02="1", q03="1")
    done = text_of(lena.get(f"/learn/{FIRST}"))
    assert "completed on" in done
    assert "To complete the course" not in done


def test_a_form_of_another_site_does_nothing(school: School, lena: Browser) -> None:
    for path in ("enroll", "buy", "upgrade", "export", "lesson/0/complete", "lesson/0/quiz"):
        answer = lena.client.post(f"/learn/{FIRST}/{path}", data={"form_token": "x"})
        assert answer.status_code == 403, path
    assert count(school.tenant, "SELECT count(*) FROM enrollments") == 0


def test_a_course_is_bought_at_the_price_that_was_shown(school: School, lena: Browser) -> None:
    product = school.offer(cents=4900)
    landing = lena.get(f"/learn/{FIRST}")
    assert "EUR\u00a049.00" in landing
    school.ask("ada", "PATCH", f"/api/admin/products/{product}", {"priceCents": 5900})
    dearer = lena.post(f"/learn/{FIRST}/buy", product=product, price_cents="4900")
    assert (dearer.status_code, "The price has changed" in dearer.text) == (409, True)
    bought = lena.post(f"/learn/{FIRST}/buy", product=product, price_cents="5900")
    assert bought.headers["location"] == f"/learn/{FIRST}?done=bought"
    assert "0 of 3 lessons completed" in text_of(lena.get(f"/learn/{FIRST}?done=bought"))
    assert lena.post("/learn/another/buy", product=product, price_cents="5900").status_code == 404


def test_a_newer_version_is_offered_and_moved_to(school: School, lena: Browser) -> None:
    lena.post(f"/learn/{FIRST}/enroll")
    lena.post(f"/learn/{FIRST}/lesson/0/complete")
    school.publish(package_of(FIRST, {"m01": ["m01l01", "m01l03"]}, projects=()))
    page = text_of(lena.get(f"/learn/{FIRST}"))
    assert "Moving keeps 1 completed lesson; 1 lesson is new" in page
    assert "To stay, do nothing." in page
    moved = lena.post(f"/learn/{FIRST}/upgrade", version="2")
    assert moved.headers["location"] == f"/learn/{FIRST}?done=moved"
    after = text_of(lena.get(f"/learn/{FIRST}"))
    assert "1 of 2 lessons completed (50 %)" in after
    assert "To stay" not in after


def test_exports_say_how_many_are_left(school: School, lena: Browser) -> None:
    lena.post(f"/learn/{FIRST}/enroll")
    assert "3 of 3 left in 10 min" in text_of(lena.get(f"/learn/{FIRST}"))
    made = lena.post(f"/learn/{FIRST}/export", format="web")
    assert (made.status_code, made.headers["content-type"]) == (200, "application/zip")
    assert "2 of 3 left in 10 min" in text_of(lena.get(f"/learn/{FIRST}"))
    for _ in range(2):
        assert lena.post(f"/learn/{FIRST}/export", format="web").status_code == 200
    assert "0 of 3 left in 10 min" in text_of(lena.get(f"/learn/{FIRST}"))
    assert "disabled" in lena.get(f"/learn/{FIRST}")
    refused = lena.post(f"/learn/{FIRST}/export", format="pdf")
    assert (refused.status_code, int(refused.headers["retry-after"]) >= 1) == (429, True)
    assert "were taken" in text_of(refused.text)


def test_hostile_text_is_inert_in_the_player(school: School, lena: Browser) -> None:
    concept = {"title": HOSTILE[:100], "explanation": HOSTILE, "example": HOSTILE}
    texts = {
        "explanation": {"overview": HOSTILE, "concepts": [concept]},
        "keyTakeaways": [HOSTILE, HOSTILE],
        "practice": {"prompt": HOSTILE, "expectedOutcome": HOSTILE},
    }
    school.publish(package_of(FIRST, texts=texts, title="<script>alert(2)</script> of it"))
    lena.post(f"/learn/{FIRST}/enroll")
    for path in ("/learn", f"/learn/{FIRST}", f"/learn/{FIRST}/lesson/0"):
        html = lena.get(path)
        scripts = re.findall(r"<script[^>]*>", html)
        assert set(scripts) <= {f'<script src="/static/{name}.js" defer>' for name in ("countersign", "learn")}, path
        assert not re.search(r"<[^>]*\son\w+\s*=", html), path
        assert not re.search(r"href\s*=\s*[\"']?\s*javascript:", html, re.IGNORECASE), path
    lesson = lena.get(f"/learn/{FIRST}/lesson/0")
    said = text_of(lesson)
    for word in (
        "<script>alert(1)</script>",
        "]]>",
        "{{ 7 * 7 }}",
        "\u0645\u0631\u062d\u0628\u0627",
        "\U0001f469\u200d\U0001f393",
    ):
        assert word in said, word
    assert 'dir="auto"' in lesson


def test_a_learner_of_another_tenant_sees_nothing(school: School, other: School) -> None:
    stranger = Browser(other, "lena", "LEARNER")
    assert "No course is offered here yet" in text_of(stranger.get("/learn"))
    for path in (f"/learn/{FIRST}", f"/learn/{FIRST}/lesson/0"):
        assert stranger.client.get(path).status_code == 404


def test_who_does_not_learn_or_sell_is_told_who_may(school: School) -> None:
    tim = Browser(school, "tim", "TECHNICIAN")
    for path in ("/learn", f"/learn/{FIRST}", "/admin/store"):
        assert tim.client.get(path).status_code == 403
    assert Browser(school, "lena", "LEARNER").client.get("/admin/store").status_code == 403


def test_a_seller_sells_and_refunds(school: School, ada: Browser, lena: Browser) -> None:
    assert "Nothing has been sold yet." in text_of(ada.get("/admin/store"))
    wrong = ada.post("/admin/store/products", course=FIRST, price="4,9x", currency="eur")
    assert (wrong.status_code, "Write an amount of EUR like 49.00." in wrong.text) == (422, True)
    assert 'value="4,9x"' in wrong.text
    offered = ada.post("/admin/store/products", course=FIRST, price="1,249.50", currency="eur")
    assert offered.headers["location"] == "/admin/store?done=offered"
    page = ada.get("/admin/store")
    assert "EUR\u00a01,249.50" in page
    product = re.search(r"/admin/store/products/([0-9a-f-]{36})", page)
    assert product is not None
    assert ada.post(f"/admin/store/products/{product[1]}", price="1000", sale="on").status_code == 303
    lena.post(f"/learn/{FIRST}/buy", product=product[1], price_cents="100000")
    page = ada.get("/admin/store")
    purchase = re.search(r"/admin/store/purchases/([0-9a-f-]{36})/refund", page)
    assert purchase is not None
    path = f"/admin/store/purchases/{purchase[1]}/refund"
    assert ada.post(path, amount="10").status_code == 422
    assert ada.post(path, amount="1000.01", reason="Asked").status_code == 422
    assert ada.post(path, amount="10.00", reason="Asked").status_code == 303
    assert "EUR 1 EUR 1,000.00 1 EUR 10.00 EUR 990.00" in text_of(ada.get("/admin/store"))
    assert ada.post(path, amount="10.00", reason="Again").status_code == 409


def test_an_auditor_looks_and_changes_nothing(school: School) -> None:
    school.buy("lena", school.offer())
    page = Browser(school, "audrey", "AUDITOR").get("/admin/store")
    main = page[page.index("<main") : page.index("</main>")]
    assert "<form" not in main
    assert "<button" not in main
