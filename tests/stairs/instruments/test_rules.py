"""Certificates by date, and the stages of a warning."""

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.stairs.rules.instruments import (
    Certificate,
    holding,
    name_of,
    newest,
    number_of,
    stage_of,
    state_of,
    warning,
)

DAY = date(2026, 3, 2)
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


def certificate(number: int, begins: date, days: int) -> Certificate:
    return Certificate(UUID(int=number), f"C-{number}", begins, begins + timedelta(days=days))


@st.composite
def certificates(draw: st.DrawFn) -> list[Certificate]:
    spans = draw(st.lists(st.tuples(DAYS, st.integers(1, 800)), max_size=6))
    return [certificate(number, begins, days) for number, (begins, days) in enumerate(spans)]


def test_r_10_a_certificate_holds_from_its_day_until_the_day_before_it_expires() -> None:
    one = certificate(1, DAY, 10)
    last = DAY + timedelta(days=9)
    assert [one.is_valid(day) for day in (DAY - timedelta(days=1), DAY, last, one.expiry_date)] == [0, 1, 1, 0]
    assert (one.days_until_expiry(last), one.days_until_expiry(one.expiry_date)) == (1, 0)


@given(certificates(), DAYS)
def test_r_10_some_certificate_holds_or_none(found: list[Certificate], on: date) -> None:
    held = holding(found, on)
    assert (held is not None) == any(one.calibration_date <= on < one.expiry_date for one in found)
    assert held is None or held.is_valid(on)
    assert holding(list(reversed(found)), on) == held


@given(certificates(), certificates(), DAYS)
def test_r_10_a_further_certificate_never_takes_proof_away(
    one: list[Certificate], more: list[Certificate], on: date
) -> None:
    assert holding(one, on) is None or holding([*one, *more], on) is not None


@given(certificates())
def test_the_newest_is_the_latest_calibration_whatever_the_order(found: list[Certificate]) -> None:
    last = newest(found)
    assert newest(sorted(found, key=lambda one: one.cert_number)) == last
    assert last is None or all(one.calibration_date <= last.calibration_date for one in found)


def test_states_and_stages_by_days_left() -> None:
    left = {days: DAY + timedelta(days=days) for days in (-1, 0, 1, 7, 8, 30, 31)}
    assert [state_of(left[days], DAY) for days in left] == ["expired", "expired", *["due"] * 4, "valid"]
    assert [stage_of(left[days], DAY) for days in left] == [0, 0, 7, 7, 30, 30, None]
    assert (state_of(None, DAY), stage_of(None, DAY)) == ("never", 0)


@given(DAYS, DAYS)
def test_a_stage_never_goes_back(expiry: date, on: date) -> None:
    today, tomorrow = stage_of(expiry, on), stage_of(expiry, on + timedelta(days=1))
    assert today is None or (tomorrow is not None and tomorrow <= today)


def test_words() -> None:
    name = name_of("force_gauge", "Mark-10", None, "FOR-1")
    assert name == "force gauge Mark-10 (FOR-1)"
    assert warning(name, DAY, DAY - timedelta(days=1)) == (
        "The calibration of force gauge Mark-10 (FOR-1) ends on 2026-03-02, in 1 day."
    )
    assert warning(name, DAY, DAY).endswith("ended on 2026-03-02.")
    assert warning(name, None, DAY).endswith("has no calibration certificate.")
    assert number_of("  cert-ä-1 ") == "CERT-Ä-1"
