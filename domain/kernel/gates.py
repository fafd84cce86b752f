"""Gates: for each kind of act, who may sign it, what the signature says, and what follows from it.

What belongs here: the description of a gate, and the gates that the kernel itself has. Rooms describe theirs in their
own rules; the API brings them together. Nothing here signs or carries out anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from domain.kernel.principal import Role


@dataclass(frozen=True)
class Gate:
    """One kind of act that waits for a person.

    Attributes:
        kind: name in proposals and signatures, `thing.act`.
        title: what the queue calls it.
        room: kernel, grid, stairs or courses.
        roles: who may decide; any one of them.
        consequence: what happens if it is signed, as a sentence for the signer.
        meaning: what the signature says; it is part of the signed bytes.
        needs_hash: whether the request must carry the hash of what was seen. False only where the subject is
            insert-only, so that it cannot have changed between look and act.
        four_eyes: whether the rule that nobody signs what he or she proposed applies, where the tenant has it on.
        lasts: how long a proposal may wait.
        orderable: whether a standing order may cover it. Acts that are gated one by one cannot be covered.
        is_fulfilled: whether a machine carries it out after the signature.
        proposer_signs: whether whoever proposes it is the only one who can sign it, so that nobody else is told.
        is_partial: whether a content holds only what is entered or changed, beside what stands from signatures before:
            nothing that the one before held is gone because this one does not name it.
        reads_as: members and coded words of its contents that a reader knows by another name.
    """

    kind: str
    title: str
    room: str
    roles: frozenset[Role]
    consequence: str
    meaning: str
    needs_hash: bool = True
    four_eyes: bool = True
    lasts: timedelta = field(default=timedelta(days=30))
    orderable: bool = False
    is_fulfilled: bool = False
    proposer_signs: bool = False
    is_partial: bool = False
    reads_as: Mapping[str, str] = field(default_factory=dict, hash=False)


RELEASE_MIGRATION = Gate(
    kind="release.migration",
    title="Database migration",
    room="kernel",
    roles=frozenset({Role.RELEASE_APPROVER}),
    consequence="countersign migrate --apply may run exactly this SQL on this environment's database.",
    meaning="I have read the SQL, its rollback and the release notes, and approve them for this environment.",
    lasts=timedelta(days=14),
)
RELEASE_DEPLOYMENT = Gate(
    kind="release.deployment",
    title="Deployment",
    room="kernel",
    roles=frozenset({Role.RELEASE_APPROVER}),
    consequence="This version may be deployed to this environment.",
    meaning="I have read the endpoints, the sample payloads and the result of the smoke test, and approve them.",
    lasts=timedelta(days=14),
)
RETENTION_DISPOSAL = Gate(
    kind="retention.disposal",
    title="Disposal of old rows",
    room="kernel",
    roles=frozenset({Role.ADMIN, Role.TENANT_OWNER}),
    consequence="The rows are archived to the object store, checked, and then removed from the database.",
    meaning="I have seen what is to be removed and that it is archived first.",
    orderable=True,
    is_fulfilled=True,
)
STANDING_ORDER = Gate(
    kind="standing.order",
    title="Standing order",
    room="kernel",
    roles=frozenset({Role.ADMIN, Role.TENANT_OWNER}),
    consequence="Acts of the named kind, within scope and limit, may be carried out until the order ends.",
    meaning="I let acts within this scope and limit be carried out in my name until the order ends.",
)
DELEGATION = Gate(
    kind="role.delegation",
    title="Delegation of a role",
    room="kernel",
    roles=frozenset(Role) - {Role.LEARNER, Role.AUDITOR},
    consequence="The other person may sign in my role, within the scope, until the end; the ledger shows both names.",
    meaning="I let this person sign in my role, within this scope, until this end.",
    # The right that is lent is the signer's own.
    four_eyes=False,
    proposer_signs=True,
)

KERNEL_GATES = (RELEASE_MIGRATION, RELEASE_DEPLOYMENT, RETENTION_DISPOSAL, STANDING_ORDER, DELEGATION)
