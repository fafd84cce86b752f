"""The schedule as data: for each archetype and frequency, which things of the registry are tested.

A row says for one dimension what is taken of it. Where an archetype has no row for a frequency, it is not tested then.
The rows that are shipped come from the source of the product and from no standard: none of them is verified, and a
competent person countersigns them before they hold.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from domain.stairs.rules.vocabulary import FREQUENCIES, WORST_CASE

PRESSURE = "ARCH-PRESSURE-001"
VELOCITY = "ARCH-VELOCITY-001"
DOOR_FORCE = "ARCH-DOORFORCE-001"
CAUSE_AND_EFFECT = "ARCH-CE-001"
INTERFACE = "ARCH-INTERFACE-001"

ALL = "all"
LOWEST_MIDDLE_HIGHEST = "lowest_middle_highest"
SCHEDULED, STRICT = "scheduled", "strict"
DIMENSIONS = {
    PRESSURE: ("floor", "door_configuration"),
    DOOR_FORCE: ("door", "pressurization_active"),
    VELOCITY: ("doorway", "door_scenario"),
    CAUSE_AND_EFFECT: ("scenario_type",),
    INTERFACE: ("interface_type",),
}
# What a dimension may name; a word that is not among them would be taken for nothing, and tests left out in silence.
CHOICES = {
    "floor": {ALL, LOWEST_MIDDLE_HIGHEST},
    "door_configuration": {"all_closed", "evac_doors_open"},
    "door": {ALL},
    "pressurization_active": {"true", "false"},
    "doorway": {ALL},
    "door_scenario": {WORST_CASE},
    "scenario_type": {"baseline_commissioning", "six_monthly", "annual"},
    "interface_type": {ALL, "manual_override", "alarm_coordination", "shutdown_sequence", "sprinkler_activation"},
}
SHIPPED_SOURCE = "FireMode shipped schedule; no public text of a standard was found that fixes it"
T = TypeVar("T")


@dataclass(frozen=True)
class ScheduleRow:
    """What one archetype takes of one dimension at one frequency.

    Attributes:
        selector: `all`, `lowest_middle_highest`, or values with commas between.
        source: where the row comes from, for the reader of a report.
        verified: whether a competent person has held it against the standard.
    """

    archetype_id: str
    frequency: str
    dimension: str
    selector: str
    source: str = SHIPPED_SOURCE
    verified: bool = False

    def row(self) -> dict[str, Any]:
        """As it is signed and stored."""
        return asdict(self)


def _rows(archetype_id: str, frequency: str, *selectors: str) -> tuple[ScheduleRow, ...]:
    pairs = zip(DIMENSIONS[archetype_id], selectors, strict=True)
    return tuple(ScheduleRow(archetype_id, frequency, dimension, selector) for dimension, selector in pairs)


_EVERYTHING = (
    (PRESSURE, (ALL, "all_closed,evac_doors_open")),
    (DOOR_FORCE, (ALL, "true,false")),
    (VELOCITY, (ALL, WORST_CASE)),
    (CAUSE_AND_EFFECT, ("annual",)),
    (INTERFACE, (ALL,)),
)
SHIPPED_SCHEDULE: tuple[ScheduleRow, ...] = (
    *_rows(PRESSURE, "monthly", LOWEST_MIDDLE_HIGHEST, "all_closed"),
    *_rows(INTERFACE, "monthly", "manual_override"),
    *_rows(PRESSURE, "six_monthly", ALL, "all_closed"),
    *_rows(DOOR_FORCE, "six_monthly", ALL, "true"),
    *_rows(CAUSE_AND_EFFECT, "six_monthly", "six_monthly"),
    *_rows(INTERFACE, "six_monthly", ALL),
    *(row for archetype_id, selectors in _EVERYTHING for row in _rows(archetype_id, "annual", *selectors)),
)
# Everything at every frequency. Monthly has no scenarios of its own and takes the annual ones.
STRICT_SCHEDULE: tuple[ScheduleRow, ...] = tuple(
    replace(row, selector="six_monthly") if row.dimension == "scenario_type" and frequency == "six_monthly" else row
    for frequency in FREQUENCIES
    for archetype_id, selectors in _EVERYTHING
    for row in _rows(archetype_id, frequency, *selectors)
)


def schedule_of(profile: str, in_force: Sequence[ScheduleRow]) -> tuple[ScheduleRow, ...]:
    """The rows that a generation goes by: those in force, or for `strict` everything at every frequency."""
    return STRICT_SCHEDULE if profile == STRICT else tuple(in_force)


def selected(schedule: Iterable[ScheduleRow], archetype_id: str, frequency: str) -> dict[str, tuple[str, ...]] | None:
    """The choice of each dimension of an archetype at a frequency; None where it is not tested then."""
    found = {
        row.dimension: tuple(row.selector.split(","))
        for row in schedule
        if (row.archetype_id, row.frequency) == (archetype_id, frequency)
    }
    return found if set(found) == set(DIMENSIONS[archetype_id]) else None


def sampled(floors: Sequence[T], selector: str) -> tuple[T, ...]:
    """All of them, or the lowest, the middle and the highest; floors are given lowest first."""
    if selector == ALL or len(floors) <= 1:
        return tuple(floors)
    places = sorted({0, (len(floors) - 1) // 2, len(floors) - 1})
    return tuple(floors[place] for place in places)


def schedule_problems(rows: Sequence[ScheduleRow]) -> list[str]:
    """What keeps the rows from being a schedule: unknown words, a dimension twice or missing."""
    found = [problem for row in rows for problem in _row_problems(row)]
    keys = sorted({(row.archetype_id, row.frequency) for row in rows})
    for archetype_id, frequency in keys:
        named = [row.dimension for row in rows if (row.archetype_id, row.frequency) == (archetype_id, frequency)]
        wanted = DIMENSIONS.get(archetype_id, ())
        if archetype_id in DIMENSIONS and sorted(named) != sorted(wanted):
            found.append(f"{archetype_id} {frequency} needs one row for each of: {', '.join(wanted)}")
    return found


def _row_problems(row: ScheduleRow) -> list[str]:
    if row.archetype_id not in DIMENSIONS:
        return [f"there is no archetype {row.archetype_id}"]
    if row.frequency not in FREQUENCIES:
        return [f"there is no frequency {row.frequency}"]
    if row.dimension not in DIMENSIONS[row.archetype_id]:
        return [f"{row.archetype_id} has no dimension {row.dimension}"]
    words = row.selector.split(",")
    unknown = sorted(set(words) - CHOICES[row.dimension])
    if unknown:
        return [f"{row.archetype_id} {row.frequency} {row.dimension} cannot be {unknown[0]!r}"]
    alone = {ALL, LOWEST_MIDDLE_HIGHEST} & set(words)
    if len(words) != len(set(words)) or (alone and len(words) > 1):
        return [f"{row.archetype_id} {row.frequency} {row.dimension} names the same twice"]
    return []
