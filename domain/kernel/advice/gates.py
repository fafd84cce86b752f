"""The acts on advice: what becomes of a suggestion, and by which thresholds machines notice things."""

from domain.kernel.gates import Gate
from domain.kernel.principal import Role

_SIGNERS = frozenset({Role.REVIEWER, Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER})
SUGGESTION = Gate(
    kind="advice.suggestion",
    title="Suggestion",
    room="kernel",
    roles=_SIGNERS,
    consequence="The suggestion counts as accepted. For grid and stairs somebody is asked to look: a case is opened."
    " For a course nothing is written; a new draft is asked for apart.",
    meaning="I have seen the numbers behind this suggestion and think it worth following.",
    # A suggestion never changes, so that look and act are of the same thing.
    needs_hash=False,
)
RULESET = Gate(
    kind="advice.ruleset",
    title="Signal rules",
    room="kernel",
    roles=frozenset({Role.MANAGER, Role.ADMIN, Role.TENANT_OWNER}),
    consequence="Evaluations from now on go by these thresholds; what was evaluated before stays as it was.",
    meaning="I have compared these thresholds with those in force and put them in force.",
)
ADVICE_GATES = (SUGGESTION, RULESET)
