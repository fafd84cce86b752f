"""What was measured, stair by stair: pressures by floor, velocities, forces, and sequences as rows of time."""

from domain.kernel.charts.words import NONE
from domain.kernel.report.blocks import Block, Col, Heading, Paragraph
from domain.stairs.charts.door_force import DoorPoint, door_forces
from domain.stairs.charts.profile import FloorPoint, Limits, pressure_by_floor
from domain.stairs.charts.sequence import SequenceStep, sequence_chart
from domain.stairs.report.telling import MEASURES, Telling, limits, outcome, result
from domain.stairs.rules.physics.door import HANDLE_OFFSET_M, Leaf
from domain.stairs.rules.report_content import InstancePart, SessionReport

VELOCITY_COLUMNS = (
    Col("Doorway", 44),
    Col("Floor", 20),
    Col("Mean, m/s", 18, "right"),
    Col("Least at point", 22, "right"),
    Col("Baseline, m/s", 20, "right"),
    Col("Verdict", 26),
)
INTERFACE_COLUMNS = (
    Col("Interface", 66),
    Col("Response, s", 20, "right"),
    Col("Limit, s", 20, "right"),
    Col("Verdict", 26),
)
MOST_SEQUENCES = 6


def measured(telling: Telling, report: SessionReport, heading: str) -> list[Block]:
    """A part for each stair, in the order of their names."""
    blocks: list[Block] = [Heading(1, heading)]
    for number, stair in enumerate(sorted({one.stair for one in report.counted}), start=1):
        own = [one for one in report.counted if one.stair == stair]
        blocks.append(Heading(2, f"{heading.split(' ', 1)[0]}.{number} {stair}"))
        blocks += _pressures(telling, stair, own)
        blocks += _forces(telling, stair, own)
        blocks += _velocities(telling, own)
        blocks += _sequences(telling, own)
        blocks += _interfaces(telling, own)
    return blocks if len(blocks) > 1 else [*blocks, Paragraph("Nothing was tested.")]


def _of(instances: list[InstancePart], kind: str) -> list[InstancePart]:
    return [one for one in instances if one.measurement_type == kind]


def _number(text: str | None) -> float | None:
    """A decimal text for drawing; verdicts were made from the text itself."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _pressures(telling: Telling, stair: str, instances: list[InstancePart]) -> list[Block]:
    own = [one for one in _of(instances, "pressure_differential") if one.floor_level is not None]
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
    chart = pressure_by_floor(stair, points, Limits(_number(low), _number(high), _number(point)))
    return [] if chart is None else [telling.figure(chart)]


def _forces(telling: Telling, stair: str, instances: list[InstancePart]) -> list[Block]:
    """Doors of which both the force with pressure and the pressure across them were measured."""
    closed = {
        one.floor_level: _number(one.measured)
        for one in _of(instances, "pressure_differential")
        if one.configuration == "all_closed"
    }
    forces = _of(instances, "door_opening_force")
    off = {one.place: _number(one.measured) for one in forces if one.configuration == "pressurisation_off"}
    points = []
    for one in forces:
        force, pressure, leaf = _number(one.measured), closed.get(one.floor_level), _leaf(one)
        if one.configuration == "pressurisation_active" and force is not None and pressure is not None and leaf:
            points.append(DoorPoint(one.place, leaf, pressure, force, off.get(one.place)))
    limit = next((_number(one.maximum) for one in forces if one.maximum is not None), None)
    chart = door_forces(stair, points, limit)
    return [] if chart is None else [telling.figure(chart)]


def _leaf(one: InstancePart) -> Leaf | None:
    measures = one.door or {}
    width, height = _number(measures.get("width_m")), _number(measures.get("height_m"))
    offset = _number(measures.get("handle_offset_m")) or HANDLE_OFFSET_M
    return None if not width or not height or width <= offset else Leaf(width, height, offset)


def _velocities(telling: Telling, instances: list[InstancePart]) -> list[Block]:
    own = _of(instances, "air_velocity")
    if not own:
        return []
    rows = [
        (
            one.place,
            one.floor_level or NONE,
            one.measured or NONE,
            NONE if one.grid is None else f"{one.grid.least} at {one.grid.least_point}",
            one.baseline or NONE,
            outcome(one),
        )
        for one in own
    ]
    failed = frozenset(place for place, one in enumerate(own) if one.verdict == "non_compliant")
    note = "Mean of nine points; points are numbered 1 to 3 in the top row from the left, 7 to 9 in the bottom row."
    return [
        telling.table(f"{MEASURES['air_velocity']} through open doorways", VELOCITY_COLUMNS, rows, failed, note, 400)
    ]


def _sequences(telling: Telling, instances: list[InstancePart]) -> list[Block]:
    """Those that did not go as due first; of the rest as many as there is room for."""
    own = [one for one in _of(instances, "cause_and_effect_logic") if one.steps]
    ordered = sorted(own, key=lambda one: (one.verdict != "non_compliant", one.sequence_order))
    failed = sum(one.verdict == "non_compliant" for one in own)
    blocks: list[Block] = []
    for one in ordered[: max(failed, min(len(ordered), 1), 0)][:MOST_SEQUENCES]:
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
        chart = sequence_chart(one.place or one.identifier, one.stair, steps)
        blocks += [] if chart is None else [telling.figure(chart)]
    return blocks


def _interfaces(telling: Telling, instances: list[InstancePart]) -> list[Block]:
    own = _of(instances, "interface_test")
    if not own:
        return []
    rows = [(one.place, one.measured or NONE, one.maximum or NONE, outcome(one)) for one in own]
    failed = frozenset(place for place, one in enumerate(own) if one.verdict == "non_compliant")
    return [telling.table("Interfaces, as the technician attests", INTERFACE_COLUMNS, rows, failed, most=100)]


RESULT_COLUMNS = (
    Col("No.", 10, "right"),
    Col("Test", 78),
    Col("Result", 30, "right"),
    Col("Limits", 24),
    Col("Against baseline", 24, "right"),
    Col("Verdict", 28),
)


def results(telling: Telling, report: SessionReport, heading: str) -> list[Block]:
    """Every test in walk order, also those that were tested again."""
    rows = [_result(one) for one in report.instances]
    failed = frozenset(place for place, one in enumerate(report.instances) if one.verdict == "non_compliant")
    note = "Results stand as they were read. Of a test that was repeated, the newest counts."
    return [Heading(1, heading), telling.table("Every test, in walk order", RESULT_COLUMNS, rows, failed, note, 5_000)]


def _result(one: InstancePart) -> tuple[str, ...]:
    baseline = NONE if one.deviation_pct is None else f"{one.deviation_pct} %"
    what = one.identifier + ("\ntested again later" if one.is_replaced else "")
    flags = f"\n{', '.join(flag.replace('_', ' ').lower() for flag in one.flags)}" if one.flags else ""
    return str(one.sequence_order), what, result(one), limits(one), baseline, outcome(one) + flags
