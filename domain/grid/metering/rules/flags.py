"""Quality flags of a read: one bit each, always with the VEE rule that sets it (grid.md 2.7)."""

from dataclasses import dataclass
from enum import IntFlag


class Flag(IntFlag):
    """Bits of `meter_reads_electric.quality_flags`; the letter codes are what people and files see."""

    ACTUAL = 1
    ESTIMATED = 2
    LATE = 4
    DRIFT = 8
    SPIKE = 16
    ZERO = 32
    NEGATIVE = 64
    HIGH_LOW = 128
    TAMPER = 256
    VOLTAGE = 512
    OUTAGE = 1024
    EDITED = 2048
    CONFLICT = 4096


# What stands in a read's place until the read comes: these bits without ACTUAL. sql/grid/load knows them as 1026.
STAND_IN = Flag.ESTIMATED | Flag.OUTAGE


@dataclass(frozen=True)
class FlagMeaning:
    """Letter, rule and meaning of one bit."""

    code: str
    vee_rule_id: str
    meaning: str


MEANINGS: dict[Flag, FlagMeaning] = {
    Flag.ACTUAL: FlagMeaning("A", "VEE-00", "actual read of the meter"),
    Flag.ESTIMATED: FlagMeaning("E", "VEE-08", "estimated where the read is missing"),
    Flag.LATE: FlagMeaning("L", "VEE-11", "arrived late"),
    Flag.DRIFT: FlagMeaning("D", "VEE-01", "stamp off the interval grid, snapped to it"),
    Flag.SPIKE: FlagMeaning("S", "VEE-03", "spike: highest against third-highest of the day"),
    Flag.ZERO: FlagMeaning("Z", "VEE-05", "zero consumption for 24 hours or more"),
    Flag.NEGATIVE: FlagMeaning("N", "VEE-06", "negative read of a meter without PV"),
    Flag.HIGH_LOW: FlagMeaning("H", "VEE-04", "day outside 0.25 to 3 times its usual energy"),
    Flag.TAMPER: FlagMeaning("T", "VEE-12", "tamper reported by the meter"),
    Flag.VOLTAGE: FlagMeaning("V", "VEE-09", "voltage outside ANSI C84.1 range A"),
    Flag.OUTAGE: FlagMeaning("O", "VEE-13", "zero because of an outage, never estimated"),
    Flag.EDITED: FlagMeaning("X", "VEE-14", "edited by a person"),
    Flag.CONFLICT: FlagMeaning("C", "VEE-02", "another value was received for the same interval"),
}


def codes(flags: int) -> str:
    """The letters of a bit set, in bit order: 5 -> "AL"."""
    return "".join(meaning.code for flag, meaning in MEANINGS.items() if flags & flag)


def from_codes(letters: str) -> int:
    """The bit set of letters.

    Raises:
        ValueError: a letter that is no flag.
    """
    by_code = {meaning.code: flag for flag, meaning in MEANINGS.items()}
    try:
        return int(sum({by_code[letter] for letter in letters}))
    except KeyError as cause:
        raise ValueError(f"{cause.args[0]!r} is not a quality flag; flags are {''.join(by_code)}") from cause
