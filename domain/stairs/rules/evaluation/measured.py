"""What was measured, by type of test: the exact values that limits are held against, and what was noticed."""

from dataclasses import dataclass
from fractions import Fraction

from domain.stairs.rules.evaluation.case import Case
from domain.stairs.rules.evaluation.cause_and_effect import Issue, compare
from domain.stairs.rules.evaluation.door_force import force_at_handle, notes_on_position, notes_on_sign
from domain.stairs.rules.evaluation.interface import attested
from domain.stairs.rules.evaluation.notes import Note, blocks
from domain.stairs.rules.evaluation.numbers import exact
from domain.stairs.rules.evaluation.velocity_grid import Grid, grid_of, mean_text, notes_on


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement.

    Attributes:
        raw: the text that was submitted, or the unrounded mean of a grid (R-03).
        value: its exact value; None where nothing was measured.
        judged: each value that the limits are held against; a force read at the edge is held as read and converted.
        readings: what the instrument showed, for its range.
        has_failed: it has failed whatever the limits: a step did not go as expected, a result was not observed.
    """

    raw: str | None = None
    value: Fraction | None = None
    judged: tuple[Fraction, ...] = ()
    readings: tuple[Fraction, ...] = ()
    grid: Grid | None = None
    at_handle: Fraction | None = None
    issues: tuple[Issue, ...] = ()
    has_failed: bool = False
    notes: tuple[Note, ...] = ()


def measured(case: Case) -> Measured:
    """What the case's submission amounts to.

    Raises:
        Invalid: the grid is not nine points.
    """
    match case.measurement_type:
        case "pressure_differential":
            return _pressure(case)
        case "air_velocity":
            return _velocity(case)
        case "door_opening_force":
            return _force(case)
        case "cause_and_effect_logic":
            return _cause_and_effect(case)
        case "interface_test":
            return _interface(case)


def _pressure(case: Case) -> Measured:
    reading = exact(case.value or "")
    return Measured(case.value, reading, (reading,), (reading,))


def _velocity(case: Case) -> Measured:
    grid = grid_of(case.grid or ())
    notes = tuple(notes_on(grid, case.settings.uneven_grid_pct))
    return Measured(mean_text(grid), grid.mean, (grid.mean,), grid.velocities, grid=grid, notes=notes)


def _force(case: Case) -> Measured:
    reading = exact(case.value or "")
    at_handle = force_at_handle(reading, case.door) if case.measurement_position == "at_edge" else None
    judged = (reading,) if at_handle is None else (reading, at_handle)
    notes = [*notes_on_position(case.measurement_position, reading, at_handle), *notes_on_sign(reading)]
    return Measured(case.value, reading, judged, (reading,), at_handle=at_handle, notes=tuple(notes))


def _cause_and_effect(case: Case) -> Measured:
    events = case.events.events if case.events is not None else ()
    issues, notes = compare(case.sequence, events)
    if not case.sequence:
        notes.append(blocks("SEQUENCE_MISSING", "What the components should do is not known."))
    return Measured(issues=tuple(issues), has_failed=bool(issues), notes=tuple(notes))


def _interface(case: Case) -> Measured:
    if case.interface is None:
        raise AssertionError("a case of this type holds an attestation")
    told = attested(case.interface, case.definition)
    judged = () if told.response_s is None else (told.response_s,)
    raw = case.interface.response_time_s
    return Measured(raw, told.response_s, judged, judged, has_failed=not case.interface.matched, notes=told.notes)
