"""Who learns, and how what the learner does is told to the ledger: it goes on where that cannot be written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from domain.kernel.gaps import note
from domain.kernel.principal import Principal


@dataclass(frozen=True)
class Learner:
    """One person in one tenant, as the session says; nothing of it comes from a body or an address."""

    tenant_id: str
    user_id: str
    role: str
    request_id: str | None = None
    ip: str | None = None


def learner_of(principal: Principal, request_id: str | None = None, ip: str | None = None) -> Learner:
    """The person who calls."""
    return Learner(principal.tenant_id, principal.id, principal.actor_role, request_id, ip)


def tell(
    connection: Connection,
    learner: Learner,
    event: str,
    entity: tuple[str, str],
    payload: Mapping[str, Any],
    status: str = "ok",
) -> None:
    """Note in the ledger what was done; `entity` is type and id."""
    note(
        connection,
        event,
        actor_id=learner.user_id,
        actor_role=learner.role,
        entity_type=entity[0],
        entity_id=entity[1],
        request_id=learner.request_id,
        ip=learner.ip,
        status=status,
        payload={"tenantId": learner.tenant_id, **payload},
    )
