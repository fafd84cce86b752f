"""Quality as files write it, as our flags: our own letters, the Australian market's letters, yes and no."""

from domain.grid.metering.rules.flags import Flag, from_codes

ACTUAL, ESTIMATED = int(Flag.ACTUAL), int(Flag.ESTIMATED)
ALL_BITS = sum(int(flag) for flag in Flag)
WORDS = {
    "": ACTUAL,
    "actual": ACTUAL,
    "valid": ACTUAL,
    "estimated": ESTIMATED,
    "estimate": ESTIMATED,
    "substituted": ESTIMATED,
    "edited": int(Flag.EDITED) | ACTUAL,
}
NULL_DATA = "N"
MARKET = {"A": ACTUAL, "E": ESTIMATED, "F": ESTIMATED, "S": ESTIMATED}
YES, NO = {"yes", "y", "true", "1"}, {"no", "n", "false", "0", ""}


def own(text: str) -> int | None:
    """Flags of our own notation: letters such as AL, a word, or the number of a bit set; None where it is neither."""
    plain = text.strip()
    if plain.casefold() in WORDS:
        return WORDS[plain.casefold()]
    if plain.isascii() and plain.isdigit() and len(plain) < 6:
        return int(plain) if 0 < int(plain) <= ALL_BITS else None
    try:
        return from_codes(plain.upper()) or None
    except ValueError:
        return None


def market(text: str) -> int | None:
    """Flags of a NEM quality and method such as A, S14, F52; None where it is not known or says that data is null."""
    plain = text.strip().upper()
    if plain.casefold() in WORDS:
        return WORDS[plain.casefold()]
    return MARKET.get(plain[:1]) if len(plain) == 1 or (len(plain) == 3 and plain[1:].isdigit()) else None


def yes_means_estimated(text: str) -> int | None:
    """Flags of a column that asks whether the read is an estimate."""
    plain = text.strip().casefold()
    if plain in YES:
        return ESTIMATED
    return ACTUAL if plain in NO else None
