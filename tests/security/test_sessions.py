"""Who comes in by a token, a cookie or a form: nobody by a forged, planted or borrowed one."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi.testclient import TestClient

from api.doors import doors_of
from api.gate import PROTECTED, SESSION_COOKIE
from api.watch import HEADERS
from domain.kernel import tokens
from domain.kernel.settings import settings
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, visiting
from tests.makers import make_tenant, make_token

PLACES = re.compile(r"{(\w+)(?::\w+)?}")
ONE = "00000000-0000-4000-8000-000000000001"
# Signing in has no session yet; a link in a message is its own proof; signing out harms nobody.
WITHOUT_A_SESSION = {"/sign-in", "/sign-in/demo", "/sign-in/organisation/tenant", "/sign-out", "/messages/unsubscribe"}


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    make_tenant("T")
    ensure_signing_keys()
    with visiting() as made:
        yield made


def good(**more: Any) -> tuple[dict[str, Any], Any]:
    """The claims of a token that is let in, changed, and the key that signs such."""
    claims = jwt.decode(make_token("T", "ADMIN"), options={"verify_signature": False})
    key = tokens._parse_key(tokens.ensure_dev_key().read_bytes())
    return {name: value for name, value in (claims | more).items() if value is not None}, key


def signed(header: dict[str, Any] | None = None, **more: Any) -> str:
    claims, key = good(**more)
    return jwt.encode(claims, key, algorithm="ES256", headers=header)


def public_pem() -> bytes:
    return bytes(good()[1].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def confused() -> str:
    """Signed with HMAC, the public key as the shared secret: what a verifier that trusts `alg` would take."""
    import hmac
    from hashlib import sha256

    def part(value: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    text = part({"alg": "HS256", "typ": "JWT"}) + b"." + part(good()[0])
    mac = hmac.new(public_pem(), text, sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def unsigned(alg: str) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': alg, 'typ': 'JWT'})}.{part(good()[0])}."


def brought_key() -> str:
    own = ec.generate_private_key(ec.SECP256R1())
    jwk = jwt.algorithms.ECAlgorithm.to_jwk(own.public_key(), as_dict=True)
    return jwt.encode(good()[0], own, algorithm="ES256", headers={"jwk": jwk, "jku": "https://evil.example/k"})


def swapped() -> str:
    head, _, mac = signed().split(".")
    claims = good(roles=["PLATFORM_ADMIN"])[0]
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{mac}"


FORGED: dict[str, Callable[[], str]] = {
    "no algorithm": lambda: unsigned("none"),
    "no algorithm, in capitals": lambda: unsigned("NONE"),
    "no signature": lambda: unsigned("ES256"),
    "key confusion": confused,
    "another issuer": lambda: signed(iss="https://evil.example"),
    "another audience": lambda: signed(aud="another"),
    "expired": lambda: signed(exp=1_600_000_000, iat=1_500_000_000),
    "never ends": lambda: signed(exp=None),
    "not yet": lambda: signed(nbf=4_000_000_000),
    "a key that it brings itself": brought_key,
    "claims of another under a good signature": swapped,
    "a tenant of others": lambda: signed(tenant="PLATFORM"),
    "nobody's id": lambda: signed(sub=ONE),
    "no id": lambda: signed(sub="../../etc/passwd"),
    "half of it": lambda: signed()[:40],
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_opens_nothing(client: TestClient, name: str) -> None:
    assert client.get("/v1/admin/people", headers={"Authorization": f"Bearer {signed()}"}).status_code == 200
    answer = client.get("/v1/admin/people", headers={"Authorization": f"Bearer {FORGED[name]()}"})
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_a_header_that_names_a_key_elsewhere_is_not_followed(client: TestClient) -> None:
    """The same key, and a header that points to a file or another site: it is the registered key that counts."""
    token = signed({"kid": "../../../../dev/null", "jku": "https://evil.example/jwks.json"})
    assert client.get("/v1/admin/people", headers={"Authorization": f"Bearer {token}"}).status_code in {200, 401}


def signed_in(client: TestClient, planted: str | None = None) -> tuple[TestClient, str]:
    browser = TestClient(client.app, raise_server_exceptions=False, follow_redirects=False)
    if planted:
        browser.cookies.set(SESSION_COOKIE, planted, domain="testserver.local", path="/")
    shown = re.search(r'name="form_token" value="([^"]+)"', browser.get("/sign-in").text)
    typed = {"form_token": shown[1]} if shown else {}
    answer = browser.post("/sign-in", data={"token": make_token("T", "ADMIN"), "next": "/me"} | typed)
    assert answer.status_code == 303
    set_cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite"} <= {part.strip().split("=")[0] for part in set_cookie.split(";")}
    return browser, re.search(rf"{SESSION_COOKIE}=([^;]+)", set_cookie)[1]  # type: ignore[index]


def test_a_session_that_was_planted_before_signing_in_is_not_the_one_after_it(client: TestClient) -> None:
    planted = "planted-by-somebody-else"
    _, secret = signed_in(client, planted)
    assert secret != planted
    thief = TestClient(client.app, cookies={SESSION_COOKIE: planted}, follow_redirects=False)
    assert thief.get("/me").status_code != 200


def test_each_sign_in_has_a_session_of_its_own_and_signing_out_ends_it(client: TestClient) -> None:
    browser, first = signed_in(client)
    _, second = signed_in(client)
    assert first != second
    page = browser.get("/me", headers={"Accept": "text/html"})
    assert page.status_code == 200
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)
    browser.post("/sign-out", data={"form_token": token[1] if token else ""})
    thief = TestClient(client.app, cookies={SESSION_COOKIE: first}, follow_redirects=False)
    assert thief.get("/me").status_code != 200
    other = TestClient(client.app, cookies={SESSION_COOKIE: second}, follow_redirects=False)
    assert other.get("/me", headers={"Accept": "text/html"}).status_code == 200


def test_behind_a_proxy_that_ends_tls_the_cookie_goes_by_tls_alone(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = {"token": make_token("T", "ADMIN"), "next": "/me"}
    assert "secure" not in client.post("/sign-in", data=typed).headers["set-cookie"].lower()
    monkeypatch.setattr(settings(), "public_url", "https://countersign.example")
    assert "; secure" in client.post("/sign-in", data=typed).headers["set-cookie"].lower()


def test_a_cookie_opens_no_address_of_the_api(client: TestClient) -> None:
    browser, _ = signed_in(client)
    assert browser.get("/v1/admin/people").status_code == 401
    assert browser.post("/api/ami/publish-once", json={}).status_code == 401


def test_no_form_is_taken_from_another_site(client: TestClient, module_database: Database) -> None:
    """Every page that takes a form, with the session's cookie and without, or with another session's, form token."""
    browser, _ = signed_in(client)
    other, _ = signed_in(client)
    page = other.get("/me", headers={"Accept": "text/html"}).text
    borrowed = re.search(r'name="form_token" value="([^"]+)"', page)
    assert borrowed
    taken, tried = [], 0
    for door in doors_of(client.app):  # type: ignore[arg-type]
        changes = door.methods & {"POST", "PUT", "PATCH", "DELETE"}
        if door.template.startswith(PROTECTED) or not changes or door.template in WITHOUT_A_SESSION:
            continue
        for given in ({}, {"form_token": borrowed[1]}, {"form_token": ""}):
            tried += 1
            verb = sorted(changes)[0]
            answer = browser.request(verb, PLACES.sub(ONE, door.template), data=given)
            if answer.status_code not in {403, 404, 422} or (answer.status_code == 422 and "form_token" in answer.text):
                taken.append(f"{verb} {door.template} {answer.status_code}")
    assert tried > 60
    assert taken == []


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    browser, _ = signed_in(client)
    templates = sorted({door.template for door in doors_of(client.app) if "GET" in door.methods})  # type: ignore[arg-type]
    bare = []
    for template in [*templates, "/no-such-page", "/static/countersign.css"]:
        answer = browser.get(PLACES.sub(ONE, template), headers={"Accept": "text/html"})
        missing = [name for name in HEADERS if name.lower() not in answer.headers]
        policy = answer.headers.get("content-security-policy", "")
        if missing or "'unsafe-inline'" in policy or "'unsafe-eval'" in policy:
            bare.append(f"{template}: {missing} {policy}")
    assert bare == []
