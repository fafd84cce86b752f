"""A session of 168 tests of a stair of the model, judged by the engine, as a report tells it."""

import uuid
from datetime import UTC, datetime
from typing import Any

import numpy as np

from domain.kernel.canonical import content_hash, derived_id
from domain.kernel.report.brand import Brand, ReportOptions, ReportSignature
from domain.stairs.report.identity import Report, report_hash
from domain.stairs.rules import reported
from domain.stairs.rules.evaluation.evaluate import evaluate
from domain.stairs.rules.evaluation.fault import faults_of
from domain.stairs.rules.evaluation.reading import read_case
from domain.stairs.rules.physics.door import Leaf, pressure_force_n
from domain.stairs.rules.physics.network import Level, solve
from domain.stairs.rules.report_content import (
    ActPart,
    BuildingPart,
    EvidencePart,
    FaultNotice,
    FaultPart,
    InstancePart,
    ObservationPart,
    PeriodReport,
    PersonPart,
    RoutineLine,
    SessionReport,
    VisitLine,
    VisitPart,
)
from tests.stairs.rules import cases

NAMESPACE = uuid.UUID("7c0a4a3e-5b1f-4a7e-8b1d-2f9f4d1c0a11")
LEAF = Leaf(0.90, 2.10)
RULE_SOURCE = {
    "reference_standard": "AS 1851-2012 § 13.2; AS/NZS 1668.1:2015",
    "source": "seed of the ruleset",
    "verified": False,
}
BUILDING = BuildingPart(
    building_id=str(uuid.uuid5(NAMESPACE, "building")),
    name="Pilot Building 123",
    address="123 Example Street, Sydney NSW 2000",
    time_zone="Australia/Sydney",
    jurisdiction="NSW",
    classification="5",
)
TECHNICIAN = PersonPart(name="Robin Vale", licence_number="FPAS-10023")
REVIEWER = PersonPart(name="Morgan Ellis", licence_number="CPEng-4471")


def _floor(number: int) -> str:
    return "Ground" if number == 0 else f"Level-{number}"


def judged(case: dict[str, Any], order: int, identifier: str, **row: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The row and the stored verdict of one case."""
    case["rules"] = [one | RULE_SOURCE for one in case["rules"]]
    read = read_case(case)
    outputs = evaluate(read)
    own = uuid.uuid5(NAMESPACE, identifier)
    names = case["context"]
    base = {
        "instance_id": own,
        "scoped_identifier": identifier,
        "sequence_order": order,
        "measurement_type": case["measurement_type"],
        "stair_name": names["stair_name"],
        "context_snapshot": {**names, "floor_number": row.pop("floor", None), "door": case.get("door")},
        "sequence_snapshot": {"scenario_name": names.get("scenario_name")},
        "interface_type": (case.get("definition") or {}).get("interface_type"),
        "location_id": (case.get("definition") or {}).get("location_id"),
        "pressurization_active": names.get("pressurization_active"),
        "door_configuration": names.get("door_configuration"),
        "door_scenario": names.get("door_scenario"),
        "status": "completed",
        "verdict": outputs["verdict"],
        "unit": None,
        "retest_of": None,
        "notes": None,
    }
    verdict = {
        "evaluation_id": derived_id("sample", identifier),
        "engine_version": outputs["engine_version"],
        "inputs": read.inputs(),
        "inputs_sha256": outputs["inputs_sha256"],
        "outputs": outputs,
        "outputs_sha256": content_hash(outputs),
    }
    return base | row, verdict


def walked(
    stairs: tuple[str, ...] = ("Stair-A", "Stair-B"), floors: int = 15
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every instance with its verdict, in walk order."""
    chance = np.random.default_rng(11)
    found: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for stair in stairs:
        model = [Level(_floor(n), n * 3.5, 0.02) for n in range(floors)]
        pressures = [
            round(one.across_door_pa + float(chance.normal(0, 0.5)), 1)
            for one in solve(model, 1.74, stair_c=22, outside_c=12)
        ]
        for configuration in ("all_closed", "evac_doors_open"):
            for n in range(floors):
                value = pressures[n] if configuration == "all_closed" else round(pressures[n] * 0.62, 1)
                if (stair, configuration, n) == ("Stair-A", "all_closed", 8):
                    value = 18.2
                case = cases.pressure(f"{value:.1f}", baseline={"value": f"{value * 1.05 + 1:.1f}"})
                if (stair, configuration, n) == ("Stair-B", "all_closed", 3):
                    case["certificates"] = []
                case["context"] = case["context"] | {
                    "stair_name": stair,
                    "floor_level": _floor(n),
                    "door_configuration": configuration,
                }
                name = f"PRESSURE_{stair.upper()}_L{n}_{configuration.replace('_', '-').upper()}"
                found.append(judged(case, len(found) + 1, name, floor=n))
        for active in (True, False):
            for n in range(floors):
                closer = 36.0 + (14 if n == floors - 1 else 0)
                value = closer + (pressure_force_n(LEAF, pressures[n]) if active else 0.0)
                case = cases.force(f"{value:.1f}", baseline={"value": f"{value - 2:.1f}"})
                door = f"D-{_floor(n)}-{stair}"
                case["context"] = case["context"] | {
                    "stair_name": stair,
                    "floor_level": _floor(n),
                    "door_identifier": door,
                    "pressurization_active": active,
                }
                found.append(
                    judged(case, len(found) + 1, f"DOORFORCE_{stair.upper()}_L{n}_{'ON' if active else 'OFF'}", floor=n)
                )
        for n in range(floors):
            grid = cases.grid(*[f"{0.94 + 0.03 * (p % 3) + (0.2 if n != 8 else -0.05):.2f}" for p in range(9)])
            case = cases.velocity(grid)
            doorway = f"DW-{_floor(n)}-{stair}"
            case["context"] = case["context"] | {
                "stair_name": stair,
                "floor_level": _floor(n),
                "doorway_identifier": doorway,
            }
            found.append(judged(case, len(found) + 1, f"VELOCITY_{stair.upper()}_L{n}", floor=n))
        for zone in range(1, 6):
            late = (stair, zone) == ("Stair-A", 3)
            case = cases.cause_and_effect(cases.events("0", "3.2", "7.1" if late else "5.4", "15.8"))
            case["context"] = case["context"] | {
                "stair_name": stair,
                "zone_name": f"Zone-{zone}",
                "scenario_name": f"Zone {zone} activation",
            }
            found.append(judged(case, len(found) + 1, f"CE_{stair.upper()}_ZONE-{zone}"))
        for kind in ("manual_override", "alarm_coordination", "shutdown_sequence", "sprinkler_activation"):
            case = cases.interface()
            case["definition"] = case["definition"] | {"interface_type": kind}
            case["context"] = case["context"] | {"stair_name": stair}
            found.append(judged(case, len(found) + 1, f"INTERFACE_{stair.upper()}_{kind.upper()}"))
    return found


def _faults(all_of: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[FaultPart]:
    found = []
    for row, verdict in all_of:
        if row["verdict"] != "non_compliant":
            continue
        for one in faults_of(read_case(verdict["inputs"])):
            confirmed = len(found) % 2 == 0
            found.append(
                FaultPart(
                    fault_id=str(uuid.uuid5(NAMESPACE, f"fault {row['scoped_identifier']}")),
                    instance_id=str(row["instance_id"]),
                    description=one.description,
                    action_required=one.action_required,
                    severity=one.severity,
                    defect_classification=one.defect_classification,
                    standard_class=one.standard_class,
                    rule_applied=one.rule_applied,
                    rule_version=one.rule_version,
                    detected_at=verdict["inputs"]["tested_at"],
                    notice_due_at="2026-02-04T10:15:00+11:00",
                    review_state="confirmed" if confirmed else "proposed",
                    reviewed_by=REVIEWER.name if confirmed else None,
                    reviewed_at="2026-02-04T09:00:00+11:00" if confirmed else None,
                    review_reason="Seen with the photo of the gauge." if confirmed else None,
                    status="open",
                )
            )
    return found


def session(**changes: Any) -> SessionReport:
    """The report of the pilot's annual session."""
    return _SESSION.model_copy(update=changes)


def _made() -> SessionReport:
    all_of = walked()
    verdicts = [verdict for _, verdict in all_of]
    lines: list[InstancePart] = [reported.instance_line(row, verdict, False) for row, verdict in all_of]
    return SessionReport(
        tenant_name="Example Fire Services",
        as_of="2026-02-05T02:30:00+00:00",
        ruleset="AS1851-2024-v1.3",
        building=BUILDING,
        visit=VisitPart(
            session_id=str(uuid.uuid5(NAMESPACE, "session")),
            frequency="annual",
            planned_for="2026-02-03",
            status="approved",
            revision=1,
            started_at="2026-02-02T21:00:00+00:00",
            submitted_at="2026-02-03T05:00:00+00:00",
            approved_at="2026-02-05T02:30:00+00:00",
            technicians=[TECHNICIAN],
            approved_by=REVIEWER,
            content_hash="ab" * 32,
            countersignature_id=str(uuid.uuid5(NAMESPACE, "approval")),
        ),
        rules=reported.rule_lines(verdicts),
        instances=lines,
        faults=_faults(all_of),
        instruments=reported.instrument_lines(
            verdicts, {"I-1": {"serial_number": "SN-4410", "manufacturer": "Dwyer", "model": "477AV"}}
        ),
        evidence=[
            EvidencePart(
                evidence_id=str(uuid.uuid5(NAMESPACE, f"photo {one.identifier}")),
                instance_id=one.instance_id,
                evidence_type="photo",
                captured_at="2026-02-03T10:16:00+11:00",
                sha256=content_hash(one.identifier),
                size_bytes=400_000,
                is_verified=True,
            )
            for one in lines[:30]
        ],
        observations=[
            ObservationPart(
                stair="Stair-A",
                code="LOCAL_LEAK",
                text="18.2 Pa on Stair-A Level-8 stands 30.8 Pa below the line through the other"
                " floors: a leak there, or another floor's reading.",
                engine_version="firemode-physics/1",
            )
        ],
        acts=[
            ActPart(
                act="stairs.session",
                by=REVIEWER.name,
                role="REVIEWER",
                licence_number=REVIEWER.licence_number,
                at="2026-02-05T02:30:00+00:00",
                meaning="I have reviewed the results, evidence and faults of this session and approve them.",
                content_hash="ab" * 32,
                countersignature_id=str(uuid.uuid5(NAMESPACE, "approval")),
            )
        ],
    )


_SESSION = _made()


def period(kind: str = "logbook", **changes: Any) -> PeriodReport:
    """A year of the pilot building."""
    told = session()
    visits = [
        VisitLine(
            session_id=str(uuid.uuid5(NAMESPACE, f"visit {number}")),
            frequency=frequency,
            planned_for=day,
            tested_on=day,
            status="approved",
            technicians=[TECHNICIAN],
            approved_by=REVIEWER,
            approved_at=f"{day}T06:00:00+00:00",
            tests=tests,
            compliant=tests - failed,
            non_compliant=failed,
            indeterminate=0,
            skipped=0,
            content_hash=content_hash(day),
        )
        for number, (frequency, day, tests, failed) in enumerate(
            [("monthly", f"2025-{month:02}-04", 8, 0) for month in range(3, 13)]
            + [("six_monthly", "2025-08-05", 78, 1), ("annual", "2026-02-03", 168, 4)]
        )
    ]
    made = PeriodReport.model_validate(
        {
            "kind": kind,
            "tenant_name": told.tenant_name,
            "as_of": told.as_of,
            "begins_on": "2025-03-01",
            "ends_on": "2026-02-28",
            "building": BUILDING,
            "stairs": ["Stair-A", "Stair-B"],
            "ruleset": told.ruleset,
            "routines": [
                RoutineLine(frequency="monthly", due=12, done=10),
                RoutineLine(frequency="six_monthly", due=2, done=1),
                RoutineLine(frequency="annual", due=1, done=1),
            ],
            "visits": visits,
            "faults": told.faults,
            "instruments": told.instruments,
        }
    )
    return made.model_copy(update=changes)


def notice(place: int = 0) -> FaultNotice:
    """The notice of one of the session's faults."""
    told = session()
    fault = told.faults[place]
    instance = next(one for one in told.instances if one.instance_id == fault.instance_id)
    return FaultNotice(
        tenant_name=told.tenant_name,
        as_of="2026-02-03T00:00:00+00:00",
        building=told.building,
        session_id=told.visit.session_id,
        technicians=[TECHNICIAN],
        fault=fault,
        instance=instance,
        rule=next(one for one in told.rules if one.rule_code == fault.rule_applied),
    )


def signature_of(report: Report, brand: Brand | None = None, options: ReportOptions | None = None) -> ReportSignature:
    """A signature for a report of the tests."""
    return ReportSignature(
        signer=REVIEWER.name,
        role="Reviewer",
        meaning="I have read this report and sign it for the building's records.",
        signed_at=datetime(2026, 2, 6, 1, 0, tzinfo=UTC),
        content_hash=report_hash(report, brand or Brand(), options or ReportOptions()),
        key_id="ed25519-2026-02",
        countersignature_id=str(uuid.uuid5(NAMESPACE, "signature")),
        reason="Agrees with the session.",
    )
