"""The signal rules as data: which rate, how many it needs, when a signal opens and closes, and how severe it is.

A ruleset is a file beside this module and never changes; other thresholds are another version, which takes effect when
a person countersigns it. Thresholds are written as text, so that the hash of a ruleset does not hang on how a number
is printed.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from domain.courses.insight.rules.wilson import Rate
from domain.kernel.canonical import content_hash
from domain.kernel.errors import NotFound

CURRENT = "2026-1"
SIGNAL_TYPES = (
    "LOW_COURSE_COMPLETION",
    "LOW_LESSON_COMPLETION",
    "HIGH_DROP_OFF",
    "LOW_QUIZ_PASS_RATE",
    "HIGH_QUIZ_RETRY",
    "LOW_TIME_ON_LESSON",
    "HIGH_TIME_ON_LESSON",
    "HIGH_REFUND_RATE",
)
SEVERITIES = ("LOW", "MEDIUM", "HIGH")
Target = Literal["COURSE", "LESSON", "QUIZ"]
_FOLDER = Path(__file__).parent / "rulesets"


@dataclass(frozen=True)
class SignalRule:
    """When a signal of one type opens and closes; all comparisons are strict.

    Attributes:
        is_low: the signal is of a rate that is too low: it opens where the interval's high end is below `opens` and
            closes where the value is above `closes`. Else the other way round, with the interval's low end.
        severity: the bound beyond which each severity begins, from LOW to HIGH.
        min_age_days: how old an enrolment or a first view must be to count; 0 where the rule does not ask.
    """

    signal_type: str
    target: Target
    min_n: int
    is_low: bool
    opens: float
    closes: float
    severity: tuple[float, float, float]
    min_age_days: int

    def bound(self, found: Rate) -> float | None:
        """The end of the interval by which the signal is judged: the one that speaks for all being well."""
        return found.high if self.is_low else found.low

    def opens_at(self, found: Rate) -> bool:
        """Whether a rate opens a signal."""
        bound = self.bound(found)
        return bound is not None and self.is_enough(found) and self._is_beyond(bound, self.opens)

    def closes_at(self, found: Rate) -> bool:
        """Whether a rate closes an open signal."""
        if found.value is None or not self.is_enough(found):
            return False
        return found.value > self.closes if self.is_low else found.value < self.closes

    def is_enough(self, found: Rate) -> bool:
        """Whether there are enough to judge by."""
        return found.n is not None and found.n >= self.min_n

    def severity_of(self, found: Rate) -> str:
        """The severity of a rate that opens the signal."""
        bound = self.bound(found)
        reached = [
            name
            for name, edge in zip(SEVERITIES, self.severity, strict=True)
            if bound is not None and self._is_beyond(bound, edge)
        ]
        return reached[-1] if reached else SEVERITIES[0]

    def _is_beyond(self, bound: float, edge: float) -> bool:
        return bound < edge if self.is_low else bound > edge

    def thresholds(self) -> dict[str, float | int]:
        """As evidence keeps them."""
        return {"open": self.opens, "close": self.closes, "minN": self.min_n}


@dataclass(frozen=True)
class Ruleset:
    """A version of the signal rules, and the hash by which it is signed; a signal type without a rule is off."""

    version: str
    sha256: str
    rules: dict[str, SignalRule]


def ruleset_of(content: dict[str, Any]) -> Ruleset:
    """The ruleset that a file's content describes.

    Raises:
        ValueError: a type is missing, unknown or twice, or thresholds contradict each other.
    """
    rules = [_rule(one) for one in content["rules"]]
    if sorted(rule.signal_type for rule in rules) != sorted(SIGNAL_TYPES):
        raise ValueError(f"Ruleset {content['version']} does not have each of {', '.join(SIGNAL_TYPES)} once.")
    for rule in rules:
        _check(rule)
    return Ruleset(content["version"], content_hash(content), {rule.signal_type: rule for rule in rules})


def _check(rule: SignalRule) -> None:
    if not all(0 < edge < 1 for edge in (*rule.severity, rule.opens, rule.closes)):
        raise ValueError(f"{rule.signal_type}: a threshold is a share between 0 and 1.")
    if any(type(number) is not int or number < 0 for number in (rule.min_n, rule.min_age_days)):
        raise ValueError(f"{rule.signal_type}: min_n and min_age_days are whole numbers from 0 on.")


def adopted_ruleset(content: dict[str, Any]) -> Ruleset:
    """The ruleset that a person adopted, maybe when a copy knew other signal types; one that it does not name is off.

    Raises:
        ValueError: thresholds contradict each other.
    """
    rules = [_rule(one) for one in content["rules"] if one["signal_type"] in SIGNAL_TYPES]
    return Ruleset(content["version"], content_hash(content), {rule.signal_type: rule for rule in rules})


def _rule(one: dict[str, Any]) -> SignalRule:
    is_low = {"below": True, "above": False}[one["opens"]["is"]]
    edges = tuple(float(one["severity"][name]) for name in SEVERITIES)
    opens, closes = float(one["opens"]["than"]), float(one["closes"]["than"])
    if (opens < closes) != is_low or list(edges) != sorted(edges, reverse=is_low) or edges[0] != opens:
        raise ValueError(f"{one['signal_type']}: its thresholds contradict each other.")
    target, age = one["target"], one.get("min_age_days", 0)
    return SignalRule(
        one["signal_type"], target, one["min_n"], is_low, opens, closes, (edges[0], edges[1], edges[2]), age
    )


@lru_cache
def ruleset(version: str = CURRENT) -> Ruleset:
    """The ruleset that is shipped under this version.

    Raises:
        NotFound: none is.
    """
    shipped = {path.stem: path for path in sorted(_FOLDER.glob("*.json"))}
    if version not in shipped:
        raise NotFound(f"There is no signal ruleset {version!r}.", hint=f"There is {', '.join(shipped)}.")
    return ruleset_of(json.loads(shipped[version].read_text(encoding="utf-8")))
