"""Who is calling: a person with roles, or a service with scopes; and what each may be asked for.

What belongs here: the caller as the rest of the code sees it, and the two questions put to it (may it, is it this
tenant's). How a token becomes a caller stands in `access.py`.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from domain.kernel.errors import Forbidden


class Role(StrEnum):
    """What a person may be in a tenant. The database's check on `role_assignments` names the same twelve."""

    LEARNER = "LEARNER"
    TECHNICIAN = "TECHNICIAN"
    AUTHOR = "AUTHOR"
    OPERATOR = "OPERATOR"
    REVIEWER = "REVIEWER"
    ADMIN = "ADMIN"
    TENANT_OWNER = "TENANT_OWNER"
    MANAGER = "MANAGER"
    OWNER = "OWNER"
    AUDITOR = "AUDITOR"
    RELEASE_APPROVER = "RELEASE_APPROVER"
    PLATFORM_ADMIN = "PLATFORM_ADMIN"


class Kind(StrEnum):
    """People decide; services observe and ask for advice."""

    PERSON = "person"
    SERVICE = "service"


EVERY_ROLE: frozenset[Role] = frozenset(Role)


@dataclass(frozen=True)
class Principal:
    """One authenticated caller in one tenant.

    Attributes:
        kind: person or service.
        id: a person's user id, a service's key id.
        name: for pages and logs.
        tenant_id: the tenant that the session is bound to.
        roles: what the person is in that tenant now; always empty for a service.
        scopes: what the key was made for; always empty for a person.
        bound_to: the one thing that a person's device opens; None: not bound.
    """

    kind: Kind
    id: str
    name: str
    tenant_id: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    scopes: frozenset[str] = field(default_factory=frozenset)
    bound_to: str | None = None

    def __post_init__(self) -> None:
        if self.kind is Kind.SERVICE and self.roles:
            raise ValueError("a machine caller holds no role: every role can be one that countersigns")
        if self.kind is Kind.PERSON and self.scopes:
            raise ValueError("a person acts by roles, not by scopes")

    @property
    def is_person(self) -> bool:
        """Whether a human being stands behind the call."""
        return self.kind is Kind.PERSON

    @property
    def actor_role(self) -> str:
        """What the ledger writes as the actor's role: the roles held, or MACHINE."""
        return ",".join(sorted(self.roles)) or ("PERSON" if self.is_person else "MACHINE")


def require(principal: Principal, roles: Collection[Role | str] = (), scopes: Collection[str] = ()) -> None:
    """Let the caller pass, or refuse: a person needs one of `roles`, a service all of `scopes`.

    Leaving one of the two empty shuts that kind of caller out, so that a forgotten argument never opens a door.

    Raises:
        Forbidden: with the roles or scopes that may.
    """
    if principal.is_person:
        if principal.roles.intersection(roles):
            return
        may = ", ".join(sorted(roles)) or "machine callers only"
        raise Forbidden("You do not hold a role that may do this.", hint=f"It is open to: {may}.")
    if scopes and principal.scopes.issuperset(scopes):
        return
    if not scopes:
        raise Forbidden(
            "This is for a person to do; an API key may not.", hint="Send a person's token.", code="PERSON_REQUIRED"
        )
    missing = ", ".join(sorted(set(scopes) - principal.scopes))
    raise Forbidden(f"The key lacks the scope {missing}.", hint="Ask an administrator for a key with that scope.")


def tenant_for(principal: Principal, named: str | None) -> str:
    """The tenant to work in when a body or query names one: it must be the caller's own.

    Raises:
        Forbidden: TENANT_MISMATCH, unless the caller is a PLATFORM_ADMIN.
    """
    if named is None or named == principal.tenant_id or Role.PLATFORM_ADMIN in principal.roles:
        return named or principal.tenant_id
    raise Forbidden(
        "The tenant that the request names is not the one you are signed in to.",
        hint=f"Leave tenantId out, or send {principal.tenant_id}.",
        code="TENANT_MISMATCH",
    )
