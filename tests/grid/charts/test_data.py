"""The drawn data are the rows: lines, gaps, bars, classes, sentences."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import PolyCollection

from domain.grid.metering.charts.coverage import class_of, coverage_by_hour
from domain.grid.metering.charts.energy import waterfall
from domain.grid.metering.charts.feeders import loss_by_feeder
from domain.grid.metering.charts.loss import loss_over_time
from domain.grid.metering.charts.meter_hours import BEYOND, carpet, voltage_against_energy
from domain.grid.metering.charts.meters import reasons_by_meter
from domain.grid.metering.charts.outcomes import before_during_after
from domain.grid.metering.rules.findings import health_finding
from domain.grid.metering.rules.meter_hours import MeterHour, habit_of
from domain.grid.metering.rules.series import CoverageHour, FeederLoss, balance, hourly, tellable
from domain.kernel.charts import theme
from domain.kernel.charts.chart import Format
from tests.grid.charts.conftest import (
    EVENTS,
    START,
    THEFT,
    ZONE,
    days,
    feeders,
    hours,
    intervals,
    judged,
    outcome,
    suspicious,
)
from tests.grid.charts.test_drawing import painted


def line_of(figure_axes, color: str):  # type: ignore[no-untyped-def]
    """The drawn values of one colour: the solid line, and the dotted one where that has none."""
    found = [line for line in figure_axes.lines if line.get_color() == color and len(line.get_xdata()) > 4]
    assert 1 <= len(found) <= 2
    solid, *dotted = (np.asarray(line.get_ydata(), dtype=float) for line in found)
    for other in dotted:
        assert not (~np.isnan(solid) & ~np.isnan(other)).any()
        solid = np.where(np.isnan(solid), other, solid)
    return solid


def test_the_line_of_the_loss_holds_each_rows_value_over_its_interval() -> None:
    points = intervals(missing=range(0))
    axes = painted(loss_over_time("FEEDER_7", points, EVENTS, ZONE), Format.PAGE).figure.axes[0]
    drawn = line_of(axes, theme.BLUE)
    assert drawn.tolist() == [value for p in points for value in (p.loss_pct_adj, p.loss_pct_adj)]


def test_a_missing_interval_breaks_the_line() -> None:
    points = intervals(missing=range(30, 34))
    axes = painted(loss_over_time("FEEDER_7", points, EVENTS, ZONE), Format.PAGE).figure.axes[0]
    drawn = line_of(axes, theme.BLUE)
    assert np.isnan(drawn).sum() == 1
    assert np.isnan(drawn[60])


def test_where_few_reads_arrived_the_line_is_dotted_and_says_so() -> None:
    axes = painted(loss_over_time("FEEDER_7", intervals(range(0)), EVENTS, ZONE), Format.PAGE).figure.axes[0]
    dotted = [line for line in axes.lines if line.get_color() == theme.BLUE and line.get_linestyle() == "--"]
    assert len(dotted) == 1
    assert np.count_nonzero(~np.isnan(np.asarray(dotted[0].get_ydata(), dtype=float))) == 2 * 8
    assert any("70\u00a0% read" in text.get_text() for text in axes.texts)


def test_an_unknown_loss_breaks_the_line_and_is_a_dash_in_the_table() -> None:
    points = intervals(missing=range(0))
    points[10] = replace(points[10], loss_pct_adj=None, loss_status="INSUFFICIENT_COVERAGE")
    chart = loss_over_time("FEEDER_7", points, EVENTS, ZONE)
    drawn = line_of(painted(chart, Format.PAGE).figure.axes[0], theme.BLUE)
    assert np.isnan(drawn[20:22]).all()
    keys = [column.key for column in chart.columns]
    assert chart.rows[10][keys.index("loss_pct_adj")] is None


def test_where_hardly_any_energy_flows_no_percentage_is_drawn() -> None:
    points = intervals(missing=range(0))
    points[5] = replace(points[5], delivered_kwh=1.0, loss_pct_adj=4000.0)
    shown = tellable(points)
    assert shown[5].loss_pct_adj is None
    assert shown[5].loss_status == "LOW_FLOW"
    assert shown[5].delivered_kwh == 1.0
    assert [p for n, p in enumerate(shown) if n != 5] == [p for n, p in enumerate(points) if n != 5]


def test_the_expected_level_is_the_technical_loss_with_what_was_foretold() -> None:
    points = intervals(missing=range(0))
    axes = painted(loss_over_time("FEEDER_7", points, EVENTS, ZONE), Format.PAGE).figure.axes[0]
    dashed = [line for line in axes.lines if line.get_color() == theme.VERMILLION and len(line.get_xdata()) > 4]
    assert len(dashed) == 1
    covered = [p for p in points if THEFT.starts_at <= p.start < THEFT.ends_at]
    expected = [value for p in covered for value in (p.foretold_pct, p.foretold_pct)]
    assert np.asarray(dashed[0].get_ydata(), dtype=float) == pytest.approx(np.array(expected, dtype=float))
    words = " ".join(text.get_text() for text in axes.texts)
    assert "Predicted 9.8\u00a0% (+6.00\u00a0pp)" in words


@pytest.mark.parametrize(
    ("lift", "says"),
    [
        (0.0, "as expected of its lines and transformers"),
        (3.0, "3.0 points above its expected"),
        (-3.0, "3.0 points below its expected"),
    ],
)
def test_the_title_says_what_the_last_hour_says(lift: float, says: str) -> None:
    points = [
        replace(p, metered_hat_kwh=(p.delivered_kwh or 0) * (1 - ((p.technical_loss_pct or 0) + lift) / 100))
        for p in intervals(missing=range(0))
    ]
    title = loss_over_time("FEEDER_7", points, (), ZONE).title
    assert title.startswith("FEEDER_7 lost")
    assert "in the last hour" in title
    assert says in title


def test_the_bars_begin_at_zero_and_stand_in_order() -> None:
    rows = feeders()
    axes = painted(loss_by_feeder(rows, "last hour"), Format.PAGE).figure.axes[0]
    bars = [(bar.get_x(), bar.get_width()) for bar in axes.patches if bar.get_width()]
    known = sorted((f.loss_pct for f in rows if f.loss_pct is not None), reverse=True)
    assert bars == [(0.0, pytest.approx(loss)) for loss in known]
    assert axes.get_xlim()[0] == 0.0
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[0] == "FEEDER_7"
    assert names[-1] == "FEEDER_8"
    assert any("not known: too few reads" in text.get_text() for text in axes.texts)


def test_the_feeder_that_is_spoken_of_has_the_colour_and_the_fleet_is_grey() -> None:
    axes = painted(loss_by_feeder(feeders(), "last hour"), Format.PAGE).figure.axes[0]
    import matplotlib.colors as colors

    drawn = [colors.to_hex(bar.get_facecolor()) for bar in axes.patches if bar.get_width()]
    assert drawn == [theme.VERMILLION] + [theme.FLEET] * 6


def test_the_waterfall_ends_at_what_was_metered() -> None:
    points = intervals()
    chart = waterfall("FEEDER_7", points, ZONE)
    steps = {row[0]: float(row[1]) for row in chart.rows}  # type: ignore[arg-type]
    through = steps["Delivered"] + steps["Technical loss"] + steps["Not explained"] + steps["Not yet read"]
    assert through == pytest.approx(steps["Metered"])
    assert steps["Delivered"] == pytest.approx(balance(points).delivered)


def test_each_cell_of_the_heat_map_has_the_class_of_its_hour() -> None:
    hours = [CoverageHour("F", START + timedelta(hours=h), 100.0 - 2.2 * h, 90, 96) for h in range(24)]
    axes = painted(coverage_by_hour(hours, ZONE), Format.PAGE).figure.axes[0]
    import matplotlib.colors as colors

    drawn = sum(patch.get_width() for patch in axes.patches)
    assert drawn == 24
    seen = {colors.to_hex(patch.get_facecolor()) for patch in axes.patches}
    assert seen == {theme.SCALE[class_of(h.coverage_pct or 0)] for h in hours}


def test_an_hour_without_expectation_stays_blank() -> None:
    hours = [CoverageHour("F", START + timedelta(hours=h), None if h == 3 else 99.5, 0, 0) for h in range(6)]
    axes = painted(coverage_by_hour(hours, ZONE), Format.PAGE).figure.axes[0]
    assert [patch.get_width() for patch in axes.patches] == [3, 2]


def test_the_points_of_a_meters_reasons_are_stacked_and_lowering_stands_left() -> None:
    chart = reasons_by_meter(suspicious(), "Thu 19 Nov")
    axes = painted(chart, Format.PAGE).figure.axes[0]
    first = [(bar.get_x(), bar.get_width()) for bar in axes.patches if abs(bar.get_y() + bar.get_height() / 2) < 0.01]
    assert first == [(0.0, 50.0), (50.0, 20.5), (0.0, -2.5)]
    keys = [column.key for column in chart.columns]
    row = dict(zip(keys, chart.rows[0], strict=True))
    assert (row["own"], row["volt"], row["lowered"]) == (50.0, 20.5, -2.5)


@pytest.mark.parametrize(
    ("observed", "verdict", "title"),
    [
        (6.1, "as expected", "Injected theft on FEEDER_7: predicted +6.00\u00a0pp, observed +6.10\u00a0pp"),
        (7.0, "not as expected", "Injected theft on FEEDER_7: predicted +6.00\u00a0pp, observed +7.00\u00a0pp"),
        (None, "not yet seen", "No injected event has been observed yet"),
    ],
)
def test_an_outcome_is_told_as_it_is(observed: float | None, verdict: str, title: str) -> None:
    chart = before_during_after([outcome(observed=observed)], ZONE)
    assert chart.title == title
    assert chart.rows[0][-1] == verdict


def test_several_outcomes_are_counted() -> None:
    shown = [outcome(), outcome(observed=9.0), outcome(observed=None)]
    assert before_during_after(shown, ZONE).title.startswith("1 of 2 observed changes agree")


def test_hours_add_energies_and_lose_nothing() -> None:
    points = intervals(missing=range(0))
    merged = hourly(points)
    assert len(merged) == 24
    assert sum(p.delivered_kwh or 0 for p in merged) == pytest.approx(sum(p.delivered_kwh or 0 for p in points))
    assert balance(merged).loss_pct == pytest.approx(balance(points).loss_pct)


def test_an_hour_with_an_unknown_quarter_is_unknown() -> None:
    points = intervals(missing=range(0))
    points[0] = replace(points[0], loss_pct_adj=None, loss_status="NO_READS")
    assert hourly(points)[0].loss_pct_adj is None
    assert hourly(points)[0].loss_status == "NO_READS"
    assert hourly(points)[1].loss_pct_adj is not None


@given(
    st.lists(
        st.tuples(st.floats(-500, 500), st.floats(0, 100), st.floats(-20, 60)).filter(lambda t: abs(t[0]) > 1),
        min_size=1,
    )
)
def test_the_balance_is_the_sum_whatever_the_flow(rows: list[tuple[float, float, float]]) -> None:
    points = [
        replace(
            intervals(range(0))[0],
            read_at=START + timedelta(minutes=15 * n),
            delivered_kwh=delivered,
            metered_hat_kwh=delivered * (1 - loss / 100),
            technical_loss_kwh=0.0,
            loss_pct_adj=loss,
            coverage_pct=coverage,
        )
        for n, (delivered, coverage, loss) in enumerate(rows)
    ]
    assert balance(points).delivered == pytest.approx(sum(delivered for delivered, _, _ in rows))
    assert balance(points).intervals == len(rows)


@pytest.mark.parametrize(
    ("losses", "says"),
    [
        ([5.0, 5.1], "All 2 feeders lose what their lines and transformers explain"),
        ([5.0, 11.0], "F1 lost 11.0\u00a0% in the last hour, 6.0 points above its expected 5.0\u00a0%"),
        ([9.0, 11.0], "2 of 2 feeders lost more than expected in the last hour; F1 most"),
        ([None, 5.0], "The feeders that can be judged"),
        ([None, None], "No feeder's loss can be told in the last hour"),
        ([], "No feeder's loss can be told in the last hour"),
    ],
)
def test_the_health_of_the_grid_in_one_sentence(losses: list[float | None], says: str) -> None:
    found = [FeederLoss(f"F{n}", loss, 5.0, 99.0) for n, loss in enumerate(losses)]
    assert health_finding(found, 5.0, "in the last hour").startswith(says)


def test_the_gap_between_delivered_and_metered_is_shaded() -> None:
    from domain.grid.metering.charts.energy import delivered_and_metered

    points = intervals(missing=range(0))
    axes = painted(delivered_and_metered("FEEDER_7", points, EVENTS, ZONE), Format.PAGE).figure.axes[0]
    assert any(isinstance(shape, PolyCollection) for shape in axes.collections)
    gap = balance(points).delivered - balance(points).metered_hat
    assert any(f"Gap {gap:,.0f}\u00a0kWh" in text.get_text() for text in axes.texts)


def test_figures_of_a_small_feeder_can_be_told_apart() -> None:
    from domain.grid.metering.charts.energy import delivered_and_metered

    points = [replace(p, delivered_kwh=1.55, metered_hat_kwh=1.49) for p in intervals(missing=range(0))]
    chart = delivered_and_metered("FEEDER_7", points, (), ZONE)
    words = [text.get_text() for text in painted(chart, Format.PAGE).figure.texts]
    assert {"Delivered 1.55\u00a0kWh", "Metered 1.49\u00a0kWh"} <= set(words)


def test_days_are_named_beneath_their_bars_and_no_hour_is_told() -> None:
    from domain.grid.metering.charts.meters import meter_days

    axes = painted(meter_days("M1", days()[:2], (), ZONE), Format.PAGE).figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["Sun\n1 Nov", "Mon\n2 Nov"]
    # On the first of November the clocks of New York go back: noon is 13 hours from midnight.
    bars = [bar.get_x() + bar.get_width() / 2 for bar in axes.patches]
    assert axes.get_xticks().tolist() == pytest.approx([bars[0] + 1, bars[1]], abs=1.01)


def test_days_that_would_touch_beneath_their_hours_go_without_their_weekdays() -> None:
    late = timedelta(hours=13, minutes=30)
    points = [replace(p, read_at=p.read_at + late) for p in intervals(missing=range(0))]
    for form, own in ((Format.PAGE, "Thu 19 Nov"), (Format.PHONE, "19 Nov")):
        axes = painted(loss_over_time("FEEDER_7", points, EVENTS, ZONE), form).figure.axes[0]
        named = [label.get_text().split("\n")[1] for label in axes.get_xticklabels() if "\n" in label.get_text()]
        assert named[0] == own


def test_a_day_of_twenty_five_hours_is_drawn_as_long_as_it_is() -> None:
    start = datetime(2026, 11, 1, 4, tzinfo=UTC)
    points = [replace(p, read_at=start + timedelta(minutes=15 * (n + 1))) for n, p in enumerate(intervals(range(0)))]
    points += [replace(points[-1], read_at=start + timedelta(minutes=15 * (97 + n))) for n in range(4)]
    axes = painted(loss_over_time("FEEDER_7", points, (), ZONE), Format.PAGE).figure.axes[0]
    low, high = axes.get_xlim()
    assert high - low == pytest.approx(25)


def test_a_voltage_that_falls_with_what_is_not_read_is_told_and_an_honest_one_is_not() -> None:
    habit = habit_of(hours(14))
    assert habit is not None
    assert habit.volts_per_kwh == pytest.approx(-0.8, abs=0.02)
    honest = voltage_against_energy("M1", hours(2), habit, ZONE)
    assert honest.title == "The voltage of M1 goes with its reads as it did before"
    bypassed = judged("M1")
    told = [row[4] for row in bypassed.rows]
    assert told.count(BEYOND) == 43
    assert bypassed.title.startswith("In 43 of 44 hours the voltage of M1 fell further")
    axes = painted(bypassed, Format.PAGE).figure.axes[0]
    marks = next(line for line in axes.lines if line.get_color() == theme.VERMILLION)
    assert marks.get_ydata().tolist() == [row[2] for row in bypassed.rows if row[4] == BEYOND]


def test_a_habit_is_not_told_of_too_little() -> None:
    assert habit_of(hours(1)) is None
    assert habit_of([replace(one, kwh=0.5) for one in hours(14)]) is None
    assert habit_of([replace(one, peer_voltage=None) for one in hours(14)]) is None


def test_a_carpet_has_a_row_a_day_and_leaves_blank_what_is_not_known() -> None:
    drawn = carpet("M1", hours(3), ZONE)
    assert [row[0] for row in drawn.rows] == ["2026-11-19", "2026-11-20", "2026-11-21"]
    assert [n for n, kwh in enumerate(drawn.rows[1][1:]) if kwh is None] == [6, 7, 8, 9]
    axes = painted(drawn, Format.PAGE).figure.axes[0]
    laid = sorted((patch.get_x(), patch.get_width()) for patch in axes.patches if round(patch.get_y() + 0.46) == 1)
    assert sum(width for _, width in laid) == 20
    assert not any(x < 10 and x + width > 6 for x, width in laid)


def test_the_hour_that_autumn_has_twice_is_one_cell() -> None:
    autumn = [MeterHour(datetime(2026, 11, 1, 4 + n, tzinfo=UTC), float(n), None, None) for n in range(4)]
    (row,) = carpet("M1", autumn, ZONE).rows
    assert row[1:4] == (0.0, 2.0, 3.0)


def test_a_dotted_stretch_says_what_it_means_and_where_there_is_none_nothing_is_said() -> None:
    sure = intervals(missing=range(0))
    few = [replace(sure[0], coverage_pct=60.0), *sure[1:]]
    assert "dotted: fewer than 90\u00a0% of the reads" in loss_over_time("FEEDER_7", few, (), ZONE).subtitle
    assert "dotted" not in loss_over_time("FEEDER_7", [replace(p, coverage_pct=100.0) for p in sure], (), ZONE).subtitle
