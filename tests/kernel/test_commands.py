"""The operator's commands: token, psql, migrate; what they print, and where they refuse."""

import contextlib
import json
from datetime import timedelta

import click
import psycopg
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from cli.main import COMMANDS, countersign
from cli.services.administer import email_of, parse_ttl
from cli.services.state import Recorded, State
from cli.services.up import report
from domain.kernel.access import authenticate
from domain.kernel.errors import Conflict, CountersignError, Forbidden, Invalid, NotFound
from domain.kernel.people import normal_email
from domain.kernel.settings import settings
from tests.conftest import Database
from tests.makers import make_tenant


def run(*arguments: str) -> Result:
    return CliRunner().invoke(countersign, arguments)


def refused(*arguments: str) -> BaseException:
    result = run(*arguments)
    assert result.exception is not None, result.output
    return result.exception


def in_env(monkeypatch: pytest.MonkeyPatch, env: str) -> None:
    monkeypatch.setenv("COUNTERSIGN_ENV", env)
    settings.cache_clear()


def test_token_prints_a_token_and_nothing_else(database: Database) -> None:
    make_tenant("T")
    printed = run("token", "--tenant", "T", "--role", "OPERATOR", "--user", "Ada L.").output
    caller = authenticate(printed.strip())
    assert (caller.name, caller.tenant_id, set(caller.roles)) == ("Ada L.", "T", {"OPERATOR"})
    told = json.loads(run("token", "--tenant", "T", "--role", "ADMIN", "--user", "Ada L.", "--json").output)
    assert authenticate(told["token"]).id == caller.id == told["user_id"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--tenant", "NONE", "--role", "ADMIN", "--user", "a"), NotFound),
        (("--tenant", "T", "--role", "KING", "--user", "a"), Invalid),
        (("--tenant", "T", "--role", "ADMIN", "--user", "!!"), Invalid),
        (("--tenant", "T", "--role", "ADMIN", "--user", "a", "--ttl", "soon"), Invalid),
        (("--tenant", "T", "--role", "ADMIN", "--user", "a", "--ttl", "31d"), Invalid),
        (("--tenant", "T", "--role", "ADMIN", "--user", "a", "--ttl", "0s"), Invalid),
    ],
)
def test_token_says_what_does_not_fit(
    database: Database, arguments: tuple[str, ...], error: type[CountersignError]
) -> None:
    make_tenant("T")
    assert isinstance(refused("token", *arguments), error)


@pytest.mark.parametrize("env", ["pilot", "prod"])
def test_outside_dev_token_and_psql_are_shut(database: Database, monkeypatch: pytest.MonkeyPatch, env: str) -> None:
    make_tenant("T")
    in_env(monkeypatch, env)
    assert isinstance(refused("token", "--tenant", "T", "--role", "ADMIN", "--user", "a"), Forbidden)
    assert isinstance(refused("psql", "-c", "SELECT 1"), Forbidden)


def test_migrate_plans_by_default_and_changes_nothing(database: Database) -> None:
    told = json.loads(run("migrate", "--json").output)
    assert (told["action"], told["sql"]) == ("plan", "")
    assert "up to date" in run("migrate", "--apply").output


def test_a_later_migration_outside_dev_needs_a_gate(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(database.urls["owner"]) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '202611210800'")
    in_env(monkeypatch, "prod")
    gate = refused("migrate", "--apply")
    assert isinstance(gate, Conflict)
    assert gate.code == "GATE_REQUIRED"
    planned = json.loads(run("migrate", "--plan", "--json").output)
    assert len(planned["sha256"]) == 64
    assert "CREATE TABLE" in planned["sql"]


@given(st.integers(1, 999_999), st.sampled_from("smhd"))
def test_a_time_to_live_reads_back(count: int, unit: str) -> None:
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
    assert parse_ttl(f"{count}{unit}") == timedelta(seconds=count * seconds)


@given(st.text())
def test_any_other_text_is_no_time_to_live_and_no_crash(text: str) -> None:
    with contextlib.suppress(Invalid):
        assert parse_ttl(text) >= timedelta(0)


@given(st.text(max_size=40))
def test_any_name_gives_a_good_address_or_a_sentence(name: str) -> None:
    with contextlib.suppress(Invalid):
        assert normal_email(email_of(name, "DEMO_TENANT"))


def test_a_reused_pid_does_not_count_as_the_recorded_process() -> None:
    import os

    import psutil

    started = psutil.Process().create_time()
    assert Recorded(pid=os.getpid(), started=started).process is not None
    assert Recorded(pid=os.getpid(), started=started - 60).process is None
    gone = State(phase="ready", supervisor=Recorded(pid=os.getpid(), started=started - 60))
    assert report(gone)["phase"] == "abandoned"


def commands(group: click.Group, path: str = "") -> list[tuple[str, click.Command]]:
    context = click.Context(group)
    found: list[tuple[str, click.Command]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found += commands(command, f"{path}{name} ")
        else:
            found.append((path + name, command))
    return found


def test_every_command_explains_itself_with_an_example() -> None:
    assert set(COMMANDS) >= {"up", "down", "status", "migrate", "token", "psql"}
    silent = [name for name, command in commands(countersign) if "Example" not in f"{command.help} {command.epilog}"]
    assert silent == []
