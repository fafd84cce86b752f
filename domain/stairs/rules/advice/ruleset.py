"""FireMode's signal rules: the shipped version, and how another one is read."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from domain.kernel.advice.shipped import Shipped
from domain.kernel.advice.threshold import ThresholdRules, rules_of

SIGNAL_TYPES = ("TREND_TO_LIMIT", "CALIBRATION_DUE", "REPEATED_FAULT", "PHYSICS_MISMATCH")
_SHIPPED = Path(__file__).parent / "2026-1.json"


def ruleset_of(content: Mapping[str, Any]) -> ThresholdRules:
    """The rules that a content describes. Raises ValueError or KeyError where it makes no sense."""
    return rules_of(content, SIGNAL_TYPES)


@cache
def shipped() -> Shipped:
    """The version that this copy comes with."""
    return Shipped(json.loads(_SHIPPED.read_text(encoding="utf-8")), ruleset_of)
