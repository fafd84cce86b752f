"""Numbers as text: always the same spelling, whether a number came from a file or from a column of three decimals."""

from decimal import Decimal


def plain_number(value: Decimal) -> str:
    """A number without exponent and trailing zeros, as 20, 44.2 or 1.159."""
    spelt = f"{value:f}"
    plain = spelt.rstrip("0").rstrip(".") if "." in spelt else spelt
    return "0" if plain in {"", "-0", "-"} else plain
