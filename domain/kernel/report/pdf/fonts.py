"""The shipped fonts for the PDF, and names whose letters they do not have: another font, then the letter's code."""

import unicodedata
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from matplotlib import get_data_path
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from domain.kernel.charts.lettering import drawable
from domain.kernel.charts.theme import FONTS

SANS, BOLD, MONO = "Countersign-Sans", "Countersign-Bold", "Countersign-Mono"
OTHER, OTHER_BOLD, OTHER_MONO = "Countersign-Other", "Countersign-OtherBold", "Countersign-OtherMono"
_INSTEAD = {SANS: OTHER, BOLD: OTHER_BOLD, MONO: OTHER_MONO}


@lru_cache(maxsize=1)
def register_fonts() -> None:
    """Make the fonts known to reportlab; those of the machine are never used."""
    more = Path(get_data_path()) / "fonts" / "ttf"
    for name, path in (
        (SANS, FONTS / "IBMPlexSans-Regular.ttf"),
        (BOLD, FONTS / "IBMPlexSans-SemiBold.ttf"),
        (MONO, FONTS / "IBMPlexMono-Regular.ttf"),
        (OTHER, more / "DejaVuSans.ttf"),
        (OTHER_BOLD, more / "DejaVuSans-Bold.ttf"),
        (OTHER_MONO, more / "DejaVuSansMono.ttf"),
    ):
        pdfmetrics.registerFont(TTFont(name, path))


@lru_cache(maxsize=8192)
def runs(text: str, font: str) -> tuple[tuple[str, str], ...]:
    """The text in stretches of one font each, (font, text), in the order in which they are seen."""
    register_fonts()
    own, instead = _letters(font), _letters(_INSTEAD[font])
    shown = _as_seen(drawable(text))
    # A letter that the sans' second font has and the mono's has not is shown in the sans' one.
    chosen = [font if ord(c) in own else _INSTEAD[font] if ord(c) in instead else OTHER for c in shown]
    return tuple(
        (name, "".join(letter for _, letter in group))
        for name, group in groupby(zip(chosen, shown, strict=True), key=lambda pair: pair[0])
    )


def markup(text: str, font: str = SANS) -> str:
    """The text for a paragraph of that font: escaped, line breaks kept, other fonts named where they are needed."""
    return "<br/>".join(
        "".join(_marked(name, part, font) for name, part in runs(line, font)) for line in text.split("\n")
    )


def width(text: str, font: str, size: float) -> float:
    """Points that the text takes in one line."""
    return float(sum(pdfmetrics.stringWidth(part, name, size) for name, part in runs(text, font)))


def _marked(name: str, part: str, font: str) -> str:
    words = escape(part)
    return words if name == font else f'<font name="{name}">{words}</font>'


@lru_cache(maxsize=8)
def _letters(font: str) -> frozenset[int]:
    return frozenset(pdfmetrics.getFont(font).face.charToGlyph)


def _as_seen(text: str) -> str:
    """Words of a right-to-left script in the order in which they are seen, as a page draws from left to right."""
    if not any(_is_rtl(letter) for letter in text):
        return text
    seen: list[str] = []
    pending: list[str] = []
    for letter in text:
        if _is_rtl(letter) or (pending and (letter == " " or unicodedata.combining(letter))):
            pending.append(letter)
            continue
        seen += _turned(pending)
        pending = []
        seen.append(letter)
    return "".join([*seen, *_turned(pending)])


def _turned(letters: list[str]) -> list[str]:
    """Reversed, with the blanks at the end of the stretch left at its end."""
    kept = len(letters)
    while kept and letters[kept - 1] == " ":
        kept -= 1
    return [*reversed(letters[:kept]), *letters[kept:]]


def _is_rtl(letter: str) -> bool:
    return unicodedata.bidirectional(letter) in {"R", "AL"}
