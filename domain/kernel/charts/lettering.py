"""How wide words are in the shipped font, how they break into lines, and which letters can be drawn at all."""

import unicodedata
from functools import lru_cache

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import TextToPath

from domain.kernel.charts.theme import FAMILIES, REGULAR, register_fonts


def wrap(words: str, width: float, size: float, weight: int = REGULAR) -> list[str]:
    """The words in lines no wider than `width` pixels, broken at blanks; a longer word stands alone."""
    lines: list[str] = []
    for word in words.split(" "):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined, size, weight) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


@lru_cache(maxsize=4096)
def text_width(words: str, size: float, weight: int = REGULAR) -> float:
    """The width of one line in pixels, in the shipped font."""
    register_fonts()
    font = FontProperties(family=FAMILIES, size=size, weight=weight)
    width, _, _ = TextToPath().get_text_width_height_descent(words, font, ismath=False)
    return float(width)


def fit(words: str, width: float, size: float, weight: int = REGULAR) -> str:
    """The words, or where they are wider than `width` pixels their beginning and end: names often differ at the end."""
    if text_width(words, size, weight) <= width:
        return words
    kept = len(words) - 1
    while kept > 2 and text_width(_shortened(words, kept), size, weight) > width:
        kept -= 1
    return _shortened(words, kept)


def _shortened(words: str, kept: int) -> str:
    ending = kept // 2
    return f"{words[: kept - ending]}\u2026{words[len(words) - ending :]}"


def visible(words: str) -> str:
    """The words with nothing hidden: line breaks and tabs as blanks, controls and invisible signs by their code.

    A name that turns the direction of writing, or hides a letter, must not read as another name on what is signed.
    """
    composed = unicodedata.normalize("NFC", words)
    return "".join(
        " " if letter in "\n\r\t" else _code(letter) if _is_hidden(letter) else letter for letter in composed
    )


def drawable(words: str) -> str:
    """The visible words with each letter that no shipped font has by its code, so that nothing is lost or guessed."""
    known = _letters()
    return "".join(letter if ord(letter) in known else _code(letter) for letter in visible(words))


def _is_hidden(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} and letter != "\u00ad"


def _code(letter: str) -> str:
    return f"[U+{ord(letter):04X}]"


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    register_fonts()
    files = [findfont(FontProperties(family=family), fallback_to_default=False) for family in FAMILIES]
    return frozenset(code for file in files for code in get_font(file).get_charmap())
