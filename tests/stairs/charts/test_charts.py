"""The charts of a stair: their findings agree with the numbers, and no word leaves the picture on any surface."""

import pytest

from domain.kernel.charts.chart import Chart, Format
from domain.kernel.charts.render import to_svg
from domain.kernel.charts.vector import Words, record
from domain.stairs.charts.door_force import door_forces
from domain.stairs.charts.profile import FloorPoint, Limits, pressure_by_floor
from domain.stairs.charts.sequence import SequenceStep, sequence_chart
from domain.stairs.charts.trend import trend
from domain.stairs.rules.trend import Silent
from tests.grid.charts.test_drawing import _within, painted
from tests.stairs.charts.drawings import EVERY, HOSTILE, LIMITS, forces, profile, sequence, trending

IDS = [f"{place}-{chart.name}" for place, chart in enumerate([*EVERY, *HOSTILE])]


def words_in(chart: Chart) -> str:
    return " ".join(mark.text for mark in record(chart).marks if isinstance(mark, Words))


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("chart", [*EVERY, *HOSTILE], ids=IDS)
def test_no_word_leaves_the_picture(chart: Chart, form: Format) -> None:
    _within(painted(chart, form))


@pytest.mark.parametrize("chart", EVERY, ids=IDS[: len(EVERY)])
def test_the_same_figure_stands_on_a_page_and_in_the_report(chart: Chart) -> None:
    assert "<svg" in to_svg(chart)
    assert any(isinstance(mark, Words) for mark in record(chart).marks)
    assert record(chart) == record(chart)
    assert {len(row) for row in chart.rows} == {len(chart.columns)}


def test_failing_floors_are_labelled_with_their_value_and_named_in_the_finding() -> None:
    chart = profile()
    assert "outside its limits on Level-8: worst 12.4\u00a0Pa, below the limit" in chart.title
    assert "18.2" in words_in(chart)
    assert "min 20" in words_in(chart)
    assert "max 80" in words_in(chart)
    assert "design 45" in words_in(chart)


def test_a_sound_stair_says_its_range_and_what_is_not_proven() -> None:
    points = [
        FloorPoint("Ground", 0, "all_closed", 44.0, 45.0, "compliant"),
        FloorPoint("Level-1", 1, "all_closed", 46.5, None, "indeterminate"),
    ]
    chart = pressure_by_floor("Stair-A", points, LIMITS)
    assert chart is not None
    assert chart.title == "Stair-A holds 44\u00a0Pa to 46.5\u00a0Pa at all 2 measured points; 1 not proven"


def test_the_order_of_the_points_changes_no_mark() -> None:
    points = [FloorPoint(f"Level-{n}", n, "all_closed", 40.0 + n, 42.0, "compliant") for n in range(9)]
    one, other = (pressure_by_floor("Stair-A", order, Limits(20.0, 80.0)) for order in (points, points[::-1]))
    assert one is not None
    assert other is not None
    assert record(one) == record(other)


def test_a_forecast_names_month_and_interval_and_silence_names_its_reason() -> None:
    assert "would reach 20\u00a0Pa in" in trending().title
    assert "no forecast" in trending((48.0, 47.5, 48.4, 48.1)).title
    assert "band" not in trending((48.0, 47.5, 48.4, 48.1)).subtitle


def test_a_point_beyond_its_limit_is_told_as_past_it_and_foretells_no_crossing() -> None:
    past = trending((48.0, 42.1, 35.8, 29.9, 24.2, 18.0))
    assert "is past 20\u00a0Pa and changes by \u22127.5\u00a0Pa a year" in past.title


def test_doors_over_the_limit_are_counted() -> None:
    assert forces().title == "2 of 15 doors of Stair-A need more than 110\u00a0N"


def test_lateness_is_written() -> None:
    chart = sequence()
    assert "step 3, DAMPER-RELIEF-Z1, 0.1\u00a0s too late and 1 more" in chart.title
    assert "7.1\u00a0s, 0.1\u00a0s too late" in words_in(chart)
    good = sequence_chart("Zone 1", "Stair-A", [SequenceStep(1, "FAN", "start", 3, 2, 3.0)])
    assert good is not None
    assert good.title == "Zone 1: its one step came in time, the last after 3\u00a0s"


def test_nothing_measured_is_no_chart() -> None:
    assert pressure_by_floor("Stair-A", [], LIMITS) is None
    assert door_forces("Stair-A", [], 110.0) is None
    assert sequence_chart("Zone 1", "Stair-A", []) is None
    assert trend("Stair-A", "Pa", [], Silent("TOO_FEW")) is None
