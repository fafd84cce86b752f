"""A person with a phone signs in, sees the health of the grid, injects a theft by form and finds it listed.

With a real browser on the real server; once with JavaScript and once without.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page

from domain.grid.metering.observe.publish import floor_to, publish
from domain.kernel.people import ensure_person
from domain.kernel.settings import WriteMode
from tests.conftest import Database
from tests.flows.looking import serving
from tests.makers import make_fleet

PHONE = {"width": 390, "height": 844}
PAGES = ["/grid", "/grid/feeders/FEEDER_1", "/grid/meters", "/grid/events", "/grid/reads", "/grid/network"]


@pytest.fixture(scope="module")
def address(module_database: Database) -> Iterator[str]:
    """The application on a free port, with a day of reads of a small fleet up to now."""
    make_fleet("T", feeders=2, meters_per_feeder=8)
    ensure_person("T", "olivia@t.example", "Olivia Operator", ["OPERATOR"])
    now = datetime.now(UTC)
    end = floor_to(now, 15)
    publish("T", window_start=end - timedelta(days=1), window_end=end, mode=WriteMode.SAFE, now=now, actor="test")
    with serving() as served:
        yield served


def overflow(page: Page) -> int:
    """How many pixels the page is wider than the phone."""
    return int(page.evaluate("document.documentElement.scrollWidth")) - PHONE["width"]


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_theft_is_injected_from_a_phone(browser: Browser, address: str, javascript: bool) -> None:
    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True, java_script_enabled=javascript)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Security Policy" in message.text else None)
    page.on("pageerror", lambda error: refused.append(str(error)))
    page.goto(f"{address}/sign-in?next=%2Fgrid")
    page.get_by_role("button", name="Olivia Operator").click()
    assert page.url == f"{address}/grid"
    assert "in the last hour" in page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("link", name="Events").click()
    assert page.get_by_role("heading", level=1).inner_text() == "No events have been injected" or not javascript

    page.get_by_label("On feeder", exact=True).select_option("FEEDER_1")
    page.get_by_label("Severity", exact=True).fill("700")
    page.get_by_role("button", name="Inject").click()
    assert "Give a number from 1 to 100 percent." in page.content()
    assert page.get_by_label("Severity", exact=True).input_value() == "700"

    page.get_by_label("Severity", exact=True).fill("70")
    page.get_by_role("button", name="Inject").click()
    page.get_by_text("The event is stored.").wait_for()
    assert page.get_by_role("heading", name="Theft of 70\u00a0% on FEEDER_1").count() >= 1
    for path in PAGES:
        page.goto(address + path)
        assert overflow(page) <= 0, f"{path} is wider than the phone"
    assert not refused
    context.close()
