"""Limited Markdown: paragraphs, emphasis, strong, code, code blocks, lists and links to http, https and mailto.

A text becomes a tree of these few kinds and nothing else; player, ZIP and PDF are all drawn from the tree. What is not
of these kinds (HTML, images, headings, links to other schemes) stays as the words that were written. Renderers escape
every word, so that nothing an author or a generator writes can act.

Titles, names and labels are plain text and never pass through here.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

_LINK = re.compile(r"(https?://|mailto:)[^\s<>\"'`\\\x00-\x20]+", re.IGNORECASE)
# Deeper markup is nobody's text; its words are kept, its marks are not.
DEEPEST = 8
_MOST_LEVELS = 20


@dataclass(frozen=True)
class Words:
    """Plain text within a line."""

    text: str


@dataclass(frozen=True)
class Code:
    """Code within a line."""

    text: str


@dataclass(frozen=True)
class Break:
    """A line ends here."""


@dataclass(frozen=True)
class Emphasis:
    """Emphasised words, which may hold others."""

    inside: tuple["Inline", ...]


@dataclass(frozen=True)
class Strong:
    """Strongly emphasised words."""

    inside: tuple["Inline", ...]


@dataclass(frozen=True)
class Link:
    """Words that lead somewhere; `href` begins with http://, https:// or mailto:."""

    href: str
    inside: tuple["Inline", ...]


Inline = Words | Code | Break | Emphasis | Strong | Link


@dataclass(frozen=True)
class Paragraph:
    """Running text, a block of its own."""

    inside: tuple[Inline, ...]


@dataclass(frozen=True)
class CodeBlock:
    """Lines of code, as they were written."""

    text: str


@dataclass(frozen=True)
class Listing:
    """A list; `start` is its first number where it is numbered, else None."""

    start: int | None
    items: tuple[tuple["Block", ...], ...]


Block = Paragraph | CodeBlock | Listing


def blocks_of(text: str) -> tuple[Block, ...]:
    """The tree of a text of several paragraphs."""
    tokens = _parser().parse(text)
    if any(token.nesting == 1 and token.level >= _MOST_LEVELS - 1 for token in tokens):
        # The parser leaves out what is nested deeper than this: no word of what was approved may be lost.
        return tuple(Paragraph((Words(part),)) for part in re.split(r"\n\s*\n", text.strip()))
    return _Reader(tokens).blocks()


def inline_of(text: str) -> tuple[Inline, ...]:
    """The tree of a text of one line, such as an answer's option: no lists and no code blocks."""
    tokens = _parser().parseInline(text)
    return _inline(tokens[0].children or []) if tokens else ()


def html_of(text: str) -> str:
    """The text as HTML, safe to stand in a page as it is."""
    return "".join(_block_html(block) for block in blocks_of(text))


def inline_html_of(text: str) -> str:
    """A text of one line as HTML, safe to stand within an element of a page."""
    return _inline_html(inline_of(text))


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _MOST_LEVELS})
    # Entities too: a character that content refuses must not come back by its number.
    parser.disable(
        ["heading", "lheading", "hr", "blockquote", "reference", "html_block", "html_inline", "image", "entity"]
    )
    parser.validateLink = _is_allowed  # type: ignore[method-assign]
    return parser


def _is_allowed(url: str) -> bool:
    return _LINK.fullmatch(url) is not None


class _Reader:
    """Blocks from markdown-it's flat list of tokens."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens, self._at = tokens, 0

    def blocks(self, until: str = "") -> tuple[Block, ...]:
        """All blocks up to the closing token `until`, or to the end."""
        found: list[Block] = []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token.type == until:
                break
            if token.type == "inline":
                found.append(Paragraph(_inline(token.children or [])))
            elif token.type in ("fence", "code_block"):
                found.append(CodeBlock(token.content.rstrip("\n")))
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                found.append(self._list(token))
        return tuple(found)

    def _list(self, opened: Token) -> Listing:
        closing = opened.type.replace("open", "close")
        items: list[tuple[Block, ...]] = []
        while self._tokens[self._at].type != closing:
            self._at += 1  # past list_item_open
            items.append(self.blocks("list_item_close"))
        self._at += 1
        start = None if opened.type == "bullet_list_open" else int(opened.attrs.get("start", 1))
        return Listing(start, tuple(items))


def _inline(tokens: Sequence[Token]) -> tuple[Inline, ...]:
    """The tree of one line's tokens; marks beyond the deepest level are left out, their words stay."""
    levels: list[tuple[Token | None, list[Inline]]] = [(None, [])]
    for token in tokens:
        if token.nesting == 1:
            levels.append((token, []))
        elif token.nesting == -1:
            opened, inside = levels.pop()
            levels[-1][1].extend(_wrapped(opened, inside, len(levels)))
        elif (leaf := _leaf(token)) is not None:
            levels[-1][1].append(leaf)
    return tuple(_joined(levels[0][1]))


def _leaf(token: Token) -> Inline | None:
    if token.type == "code_inline":
        return Code(token.content)
    if token.type == "hardbreak":
        return Break()
    if token.type == "softbreak":
        return Words("\n")
    return Words(token.content) if token.content else None


def _wrapped(opened: Token | None, inside: list[Inline], depth: int) -> list[Inline]:
    if opened is None or depth > DEEPEST or not inside:
        return inside
    within = tuple(_joined(inside))
    if opened.type == "em_open":
        return [Emphasis(within)]
    if opened.type == "strong_open":
        return [Strong(within)]
    href = str(opened.attrGet("href") or "")
    # Written as `[words](address)` and checked once more: the tree is what renderers rely on.
    return [Link(href, within)] if opened.type == "link_open" and _is_allowed(href) else inside


def _joined(nodes: Sequence[Inline]) -> list[Inline]:
    """Neighbouring words as one."""
    joined: list[Inline] = []
    for node in nodes:
        last = joined[-1] if joined else None
        if isinstance(node, Words) and isinstance(last, Words):
            joined[-1] = Words(last.text + node.text)
        else:
            joined.append(node)
    return joined


def _block_html(block: Block) -> str:
    match block:
        case Paragraph(inside):
            return f'<p dir="auto">{_inline_html(inside)}</p>'
        case CodeBlock(text):
            return f'<pre dir="auto"><code>{html.escape(text)}</code></pre>'
        case Listing(start, items):
            tag = "ul" if start is None else "ol"
            begin = "" if start in (None, 1) else f' start="{start}"'
            return f'<{tag} dir="auto"{begin}>{"".join(_item_html(item) for item in items)}</{tag}>'


def _item_html(item: tuple[Block, ...]) -> str:
    """One paragraph alone stands in its item without an element of its own."""
    if len(item) == 1 and isinstance(item[0], Paragraph):
        return f"<li>{_inline_html(item[0].inside)}</li>"
    return f"<li>{''.join(_block_html(block) for block in item)}</li>"


def _inline_html(nodes: tuple[Inline, ...]) -> str:
    return "".join(_node_html(node) for node in nodes)


def _node_html(node: Inline) -> str:
    match node:
        case Words(text):
            return html.escape(text)
        case Code(text):
            return f"<code>{html.escape(text)}</code>"
        case Break():
            return "<br>"
        case Emphasis(inside):
            return f"<em>{_inline_html(inside)}</em>"
        case Strong(inside):
            return f"<strong>{_inline_html(inside)}</strong>"
        case Link(href, inside):
            words = _inline_html(inside)
            return f'<a href="{html.escape(href)}" target="_blank" rel="noopener noreferrer">{words}</a>'
