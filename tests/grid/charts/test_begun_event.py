"""The words of an event that has hardly begun stand clear of the names of lines; of one that is cut, they say so."""

from dataclasses import replace
from datetime import timedelta

import pytest
from matplotlib.text import Text

from domain.grid.metering.charts.loss import finding, loss_over_time
from domain.kernel.charts.chart import Format
from tests.grid.charts.conftest import THEFT, ZONE, intervals
from tests.grid.charts.test_drawing import painted


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("quarters", [1, 2, 5])
def test_what_is_predicted_covers_no_name_of_a_line(form: Format, quarters: int) -> None:
    end = THEFT.starts_at + timedelta(minutes=15 * quarters)
    begun = [point for point in intervals() if point.read_at <= end]
    plot = painted(loss_over_time("FEEDER_7", begun, [replace(THEFT, expected_pp=6.0)], ZONE), form)
    texts = [found for found in plot.figure.findobj(Text) if isinstance(found, Text)]
    predicted = next(found for found in texts if found.get_text().startswith("Predicted"))
    names = [found for found in texts if found.get_text().startswith(("Actual", "Raw", "Expected"))]
    assert len(names) == 3
    right = predicted.get_window_extent().x1
    assert all(right <= name.get_window_extent().x0 for name in names)


def test_of_a_theft_that_began_before_the_window_the_finding_says_that_a_part_is_shown() -> None:
    whole = intervals()
    late = [point for point in whole if point.start >= THEFT.starts_at + timedelta(hours=1)]
    assert "while the injected theft lasted" in finding("FEEDER_7", whole, [THEFT])
    assert "in the part of the injected theft that is shown" in finding("FEEDER_7", late, [THEFT])
