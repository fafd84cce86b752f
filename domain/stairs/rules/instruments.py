"""Instruments and their certificates by date: which certificate holds on a day, and what is about to end.

A verdict asks the certificates themselves on the day of the test (R-10); the dates that stand with an instrument are a
copy of its newest certificate, for lists and warnings alone.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

WARN_DAYS = 30
# The days before the end at which people are told; 0 is the day from which it no longer holds.
STAGES = (30, 7, 0)
State = Literal["valid", "due", "expired", "never"]


@dataclass(frozen=True)
class Certificate:
    """One calibration as the laboratory wrote it; it holds on `calibration_date <= day < expiry_date`."""

    cert_id: UUID
    cert_number: str
    calibration_date: date
    expiry_date: date
    calibration_authority: str | None = None
    standard: str | None = None

    def is_valid(self, on: date) -> bool:
        """Whether it holds on that day (R-10, strict at the end)."""
        return self.calibration_date <= on < self.expiry_date

    def days_until_expiry(self, on: date) -> int:
        """Days that are left; 0 on the day from which it no longer holds, negative afterwards."""
        return (self.expiry_date - on).days


def newest(certificates: Iterable[Certificate]) -> Certificate | None:
    """The latest calibration; of two on one day the one that lasts longer."""
    return max(
        certificates,
        key=lambda one: (one.calibration_date, one.expiry_date, one.cert_number, str(one.cert_id)),
        default=None,
    )


def holding(certificates: Iterable[Certificate], on: date) -> Certificate | None:
    """The certificate that holds on a day, the newest where several do; None where the instrument proves nothing."""
    return newest(one for one in certificates if one.is_valid(on))


def state_of(expiry: date | None, on: date, days: int = WARN_DAYS) -> State:
    """How an instrument stands on a day, by the end of its newest certificate."""
    if expiry is None:
        return "never"
    left = (expiry - on).days
    return "expired" if left <= 0 else "due" if left <= days else "valid"


def stage_of(expiry: date | None, on: date) -> int | None:
    """The warning that a day has reached: 30, 7 or 0 days before the end; None where there is nothing to warn of.

    An instrument that was never calibrated is warned of as one that has ended.
    """
    if expiry is None:
        return 0
    left = (expiry - on).days
    return min((stage for stage in STAGES if left <= stage), default=None)


def warning(name: str, expiry: date | None, on: date) -> str:
    """What people are told of it, one sentence."""
    if expiry is None:
        return f"{name} has no calibration certificate."
    left = (expiry - on).days
    if left <= 0:
        return f"The calibration of {name} ended on {expiry.isoformat()}."
    return f"The calibration of {name} ends on {expiry.isoformat()}, in {left} {'day' if left == 1 else 'days'}."


def name_of(instrument_type: str | None, manufacturer: str | None, model: str | None, serial_number: str) -> str:
    """An instrument as people name it: `manometer Testo 512 (MAN-1)`."""
    kind = (instrument_type or "instrument").replace("_", " ")
    return f"{' '.join(part for part in (kind, manufacturer, model) if part)} ({serial_number})"


def number_of(text: str) -> str:
    """A certificate's number as it is kept: one form of each letter, upper case, no space around it."""
    return unicodedata.normalize("NFC", text).strip().upper()
