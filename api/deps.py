"""What a route asks for: who calls, in which tenant, with which transaction.

A route declares who may with `dependencies=[allow(...)]`; the gate then refuses before the body is read. Inside a body
`require(...)` asks the same question again where it depends on what was found.
"""

from collections.abc import AsyncIterator, Collection
from typing import Annotated, Any

from asgi_correlation_id import correlation_id
from fastapi import Depends, Request, Security
from fastapi.concurrency import contextmanager_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection

from domain.kernel.db import transaction
from domain.kernel.errors import Unauthenticated
from domain.kernel.principal import Principal, Role, require, tenant_for

__all__ = [
    "Allowed",
    "BodyLimit",
    "CallerDep",
    "MaybeCallerDep",
    "Remembered",
    "RequestId",
    "TenantId",
    "TenantSession",
    "allow",
    "body_limit",
    "remembered",
    "require",
    "tenant_for",
]

# No answer to a person takes so long; what does is a machine's work, under another role.
LONGEST_STATEMENT_S = 120

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    description="A person's token (`countersign token` in dev, the identity provider elsewhere) or a service's key.",
)


# Conditions are coroutines although they wait for nothing: a plain function would be taken to another thread and back.
async def caller(
    request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None
) -> Principal:
    """Who calls; the gate has already authenticated.

    Raises:
        Unauthenticated: nobody known.
    """
    principal = await maybe_caller(request)
    if principal is None:
        raise Unauthenticated("This address needs to know who calls.", hint="Send `Authorization: Bearer TOKEN`.")
    return principal


async def maybe_caller(
    request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None
) -> Principal | None:
    """Who calls, or None. Naming this in a route opens it to callers without a token."""
    principal: Principal | None = getattr(request.state, "principal", None)
    return principal


CallerDep = Annotated[Principal, Depends(caller)]
MaybeCallerDep = Annotated[Principal | None, Depends(maybe_caller)]


class Allowed:
    """A route's condition: a person with one of the roles, or a service with all of the scopes."""

    def __init__(self, roles: Collection[Role | str], scopes: Collection[str]) -> None:
        self.roles = frozenset(Role(role) for role in roles)
        self.scopes = frozenset(scopes)

    def check(self, principal: Principal | None) -> None:
        """Let pass or refuse.

        Raises:
            Unauthenticated: nobody known.
            Forbidden: known, and may not.
        """
        if principal is None:
            raise Unauthenticated("This address needs to know who calls.", hint="Send `Authorization: Bearer TOKEN`.")
        require(principal, self.roles, self.scopes)

    async def __call__(
        self, request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None
    ) -> None:
        """As a dependency, for an application that runs without the gate."""
        self.check(getattr(request.state, "principal", None))


def allow(*, roles: Collection[Role | str] = (), scopes: Collection[str] = ()) -> Any:
    """For `dependencies=[...]` of a route or router: who may. An empty side shuts that kind of caller out."""
    return Depends(Allowed(roles, scopes))


class BodyLimit:
    """Another limit on the body's size than the default of 8 MiB."""

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes

    async def __call__(self) -> None:
        """Nothing to do at call time: the gate reads the size."""


def body_limit(size_bytes: int) -> Any:
    """For `dependencies=[...]` of a route: the largest body, in bytes."""
    return Depends(BodyLimit(size_bytes))


class Remembered:
    """That the gate may go by whom it found behind the same token or cookie so many seconds ago."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    async def __call__(self) -> None:
        """Nothing to do at call time: the gate reads the seconds."""


def remembered(seconds: float) -> Any:
    """For `dependencies=[...]` of a route that is called often and shows nothing: who was let in stays in so long."""
    return Depends(Remembered(seconds))


async def named_tenant(request: Request, principal: CallerDep) -> str:
    """The tenant to work in: the caller's, or for a PLATFORM_ADMIN the one that body or query names.

    Runs before the fields of the body are judged, so that a foreign tenant is 403 whatever else is wrong.

    Raises:
        Forbidden: TENANT_MISMATCH.
    """
    chosen = principal.tenant_id
    for named in [*_named_in_query(request), *await _named_in_body(request)]:
        chosen = tenant_for(principal, named)
    return chosen


def _named_in_query(request: Request) -> list[str]:
    return [value for name in ("tenantId", "tenant_id") for value in request.query_params.getlist(name)]


async def _named_in_body(request: Request) -> list[str]:
    if "json" not in request.headers.get("content-type", ""):
        return []
    try:
        body = await request.json()  # read and parsed once: the framework keeps it
    except (ValueError, RecursionError):
        return []
    if not isinstance(body, dict):
        return []
    return [body[name] for name in ("tenantId", "tenant_id") if isinstance(body.get(name), str)]


TenantId = Annotated[str, Depends(named_tenant)]


async def tenant_session(request: Request, tenant_id: TenantId, principal: CallerDep) -> AsyncIterator[Connection]:
    """One request, one transaction, bound to the tenant and naming its actor."""
    async with (
        request.app.state.sessions,
        contextmanager_in_threadpool(
            transaction(tenant_id, actor=principal.id, longest_s=LONGEST_STATEMENT_S)
        ) as connection,
    ):
        yield connection


# scope="function": committed before the answer is sent. Otherwise a caller could hold a 201 for what was rolled back.
TenantSession = Annotated[Connection, Depends(tenant_session, scope="function")]


def request_id() -> str:
    """The id of this request, as the logs and the ledger write it."""
    return correlation_id.get() or ""


RequestId = Annotated[str, Depends(request_id)]
