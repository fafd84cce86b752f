"""Which column of an incident list means what: by the names that utilities use, or as the analyst says."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from domain.kernel.errors import Invalid

# Names without case, spaces and punctuation; the first one that is there wins.
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "key": ("incidentkey", "incidentid", "outageid", "eventid", "id"),
    "start": ("starttime", "startedat", "start", "outagestart", "outagestarttime", "outat", "begin", "timeoff"),
    "restored": ("restoredat", "restoredtime", "restorationtime", "restoretime", "endtime", "end", "timeon"),
    "last_seen": ("lastseen", "lastseenat", "scrapedat", "snapshotat"),
    "customers": (
        "customersmax",
        "customers",
        "customersaffected",
        "customersout",
        "customersinterrupted",
        "numcustomers",
    ),
    "cause": ("causelast", "cause", "causecategory", "outagecause"),
    "etr_first": ("etrfirst", "firstetr", "etr", "estimatedrestoration"),
    "etr_last": ("etrlast", "lastetr", "etr", "estimatedrestoration"),
    "open": ("openatend", "isopen", "stillopen"),
    "group": ("provider", "utility", "feeder", "feederid"),
    "feeder": ("feeder", "feederid"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng"),
}
REQUIRED = ("start", "customers")


def chosen_columns(pairs: Sequence[str]) -> dict[str, str]:
    """The analyst's own mapping from `field=column`.

    Raises:
        Invalid: not of this form, or a field that there is not.
    """
    out: dict[str, str] = {}
    for pair in pairs:
        field, sign, column = pair.partition("=")
        if not sign or not column or field not in NAMES:
            raise Invalid(
                f"--column {pair!r} names no field and column.",
                hint=f"Write for example --column start=BeginTime; fields are {', '.join(NAMES)}.",
            )
        out[field] = column
    return out


def find_columns(name: str, header: Sequence[str], chosen: Mapping[str, str]) -> dict[str, int]:
    """Position of each field's column.

    Raises:
        Invalid: a column that was named is not there, or a required one cannot be told.
    """
    plain = [_plain(column) for column in header]
    found: dict[str, int] = {}
    for field, names in NAMES.items():
        if field in chosen:
            found[field] = _named(name, header, field, chosen[field])
            continue
        for wanted in names:
            if wanted in plain:
                found[field] = plain.index(wanted)
                break
    missing = [field for field in REQUIRED if field not in found]
    if missing:
        raise Invalid(
            f"{name} has no column for {' and '.join(missing)}; its columns are {', '.join(header) or 'none'}.",
            hint=f"Say which one it is, for example --column {missing[0]}={header[0] if header else 'NAME'}.",
        )
    return found


def _named(name: str, header: Sequence[str], field: str, column: str) -> int:
    if column in header:
        return list(header).index(column)
    raise Invalid(
        f"{name} has no column {column}, which --column gives for {field}; its columns are {', '.join(header)}.",
        hint="Names are taken letter for letter.",
    )


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.strip().strip("\ufeff").lower())
