"""Rules of one threshold as data: when a value opens and closes a signal, how severe it is. Pure; rooms bring the data.

Comparisons are strict: a value exactly on a bound changes nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.kernel.advice.model import Severity, Verdict


@dataclass(frozen=True)
class ThresholdRule:
    """When a signal of one type opens and closes.

    Attributes:
        is_low: it opens where the value is too low, and closes where it is high again; else the other way round.
        min_n: how many observations it takes to judge at all.
        severity: the bounds beyond which LOW, MEDIUM and HIGH begin; the first is the opening bound.
        unit: of value and bounds.
    """

    signal_type: str
    is_low: bool
    min_n: int
    opens: float
    closes: float
    severity: tuple[float, float, float]
    unit: str

    def judge(
        self, value: float | None, n: int | None, *, bound: float | None = None
    ) -> tuple[Verdict, Severity | None]:
        """The verdict on a value, and how severe it is where it opens.

        Args:
            value: what was measured; None judges nothing.
            n: of how many observations; None where that has no meaning.
            bound: the end of the value's interval by which opening is judged, where there is one.
        """
        judged = value if bound is None else bound
        if value is None or judged is None or (n is not None and n < self.min_n):
            return Verdict.STAYS, None
        if self._beyond(judged, self.opens):
            reached = [one for one, edge in zip(Severity, self.severity, strict=True) if self._beyond(judged, edge)]
            return Verdict.OPENS, reached[-1]
        is_over = value > self.closes if self.is_low else value < self.closes
        return (Verdict.CLOSES if is_over else Verdict.STAYS), None

    def _beyond(self, value: float, edge: float) -> bool:
        return value < edge if self.is_low else value > edge

    def thresholds(self) -> dict[str, Any]:
        """As evidence keeps them."""
        return {"open": self.opens, "close": self.closes, "min_n": self.min_n, "unit": self.unit}


@dataclass(frozen=True)
class ThresholdRules:
    """A version of a room's rules; a signal type without a rule is off."""

    version: str
    rules: Mapping[str, ThresholdRule]


def rules_of(content: Mapping[str, Any], expected: Sequence[str]) -> ThresholdRules:
    """The rules that a content describes.

    Raises:
        ValueError: a type is missing, unknown or twice, or bounds contradict each other.
        KeyError: a member is missing.
    """
    if content.keys() != {"version", "rules"} or not isinstance(content["version"], str):
        raise ValueError("a ruleset has version and rules, nothing else")
    rules = [_rule(one) for one in content["rules"]]
    if sorted(one.signal_type for one in rules) != sorted(expected):
        raise ValueError(f"ruleset {content['version']} does not have each of {', '.join(sorted(expected))} once")
    return ThresholdRules(content["version"], {one.signal_type: one for one in rules})


def adopted_rules(content: Mapping[str, Any], known: Sequence[str]) -> ThresholdRules:
    """The rules of a content that a person adopted, maybe when a copy knew other signal types.

    What was signed holds as it was signed. A type that it does not name is off: nobody signed a bound for it. A type
    that this copy knows no more has nothing to look at.

    Raises:
        ValueError, KeyError: as `rules_of`.
    """
    own = [one for one in content["rules"] if one["signal_type"] in known]
    named = {one["signal_type"] for one in own}
    return rules_of({**content, "rules": own}, [one for one in known if one in named])


def _rule(one: Mapping[str, Any]) -> ThresholdRule:
    is_low = {"below": True, "above": False}[one["opens"]["is"]]
    opens, closes = _number(one["opens"]["than"]), _number(one["closes_at"])
    low, medium, high = (_number(one["severity"][name]) for name in Severity)
    edges = (low, medium, high)
    if (opens < closes) != is_low or list(edges) != sorted(edges, reverse=is_low) or low != opens:
        raise ValueError(f"{one['signal_type']}: its bounds contradict each other")
    if isinstance(one["min_n"], bool) or not isinstance(one["min_n"], int) or one["min_n"] < 0:
        raise ValueError(f"{one['signal_type']}: min_n is a whole number from 0 on")
    return ThresholdRule(one["signal_type"], is_low, one["min_n"], opens, closes, edges, str(one["unit"]))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)
