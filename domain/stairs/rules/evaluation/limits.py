"""Which rules are in force on the day of the test, and which limits follow from them (R-02, R-04, R-05)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from domain.kernel.errors import Invalid
from domain.stairs.rules.evaluation.case import Case
from domain.stairs.rules.evaluation.notes import Note, flags, observes
from domain.stairs.rules.evaluation.numbers import exact, plain
from domain.stairs.rules.evaluation.place import Template
from domain.stairs.rules.evaluation.ruleset import Override, RuleRow

Side = Literal["min", "max"]


@dataclass(frozen=True, slots=True)
class Limit:
    """One inclusive limit and what set it: rule, template, override or definition."""

    value: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one rule at one place on one day."""

    lower: Limit | None
    upper: Limit | None

    def missed_by(self, value: Fraction) -> Side | None:
        """Which side a value lies beyond; None: it passes, for limits are inclusive (R-02)."""
        if self.lower is not None and value < exact(self.lower.value):
            return "min"
        if self.upper is not None and value > exact(self.upper.value):
            return "max"
        return None

    def of(self, side: Side) -> Limit | None:
        """The limit of one side."""
        return self.lower if side == "min" else self.upper

    @property
    def source(self) -> str | None:
        """What set the limits; both names where they differ."""
        names = [limit.source for limit in (self.lower, self.upper) if limit is not None]
        return "+".join(dict.fromkeys(names)) or None


def rules_in_force(case: Case, day: date) -> tuple[RuleRow, ...]:
    """The rules for what was measured that are in force on the day, by code.

    Raises:
        Invalid: two versions of one rule are in force at once; nobody could say which one decides.
    """
    found = [
        rule
        for rule in case.rules
        if rule.measurement_type == case.measurement_type
        and rule.active
        and rule.effective_date <= day
        and (rule.superseded_date is None or day < rule.superseded_date)
    ]
    found.sort(key=lambda rule: (rule.rule_code, rule.version))
    for earlier, later in pairwise(found):
        if earlier.rule_code == later.rule_code:
            raise Invalid(
                f"Versions {earlier.version} and {later.version} of rule {later.rule_code} are both in force on {day}.",
                hint="Give one of them a superseded_date, or mark it as not active.",
                code="RULE_OVERLAP",
            )
    return tuple(found)


def limits_under(case: Case, rule: RuleRow, day: date, *, takes_template: bool) -> tuple[Limits, list[Note]]:
    """The effective limits under one rule: an override's where one holds, else the stricter of rule and template.

    An override replaces the template too: templates repeat the rule of the day on which they were generated, and would
    undo every exception.
    """
    notes: list[Note] = []
    overrides = _overrides_for(case, rule, day, notes)
    lower = _one_side(case, rule, overrides, "min", takes_template, notes)
    upper = _one_side(case, rule, overrides, "max", takes_template, notes)
    if lower is not None and upper is not None and lower.value > upper.value:
        text = f"Minimum {plain(lower.value)} lies above maximum {plain(upper.value)}: no value can pass."
        notes.append(flags("LIMITS_CONTRADICT", text))
    return Limits(lower, upper), notes


def _overrides_for(case: Case, rule: RuleRow, day: date, notes: list[Note]) -> list[Override]:
    place = case.context
    meant = [
        one
        for one in case.overrides
        if one.rule_code == rule.rule_code
        and one.building_id in {None, place.building_id}
        and one.stair_id in {None, place.stair_id}
    ]
    meant.sort(key=lambda one: (one.valid_from, one.document_reference, one.override_id or ""))
    for one in meant:
        if one.expires_on <= day:
            text = f"The exception by {one.document_reference} ended on {one.expires_on}; {rule.rule_code} holds again."
            notes.append(observes("OVERRIDE_EXPIRED", text, override_id=one.override_id))
    return [one for one in meant if one.valid_from <= day < one.expires_on]


def _one_side(
    case: Case, rule: RuleRow, overrides: Sequence[Override], side: Side, takes_template: bool, notes: list[Note]
) -> Limit | None:
    """One side's limit: the override's, the strictest of several, else the stricter of rule and template."""
    stricter = max if side == "min" else min
    of_rule, of_template = _side_of(rule, side), _side_of(case.template, side) if takes_template else None
    exceptions = [(value, one) for one in overrides if (value := _side_of(one, side)) is not None]
    if exceptions:
        value, one = stricter(exceptions, key=lambda pair: pair[0])
        text = f"The {side}imum is {plain(value)} by exception {one.document_reference}, until {one.expires_on}."
        notes.append(flags("OVERRIDE_APPLIED", text, override_id=one.override_id, side=side))
        return Limit(value, "override")
    if of_template is None:
        return None if of_rule is None else Limit(of_rule, "rule")
    if of_rule is None:
        return Limit(of_template, "template")
    if stricter(of_template, of_rule) != of_template:
        text = (
            f"The template's {side}imum {plain(of_template)} is looser than {plain(of_rule)} of {rule.rule_code} and"
            " is ignored; relaxing a rule needs a countersigned exception."
        )
        notes.append(flags("THRESHOLD_LOOSER_THAN_RULE", text, side=side))
    return Limit(of_rule, "rule") if stricter(of_rule, of_template) == of_rule else Limit(of_template, "template")


def _side_of(row: RuleRow | Override | Template, side: Side) -> Decimal | None:
    return row.min_threshold if side == "min" else row.max_threshold
