"""What a tenant says a kilowatt-hour is worth, and from where it has it: money is told by nothing else."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.kernel.errors import Invalid

CURRENCY = re.compile(r"[A-Z]{3}")
MOST = 1_000.0
SOURCE = (3, 300)


@dataclass(frozen=True)
class EnergyPrice:
    """The assumption behind every sum of money. `currency` is an ISO 4217 code, `source` where the price stands."""

    per_kwh: float
    currency: str
    source: str


def checked_price(given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The price as it is kept; None for nothing at all, which takes it away.

    Raises:
        Invalid: a price without currency or source, or one that cannot be.
    """
    if not any(given.values()):
        return None
    price, currency, source = given.get("per_kwh"), str(given.get("currency", "")), str(given.get("source", "")).strip()
    wrong = {}
    if not isinstance(price, int | float) or not math.isfinite(price) or not 0 < price <= MOST:
        wrong["price_per_kwh"] = "a number above 0"
    if not CURRENCY.fullmatch(currency):
        wrong["price_currency"] = "three capital letters, such as USD"
    if not SOURCE[0] <= len(source) <= SOURCE[1]:
        wrong["price_source"] = "say where the price stands"
    if wrong:
        raise Invalid(
            "A price of energy has an amount, a currency such as USD and a source; nothing was changed.",
            errors=[{"field": name, "message": words} for name, words in wrong.items()],
        )
    return {"per_kwh": price, "currency": currency, "source": source}
