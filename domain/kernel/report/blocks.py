"""The pieces of a report before it is laid out. PDF and DOCX are both made from these, so that they say the same.

Texts are plain: a renderer escapes them, and nothing in them is markup.
"""

from dataclasses import dataclass
from typing import Literal

from domain.kernel.charts.chart import Chart

Look = Literal["body", "lead", "note", "bold", "mono"]
Align = Literal["left", "right"]


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 to 3, with its number in its text."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text of a report."""

    text: str
    look: Look = "body"


@dataclass(frozen=True)
class Advice:
    """What a machine suggested: set off by a dashed rule and the word."""

    text: str
    mark: str = "Suggested"


@dataclass(frozen=True)
class Bullets:
    """A list without order."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Kpi:
    """One number of the cover: what, how much, and what it is to be seen against."""

    label: str
    value: str
    delta: str


@dataclass(frozen=True)
class Kpis:
    """At most six numbers in a row."""

    items: tuple[Kpi, ...]


@dataclass(frozen=True)
class Facts:
    """Names with their values, one beneath the other; values of `mono` are ids and hashes."""

    rows: tuple[tuple[str, str], ...]
    is_mono: bool = False


@dataclass(frozen=True)
class Col:
    """A column of a table; `share` is its part of the width in proportion to the others."""

    heading: str
    share: float
    align: Align = "left"
    is_mono: bool = False
    is_small: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under repeated headings. `emphasis` numbers the rows that are spoken of; `note` stands beneath.

    `part` is the table's share of the page's width: names and values far apart are hard to read across.
    """

    number: int
    caption: str
    columns: tuple[Col, ...]
    rows: tuple[tuple[str, ...], ...]
    emphasis: frozenset[int] = frozenset()
    note: str = ""
    part: float = 1.0


@dataclass(frozen=True)
class Figure:
    """A chart with its number; its title is the finding, its subtitle the measure."""

    number: int
    chart: Chart


@dataclass(frozen=True)
class Contents:
    """The list of the sections with their pages."""


@dataclass(frozen=True)
class PageBreak:
    """What follows begins a page."""


Block = Heading | Paragraph | Advice | Bullets | Kpis | Facts | Table | Figure | Contents | PageBreak


@dataclass(frozen=True)
class Cover:
    """The first page."""

    name: str
    title: str
    subtitle: str
    status: str
    is_signed: bool
    facts: tuple[tuple[str, str], ...]
    kpis: Kpis
    advisory: tuple[str, ...]
    address: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """A whole report.

    Attributes:
        title, subject, author, language: what the file says of itself.
        made_at: when the content was made, ISO 8601 in UTC; the only date of the file.
        renderer: the version of what lays it out, as the file names its creator.
        running_head: what stands at the top of each page after the cover.
        mark: the words across each page of a draft, else empty.
        sentences, identity: the foot of each page.
    """

    title: str
    subject: str
    author: str
    language: str
    made_at: str
    renderer: str
    running_head: str
    mark: str
    sentences: tuple[str, ...]
    identity: str
    cover: Cover
    blocks: tuple[Block, ...]
