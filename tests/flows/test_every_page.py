"""Every page that a reader can come to by following links: it answers, weighs little, and asks no other machine.

An ordinary run follows the links of the owners of two small tenants; what readers of full rooms come by is walked with
a browser in `test_main_tasks`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx
import pytest

from api.doors import doors_of
from api.page_errors import NOT_PAGES
from domain.grid.metering.observe.publish import floor_to, publish
from domain.kernel.people import ensure_person
from domain.kernel.settings import WriteMode
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, application
from tests.flows.looking import HEAVIEST, serving
from tests.flows.test_main_tasks import stormy
from tests.makers import make_fleet, make_token

STATIC = Path(__file__).parents[2] / "api" / "static"
ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=/)[A-Z]+[_-]?[A-Z0-9]*[0-9-][A-Za-z0-9.-]*"
)
# A file and no page.
FILES = re.compile(r"file=|\.csv|\.json|/file$|/report\?|/content|worker\.js|/rejects/|/files/")
MOST_ALIKE = 1
# Without a link for an owner of these tenants: other rooms' own things, other roles' pages, and where one comes in.
ELSEWHERE = re.compile(
    r"^/(sign-in|messages|objects|search|lineage/|artifacts/|learn/|stairs/|grid/replays/"
    r"|admin/(courses/|jobs|retry|regeneration-jobs/|tenants|health))"
)


class Links(HTMLParser):
    """What a page refers to: pages behind links, and what a browser fetches with it."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[str] = []
        self.fetched: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep addresses, and whatever the content security policy would refuse."""
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href"):
            self.pages.append(given["href"])
        if tag in {"link", "script", "img"}:
            self.fetched += [given[name] for name in ("href", "src") if given.get(name)]
        self.inline += [f"<{tag} {name}>" for name in given if name.startswith("on")]
        self.inline += ["<script>"] if tag == "script" and "src" not in given else []


@pytest.fixture(scope="module")
def address(module_database: Database) -> Iterator[str]:
    ensure_signing_keys()
    with serving() as url:
        yield url


@contextmanager
def signed_in(address: str, name: str) -> Iterator[httpx.Client]:
    """A browser without scripts, with the session of a person of the demo."""
    with httpx.Client(base_url=address, headers={"accept": "text/html"}, trust_env=False, timeout=60) as client:
        page = client.get("/sign-in").text
        form = next(one for one in page.split("<form")[1:] if name in one)
        sent = dict(re.findall(r'name="(tenant|user|form_token|next)" value="([^"]*)"', form))
        assert client.post("/sign-in/demo", data=sent).status_code == 303
        yield client


def promoted(address: str, tenant: str) -> None:
    """What waits in the tenant's control room is countersigned as an outage."""
    token = make_token(tenant, "OPERATOR", email=f"olivia@{tenant.lower()}.example")
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=60) as client:
        advised = client.post("/v1/provisionals/promote", json={}).json()
        seen = {"mode": "commit", "content_hash": advised["content_hash"], "reason": "Calls confirm it."}
        client.post("/v1/provisionals/promote", json=seen).raise_for_status()


def weight(page: str) -> int:
    """Bytes with an empty cache: the page, what it names, and the letters that the style names."""
    links = Links()
    links.feed(page)
    total = len(page.encode())
    for one in {urlsplit(address).path for address in links.fetched}:
        file = STATIC / one.removeprefix("/static/")
        total += file.stat().st_size
        if file.suffix == ".css":
            total += sum((STATIC / font).stat().st_size for font in re.findall(r'url\("([^"]+)"\)', file.read_text()))
    return total


def walk(client: httpx.Client, address: str, start: str) -> dict[str, int]:
    """Follow every link, one of a kind; the pages with their weights."""
    waiting, seen, alike, found = [start], {start}, dict[str, int](), dict[str, int]()
    while waiting:
        path = waiting.pop(0)
        answer = client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        found[path] = weight(answer.text)
        assert found[path] <= HEAVIEST, f"{path} weighs {found[path]:,} bytes"
        links = Links()
        links.feed(answer.text)
        assert not links.inline, f"{path} holds {links.inline[:3]}"
        for link in links.fetched:
            assert urljoin(address + path, link).startswith(f"{address}/static/"), f"{path} fetches {link}"
        for link in links.pages:
            whole = urldefrag(urljoin(str(answer.url), link))[0]
            assert whole.startswith(address), f"{path} leads to {link}"
            there = whole.removeprefix(address) or "/"
            kind = ID.sub("*", re.sub(r"=[^&]*", "=", there))
            if there in seen or FILES.search(there) or alike.get(kind, 0) >= MOST_ALIKE:
                continue
            seen.add(there)
            alike[kind] = alike.get(kind, 0) + 1
            waiting.append(there)
    return found


def test_every_page_that_links_lead_to_answers_and_weighs_little(address: str) -> None:
    make_fleet("METERED", feeders=1, meters_per_feeder=4)
    ensure_person("METERED", "otto@metered.example", "Otto of METERED", ["TENANT_OWNER", "OPERATOR", "AUTHOR"])
    now = datetime.now(UTC)
    end = floor_to(now, 15)
    publish("METERED", window_start=end - timedelta(days=1), window_end=end, mode=WriteMode.SAFE, now=now, actor="test")
    stormy(address, "STORM")
    promoted(address, "STORM")
    found: set[str] = set()
    for name, start in (("Otto of METERED", "/"), ("Tessa of STORM", "/grid/outages")):
        with signed_in(address, name) as client:
            found |= set(walk(client, address, start))
    paths = {urlsplit(one).path for one in found}
    pages = [
        door for door in doors_of(application()) if "GET" in door.methods and not door.template.startswith(NOT_PAGES)
    ]
    missed = [door.template for door in pages if not any(door.path.fullmatch(path) for path in paths)]
    unreached = [one for one in missed if not ELSEWHERE.match(one) and not FILES.search(one)]
    assert not unreached, f"no link leads to {unreached}"
