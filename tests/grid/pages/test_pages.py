"""Every page: who may see it, what it begins with, and what it shows when there is nothing."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from tests.grid.pages.conftest import END, FIRST, SignIn, load

PAGES = {
    "/grid": "FEEDER_2 lost",
    "/grid?window=24h": "FEEDER_2 lost",
    "/grid/feeders/FEEDER_2": "FEEDER_2 lost",
    "/grid/feeders/FEEDER_2?window=7d": "FEEDER_2 lost",
    "/grid/meters": "score",
    "/grid/meters?feeder=FEEDER_2&reason=own&score=1": "score",
    "/grid/meters/M020000": "M020000",
    "/grid/events": "Injected theft on FEEDER_2",
    "/grid/reads": "reads came with the latest load",
    "/grid/network": "No network has been imported yet",
    "/search": "Search by id",
}
EMPTY = {
    "/grid": "No reads have arrived yet",
    "/grid/meters": "No meters have been scored yet",
    "/grid/events": "No events have been injected",
    "/grid/reads": "Nothing has been loaded yet",
    "/grid/network": "No network has been imported yet",
}


def heading(html: str) -> str:
    found = re.findall(r"<h1>(.*?)</h1>", html, re.S)
    assert len(found) == 1, f"a page has one heading of the first rank, not {len(found)}"
    return str(found[0])


@pytest.mark.parametrize(("path", "begins"), PAGES.items())
@pytest.mark.parametrize("role", ["OPERATOR", "AUDITOR", "MANAGER"])
def test_each_page_answers_its_readers_with_the_finding_first(
    sign_in: SignIn, role: str, path: str, begins: str
) -> None:
    answer = sign_in(role).get(path)
    assert answer.status_code == 200
    assert begins in heading(answer.text)


@pytest.mark.parametrize("path", PAGES)
def test_who_is_not_signed_in_gets_401_with_the_way_back(sign_in: SignIn, path: str) -> None:
    answer = sign_in().get(path)
    assert answer.status_code == 401
    assert heading(answer.text) == "You are not signed in"
    assert "/sign-in?next=%2F" in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_a_role_that_may_not_gets_403_that_says_who_may_and_not_what_is_there(sign_in: SignIn, path: str) -> None:
    answer = sign_in("LEARNER").get(path)
    assert answer.status_code == 403
    assert "OPERATOR" in answer.text
    assert "FEEDER_" not in answer.text
    assert "M0200" not in answer.text


@pytest.mark.parametrize("path", ["/grid/feeders/FEEDER_3", "/grid/meters/M020000", "/grid/feeders/none"])
def test_another_tenants_id_is_not_found(sign_in: SignIn, path: str) -> None:
    assert sign_in("OPERATOR", tenant="U").get(path).status_code == 404


def test_search_finds_nothing_of_another_tenant(sign_in: SignIn) -> None:
    theirs = sign_in("OPERATOR", tenant="U").get("/search?q=M020000", follow_redirects=False)
    assert theirs.status_code == 404


@pytest.mark.parametrize(("path", "says"), EMPTY.items())
def test_an_empty_tenant_is_told_what_will_appear_and_how(sign_in: SignIn, path: str, says: str) -> None:
    answer = sign_in("OPERATOR", tenant="E").get(path)
    assert answer.status_code == 200
    assert heading(answer.text) == says
    assert "<svg" not in answer.text


@pytest.mark.parametrize("path", ["/grid/feeders/FEEDER_1", "/grid/meters/M010000"])
def test_a_feeder_and_a_meter_without_reads_have_a_page(sign_in: SignIn, path: str) -> None:
    answer = sign_in("OPERATOR", tenant="U").get(path)
    assert answer.status_code == 200
    assert "no reads" in heading(answer.text)


@pytest.mark.parametrize(
    ("wanted", "to"),
    [
        ("FEEDER_2", "/grid/feeders/FEEDER_2"),
        ("F-02", "/grid/feeders/FEEDER_2"),
        (" M020003 ", "/grid/meters/M020003"),
    ],
)
def test_search_goes_straight_to_what_has_the_id(operator: TestClient, wanted: str, to: str) -> None:
    answer = operator.get("/search", params={"q": wanted}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, to)


def test_search_escapes_what_was_typed(operator: TestClient) -> None:
    answer = operator.get("/search", params={"q": "<script>alert(1)</script>"})
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("path", [*PAGES, "/sign-in", "/grid/nothing"])
def test_no_page_holds_inline_script_or_style(operator: TestClient, path: str) -> None:
    html = operator.get(path).text
    assert not re.search(r"\sstyle\s*=|<style|\son\w+\s*=", html)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))


@pytest.mark.parametrize("path", ["/grid/meters", "/grid/meters/M020000", "/grid/feeders/FEEDER_2"])
def test_advice_is_marked_and_carries_the_three_sentences(operator: TestClient, path: str) -> None:
    html = operator.get(path).text
    assert "Suggested" in html
    assert 'class="lead advice"' in html or 'class="advice"' in html
    for sentence in (
        "Advisory-only recommendations.",
        "Operator validation required.",
        "Generated from telemetry available at the time of generation.",
    ):
        assert sentence in html


@pytest.mark.parametrize("path", list(PAGES))
def test_every_table_has_a_caption_and_every_id_is_unique(operator: TestClient, path: str) -> None:
    html = operator.get(path).text
    assert html.count("<table") == html.count("<caption")
    ids = re.findall(r'\sid="([^"]+)"', re.sub(r"<svg.*?</svg>", "", html, flags=re.S))
    assert len(ids) == len(set(ids))
    labels = re.findall(r'<label[^>]* for="([^"]+)"', html)
    assert set(labels) <= set(ids)


@pytest.mark.parametrize("path", ["/grid?window=9h", "/grid/meters?score=101", "/grid/reads?before=yesterday"])
def test_a_filter_that_does_not_fit_is_told_as_a_page(operator: TestClient, path: str) -> None:
    answer = operator.get(path)
    assert answer.status_code == 422
    assert "problem+json" not in answer.headers["content-type"]
    assert "does not fit" in answer.text


def test_filters_stand_in_the_address_and_in_the_form(operator: TestClient) -> None:
    html = operator.get("/grid/meters?feeder=FEEDER_3&score=5").text
    assert "<option selected>FEEDER_3</option>" in html
    assert 'value="5"' in html


def test_the_list_of_meters_goes_on_by_rank_without_gap_or_repetition(operator: TestClient) -> None:
    first = re.findall(r'class="num">(\d+)</td>\s*<th scope="row"><a', operator.get("/grid/meters?score=0").text)
    assert [int(rank) for rank in first] == list(range(1, 51))
    rest = re.findall(
        r'class="num">(\d+)</td>\s*<th scope="row"><a', operator.get("/grid/meters?score=0&after=50").text
    )
    assert [int(rank) for rank in rest] == list(range(51, 61))


@pytest.mark.parametrize("path", ["/grid", "/grid/summary", "/grid/feeders/FEEDER_2", "/grid/meters/M020000"])
def test_old_reads_are_told_as_old_with_what_was_last_tried(operator: TestClient, path: str) -> None:
    end = datetime.now(UTC) - END
    told = re.search(r'<p class="stale">.*?</p>', operator.get(path).text)
    if end > timedelta(hours=1):
        assert told
        assert "No reads for" in told[0]
        assert 'The <a href="/grid/reads">last load</a> came' in told[0]
    else:
        assert told is None


def test_a_board_and_the_queue_say_what_is_new_and_move_nothing(operator: TestClient) -> None:
    for page in ("/grid/outages", "/"):
        (address,) = re.findall(r'data-news="([^"]+)"', operator.get(page).text)
        assert operator.get(address).json() == {"words": ""}
    assert operator.get("/grid/outages/news.json?seen=9-9-9").json()["words"] == (
        "It stands otherwise by now: nothing is known to be out."
    )


def test_a_day_that_nobody_scored_is_not_told_to_have_no_suspicious_meters(sign_in: SignIn) -> None:
    tile = re.compile(r"<dt>Suspicious meters</dt><dd>(.*?)</dd>")
    assert tile.findall(sign_in("OPERATOR").get("/grid").text)[0].isdigit()
    load(FIRST, FIRST + timedelta(days=1), tenant="U")
    assert tile.findall(sign_in("OPERATOR", tenant="U").get("/grid").text) == ["–"]
