"""With the keyboard alone, and at 200 %: every stop is seen, the keys lead where the pages say, nothing is cut off.

Held on the pages on which people decide: queue, proposal, outages, one outage of a machine's belief, health, ledger.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database
from tests.flows.looking import WIDE, Form, Person, serving
from tests.flows.test_main_tasks import stormy

# A desk of 1440 px at 200 %.
ZOOMED = Form("zoomed", 720)
MOST_STOPS = 90
STOP = """() => {
  const own = document.activeElement;
  if (!own || own === document.body) return null;
  const style = getComputedStyle(own), box = own.getBoundingClientRect();
  return {
    tag: own.tagName, words: (own.getAttribute('aria-label') || own.innerText || own.name || own.id).slice(0, 60),
    shown: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    inside: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0
      && box.left < innerWidth,
  };
}"""


@pytest.fixture(scope="module")
def address(module_database: Database) -> Iterator[str]:
    """The application on a free port, with a town at night."""
    ensure_signing_keys()
    with serving() as url:
        stormy(url, "KEYS")
        yield url


def stops(page: Page) -> list[dict[str, Any]]:
    """Where the focus goes from the head of the page until it leaves it."""
    found = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            break
        found.append(stop)
    return found


def focused(page: Page) -> str:
    """The id of what has the focus, or its address."""
    return str(page.evaluate("document.activeElement.id || document.activeElement.getAttribute('href') || ''"))


def pages(person: Person) -> list[str]:
    """The pages on which people decide."""
    person.page.goto(f"{person.address}/grid/outages")
    person.follows("REC-N")
    belief = person.page.url.removeprefix(person.address)
    person.presses("Go to the decision")
    proposal = person.page.url.removeprefix(person.address).partition("#")[0]
    return ["/", proposal, "/grid/outages", belief, "/grid", "/ledger"]


@pytest.mark.parametrize("form", [WIDE, ZOOMED], ids=["desk", "zoomed"])
def test_every_stop_of_the_focus_is_seen_and_nothing_is_cut_off(browser: Browser, address: str, form: Form) -> None:
    with Person(browser, address, form, "keyboard") as olivia:
        # Else the page glides to each stop, and is asked before it is there.
        olivia.page.emulate_media(reduced_motion="reduce")
        olivia.signs_in("Olivia of KEYS")
        opened = pages(olivia)
        for number, path in enumerate(opened):
            if path == "/ledger":
                olivia.page.context.clear_cookies()
                olivia.signs_in("Audrey of KEYS")
            olivia.opens(path, f"page-{number}")
            olivia.page.evaluate("scrollTo(0, 0)")
            found = stops(olivia.page)
            assert [one for one in found if not one["shown"] or not one["inside"]] == [], path
            assert found[0]["words"] == "Skip to content", path
            assert len(found) > 5, path


def test_keys_lead_to_the_content_the_search_and_the_next_of_a_list(browser: Browser, address: str) -> None:
    with Person(browser, address, WIDE, "keyboard") as olivia:
        olivia.signs_in("Olivia of KEYS")
        page, opened = olivia.page, pages(olivia)
        page.goto(f"{address}/")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert focused(page) == "main"
        page.keyboard.press("/")
        assert focused(page) == "q"
        page.keyboard.press("j")
        assert page.locator("#q").input_value() == "j"
        page.goto(f"{address}/")
        page.keyboard.press("j")
        assert focused(page) == opened[1]
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}{opened[1]}")
        page.goto(f"{address}/grid/outages")
        page.keyboard.press("j")
        first = focused(page)
        page.keyboard.press("j")
        assert focused(page) != first
        page.keyboard.press("k")
        assert focused(page) == first
