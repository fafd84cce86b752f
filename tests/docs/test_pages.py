"""Links resolve, named paths exist, and what the pages list is what the product has."""

import re
from pathlib import Path

import psycopg
import pytest

from api.acts import GATES
from domain.kernel.canonical import sha256_hex
from domain.kernel.column_words import REPEATED, ROOMS, words
from scripts import data_dictionary, notices
from scripts.site import DOCS, ROOT, Site, anchors, links, pages, parse, resolve
from tests.conftest import Database
from tests.deploy.commands import setting_names
from tests.docs.pages import PAGES, inline_code, tokens

FOLDERS = (
    "api/",
    "bench/",
    "cli/",
    "deploy/",
    "docs/",
    "domain/",
    "migrations/",
    "orchestration/",
    "scripts/",
    "sql/",
    "tests/",
)
SETTING = re.compile(r"COUNTERSIGN_[A-Z0-9_]+[A-Z0-9]")
# Not settings of a process: what tests, scripts and the notation of several at once say.
OTHER_NAMES = {"COUNTERSIGN_SHARED_DATA", "COUNTERSIGN_INSTANCE", "COUNTERSIGN_TOKEN", "COUNTERSIGN_CELERY_BROKER_URL"}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_resolves(page: Path) -> None:
    for link in links(tokens(page)):
        resolved = resolve(page, str(link.attrGet("href")))
        if resolved is None:
            continue
        file, anchor = resolved
        assert (ROOT / file).exists(), f"{page} links to {file}"
        if anchor:
            assert anchor in anchors(parse((ROOT / file).read_text())), f"{page} links to {file}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_named_path_exists(page: Path) -> None:
    for code in inline_code(page):
        if code.startswith(FOLDERS) and not re.search(r"[ *{}<>=…]|\.\.\.", code):
            assert (ROOT / code.split(":")[0]).exists(), f"{page} names {code}"


def test_every_page_is_reached_from_the_index() -> None:
    seen, waiting = set[Path](), [Path("docs/README.md")]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        for link in links(tokens(page)):
            resolved = resolve(page, str(link.attrGet("href")))
            if resolved and resolved[0].suffix == ".md" and (ROOT / resolved[0]).exists():
                waiting.append(resolved[0])
    records = {page for page in pages() if page.parent.name == "decisions"}
    assert set(PAGES) - records - seen == {Path("CHANGELOG.md")} - seen


def test_every_setting_that_is_named_is_one_that_the_product_reads() -> None:
    for page in PAGES:
        text = (ROOT / page).read_text()
        for name in SETTING.findall(text):
            more = any(known.startswith(name) for known in setting_names())
            assert name in setting_names() | OTHER_NAMES or more, f"{page} names {name}"


def test_the_page_of_settings_has_every_one_and_no_other() -> None:
    told = set(re.findall(r"`([A-Z][A-Z0-9_]{2,})`", (DOCS / "settings.md").read_text())) - {"INFO", "DEMO_TENANT"}
    assert told == setting_names()


def test_the_gates_stand_in_the_documents_with_their_roles() -> None:
    text = (DOCS / "countersigning.md").read_text().split("## The gates")[1]
    told: dict[str, list[str]] = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for kind in re.findall(r"`([a-z]+\.[a-z]+)`", cells[0]):
            told[kind] = cells
    assert set(told) == set(GATES)
    for kind, gate in GATES.items():
        _, _, roles, four_eyes, order = told[kind]
        if kind != "role.delegation":
            assert roles.split(", ") == sorted(role.value for role in gate.roles), kind
        assert (four_eyes == "yes", order == "yes") == (gate.four_eyes, gate.orderable), kind


def test_notices_name_every_package_that_is_shipped() -> None:
    assert (ROOT / "NOTICES.md").read_text() == notices.notices(), "run `make notices`"
    assert "|  |" not in notices.notices()


def test_every_table_says_what_it_is_for_with_its_grain(module_database: Database) -> None:
    with psycopg.connect(module_database.urls["owner"]) as connection:
        facts = data_dictionary.ask(connection)
    told = {row[0]: row[2] for row in facts.columns if row[1] != "v"}
    told_of_views = {row[0]: row[2] for row in facts.columns if row[1] == "v"}
    without = sorted(table for table, comment in told.items() if "Grain: one row " not in (comment or ""))
    assert without == [], "COMMENT ON TABLE with purpose, grain and units; see sql/kernel/comments.sql"
    headers = data_dictionary.view_headers()
    views = {row[0] for row in facts.columns if row[1] == "v"}
    assert {view for view in views if not (headers.get(view) or told_of_views[view])} == set()


def test_every_column_says_what_it_means(module_database: Database) -> None:
    with psycopg.connect(module_database.urls["owner"]) as connection:
        facts = data_dictionary.ask(connection)
    bare = [f"{row[0]}.{row[3]}" for row in facts.columns if not row[6]]
    assert bare == [], "list them in sql/<room>/columns.toml and call comment_columns() in the revision"


def test_what_the_lists_of_columns_say_is_of_columns_that_there_are(module_database: Database) -> None:
    with psycopg.connect(module_database.urls["owner"]) as connection:
        facts = data_dictionary.ask(connection)
    there = {(row[0], row[3]) for row in facts.columns}
    relations, names = {relation for relation, _ in there}, {name for _, name in there}
    for room in ROOMS:
        for relation, listed in words(room).items():
            assert relation in {*relations, REPEATED}, relation
            for name in listed:
                assert (relation, name) in there or (relation == REPEATED and name in names), (relation, name)
    assert set(words()[REPEATED]) <= names


def test_the_dictionary_tells_grain_units_keys_and_rights(module_database: Database) -> None:
    with psycopg.connect(module_database.urls["owner"]) as connection:
        page = data_dictionary.dictionary(data_dictionary.ask(connection))
    reads = page.split("### meter_reads_electric\n")[1].split("\n### ")[0]
    assert "Grain: one row a meter and interval end" in reads
    assert "| kwh | double precision | kWh | not null |" in reads or "| kwh | numeric" in reads
    assert "PRIMARY KEY" in reads
    ledger = page.split("### events\n")[1].split("\n### ")[0]
    assert "Append-only" in ledger
    assert "auditor SELECT" in ledger


def test_the_site_is_built_whole_and_asks_nothing_of_a_network(tmp_path: Path) -> None:
    count = Site(tmp_path / "site").build({"data-dictionary.md": "## Tables\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"})
    made = sorted((tmp_path / "site").rglob("*.html"))
    assert len(made) == count == len(list(pages()))
    for page in made:
        text = page.read_text()
        assert not re.search(r"(?:src|<link[^>]*href)=\"https?:", text)
        for href in re.findall(r'href="([^"#]+)', text):
            if not re.match(r"[a-z]+:", href) and not (page.parent / href).resolve().is_dir():
                assert (page.parent / href).resolve().exists(), f"{page.name}: {href}"
    assert "<td>1</td>" in (tmp_path / "site/data-dictionary.html").read_text()
    again = Site(tmp_path / "again")
    again.build({"data-dictionary.md": "## Tables\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"})
    first, second = (
        [sha256_hex(page.read_bytes()) for page in sorted((tmp_path / name).rglob("*.html"))]
        for name in ("site", "again")
    )
    assert first == second
