"""The act on what is told to others of what was tested: a report, a logbook, the data of a yearly statement."""

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
