"""Flowables of the course: text in lines of its own making, which split between pages, carry links and are tagged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import Any, Literal

from reportlab.lib.colors import Color
from reportlab.platypus.flowables import Flowable

from domain.courses.delivery.exports.pdf.letters import drawn, wide
from domain.courses.delivery.exports.pdf.lines import Line, Sign, is_right_to_left, lines_of
from domain.kernel.report.pdf.styles import INK, LINE, MUTED, RAISED
from domain.kernel.report.pdf.tagging import Structure, artifact


@dataclass(frozen=True)
class Look:
    """How a paragraph looks, in points. `rule` is the side at which a rule stands; `ground` lies behind."""

    size: float = 10.4
    leading: float = 15.2
    color: Color = INK
    before: float = 0
    after: float = 6
    indent: float = 0
    rule: Literal["", "left", "right"] = ""
    ground: bool = False
    keep: bool = False

    def within(self, indent: float, rule: Literal["", "left", "right"] = "") -> "Look":
        """The same, further in."""
        return replace(self, indent=self.indent + indent, rule=self.rule or rule)


class Written(Flowable):  # type: ignore[misc]
    """A paragraph. `marker` stands before its first line, at the side where it begins."""

    def __init__(self, signs: Sequence[Sign], look: Look, tag: str = "P", marker: str = "") -> None:
        super().__init__()
        self._signs, self._look, self._tag, self._marker = tuple(signs), look, tag, marker
        self._lines: tuple[Line, ...] | None = None
        self._is_from_right = is_right_to_left(signs)
        self.heading: tuple[int, str, str] | None = None
        self.spaceBefore, self.spaceAfter = look.before, look.after
        self.keepWithNext = look.keep

    def wrap(self, width: float, _: float) -> tuple[float, float]:
        """As high as its lines."""
        look = self._look
        self._pad = 6.0 if look.ground else 0.0
        if self._lines is None:
            room = width - look.indent - 2 * self._pad
            self._lines = _lines(self._signs, room, look.size)
        self.width, self.height = width, len(self._lines) * look.leading + 2 * self._pad
        return self.width, self.height

    def split(self, width: float, height: float) -> list[Flowable]:
        """Two halves, neither with a line alone unless there is no more."""
        self.wrap(width, height)
        lines = self._lines or ()
        fitting = int((height - 2 * self._pad) / self._look.leading)
        if len(lines) - fitting == 1:
            fitting -= 1
        if fitting < 2 or fitting >= len(lines):
            return []
        return [self._part(lines[:fitting], is_first=True), self._part(lines[fitting:], is_first=False)]

    def _part(self, lines: tuple[Line, ...], is_first: bool) -> "Written":
        part = Written(self._signs, self._look, self._tag, self._marker if is_first else "")
        part._lines = lines
        part.heading = self.heading if is_first else None
        if is_first:
            part.spaceAfter = 0
        else:
            part.spaceBefore = 0
        return part

    def draw(self) -> None:
        """The lines, marked; what stands beside and behind them is no content."""
        look, canvas = self._look, self.canv
        if canvas.is_measuring:
            return  # The first pass finds the pages, and is thrown away.
        self._draw_frame()
        y = self.height - self._pad - look.leading + (look.leading - look.size) * 0.75
        reads = " ".join(line.reads for line in self._lines or ())
        is_turned = any(line.is_turned for line in self._lines or ())
        with _said(canvas, self._tag, f"{self._marker} {reads}".strip() if is_turned else ""):
            for number, line in enumerate(self._lines or ()):
                if number == 0 and self._marker:
                    self._draw_marker(y)
                self._draw_line(line, y)
                y -= look.leading

    def _draw_line(self, line: Line, y: float) -> None:
        look = self._look
        x = look.indent + self._pad
        if self._is_from_right:
            x = self.width - look.indent - self._pad - line.width
        for (_, href), group in groupby(line.signs, key=lambda sign: (sign.face, sign.href)):
            signs = list(group)
            step = sum(wide(sign.letter, sign.face) for sign in signs) * look.size
            color = LINKED if href else look.color
            draw_signs(self.canv, signs, x, y, look.size, color)
            if href:
                self.canv.linkURL(href, (x, y - 2, x + step, y + look.size), relative=1, thickness=0)
            x += step

    def _draw_marker(self, y: float) -> None:
        look = self._look
        signs = [Sign(letter, "plain") for letter in self._marker]
        step = sum(wide(sign.letter, sign.face) for sign in signs) * look.size
        x = look.indent - step - 5
        if self._is_from_right:
            x = self.width - look.indent + 5
        draw_signs(self.canv, signs, x, y, look.size, look.color)

    def _draw_frame(self) -> None:
        look, canvas = self._look, self.canv
        if not (look.rule or look.ground):
            return
        with artifact(canvas):
            canvas.saveState()
            if look.ground:
                canvas.setFillColor(RAISED)
                canvas.rect(look.indent, 0, self.width - look.indent, self.height, stroke=0, fill=1)
            if look.rule:
                canvas.setStrokeColor(LINE)
                canvas.setLineWidth(2)
                x = self.width - 3 if look.rule == "right" else 3
                canvas.line(x, -look.after if look.after < look.leading else 0, x, self.height)
            canvas.restoreState()


LINKED = Color(0, 0x5A / 255, 0x9C / 255)
QUIET = MUTED


def draw_signs(canvas: Any, signs: Sequence[Sign], x: float, y: float, size: float, color: Color) -> None:
    """Put signs on the canvas from left to right, each in the font that has it."""
    text = canvas.beginText(x, y)
    canvas.setFillColor(color)
    shown = [drawn(sign.letter, sign.face) for sign in signs]
    for font, group in groupby(shown, key=lambda pair: pair[0]):
        words = "".join(letters for _, letters in group)
        if words:
            text.setFont(font, size)
            text.textOut(words)
    canvas.drawText(text)


@lru_cache(maxsize=20_000)
def _lines(signs: tuple[Sign, ...], width: float, size: float) -> tuple[Line, ...]:
    """Pages are laid out more than once; lines are the same each time."""
    return tuple(lines_of(signs, width, size))


class _said:  # noqa: N801 - used as a statement
    """What is drawn meanwhile is one element; `words` is what it reads as where letters stand in another order."""

    def __init__(self, canvas: Any, tag: str, words: str) -> None:
        self._canvas, self._tag, self._words = canvas, tag, words

    def __enter__(self) -> None:
        structure: Structure = self._canvas.structure
        structure.begin(self._tag)
        number = structure.mark(self._canvas.getPageNumber())
        actual = f" /ActualText <FEFF{self._words.encode('utf-16-be').hex().upper()}>" if self._words else ""
        self._canvas._code.append(f"/{self._tag} <</MCID {number}{actual}>> BDC")

    def __exit__(self, *_: object) -> None:
        self._canvas._code.append("EMC")
        self._canvas.structure.end()
