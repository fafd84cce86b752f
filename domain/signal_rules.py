"""The signal rules that each room ships with, and how another version is checked. A room more is a line more."""

import json
from pathlib import Path

from domain.courses.insight.rules import ruleset as courses
from domain.grid.advice.rules import ruleset as grid
from domain.kernel.advice.shipped import Shipped
from domain.stairs.rules.advice import ruleset as stairs

_COURSES = Path(courses.__file__).parent / "rulesets" / f"{courses.CURRENT}.json"
SHIPPED: dict[str, Shipped] = {
    "courses": Shipped(
        json.loads(_COURSES.read_text(encoding="utf-8")), lambda content: courses.ruleset_of(dict(content))
    ),
    "grid": grid.shipped(),
    "stairs": stairs.shipped(),
}
