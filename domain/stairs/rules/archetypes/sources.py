"""What an expansion reads beside the registry: published baselines, and the limits in force on the day."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain.stairs.rules.ruleset import RuleRow, in_force


@dataclass(frozen=True)
class Commissioned:
    """What was measured when the system was commissioned, in the unit of its measurement."""

    value: Decimal
    commissioned_date: date


@dataclass(frozen=True)
class Baselines:
    """Published baselines by what they were measured at. Units: Pa, m/s, N."""

    pressure: Mapping[tuple[uuid.UUID, str], Commissioned] = field(default_factory=dict)
    velocity: Mapping[tuple[uuid.UUID, str], Commissioned] = field(default_factory=dict)
    door_force: Mapping[tuple[uuid.UUID, bool], Commissioned] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """The limits that are copied into a template: the narrowest of all rules in force for its measurement."""

    min_threshold: Decimal | None
    max_threshold: Decimal | None
    unit: str | None

    def refuses(self, value: Decimal) -> bool:
        """Whether a value lies outside; the limits themselves are inside."""
        too_low = self.min_threshold is not None and value < self.min_threshold
        return too_low or (self.max_threshold is not None and value > self.max_threshold)


@dataclass(frozen=True)
class Sources:
    """Everything that an expansion reads beside the registry, as of one date."""

    baselines: Baselines
    rules: tuple[RuleRow, ...]
    on: date

    def limits(self, measurement_type: str) -> Limits | None:
        """The limits in force on the date; None where no rule is."""
        found = in_force(self.rules, measurement_type, self.on)
        if not found:
            return None
        lowest = [one.min_threshold for one in found if one.min_threshold is not None]
        highest = [one.max_threshold for one in found if one.max_threshold is not None]
        units = [one.unit for one in found if one.unit is not None]
        return Limits(max(lowest, default=None), min(highest, default=None), units[0] if units else None)
