"""Which font draws which letter: for each face the shipped ones in turn, and a code for what none of them has."""

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Literal

from matplotlib import get_data_path
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from domain.kernel.report.pdf.fonts import BOLD, MONO, OTHER, OTHER_BOLD, OTHER_MONO, SANS, register_fonts

Face = Literal["plain", "strong", "emphasis", "code"]
ITALIC, OTHER_ITALIC, EMOJI = "Countersign-Italic", "Countersign-OtherItalic", "Countersign-Emoji"
FONTS = Path(__file__).parent / "fonts"
CHAINS: dict[Face, tuple[str, ...]] = {
    "plain": (SANS, OTHER, EMOJI),
    "strong": (BOLD, OTHER_BOLD, EMOJI),
    "emphasis": (ITALIC, OTHER_ITALIC, OTHER, EMOJI),
    "code": (MONO, OTHER_MONO, OTHER, EMOJI),
}
# Letters that shape their neighbours and are not drawn themselves: joiners, direction marks, variants, skin tones.
_UNSEEN = frozenset({*range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400), *range(0xE0100, 0xE01F0)})


@lru_cache(maxsize=1)
def register_letters() -> None:
    """Make the fonts known to reportlab; those of the machine are never used."""
    register_fonts()
    more = Path(get_data_path()) / "fonts" / "ttf"
    for name, path in (
        (ITALIC, FONTS / "IBMPlexSans-Italic.ttf"),
        (OTHER_ITALIC, more / "DejaVuSans-Oblique.ttf"),
        (EMOJI, FONTS / "NotoEmoji-Regular.ttf"),
    ):
        pdfmetrics.registerFont(TTFont(name, path))


@lru_cache(maxsize=65_536)
def drawn(letter: str, face: Face) -> tuple[str, str]:
    """Font and letters for one letter: itself, nothing where it is not seen, or its code where no font has it."""
    register_letters()
    if letter in "\n\t\u00a0":
        return CHAINS[face][0], "    " if letter == "\t" else " "
    if ord(letter) in _UNSEEN or unicodedata.category(letter) == "Cf":
        return CHAINS[face][0], ""
    for font in CHAINS[face]:
        if ord(letter) in _letters(font):
            return font, letter
    return CHAINS[face][0], f"[U+{ord(letter):04X}]"


@lru_cache(maxsize=65_536)
def wide(letter: str, face: Face) -> float:
    """The width of one letter at a size of one point."""
    font, shown = drawn(letter, face)
    return float(pdfmetrics.stringWidth(shown, font, 1))


@lru_cache(maxsize=16)
def _letters(font: str) -> frozenset[int]:
    return frozenset(pdfmetrics.getFont(font).face.charToGlyph)
