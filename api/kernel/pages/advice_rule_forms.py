"""The next version of a room's signal rules by a form: other bounds, laid before a person who countersigns them."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from api.deps import allow
from api.forms import FormDep
from api.kernel.advice_rules import PROPOSERS, lay_down, told
from api.kernel.pages.advice_rules import measure_of
from api.kernel.pages.filled import Filled
from api.pages import Page, PageDep
from domain.kernel.advice import bounds
from domain.kernel.errors import NotFound
from domain.signal_rules import SHIPPED

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=PROPOSERS)])
Rules = list[dict[str, Any]]
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
WHOLE, NUMBER = re.compile(r"[0-9]{1,9}"), re.compile(r"-?[0-9]{1,9}([.,][0-9]{1,6})?")


@router.get("/advice/rules/{room}")
def empty(page: PageDep, room: str) -> Response:
    """The form with the bounds that are in force."""
    holds, rules = _standing(page, room)
    return _show(page, room, holds, rules, Filled(_usual(rules)))


@router.post("/advice/rules/{room}")
def next_version(page: PageDep, form: FormDep, room: str) -> Response:
    """Lay the next version down; what is wrong comes back at its field with what was typed."""
    holds, rules = _standing(page, room)
    filled = Filled.read(form, _usual(rules))
    content = _content(filled, rules)
    if content is not None and not bounds.changes(holds, content):
        filled.errors["version"] = f"Nothing differs from version {holds['version']}: change a bound."
    elif content is not None:
        with filled.telling(by_field=True), page.connection.begin_nested():
            made = lay_down(page.connection, page.principal, room, content)
            return RedirectResponse(f"/countersign/{made.proposal_id}", 303)
    return _show(page, room, holds, rules, filled)


def _standing(page: Page, room: str) -> tuple[dict[str, Any], Rules]:
    """What holds, and the rules of a next version: those of every type that this copy knows.

    Raises:
        NotFound: the room has no signal rules.
    """
    if room not in SHIPPED:
        raise NotFound(f"{room} has no signal rules.", hint="/advice/rules lists the rooms that have some.")
    holds = next(one.content for one in told(page.connection, room) if one.in_force)
    own = {one["signal_type"]: one for one in holds["rules"]}
    return holds, [own.get(one["signal_type"], one) for one in SHIPPED[room].content["rules"]]


def _usual(rules: Rules) -> dict[str, str]:
    """Each field with what stands: `FEEDER_LOSS.opens` and its like. The version is entered anew."""
    values = {"version": ""}
    for rule in rules:
        # No field: a refusal that names a rule, and not which of its bounds, is told at the rule.
        values[rule["signal_type"]] = ""
        values |= {f"{rule['signal_type']}.{name}": str(value) for name, value in bounds.bounds_of(rule).items()}
    return values


def _content(filled: Filled, rules: Rules) -> dict[str, Any] | None:
    """The ruleset that was typed; None where a field does not hold what it asks for."""
    version = filled.values["version"]
    if VERSION.fullmatch(version) is None:
        filled.errors["version"] = (
            "Give it a name of letters, digits, dots and dashes, at most 40." if version else "Needed."
        )
    numbers = [_numbers(filled, rule["signal_type"]) for rule in rules]
    if filled.errors:
        return None
    made = [bounds.with_bounds(rule, own) for rule, own in zip(rules, numbers, strict=True)]
    return {"version": version, "rules": made}


def _numbers(filled: Filled, signal_type: str) -> dict[str, Decimal]:
    """The bounds of one rule as far as they are numbers; the others are told at their fields."""
    found = {}
    for name in bounds.BOUNDS:
        field = f"{signal_type}.{name}"
        form, words = (WHOLE, "Give a whole number from 0 on.") if name == "min_n" else (NUMBER, "Give a number.")
        if form.fullmatch(filled.values[field]) is None:
            filled.errors[field] = words
        else:
            found[name] = Decimal(filled.values[field].replace(",", "."))
    return found


def _show(page: Page, room: str, holds: Mapping[str, Any], rules: Rules, filled: Filled) -> Response:
    on = {one["signal_type"] for one in holds["rules"]}
    return page.show(
        "kernel/advice_rule_form.html",
        filled.status,
        form=filled,
        room=room,
        holds=holds,
        rules=[
            {
                "type": one["signal_type"],
                "measure": measure_of(one),
                "is_low": bounds.is_low(one),
                "is_off": one["signal_type"] not in on,
            }
            for one in rules
        ],
    )
