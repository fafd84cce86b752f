"""The pieces of every chart: time axes across clock changes, labels that keep apart, words for numbers."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.charts.axes import steps, time_ticks
from domain.kernel.charts.chart import Chart, Column
from domain.kernel.charts.lettering import text_width, wrap
from domain.kernel.charts.marks import spread
from domain.kernel.charts.words import chance, listing, number, percent, signed, span

ZONES = ["America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]


@given(
    st.integers(0, 10 * 365 * 24 * 60),
    st.floats(0.25, 24 * 60),
    st.sampled_from(ZONES),
    st.integers(3, 12),
)
def test_ticks_are_round_local_hours_in_order_within_the_window(
    minute: int, hours: float, zone_name: str, wanted: int
) -> None:
    zone, start = ZoneInfo(zone_name), datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    end = start + timedelta(hours=hours)
    ticks = time_ticks(start, end, zone, wanted)
    assert all(start <= tick <= end for tick in ticks)
    assert all(a < b for a, b in pairwise(ticks))
    assert all(tick.astimezone(zone).minute in {0, 30} for tick in ticks)
    assert len(ticks) <= wanted + 2


@given(st.lists(st.floats(0, 300), max_size=8).map(sorted))
def test_labels_keep_their_order_and_their_distance(wanted: list[float]) -> None:
    places = spread(wanted, 16, 0, 300)
    assert all(b - a >= 16 - 1e-9 for a, b in pairwise(places))
    assert all(place <= 300 + 1e-9 for place in places)
    assert all(place >= -1e-9 for place in places)


@given(st.lists(st.tuples(st.integers(0, 50), st.one_of(st.none(), st.floats(-10, 10))), max_size=30))
def test_a_stepped_line_never_bridges_a_gap(rows: list[tuple[int, float | None]]) -> None:
    ordered = sorted(dict(rows).items())
    starts = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * slot) for slot, _ in ordered]
    ends = [start + timedelta(minutes=15) for start in starts]
    x, y = steps(starts, ends, [value for _, value in ordered])
    for a, b in pairwise(range(len(x))):
        if x[b] - x[a] > 0.26:
            assert y[a] != y[a] or y[b] != y[b]  # NaN on one side


def test_a_title_breaks_at_blanks_and_fits() -> None:
    words = "FEEDER_7 lost 9.9\u00a0% while the injected theft lasted, 6.1 points above its expected 3.8\u00a0%"
    lines = wrap(words, 300, 16, 600)
    assert " ".join(lines) == words
    assert len(lines) > 1
    assert all(text_width(line, 16, 600) <= 300 for line in lines)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (number(1234.5, 1), "1,234.5"),
        (number(-0.04, 1), "0.0"),
        (number(None), "\u2013"),
        (signed(6.65), "+6.65"),
        (signed(-0.1), "\u22120.10"),
        (signed(0.001), "0.00"),
        (signed(-0.001), "0.00"),
        (signed(None), "\u2013"),
        (percent(11.649), "11.6\u00a0%"),
        (percent(None), "\u2013"),
        (chance(0.555), "55.5\u00a0%"),
        (chance(1.0), "over 99.9\u00a0%"),
        (chance(0.996, 0), "over 99\u00a0%"),
        (chance(0.994, 0), "99\u00a0%"),
        (chance(None), "\u2013"),
        (listing([]), ""),
        (listing(["a"]), "a"),
        (listing(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_numbers_are_written_as_people_read_them(written: str, expected: str) -> None:
    assert written == expected


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        (datetime(2026, 11, 19, 5, tzinfo=UTC), 24, "Thu 19 Nov 00:00 to 24:00 EST"),
        (datetime(2026, 11, 19, 15, tzinfo=UTC), 4, "Thu 19 Nov 10:00 to 14:00 EST"),
        (datetime(2026, 11, 19, 15, tzinfo=UTC), 24, "Thu 19 Nov 10:00 to Fri 20 Nov 10:00 EST"),
    ],
)
def test_a_stretch_of_time_names_its_day_once(start: datetime, hours: int, expected: str) -> None:
    assert span(start, start + timedelta(hours=hours), ZoneInfo("America/New_York")) == expected


def test_the_file_of_a_chart_holds_no_formula() -> None:
    rows = (("=1+1", -2.5), ("@SUM(A1)", 1.0), ("North", -1.0))
    chart = Chart(
        name="c", title="T", subtitle="S", alt="A", columns=(Column("crew", "Crew"), Column("kwh", "kWh")), rows=rows,
        paint=lambda _: None,
    )  # fmt: skip
    assert chart.csv().decode().splitlines() == ["crew,kwh", "'=1+1,-2.5", "'@SUM(A1),1.0", "North,-1.0"]
