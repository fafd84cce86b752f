"""Signing in to pages at an organisation's OpenID Connect issuer: authorization code with PKCE, state and nonce.

The issuer says whose address it is, and that it was verified; who that is here, and in which tenant, is asked of our
own tables. Nobody is made known by signing in. What a sign-in needs to be finished stands in `sign_ins` under the hash
of a cookie, is used once, and lasts ten minutes.
"""

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import jwt
from sqlalchemy import Row, text

from domain.kernel.db import transaction
from domain.kernel.errors import Forbidden, NotConfigured, Unauthenticated, Unavailable
from domain.kernel.people import find_person, spelled
from domain.kernel.principal import Kind, Principal
from domain.kernel.settings import Env, settings
from domain.kernel.tokens import LEEWAY_S, OIDC_ALGORITHMS, key_client

LASTS = timedelta(minutes=10)
METADATA_LASTS_S = 600.0
TIMEOUT_S = 10.0
SCOPE = "openid email profile"
REQUIRED = ["iss", "aud", "exp", "iat", "sub", "nonce"]
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
_metadata: dict[str, tuple[float, dict[str, Any]]] = {}


@dataclass(frozen=True)
class Vouched:
    """Whom the issuer vouches for, and the tenants in which that address may come in.

    Attributes:
        email: verified by the issuer.
        tenants: id and name; the one that the issuer names, or all.
        back: the page to go to afterwards.
    """

    email: str
    tenants: list[tuple[str, str]]
    back: str


def is_configured() -> bool:
    """Whether people can sign in at an issuer."""
    return settings().oidc_issuer is not None and settings().oidc_client_id is not None


def begin(redirect_uri: str, back: str, now: datetime) -> tuple[str, str]:
    """Start a sign-in; answer the issuer's address to go to, and the cookie that binds the browser to it.

    Raises:
        NotConfigured: no issuer is set.
        Unavailable: the issuer does not answer.
    """
    issuer = metadata()
    cookie, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
    verifier = secrets.token_urlsafe(48)
    asked = {
        "response_type": "code",
        "client_id": settings().oidc_client_id or "",
        "redirect_uri": redirect_uri,
        "scope": SCOPE,
        "state": state,
        "nonce": nonce,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }
    url = str(httpx.URL(issuer["authorization_endpoint"]).copy_merge_params(asked))
    _keep(cookie, state, nonce, verifier, back, None, now)
    return url, cookie


def finish(cookie: str, state: str, code: str, redirect_uri: str, now: datetime) -> Vouched:
    """Whom the issuer vouches for, when it sent the browser back.

    Raises:
        Unauthenticated: not a sign-in that this browser began, a second use of it, or nothing that the issuer signed.
        Forbidden: NOT_INVITED, nobody under that address may come in anywhere.
        Unavailable: the issuer does not answer.
    """
    begun = _take(cookie, now)
    if begun is None or begun.email is not None or not hmac.compare_digest(begun.state_hash, _hash(state)):
        raise Unauthenticated(
            "This sign-in was not begun in this browser, was used already, or took too long.",
            hint="Begin again.",
            code="SIGN_IN_STALE",
        )
    claims = _claims(_token(code, begun.code_verifier, redirect_uri), begun.nonce)
    if not isinstance(claims.get("email"), str) or claims.get("email_verified") is not True:
        raise Unauthenticated(
            "Your organisation does not vouch for an e-mail address of yours; nobody was signed in.",
            hint="The address must be verified there.",
            code="EMAIL_NOT_VERIFIED",
        )
    return Vouched(claims["email"], _tenants(claims["email"], claims.get(settings().oidc_tenant_claim)), begun.back)


def remember(vouched: Vouched, now: datetime) -> str:
    """Keep whom the issuer vouched for until the person has chosen a tenant; answer the cookie for it."""
    cookie = secrets.token_urlsafe(32)
    _keep(cookie, secrets.token_urlsafe(32), "", "", vouched.back, vouched.email, now)
    return cookie


def choose(cookie: str, tenant_id: str, now: datetime) -> tuple[Principal, str]:
    """The person in the chosen tenant, and the page to go to.

    Raises:
        Unauthenticated: nothing is kept under the cookie.
        Forbidden: the address may not come in to that tenant.
    """
    kept = _take(cookie, now)
    if kept is None or kept.email is None:
        raise Unauthenticated("The choice came too late.", hint="Sign in again.", code="SIGN_IN_STALE")
    if tenant_id not in {one for one, _ in _tenants(kept.email, None)}:
        raise Forbidden("You may not come in to this tenant.", hint="Ask its administrator.", code="NOT_INVITED")
    return person_in(tenant_id, kept.email), kept.back


def person_in(tenant_id: str, email: str) -> Principal:
    """The person under an address that was vouched for, in a tenant.

    Raises:
        Forbidden: NOT_INVITED.
    """
    with transaction(tenant_id) as connection:
        person = find_person(connection, user_id=None, email=email)
    if person is None or not person.active:
        raise _not_invited()
    return Principal(Kind.PERSON, str(person.id), person.name, tenant_id, roles=person.roles)


def leaving_url(back: str) -> str | None:
    """Where a person ends the session at the issuer too, if it has such an address and answers."""
    try:
        found = metadata().get("end_session_endpoint") if is_configured() else None
    except (NotConfigured, Unavailable):
        return None
    if not isinstance(found, str) or urlsplit(found).scheme not in {"https", "http"}:
        return None
    asked = {"client_id": settings().oidc_client_id or "", "post_logout_redirect_uri": back}
    return f"{found}{'&' if '?' in found else '?'}{urlencode(asked)}"


def metadata() -> dict[str, Any]:
    """What the issuer says of itself, asked at most every ten minutes.

    Raises:
        NotConfigured: no issuer is set, or it is not the one that answers.
        Unavailable: it does not answer.
    """
    issuer = settings().oidc_issuer
    if issuer is None or settings().oidc_client_id is None:
        raise NotConfigured(
            "No identity provider is set.", hint="Set COUNTERSIGN_OIDC_ISSUER and COUNTERSIGN_OIDC_CLIENT_ID."
        )
    if settings().env is not Env.DEV and not issuer.startswith("https://"):
        raise NotConfigured("Outside dev the identity provider's address is https.", hint="COUNTERSIGN_OIDC_ISSUER")
    known = _metadata.get(issuer)
    if known is not None and time.monotonic() - known[0] < METADATA_LASTS_S:
        return known[1]
    found = _ask(issuer)
    if found.get("issuer") != issuer or not all(isinstance(found.get(name), str) for name in NEEDED):
        raise NotConfigured("What answers is not the identity provider that is set.", hint="COUNTERSIGN_OIDC_ISSUER")
    _metadata[issuer] = (time.monotonic(), found)
    return found


def _ask(issuer: str) -> dict[str, Any]:
    try:
        answer = httpx.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", timeout=TIMEOUT_S)
        answer.raise_for_status()
        found = answer.json()
    except (httpx.HTTPError, ValueError) as cause:
        raise Unavailable(
            "Your organisation's identity provider does not answer.", hint="Try again shortly."
        ) from cause
    return found if isinstance(found, dict) else {}


def _challenge(verifier: str) -> str:
    """RFC 7636, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _credentials() -> tuple[str, str] | None:
    """The client's id and secret for HTTP Basic (RFC 6749, 2.3.1); None for a client without a secret."""
    secret, path = settings().oidc_client_secret, settings().oidc_client_secret_file
    kept = path.read_text().strip() if path is not None else secret.get_secret_value() if secret else None
    return None if kept is None else (quote(settings().oidc_client_id or "", safe=""), quote(kept, safe=""))


def _token(code: str, verifier: str, redirect_uri: str) -> str:
    """The ID token for a code.

    Raises:
        Unauthenticated: the issuer does not know the code.
        Unavailable: it does not answer.
    """
    sent = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
        "client_id": settings().oidc_client_id or "",
    }
    try:
        with httpx.Client(timeout=TIMEOUT_S) as client:
            answer = client.post(
                metadata()["token_endpoint"], data=sent, auth=_credentials() or httpx.USE_CLIENT_DEFAULT
            )
        found = answer.json()
    except (httpx.HTTPError, ValueError) as cause:
        raise Unavailable(
            "Your organisation's identity provider does not answer.", hint="Try again shortly."
        ) from cause
    id_token = found.get("id_token") if isinstance(found, dict) and answer.is_success else None
    if not isinstance(id_token, str):
        raise _not_signed()
    return id_token


def _claims(id_token: str, nonce: str) -> dict[str, Any]:
    client_id = settings().oidc_client_id
    try:
        key = key_client(settings().oidc_jwks_url or metadata()["jwks_uri"]).get_signing_key_from_jwt(id_token)
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key.key,
            algorithms=OIDC_ALGORITHMS,
            issuer=settings().oidc_issuer,
            audience=client_id,
            leeway=LEEWAY_S,
            options={"require": REQUIRED},
        )
    except jwt.PyJWKClientConnectionError as cause:
        raise Unavailable("The identity provider's keys cannot be fetched now.", hint="Try again shortly.") from cause
    except jwt.PyJWTError as cause:
        raise _not_signed() from cause
    is_ours = claims.get("azp", client_id) == client_id
    if not is_ours or not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise _not_signed()
    return claims


def _tenants(email: str, claimed: Any) -> list[tuple[str, str]]:
    with transaction(None) as connection:
        rows = connection.execute(
            text("SELECT tenant_id, name FROM tenants_of_email(:email)"), {"email": spelled(email)}
        )
        found = [(row.tenant_id, row.name) for row in rows]
    if claimed is not None:
        found = [one for one in found if one[0] == claimed]
    if not found:
        raise _not_invited()
    return found


def _keep(cookie: str, state: str, nonce: str, verifier: str, back: str, email: str | None, now: datetime) -> None:
    with transaction(None) as connection:
        connection.execute(text("DELETE FROM sign_ins WHERE expires_at <= :now"), {"now": now})
        connection.execute(
            text(
                "INSERT INTO sign_ins (sign_in_hash, state_hash, nonce, code_verifier, back, email, expires_at)"
                " VALUES (:cookie, :state, :nonce, :verifier, :back, :email, :until)"
            ),
            {
                "cookie": _hash(cookie),
                "state": _hash(state),
                "nonce": nonce,
                "verifier": verifier,
                "back": back,
                "email": email,
                "until": now + LASTS,
            },
        )


def _take(cookie: str, now: datetime) -> Row[Any] | None:
    """What is kept under the cookie, taken away with the same statement: a second use finds nothing."""
    with transaction(None) as connection:
        return connection.execute(
            text(
                "DELETE FROM sign_ins WHERE sign_in_hash = :cookie AND expires_at > :now"
                " RETURNING state_hash, nonce, code_verifier, back, email"
            ),
            {"cookie": _hash(cookie), "now": now},
        ).one_or_none()


def _not_signed() -> Unauthenticated:
    return Unauthenticated(
        "The identity provider's answer is not one that this copy accepts; nobody was signed in.",
        hint="Begin again; if it stays, ask whoever operates this copy.",
        code="ISSUER_REFUSED",
    )


def _not_invited() -> Forbidden:
    return Forbidden(
        "Nobody under your address may come in here; nobody was signed in.",
        hint="Ask an administrator of your tenant for an invitation.",
        code="NOT_INVITED",
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
