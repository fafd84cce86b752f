"""From a bearer token to the caller behind it: one door for people and services."""

import uuid

from domain.kernel.db import transaction
from domain.kernel.devices import PREFIX, principal_of_device
from domain.kernel.errors import Unauthenticated
from domain.kernel.keys import MAX_TOKEN_LENGTH, principal_of_key
from domain.kernel.people import find_person
from domain.kernel.principal import Kind, Principal
from domain.kernel.tokens import Claims, read_token


def authenticate(token: str) -> Principal:
    """The caller behind a token: a person's JWT or a service's key.

    Roles and revocation are asked of the database on every call, so that what was taken away is gone at once.

    Raises:
        Unauthenticated: nobody stands behind it.
        Unavailable: the database or the identity provider does not answer.
    """
    if not token or len(token) > MAX_TOKEN_LENGTH or not token.isascii() or not token.isprintable():
        raise Unauthenticated("The Authorization header holds no token.", hint="Send `Authorization: Bearer TOKEN`.")
    if token.startswith("eyJ") and token.count(".") == 2:
        return _person(read_token(token))
    if token.startswith(PREFIX):
        return _device(token)
    service = principal_of_key(token)
    if service is None:
        raise Unauthenticated(
            "The key is not known, has expired or was revoked.", hint="Ask an administrator for a new key."
        )
    return service


def _device(token: str) -> Principal:
    found = principal_of_device(token)
    if found is None:
        raise Unauthenticated(
            "The device's session has ended.", hint="Open the page again where you are signed in.", code="TOKEN_EXPIRED"
        )
    return found


def _person(claims: Claims) -> Principal:
    if claims.user_id is not None:
        try:
            uuid.UUID(claims.user_id)
        except ValueError as cause:
            raise Unauthenticated("The token names nobody.") from cause
    with transaction(claims.tenant_id) as connection:
        found = find_person(connection, user_id=claims.user_id, email=claims.email)
    if found is None or not found.active:
        raise Unauthenticated(
            "The token's person is not known in its tenant, or was deactivated.",
            hint="An administrator of the tenant can invite or reactivate.",
        )
    narrowed = claims.narrowed_to
    # Not an intersection of the two sets: that may answer the token's plain words instead of our roles.
    roles = found.roles if narrowed is None else {role for role in found.roles if role in narrowed}
    return Principal(Kind.PERSON, str(found.id), found.name, claims.tenant_id, roles=frozenset(roles))
