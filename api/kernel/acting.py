"""One request in which a person acts: who, in which transaction, from where; and the way to decide on a proposal.

Routes take it as `ActingDep`, pages as `acting_on(page, call)`; what both do alike takes an `Acting`.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import Connection

from api.acts import ACTS
from api.deps import CallerDep, RequestId, TenantSession
from api.kernel.sign_in import ip_of
from api.pages import Page
from domain.kernel.countersign.decide import Answer, decide
from domain.kernel.principal import Principal
from domain.kernel.signed import Decision


@dataclass(frozen=True)
class Acting:
    """Who acts, in which transaction and request.

    Attributes:
        call: the id of the request, as the ledger writes it.
        ip: the caller's address; None where the connection has none.
    """

    connection: Connection
    caller: Principal
    call: str
    ip: str | None

    def decide(
        self, proposal_id: UUID, decision: Decision, *, reason: str | None = None, content_hash: str | None = None
    ) -> Answer:
        """The caller's signature under one decision; the same again answers the first.

        Raises:
            NotFound: the tenant has no such proposal.
            Forbidden: ROLE_REQUIRED, PERSON_REQUIRED, FOUR_EYES, DEVICE_BOUND.
            Conflict: HASH_MISMATCH, ALREADY_DECIDED, EXPIRED, OUTDATED, FULFILMENT_STARTED, IN_EFFECT, and what the
                effect refuses.
            Invalid: HASH_REQUIRED, REASON_REQUIRED.
            Unavailable: LEDGER_UNAVAILABLE; nothing is signed.
        """
        return decide(
            self.connection,
            self.caller,
            ACTS,
            proposal_id,
            decision,
            content_hash=content_hash,
            reason=reason,
            request_id=self.call,
            ip=self.ip,
        )


def _acting(request: Request, connection: TenantSession, caller: CallerDep, call: RequestId) -> Acting:
    return Acting(connection, caller, call, ip_of(request))


def acting_on(page: Page, call: str) -> Acting:
    """The same from a page."""
    return Acting(page.connection, page.principal, call, ip_of(page.request))


ActingDep = Annotated[Acting, Depends(_acting)]
