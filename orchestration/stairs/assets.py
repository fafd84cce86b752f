"""FireMode as assets: from the registry over published tests and sessions to verdicts, faults and reports.

What people enter and test comes in over HTTP and is told to the graph afterwards; what a machine does by itself is made
here: it proposes generations, judges again what waited for its proof, and notices what physics and time say.
"""

from collections.abc import Iterator

import dagster as dg

from domain.kernel.tenancy import load_tenant
from domain.stairs.observe import waiting
from domain.stairs.observe.crosscheck import cross_check
from domain.stairs.observe.trend import note_leakage, note_trends
from domain.stairs.suggest.export import Asked
from domain.stairs.suggest.generation import generate_templates
from domain.stairs.suggest.report import export_session
from orchestration.partitions import TENANTS
from orchestration.resources import Machine, Objects
from orchestration.stairs.second_look import judge_waiting
from orchestration.tables import Verb, table

OWNER = "team:fire-safety"


def _table(name: str, says: str, verb: Verb, *made_from: str | dg.AssetDep) -> dg.AssetSpec:
    return table("stairs", name, says, verb=verb, made_from=made_from, partitions=TENANTS, owner=OWNER)


def _signed(kind: str) -> dg.AssetDep:
    return dg.AssetDep(["countersign", kind])


REGISTRY = [
    _table("stairs", "Stairs with floors, doors, doorways, zones and equipment. Grain: stair.", "observe"),
    _table("calibration_certificates", "Calibrations of instruments. Grain: certificate.", "observe"),
    _table(
        "as1851_rules",
        "Limits that a person put in force, by date. Grain: version of a rule. Units: Pa, m/s, N.",
        "countersign",
        _signed("stairs_ruleset"),
    ),
    _table(
        "baseline_pressure_differentials",
        "What was measured at commissioning; velocities and forces stand beside it. Grain: point. Units: Pa, m/s, N.",
        "countersign",
        _signed("stairs_baselines"),
    ),
]
GENERATED = _table(
    "generation_runs",
    "What should be tested by registry and schedule, as a difference to what is published. Grain: run.",
    "suggest",
    "stairs",
    "as1851_rules",
    "baseline_pressure_differentials",
)
TESTS = [
    _table(
        "test_instance_templates",
        "What is tested, as a person published it. Grain: place, configuration and frequency.",
        "countersign",
        _signed("stairs_templates"),
        "generation_runs",
    ),
    _table(
        "test_instances",
        "What a technician tested. Grain: place, configuration and session. Units: Pa, m/s, N, s.",
        "observe",
        "test_instance_templates",
        "calibration_certificates",
    ),
]
JUDGED = _table(
    "instance_evaluations",
    "Every verdict with all that it was made from; the same inputs give the same bytes. Grain: verdict.",
    "suggest",
    "test_instances",
)
FAULTS = _table(
    "faults",
    "What does not comply, proposed by a machine until a person reviews it. Grain: test and rule.",
    "suggest",
    "instance_evaluations",
    _signed("stairs_fault"),
)
NOTICED = _table(
    "stair_observations",
    "What physics and the trend notice; no verdict. Grain: finding. Units: Pa, m/s, N.",
    "observe",
    "test_instances",
)
SESSIONS = _table(
    "test_sessions",
    "Visits; an approved one never changes. Grain: session.",
    "countersign",
    _signed("stairs_session"),
    "faults",
)


REPORTED = _table(
    "compliance_reports",
    "Reports of sessions and buildings; their signed editions are artifacts. Grain: report.",
    "suggest",
    "test_sessions",
    "stair_observations",
)


@dg.multi_asset(specs=[GENERATED])
def propose_generations(context: dg.AssetExecutionContext, machine: Machine) -> dg.MaterializeResult[None]:
    """Expand every building's registry and lay what differs from the published tests before a person."""
    tenant_id, counts = context.partition_key, {"routines": 0, "proposed": 0}
    with machine.session(tenant_id) as connection:
        todo = [(one, f) for one in waiting.buildings(connection) for f in waiting.scheduled(connection)]
    for building_id, frequency in todo:
        with machine.session(tenant_id) as connection:
            on = machine.now().astimezone(load_tenant(connection).zone).date()
            made = generate_templates(connection, tenant_id, building_id, frequency, on=on, requested_by=machine.actor)
        counts["routines"] += 1
        counts["proposed"] += made.state == "proposed"
    return dg.MaterializeResult(metadata=counts)


@dg.multi_asset(specs=[JUDGED, FAULTS])
def judge_what_waited(context: dg.AssetExecutionContext, machine: Machine) -> Iterator[dg.MaterializeResult[None]]:
    """Judge again what had no clear verdict: evidence, certificates or a rule may have come since."""
    tenant_id, decided = context.partition_key, 0
    with machine.session(tenant_id) as connection:
        todo = waiting.undecided(connection)
    for session_id, instance_id in todo:
        with machine.session(tenant_id) as connection:
            verdict = judge_waiting(connection, session_id, instance_id, machine.now())
        decided += verdict in ("compliant", "non_compliant")
    for spec in (JUDGED, FAULTS):
        yield dg.MaterializeResult(asset_key=spec.key, metadata={"undecided": len(todo), "decided": decided})


@dg.multi_asset(specs=[NOTICED])
def notice_physics_and_trends(context: dg.AssetExecutionContext, machine: Machine) -> dg.MaterializeResult[None]:
    """Hold handed-in sessions against physics, and every building's points against time."""
    tenant_id, counts = context.partition_key, {"sessions": 0, "findings": 0, "trends": 0}
    with machine.session(tenant_id) as connection:
        visited, buildings = waiting.handed_in(connection), waiting.buildings(connection)
    for session_id, *_ in visited:
        with machine.session(tenant_id) as connection:
            counts["findings"] += cross_check(connection, session_id, machine.now())
        counts["sessions"] += 1
    for building_id in buildings:
        with machine.session(tenant_id) as connection:
            counts["trends"] += note_trends(connection, building_id, machine.now())
            counts["trends"] += note_leakage(connection, building_id, machine.now())
    return dg.MaterializeResult(metadata=counts)


@dg.multi_asset(specs=[REPORTED])
def draft_reports(context: dg.AssetExecutionContext, machine: Machine, objects: Objects) -> dg.MaterializeResult[None]:
    """Export the draft of every approved session that has none, and lay it before a person."""
    tenant_id = context.partition_key
    with machine.session(tenant_id) as connection:
        todo = waiting.unreported(connection)
    for session_id in todo:
        with machine.session(tenant_id) as connection:
            export_session(connection, objects.store(), session_id, Asked(tenant_id, machine.actor, machine.now()))
    return dg.MaterializeResult(metadata={"reports": len(todo)})


ASSETS: list[dg.AssetSpec | dg.AssetsDefinition] = [
    *REGISTRY,
    propose_generations,
    *TESTS,
    judge_what_waited,
    notice_physics_and_trends,
    SESSIONS,
    draft_reports,
]
