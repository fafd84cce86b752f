"""Who administers, and how that is written down."""

import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.kernel.clock import LAST_YEAR, Clock, utc_now
from domain.kernel.errors import Forbidden, Invalid
from domain.kernel.events import record
from domain.kernel.principal import Principal, Role
from domain.kernel.refusals import told_as_errors
from domain.kernel.spelling import TURNING

ADMINISTRATORS = frozenset({Role.ADMIN, Role.PLATFORM_ADMIN})
OF_THE_PLATFORM = frozenset({Role.PLATFORM_ADMIN, Role.RELEASE_APPROVER})
LONGEST_NAME = 200
utc_clock: Clock = utc_now


@dataclass(frozen=True)
class Actor:
    """Who does it: an administrator over the API, or whoever operates the copy.

    Attributes:
        user_id: the administrator's; None for the operator, whom the database knows by the owner's login.
        name: for the ledger.
        role: for the ledger.
        roles: what the caller's token or session carries; the database asks again what the person holds.
        request_id: of the request.
        ip: of the caller.
    """

    user_id: uuid.UUID | None
    name: str
    role: str
    roles: frozenset[Role] = frozenset()
    request_id: str | None = None
    ip: str | None = None

    def demand_platform(self) -> None:
        """Let pass who administers the platform.

        Raises:
            Forbidden: an administrator of a tenant, or a token that was limited to less.
        """
        if self.user_id is not None and Role.PLATFORM_ADMIN not in self.roles:
            raise Forbidden("This is for an administrator of the platform.", hint="It is open to: PLATFORM_ADMIN.")


OPERATOR = Actor(None, "countersign admin", "OPERATOR_OF_THE_COPY")


def actor_of(principal: Principal, request_id: str | None = None, ip: str | None = None) -> Actor:
    """The administrator who calls.

    Raises:
        Forbidden: not a person, or one who holds no such role.
    """
    if not principal.is_person or not principal.roles & ADMINISTRATORS:
        raise Forbidden("You do not administer this tenant.", hint="It is open to: ADMIN, PLATFORM_ADMIN.")
    return Actor(uuid.UUID(principal.id), principal.id, principal.actor_role, principal.roles, request_id or None, ip)


def act(connection: Connection, function: str, actor: Actor, **given: Any) -> Row[Any] | None:
    """Call one of the doors with the actor and its arguments, in order; answer its row.

    Raises:
        Forbidden, NotFound, Conflict: what the door refuses.
    """
    names = "".join(f", :{name}" for name in given)
    with told_as_errors():
        return connection.execute(
            text(f"SELECT * FROM {function}(:actor{names})"), {"actor": actor.user_id, **given}
        ).one_or_none()


def tell(
    connection: Connection,
    actor: Actor,
    event_type: str,
    entity_type: str,
    entity_id: object,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Note the act in the ledger of the bound tenant, in the same transaction."""
    record(
        connection,
        event_type,
        actor_id=actor.name,
        actor_role=actor.role,
        entity_type=entity_type,
        entity_id=str(entity_id),
        request_id=actor.request_id,
        ip=actor.ip,
        payload=dict(payload or {}),
    )


def one_at_a_time(connection: Connection) -> None:
    """Let no other act of administration run until this transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('administration', 0))"))


def future(until: datetime | None, name: str) -> datetime | None:
    """An end that was given: with its offset from UTC, to come, and in a year that every zone and column can tell.

    Raises:
        Invalid: it is none of these.
    """
    if until is None:
        return None
    if until.tzinfo is None or not utc_clock() < until or until.year > LAST_YEAR:
        raise Invalid(
            f"An end lies in the future, not after {LAST_YEAR}, and says its offset from UTC.",
            errors=[{"field": name, "message": f"not in the future, or after {LAST_YEAR}"}],
        )
    return until


def proper_name(name: str, what: str) -> str:
    """A name as it is kept: no blanks around it, letters composed (NFC), no control characters in it.

    Raises:
        Invalid: empty, too long, or not text that people read as it is written.
    """
    kept = unicodedata.normalize("NFC", name.strip())
    hidden = any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or c in TURNING for c in kept)
    if not kept or len(kept) > LONGEST_NAME or hidden:
        raise Invalid(
            f"{what} has 1 to {LONGEST_NAME} characters and no control characters.",
            errors=[{"field": "name", "message": f"1 to {LONGEST_NAME} characters"}],
        )
    return kept
