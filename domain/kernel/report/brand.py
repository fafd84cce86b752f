"""What a report looks like and for whom: the utility's brand, the options of one rendering, and who signed it."""

import base64
import binascii
import io
import re
from datetime import datetime
from typing import Literal

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, field_validator

MOST_LOGO_BYTES = 512 * 1024
MOST_LOGO_PIXELS = 4_000_000
HASH = r"^[0-9a-f]{64}$"


class Brand(BaseModel):
    """The utility's own; everything has a default, so that a report is whole without one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field("", max_length=200, description="Name on the cover; empty: the tenant's.")
    logo: str | None = Field(None, description="PNG or JPEG as base64, at most 512 kB.")
    logo_alt: str = Field("", max_length=200, description="What the logo shows, for who cannot see it.")
    primary: str = Field("#005a9c", description="Colour of the cover and of headings' rules, #rrggbb.")
    accent: str = Field("#0072b2", description="Colour of the smaller rules, #rrggbb.")
    address: list[str] = Field(default_factory=list, max_length=6, description="Lines for the foot of the cover.")
    currency: str = Field("USD", pattern=r"^[A-Z]{3}$", description="ISO 4217, of costs without one.")

    @field_validator("primary", "accent")
    @classmethod
    def _is_readable(cls, value: str) -> str:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
            raise ValueError("a colour is written #rrggbb")
        if contrast_to_white(value) < 4.5:
            raise ValueError("white words on this colour cannot be read well: at least 4.5 : 1 is needed")
        return value.lower()

    @field_validator("logo")
    @classmethod
    def _is_a_picture(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            data = base64.b64decode(value, validate=True)
        except binascii.Error as fault:
            raise ValueError("the logo is not base64") from fault
        if len(data) > MOST_LOGO_BYTES:
            raise ValueError("the logo is larger than 512 kB")
        try:
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
                width, height = picture.size
                if width * height > MOST_LOGO_PIXELS:
                    raise ValueError("the logo has more than four million pixels")
                picture.verify()
        except (OSError, SyntaxError, Image.DecompressionBombError) as fault:
            raise ValueError("the logo is neither a PNG nor a JPEG") from fault
        return value

    def logo_bytes(self) -> bytes | None:
        """The picture, where there is one."""
        return None if self.logo is None else base64.b64decode(self.logo)


class ReportOptions(BaseModel):
    """How this rendering is laid out; part of what is signed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    page_size: Literal["A4", "LETTER"] = "A4"
    language: Literal["en-US", "en-GB"] = Field("en-US", description="Language that the files declare.")


class ReportSignature(BaseModel):
    """A person's countersignature of the report's content, as its signature page shows it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signer: str = Field(min_length=1)
    role: str = Field(min_length=1)
    meaning: str = Field(min_length=1, description="What the person declared by signing.")
    signed_at: datetime
    content_hash: str = Field(pattern=HASH)
    key_id: str = Field(min_length=1)
    countersignature_id: str = Field(min_length=1)
    reason: str | None = None
    on_behalf_of: str | None = None

    @field_validator("signed_at")
    @classmethod
    def _has_a_zone(cls, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("an instant needs its offset, for example 2026-07-14T09:00:00Z")
        return value


def contrast_to_white(color: str) -> float:
    """Contrast ratio against white (WCAG 2.2, relative luminance)."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
