"""The acts on regeneration: that a job may run, that its output becomes a draft, that a failed one is tried again."""

from domain.kernel.gates import Gate
from domain.kernel.principal import Role

_SIGNERS = frozenset({Role.REVIEWER, Role.ADMIN, Role.TENANT_OWNER})
# Jobs, outputs and intents never change, so that look and act are of the same thing.
TRIGGER = Gate(
    kind="courses.regeneration",
    title="Regeneration of course content",
    room="courses",
    roles=_SIGNERS,
    consequence="The worker writes a new text by exactly this instruction. It is shown beside the one in use and"
    " replaces nothing.",
    meaning="I have read the instruction and let it be carried out once.",
    needs_hash=False,
    four_eyes=False,
)
ADOPTION = Gate(
    kind="courses.adoption",
    title="Adoption of regenerated content",
    room="courses",
    roles=frozenset({Role.REVIEWER, Role.ADMIN}),
    consequence="It becomes a new draft in your name, which another person approves; what learners see stays.",
    meaning="I have compared it with the text in use and take it as the next draft.",
    needs_hash=False,
    four_eyes=False,
)
RETRY = Gate(
    kind="courses.retry",
    title="Retry of a failed regeneration",
    room="courses",
    roles=_SIGNERS,
    consequence="A new job is made, which waits to be triggered; the failed one stays as it is.",
    meaning="I have seen why it failed and let it be tried again for the reason given.",
    needs_hash=False,
    four_eyes=False,
)
REGENERATION_GATES = (TRIGGER, ADOPTION, RETRY)
