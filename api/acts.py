"""The acts of every room, brought together: what a person can sign here. A room more is a line more."""

from domain.courses.authoring.countersign import packages as course_acts
from domain.courses.authoring.countersign import parts as part_acts
from domain.courses.authoring.rules.gates import OF_KIND, PUBLISH, RESTORE, RETIRE
from domain.courses.delivery.countersign.licence import license_course
from domain.courses.delivery.rules.gates import LICENCE
from domain.courses.regeneration.countersign import retries
from domain.courses.regeneration.countersign.adoption import adopt
from domain.courses.regeneration.countersign.jobs import trigger
from domain.courses.regeneration.rules.gates import ADOPTION, RETRY, TRIGGER
from domain.grid.metering.rules.inspection import INSPECTION
from domain.grid.outages.countersign import promote, reject
from domain.grid.outages.fulfil import hash_now
from domain.grid.outages.rules.gates import AFTER_ACTION, PROMOTION
from domain.kernel.countersign.acts import Act
from domain.kernel.countersign.advice import ADVICE_ACTS
from domain.kernel.countersign.lend import KERNEL_ACTS
from domain.kernel.gates import Gate
from domain.stairs.countersign import faults as fault_acts
from domain.stairs.countersign import sessions as session_acts
from domain.stairs.countersign.baselines import let_baselines_hold
from domain.stairs.countersign.definitions import put_definitions_in_force
from domain.stairs.countersign.ruleset import put_in_force
from domain.stairs.countersign.templates import publish_templates
from domain.stairs.fulfil import hash_now as report_hash
from domain.stairs.rules.gates import BASELINES, DEFINITIONS, RULESET, TEMPLATES
from domain.stairs.rules.report_gates import NOTICE, REPORT
from domain.stairs.rules.session_gates import FAULT, SESSION

ACTS: dict[str, Act] = {
    **KERNEL_ACTS,
    **ADVICE_ACTS,
    INSPECTION.kind: Act(INSPECTION),
    PROMOTION.kind: Act(PROMOTION, promote, on_refusal=reject),
    AFTER_ACTION.kind: Act(AFTER_ACTION, hash_now=hash_now),
    RULESET.kind: Act(RULESET, put_in_force),
    BASELINES.kind: Act(BASELINES, let_baselines_hold),
    DEFINITIONS.kind: Act(DEFINITIONS, put_definitions_in_force),
    TEMPLATES.kind: Act(TEMPLATES, publish_templates),
    SESSION.kind: Act(SESSION, session_acts.approve, hash_now=session_acts.hash_now, on_refusal=session_acts.give_back),
    FAULT.kind: Act(FAULT, fault_acts.review),
    REPORT.kind: Act(REPORT, hash_now=report_hash),
    NOTICE.kind: Act(NOTICE, hash_now=report_hash),
    **{
        gate.kind: Act(gate, part_acts.approve, hash_now=part_acts.hash_now, on_refusal=part_acts.reject)
        for gate in OF_KIND.values()
    },
    PUBLISH.kind: Act(PUBLISH, course_acts.publish, hash_now=course_acts.hash_now),
    RESTORE.kind: Act(RESTORE, course_acts.restore),
    RETIRE.kind: Act(RETIRE, course_acts.retire),
    LICENCE.kind: Act(LICENCE, license_course),
    TRIGGER.kind: Act(TRIGGER, trigger),
    ADOPTION.kind: Act(ADOPTION, adopt),
    RETRY.kind: Act(RETRY, retries.execute, on_refusal=retries.reject),
}
GATES: dict[str, Gate] = {kind: act.gate for kind, act in ACTS.items()}
# What a machine carries out after the signature.
FULFILLED = frozenset(kind for kind, gate in GATES.items() if gate.is_fulfilled)
