"""Who may look at GridLens pages, and who may act on them. Services have the API."""

from api.deps import allow
from domain.kernel.principal import Principal, Role

OPERATORS = frozenset({Role.OPERATOR, Role.ADMIN, Role.TENANT_OWNER})
READERS = OPERATORS | {Role.MANAGER, Role.REVIEWER, Role.AUDITOR, Role.PLATFORM_ADMIN}

PROPOSERS = OPERATORS | {Role.MANAGER, Role.REVIEWER}

LOOKS = allow(roles=READERS)
PROPOSES = allow(roles=PROPOSERS)
OPERATES = allow(roles=OPERATORS)


def may_operate(principal: Principal) -> bool:
    """Whether the page offers its forms to this reader."""
    return bool(principal.roles & OPERATORS)


def may_propose(principal: Principal) -> bool:
    """Whether the page offers to lay something before a person."""
    return bool(principal.roles & PROPOSERS)
