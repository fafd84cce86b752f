"""The foot of a list: one macro for all lists, and its links keep the filters that are set."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

from api.pages import HERE, environment


def links(call: str, **context: object) -> list[tuple[str, str, str]]:
    """Words, address and relation of each link that a call of the macro makes."""
    told = environment.from_string(f"{{{{ parts.{call} }}}}").render(**context)
    found = re.findall(r'<a class="button" rel="(\w+)" href="([^"]*)">([^<]*)</a>', told)
    return [(words, unescape(address), relation) for relation, address, words in found]


def test_the_next_page_keeps_every_filter_and_its_letters() -> None:
    call = 'pager(cursor, "More", {"status": "", "search": "a b&c=å"}, name="later", to="/x", at="#here")'
    ((words, address, relation),) = links(call, cursor="Zx-_=")
    parts = urlsplit(address)
    assert (words, relation, parts.path, parts.fragment) == ("More", "next", "/x", "here")
    asked = parse_qs(parts.query, keep_blank_values=True)
    assert asked == {"status": [""], "search": ["a b&c=å"], "later": ["Zx-_="]}


def test_the_way_back_leads_to_the_beginning_with_the_filters() -> None:
    call = 'pager(none, "Older", {"kind": "report"}, to="/artifacts", first="Newest")'
    assert links(call) == [("Newest", "/artifacts?kind=report", "first")]
    assert links('pager(none, to="/ledger", first="Newest")') == [("Newest", "/ledger", "first")]


def test_a_list_that_ends_here_has_no_foot() -> None:
    assert environment.from_string("{{ parts.pager(none) }}").render().strip() == ""


def test_every_list_has_the_one_foot() -> None:
    worn = [path for path in sorted((HERE / "templates").rglob("*.html")) if 'class="pager"' in path.read_text()]
    assert worn == [HERE / "templates/parts.html"]
