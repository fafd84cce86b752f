"""The words of an event that has hardly begun stand clear of the names at the right end of the lines."""

from dataclasses import replace
from datetime import timedelta

import pytest
from matplotlib.text import Text

from domain.grid.metering.charts.loss import loss_over_time
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
