"""Numbers as people wrote them: decimal text in, exact arithmetic, rounding half up, plain text out.

No binary float takes part in a verdict. What is measured stays the text that was submitted; limits are `Decimal`;
means, conversions and percentages are fractions, and are rounded only to be shown or stored.
"""

import re
from decimal import Context, Decimal, Inexact
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

TYPES = {
    "pressure_differential": "Pa",
    "air_velocity": "m/s",
    "door_opening_force": "N",
    "cause_and_effect_logic": None,
    "interface_test": "s",
}
# numeric(10,3) holds seven digits before the point.
_BOUND = Decimal("9999999.9995")
_LEXEME = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_LONGEST = 40
# A double is the nearest of its shortest text for certain up to this many digits, and no further.
_SURE_DIGITS = 15
_NUMBER = {
    "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?$"}],
    "examples": ["18.2", 20],
}


def _checked(text: str) -> str:
    if len(text) > _LONGEST or not _LEXEME.fullmatch(text):
        hint = "; NaN and infinity are none" if text.strip("+-").lower() in {"nan", "inf", "infinity"} else ""
        raise ValueError(f"{text[:_LONGEST]!r} is not a decimal number such as 18.2 (at most 40 characters){hint}")
    number = Decimal(text)
    if abs(number) >= _BOUND:
        raise ValueError(f"{text} is too large: at most seven digits stand before the point")
    if len(f"{number:f}") > _LONGEST:
        raise ValueError(f"{text} is finer than anybody can measure")
    return text


def reading_text(value: object) -> str:
    """The text of a reading, untouched.

    Raises:
        ValueError: not a finite decimal number, too large, or a binary float, whose digits are no longer those sent.
    """
    if isinstance(value, float):
        raise ValueError("is a binary float, which may have lost digits; give the decimal text, such as '18.2'")
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("is not a number or the text of one")
    return _checked(str(value))


def number_of(value: object) -> Decimal:
    """A limit or a setting, without trailing zeros; a float is taken by its shortest text where that is certain.

    Raises:
        ValueError: not a finite decimal number, or too large.
    """
    if isinstance(value, float):
        text = repr(value)
        if sum(one.isdigit() for one in text.split("e")[0]) > _SURE_DIGITS:
            raise ValueError(f"{text} has more digits than a binary float can vouch for; give the decimal text")
        return Decimal(plain(Decimal(_checked(text))))
    return Decimal(plain(Decimal(reading_text(value))))


Reading = Annotated[str, BeforeValidator(reading_text), WithJsonSchema(_NUMBER)]
Number = Annotated[Decimal, BeforeValidator(number_of), WithJsonSchema(_NUMBER)]


def exact(value: Decimal | str | int) -> Fraction:
    """The value as a fraction, without any rounding."""
    return Fraction(Decimal(value))


def rounded(value: Fraction, places: int) -> Decimal:
    """`value` rounded half up (away from zero on ties) to `places` decimals."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-places, Context(prec=100))


def plain(value: Decimal) -> str:
    """`value` as text without exponent and without trailing zeros: 20.000 reads 20."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def decimal_text(value: Fraction) -> str:
    """A fraction as decimal text: all its digits where they end within 60, else 28 of them."""
    numerator, denominator = Decimal(value.numerator), Decimal(value.denominator)
    whole = Context(prec=60)
    quotient = whole.divide(numerator, denominator)
    return plain(Context(prec=28).divide(numerator, denominator) if whole.flags[Inexact] else quotient)


def json_number(value: Decimal | None) -> int | float | None:
    """A rounded value as a JSON number; whole ones as integers, so that 20.000 and 20 are the same bytes."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
