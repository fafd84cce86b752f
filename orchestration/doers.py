"""What machines carry out after a signature, by kind. A room more is a line more."""

from domain.courses.authoring.rules.gates import COURSE_GATES
from domain.courses.delivery.rules.gates import LICENCE
from domain.courses.regeneration.rules.gates import REGENERATION_GATES
from domain.grid.metering.fulfil import inspection_doer
from domain.grid.metering.rules.inspection import INSPECTION
from domain.grid.outages.fulfil import report_doer
from domain.grid.outages.rules.gates import AFTER_ACTION, PROMOTION
from domain.kernel.advice.gates import ADVICE_GATES
from domain.kernel.fulfil import Doer
from domain.kernel.gates import KERNEL_GATES, Gate
from domain.stairs.fulfil import notice_doer
from domain.stairs.fulfil import report_doer as compliance_report_doer
from domain.stairs.rules.gates import BASELINES, DEFINITIONS, RULESET, TEMPLATES
from domain.stairs.rules.report_gates import NOTICE, REPORT
from domain.stairs.rules.session_gates import FAULT, SESSION
from orchestration.kernel.retention import DISPOSAL
from orchestration.resources import Objects

_FILES = (inspection_doer, report_doer, compliance_report_doer, notice_doer)
DOERS: dict[str, Doer] = {
    doer.gate.kind: doer for doer in (DISPOSAL, *(made(lambda: Objects().store()) for made in _FILES))
}
GATES: tuple[Gate, ...] = (
    *KERNEL_GATES,
    *ADVICE_GATES,
    *REGENERATION_GATES,
    INSPECTION,
    PROMOTION,
    AFTER_ACTION,
    TEMPLATES,
    BASELINES,
    DEFINITIONS,
    RULESET,
    SESSION,
    FAULT,
    REPORT,
    NOTICE,
    *COURSE_GATES,
    LICENCE,
)
