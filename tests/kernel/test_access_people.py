"""Tokens of people: who they are is signed, what they may is asked of the database at every call."""

import uuid
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from domain.kernel import tokens
from domain.kernel.access import authenticate
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, CountersignError, Forbidden, Invalid, NotFound, Unauthenticated
from domain.kernel.people import end_role, ensure_person, find_person, people_of, set_active
from domain.kernel.principal import EVERY_ROLE, Kind, Principal, Role, require, tenant_for
from domain.kernel.settings import DbRole, settings
from tests.conftest import Database
from tests.makers import make_tenant, make_token


def test_a_dev_token_is_its_person_in_its_tenant(database: Database) -> None:
    make_tenant("T")
    caller = authenticate(make_token("T", "OPERATOR"))
    assert (caller.kind, caller.name, caller.tenant_id) == (Kind.PERSON, "ada", "T")
    assert caller.roles == {Role.OPERATOR}


def test_a_role_that_was_ended_is_gone_at_the_next_call(database: Database) -> None:
    make_tenant("T")
    token = make_token("T", "OPERATOR", "REVIEWER")
    end_role("T", uuid.UUID(authenticate(token).id), Role.OPERATOR)
    assert authenticate(token).roles == {Role.REVIEWER}


def test_a_role_that_has_not_begun_does_not_count(database: Database) -> None:
    make_tenant("T")
    token = make_token("T", "OPERATOR")
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("UPDATE role_assignments SET valid_from = now() + interval '1 day'"))
    assert authenticate(token).roles == frozenset()


def test_a_token_cannot_claim_a_role_that_the_person_does_not_hold(database: Database) -> None:
    make_tenant("T")
    person = ensure_person("T", "bo@example.org", "Bo", ["LEARNER"])
    forged = tokens.issue_dev_token(
        str(person.id), person.email, "Bo", "T", ["LEARNER", "PLATFORM_ADMIN"], timedelta(hours=1)
    )
    assert authenticate(forged).roles == {Role.LEARNER}


def test_a_token_for_one_role_does_not_act_with_another(database: Database) -> None:
    make_tenant("T")
    make_token("T", "ADMIN")
    assert authenticate(make_token("T", "AUDITOR")).roles == {Role.AUDITOR}


def test_a_token_of_one_tenant_opens_no_other(database: Database) -> None:
    make_tenant("ONE")
    make_tenant("TWO")
    person = ensure_person("ONE", "bo@example.org", "Bo", ["ADMIN"])
    crossed = tokens.issue_dev_token(str(person.id), person.email, "Bo", "TWO", ["ADMIN"], timedelta(hours=1))
    with pytest.raises(Unauthenticated):
        authenticate(crossed)


def test_a_deactivated_person_is_nobody(database: Database) -> None:
    make_tenant("T")
    token = make_token("T", "OPERATOR")
    set_active("T", uuid.UUID(authenticate(token).id), False)
    with pytest.raises(Unauthenticated):
        authenticate(token)


def test_an_expired_token_says_so(database: Database) -> None:
    make_tenant("T")
    person = ensure_person("T", "bo@example.org", "Bo", ["ADMIN"])
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    token = tokens.issue_dev_token(
        str(person.id), person.email, "Bo", "T", ["ADMIN"], timedelta(hours=1), clock=lambda: long_ago
    )
    with pytest.raises(Unauthenticated) as refused:
        authenticate(token)
    assert refused.value.code == "TOKEN_EXPIRED"


def _claims(**changed: object) -> dict[str, object]:
    base = {"iss": "countersign-dev", "aud": "countersign", "sub": str(uuid.uuid4()), "tenant": "T", "exp": 4102444800}
    return {name: value for name, value in (base | changed).items() if value is not None}


@pytest.mark.parametrize(
    "forge",
    [
        lambda: jwt.encode(_claims(), ec.generate_private_key(ec.SECP256R1()), algorithm="ES256"),
        lambda: jwt.encode(_claims(), None, algorithm="none"),
        lambda: jwt.encode(_claims(), "a shared secret that is long enough!", algorithm="HS256"),
        lambda: jwt.encode(_claims(iss="https://elsewhere"), rsa.generate_private_key(65537, 2048), algorithm="RS256"),
    ],
    ids=["another key", "no algorithm", "symmetric", "another issuer"],
)
def test_a_forged_token_is_refused(database: Database, forge) -> None:  # type: ignore[no-untyped-def]
    make_tenant("T")
    tokens.ensure_dev_key()
    with pytest.raises(Unauthenticated):
        authenticate(forge())


@pytest.mark.parametrize("missing", ["exp", "aud", "sub", "tenant"])
def test_a_token_without_a_needed_claim_is_refused(database: Database, missing: str) -> None:
    make_tenant("T")
    key = tokens._parse_key(tokens.ensure_dev_key().read_bytes())
    with pytest.raises(Unauthenticated):
        authenticate(jwt.encode(_claims(**{missing: None}), key, algorithm="ES256"))


def test_outside_dev_neither_are_dev_tokens_made_nor_taken(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tenant("T")
    token = make_token("T", "OPERATOR")
    monkeypatch.setenv("COUNTERSIGN_ENV", "prod")
    settings.cache_clear()
    with pytest.raises(Forbidden):
        tokens.issue_dev_token("x", "x@y", "x", "T", [], timedelta(hours=1))
    with pytest.raises(Unauthenticated):
        authenticate(token)


class _Keys:
    """Stands for the issuer's web server alone; signatures are real."""

    def __init__(self, key: object) -> None:
        self.key = key

    def get_signing_key_from_jwt(self, token: str) -> "_Keys":
        return self


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_token_of_the_configured_issuer_is_its_person_by_address(
    database: Database, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    make_tenant("T")
    ensure_person("T", "Cy@Example.org", "Cy", ["REVIEWER"])
    private = rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())
    monkeypatch.setenv("COUNTERSIGN_ENV", "prod")
    monkeypatch.setenv("COUNTERSIGN_OIDC_ISSUER", "https://id.example.org")
    monkeypatch.setenv("COUNTERSIGN_OIDC_JWKS_URL", "https://id.example.org/keys")
    monkeypatch.setattr(tokens, "key_client", lambda url: _Keys(private.public_key()))
    settings.cache_clear()
    good = _claims(iss="https://id.example.org", sub="abc", email="cy@example.org", roles=["whatever"])
    assert authenticate(jwt.encode(good, private, algorithm=algorithm)).roles == {Role.REVIEWER}
    with pytest.raises(Unauthenticated, match="vouch"):
        authenticate(jwt.encode(good | {"email_verified": False}, private, algorithm=algorithm))


def test_the_last_administrator_keeps_the_role(database: Database) -> None:
    make_tenant("T")
    first = ensure_person("T", "a@example.org", "A", ["ADMIN"])
    with pytest.raises(Conflict, match="last ADMIN"):
        end_role("T", first.id, Role.ADMIN)
    ensure_person("T", "b@example.org", "B", ["ADMIN"])
    end_role("T", first.id, Role.ADMIN)


def test_making_a_person_twice_changes_nothing(database: Database) -> None:
    make_tenant("T")
    first = ensure_person("T", "a@example.org", "A", ["ADMIN"])
    assert ensure_person("T", " A@Example.ORG ", "A", ["ADMIN"]) == first
    with transaction("T") as connection:
        told = connection.execute(text("SELECT event_type FROM events ORDER BY seq")).scalars().all()
    assert told == ["access.person.added", "access.role.given"]


def test_an_address_is_one_however_its_letters_are_written(database: Database) -> None:
    make_tenant("T")
    first = ensure_person("T", "\u00c4da@example.org", "A", ["ADMIN"])
    assert ensure_person("T", "a\u0308DA@example.org", "A", []).id == first.id
    with transaction("T") as connection:
        for written in (" \u00e4da@Example.org", "A\u0308DA@example.org"):
            found = find_person(connection, user_id=None, email=written)
            assert found is not None
            assert found.id == first.id


def test_a_short_list_of_people_has_no_place_for_who_was_let_go(database: Database) -> None:
    make_tenant("T")
    made = sorted((ensure_person("T", f"p{n}@example.org", "P", ["OPERATOR"]) for n in range(3)), key=lambda p: p.id)
    set_active("T", made[0].id, False)
    with transaction("T") as connection:
        assert {one.id for one in people_of(connection, 2)} == {made[1].id, made[2].id}


@pytest.mark.parametrize(
    ("tenant", "email", "role", "error"),
    [
        ("T", "nobody", "ADMIN", Invalid),
        ("T", "a\u200b@b.c", "ADMIN", Invalid),
        ("T", "a@b.c", "KING", Invalid),
        ("NONE", "a@b.c", "ADMIN", NotFound),
    ],
)
def test_bad_input_about_people_is_named(
    database: Database, tenant: str, email: str, role: str, error: type[CountersignError]
) -> None:
    make_tenant("T")
    with pytest.raises(error):
        ensure_person(tenant, email, "A", [role])


def test_the_dev_key_is_private_and_stays(database: Database) -> None:
    path = tokens.ensure_dev_key()
    assert path.stat().st_mode & 0o777 == 0o600
    assert tokens.ensure_dev_key().read_bytes() == path.read_bytes()


@given(st.sets(st.sampled_from(sorted(EVERY_ROLE))), st.sets(st.sampled_from(sorted(EVERY_ROLE))))
def test_a_person_passes_exactly_with_one_of_the_roles(held: set[Role], asked: set[Role]) -> None:
    person = Principal(Kind.PERSON, "p", "P", "T", roles=frozenset(held))
    if held & asked:
        require(person, roles=asked, scopes={"ami:write"})
    else:
        with pytest.raises(Forbidden):
            require(person, roles=asked, scopes={"ami:write"})


def test_a_machine_caller_can_hold_no_role(database: Database) -> None:
    for role in EVERY_ROLE:
        with pytest.raises(ValueError, match="no role"):
            Principal(Kind.SERVICE, "k", "K", "T", roles=frozenset({role}))


def test_a_named_tenant_must_be_ones_own_except_for_the_platforms_administrator() -> None:
    person = Principal(Kind.PERSON, "p", "P", "T", roles=frozenset({Role.TENANT_OWNER}))
    assert tenant_for(person, None) == tenant_for(person, "T") == "T"
    with pytest.raises(Forbidden) as refused:
        tenant_for(person, "U")
    assert refused.value.code == "TENANT_MISMATCH"
    assert tenant_for(Principal(Kind.PERSON, "p", "P", "T", roles=frozenset({Role.PLATFORM_ADMIN})), "U") == "U"
