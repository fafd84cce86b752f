"""By which bounds machines notice things, as a page: what holds in each room, who signed it, and what is off."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from api.kernel.advice import LOOKS
from api.kernel.advice_rules import told
from api.pages import PageDep

router = APIRouter(include_in_schema=False, dependencies=[LOOKS])


@dataclass(frozen=True)
class Bounds:
    """One rule in words that hold for every room. `measure`: what is measured, or the unit of the bounds."""

    signal_type: str
    measure: str
    min_n: int
    opens: str
    closes: str
    medium: str
    high: str


@router.get("/advice/rules")
def the_rules(page: PageDep) -> Response:
    """What is in force in each room, and the versions that stand beside it."""
    every = told(page.connection)
    rooms = {one.room: [other for other in every if other.room == one.room] for one in every}
    return page.show(
        "kernel/advice_rules.html",
        rooms=[(name, next(one for one in of if one.in_force), of) for name, of in rooms.items()],
        bounds=lambda content: [bounds_of(one) for one in content["rules"]],
    )


def bounds_of(rule: Mapping[str, Any]) -> Bounds:
    """A rule of any room: bounds of a share, or of a figure with its unit."""
    is_low = rule["opens"]["is"] == "below"
    closes = rule["closes_at"] if "closes_at" in rule else rule["closes"]["than"]
    return Bounds(
        rule["signal_type"],
        str(rule.get("metric") or rule.get("unit", "")),
        rule["min_n"],
        f"{'below' if is_low else 'above'} {rule['opens']['than']}",
        f"{'above' if is_low else 'below'} {closes}",
        str(rule["severity"]["MEDIUM"]),
        str(rule["severity"]["HIGH"]),
    )
