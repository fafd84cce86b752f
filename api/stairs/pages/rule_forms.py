"""Forms of the ruleset: a rule or its next version, a withdrawal, a limit relaxed by a document."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from api.deps import allow
from api.forms import FormDep, typed
from api.kernel.pages.filled import Filled
from api.pages import Page, PageDep
from api.stairs import ruleset as doors
from api.stairs.pages.laying import PROPOSERS, onward
from api.stairs.pages.proof_words import KINDS
from api.stairs.pages.rules import Refused, limits, show_rules
from api.stairs.ruleset_schemas import NewOverride, NewRule
from api.stairs.schemas import WithReason
from domain.kernel.clock import utc_now
from domain.kernel.errors import NotFound
from domain.stairs.rules.vocabulary import DEFECT_CLASSES, SEVERITIES
from domain.stairs.store import ruleset
from domain.stairs.store.registry import load_registry

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=PROPOSERS)])
RULES = "/stairs/rules"
RULE = {
    "rule_code": "",
    "version": "",
    "measurement_type": "",
    "min_threshold": "",
    "max_threshold": "",
    "unit": "",
    "severity_if_fail": "",
    "defect_classification": "",
    "effective_date": "",
    "reference_standard": "",
    "reference_status": "unverified",
    "description": "",
    "source": "",
    "verified": "false",
}
# What a next version is entered anew with: its name, its day, and who holds it against which text.
OWN = ("version", "effective_date", "source", "verified", "reference_status")
OVERRIDE = {
    "rule_code": "",
    "stair_id": "",
    "min_threshold": "",
    "max_threshold": "",
    "document_reference": "",
    "scope": "",
    "valid_from": "",
    "expires_on": "",
}


@router.get("/stairs/rules/new")
def empty_rule(page: PageDep, follows: UUID | None = None) -> Response:
    """The form; of a next version with what the newest one says.

    Raises:
        NotFound: there is no such rule to follow.
    """
    if follows is None:
        return _show_rule(page, Filled(dict(RULE)))
    former = next((one.rule for one in ruleset.load_rules(page.connection) if one.rule_id == follows), None)
    if former is None:
        raise NotFound(f"There is no rule {follows}.", hint="Choose one on the page of the rules.")
    told = {name: str(value) for name, value in former.row().items() if name in RULE and value is not None}
    return _show_rule(page, Filled(RULE | told | {name: RULE[name] for name in OWN}))


@router.post("/stairs/rules/new")
def new_rule(page: PageDep, form: FormDep) -> Response:
    """Lay a rule or its next version down; a wrong field comes back with what was typed."""
    filled = Filled.read(form, RULE)
    told = filled.shaped(NewRule)
    if told is not None:
        with filled.telling(by_field=True), page.connection.begin_nested():
            return onward(doors.new_rule(told, page.connection, page.principal), RULES)
    return _show_rule(page, filled)


def _show_rule(page: Page, filled: Filled) -> Response:
    found = [one.rule for one in ruleset.load_rules(page.connection)]
    code = filled.values["rule_code"]
    former = next(
        (one for one in found if one.rule_code == code and one.active and one.superseded_date is None),
        None,
    )
    return page.show(
        "stairs/rule_form.html",
        filled.status,
        form=filled,
        former=former,
        holds=None if former is None else limits(former),
        measures=list(KINDS.items()),
        severities=[(one, one) for one in SEVERITIES],
        classes=[(one, one) for one in DEFECT_CLASSES],
    )


@router.post("/stairs/rules/{rule_id}/withdraw")
def withdraw(page: PageDep, form: FormDep, rule_id: UUID) -> Response:
    """Lay down that a rule never held, with its reason."""
    filled = Filled({"reason": typed(form, "reason", 2000)})
    told = filled.shaped(WithReason)
    if told is not None:
        with filled.telling(), page.connection.begin_nested():
            return onward(doors.withdraw(rule_id, told, page.connection, page.principal), RULES)
    return show_rules(page, refused=Refused(rule_id, filled))


@router.get("/stairs/buildings/{building_id}/relax")
def empty_override(page: PageDep, building_id: UUID) -> Response:
    """The form, for a year from today at first."""
    today = utc_now().astimezone(page.tenant.zone).date()
    days = {"valid_from": str(today), "expires_on": str(today + timedelta(days=365))}
    return _show_override(page, building_id, Filled(OVERRIDE | days))


@router.post("/stairs/buildings/{building_id}/relax")
def new_override(page: PageDep, form: FormDep, building_id: UUID) -> Response:
    """Lay a relaxed limit down; a wrong field comes back with what was typed."""
    filled = Filled.read(form, OVERRIDE)
    told = filled.shaped(NewOverride, building_id=building_id)
    if told is not None:
        with filled.telling(by_field=True), page.connection.begin_nested():
            made = doors.new_override(told, page.connection, page.principal)
            return onward(made, f"/stairs/buildings/{building_id}")
    return _show_override(page, building_id, filled)


def _show_override(page: Page, building_id: UUID, filled: Filled) -> Response:
    registry = load_registry(page.connection, building_id)
    today = utc_now().astimezone(page.tenant.zone).date()
    holding = [one.rule for one in ruleset.load_rules(page.connection) if one.rule.holds_on(today)]
    measured = [one for one in holding if one.unit is not None]
    return page.show(
        "stairs/relax.html",
        filled.status,
        form=filled,
        building=registry.building,
        stairs=[(str(one.stair_id), one.stair_name) for one in registry.in_order()],
        rules=[(one.rule_code, f"{one.rule_code}: {limits(one)}") for one in measured],
    )
