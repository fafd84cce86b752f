"""From a stored verdict to the lines of a report: what was measured, by which limit, with which proof."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from domain.stairs.rules.evaluation.numbers import plain
from domain.stairs.rules.report_content import (
    EvaluationPart,
    GridPart,
    InstancePart,
    InstrumentPart,
    NotePart,
    RulePart,
    StepPart,
)

Json = Mapping[str, Any]


def instance_line(row: Json, verdict: Json | None, is_replaced: bool) -> InstancePart:
    """One instance.

    Args:
        row: of the instance, ids and instants as text.
        verdict: its newest evaluation: evaluation_id, inputs, outputs and both hashes; None where it has none.
        is_replaced: whether it was tested again within the session.
    """
    inputs: Json = {} if verdict is None else verdict["inputs"]
    outputs: Json = {} if verdict is None else verdict["outputs"]
    names: Json = row["context_snapshot"] or {}
    grid = outputs.get("grid")
    return InstancePart(
        instance_id=str(row["instance_id"]),
        identifier=row["scoped_identifier"],
        sequence_order=row["sequence_order"],
        measurement_type=row["measurement_type"],
        stair=names.get("stair_name") or row["stair_name"],
        floor_level=names.get("floor_level"),
        floor_number=names.get("floor_number"),
        place=place_of(row, names),
        configuration=configuration_of(row),
        status=row["status"],
        verdict=row["verdict"],
        tested_at=inputs.get("tested_at"),
        measured=decimal(outputs.get("measured_raw") if grid is None else outputs.get("measured_value")),
        unit=outputs.get("unit") or row["unit"],
        minimum=decimal(outputs.get("effective_min")),
        maximum=decimal(outputs.get("effective_max")),
        setpoint=decimal((inputs.get("template") or {}).get("design_setpoint")),
        threshold_source=outputs.get("threshold_source"),
        rule_code=outputs.get("rule_code"),
        baseline=decimal(outputs.get("baseline_value")),
        deviation_pct=decimal(outputs.get("deviation_from_baseline_pct")),
        instrument_id=(inputs.get("instrument") or {}).get("id"),
        flags=list(outputs.get("flags", [])),
        observations=[NotePart(code=one["code"], text=one["text"]) for one in outputs.get("observations", [])],
        grid=None if grid is None else _grid(grid),
        steps=_steps(inputs, outputs),
        evaluation=None if verdict is None else _evaluation(verdict),
        retest_of=None if row["retest_of"] is None else str(row["retest_of"]),
        is_replaced=is_replaced,
        notes=row["notes"],
        door=_door(names.get("door")),
    )


def decimal(value: object) -> str | None:
    """A number as its plain decimal text; text that is none stands as it is."""
    if value is None or isinstance(value, dict | list):
        return None
    try:
        return plain(Decimal(str(value)))
    except ArithmeticError:
        return str(value)


def place_of(row: Json, names: Json) -> str:
    """The door, doorway, zone with its scenario, or panel."""
    scenario = (row["sequence_snapshot"] or {}).get("scenario_name")
    parts = (names.get("door_identifier"), names.get("doorway_identifier"), names.get("zone_name"), scenario)
    told = ", ".join(part for part in parts if part)
    if told:
        return told
    interface = row["interface_type"]
    return f"{interface.replace('_', ' ')} at {row['location_id']}" if interface else ""


def configuration_of(row: Json) -> str | None:
    """In which state of the stair it was tested."""
    if row["pressurization_active"] is not None:
        return "pressurisation_active" if row["pressurization_active"] else "pressurisation_off"
    told: str | None = row["door_configuration"] or row["door_scenario"]
    return told


def _grid(figures: Json) -> GridPart:
    return GridPart(
        mean=decimal(figures["mean"]) or "",
        least=decimal(figures["min"]) or "",
        least_point=int(figures["min_point"]),
        most=decimal(figures["max"]) or "",
    )


def _door(measures: Json | None) -> dict[str, str] | None:
    told = {name: str(value) for name, value in sorted((measures or {}).items()) if value is not None}
    return told or None


def _evaluation(verdict: Json) -> EvaluationPart:
    return EvaluationPart(
        evaluation_id=str(verdict["evaluation_id"]),
        engine_version=verdict["engine_version"],
        inputs_sha256=verdict["inputs_sha256"],
        outputs_sha256=verdict["outputs_sha256"],
    )


def _steps(inputs: Json, outputs: Json) -> list[StepPart]:
    """The steps with the engine's own findings; a step without one came at the event that it matched."""
    issues: dict[int, Json] = {}
    for one in outputs.get("issues", []):
        issues.setdefault(int(one["step_order"]), one)
    left = sorted((inputs.get("events") or {}).get("events", []), key=lambda event: Decimal(str(event["t_s"])))
    told = []
    for step in sorted(inputs.get("sequence", []), key=lambda one: int(one["step_order"])):
        issue = issues.get(int(step["step_order"]), {})
        own = None if issue.get("code") in {"MISSING", "WRONG_ACTION"} else _taken(left, step)
        told.append(
            StepPart(
                step_order=int(step["step_order"]),
                component_id=step["component_id"],
                action=step["expected_action"],
                expected_s=decimal(step["expected_delay_seconds"]) or "0",
                tolerance_s=decimal(step["tolerance_seconds"]) or "0",
                actual_s=decimal(issue.get("at_s")) or (None if own is None else decimal(own["t_s"])),
                issue=issue.get("code", ""),
                by_s=decimal(issue.get("by_s")),
            )
        )
    return told


def _taken(events: list[Json], step: Json) -> Json | None:
    """The first event that nobody took yet and that is this step's (R-12)."""
    wanted = (step["component_id"].casefold(), step["expected_action"].casefold())
    for place, event in enumerate(events):
        if (event["component_id"].casefold(), event["action"].casefold()) == wanted:
            return events.pop(place)
    return None


def rule_lines(verdicts: Iterable[Json]) -> list[RulePart]:
    """The rules that decided, each once, by code and version."""
    found: dict[tuple[str, str], RulePart] = {}
    for verdict in verdicts:
        deciding = {(one["rule_code"], one["rule_version"]) for one in verdict["outputs"].get("rules", [])}
        for row in verdict["inputs"].get("rules", []):
            key = (row["rule_code"], row["version"])
            if key in deciding and key not in found:
                found[key] = _rule(row)
    return [found[key] for key in sorted(found)]


def _rule(row: Json) -> RulePart:
    return RulePart(
        rule_code=row["rule_code"],
        version=row["version"],
        measurement_type=row["measurement_type"],
        minimum=decimal(row.get("min_threshold")),
        maximum=decimal(row.get("max_threshold")),
        unit=row.get("unit"),
        severity=row["severity_if_fail"],
        defect_classification=row["defect_classification"],
        reference_standard=row.get("reference_standard"),
        source=row.get("source"),
        verified=bool(row.get("verified")),
        effective_date=row["effective_date"],
    )


def instrument_lines(verdicts: Sequence[Json], register: Mapping[str, Json]) -> list[InstrumentPart]:
    """The instruments that were used, each with each certificate that its tests rested on.

    Args:
        verdicts: the evaluations of the instances that count.
        register: rows of the register by id: serial_number, manufacturer, model.
    """
    used: dict[tuple[str, str], list[Json]] = {}
    for verdict in verdicts:
        instrument = verdict["inputs"].get("instrument")
        if instrument is not None:
            number = verdict["outputs"]["calibration"]["certificate"] or ""
            used.setdefault((instrument["id"], number), []).append(verdict)
    return [_instrument(own, number, used[own, number], register.get(own, {})) for own, number in sorted(used)]


def _instrument(own: str, number: str, verdicts: Sequence[Json], row: Json) -> InstrumentPart:
    told = verdicts[0]["inputs"]["instrument"]
    certificates = verdicts[0]["inputs"].get("certificates", [])
    certificate: Json = next((one for one in certificates if one["cert_number"] == number), {})
    days = sorted(verdict["outputs"]["test_date"] for verdict in verdicts)
    low, high = decimal(told.get("range_min")), decimal(told.get("range_max"))
    unit = f" {told['unit']}" if told.get("unit") else ""
    return InstrumentPart(
        instrument_id=own,
        instrument_type=told.get("type"),
        serial_number=row.get("serial_number"),
        maker=" ".join(part for part in (row.get("manufacturer"), row.get("model")) if part) or None,
        accuracy=told.get("accuracy"),
        reading_range=None if low is None or high is None else f"{low} to {high}{unit}",
        certificate=number or None,
        authority=certificate.get("calibration_authority"),
        standard=certificate.get("standard"),
        calibrated_on=certificate.get("calibration_date"),
        expires_on=certificate.get("expiry_date"),
        tests=len(verdicts),
        first_on=days[0],
        last_on=days[-1],
        is_valid=all(one["outputs"]["calibration"]["valid_on_test_date"] is not False for one in verdicts),
    )
