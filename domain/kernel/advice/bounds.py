"""The bounds of one signal rule, whichever room wrote it: read, set anew, and told where they differ. Pure.

Rooms write them a little differently: numbers or text, where a signal closes as a member or within one. A rule that is
set anew stays written as it was.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

# By the name of a bound, what a sentence calls it.
BOUNDS = {
    "min_n": "least number",
    "opens": "opens at",
    "closes": "closes at",
    "medium": "medium from",
    "high": "high from",
}


def is_low(rule: Mapping[str, Any]) -> bool:
    """Whether the signal opens where its measure is too low."""
    return bool(rule["opens"]["is"] == "below")


def bounds_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The bounds by name, as the rule writes them."""
    return {
        "min_n": rule["min_n"],
        "opens": rule["opens"]["than"],
        "closes": rule["closes_at"] if "closes_at" in rule else rule["closes"]["than"],
        "medium": rule["severity"]["MEDIUM"],
        "high": rule["severity"]["HIGH"],
    }


def with_bounds(rule: Mapping[str, Any], wanted: Mapping[str, Decimal]) -> dict[str, Any]:
    """The rule with other bounds; the least severity begins where the signal opens."""
    found = bounds_of(rule)
    new = {name: _written(found[name], wanted[name]) for name in BOUNDS}
    closing = {"closes_at": new["closes"]} if "closes_at" in rule else {"closes": _than(rule["closes"], new["closes"])}
    severity = {"LOW": new["opens"], "MEDIUM": new["medium"], "HIGH": new["high"]}
    return {**rule, "min_n": new["min_n"], "opens": _than(rule["opens"], new["opens"]), **closing, "severity": severity}


def changes(former: Mapping[str, Any], later: Mapping[str, Any]) -> list[str]:
    """What a later ruleset of the room changes, a sentence for each bound and each type that begins or ends."""
    before = {one["signal_type"]: one for one in former["rules"]}
    after = {one["signal_type"]: one for one in later["rules"]}
    told = []
    for name, rule in after.items():
        if name not in before:
            told.append(f"{_words(name)} is looked at from now on")
            continue
        old, new = bounds_of(before[name]), bounds_of(rule)
        told += [
            f"{_words(name)}: {words} {new[bound]} in place of {old[bound]}"
            for bound, words in BOUNDS.items()
            if Decimal(str(new[bound])) != Decimal(str(old[bound]))
        ]
    return told + [f"{_words(name)} is no longer looked at" for name in before if name not in after]


def _words(signal_type: str) -> str:
    return signal_type.replace("_", " ").capitalize()


def _than(part: Mapping[str, Any], value: Any) -> dict[str, Any]:
    return {**part, "than": value}


def _written(old: Any, value: Decimal) -> Any:
    """The value as the old one is written: as text, else as a number. The same number stays as it stands."""
    if Decimal(str(old)) == value:
        return old
    if isinstance(old, str):
        return f"{value:f}"
    return int(value) if value == value.to_integral_value() else float(value)
