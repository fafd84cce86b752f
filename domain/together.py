"""What the rooms bring to the kernel's registries: the one place of the domain that knows all rooms.

Commands and the orchestration read it; a room more is a line more.
"""

from domain.courses.insight.store.retention import LEARNER_EVENTS
from domain.grid.metering.fulfil import INSPECTION_LIST, METER_READS, render_inspection_list
from domain.grid.metering.observe.rebuild import rebuild_batch
from domain.grid.outages.fulfil import render_report
from domain.grid.outages.rebuild import rebuild_advice
from domain.grid.outages.report.editions import KIND as AFTER_ACTION_REPORT
from domain.grid.outages.store.runs import ENTITY as RUN
from domain.kernel.retention.policy import Prunable
from domain.kernel.retention.rendered import render_archive
from domain.kernel.retention.working_rows import KERNEL_PRUNABLES
from domain.kernel.seals import kept
from domain.kernel.verify import Rebuilder, Renderer
from domain.stairs.fulfil import render_report as render_compliance_report
from domain.stairs.observe.replay import rebuild_evaluation
from domain.stairs.report.editions import KIND as COMPLIANCE_REPORT
from domain.stairs.store.evaluations import ENTITY as EVALUATION

PRUNABLES: dict[str, Prunable] = KERNEL_PRUNABLES | {one.name: one for one in (METER_READS, LEARNER_EVENTS)}

# By kind of artifact: what makes its bytes again.
RENDERERS: dict[str, Renderer] = {
    "retention.archive": render_archive,
    kept.KIND: kept.render_checkpoint,
    INSPECTION_LIST: render_inspection_list,
    AFTER_ACTION_REPORT: render_report,
    COMPLIANCE_REPORT: render_compliance_report,
}
# By what a run made: what makes it again from recorded inputs and compares.
REBUILDERS: dict[str, Rebuilder] = {
    "read_batch": rebuild_batch,
    RUN: rebuild_advice,
    EVALUATION: rebuild_evaluation,
}
