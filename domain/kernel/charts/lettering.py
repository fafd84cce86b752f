"""How wide words are in the shipped font, and how they break into lines."""

from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from domain.kernel.charts.theme import FAMILY, REGULAR, register_fonts


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
    font = FontProperties(family=FAMILY, size=size, weight=weight)
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
