"""Who may do what with courses, and how a request names the revision that it starts from."""

import re
from typing import Annotated

from fastapi import Depends, Header

from api.deps import allow
from api.kernel.acting import Acting, ActingDep
from domain.courses.authoring.rules.gates import SYLLABUS
from domain.kernel.errors import CountersignError, Invalid
from domain.kernel.lent import authority_for
from domain.kernel.principal import EVERY_ROLE, Role

STAFF = frozenset({Role.AUTHOR, Role.REVIEWER, Role.ADMIN, Role.TENANT_OWNER, Role.AUDITOR})
LOOKS = allow(roles=STAFF, scopes={"courses:read"})
# The catalogue names what is published; the full content is for staff (`full_readers`).
BROWSES = allow(roles=EVERY_ROLE, scopes={"courses:read"})
# Whoever asks for a draft is its author; it takes no effect by itself, so a service may ask too.
DRAFTS = allow(roles={"AUTHOR", "REVIEWER", "ADMIN"}, scopes={"courses:write"})
WRITES = allow(roles={"AUTHOR", "REVIEWER", "ADMIN"})
# A reviewer's or administrator's own role, or one that was lent: `signing` asks before the body is judged.
DECIDES = allow(roles=EVERY_ROLE - {Role.LEARNER})
REVISION = re.compile(r'(?:W/)?"?([0-9]{1,9})"?')


class IfMatchRequired(CountersignError):
    """An edit does not say from which revision it starts."""

    code, status = "IF_MATCH_REQUIRED", 428


def signing(act: ActingDep) -> Acting:
    """The act of a caller who may decide on parts and versions of courses.

    Raises:
        Forbidden: ROLE_REQUIRED, PERSON_REQUIRED.
    """
    authority_for(act.connection, act.caller, SYLLABUS)
    return act


SigningDep = Annotated[Acting, Depends(signing)]


IfMatch = Annotated[
    str | None, Header(max_length=100, description="The revision that the edit starts from.", examples=['"3"'])
]


def seen_revision(if_match: str | None) -> int:
    """The revision that `If-Match` names.

    Raises:
        IfMatchRequired: there is no such header.
        Invalid: it names no revision.
    """
    if if_match is None:
        raise IfMatchRequired(
            "The edit does not say from which revision it starts; nothing was kept.",
            hint='Send the ETag of what you read, for example `If-Match: "3"`.',
        )
    found = REVISION.fullmatch(if_match.strip())
    if found is None:
        raise Invalid("If-Match names no revision.", hint='It is a number, for example `If-Match: "3"`.')
    return int(found[1])
