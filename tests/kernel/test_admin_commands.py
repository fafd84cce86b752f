"""`countersign admin`: every act by the operator of the copy, as text and as JSON, and the ledger says so."""

import json

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from cli.main import countersign
from domain.kernel.access import authenticate
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, CountersignError, Invalid, NotFound, Unauthenticated
from domain.kernel.settings import DbRole
from tests.conftest import Database

TENANT = ("--tenant", "NORTH")
ANN = ("--email", "ann@north.example")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(countersign, ["admin", *arguments])


def told(*arguments: str) -> dict[str, object]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output + repr(result.exception)
    return dict(json.loads(result.stdout))


def refused(kind: type[CountersignError], *arguments: str) -> CountersignError:
    result = run(*arguments)
    assert isinstance(result.exception, kind), result.output
    return result.exception


@pytest.fixture
def north(database: Database) -> None:
    told("tenant", "create", "NORTH", "--name", "North Grid", "--timezone", "Europe/Oslo")
    told("person", "invite", *TENANT, *ANN, "--name", "Ann", "--role", "ADMIN")


def test_the_first_administrator_is_made_once(database: Database) -> None:
    made = told("bootstrap", "--email", "ada@example.org", "--name", "Ada")
    assert [role["role"] for role in made["roles"]] == ["PLATFORM_ADMIN"]  # type: ignore[attr-defined]
    again = refused(Conflict, "bootstrap", "--email", "bo@example.org", "--name", "Bo")
    assert again.code == "ALREADY_BOOTSTRAPPED"


def test_tenants_are_made_listed_shown_and_set(north: None) -> None:
    assert refused(Conflict, "tenant", "create", "NORTH", "--name", "Again").code == "TENANT_EXISTS"
    refused(Invalid, "tenant", "create", "a b", "--name", "X")
    assert {row["tenant_id"] for row in told("tenant", "list")["tenants"]} == {"NORTH", "PLATFORM"}  # type: ignore[attr-defined]
    changed = told("tenant", "set", "NORTH", "--no-four-eyes", "--retention", "signals=10", "--public-quickcheck")
    assert (changed["four_eyes"], changed["retention_days"]) == (False, {"signals": 10})
    assert told("tenant", "set", "NORTH", "--retention", "signals=")["retention_days"] == {}
    assert told("tenant", "set", "NORTH", "--four-eyes-retry")["four_eyes_retry"] is True
    assert told("tenant", "show", "NORTH")["public_quickcheck"] is True
    price = ("--energy-price", "0.2", "EUR", "The tariff of 2026")
    stated = {"per_kwh": 0.2, "currency": "EUR", "source": "The tariff of 2026"}
    assert told("tenant", "set", "NORTH", *price)["energy_price"] == stated
    refused(Invalid, "tenant", "set", "NORTH", *price, "--no-energy-price")
    assert told("tenant", "set", "NORTH", "--four-eyes")["energy_price"] == stated
    assert told("tenant", "set", "NORTH", "--no-energy-price")["energy_price"] is None
    refused(Invalid, "tenant", "set", "NORTH", "--retention", "signals")
    refused(NotFound, "tenant", "show", "SOUTH")


def test_people_and_roles_are_given_and_ended(north: None) -> None:
    told("role", "give", *TENANT, *ANN, "--role", "REVIEWER", "--valid-to", "2099-01-01")
    held = told("person", "list", *TENANT)["people"][0]["roles"]  # type: ignore[index]
    assert [(role["role"], role["valid_to"]) for role in held] == [
        ("ADMIN", None),
        ("REVIEWER", "2099-01-01T00:00:00+00:00"),
    ]
    told("role", "end", *TENANT, *ANN, "--role", "REVIEWER")
    assert len(told("role", "list", *TENANT, "--standing")["roles"]) == 1  # type: ignore[arg-type]
    assert len(told("role", "list", *TENANT)["roles"]) == 2  # type: ignore[arg-type]
    assert refused(Conflict, "role", "end", *TENANT, *ANN, "--role", "ADMIN").code == "LAST_ADMIN"
    assert refused(Conflict, "person", "deactivate", *TENANT, *ANN).code == "LAST_ADMIN"
    told("person", "invite", *TENANT, "--email", "bo@north.example", "--name", "Bo", "--role", "ADMIN")
    assert told("person", "deactivate", *TENANT, *ANN)["active"] is False
    assert told("person", "activate", *TENANT, *ANN)["active"] is True
    refused(NotFound, "person", "activate", *TENANT, "--email", "zoe@north.example")


def test_a_key_is_printed_alone_and_once(north: None) -> None:
    made = run("key", "create", *TENANT, "--name", "Head end", "--scope", "ami:write", "--expires", "2099-01-01")
    token = made.stdout.strip()
    assert authenticate(token).scopes == {"ami:write"}
    key_id = token.split("_")[1]
    new = told("key", "rotate", *TENANT, key_id, "--overlap", "0")
    with pytest.raises(Unauthenticated):
        authenticate(token)
    assert authenticate(str(new["token"])).id == new["key_id"]
    listed = run("key", "list", *TENANT).stdout
    assert "csk_" not in listed
    assert told("key", "revoke", *TENANT, str(new["key_id"]))["state"] == "REVOKED"


def test_the_ledger_names_the_operator(north: None) -> None:
    with transaction("NORTH", DbRole.OWNER) as connection:
        rows = connection.execute(
            text(
                "SELECT event_type, actor_id, actor_role FROM events"
                " WHERE tenant_id = 'NORTH' AND event_type LIKE 'access.%' ORDER BY seq"
            )
        ).all()
    assert [row.event_type for row in rows] == ["access.tenant.added", "access.person.invited", "access.role.given"]
    assert {(row.actor_id, row.actor_role) for row in rows} == {("countersign admin", "OPERATOR_OF_THE_COPY")}


@pytest.mark.parametrize("group", ["tenant", "person", "role", "key"])
def test_help_says_what_and_gives_an_example(group: str) -> None:
    for arguments in ((group, "--help"), *((group, command, "--help") for command in commands_of(group))):
        text_of = run(*arguments).output
        assert "Example: countersign admin" in text_of


def commands_of(group: str) -> list[str]:
    import click

    from cli.admin import admin

    found = admin.get_command(click.Context(admin), group)
    assert isinstance(found, click.Group)
    return sorted(found.commands)
