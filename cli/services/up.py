"""`countersign up`, `down` and `status`."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cli.services.database import embedded
from cli.services.keys import key_told
from cli.services.processes import end, end_stale, python
from cli.services.state import State, read_state
from cli.services.supervisor import READY_TIMEOUT_S, Supervisor, Wishes
from domain.kernel.errors import Invalid, Unavailable
from domain.kernel.logs import configure_logs
from domain.kernel.settings import settings

DOWN_TIMEOUT_S = 60.0
TICK_S = 0.2


@click.command()
@click.option("--detach", is_flag=True, help="Run in the background; return once everything answers.")
@click.option("--json", "as_json", is_flag=True, help="With --detach: print the addresses as JSON.")
@click.option("--host", help="Address to listen on. [default: COUNTERSIGN_HOST or 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the API. [default: PORT, or a free one]")
@click.option("--dagster-port", type=click.IntRange(1, 65535), help="Port of Dagster. [default: a free one]")
@click.option("--tls-cert", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Serve HTTPS: chain.")
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Serve HTTPS: key.")
def up(detach: bool, as_json: bool, **options: Any) -> None:
    """Start the database, the API with its pages, and Dagster.

    In the foreground until Ctrl-C; what dies is started again. All state is under COUNTERSIGN_HOME [default:
    .countersign]; DATABASE_URL replaces the embedded database.

    Example: countersign up --detach --json
    """
    wishes = _wishes(options)
    home = settings().home_path
    if as_json and not detach:
        raise Invalid("--json goes with --detach.", hint="countersign up --detach --json")
    if detach:
        state = start_detached(home, lambda stage: click.echo(stage, err=True), options)
        if as_json:
            click.echo(json.dumps(addresses(state)))
        else:
            _tell(state)
        return
    (home / "logs").mkdir(parents=True, exist_ok=True)
    with (home / "logs" / "supervisor.log").open("a") as stream:
        configure_logs("supervisor", settings().log_level, stream=stream)
        Supervisor(home, wishes, click.echo).run()


def _wishes(options: dict[str, Any]) -> Wishes:
    if (options["tls_cert"] is None) != (options["tls_key"] is None):
        raise Invalid("HTTPS needs both --tls-cert and --tls-key.")
    current = settings()
    return Wishes(
        host=options["host"] or current.host,
        port=options["port"] or current.port,
        dagster_port=options["dagster_port"] or current.dagster_port,
        tls_cert=options["tls_cert"],
        tls_key=options["tls_key"],
    )


def addresses(state: State) -> dict[str, Any]:
    """What `up --detach --json` prints."""
    return {
        "api": _url(state, "api"),
        "dagster": _url(state, "dagster-webserver"),
        "database": state.database,
        "pid": state.supervisor.pid if state.supervisor else None,
        "home": state.home,
    }


def _url(state: State, service: str) -> str | None:
    return state.services[service].url if service in state.services else None


def start_detached(home: Path, told: Callable[[str], None], options: dict[str, Any] | None = None) -> State:
    """Start a supervisor in a session of its own, or find one; wait until it is ready, telling each stage."""
    state = read_state(home)
    if not (state.supervised and state.phase in {"starting", "ready"}):
        _spawn(home, options or {})
    return _ready(home, told)


def _spawn(home: Path, options: dict[str, Any]) -> None:
    given = [f"--{name.replace('_', '-')}={value}" for name, value in options.items() if value is not None]
    log = home / "logs" / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*python("cli.main"), "up", *given],
            env=os.environ | {"COUNTERSIGN_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + 60
    while (supervisor := read_state(home).supervisor) is None or supervisor.pid != process.pid:
        if process.poll() is not None:
            raise Unavailable(_last_words(log), hint=f"More is in {home / 'logs' / 'supervisor.log'}.")
        if time.monotonic() > deadline:
            raise Unavailable("The supervisor did not start.", hint=f"Its output is {log}.")
        time.sleep(TICK_S)


def _ready(home: Path, told: Callable[[str], None]) -> State:
    deadline, stage = time.monotonic() + 3 * READY_TIMEOUT_S, ""
    while time.monotonic() < deadline:
        state = read_state(home)
        if state.phase == "failed":
            raise Unavailable(state.error or "Something did not come up.", hint="`logs/` under the home has the rest.")
        if not state.supervised:
            raise Unavailable(
                "The supervisor ended before everything answered.", hint=_last_words(home / "logs/up.log")
            )
        if state.phase == "ready":
            return state
        if state.stage != stage:
            stage = state.stage
            told(stage)
        time.sleep(TICK_S)
    raise Unavailable("The services did not answer in time.", hint=f"Their logs are in {home / 'logs'}.")


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()] if log.exists() else []
    return lines[-1].removeprefix("Error: ") if lines else "No reason was written."


def _tell(state: State) -> None:
    for name, value in addresses(state).items():
        click.echo(f"{name:<10}{value}")
    if key := key_told(Path(state.home)):
        click.echo(f"key       {key}")
    click.echo("`countersign status` shows the services, `countersign down` stops them.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print what was stopped as JSON.")
def down(as_json: bool) -> None:
    """Stop everything that `countersign up` started from this home. Nothing running is no error.

    Requests in work are finished first; all that was acknowledged is on disk.

    Example: countersign down
    """
    home = settings().home_path
    stopped = stop(home)
    if as_json:
        click.echo(json.dumps({"stopped": stopped, "home": str(home)}))
    else:
        click.echo(f"Stopped {', '.join(stopped)}." if stopped else f"Nothing runs from {home}.")


def stop(home: Path) -> list[str]:
    """End the supervisor, its services and the embedded database; answer what ran."""
    state = read_state(home)
    stopped = sorted(name for name, record in state.services.items() if record.process is not None)
    supervisor = state.supervisor.process if state.supervisor else None
    if supervisor is not None:
        end([supervisor], grace_s=DOWN_TIMEOUT_S)
    end_stale(home, [record for name, record in state.services.items() if name != "database"])
    server = embedded(home)
    if server is not None:
        server.stop()
    return stopped


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def status(as_json: bool) -> None:
    """Which services run, where, since when. Exit code 0 when all do, 1 otherwise.

    Example: countersign status --json
    """
    home = settings().home_path
    told = report(read_state(home))
    if as_json:
        click.echo(json.dumps(told | {"home": str(home)}))
    else:
        _show(told, home)
    if not told["running"]:
        raise SystemExit(1)


def report(state: State) -> dict[str, Any]:
    """The state as `status --json` prints it; a process counts when it is alive now."""
    services = [
        {
            "name": name,
            "state": "up" if record.process is not None else "down",
            "pid": record.pid,
            "url": record.url,
            "restarts": record.restarts,
            "up_s": round(max(0.0, time.time() - record.started), 1) if record.process is not None else None,
            "log": record.log,
        }
        for name, record in sorted(state.services.items())
    ]
    alive = state.supervised and state.phase == "ready"
    return {
        "running": alive and bool(services) and all(service["state"] == "up" for service in services),
        "phase": state.phase if state.supervised or state.phase in {"stopped", "failed"} else "abandoned",
        "error": state.error,
        "env": settings().env.value,
        "pid": state.supervisor.pid if state.supervised and state.supervisor else None,
        "services": services,
    }


def _show(told: dict[str, Any], home: Path) -> None:
    click.echo(f"{told['phase']} ({told['env']}, {home})")
    if told["error"]:
        click.echo(told["error"])
    for service in told["services"]:
        place = service["url"] or ""
        click.echo(f"  {service['name']:<18}{service['state']:<6}pid {service['pid']:<8}{place}")
    if not told["services"]:
        click.echo("`countersign up` starts the services.")
