"""Looking at pages in a browser as a person would: what every page owes is checked wherever somebody comes by.

A page owes: no fault that axe holds to be serious or critical, no error on the console, no request to another machine,
nothing wider than the window, at most 500 kB with an empty cache. A picture of it is kept under `.countersign/screens/`
of the checkout.
"""

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

from api import limits
from api.app import create_app
from domain.kernel.settings import DbRole, settings

ROOT = Path(__file__).parents[2]
SCREENS = ROOT / ".countersign" / "screens"
AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text()
HEAVIEST = 500_000
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# WCAG 2.2 AA and what axe holds to be good practice on top.
FAULTS = """async () => {
  const found = await axe.run(document, { resultTypes: ['violations'] });
  return found.violations
    .filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`);
}"""


@dataclass(frozen=True)
class Form:
    """How a person comes: window, and whether scripts run."""

    name: str
    width: int
    has_script: bool = True
    is_dark: bool = False

    @property
    def is_phone(self) -> bool:
        """Whether it is held in the hand."""
        return self.width < 600


WIDE = Form("wide", 1440)
PHONE = Form("phone", 390, is_dark=True)
PLAIN = Form("plain", 390, has_script=False)


def chromium() -> str | None:
    """Where the browser is; None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def browsing() -> Iterator[Browser]:
    """Debian's Chromium for as long as it takes."""
    path = chromium()
    if path is None and os.environ.get("CI") != "true":
        pytest.skip("no chromium; scripts/system-packages.sh installs it")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=FLAGS) as opened:
        yield opened


@contextmanager
def serving() -> Iterator[str]:
    """The application on a free port."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
        limits._engine(settings().url(DbRole.APP)).dispose()
        limits._engine.cache_clear()


class Person:
    """Somebody at a browser. Whatever is wrong on the way is kept, and told when the person is done."""

    def __init__(self, browser: Browser, address: str, form: Form, task: str) -> None:
        self.form, self.address, self.task = form, address, task
        self.wrong: list[str] = []
        self._pictures = 0
        self._context: BrowserContext = browser.new_context(
            viewport={"width": form.width, "height": 844 if form.is_phone else 900},
            is_mobile=form.is_phone,
            has_touch=form.is_phone,
            java_script_enabled=form.has_script,
            color_scheme="dark" if form.is_dark else "light",
            accept_downloads=True,
        )
        self.page: Page = self._context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.wrong.append(f"{self.page.url}: {error}"))
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("response", self._answered)

    def __enter__(self) -> "Person":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self.picture("broken")
        self._context.close()
        if kind is None:
            assert not self.wrong, "\n".join(self.wrong)

    def signs_in(self, name: str) -> None:
        """As a person of the demo, with one click; people of several tenants have names of their own."""
        self.page.goto(f"{self.address}/sign-in")
        self.page.locator("button.person", has_text=name).first.click()

    def opens(self, path: str, picture: str = "") -> None:
        """Go to a page of this copy and look at it."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
        self.looks(picture)

    def looks(self, picture: str = "") -> None:
        """See what every page owes."""
        page = self.page
        page.wait_for_load_state()
        over = int(page.evaluate("document.documentElement.scrollWidth")) - self.form.width
        if over > 0:
            self.wrong.append(f"{page.url} is {over} px wider than the window")
        if self.form.has_script:
            page.evaluate(AXE)
            self.wrong += [f"{page.url}: {one}" for one in page.evaluate(FAULTS)]
        if picture:
            self.picture(picture)

    def picture(self, name: str) -> None:
        """Keep how it looks."""
        self._pictures += 1
        folder = SCREENS / self.task
        folder.mkdir(parents=True, exist_ok=True)
        file = f"{self.form.name}-{self._pictures:02d}-{re.sub(r'[^a-z0-9]+', '-', name.lower())}.png"
        self.page.screenshot(path=folder / file, full_page=True)

    def presses(self, name: str) -> None:
        """The first button of that name."""
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def follows(self, name: str) -> None:
        """The first link of that name within the page."""
        self.page.locator("main").get_by_role("link", name=name).first.click()

    def reads(self, words: str) -> None:
        """It says so on the page."""
        assert words in self.page.locator("main").inner_text(), f"{self.page.url} does not say {words!r}"

    def heading(self) -> str:
        """The finding."""
        return self.page.get_by_role("heading", level=1).inner_text()

    def _said(self, message: object) -> None:
        text = str(getattr(message, "text", ""))
        # A form that is refused answers with its page and 4xx, which the browser notes; what is wrong there is told.
        if getattr(message, "type", "") == "error" and "status of 4" not in text:
            self.wrong.append(f"{self.page.url}: console: {text}")

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https"} and f"{parts.scheme}://{parts.netloc}" != self.address:
            self.wrong.append(f"{self.page.url} asked another machine: {url}")

    def _answered(self, response: Response) -> None:
        asked_for = response.request.resource_type
        if response.status >= 500 or (response.status >= 400 and asked_for != "document"):
            self.wrong.append(f"{response.url}: {response.status}")
