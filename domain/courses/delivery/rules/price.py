"""Prices in words, each in its own currency. Amounts are whole numbers of the currency's smallest unit."""

from domain.kernel.errors import Invalid

# ISO 4217: how many decimals the currencies have that do not have two.
DECIMALS = dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    0,
) | dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3)


# What the database's whole numbers hold.
MOST_CENTS = 2**31 - 1


def price_words(cents: int, currency: str) -> str:
    """EUR 1,249.00; nothing is free."""
    return "free" if cents == 0 else amount_words(cents, currency)


def amount_words(cents: int, currency: str) -> str:
    """EUR 1,249.00, JPY 500, KWD 1.250; also for zero and for what was given back."""
    decimals = DECIMALS.get(currency, 2)
    whole, part = divmod(abs(cents), 10**decimals)
    fraction = f".{part:0{decimals}d}" if decimals else ""
    return f"{currency}\u00a0{'-' if cents < 0 else ''}{whole:,}{fraction}"


def typed_amount(typed: str, currency: str) -> int:
    """The amount that a person typed, such as 49, 49.00 or 1,249.50, in the currency's smallest unit.

    Raises:
        Invalid: not an amount, or finer than the currency is divided.
    """
    decimals = DECIMALS.get(currency, 2)
    whole, point, part = typed.strip().replace(",", "").partition(".")
    fits = whole.isascii() and whole.isdigit() and len(whole) <= 10 and len(part) <= decimals
    is_number = fits and (not point or (part.isascii() and part.isdigit()))
    cents = int(whole + part.ljust(decimals, "0")) if is_number else MOST_CENTS + 1
    if cents > MOST_CENTS:
        raise Invalid(
            f"Write an amount of {currency} like {'49.' + '0' * decimals if decimals else '49'}.",
            errors=[{"field": "price", "message": "not an amount"}],
        )
    return cents


def amount_typed(cents: int, currency: str) -> str:
    """An amount as it is typed into a form: 49.00."""
    decimals = DECIMALS.get(currency, 2)
    whole, part = divmod(cents, 10**decimals)
    return f"{whole}.{part:0{decimals}d}" if decimals else str(whole)
