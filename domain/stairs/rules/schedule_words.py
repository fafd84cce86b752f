"""The schedule and the class map in words: what each routine tests, and what a proposal would change of it."""

from collections.abc import Sequence
from itertools import groupby

from domain.stairs.rules.ruleset import ClassRow
from domain.stairs.rules.schedule import CAUSE_AND_EFFECT, DOOR_FORCE, INTERFACE, PRESSURE, VELOCITY, ScheduleRow
from domain.stairs.rules.vocabulary import FREQUENCIES

TESTS = {
    PRESSURE: "Pressure",
    VELOCITY: "Air velocity",
    DOOR_FORCE: "Door opening force",
    CAUSE_AND_EFFECT: "Cause and effect",
    INTERFACE: "Interface",
}
# In the order in which a place is told.
DIMENSIONS = {
    "floor": "floors",
    "door": "doors",
    "doorway": "doorways",
    "door_configuration": "with",
    "door_scenario": "with",
    "pressurization_active": "fans",
    "interface_type": "interfaces",
    "scenario_type": "scenarios for",
}
CHOSEN = {
    "lowest_middle_highest": "lowest, middle and highest",
    "all_closed": "all doors closed",
    "evac_doors_open": "evacuation doors open",
    "worst_case_3_doors_open": "three doors open",
    "true": "on",
    "false": "off",
    "six_monthly": "the six-monthly test",
    "annual": "the annual test",
}
Place = tuple[str, str]


def by_place(rows: Sequence[ScheduleRow]) -> dict[Place, tuple[ScheduleRow, ...]]:
    """The rows of each (archetype, frequency), in the order in which a person reads them."""

    def place(row: ScheduleRow) -> tuple[str, int]:
        return TESTS[row.archetype_id], FREQUENCIES.index(row.frequency)

    names = list(DIMENSIONS)
    ordered = sorted(rows, key=lambda row: (place(row), names.index(row.dimension)))
    each = [tuple(group) for _, group in groupby(ordered, place)]
    return {(own[0].archetype_id, own[0].frequency): own for own in each}


def taken(rows: Sequence[ScheduleRow]) -> str:
    """What is tested at one place: `floors: lowest, middle and highest; with: all doors closed`."""
    return "; ".join(f"{DIMENSIONS[one.dimension]}: {_chosen(one.selector)}" for one in rows)


def _chosen(selector: str) -> str:
    return ", ".join(CHOSEN.get(one, one.replace("_", " ")) for one in selector.split(","))


def schedule_changes(standing: Sequence[ScheduleRow], proposed: Sequence[ScheduleRow]) -> list[str]:
    """A sentence for each place of the schedule that would change, for the person who signs it."""
    before, after = by_place(standing), by_place(proposed)
    told = []
    for place in sorted({*before, *after}, key=lambda one: (FREQUENCIES.index(one[1]), TESTS[one[0]])):
        old, new = before.get(place, ()), after.get(place, ())
        name = f"{place[1].replace('_', '-').capitalize()}, {TESTS[place[0]].lower()}"
        if not new:
            told.append(f"{name}: no longer tested; it was {taken(old)}.")
        elif not old:
            told.append(f"{name}: tested from now on; {taken(new)}.")
        elif taken(old) != taken(new):
            told.append(f"{name}: {taken(new)}; it was {taken(old)}.")
        elif old != new:
            told.append(f"{name}: the same, from another source or verified otherwise.")
    return told


def class_changes(standing: Sequence[ClassRow], proposed: Sequence[ClassRow]) -> list[str]:
    """A sentence for each defect class that would mean something else."""
    known = {(one.defect_classification, one.jurisdiction): one for one in standing}
    told = []
    for row in proposed:
        old = known.get((row.defect_classification, row.jurisdiction))
        place = "every jurisdiction without its own" if row.jurisdiction == "*" else row.jurisdiction
        was = f"; it was {_means(old)}" if old is not None else ""
        told.append(f"{row.defect_classification.replace('_', ' ')}, {place}: {_means(row)}{was}.")
    return told


def _means(row: ClassRow) -> str:
    condition = f", {row.condition.rstrip('.')}" if row.condition else ""
    return f"{row.standard_class.replace('_', '-')}, told to the owner within {row.notice_hours} h{condition}"
