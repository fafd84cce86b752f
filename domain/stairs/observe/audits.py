"""Check a tenant's stairs: are the tests those that the registry asks for, is each finding one fault, does every
verdict replay, is all evidence whole, is there a rule for everything that is measured.

Each audit measures, says its finding in one sentence, and changes nothing.
"""

import uuid
from datetime import date

from sqlalchemy import Connection, text

from domain.kernel.artifacts import load, opened
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.finding import Finding
from domain.kernel.objects.store import Store
from domain.stairs.observe.replay import replayed
from domain.stairs.rules.counts import expected_counts, stair_sizes
from domain.stairs.rules.schedule import schedule_of
from domain.stairs.store import evaluations
from domain.stairs.store.registry import load_registry
from domain.stairs.store.ruleset import load_schedule

SHOWN = 20
# The newest of each, so that the cost does not grow with history; `countersign verify` takes any other.
REPLAYED, HASHED = 500, 100


def cardinality(connection: Connection) -> Finding:
    """Published templates are as many as the closed formula counts from registry and schedule."""
    schedule = load_schedule(connection)
    found = connection.execute(
        text(
            "SELECT t.building_id, t.frequency, count(*) AS templates, max(r.profile) AS profile"
            " FROM test_instance_templates AS t"
            " JOIN generation_runs AS r ON r.tenant_id = t.tenant_id AND r.run_id = t.generation_run_id"
            " WHERE t.tenant_id = current_setting('app.tenant') AND t.retired_at IS NULL"
            " GROUP BY t.building_id, t.frequency ORDER BY t.building_id, t.frequency"
        )
    ).all()
    rows = []
    for row in found:
        sizes = stair_sizes(load_registry(connection, row.building_id))
        expected = expected_counts(sizes, schedule_of(row.profile, schedule), row.frequency)["total"]
        if expected != row.templates:
            rows.append({"building": str(row.building_id), "frequency": row.frequency, "published": row.templates,
                         "expected": expected})  # fmt: skip
    says = (
        f"{len(rows)} of {len(found)} routines are not what the registry asks for now: generate and sign them anew."
        if rows
        else f"All {len(found)} routines have as many tests as registry and schedule ask for."
    )
    return Finding(not rows, says, is_error=False, figures={"routines": len(found)}, rows=rows[:SHOWN])


def one_open_fault(connection: Connection) -> Finding:
    """A failed test has exactly one open or dismissed fault for the rule that it fails; none is lost."""
    rows = [
        {"instance": str(row.instance_id), "faults": row.faults}
        for row in connection.execute(
            text(
                "SELECT i.instance_id, count(f.id) AS faults FROM test_instances AS i"
                " LEFT JOIN faults AS f ON f.tenant_id = i.tenant_id AND f.instance_id = i.instance_id"
                "  AND f.rule_applied = i.validation_result ->> 'rule_code'"
                "  AND (f.status <> 'resolved' OR f.resolved_by IS NOT NULL)"
                " WHERE i.tenant_id = current_setting('app.tenant') AND i.is_compliant IS FALSE"
                " GROUP BY i.instance_id HAVING count(f.id) <> 1 ORDER BY i.instance_id"
            )
        )
    ]
    says = f"{len(rows)} failed tests have none or several faults." if rows else "Every failed test has its one fault."
    return Finding(not rows, says, rows=rows[:SHOWN])


def verdicts_replay(connection: Connection) -> Finding:
    """The newest verdicts, judged again from what was stored, give the same bytes."""
    ids = connection.execute(
        text(
            "SELECT evaluation_id FROM instance_evaluations WHERE tenant_id = current_setting('app.tenant')"
            " ORDER BY evaluated_at DESC, evaluation_id LIMIT :n"
        ),
        {"n": REPLAYED},
    ).scalars()
    told = [replayed(evaluations.load(connection, one)) for one in ids]
    rows = [{"evaluation": one["evaluation_id"]} for one in told if not one["is_same"]]
    says = f"{len(rows)} of {len(told)} verdicts come out otherwise." if rows else f"{len(told)} verdicts replay."
    return Finding(not rows, says, figures={"verdicts": len(told)}, rows=rows[:SHOWN])


def no_rule_gaps(connection: Connection, on: date) -> Finding:
    """Whatever is measured has a rule in force."""
    kinds = list(
        connection.execute(
            text(
                "SELECT DISTINCT t.measurement_type FROM test_instance_templates AS t"
                " WHERE t.tenant_id = current_setting('app.tenant') AND t.retired_at IS NULL"
                " AND NOT EXISTS (SELECT 1 FROM as1851_rules AS r WHERE r.tenant_id = t.tenant_id"
                "  AND r.measurement_type = t.measurement_type AND r.active AND r.effective_date <= :on"
                "  AND (r.superseded_date IS NULL OR r.superseded_date > :on)) ORDER BY 1"
            ),
            {"on": on},
        ).scalars()
    )
    says = f"No rule is in force for {', '.join(kinds)}." if kinds else "Every measurement has a rule in force."
    return Finding(not kinds, says, rows=[{"measurement_type": one} for one in kinds])


def evidence_is_whole(connection: Connection, store: Store) -> Finding:
    """The newest evidence still lies in the store with the bytes that were hashed when it arrived."""
    found = connection.execute(
        text(
            "SELECT artifact_id, stored_sha256 FROM evidence_records"
            " WHERE tenant_id = current_setting('app.tenant') AND artifact_id IS NOT NULL"
            " ORDER BY uploaded_at DESC, evidence_id LIMIT :n"
        ),
        {"n": HASHED},
    ).all()
    rows = [
        {"artifact": str(row.artifact_id), "why": why}
        for row in found
        if (why := _damage(connection, store, row.artifact_id, row.stored_sha256))
    ]
    says = f"{len(rows)} of {len(found)} files are missing or changed." if rows else f"{len(found)} files are whole."
    return Finding(not rows, says, figures={"files": len(found)}, rows=rows[:SHOWN])


def _damage(connection: Connection, store: Store, artifact_id: uuid.UUID, sha256: str | None) -> str | None:
    """What is wrong with a file, in a code; None where nothing is."""
    kept = load(connection, artifact_id)
    if kept.sha256 != sha256:
        return "OTHER_HASH"
    try:
        with opened(store, kept):
            return None
    except (NotFound, Conflict) as error:
        return error.code
