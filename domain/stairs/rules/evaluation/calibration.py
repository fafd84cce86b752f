"""The instrument on the day of the test: its type, its certificate, its range, its accuracy (R-09, R-10)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from domain.stairs.rules.evaluation.case import Case
from domain.stairs.rules.evaluation.limits import Limits
from domain.stairs.rules.evaluation.notes import Note, blocks, observes
from domain.stairs.rules.evaluation.numbers import TYPES, exact, json_number, plain, rounded
from domain.stairs.rules.evaluation.proof import Certificate, Instrument

USUAL_INSTRUMENT = {
    "pressure_differential": "manometer",
    "air_velocity": "anemometer",
    "door_opening_force": "force_gauge",
}
CALIBRATED = frozenset({"manometer", "anemometer", "force_gauge", "multimeter", "thermometer"})
_ACCURACY = re.compile(r"(?:±|\+/-|\+-)?\s*(\d{1,7}(?:\.\d{1,6})?)\s*(%)?\s*([^\d%]*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the certificates say of the day of the test; `valid` is None where no instrument is asked for."""

    certificate: str | None
    valid: bool | None
    notes: tuple[Note, ...]


def required_type(case: Case) -> str | None:
    """The type of instrument that a pass needs; None for stopwatches and panel logs, which nobody calibrates."""
    asked = case.required_instrument_type or USUAL_INSTRUMENT.get(case.measurement_type)
    if case.measurement_type in USUAL_INSTRUMENT:
        return asked
    return asked if asked in CALIBRATED else None


def check(case: Case, day: date, readings: Sequence[Fraction]) -> Calibration:
    """Whether the instrument that was used could prove the readings on that day. Pure; a finding is a note, no error.

    `day` is the local date of the test; `readings` are exact numbers in the unit of the measurement. Without a valid
    certificate `valid` is False, and a passing result stays undecided; None where no instrument is asked for.
    """
    asked = required_type(case)
    if asked is None:
        return Calibration(None, None, ())
    if case.instrument is None:
        text = f"Which {asked} was used is not recorded."
        return Calibration(None, False, (blocks("INSTRUMENT_MISSING", text),))
    own = case.instrument
    notes = [] if own.type == asked else [blocks("WRONG_INSTRUMENT", _wrong_type(own, asked))]
    notes += _range(own, TYPES[case.measurement_type], readings)
    valid = _valid_on(own, case.certificates, day)
    if valid is None:
        notes.append(blocks("CALIBRATION_EXPIRED", _no_certificate(own, case.certificates, day)))
    return Calibration(None if valid is None else valid.cert_number, valid is not None, tuple(notes))


def _wrong_type(own: Instrument, asked: str) -> str:
    kind = f"a {own.type}" if own.type else "of no recorded type"
    return f"The test asks for a {asked}; {own.id} is {kind}."


def _of(own: Instrument, certificates: Sequence[Certificate]) -> list[Certificate]:
    """The instrument's certificates, latest first."""
    mine = [one for one in certificates if one.instrument_id in {None, own.id}]
    return sorted(mine, key=lambda one: (one.calibration_date, one.expiry_date, one.cert_number), reverse=True)


def _valid_on(own: Instrument, certificates: Sequence[Certificate], day: date) -> Certificate | None:
    return next((one for one in _of(own, certificates) if one.calibration_date <= day < one.expiry_date), None)


def _no_certificate(own: Instrument, certificates: Sequence[Certificate], day: date) -> str:
    past = [one for one in _of(own, certificates) if one.expiry_date <= day]
    last = max(past, key=lambda one: (one.expiry_date, one.cert_number), default=None)
    told = f"; {last.cert_number} ended on {last.expiry_date}" if last is not None else ""
    return f"No certificate of {own.id} was valid on {day}{told}."


def _range(own: Instrument, unit: str | None, readings: Sequence[Fraction]) -> list[Note]:
    """Readings beyond what the instrument can read; a range that nobody recorded hinders nothing and is told."""
    if own.range_min is None and own.range_max is None:
        return [observes("INSTRUMENT_RANGE_UNKNOWN", f"The range of {own.id} is not recorded.")] if readings else []
    if own.unit is not None and unit is not None and own.unit != unit:
        text = f"{own.id} reads in {own.unit}, the test is in {unit}: its range says nothing here."
        return [blocks("UNIT_MISMATCH", text)]
    below = own.range_min is not None and any(one < exact(own.range_min) for one in readings)
    above = own.range_max is not None and any(one > exact(own.range_max) for one in readings)
    if not below and not above:
        return []
    ends = [None if end is None else plain(end) for end in (own.range_min, own.range_max)]
    text = f"A reading lies outside the range of {own.id}, {ends[0] or 'open'} to {ends[1] or 'open'} {unit or ''}"
    return [blocks("OUT_OF_INSTRUMENT_RANGE", f"{text.rstrip()}.")]


def accuracy_of(own: Instrument, reading: Fraction, unit: str | None) -> Fraction | None:
    """The stated accuracy at a reading, in the unit of the test; None where it cannot be read.

    A percentage is of the reading, or of the upper end of the range where the text says FS or full scale.
    """
    match = _ACCURACY.fullmatch((own.accuracy or "").strip())
    if match is None:
        return None
    number, percent, rest = exact(Decimal(match[1])), match[2], match[3].strip().lower()
    if not percent:
        return number if rest in {"", (unit or "").lower()} and own.unit in {None, unit} else None
    if rest in {"fs", "f.s.", "of full scale", "full scale"}:
        return None if own.range_max is None else number * exact(own.range_max) / 100
    return abs(number * reading) / 100 if rest in {"", "of reading", "rdg", "of rdg", "reading"} else None


def notes_on_margin(case: Case, reading: Fraction, limits: Limits) -> list[Note]:
    """MARGINAL where a limit is no further away than the instrument is accurate; the verdict stays (R-09)."""
    if case.instrument is None or case.instrument.accuracy is None:
        return []
    unit = TYPES[case.measurement_type]
    accuracy = accuracy_of(case.instrument, reading, unit)
    if accuracy is None:
        text = f"The accuracy {case.instrument.accuracy!r} of {case.instrument.id} cannot be read as a number."
        return [observes("ACCURACY_UNREADABLE", text)]
    ends = [limit.value for limit in (limits.lower, limits.upper) if limit is not None]
    distances = sorted((abs(reading - exact(end)), end) for end in ends)
    if not distances or distances[0][0] > accuracy:
        return []
    away, end = distances[0]
    text = (
        f"{plain(rounded(away, 3))} {unit} from the limit {plain(end)} {unit}: no further than the instrument's"
        f" accuracy, {plain(rounded(accuracy, 3))} {unit}."
    )
    return [
        observes("MARGINAL", text, distance=json_number(rounded(away, 3)), accuracy=json_number(rounded(accuracy, 3)))
    ]
