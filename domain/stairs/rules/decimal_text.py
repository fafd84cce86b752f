"""Numbers as text: always the same spelling, whether a number came from a file or from a column of three decimals."""

import re
from decimal import Decimal

_POWER = re.compile(r"(?<=\d )m([23])(?![\w²³])")
_RAISED = {"2": "²", "3": "³"}


def in_signs(words: str) -> str:
    """What was kept as "0.29 m2" or "5.2 m3/s" as people write it. For reading only: what is kept stays as it is."""
    return _POWER.sub(lambda found: f"m{_RAISED[found[1]]}", words)


def plain_number(value: Decimal) -> str:
    """A number without exponent and trailing zeros, as 20, 44.2 or 1.159."""
    spelt = f"{value:f}"
    plain = spelt.rstrip("0").rstrip(".") if "." in spelt else spelt
    return "0" if plain in {"", "-0", "-"} else plain
