"""What a pass is proven by: the instrument and its certificates, the evidence asked for and that which came."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from domain.stairs.rules.evaluation.model import Count, Part
from domain.stairs.rules.evaluation.numbers import Number
from domain.stairs.rules.evaluation.times import Day, Instant

_RESOLUTION = re.compile(r"([1-9]\d{0,5})\s*[x×X]\s*([1-9]\d{0,5})", re.ASCII)
EvidenceType = Literal["photo", "video", "structured_data", "metadata"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$"), AfterValidator(str.lower)]


def longer_and_shorter(resolution: str) -> tuple[int, int]:
    """The two sides of a picture, longer first, so that turning the phone changes nothing.

    Raises:
        ValueError: not written like 1024x768.
    """
    match = _RESOLUTION.fullmatch(resolution.strip())
    if match is None:
        raise ValueError(f"{resolution[:40]!r} is not a resolution such as 1024x768")
    sides = (int(match[1]), int(match[2]))
    return max(sides), min(sides)


def _readable(text: str) -> str:
    longer_and_shorter(text)
    return text


Resolution = Annotated[str, AfterValidator(_readable)]


class Instrument(Part):
    """The instrument that was used, not the one that was planned (R-10)."""

    id: str = Field(min_length=1, description="Id or serial number.")
    type: str | None = Field(None, description="manometer, anemometer, force_gauge, multimeter or thermometer.")
    range_min: Number | None = Field(None, description="Least value that it reads.")
    range_max: Number | None = Field(None, description="Greatest value that it reads.")
    accuracy: str | None = Field(None, max_length=50, description="As the maker states it, such as ±1 Pa or ±2 %.")
    unit: str | None = Field(None, max_length=20, description="Unit of range and accuracy.")


class Certificate(Part):
    """One calibration of one instrument."""

    cert_id: str | None = Field(None, description="Id of the row, if it has one.")
    cert_number: str = Field(min_length=1, max_length=100, description="Number of the certificate.")
    instrument_id: str | None = Field(None, description="Instrument; none: the one that was used.")
    calibration_date: Day = Field(description="Day of calibration; valid from that day on.")
    expiry_date: Day = Field(description="First day on which it is no longer valid.")
    calibration_authority: str | None = Field(None, description="Laboratory.")
    standard: str | None = Field(None, description="Standard of the calibration, such as ISO/IEC 17025.")

    @model_validator(mode="after")
    def _in_order(self) -> "Certificate":
        if self.expiry_date <= self.calibration_date:
            raise ValueError("expiry_date is not after calibration_date")
        return self


class EvidencePrompt(Part):
    """One piece of evidence that the template asks for."""

    type: EvidenceType = Field(description="Kind of evidence.")
    description: str = Field(description="What it should show.")
    mandatory: bool = Field(False, description="Whether a pass needs it.")
    min_resolution: Resolution | None = Field(None, description="Least resolution, such as 1024x768; turned counts.")


class EvidenceRecord(Part):
    """One piece of evidence that was captured."""

    evidence_id: str = Field(min_length=1, description="Id of the record.")
    evidence_type: EvidenceType = Field(description="Kind of evidence.")
    declared_sha256: Sha256 | None = Field(None, description="SHA-256 that the device declared.")
    stored_sha256: Sha256 | None = Field(None, description="SHA-256 of the stored bytes, computed on the server.")
    size_bytes: int | None = Field(None, ge=0, le=2**53 - 1, description="Size of the stored bytes.")
    resolution: str | None = Field(
        None, max_length=100, description="Resolution as the device tells it, such as 4032x3024."
    )
    captured_at: Instant = Field(description="When it was captured.")
    uploaded: bool = Field(description="Whether all bytes have arrived.")
    used_elsewhere: bool = Field(False, description="Whether the same bytes stand under another test.")
    prompt: Count | None = Field(None, description="Number of the prompt that it answers, from 1; none: any.")
