"""Read a page as a browser does: its forms with what stands in them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from fastapi.testclient import TestClient


@dataclass
class Form:
    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        elif not self.forms:
            return
        elif tag == "input" and given.get("type") not in {"file", "checkbox"}:
            self.forms[-1].values[given.get("name", "")] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.forms[-1].values):
            self.forms[-1].values[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None


def forms_of(html: str) -> list[Form]:
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def form_to(html: str, action: str) -> Form:
    """The form that posts to `action`, without its fragment."""
    found = [form for form in forms_of(html) if form.action.split("#")[0] == action]
    assert found, f"no form to {action}"
    return found[0]


def send(browser: TestClient, page: str, action: str, **typed: str) -> object:
    """Open the page, fill its form and send it, without following the redirect."""
    form = form_to(browser.get(page).text, action)
    return browser.post(action, data=form.values | typed, follow_redirects=False)
