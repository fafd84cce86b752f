"""Build the documentation as a site that is read from the disk: `make docs`, result in .countersign/site.

Pages are docs/ and what they link to; docs/README.md is the index and the navigation. Below the data dictionary and the
API page stands what is generated from a live database and from the application.
"""

import argparse
import html
import json
import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from domain.kernel.settings import settings

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
ASSETS = ROOT / "scripts/site_parts"
FONTS = ROOT / "api/static/fonts"
# Pages beside docs/ that belong to it.
MORE = ("README.md", "CHANGELOG.md", "NOTICES.md")


def slug(heading: str) -> str:
    """The anchor of a heading, as the usual Markdown readers make it."""
    plain = re.sub(r"[`*_]|\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def pages() -> Iterator[Path]:
    """Every page, relative to the root, in order."""
    yield from (Path(name) for name in MORE if (ROOT / name).exists())
    yield from sorted(path.relative_to(ROOT) for path in DOCS.rglob("*.md"))


def target_of(page: Path) -> Path:
    """Where a page lies in the site: docs/ is its top, pages of the root lie under `project/`."""
    inside = page.relative_to("docs") if page.parts[0] == "docs" else Path("project") / page
    return inside.with_name("index.html" if inside == Path("README.md") else f"{inside.stem}.html")


def anchors(tokens: list[Token]) -> list[str]:
    """The anchors of all headings, and each heading gets its own."""
    seen: dict[str, int] = {}
    for token, inside in pairwise(tokens):
        if token.type == "heading_open":
            name = slug(inside.content)
            seen[name] = seen.get(name, -1) + 1
            token.attrSet("id", f"{name}-{seen[name]}" if seen[name] else name)
    return [str(token.attrGet("id")) for token in tokens if token.type == "heading_open"]


def links(tokens: list[Token]) -> Iterator[Token]:
    """Every link of a page."""
    for token in tokens:
        yield from (child for child in token.children or [] if child.type == "link_open")


def resolve(page: Path, href: str) -> tuple[Path, str] | None:
    """File and anchor that a link leads to, relative to the root; None for an address elsewhere."""
    if re.match(r"[a-z]+:", href):
        return None
    where, _, anchor = href.partition("#")
    found = (ROOT / page.parent / unquote(where)).resolve() if where else ROOT / page
    return found.relative_to(ROOT), anchor


def parse(text: str) -> list[Token]:
    """A page's Markdown, as CommonMark with tables."""
    return MarkdownIt("commonmark", {"html": False}).enable("table").parse(text)


def breakable(body: str) -> str:
    """Names such as COUNTERSIGN_HOME may break after a word, and only there, where a column is narrow."""
    return re.sub(r"<code>[A-Z][A-Z0-9_]+</code>", lambda found: found[0].replace("_", "_<wbr>"), body)


class Site:
    """The site as it is built."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.template = (ASSETS / "page.html").read_text()
        self.copied: set[Path] = set()

    def build(self, generated: dict[str, str]) -> int:
        """Write every page; `generated` is Markdown that goes below a page of docs/, by its name."""
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir(parents=True)
        shutil.copy(ASSETS / "site.css", self.out / "site.css")
        shutil.copytree(FONTS, self.out / "fonts")
        every = list(pages())
        for page in every:
            more = generated.get(page.as_posix().removeprefix("docs/"), "")
            self._write(page, (ROOT / page).read_text() + ("\n" + more if more else ""))
        return len(every)

    def _write(self, page: Path, text: str) -> None:
        tokens, target = parse(text), target_of(page)
        anchors(tokens)
        up = "../" * (len(target.parts) - 1)
        for link in links(tokens):
            self._point(page, link, up)
        title = next((inside.content for token, inside in pairwise(tokens) if token.tag == "h1"), "")
        whole = self.template
        for name, value in {
            "title": html.escape(re.sub(r"[`*]", "", title)),
            "up": up,
            "nav": self._navigation(page, up),
            "body": breakable(MarkdownIt().renderer.render(tokens, MarkdownIt("commonmark").options, {})),
        }.items():
            whole = whole.replace(f"@{name}@", value)
        (self.out / target).parent.mkdir(parents=True, exist_ok=True)
        (self.out / target).write_text(whole)

    def _point(self, page: Path, link: Token, up: str) -> None:
        resolved = resolve(page, str(link.attrGet("href")))
        if resolved is None:
            return
        file, anchor = resolved
        if file.is_dir() or (ROOT / file).is_dir():
            file = file / "README.md" if (ROOT / file / "README.md").exists() else file
        is_page = file.suffix == ".md" and (file.parts[0] == "docs" or file.as_posix() in MORE)
        where = target_of(file) if is_page else self._copy(file)
        link.attrSet("href", f"{up}{where.as_posix()}" + (f"#{anchor}" if anchor else ""))

    def _copy(self, file: Path) -> Path:
        """A file of the tree that a page links to, laid beside the pages as text."""
        where = Path("files") / file
        if (ROOT / file).is_file():
            where = where.with_name(where.name + ("" if where.suffix in {".json", ".csv", ".pdf", ".png"} else ".txt"))
            (self.out / where).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, self.out / where)
        return where

    def _navigation(self, page: Path, up: str) -> str:
        lines = []
        for line in (DOCS / "README.md").read_text().splitlines():
            if line.startswith("## "):
                lines.append(f"</ul><h2>{html.escape(line[3:])}</h2><ul>")
            elif entry := re.match(r"- \[([^]]+)\]\(([^)]+)\)", line):
                file, _ = resolve(Path("docs/README.md"), entry[2]) or (Path(), "")
                here = ' aria-current="page"' if file == page else ""
                name = html.escape(entry[1].split(":")[0])
                lines.append(f'<li><a href="{up}{target_of(file).as_posix()}"{here}>{name}</a></li>')
        return "".join(lines).removeprefix("</ul>") + "</ul>"


def main() -> None:
    """Build the site; the database of this copy is made where there is none."""
    from cli.services import database
    from domain.kernel import migrate
    from scripts import data_dictionary, openapi

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=settings().home_path / "site")
    options = parser.parse_args()
    home = settings().home_path
    with database.running(home):
        migrate.apply()
        dictionary = data_dictionary.made(home)
    told = openapi.document()
    count = Site(options.out).build(
        {"data-dictionary.md": dictionary, "api.md": "## Endpoints\n\n" + openapi.endpoints(told)}
    )
    (options.out / "openapi.json").write_text(json.dumps(told, indent=1) + "\n")
    print(f"{count} pages in {options.out}; open {options.out / 'index.html'}")


if __name__ == "__main__":
    main()
