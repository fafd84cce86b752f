"""Headers of files of reads: which of our columns each stands for. Case, blanks and punctuation do not matter."""

import re
from collections.abc import Sequence

from domain.grid.metering.formats.parsed import FileMapping
from domain.kernel.errors import Invalid

# The same for all doors by which files come.
HOW_TO_MAP = (
    "--column HEADER=NAME on the command line, a field `column` with HEADER=NAME over HTTP,"
    ' a line HEADER=NAME under "The file has other column names" on the page'
)
ALIASES: dict[str, tuple[str, ...]] = {
    "meter_id": ("meterid", "meter", "nmi", "customerid", "esiid", "mpan", "servicepointid", "usagepointid"),
    "end": (
        "readat",
        "intervalend",
        "enddate",
        "endat",
        "endtime",
        "end",
        "timestamp",
        "datetime",
        "readingdatetime",
        "readtime",
        "to",
        "time",
    ),
    "start": ("intervalstart", "startdate", "startat", "starttime", "start", "from", "usagestart"),
    "kwh": ("kwh", "energykwh", "generalsupplykwh", "profilereadvalue", "usagekwh", "consumptionkwh", "netkwh"),
    "wh": ("wh", "energywh", "usagewh"),
    "mwh": ("mwh", "energymwh"),
    "kwh_delivered": ("kwhdelivered", "deliveredkwh", "importkwh", "kwhimport"),
    "kwh_received": ("kwhreceived", "receivedkwh", "exportkwh", "kwhexport"),
    "register_kwh": ("registerkwh", "registerreadvalue", "register"),
    "voltage": ("voltage", "volts", "avgvoltage", "voltagev"),
    "feeder_id": ("feederid", "feeder", "feedercode"),
    "transformer_id": ("transformerid", "transformer"),
    "interval_minutes": ("intervalminutes", "intervallength", "interval"),
    "arrived_at": ("arrivedat", "arrivalts", "receivedat", "arrivaltime"),
    "quality": ("quality", "qualityflags", "flags"),
    "market_quality": ("qualityflag", "qualitymethod", "readquality", "readstatus"),
    "estimated": ("estimated", "isestimated"),
    "direction": ("congen", "direction", "flow"),
    "date": ("date", "readdate", "intervaldate", "day"),
}
_BY_KEY = {key: name for name, keys in ALIASES.items() for key in keys}
ENERGIES = ("kwh", "wh", "mwh", "kwh_delivered", "kwh_received")


def key_of(header: str) -> str:
    """A header without case, blanks and punctuation."""
    return re.sub(r"[^a-z0-9]", "", header.casefold())


def recognise(headers: Sequence[str], mapping: FileMapping, name: str) -> dict[str, int]:
    """Our column name -> position of the header that stands for it.

    Raises:
        Invalid: two headers stand for the same column.
    """
    given = {key_of(header): ours for header, ours in mapping.columns}
    _known(given, name)
    found: dict[str, int] = {}
    for position, header in enumerate(headers):
        ours = given.get(key_of(header)) or _BY_KEY.get(key_of(header))
        if ours is None:
            continue
        if ours in found:
            raise Invalid(
                f"{name}: columns {headers[found[ours]]!r} and {header!r} both read as {ours}; nothing was taken.",
                hint=f"Name one of them differently, or map the right one: {HOW_TO_MAP}.",
            )
        found[ours] = position
    return found


def _known(given: dict[str, str], name: str) -> None:
    for ours in given.values():
        if ours not in ALIASES:
            raise Invalid(
                f"{name}: {ours!r} is no column of reads.", hint=f"Columns are {', '.join(ALIASES)} (end is read_at)."
            )


def is_of_feeders(found: dict[str, int], mapping: FileMapping) -> bool:
    """Whether a table holds energy delivered at feeders' heads: it names feeders, but no meters or transformers."""
    return "feeder_id" in found and not {"meter_id", "transformer_id"} & found.keys() and mapping.meter_id is None


def require_long_form(found: dict[str, int], headers: Sequence[str], mapping: FileMapping, name: str) -> None:
    """Check that a table of one read per row has a meter (or else a feeder), a time and an energy.

    Raises:
        Invalid: names what is missing, and what was there.
    """
    missing = []
    if "meter_id" not in found and mapping.meter_id is None and not is_of_feeders(found, mapping):
        missing.append("meter_id")
    if "end" not in found and "start" not in found:
        missing.append("read_at (interval end) or interval_start")
    if not any(energy in found for energy in ENERGIES):
        missing.append("kwh")
    if missing:
        there = ", ".join(repr(header[:40]) for header in headers[:12]) or "nothing"
        raise Invalid(
            f"{name} has no column {' and no column '.join(missing)}; nothing of it was taken. It has {there}.",
            hint=f"Rename the columns, or map them: {HOW_TO_MAP}.",
        )
