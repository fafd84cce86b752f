"""The ruleset as data: limits by date, and what a defect class means. What is shipped, and what is in force when.

What is shipped carries the label `AS1851-2024-v1.3`. That is the product's own name for it, not the name of an edition
of a standard, and none of its clauses was held against a standard's text: `verified` is false and `reference_status`
unverified until a competent person says otherwise. A tenant adopts it by countersigning it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from domain.kernel.errors import Invalid
from domain.stairs.rules.decimal_text import plain_number
from domain.stairs.rules.vocabulary import DEFECT_CLASSES, MEASUREMENT_TYPES, SEVERITIES, STANDARD_CLASSES

LABEL = "AS1851-2024-v1.3"
UNVERIFIED = "unverified"
ANYWHERE = "*"
_SEED_SOURCE = "FireMode shipped ruleset; limits and references as its source records them"
_CLASS_SOURCE = "FireMode shipped class map; inferred, since the classes 1A to 3 are the product's own"
_EFFECTIVE = date(2024, 1, 1)


@dataclass(frozen=True)
class RuleRow:
    """One version of one rule. Limits are inclusive, in `unit`.

    Attributes:
        active: false only where the row was wrong from the start; a superseded rule stays active for its time.
        effective_date: the first local date on which it holds.
        superseded_date: the first local date on which it no longer does.
        reference_status: whether the clause of `reference_standard` was held against the text; reports say so.
    """

    rule_code: str
    version: str
    measurement_type: str
    severity_if_fail: str
    defect_classification: str
    effective_date: date
    min_threshold: Decimal | None = None
    max_threshold: Decimal | None = None
    unit: str | None = None
    description: str | None = None
    reference_standard: str | None = None
    active: bool = True
    superseded_date: date | None = None
    source: str = _SEED_SOURCE
    verified: bool = False
    reference_status: str = UNVERIFIED

    def row(self) -> dict[str, Any]:
        """As it is signed and stored; numbers as their decimal text."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: _plain(value) for name, value in plain.items()}

    def holds_on(self, on: date) -> bool:
        """Whether it is in force on a local date."""
        is_over = self.superseded_date is not None and self.superseded_date <= on
        return self.active and self.effective_date <= on and not is_over


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain_number(value)
    return str(value) if isinstance(value, date) else value


@dataclass(frozen=True)
class ClassRow:
    """What a defect class of the rules means in a jurisdiction. `*` is every jurisdiction without a row of its own.

    Attributes:
        notice_hours: by when the owner is told in writing, from the finding.
        condition: when a person judges otherwise, in words.
    """

    defect_classification: str
    jurisdiction: str
    standard_class: str
    notice_hours: int
    condition: str | None = None
    source: str = _CLASS_SOURCE
    verified: bool = False

    def row(self) -> dict[str, Any]:
        """As it is signed and stored."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


_BOTH = "AS 1851-2012 § 13.2; AS/NZS 1668.1:2015"
SHIPPED_RULES: tuple[RuleRow, ...] = (
    RuleRow(
        "SP-01",
        LABEL,
        "pressure_differential",
        "critical",
        "1A",
        _EFFECTIVE,
        min_threshold=Decimal("20.0"),
        max_threshold=Decimal("80.0"),
        unit="Pa",
        description="The pressure differential of the stair is from 20 to 80 Pa, so that smoke stays out",
        reference_standard=_BOTH,
    ),
    RuleRow(
        "SP-02",
        LABEL,
        "air_velocity",
        "high",
        "1B",
        _EFFECTIVE,
        min_threshold=Decimal("1.0"),
        unit="m/s",
        description="The mean air velocity through an open doorway is at least 1.0 m/s, so that smoke does not flow in",
        reference_standard=_BOTH,
    ),
    RuleRow(
        "SP-03",
        LABEL,
        "door_opening_force",
        "critical",
        "1A",
        _EFFECTIVE,
        max_threshold=Decimal("110.0"),
        unit="N",
        description="The force that opens a door, at its handle, is at most 110 N, so that everybody can leave",
        # The source also names BCA D2.21, which is about the operation of latches: it is not passed on.
        reference_standard=_BOTH,
    ),
    RuleRow(
        "CE-01",
        LABEL,
        "cause_and_effect_logic",
        "critical",
        "1A",
        _EFFECTIVE,
        description="Each step of the cause-and-effect sequence follows the trigger within its tolerance",
        reference_standard="AS 1851-2012 § 13.3",
    ),
    RuleRow(
        "INT-01",
        LABEL,
        "interface_test",
        "critical",
        "1A",
        _EFFECTIVE,
        description="The system answers manual override, alarm, shutdown and sprinkler activation as it is designed to",
        reference_standard="AS 1851-2012 § 13.4",
    ),
)
SHIPPED_CLASSES: tuple[ClassRow, ...] = (
    ClassRow("1A", ANYWHERE, "critical", 24),
    ClassRow("1B", ANYWHERE, "non_critical", 168, condition="Critical where the function is lost for a storey or more"),
    ClassRow("2", ANYWHERE, "non_critical", 168),
    ClassRow("3", ANYWHERE, "non_conformance", 168),
)


def in_force(rules: Iterable[RuleRow], measurement_type: str, on: date) -> list[RuleRow]:
    """The rules of a measurement that hold on a local date, by code; several codes all apply."""
    found = [one for one in rules if one.measurement_type == measurement_type and one.holds_on(on)]
    return sorted(found, key=lambda one: (one.rule_code, one.version))


def class_of(classes: Iterable[ClassRow], defect_classification: str, jurisdiction: str | None) -> ClassRow | None:
    """The row for a jurisdiction, else the one for everywhere."""
    found = {one.jurisdiction: one for one in classes if one.defect_classification == defect_classification}
    return found.get(jurisdiction or ANYWHERE, found.get(ANYWHERE))


def superseded(old: RuleRow, new: RuleRow) -> RuleRow:
    """The old version as it stands once the new one is signed: it ends where the new one begins, and stays active.

    Raises:
        Invalid: they are of two rules, or the new one does not begin after the old one.
    """
    if old.rule_code != new.rule_code or old.version == new.version:
        raise Invalid("A rule is superseded by another version of itself.", code="OTHER_RULE")
    if new.effective_date <= old.effective_date:
        raise Invalid(
            f"{new.rule_code} {new.version} does not begin after {old.version} does; nothing was proposed.",
            hint=f"Let it begin after {old.effective_date}.",
            code="NOT_LATER",
            errors=[{"field": "effective_date", "message": f"is not after {old.effective_date}"}],
        )
    return replace(old, superseded_date=new.effective_date)


def rule_problems(rule: RuleRow) -> list[tuple[str, str]]:
    """What keeps a row from being a rule: member and sentence."""
    found = [
        (name, f"is none of: {', '.join(allowed)}")
        for name, allowed in (
            ("measurement_type", MEASUREMENT_TYPES),
            ("severity_if_fail", SEVERITIES),
            ("defect_classification", DEFECT_CLASSES),
        )
        if getattr(rule, name) not in allowed
    ]
    has_limit = rule.min_threshold is not None or rule.max_threshold is not None
    if has_limit and rule.unit is None:
        found.append(("unit", "is needed where a threshold is set"))
    if rule.min_threshold is not None and rule.max_threshold is not None and rule.min_threshold > rule.max_threshold:
        found.append(("max_threshold", "is below the lower limit"))
    if rule.superseded_date is not None and rule.superseded_date <= rule.effective_date:
        found.append(("superseded_date", "is not after effective_date"))
    return found


def class_problems(row: ClassRow) -> list[tuple[str, str]]:
    """What keeps a row from being one of the class map."""
    found = []
    if row.defect_classification not in DEFECT_CLASSES:
        found.append(("defect_classification", f"is none of: {', '.join(DEFECT_CLASSES)}"))
    if row.standard_class not in STANDARD_CLASSES:
        found.append(("standard_class", f"is none of: {', '.join(STANDARD_CLASSES)}"))
    if row.notice_hours <= 0:
        found.append(("notice_hours", "is not positive"))
    return found


def overlaps(rules: Sequence[RuleRow]) -> list[str]:
    """Codes of which two versions would be in force on one date; that is never allowed."""
    found = set()
    active = sorted((one for one in rules if one.active), key=lambda one: (one.rule_code, one.effective_date))
    for former, later in pairwise(active):
        ends = former.superseded_date
        if former.rule_code == later.rule_code and (ends is None or ends > later.effective_date):
            found.add(former.rule_code)
    return sorted(found)
