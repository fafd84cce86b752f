"""The figures of a session, from the lines of its report: pages and PDF draw the same."""

from collections.abc import Sequence

from domain.kernel.charts.chart import Chart
from domain.stairs.charts.door_force import DoorPoint, door_forces
from domain.stairs.charts.profile import FloorPoint, Limits, pressure_by_floor
from domain.stairs.charts.sequence import SequenceStep, sequence_chart
from domain.stairs.rules.physics.door import HANDLE_OFFSET_M, Leaf
from domain.stairs.rules.report_content import InstancePart

MOST_SEQUENCES = 6


def pressure_figure(stair: str, instances: Sequence[InstancePart]) -> Chart | None:
    """Pressure by floor in both configurations; None where none was to be measured."""
    own = [one for one in of_kind(instances, "pressure_differential") if one.floor_level is not None]
    points = [
        FloorPoint(
            one.floor_level or "",
            one.floor_number or 0,
            one.configuration or "",
            _number(one.measured),
            _number(one.baseline),
            one.verdict,
        )
        for one in own
    ]
    told = [one for one in own if one.minimum is not None or one.maximum is not None]
    low, high, point = (told[0].minimum, told[0].maximum, told[0].setpoint) if told else (None, None, None)
    return pressure_by_floor(stair, points, Limits(_number(low), _number(high), _number(point)))


def force_figure(stair: str, instances: Sequence[InstancePart]) -> Chart | None:
    """Doors of which both the force with pressure and the pressure across them were measured."""
    closed = {
        one.floor_level: _number(one.measured)
        for one in of_kind(instances, "pressure_differential")
        if one.configuration == "all_closed"
    }
    forces = of_kind(instances, "door_opening_force")
    off = {one.place: _number(one.measured) for one in forces if one.configuration == "pressurisation_off"}
    points = []
    for one in forces:
        force, pressure, leaf = _number(one.measured), closed.get(one.floor_level), _leaf(one)
        if one.configuration == "pressurisation_active" and force is not None and pressure is not None and leaf:
            points.append(DoorPoint(one.place, leaf, pressure, force, off.get(one.place)))
    limit = next((_number(one.maximum) for one in forces if one.maximum is not None), None)
    return door_forces(stair, points, limit)


def sequence_figures(instances: Sequence[InstancePart], most: int = MOST_SEQUENCES) -> list[Chart]:
    """The sequences that did not go as due; where all did, one of them."""
    own = [one for one in of_kind(instances, "cause_and_effect_logic") if one.steps]
    failed = [one for one in own if one.verdict == "non_compliant"]
    drawn = (sequence_figure(one) for one in (failed or own[:1])[:most])
    return [chart for chart in drawn if chart is not None]


def sequence_figure(one: InstancePart) -> Chart | None:
    """One cause-and-effect test as rows of time."""
    steps = [
        SequenceStep(
            step.step_order,
            step.component_id,
            step.action,
            _number(step.expected_s) or 0.0,
            _number(step.tolerance_s) or 0.0,
            _number(step.actual_s),
            step.issue,
            _number(step.by_s),
        )
        for step in one.steps
    ]
    return sequence_chart(one.place or one.identifier, one.stair, steps)


def of_kind(instances: Sequence[InstancePart], kind: str) -> list[InstancePart]:
    """Those of one measurement."""
    return [one for one in instances if one.measurement_type == kind]


def _number(text: str | None) -> float | None:
    """A decimal text for drawing; verdicts were made from the text itself."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _leaf(one: InstancePart) -> Leaf | None:
    measures = one.door or {}
    width, height = _number(measures.get("width_m")), _number(measures.get("height_m"))
    offset = _number(measures.get("handle_offset_m")) or HANDLE_OFFSET_M
    return None if not width or not height or width <= offset else Leaf(width, height, offset)
