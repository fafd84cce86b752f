"""Instruments and certificates as they are sent and answered. Numbers are text, so that no digit is lost."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, field_validator

from api.paging import Row
from api.stairs.schemas import Body
from domain.stairs.rules.instruments import State

Kind = Literal["manometer", "anemometer", "force_gauge", "multimeter", "thermometer"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Number = Annotated[Decimal, Field(max_digits=10, decimal_places=3, allow_inf_nan=False)]
Day = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2200, 1, 1), examples=["2026-01-15"])]
MANOMETER: dict[str, JsonValue] = {
    "serial_number": "MAN-12345",
    "manufacturer": "Dwyer",
    "model": "475-1-FM",
    "instrument_type": "manometer",
    "calibration_frequency_months": 12,
    "accuracy": "±1 Pa",
    "range_min": "0",
    "range_max": "200",
    "unit": "Pa",
}


class InstrumentFields(Body):
    """What is known of an instrument."""

    building_id: UUID | None = Field(None, description="Where it belongs; null goes to every building.")
    manufacturer: Name | None = None
    model: Name | None = None
    calibration_frequency_months: Annotated[int | None, Field(ge=1, le=60)] = None
    calibration_standard: Name | None = Field(None, examples=["ISO/IEC 17025"])
    accuracy: Annotated[str | None, StringConstraints(strip_whitespace=True, max_length=50)] = Field(
        None, description="As the maker states it.", examples=["±1 Pa"]
    )
    range_min: Number | None = Field(None, description="In `unit`, inclusive.")
    range_max: Number | None = None
    unit: Annotated[str | None, StringConstraints(strip_whitespace=True, max_length=20)] = None


class NewInstrument(InstrumentFields):
    """An instrument to enter."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [MANOMETER]})

    serial_number: Name
    instrument_type: Kind


class ChangedInstrument(InstrumentFields):
    """Members that are sent are changed, others stay."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"accuracy": "±0.5 Pa"}]})

    serial_number: Name | None = None
    instrument_type: Kind | None = None

    @field_validator("serial_number", "instrument_type")
    @classmethod
    def stays_known(cls, value: str | None) -> str:
        """Both can be corrected, neither can be taken away."""
        if value is None:
            raise ValueError("cannot be null")
        return value


class NewCertificate(Body):
    """A certificate as the laboratory wrote it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "cert_number": "CERT-2026-001",
                    "calibration_date": "2026-01-15",
                    "expiry_date": "2027-01-15",
                    "calibration_authority": "NATA Accredited Lab - Sydney",
                    "standard": "ISO/IEC 17025",
                }
            ]
        },
    )

    cert_number: Name
    calibration_date: Day
    expiry_date: Day = Field(description="The first day on which it no longer holds.")
    calibration_authority: Annotated[str | None, StringConstraints(strip_whitespace=True, max_length=255)] = None
    standard: Name | None = None


class InstrumentRow(Row):
    """One instrument; the dates are those of its newest certificate."""

    id: UUID
    building_id: UUID | None
    serial_number: str = Field(examples=["MAN-12345"])
    manufacturer: str | None
    model: str | None
    instrument_type: str | None = Field(examples=["manometer"])
    calibration_frequency_months: int | None
    calibration_standard: str | None
    calibration_cert_id: str | None = Field(description="Number of the newest certificate.")
    calibration_date: date | None
    calibration_expiry: date | None
    calibration_state: State = Field(description="On the day that was asked for; due is within 30 days.")
    accuracy: str | None
    range_min: Decimal | None
    range_max: Decimal | None
    unit: str | None
    retired_at: datetime | None


class CertificateRow(BaseModel):
    """One certificate. `is_valid` on the day that was asked for."""

    cert_id: UUID
    instrument_id: UUID
    cert_number: str
    calibration_date: date
    expiry_date: date
    calibration_authority: str | None
    standard: str | None
    artifact_id: UUID | None = Field(description="The laboratory's PDF: GET /v1/artifacts/{artifact_id}.")
    is_valid: bool
    days_until_expiry: int
    withdrawn_at: datetime | None
    withdrawn_reason: str | None


class Instrument(InstrumentRow):
    """An instrument with all its certificates, the newest calibration first."""

    certificates: list[CertificateRow]


class Due(BaseModel):
    """Whose calibration ends soon."""

    status: Literal["ok"] = "ok"
    on: date
    days: int
    counts: dict[str, int] = Field(examples=[{"expired": 0, "due": 1, "never": 0}])
    rows: list[InstrumentRow]
