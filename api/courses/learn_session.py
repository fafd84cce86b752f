"""What a learner's route works with: who learns, and a transaction that can read published courses and own facts only.

Identity comes from the session alone. The transaction steps into the database role of delivery, which holds nothing on
drafts, reviews and their makers.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import contextmanager_in_threadpool
from sqlalchemy import Connection

from api.deps import CallerDep, RequestId, TenantId, allow
from api.kernel.sign_in import ip_of
from domain.courses.delivery.observe.learner import Learner, learner_of
from domain.kernel.db import narrowed, transaction
from domain.kernel.errors import Forbidden
from domain.kernel.settings import DELIVERY_ROLE

# People who learn, and those who try out what they teach. A service does not learn.
WHO_LEARNS = {"LEARNER", "AUTHOR", "REVIEWER", "ADMIN", "TENANT_OWNER"}
LEARNS = allow(roles=WHO_LEARNS)


@contextmanager
def delivering(learner: Learner) -> Iterator[Connection]:
    """One transaction of a learner."""
    with (
        transaction(learner.tenant_id, actor=learner.user_id) as connection,
        narrowed(connection, DELIVERY_ROLE),
    ):
        yield connection


def the_learner(request: Request, tenant_id: TenantId, principal: CallerDep, request_id: RequestId) -> Learner:
    """The person who calls.

    Raises:
        Forbidden: TENANT_MISMATCH, the request names another tenant.
    """
    if tenant_id != principal.tenant_id:
        raise Forbidden(
            "Learning is done in the tenant that you are signed in to.",
            hint=f"Leave tenantId out, or send {principal.tenant_id}.",
            code="TENANT_MISMATCH",
        )
    return learner_of(principal, request_id, ip_of(request))


LearnerDep = Annotated[Learner, Depends(the_learner)]


async def learner_session(request: Request, learner: LearnerDep) -> AsyncIterator[Connection]:
    """One request, one transaction."""
    async with request.app.state.sessions, contextmanager_in_threadpool(delivering(learner)) as connection:
        yield connection


# scope="function": committed before the answer is sent.
LearnerSession = Annotated[Connection, Depends(learner_session, scope="function")]
