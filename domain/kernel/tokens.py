"""Bearer tokens of people: in dev signed by a key file of this copy, elsewhere by an OpenID Connect issuer.

A token says who calls and for which tenant. What that person may do is asked of `role_assignments`, not of the token.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from domain.kernel.clock import Clock, utc_now
from domain.kernel.errors import Forbidden, Invalid, Unauthenticated, Unavailable
from domain.kernel.keyfile import keep_once
from domain.kernel.settings import Env, settings

DEV_ISSUER = "countersign-dev"
OIDC_ALGORITHMS = ["RS256", "ES256"]
REQUIRED = ["iss", "aud", "exp", "sub"]
LEEWAY_S = 30
# An unknown key id asks the issuer again at most so often: made-up tokens must not become a flood of questions.
KEYS_COOLDOWN_S = 10.0
LONGEST_TTL = timedelta(days=30)


@dataclass(frozen=True)
class Claims:
    """What a checked token says.

    Attributes:
        user_id: our own id of the person; None when another issuer speaks, which knows the address only.
        email: the address that the issuer vouches for.
        tenant_id: for which tenant the token was asked.
        narrowed_to: the roles that the token is limited to; None: not limited. It never adds one.
    """

    user_id: str | None
    email: str | None
    tenant_id: str
    narrowed_to: frozenset[str] | None


def dev_key_path() -> Path:
    """Where this copy keeps the key that signs its dev tokens."""
    return settings().home_path / "secrets" / "dev_token_key.pem"


def ensure_dev_key() -> Path:
    """Make the key once, mode 0600; two processes at once agree on one."""
    path = dev_key_path()
    if path.exists():
        return path
    keep_once(path, ec.generate_private_key(ec.SECP256R1()))
    return path


def issue_dev_token(
    user_id: str, email: str, name: str, tenant_id: str, roles: list[str], ttl: timedelta, clock: Clock = utc_now
) -> str:
    """Sign a token for a person of this dev copy.

    Raises:
        Forbidden: not a dev copy: there the identity provider signs.
        Invalid: a time to live of nothing, or of more than 30 days.
    """
    if settings().env is not Env.DEV:
        raise Forbidden(
            f"Tokens of {settings().env.value} come from the identity provider.",
            hint="Sign in there; `countersign token` is for dev copies.",
        )
    if not timedelta(0) < ttl <= LONGEST_TTL:
        raise Invalid("A token lives longer than nothing and at most 30 days.", hint="Try --ttl 1h.")
    now = clock()
    claims = {
        "iss": DEV_ISSUER,
        "aud": settings().oidc_audience,
        "sub": user_id,
        "email": email,
        "name": name,
        "tenant": tenant_id,
        "roles": sorted(roles),
        "iat": int(now.timestamp()),
        "exp": int((now + ttl).timestamp()),
        "jti": secrets.token_hex(8),
    }
    return jwt.encode(claims, _private_key(ensure_dev_key()), algorithm="ES256")


def read_token(token: str) -> Claims:
    """Check signature, issuer, audience and time; answer what the token says.

    Raises:
        Unauthenticated: the token is not good; the text says why without repeating it.
        Unavailable: the issuer's keys cannot be fetched now.
    """
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
        if settings().env is Env.DEV and issuer == DEV_ISSUER:
            return _dev_claims(_decode(token, _public_key(), ["ES256"], DEV_ISSUER))
        return _oidc_claims(token)
    except jwt.PyJWKClientConnectionError as cause:
        raise Unavailable("The identity provider's keys cannot be fetched now.", hint="Try again shortly.") from cause
    except jwt.ExpiredSignatureError as cause:
        raise Unauthenticated("The token has expired.", hint="Ask for a new one.", code="TOKEN_EXPIRED") from cause
    except jwt.PyJWTError as cause:
        raise Unauthenticated("The token is not one that this copy accepts.", hint="Ask for a new one.") from cause


def _decode(token: str, key: Any, algorithms: list[str], issuer: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=algorithms,
        issuer=issuer,
        audience=settings().oidc_audience,
        leeway=LEEWAY_S,
        options={"require": REQUIRED},
    )
    return claims


def _dev_claims(claims: dict[str, Any]) -> Claims:
    return Claims(str(claims["sub"]), None, _tenant(claims), frozenset(claims.get("roles") or ()))


def _oidc_claims(token: str) -> Claims:
    issuer, keys = settings().oidc_issuer, settings().oidc_jwks_url
    if issuer is None or keys is None:
        raise Unauthenticated(
            "This copy has no identity provider, so it accepts nobody's token.",
            hint="Set COUNTERSIGN_OIDC_ISSUER and COUNTERSIGN_OIDC_JWKS_URL.",
        )
    signing = key_client(keys).get_signing_key_from_jwt(token)
    claims = _decode(token, signing.key, OIDC_ALGORITHMS, issuer)
    if not claims.get("email") or claims.get("email_verified") is False:
        raise Unauthenticated("The identity provider does not vouch for an e-mail address.")
    return Claims(None, str(claims["email"]), _tenant(claims), None)


def _tenant(claims: dict[str, Any]) -> str:
    tenant = claims.get("tenant")
    if not isinstance(tenant, str) or not tenant:
        raise Unauthenticated("The token names no tenant.", hint="It needs a claim `tenant`.")
    return tenant


@lru_cache(maxsize=4)
def key_client(url: str) -> jwt.PyJWKClient:
    """The issuer's public keys; an unknown key id makes it ask again, so that rotated keys are found."""
    return jwt.PyJWKClient(url, cache_keys=True, lifespan=600, timeout=5, cooldown_duration=KEYS_COOLDOWN_S)


def _public_key() -> Any:
    path = ensure_dev_key()
    return _private_key(path).public_key()


def _private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    return _parse_key(path.read_bytes())


@lru_cache(maxsize=8)
def _parse_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Invalid(f"{dev_key_path()} is not an elliptic-curve key.", hint="Remove the file; a new one is made.")
    return key
