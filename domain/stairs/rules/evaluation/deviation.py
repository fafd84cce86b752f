"""Deviation from baseline and set point, and drift: told beside the verdict, never part of it (R-01, R-16)."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from domain.stairs.rules.evaluation.case import Case
from domain.stairs.rules.evaluation.limits import Limits
from domain.stairs.rules.evaluation.notes import Note, flags, observes
from domain.stairs.rules.evaluation.numbers import exact, plain, rounded

# numeric(6,2) of the column.
LARGEST_STORED = Decimal("9999.99")


@dataclass(frozen=True, slots=True)
class Deviation:
    """Percentages with two decimals, rounded half up; None without a baseline or set point, or where it is zero."""

    baseline: Decimal | None
    from_baseline_pct: Decimal | None
    from_setpoint_pct: Decimal | None
    notes: tuple[Note, ...]


def baseline_value(case: Case) -> Decimal | None:
    """The commissioning value: for velocity the mean of its grid, else its single value."""
    own = case.baseline
    if own is None:
        return None
    if case.measurement_type == "air_velocity":
        return own.average_velocity_ms if own.average_velocity_ms is not None else own.velocity_ms
    return own.value


def percent_from(reading: Fraction, reference: Decimal | None) -> Fraction | None:
    """(reading - reference) / reference x 100, exact (R-01)."""
    if reference is None or reference == 0:
        return None
    return (reading - exact(reference)) / exact(reference) * 100


def deviation_of(case: Case, reading: Fraction, limits: Limits) -> Deviation:
    """How far a reading lies from its baseline and its set point."""
    baseline = baseline_value(case)
    from_baseline = percent_from(reading, baseline)
    from_setpoint = percent_from(reading, case.template.design_setpoint)
    shown = None if from_baseline is None else rounded(from_baseline, 2)
    notes = [*_drift(case, from_baseline), *_overflow(shown)]
    if baseline is not None and limits.missed_by(exact(baseline)) is not None:
        text = f"The baseline {plain(baseline)} itself lies outside the limits; no limit follows from it."
        notes.append(observes("BASELINE_BELOW_RULE", text))
    return Deviation(baseline, shown, None if from_setpoint is None else rounded(from_setpoint, 2), tuple(notes))


def _overflow(shown: Decimal | None) -> list[Note]:
    if shown is None or abs(shown) <= LARGEST_STORED:
        return []
    return [flags("DEVIATION_OVERFLOW", f"The deviation of {plain(shown)} % is too large for its column.")]


def _drift(case: Case, percent: Fraction | None) -> list[Note]:
    if percent is None:
        return []
    steps = (("DRIFT_LARGE", case.settings.drift_large_pct), ("DRIFT", case.settings.drift_pct))
    for code, beyond in steps:
        if abs(percent) > exact(beyond):
            text = f"{plain(rounded(percent, 2))} % from baseline, more than {plain(beyond)} % either way."
            return [observes(code, text)]
    return []
