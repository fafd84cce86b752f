"""What stands in the documents: pages, fenced lines, addresses."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
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


@cache
def commands(program: str) -> list[tuple[str, str]]:
    """Page and line of each command that begins with `program`."""
    found = [(page.as_posix(), line) for page in PAGES for line in shell_lines(page)]
    return [(page, line) for page, line in found if line.split(" ")[0] == program]


def inline_code(page: Path) -> Iterator[str]:
    """Each piece of code in running text and tables."""
    for token in tokens(page):
        yield from (child.content for child in token.children or [] if child.type == "code_inline")


def whole_commands(page: Path) -> Iterator[str]:
    """Each command of the fenced shell blocks as a shell reads it: with its lines, quotes and what it is handed."""
    for token in tokens(page):
        if token.type == "fence" and token.info.strip() in SHELLS:
            waiting = ""
            for line in re.sub(r"\\\n\s*", " ", token.content).splitlines():
                waiting = f"{waiting}\n{line}" if waiting else line
                if waiting.strip() and not waiting.strip().startswith("#") and _is_whole(waiting):
                    yield waiting.strip()
                    waiting = ""
                elif waiting.strip().startswith("#") and "\n" not in waiting:
                    waiting = ""


def _is_whole(command: str) -> bool:
    handed = re.search(r"<<'?(\w+)'?", command)
    if handed:
        return command.splitlines()[-1] == handed[1]
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return False
    return True
