"""The acts of RestoreIQ that wait for a person: that an outage is real, and that a report is as it was."""

from datetime import timedelta

from domain.kernel.gates import Gate
from domain.kernel.principal import Role

PROMOTION = Gate(
    kind="outage.promotion",
    title="Promotion of outages",
    room="grid",
    roles=frozenset({Role.OPERATOR, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER}),
    consequence="The outages are recorded as real, with the customers that they touch; advice on restoring them begins."
    " Nothing is switched.",
    meaning="I have seen the evidence and hold these outages to be real.",
    lasts=timedelta(hours=12),
)
AFTER_ACTION = Gate(
    kind="outage.report",
    title="After-action report",
    room="grid",
    roles=frozenset({Role.MANAGER, Role.REVIEWER, Role.ADMIN, Role.TENANT_OWNER}),
    consequence="The signed edition of the report is written, with this signature on its last page, and kept for ever.",
    meaning="I have read the replay of this outage, its figures and its gaps, and sign the report.",
    is_fulfilled=True,
)
