"""What every chart looks like: colours by token, one type family, sizes in CSS pixels.

A chart names colours by token and never by value. In a PNG a token is its light value; in a page's SVG it becomes the
custom property `--chart-<token>`, so that light and dark both work and the style sheet has the last word.
Series colours are those of Okabe and Ito, told apart by people with any common colour blindness; the `_text` variants
are darker, because words need 4.5 : 1 against the surface where lines need 3 : 1.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from matplotlib import font_manager

FONTS = Path(__file__).resolve().parent / "fonts"
FAMILY = "IBM Plex Sans"
# matplotlib brings the second itself; it has the letters of names that the first does not have.
FAMILIES = [FAMILY, "DejaVu Sans"]
REGULAR, BOLD = 400, 600

INK, MUTED, LINE, SURFACE, RAISED, FLEET = "#1a1f26", "#5a6472", "#d9dee5", "#ffffff", "#eef1f5", "#a9b3bf"
BLUE, VERMILLION, ORANGE, GREEN, SKY, PURPLE = "#0072b2", "#d55e00", "#e69f00", "#009e73", "#56b4e9", "#cc79a7"
BLUE_TEXT, VERMILLION_TEXT, ORANGE_TEXT, GREEN_TEXT, PURPLE_TEXT = "#00639b", "#a84300", "#7a5400", "#00704f", "#95477a"
BAND = "#c9d1db"
# One hue, from nearly the surface to strong, perceptually even; 0 is nothing to see, 5 is the most.
SCALE = ("#e8f1f8", "#c3daec", "#93bedd", "#5a9cc9", "#1f77ae", "#0a4a78")

TOKENS: dict[str, str] = {
    "ink": INK,
    "muted": MUTED,
    "line": LINE,
    "surface": SURFACE,
    "raised": RAISED,
    "fleet": FLEET,
    "band": BAND,
    "blue": BLUE,
    "vermillion": VERMILLION,
    "orange": ORANGE,
    "green": GREEN,
    "sky": SKY,
    "purple": PURPLE,
    "blue-text": BLUE_TEXT,
    "vermillion-text": VERMILLION_TEXT,
    "orange-text": ORANGE_TEXT,
    "green-text": GREEN_TEXT,
    "purple-text": PURPLE_TEXT,
    **{f"scale-{step}": value for step, value in enumerate(SCALE)},
}
VARIABLES: dict[str, str] = {value: f"var(--chart-{token})" for token, value in TOKENS.items()}

# What a figure's drawing reads; text stays text in SVG, and ids follow from content.
RC: dict[Any, Any] = {
    "font.family": FAMILIES,
    "font.size": 13.0,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.linewidth": 1.0,
    "axes.unicode_minus": True,
    "figure.facecolor": SURFACE,
    "hatch.color": LINE,
    "hatch.linewidth": 1.0,
    "path.simplify": False,
    "svg.fonttype": "none",
}


def register_fonts() -> None:
    """Make the shipped fonts known to matplotlib; those of the machine are never needed. Safe to run again."""
    known = {Path(entry.fname) for entry in font_manager.fontManager.ttflist}
    for path in sorted(FONTS.glob("*.ttf")):
        if path not in known:
            font_manager.fontManager.addfont(path)
    _register_second_bold()


def _register_second_bold() -> None:
    """The second family has no semi-bold; its bold stands for it."""
    entries = font_manager.fontManager.ttflist
    of_second = [entry for entry in entries if entry.name == FAMILIES[1] and entry.style == "normal"]
    if not any(entry.weight == BOLD for entry in of_second):
        entries.extend([replace(entry, weight=BOLD) for entry in of_second if entry.weight == 700][:1])
