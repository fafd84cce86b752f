"""Small plots for Dagster's pages, as images inside markdown."""

import base64
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.grid.metering.store.audits import LocalDay

Course = Sequence[tuple[datetime, float | None, float | None]]
RAW, ADJUSTED = "#999999", "#0072B2"


def loss_plot(course: Course, day: LocalDay) -> str:
    """The loss per interval of one local day: raw in grey, corrected for coverage in blue; gaps stay gaps."""
    # Imported here: a code location must load fast, and few runs draw.
    from matplotlib.figure import Figure

    hours = [(moment - day.begins).total_seconds() / 3600 for moment, _, _ in course]
    figure = Figure(figsize=(5.6, 1.9), dpi=80, layout="constrained")
    axes = figure.add_subplot()
    raw, adjusted = ([_gap(value) for value in column] for column in list(zip(*course, strict=True))[1:])
    axes.plot(hours, raw, color=RAW, linewidth=1.2, label="raw")
    axes.plot(hours, adjusted, color=ADJUSTED, linewidth=1.2, label="corrected for coverage")
    axes.set_title(_finding(course), fontsize=9, loc="left")
    axes.set_xlabel(f"hours of {day.day}, {day.tenant_id}, local", fontsize=7)
    axes.set_ylabel("loss, % of delivered", fontsize=7)
    axes.set_xlim(0, 24)
    axes.tick_params(labelsize=7)
    axes.legend(fontsize=7, frameon=False, loc="upper left")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None})
    return f"![{_finding(course)}](data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()})"


def _gap(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _finding(course: Course) -> str:
    known = [(adjusted, moment) for moment, _, adjusted in course if adjusted is not None]
    if not known:
        return "No interval has a loss"
    low, high = min(known)[0], max(known)[0]
    return f"Loss between {low:.1f} and {high:.1f} % over {len(known)} intervals"
