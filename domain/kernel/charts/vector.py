"""A chart as plain strokes and words, so that another surface (the page of a PDF) can draw it as vector.

Lengths are CSS pixels from the lower left corner. What is recorded follows from the chart alone.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.font_manager import FontProperties, weight_dict
from matplotlib.path import Path
from matplotlib.transforms import Affine2DBase, Transform

from domain.kernel.charts.chart import Chart, Format
from domain.kernel.charts.render import drawing
from domain.kernel.charts.theme import BOLD, REGULAR

Color = tuple[float, float, float, float]


@dataclass(frozen=True)
class Stroke:
    """A path with what fills it and what draws it.

    Attributes:
        moves: (operator, coordinates) in order: "M" and "L" with two, "C" with six, "Z" with none.
        fill, line: red, green, blue and opacity, each 0 to 1; None where there is none.
        width: of the line.
        dashes: on and off lengths; empty for a solid line.
        cap, join: as PDF numbers them, 0 butt or miter, 1 round, 2 square or bevel.
        clip: left, bottom, width and height of what may be drawn upon, where that is less than all.
    """

    moves: tuple[tuple[str, tuple[float, ...]], ...]
    fill: Color | None
    line: Color | None
    width: float
    dashes: tuple[float, ...]
    cap: int
    join: int
    clip: tuple[float, float, float, float] | None


@dataclass(frozen=True)
class Words:
    """One line of words; `angle` in degrees against the clock."""

    x: float
    y: float
    text: str
    size: float
    is_bold: bool
    color: Color
    angle: float


@dataclass(frozen=True)
class Recorded:
    """A drawing of `width` by `height`, its marks in the order of drawing."""

    width: float
    height: float
    marks: tuple[Stroke | Words, ...]


def record(chart: Chart, form: Format = Format.PRINT) -> Recorded:
    """The chart's marks."""
    with drawing(chart, form) as plot:
        recorder = _Recorder(plot.figure_width, plot.figure_height)
        # The page's own surface shows through.
        plot.figure.patch.set_visible(False)
        plot.figure.draw(recorder)
    return Recorded(plot.figure_width, plot.figure_height, tuple(recorder.marks))


_CAPS = {"butt": 0, "round": 1, "projecting": 2}
_JOINS = {"miter": 0, "round": 1, "bevel": 2}


class _Recorder(RendererBase):
    """Takes down what matplotlib draws."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__()
        self.marks: list[Stroke | Words] = []
        self._size = (width, height)

    def flipy(self) -> bool:
        """Heights grow upward."""
        return False

    def get_canvas_width_height(self) -> tuple[float, float]:
        """The size in pixels."""
        return self._size

    def draw_path(
        self,
        gc: GraphicsContextBase,
        path: Path,
        transform: Transform,
        rgbFace: Any = None,  # noqa: N803
    ) -> None:
        """Take down a path."""
        fill = _with_opacity(gc, rgbFace)
        width = float(gc.get_linewidth())
        line = _with_opacity(gc, gc.get_rgb()) if width > 0 else None
        moves = _moves(path, transform)
        if not moves or (fill is None and line is None):
            return
        dashes: Any = gc.get_dashes()[1]
        clip = gc.get_clip_rectangle()
        self.marks.append(
            Stroke(
                moves=moves,
                fill=fill,
                line=line,
                width=width,
                dashes=tuple(round(float(length), 2) for length in dashes) if dashes is not None else (),
                cap=_CAPS[gc.get_capstyle()],
                join=_JOINS[gc.get_joinstyle()],
                clip=None if clip is None else (_r(clip.x0), _r(clip.y0), _r(clip.width), _r(clip.height)),
            )
        )

    def draw_text(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        """Take down a line of words."""
        del ismath, mtext
        weight = prop.get_weight()
        is_bold = (weight_dict.get(weight, REGULAR) if isinstance(weight, str) else weight) >= BOLD
        color = _with_opacity(gc, gc.get_rgb()) or (0.0, 0.0, 0.0, 1.0)
        self.marks.append(Words(_r(x), _r(y), s, float(prop.get_size_in_points()), is_bold, color, float(angle)))

    def draw_image(
        self, gc: GraphicsContextBase, x: float, y: float, im: Any, transform: Affine2DBase | None = None
    ) -> None:
        """Raster has no place in these charts.

        Raises:
            NotImplementedError: whenever it is asked.
        """
        raise NotImplementedError("A chart that stands in a report is drawn without raster images.")


def _with_opacity(gc: GraphicsContextBase, color: Any) -> Color | None:
    if color is None:
        return None
    red, green, blue, *rest = (float(part) for part in color)
    opacity = float(gc.get_alpha()) if gc.get_forced_alpha() or not rest else rest[0]
    return (red, green, blue, opacity) if opacity > 0 else None


def _moves(path: Path, transform: Transform) -> tuple[tuple[str, tuple[float, ...]], ...]:
    moves: list[tuple[str, tuple[float, ...]]] = []
    last = (0.0, 0.0)
    for points, code in path.iter_segments(transform, remove_nans=True, simplify=False, curves=True):
        at = tuple(_r(value) for value in points)
        if code == Path.MOVETO:
            moves.append(("M", at))
        elif code == Path.LINETO:
            moves.append(("L", at))
        elif code == Path.CURVE4:
            moves.append(("C", at))
        elif code == Path.CURVE3:
            moves.append(("C", _cubic(last, at)))
        elif code == Path.CLOSEPOLY:
            moves.append(("Z", ()))
        last = (at[-2], at[-1]) if code != Path.CLOSEPOLY else last
    return tuple(moves)


def _cubic(start: tuple[float, float], at: tuple[float, ...]) -> tuple[float, ...]:
    """A quadratic curve as the cubic one that PDF knows."""
    begin, control, end = np.array(start), np.array(at[:2]), np.array(at[2:])
    first, second = begin + (control - begin) * 2 / 3, end + (control - end) * 2 / 3
    return tuple(_r(value) for value in (*first, *second, *end))


def _r(value: float) -> float:
    """A hundredth of a pixel is finer than any printer."""
    return round(float(value), 2) + 0.0
