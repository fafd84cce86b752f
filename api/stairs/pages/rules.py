"""The ruleset as a page: what holds today and where it comes from, what held before, and what waits to hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.deps import allow
from api.kernel.pages.filled import Filled
from api.pages import Page, PageDep
from api.stairs.access import READS
from api.stairs.pages.laying import NOTICES, PROPOSERS
from domain.kernel.clock import utc_now
from domain.stairs.rules.decimal_text import plain_number
from domain.stairs.rules.gates import RULESET
from domain.stairs.rules.ruleset import RuleRow
from domain.stairs.rules.schedule import ScheduleRow
from domain.stairs.rules.schedule_words import TESTS, by_place, taken
from domain.stairs.store import ruleset
from domain.stairs.store.registry import building_names
from domain.stairs.store.ruleset import StoredRule
from domain.stairs.store.waiting_proposals import waiting

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READS)])


@dataclass(frozen=True)
class Refused:
    """The withdrawal of a rule that was not laid down, as it was typed."""

    rule_id: UUID
    form: Filled


@router.get("/stairs/rules")
def rules(page: PageDep, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Every version of every rule; without any, how to begin."""
    return show_rules(page, NOTICES.get(done))


def show_rules(page: Page, notice: str | None = None, refused: Refused | None = None) -> Response:
    """The page; with a withdrawal that was refused, what was typed and why."""
    today = utc_now().astimezone(page.tenant.zone).date()
    found = ruleset.load_rules(page.connection)
    proposals = waiting(page.connection, [RULESET.kind])
    if not found and not proposals:
        return page.show("stairs/rules_empty.html", may_propose=bool(page.principal.roles & PROPOSERS))
    newest = {one.rule.rule_code: one.rule_id for one in found if one.rule.active and one.rule.superseded_date is None}
    return page.show(
        "stairs/rules.html",
        200 if refused is None else refused.form.status,
        notice=notice,
        refused=refused,
        may_propose=bool(page.principal.roles & PROPOSERS),
        rows=[_row(one, today) | {"is_newest": newest.get(one.rule.rule_code) == one.rule_id} for one in found],
        schedule=_schedule(ruleset.load_schedule(page.connection)),
        classes=ruleset.load_classes(page.connection),
        overrides=_overrides(page, today),
        proposals=proposals,
        finding=_finding([one.rule for one in found], today),
    )


def _row(one: StoredRule, today: date) -> dict[str, Any]:
    rule = one.rule
    badge, word = ("ok", "in force") if rule.holds_on(today) else ("unknown", _why_not(rule, today))
    return {
        "id": one.rule_id,
        "rule": rule,
        "signed": one.countersignature_id,
        "limits": limits(rule),
        "badge": badge,
        "word": word,
    }


def _why_not(rule: RuleRow, today: date) -> str:
    if not rule.active:
        return "withdrawn"
    return "not yet" if rule.effective_date > today else "ended"


def limits(rule: RuleRow) -> str:
    """From where to where a value passes, as people say it."""
    low, high, unit = rule.min_threshold, rule.max_threshold, rule.unit or ""
    if low is not None and high is not None:
        return f"{plain_number(low)} to {plain_number(high)} {unit}"
    if low is not None:
        return f"at least {plain_number(low)} {unit}"
    return "as expected" if high is None else f"at most {plain_number(high)} {unit}"


def _schedule(rows: Sequence[ScheduleRow]) -> list[dict[str, Any]]:
    """What is tested at each routine, in words: one row for an archetype and a routine."""
    return [
        {
            "tests": TESTS[archetype_id],
            "archetype_id": archetype_id,
            "frequency": frequency.replace("_", "-"),
            "takes": taken(own),
            "verified": all(one.verified for one in own),
        }
        for (archetype_id, frequency), own in by_place(rows).items()
    ]


def _overrides(page: Page, today: date) -> list[dict[str, Any]]:
    names = building_names(page.connection)
    return [
        row
        | {"building_name": names.get(row["building_id"], ""), "holds": row["valid_from"] <= today < row["expires_on"]}
        for row in ruleset.load_overrides(page.connection)
    ]


def _finding(found: list[RuleRow], today: date) -> str:
    """One sentence over the ruleset."""
    holding = [one for one in found if one.holds_on(today)]
    if not holding:
        return "No rule is in force today: nothing can pass."
    verified = sum(one.verified for one in holding)
    many = "One rule is" if len(holding) == 1 else f"{len(holding)} rules are"
    if verified == len(holding):
        return f"{many} in force today, verified against the standard's text."
    told = "none" if not verified else f"{verified}"
    return f"{many} in force today; {told} of them verified against the standard's text."
