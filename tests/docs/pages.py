"""What stands in the documents: pages, fenced lines, addresses."""

import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it.token import Token

from scripts.site import ROOT, pages, parse

SHELLS = {"sh", "bash"}
PAGES = [page for page in pages() if page.name != "NOTICES.md"]


def tokens(page: Path) -> list[Token]:
    return parse((ROOT / page).read_text())


def shell_lines(page: Path) -> Iterator[str]:
    """Each command of the fenced shell blocks, continued lines joined."""
    for token in tokens(page):
        if token.type == "fence" and token.info.strip() in SHELLS:
            yield from (line.strip() for line in re.sub(r"\\\n\s*", " ", token.content).splitlines())


def commands(program: str) -> list[tuple[str, str]]:
    """Page and line of each command that begins with `program`."""
    found = [(page.as_posix(), line) for page in PAGES for line in shell_lines(page)]
    return [(page, line) for page, line in found if line.split(" ")[0] == program]


def inline_code(page: Path) -> Iterator[str]:
    """Each piece of code in running text and tables."""
    for token in tokens(page):
        yield from (child.content for child in token.children or [] if child.type == "code_inline")
