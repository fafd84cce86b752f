"""A chart before it is drawn: what it says, the rows it draws, and how to paint them on a plot of any size.

The finding is the title, the measure the subtitle. The table is part of the chart: what is drawn is what is tabled and
what goes into the CSV.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from domain.kernel.charts.theme import INK
from domain.kernel.charts.words import number
from domain.kernel.spreadsheet import inert

Cell = str | float | int | datetime | None


class Format(Enum):
    """Where a chart will stand.

    A file has its title and margins drawn around the same plot as the page's; the paper of a report is narrower.
    """

    FILE = "file"
    PAGE = "page"
    PHONE = "phone"
    PRINT = "print"

    @property
    def narrow(self) -> bool:
        """Whether words must be few and labels above rather than beside."""
        return self is Format.PHONE


@dataclass(frozen=True)
class Column:
    """One column of the chart's table; the heading carries the unit. `decimals` None: text, shown as it is."""

    key: str
    heading: str
    decimals: int | None = None


@dataclass(frozen=True)
class Tip:
    """What a pointer shows over a part of a figure: a rectangle in pixels from the lower left, and words."""

    left: float
    bottom: float
    width: float
    height: float
    text: str


@dataclass
class Plot:
    """The surface a chart paints on: an area inside a figure. Lengths are CSS pixels from the area's lower left corner.

    Attributes:
        width, height: of the area; 1,040 wide in files and pages, 680 on paper, 358 on a phone.
        margin, bottom, top: what the figure has left and right of the area, beneath it and above it.
    """

    figure: Figure
    format: Format
    width: float
    height: float
    margin: float = 0.0
    bottom: float = 0.0
    top: float = 0.0
    tips: list[Tip] = field(default_factory=list)
    _sheet: Axes | None = None

    @property
    def sheet(self) -> Axes:
        """One pair of axes over the whole area whose data are its pixels, for rules, swatches and small scales."""
        if self._sheet is None:
            self._sheet = self.axes(0, 0)
            self._sheet.axis("off")
            self._sheet.set(xlim=(0, self.width), ylim=(0, self.height))
        return self._sheet

    @property
    def narrow(self) -> bool:
        """Whether this is the phone's edition."""
        return self.format.narrow

    @property
    def font(self) -> float:
        """The size of ordinary chart text."""
        return 12.0 if self.narrow else 13.0

    @property
    def figure_width(self) -> float:
        """The area with its margins."""
        return self.width + 2 * self.margin

    @property
    def figure_height(self) -> float:
        """The area with what is above and beneath it."""
        return self.height + self.top + self.bottom

    def axes(self, left: float, right: float, bottom: float = 0.0, top: float = 0.0) -> Axes:
        """Axes that leave these margins inside the area."""
        size = (self.width - left - right, self.height - bottom - top)
        x, y = (left + self.margin) / self.figure_width, (bottom + self.bottom) / self.figure_height
        return self.figure.add_axes((x, y, size[0] / self.figure_width, size[1] / self.figure_height))

    def write(self, x: float, y: float, words: str, color: str = INK, **style: object) -> None:
        """Words at a place of the area."""
        style = {"size": self.font, "ha": "left", "va": "baseline"} | style
        place = (x + self.margin) / self.figure_width, (y + self.bottom) / self.figure_height
        self.figure.text(*place, words, color=color, **style)  # type: ignore[arg-type]

    def box(self, axes: Axes) -> tuple[float, float, float, float]:
        """Left, bottom, right and top of the axes within the area."""
        window = axes.get_window_extent()
        return window.x0 - self.margin, window.y0 - self.bottom, window.x1 - self.margin, window.y1 - self.bottom

    def tip(self, axes: Axes, x: tuple[float, float], y: tuple[float, float], words: str) -> None:
        """Show `words` over a rectangle of the axes' data, clipped to the axes."""
        (x0, y0), (x1, y1) = axes.transData.transform([(x[0], y[0]), (x[1], y[1])])
        box = axes.get_window_extent()
        left, right = max(min(x0, x1), box.x0), min(max(x0, x1), box.x1)
        low, high = max(min(y0, y1), box.y0), min(max(y0, y1), box.y1)
        if right > left and high > low:
            self.tips.append(Tip(left, low, right - left, high - low, words))


@dataclass(frozen=True)
class Chart:
    """One finding with its evidence.

    Attributes:
        name: short and fit for a file name and an address.
        title: the finding, one sentence.
        subtitle: measure, unit, grain and window.
        alt: what a person who cannot see the drawing needs to know.
        columns, rows: the table beneath; exactly what is drawn.
        paint: draws the rows on a plot.
        height: pixels of the drawing for page and file.
        phone_height: pixels of the drawing on a phone.
        source: where the data are from, for the foot of a file.
        is_advice: whether the three sentences belong beneath it.
    """

    name: str
    title: str
    subtitle: str
    alt: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    paint: Callable[[Plot], None]
    height: int = 380
    phone_height: int = 300
    source: str = ""
    is_advice: bool = False

    def csv(self) -> bytes:
        """The table as CSV: full precision, instants in UTC."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow([column.key for column in self.columns])
        for row in self.rows:
            writer.writerow([_written(cell) for cell in row])
        return buffer.getvalue().encode()


def _written(cell: Cell) -> Cell:
    if isinstance(cell, datetime):
        return cell.isoformat()
    return inert(cell) if isinstance(cell, str) else cell


def shown(column: Column, cell: Cell) -> str:
    """One cell as a table shows it; instants are left to the page, which knows the zone."""
    if isinstance(cell, float | int) and column.decimals is not None:
        return number(cell, column.decimals)
    return number(None) if cell is None else str(cell)
