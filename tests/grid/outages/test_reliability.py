"""Indices of IEEE 1366 against figures made by hand, and the traps: nesting, midnight, censoring, zeros."""

import itertools
import math
import random
from datetime import UTC, date, datetime, timedelta
from statistics import NormalDist
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grid.outages.rules.interruptions import Interruption, joined
from domain.grid.outages.rules.major_events import MajorEventSettings, major_event_threshold
from domain.grid.outages.rules.reliability import (
    celid,
    cemi,
    critical_customer_minutes,
    kwh_not_served,
    reliability_indices,
    saidi_by_day,
)

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
LATER = START + timedelta(days=3)


def out(
    customer: str, begin: float, end: float | None, event: str = "E1", customers: int = 1, **more: object
) -> Interruption:
    return Interruption(
        event,
        customer,
        START + timedelta(minutes=begin),
        None if end is None else START + timedelta(minutes=end),
        customers,
        **more,  # type: ignore[arg-type]
    )


# Four events in the manner of the standard's example: 2,000 customers served, one day.
BY_HAND = [
    out("A", 0, 90, "E1", 600),
    out("B", 0, 45, "E1", 200),  # the same event, restored in a second step
    out("C", 120, 123.5, "E2", 400),  # momentary
    out("D", 300, 617.25, "E3", 25),
    out("A", 700, 705, "E4", 600),  # exactly five minutes is momentary
]


def test_a_hand_made_example_is_exact() -> None:
    got = reliability_indices(BY_HAND, as_of=LATER, customers_served=2000, period_minutes=1440)
    cmi = 600 * 90 + 200 * 45 + 25 * 317.25  # 70,931.25
    assert got.cmi == pytest.approx(70931.25, abs=1e-9)
    assert cmi == pytest.approx(70931.25, abs=1e-9)
    assert got.customers_interrupted == 825
    assert got.saidi_min == pytest.approx(35.465625, abs=1e-9)
    assert got.saifi == pytest.approx(0.4125, abs=1e-9)
    assert got.caidi_min == pytest.approx(85.97727272727273, abs=1e-9)
    assert got.asai == pytest.approx(1 - 70931.25 / 2_880_000, abs=1e-12)
    assert got.momentary_customers == 1000
    assert got.maifi_e == pytest.approx(0.5, abs=1e-12)
    assert not got.is_lower_bound


def test_a_nested_restoration_step_is_not_counted_twice() -> None:
    larger, nested = out("A", 0, 60, "E1"), out("A", 40, 100, "E2")
    touching = out("A", 100, 130, "E2")
    assert reliability_indices([larger, nested, touching], as_of=LATER).cmi == 130
    assert reliability_indices([larger, nested, touching], as_of=LATER).customers_interrupted == 1
    assert reliability_indices([larger, larger, larger], as_of=LATER).cmi == 60
    apart = [out("A", 0, 30), out("A", 60, 90)]
    assert reliability_indices(apart, as_of=LATER).cmi == 60
    assert reliability_indices(apart, as_of=LATER).customers_interrupted == 1


def test_what_is_still_open_is_not_restored_and_makes_a_lower_bound() -> None:
    as_of = START + timedelta(minutes=100)
    got = reliability_indices([out("A", 0, 50), out("B", 20, None), out("C", 30, 400)], as_of=as_of)
    assert got.cmi == 50 + 80 + 70
    assert (got.cmi_restored, got.customers_restored, got.still_out) == (50, 1, 2)
    assert got.is_lower_bound
    begun = reliability_indices([out("A", 97, None)], as_of=as_of)
    assert (begun.customers_interrupted, begun.momentary_customers, begun.still_out) == (0, 0, 1)
    assert reliability_indices([out("A", 101, 120)], as_of=as_of).still_out == 0  # not known yet


def test_reclosing_that_ends_in_a_lockout_is_no_momentary_event() -> None:
    shots = [out("A", 0, 0.5), out("A", 2, 2.5), out("A", 4, 60)]
    assert reliability_indices(shots, as_of=LATER).momentary_customers == 0
    assert reliability_indices(shots[:2], as_of=LATER).momentary_customers == 1
    assert reliability_indices([*shots[:2], out("A", 30, 31)], as_of=LATER).momentary_customers == 2


def test_minutes_after_midnight_accrue_to_the_day_of_the_begin() -> None:
    zone = ZoneInfo("America/New_York")
    begin = datetime(2026, 3, 7, 23, 50, tzinfo=zone)
    # Clocks go forward in this night: two hours of supply are missed, not three.
    end = datetime(2026, 3, 8, 3, 50, tzinfo=zone)
    night = Interruption("E", "A", begin.astimezone(UTC), end.astimezone(UTC), 10)
    days = saidi_by_day([night], as_of=LATER + timedelta(days=30), customers_served=100, zone=zone)
    assert days == {date(2026, 3, 7): pytest.approx(18.0)}


def test_cemi_and_celid_count_customers() -> None:
    often = [out("A", 0, 10, "E1"), out("A", 60, 80, "E2"), out("A", 200, 300, "E3"), out("B", 0, 130, "E1")]
    assert cemi(often, as_of=LATER, customers_served=10, n=3) == pytest.approx(0.1)
    assert cemi(often, as_of=LATER, customers_served=10, n=1) == pytest.approx(0.2)
    assert celid(often, as_of=LATER, customers_served=10, minutes=130) == pytest.approx(0.2)
    assert celid(often, as_of=LATER, customers_served=10, minutes=130.1) == 0


def test_energy_and_critical_minutes() -> None:
    both = [out("A", 0, 90, kw=2.0, critical=True), out("B", 0, 30, kw=1.5), out("A", 30, 60, "E2", kw=2.0)]
    assert kwh_not_served(both, LATER) == pytest.approx(3.75)
    assert critical_customer_minutes(both, LATER) == pytest.approx(90)


def _lognormal_days(alpha: float, beta: float, n: int) -> dict[date, float]:
    """Days whose logarithms have exactly this mean and standard deviation."""
    normal = [NormalDist().inv_cdf((k + 0.5) / n) for k in range(n)]
    mean = math.fsum(normal) / n
    spread = math.sqrt(math.fsum((x - mean) ** 2 for x in normal) / (n - 1))
    values = [math.exp(alpha + beta * (x - mean) / spread) for x in normal]
    values = values[::2] + values[1::2]
    return {date(2020, 1, 1) + timedelta(days=k): value for k, value in enumerate(values)}


@pytest.mark.parametrize(("alpha", "beta"), [(-2.0, 1.2), (-3.1, 1.9), (0.4, 0.3)])
def test_tmed_is_the_closed_form_on_lognormal_days(alpha: float, beta: float) -> None:
    got = major_event_threshold(_lognormal_days(alpha, beta, 5 * 365 + 2))
    assert got.tmed_min == pytest.approx(math.exp(alpha + 2.5 * beta), rel=1e-9)
    assert not got.is_short_history
    assert got.is_major(math.exp(alpha + 2.6 * beta))
    assert not got.is_major(math.exp(alpha + 2.4 * beta))


def test_days_of_zero_are_left_out_and_a_short_history_is_named() -> None:
    days = _lognormal_days(-2.0, 1.0, 100)
    without = major_event_threshold(days)
    zeros = {date(2022, 1, 1) + timedelta(days=k): 0.0 for k in range(500)}
    with_zeros = major_event_threshold(days | zeros)
    assert (without.tmed_min, without.days) == (with_zeros.tmed_min, with_zeros.days)
    assert without.is_short_history
    few = major_event_threshold(dict(list(days.items())[:29]))
    assert (few.tmed_min, few.days, few.is_major(99.0)) == (None, 29, None)


def test_a_day_does_not_judge_itself_and_old_years_are_forgotten() -> None:
    days = _lognormal_days(-2.0, 1.0, 60)
    day = max(days) + timedelta(days=1)
    storm = days | {day: 900.0, date(2001, 5, 5): 1e6}
    assert major_event_threshold(storm, before=day).tmed_min == major_event_threshold(days).tmed_min
    assert MajorEventSettings().betas == 2.5


INTERRUPTIONS = st.lists(
    st.builds(
        out,
        customer=st.sampled_from("ABCDE"),
        begin=st.integers(0, 500),
        end=st.none() | st.integers(0, 500),
        event=st.sampled_from(["E1", "E2"]),
    ).map(lambda i: i if i.restored_at is None or i.restored_at >= i.out_at else out(i.customer_id, 0, 7)),
    max_size=25,
)


@given(INTERRUPTIONS, st.randoms())
def test_indices_do_not_depend_on_order_nor_on_repetition(rows: list[Interruption], chance: random.Random) -> None:
    again = [*rows, *rows]
    chance.shuffle(again)
    assert reliability_indices(again, as_of=LATER, customers_served=50) == reliability_indices(
        rows, as_of=LATER, customers_served=50
    )


@given(INTERRUPTIONS)
def test_no_customer_is_out_for_longer_than_the_time_that_passed(rows: list[Interruption]) -> None:
    got = reliability_indices(rows, as_of=LATER, customers_served=50, period_minutes=3 * 1440)
    assert 0 <= got.cmi <= 5 * 3 * 1440
    assert got.cmi_restored <= got.cmi
    stretches = joined(rows)
    for earlier, later in itertools.pairwise(stretches):
        if earlier.customer_id == later.customer_id:
            assert earlier.restored_at is not None
            assert earlier.restored_at < later.out_at
    if got.caidi_min is not None:
        assert got.saidi_min is not None
        assert got.saifi
        assert got.caidi_min == pytest.approx(got.saidi_min / got.saifi, rel=1e-12)
