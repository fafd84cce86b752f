"""Forms of what is tested at each routine, and of what a defect class means to the owner."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import FormData

from api.deps import allow
from api.forms import FormDep
from api.kernel.pages.filled import Filled
from api.pages import Page, PageDep
from api.stairs import ruleset as doors
from api.stairs.pages.laying import PROPOSERS, onward
from api.stairs.ruleset_schemas import ClassIn, NewClasses, NewSchedule, Source
from api.stairs.schemas import Body
from domain.kernel.errors import Invalid
from domain.stairs.rules.gates import RULESET
from domain.stairs.rules.ruleset import ClassRow
from domain.stairs.rules.schedule import (
    ALL,
    CAUSE_AND_EFFECT,
    DIMENSIONS,
    DOOR_FORCE,
    INTERFACE,
    LOWEST_MIDDLE_HIGHEST,
    PRESSURE,
    VELOCITY,
    ScheduleRow,
)
from domain.stairs.rules.schedule_words import CHOSEN, TESTS
from domain.stairs.rules.vocabulary import DEFECT_CLASSES, FREQUENCIES, INTERFACE_TYPES, STANDARD_CLASSES, WORST_CASE
from domain.stairs.store import ruleset
from domain.stairs.store.waiting_proposals import waiting

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=PROPOSERS)])
RULES = "/stairs/rules"
# What a person chooses of each kind of test, in the order in which the schedule writes it; one of `FLOORS`, any of the
# others. What has one choice alone goes with it.
FLOORS = (ALL, LOWEST_MIDDLE_HIGHEST)
CHOICES: Mapping[tuple[str, str], Sequence[str]] = {
    (PRESSURE, "floor"): FLOORS,
    (PRESSURE, "door_configuration"): ("all_closed", "evac_doors_open"),
    (DOOR_FORCE, "pressurization_active"): ("true", "false"),
    (VELOCITY, "doorway"): (ALL,),
    (CAUSE_AND_EFFECT, "scenario_type"): ("baseline_commissioning", "six_monthly", "annual"),
    (INTERFACE, "interface_type"): INTERFACE_TYPES,
}
GOES_WITH = {(DOOR_FORCE, "door"): ALL, (VELOCITY, "door_scenario"): WORST_CASE}
WORDS = CHOSEN | {
    "true": "every door, fans on",
    "false": "every door, fans off",
    "baseline_commissioning": "scenarios of the commissioning",
    "six_monthly": "scenarios of the six-monthly test",
    "annual": "scenarios of the annual test",
}
EVERY_DOORWAY = "every doorway, three doors open"
HALF = "Choose the landings and the doors, or neither: then it is not tested at this routine."
SCHEDULE = {"source": "", "verified": "false"}
CLASS = {
    "defect_classification": "",
    "jurisdiction": "*",
    "standard_class": "",
    "notice_hours": "",
    "condition": "",
    "source": "",
    "verified": "false",
}


class Whence(Body):
    """Where a change comes from, and whether anybody held it against the standard's text."""

    source: Source
    verified: bool = False


# What is entered anew with each change: who holds it against which text.
OWN = ("source", "verified")


@router.get("/stairs/rules/schedule")
def schedule_form(page: PageDep) -> Response:
    """The whole schedule as it stands, each routine with its boxes."""
    return _show_schedule(page, Filled(dict(SCHEDULE)), _chosen(ruleset.load_schedule(page.connection)))


@router.post("/stairs/rules/schedule")
def new_schedule(page: PageDep, form: FormDep) -> Response:
    """Lay the schedule down; a kind of test that is half chosen comes back with its boxes."""
    filled = Filled.read(form, SCHEDULE)
    chosen = _ticked(form)
    standing = ruleset.load_schedule(page.connection)
    rows = [row for frequency in FREQUENCIES for row in _rows(filled, chosen, frequency, standing)]
    if any("source" not in row for row in rows):
        whence = filled.shaped(Whence)
        rows = [({} if whence is None else whence.model_dump()) | row for row in rows]
    with filled.telling(), page.connection.begin_nested():
        if not rows:
            raise Invalid("Nothing was proposed: a schedule tests something.", hint="Tick what is tested.")
        if filled.is_good:
            told = NewSchedule.model_validate({"rows": rows})
            return onward(doors.new_schedule(told, page.connection, page.principal), RULES)
    return _show_schedule(page, filled, chosen)


@router.get("/stairs/rules/classes")
def class_form(page: PageDep, defect_class: str = "", jurisdiction: str = "") -> Response:
    """The classes as they stand, and a form for one of them: of one that is named with what it says."""
    filled = Filled(dict(CLASS))
    for one in ruleset.load_classes(page.connection):
        if (one.defect_classification, one.jurisdiction) == (defect_class, jurisdiction):
            told = {name: str(value) for name, value in one.row().items() if value is not None}
            filled.values |= told | {name: CLASS[name] for name in OWN}
    return _show_class(page, filled)


@router.post("/stairs/rules/classes")
def new_class(page: PageDep, form: FormDep) -> Response:
    """Lay down what a class means in a jurisdiction; a wrong field comes back with what was typed."""
    filled = Filled.read(form, CLASS)
    told = filled.shaped(ClassIn)
    if told is not None:
        with filled.telling(by_field=True), page.connection.begin_nested():
            return onward(doors.new_classes(NewClasses(rows=[told]), page.connection, page.principal), RULES)
    return _show_class(page, filled)


Chosen = dict[tuple[str, str, str], tuple[str, ...]]


def _chosen(standing: Sequence[ScheduleRow]) -> Chosen:
    """What is ticked where the schedule stands so; `all` interfaces are each of them."""
    found: Chosen = {}
    for row in standing:
        values = tuple(row.selector.split(","))
        is_all = (row.archetype_id, values) == (INTERFACE, (ALL,))
        found[row.frequency, row.archetype_id, row.dimension] = INTERFACE_TYPES if is_all else values
    return found


def _ticked(form: FormData) -> Chosen:
    """What was ticked, of what there is to tick."""
    found: Chosen = {}
    for frequency in FREQUENCIES:
        for (archetype_id, dimension), choices in CHOICES.items():
            given = form.getlist(_name(frequency, archetype_id, dimension))
            found[frequency, archetype_id, dimension] = tuple(one for one in choices if one in given)
    return found


def _name(frequency: str, archetype_id: str, dimension: str) -> str:
    return f"{frequency}.{archetype_id}.{dimension}"


def _rows(filled: Filled, chosen: Chosen, frequency: str, standing: Sequence[ScheduleRow]) -> list[dict[str, Any]]:
    """The rows of a routine; one that stands so keeps its source, any other is given the one that was typed."""
    known = {(one.archetype_id, one.frequency, one.dimension, one.selector): one for one in standing}
    rows: list[dict[str, Any]] = []
    for archetype_id, dimensions in DIMENSIONS.items():
        took = {one: _selector(chosen, frequency, archetype_id, one) for one in dimensions}
        asked = [took[one] for one in dimensions if (archetype_id, one) in CHOICES]
        if not any(asked):
            continue
        if not all(asked):
            filled.errors[f"{frequency}.{archetype_id}"] = HALF
        for dimension, selector in took.items():
            former = known.get((archetype_id, frequency, dimension, selector))
            kept = {} if former is None else {"source": former.source, "verified": former.verified}
            row = {"archetype_id": archetype_id, "frequency": frequency, "dimension": dimension, "selector": selector}
            rows.append(row | kept)
    return rows


def _selector(chosen: Chosen, frequency: str, archetype_id: str, dimension: str) -> str:
    """What the schedule writes for a dimension; empty where nothing is chosen of it."""
    if (archetype_id, dimension) in GOES_WITH:
        return GOES_WITH[archetype_id, dimension]
    values = chosen.get((frequency, archetype_id, dimension), ())
    return ALL if archetype_id == INTERFACE and set(values) == set(INTERFACE_TYPES) else ",".join(values)


def _show_schedule(page: Page, filled: Filled, chosen: Chosen) -> Response:
    return page.show(
        "stairs/schedule_form.html",
        filled.status,
        form=filled,
        routines=[(one, f"{one.replace('_', '-').capitalize()} test", _kinds(chosen, one)) for one in FREQUENCIES],
        proposals=waiting(page.connection, [RULESET.kind]),
    )


def _kinds(chosen: Chosen, frequency: str) -> list[dict[str, Any]]:
    """Each kind of test of a routine with what can be chosen of it: value, words, whether it is."""
    told = []
    for archetype_id, words in TESTS.items():
        groups = []
        for (own, dimension), choices in CHOICES.items():
            if own != archetype_id:
                continue
            ticked = chosen.get((frequency, own, dimension), ())
            boxes = [(one, _word(own, one), one in ticked) for one in choices]
            groups.append((_name(frequency, own, dimension), choices is FLOORS, boxes))
        told.append({"words": words, "key": f"{frequency}.{archetype_id}", "groups": groups})
    return told


def _word(archetype_id: str, choice: str) -> str:
    if archetype_id == VELOCITY:
        return EVERY_DOORWAY
    if choice == ALL:
        return "every landing"
    if choice == LOWEST_MIDDLE_HIGHEST:
        return "lowest, middle and highest landing"
    return WORDS.get(choice, choice.replace("_", " "))


def _show_class(page: Page, filled: Filled) -> Response:
    rows: list[ClassRow] = ruleset.load_classes(page.connection)
    named = (filled.values["defect_classification"], filled.values["jurisdiction"])
    return page.show(
        "stairs/class_form.html",
        filled.status,
        form=filled,
        classes=rows,
        former=next((one for one in rows if (one.defect_classification, one.jurisdiction) == named), None),
        may_propose=True,
        codes=[(one, one) for one in DEFECT_CLASSES],
        meanings=[(one, one.replace("_", "-")) for one in STANDARD_CLASSES],
        proposals=waiting(page.connection, [RULESET.kind]),
    )
