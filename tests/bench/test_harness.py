"""Benchmarks say what they measured: ratios within a round, verdicts by target, peers held to the same numbers."""

from datetime import date
from typing import Any

import pytest

from bench.harness import Case, Check, Cost, lines
from bench.kpi import same_numbers

DAY = date(2026, 11, 20)
ROLLUP: dict[str, Any] = {
    "local_date": DAY,
    "reads_received": 480,
    "metered_kwh": 12.5,
    "delivered_kwh": 13.25,
    "avg_voltage": 119.87,
}


def test_a_share_is_the_median_of_the_ratios_within_each_round() -> None:
    """The machine is half as fast in the second round; the ratio does not see it."""
    raw = [Cost(100, 1.0, 0.5, 0.1), Cost(100, 2.0, 1.0, 0.1), Cost(100, 1.0, 0.5, 0.1)]
    ours = [Cost(100, 2.0, 2.0, 0.1), Cost(100, 4.0, 4.0, 0.1), Cost(100, 4.0, 2.0, 0.1)]
    cases = [Case("raw", lambda _: 0), Case("ours", lambda _: 0, target=0.5), Case("more", lambda _: 0, target=0.51)]
    table = lines(cases, {"raw": raw, "ours": ours, "more": ours})
    assert [line.share for line in table] == [1.0, 0.5, 0.5]
    assert table[1].share_by_cpu == 0.25
    assert (table[1].rate_min, table[1].rate, table[1].rate_max) == (25.0, 25.0, 50.0)
    assert [line.verdict for line in table] == ["", "met", "MISSED"]


@pytest.mark.parametrize(
    ("value", "target", "at_most", "verdict"),
    [(4.0, 5.0, True, "met"), (6.0, 5.0, True, "MISSED"), (120.0, 100.0, False, "met"), (9.0, 100.0, False, "MISSED")],
)
def test_a_target_is_an_upper_or_a_lower_bound(value: float, target: float, at_most: bool, verdict: str) -> None:
    assert Check("figure", value, "ms", target, at_most).verdict == verdict
    assert Check("figure", value, "ms", None, at_most).verdict == ""


def test_a_peer_that_answers_another_number_is_refused() -> None:
    same_numbers([(DAY, 480, 12.5, 119.87, 13.25)], [ROLLUP])
    for wrong in ((DAY, 479, 12.5, 119.87, 13.25), (DAY, 480, 12.6, 119.87, 13.25), (DAY, 480, 12.5, 119.87, 13.3)):
        with pytest.raises(AssertionError):
            same_numbers([wrong], [ROLLUP])
