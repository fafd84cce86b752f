"""The platform has no operation that switches, trips, opens, closes or commands anything: a walk over all there is."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import dagster as dg
import psycopg
import pytest
from fastapi import APIRouter
from fastapi.routing import iter_route_contexts

from api.app import create_app
from api.deps import allow
from cli.main import countersign
from orchestration.definitions import defs
from tests.conftest import ROOT, Database
from tests.conftest import application as served

COMMANDING = {
    "actuate", "breaker", "breakers", "close", "command", "commands", "control", "curtail", "deenergize", "disconnect",
    "dispatch", "energize", "isolate", "open", "operate", "recloser", "reclose", "reconnect", "scada", "setpoint",
    "shed", "switch", "switching", "trip",
}  # fmt: skip
# Names that hold such a word and command nothing, each with what it does.
HARMLESS = {
    "day_open": "makes room for a local day's reads",
    "learner_day_open": "makes room for a day of learner events",
    "day_close": "ends a loader's access to a local day's reads",
    "api.kernel.pages.admin_people.switch": "lets a person in, or shuts the person out",
}
SPEAKS_TO_DEVICES = re.compile(r"^(pymodbus|dnp3|pydnp3|opcua|asyncua|c104|iec61850|bacpypes\w*|paho-mqtt|pyserial)\b")


def words(name: str) -> set[str]:
    return set(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").replace("-", " ").lower().split()) | set(
        re.split(r"[^a-z]+", name.lower())
    )


def commanding(names: Iterable[str]) -> list[str]:
    return sorted({name for name in names if words(name) & COMMANDING and name not in HARMLESS})


def routes(application: Any) -> Iterator[str]:
    for context in iter_route_contexts(application.router.routes):
        yield context.path_format or ""
        endpoint = getattr(context, "endpoint", None)
        yield f"{getattr(endpoint, '__module__', '')}.{getattr(endpoint, '__name__', '')}"
    for item in application.openapi()["paths"].values():
        for operation in item.values():
            yield operation.get("summary", "")


def commands(group: click.Group, path: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        yield f"{path}{name}"
        if isinstance(found, click.Group):
            yield from commands(found, f"{path}{name} ")


def jobs(definitions: dg.Definitions) -> Iterator[str]:
    repository = definitions.get_repository_def()
    yield from (job.name for job in repository.get_all_jobs())
    yield from (sensor.name for sensor in repository.sensor_defs)
    yield from (schedule.name for schedule in repository.schedule_defs)
    for node in repository.asset_graph.asset_nodes:
        yield from node.key.path


def database_functions(connection: psycopg.Connection[Any]) -> list[str]:
    found = connection.execute(
        "SELECT proname FROM pg_proc AS p WHERE pronamespace IN ('public'::regnamespace, 'reads'::regnamespace)"
        " AND NOT EXISTS (SELECT 1 FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e') ORDER BY 1"
    ).fetchall()
    return [name for (name,) in found]


def writers_of_device_state(connection: psycopg.Connection[Any]) -> set[str]:
    """Who may write how switches stand: what was observed is taken in by machines; nobody who calls the API may."""
    found = connection.execute(
        "SELECT r.rolname FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS x"
        " JOIN pg_roles AS r ON r.oid = x.grantee WHERE c.relname = 'switch_state'"
        " AND c.relnamespace = 'public'::regnamespace AND x.privilege_type <> 'SELECT' AND x.grantee <> c.relowner"
    ).fetchall()
    return {name for (name,) in found}


def test_no_route_or_page_commands_a_device() -> None:
    assert commanding(routes(served())) == []


def test_no_command_commands_a_device() -> None:
    found = list(commands(countersign))
    assert len(found) > 10
    assert commanding(found) == []


def test_no_job_sensor_schedule_or_asset_commands_a_device() -> None:
    found = list(jobs(defs))
    assert len(found) > 10
    assert commanding(found) == []


def test_no_function_and_no_grant_commands_a_device(database: Database) -> None:
    with psycopg.connect(database.urls["owner"]) as connection:
        assert commanding(database_functions(connection)) == []
        assert writers_of_device_state(connection) <= {"countersign_machine"}


def test_no_library_that_speaks_to_devices_is_installed() -> None:
    lines = Path(ROOT / "requirements.lock").read_text().lower().splitlines()
    assert [line for line in lines if SPEAKS_TO_DEVICES.match(line)] == []


def test_planted_ones_are_found(database: Database) -> None:
    planted = APIRouter()

    @planted.post("/v1/devices/{device_id}/open", dependencies=[allow(roles={"OPERATOR"})])
    def handle(device_id: str) -> None: ...

    @planted.post("/v1/devices/{device_id}/state", dependencies=[allow(roles={"OPERATOR"})])
    def trip_breaker(device_id: str) -> None: ...

    assert {name.rsplit(".", 1)[-1] for name in commanding(routes(create_app(planted)))} >= {
        "/v1/devices/{device_id}/open",
        "Trip Breaker",
        "trip_breaker",
    }

    @dg.job
    def send_setpoint() -> None: ...

    assert commanding(jobs(dg.Definitions(jobs=[send_setpoint]))) == ["send_setpoint"]
    group = click.Group("root", commands={"grid": click.Group("grid", commands={"reclose": click.Command("reclose")})})
    assert commanding(commands(group)) == ["grid reclose"]
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("CREATE FUNCTION \"openBreaker\"() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        connection.execute("GRANT UPDATE ON switch_state TO countersign_app")
        assert commanding(database_functions(connection)) == ["openBreaker"]
        assert "countersign_app" in writers_of_device_state(connection)
        connection.rollback()


@pytest.mark.parametrize("name", ["opened_at", "closed", "switch_state", "start", "publish", "triple", "commander"])
def test_words_are_judged_whole(name: str) -> None:
    assert commanding([name]) == (["switch_state"] if name == "switch_state" else [])
