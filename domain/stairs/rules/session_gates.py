"""The acts on what was tested: that a session is as it was, and what a fault is."""

from domain.kernel.gates import Gate
from domain.kernel.principal import Role

SESSION = Gate(
    kind="stairs.session",
    title="Test session",
    room="stairs",
    roles=frozenset({Role.REVIEWER, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER}),
    consequence="The session, its results, evidence and verdicts can never change again; a correction is an amendment.",
    meaning="I have reviewed the results, evidence and faults of this session and approve them.",
)
FAULT = Gate(
    kind="stairs.fault",
    title="Review of a fault",
    room="stairs",
    roles=frozenset({Role.REVIEWER, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER}),
    consequence="The fault stands as it was confirmed or reclassified, or is dismissed with its reason.",
    meaning="I have seen the finding with its evidence and judge it so.",
)
