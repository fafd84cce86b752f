"""API keys: shown once, kept as a hash, revoked at once, never a person."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from domain.kernel import keys
from domain.kernel.access import authenticate
from domain.kernel.errors import Forbidden, Invalid, Unauthenticated
from domain.kernel.keys import create_key, register_literal_key
from domain.kernel.principal import EVERY_ROLE, Kind, require
from tests.conftest import Database
from tests.makers import make_tenant


def test_a_key_is_a_service_of_its_tenant_with_its_scopes(database: Database) -> None:
    make_tenant("T")
    key_id, token = create_key("T", "head end", ["ami:write"])
    caller = authenticate(token)
    assert (caller.kind, caller.id, caller.tenant_id) == (Kind.SERVICE, key_id, "T")
    assert caller.scopes == {"ami:write"}
    assert caller.roles == frozenset()


def test_the_secret_is_nowhere_in_the_database(database: Database) -> None:
    make_tenant("T")
    _, token = create_key("T", "head end", ["ami:write"])
    secret = token.rsplit("_", 1)[1] if token.count("_") == 2 else token.split("_", 2)[2]
    with psycopg.connect(database.urls["superuser"]) as connection:
        rows = connection.execute("SELECT row_to_json(k)::text FROM api_keys k").fetchall()
        rows += connection.execute("SELECT row_to_json(e)::text FROM events e").fetchall()
    assert rows
    assert not any(secret in row[0] for row in rows)


def test_a_revoked_key_is_refused_at_the_next_request_though_it_was_verified_before(database: Database) -> None:
    make_tenant("T")
    key_id, token = create_key("T", "head end", ["ami:write"])
    authenticate(token)
    with psycopg.connect(database.urls["owner"]) as owner:
        owner.execute("UPDATE api_keys SET revoked_at = clock_timestamp() WHERE key_id = %s", (key_id,))
    with pytest.raises(Unauthenticated):
        authenticate(token)


def test_a_key_past_its_expiry_is_refused(database: Database) -> None:
    make_tenant("T")
    _, token = create_key("T", "x", ["ami:read"], expires_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(Unauthenticated):
        authenticate(token)


def test_argon2_is_paid_once_for_the_same_key_right_or_wrong(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tenant("T")
    key_id, token = create_key("T", "x", ["ami:read"])
    calls: list[str] = []
    real = keys._verify
    monkeypatch.setattr(keys, "_verify", lambda t, h: calls.append(t) or real(t, h))
    for _ in range(3):
        authenticate(token)
        with pytest.raises(Unauthenticated):
            authenticate(f"csk_{key_id}_{'x' * 43}")
    assert len(calls) == 2


def test_the_literal_key_of_the_setting_works_rotates_and_ends(database: Database) -> None:
    make_tenant("DEMO_TENANT")
    assert register_literal_key("DEMO_TENANT", "my-literal-key")
    assert not register_literal_key("DEMO_TENANT", "my-literal-key")
    assert authenticate("my-literal-key").id == "gridlens"
    assert register_literal_key("DEMO_TENANT", "csk_gridlens_anotherliteralkey")
    assert authenticate("csk_gridlens_anotherliteralkey").tenant_id == "DEMO_TENANT"
    with pytest.raises(Unauthenticated):
        authenticate("my-literal-key")


@pytest.mark.parametrize("bad", ["", "with blank", "tab\there", "snow☃man", "x" * 5000])
def test_a_literal_key_that_no_header_could_carry_is_refused(database: Database, bad: str) -> None:
    make_tenant("DEMO_TENANT")
    with pytest.raises(Invalid):
        register_literal_key("DEMO_TENANT", bad)


@pytest.mark.parametrize("scopes", [[], ["countersign"], ["ami:approve"], ["*"], ["ami:write", "AMI:read"]])
def test_a_key_gets_no_scope_outside_the_vocabulary(database: Database, scopes: list[str]) -> None:
    make_tenant("T")
    with pytest.raises(Invalid):
        create_key("T", "x", scopes)


def test_a_key_never_passes_where_a_person_is_asked(database: Database) -> None:
    make_tenant("T")
    _, token = create_key("T", "x", ["ami:read", "ami:write"])
    caller = authenticate(token)
    with pytest.raises(Forbidden) as refused:
        require(caller, roles=EVERY_ROLE)
    assert refused.value.code == "PERSON_REQUIRED"
    with pytest.raises(Forbidden, match="grid:read"):
        require(caller, roles=EVERY_ROLE, scopes={"grid:read"})


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(), st.from_regex(r"csk_[a-z]+_.*"), st.from_regex(r"eyJ[\w-]*\.[\w-]*\.[\w-]*")))
def test_no_text_whatever_is_a_token_or_an_error_of_ours(module_database: Database, token: str) -> None:
    with pytest.raises(Unauthenticated):
        authenticate(token)
