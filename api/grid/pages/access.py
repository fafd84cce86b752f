"""Who may look at GridLens pages, and who may act on them. Services have the API."""

from api.deps import allow
from domain.kernel.principal import Principal, Role

OPERATORS = frozenset({Role.OPERATOR, Role.ADMIN, Role.TENANT_OWNER})
READERS = OPERATORS | {Role.MANAGER, Role.REVIEWER, Role.AUDITOR, Role.PLATFORM_ADMIN}

LOOKS = allow(roles=READERS)
OPERATES = allow(roles=OPERATORS)


def may_operate(principal: Principal) -> bool:
    """Whether the page offers its forms to this reader."""
    return bool(principal.roles & OPERATORS)
