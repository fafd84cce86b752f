"""By which bounds machines notice things, as pages: what holds in each room, who signed it, what is off, what waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from api.kernel.advice import LOOKS
from api.kernel.advice_rules import PROPOSERS, told
from api.pages import PageDep
from domain.kernel import queue
from domain.kernel.advice import bounds
from domain.kernel.advice.gates import RULESET

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
    waiting = queue.waiting(page.connection, [RULESET.kind])
    return page.show(
        "kernel/advice_rules.html",
        waiting={name: [one for one in waiting if one.subject.id.startswith(f"{name}/")] for name in rooms},
        may_propose=bool(page.principal.roles & PROPOSERS),
        rooms=[(name, next(one for one in of if one.in_force), of) for name, of in rooms.items()],
        bounds=lambda content: [bounds_of(one) for one in content["rules"]],
    )


def bounds_of(rule: Mapping[str, Any]) -> Bounds:
    """A rule of any room: bounds of a share, or of a figure with its unit."""
    found = {name: str(value) for name, value in bounds.bounds_of(rule).items()}
    beyond, back = ("below", "above") if bounds.is_low(rule) else ("above", "below")
    return Bounds(
        rule["signal_type"],
        measure_of(rule),
        rule["min_n"],
        f"{beyond} {found['opens']}",
        f"{back} {found['closes']}",
        found["medium"],
        found["high"],
    )


def measure_of(rule: Mapping[str, Any]) -> str:
    """What is measured, or the unit of the bounds."""
    return str(rule.get("metric") or rule.get("unit", ""))
