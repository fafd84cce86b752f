"""The act that lets another tenant deliver and sell a course."""

from domain.kernel.gates import Gate
from domain.kernel.principal import Role

LICENCE = Gate(
    kind="courses.licence",
    title="Licence of a course",
    room="courses",
    roles=frozenset({Role.ADMIN, Role.TENANT_OWNER}),
    consequence="The other tenant may deliver and sell every published version of this course until the licence ends.",
    meaning="I have seen which course is licensed to whom and until when, and let it be so.",
)
