"""The acts on what is told to others of what was tested: reports, logbooks, yearly statements, notices of faults."""

from domain.kernel.gates import Gate
from domain.kernel.principal import Role

REPORT = Gate(
    kind="stairs.report",
    title="Compliance report",
    room="stairs",
    roles=frozenset({Role.REVIEWER, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER}),
    consequence="The signed edition is made from exactly this content, with your name, and kept for ever.",
    meaning="I have read this report and sign it for the building's records.",
    is_fulfilled=True,
)
NOTICE = Gate(
    kind="stairs.notice",
    title="Notice of a fault to the owner",
    room="stairs",
    roles=frozenset({Role.TECHNICIAN, Role.REVIEWER, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER}),
    consequence="The notice is made with your name and laid before the building's owner; the fault counts as notified.",
    meaning="I give the owner of the building this notice of the fault.",
    is_fulfilled=True,
)
