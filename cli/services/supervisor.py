"""The supervisor of one copy: starts the database, the API and Dagster, keeps them running, ends them in order.

It may itself be killed at any moment: what was acknowledged is in PostgreSQL, the children go on, and the next start
ends them by their record and begins anew.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import uuid4

import httpx
import psutil
import psycopg

from cli.services import dagster, database, keys
from cli.services.environment import API_ROLES, AUTHOR_KEYS, DAGSTER_ROLES, WORKER_ROLES, child_environment
from cli.services.postgres import Postgres, free_port
from cli.services.processes import Child, end, end_stale, marked, python
from cli.services.state import Recorded, State, only_supervisor, read_state, write_state
from cli.services.working import working_pid
from domain.kernel import migrate
from domain.kernel.errors import Conflict, CountersignError, NotConfigured, Unavailable
from domain.kernel.logs import logger
from domain.kernel.settings import DbRole, settings

READY_TIMEOUT_S = 180.0
TICK_S = 0.25
BACKLOG = 512
log = logger("supervisor")


@dataclass(frozen=True)
class Wishes:
    """What was asked for on the command line."""

    host: str = "127.0.0.1"
    port: int | None = None
    dagster_port: int | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None


@dataclass
class Supervisor:
    """One copy's processes, in one place."""

    home: Path
    wishes: Wishes
    say: Callable[[str], None]
    instance: str = field(default_factory=lambda: uuid4().hex)
    children: list[Child] = field(default_factory=list)
    server: Postgres | None = None
    state: State = field(default_factory=State)
    stopping: bool = False
    # Stays open here, so that callers wait in its queue while the API is restarted.
    listening: socket.socket | None = None

    def run(self) -> None:
        """Start everything, watch over it, and end it when asked to (TERM, INT or Ctrl-C).

        Raises:
            Conflict: this home is supervised already.
            Unavailable: something did not come up; what had is ended again.
        """
        with only_supervisor(self.home):
            # Set before any child starts: a handler is reset to the default in a child, an ignored signal is not.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self._stop)
            former = read_state(self.home)
            self.state = State(
                instance=self.instance,
                home=str(self.home),
                phase="starting",
                supervisor=Recorded.of(psutil.Process().pid),
                ports=former.ports,
            )
            try:
                self._clean_up(former)
                self._start()
                self._watch()
            except CountersignError as error:
                self._note(phase="failed", error=str(error))
                raise
            except Exception as error:
                self._note(phase="failed", error=f"{type(error).__name__}; see {self.home / 'logs' / 'supervisor.log'}")
                log.exception("supervisor.failed")
                raise
            finally:
                self._end()

    def _stop(self, number: int, _: FrameType | None) -> None:
        self.stopping = True
        log.info("supervisor.asked_to_stop", signal=number)

    def _clean_up(self, former: State) -> None:
        services = [record for name, record in former.services.items() if name != "database"]
        ended = end_stale(self.home, services)
        if ended:
            log.warning("supervisor.ended_stale", pids=ended)
            self.say("Ended what a former start had left behind.")

    def _start(self) -> None:
        # First of all, so that a port that is taken is told before the minutes of a first start are spent. Callers wait
        # in the socket's queue; where nobody asks for a port the former one is taken, so that told addresses stay good.
        self.listening = listening = listen(self.wishes.host, self.wishes.port, self.state.ports.get("api"))
        self._stage("Starting the database")
        self.server = database.start(self.home)
        self._stage("Bringing the schema up to date")
        migrate.apply()
        told = keys.prepare(self.home)
        if keys.wants_network():
            self._stage("Importing the demo's network")
            # In a process of its own: the importer's memory does not stay with the supervisor.
            subprocess.run([*python("cli.main"), "seed", "network"], check=True, stdin=subprocess.DEVNULL)
        self._release_runs()
        url = self._api_url(listening)
        at = self.wishes.dagster_port or free_port(self.state.ports.get("dagster"))
        self.state.ports = {"api": listening.getsockname()[1], "dagster": at}
        rest = dagster.children(self.home, self.instance, url, at)
        self.children = [self._api(listening, url, rest[1].url), *rest, self._worker()]
        self.state.database = database.address()
        self._stage("Starting the API and Dagster's code server")
        self._bring_up(self.children[:2])
        self._stage("Starting Dagster's webserver and daemon, and the worker")
        self._bring_up(self.children[2:])
        broken = dagster.load_error(rest[1].url or "")
        if broken:
            raise Unavailable(
                f"Dagster could not load the definitions: {broken[-800:]}",
                hint=f"The whole reason is in {self.home / 'logs' / 'dagster-code.log'}.",
            )
        if self.stopping:
            return
        self._note(phase="ready", stage="")
        log.info("supervisor.ready", api=url, dagster=rest[1].url)
        self.say(f"API and pages  {url}\nDagster        {rest[1].url}\nDatabase       {self.state.database}")
        if told:
            self.say(f"Key for /api/ami  {told}")

    def _api_url(self, listening: socket.socket) -> str:
        host, port = listening.getsockname()[:2]
        shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104
        return f"{'https' if self.wishes.tls_cert else 'http'}://{shown}:{port}"

    def _api(self, listening: socket.socket, url: str, dagster_url: str | None) -> Child:
        arguments = [*python("api.serve"), "--fd", str(listening.fileno())]
        if self.wishes.tls_cert and self.wishes.tls_key:
            arguments += ["--tls-cert", str(self.wishes.tls_cert), "--tls-key", str(self.wishes.tls_key)]
        environment = child_environment(
            self.instance, self.home, API_ROLES, COUNTERSIGN_DAGSTER_URL=dagster_url, COUNTERSIGN_API_URL=url
        )
        return Child(
            "api",
            arguments,
            environment,
            self.home / "logs" / "api.log",
            answers=lambda _: self._api_is_ours(url),
            url=url,
            pass_fds=(listening.fileno(),),
        )

    def _worker(self) -> Child:
        return Child(
            "worker",
            [*python("cli.main"), "worker"],
            child_environment(
                self.instance, self.home, WORKER_ROLES, **{name: os.environ.get(name) for name in AUTHOR_KEYS}
            ),
            self.home / "logs" / "worker.log",
            answers=lambda child: child.process is not None and child.process.pid == working_pid(self.home),
        )

    def _api_is_ours(self, url: str) -> bool:
        # The certificate is the operator's; here only the instance id is of interest.
        try:
            with httpx.Client(timeout=5, trust_env=False, verify=False) as client:  # noqa: S501
                answer: dict[str, Any] = client.get(f"{url}/health/live").json()
        except (httpx.HTTPError, ValueError):
            return False
        return answer.get("instance") == self.instance

    def _bring_up(self, children: list[Child]) -> None:
        for child in children:
            child.start()
        self._note()
        deadline = time.monotonic() + READY_TIMEOUT_S
        waiting = list(children)
        while waiting and not self.stopping:
            self._revive()
            waiting = [child for child in waiting if not (child.alive and child.answers(child))]
            if waiting and time.monotonic() > deadline:
                names = ", ".join(child.name for child in waiting)
                raise Unavailable(f"{names} did not answer in time.", hint=f"Its log is {waiting[0].log}.")
            if waiting:
                time.sleep(TICK_S)

    def _release_runs(self) -> None:
        """Let Dagster know of runs that died with a former start, so that they are run again."""
        with psycopg.connect(settings().url(DbRole.DAGSTER)) as connection:
            if connection.execute("SELECT to_regclass('dagster.runs')").fetchone() == (None,):
                return
            query = "SELECT 1 FROM dagster.runs WHERE status IN ('STARTING', 'STARTED', 'CANCELING') LIMIT 1"
            if connection.execute(query).fetchone() is None:
                return
            dagster.write_instance(self.home)
            environment = child_environment(
                self.instance, self.home, DAGSTER_ROLES, DAGSTER_HOME=str(self.home / "dagster")
            )
            with (self.home / "logs" / "dagster-code.log").open("ab") as output:
                subprocess.run(
                    python("orchestration.abandoned"), env=environment, stdout=output, stderr=output, check=False
                )

    def _watch(self) -> None:
        while not self.stopping:
            if self._revive():
                self._note()
            time.sleep(TICK_S)

    def _revive(self) -> bool:
        """Restart what has died; answer whether anything was done."""
        changed = self._revive_database()
        for child in self.children:
            if child.process is None and not child.started_at:
                continue
            done = child.revive()
            if done:
                log.warning("service.watched", service=child.name, what=done, restarts=child.restarts)
                changed = True
        return changed

    def _revive_database(self) -> bool:
        if self.server is None or self.server.running_pid() is not None:
            return False
        log.warning("service.watched", service="database", what="gone")
        before = settings().url(DbRole.APP)
        self.server.start()
        if settings().url(DbRole.APP) != before:
            # Its port was taken meanwhile: the children must be told the new one.
            raise Unavailable("The database came back under another address.", hint="Start again: `countersign up`.")
        return True

    def _note(self, **changes: Any) -> None:
        """Write the state down."""
        self.state = self.state.model_copy(update=changes)
        services = {child.name: record for child in self.children if (record := child.recorded())}
        pid = self.server.running_pid() if self.server else None
        if pid is not None and self.server is not None:
            with contextlib.suppress(psutil.Error):
                services["database"] = Recorded.of(pid, url=self.state.database, log=str(self.server.log))
        self.state.services = services
        write_state(self.home, self.state)

    def _stage(self, text: str) -> None:
        log.info("supervisor.stage", stage=text)
        self.say(text)
        self._note(stage=text)

    def _end(self) -> None:
        failed = self.state.phase == "failed"
        if not failed:
            self._note(phase="stopping")
        end(marked(self.home))
        for child in self.children:
            if child.process is not None:
                child.process.wait()
        if self.listening is not None:
            self.listening.close()
        if self.server is not None:
            self.server.stop()
        if not failed:
            self._note(phase="stopped")
        log.info("supervisor.ended")


def listen(host: str, port: int | None, former: int | None = None) -> socket.socket:
    """A listening socket for the API; without a port the former one where it is free, else any.

    Raises:
        Conflict: somebody else listens there.
        NotConfigured: the machine has no such address.
    """
    if not port and former is not None:
        with contextlib.suppress(Conflict, NotConfigured):
            return listen(host, former)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port or 0))
    except PermissionError as cause:
        listening.close()
        raise NotConfigured(f"This user may not listen on port {port}.", hint="Choose one above 1023.") from cause
    except OSError as cause:
        listening.close()
        raise Conflict(
            f"Nothing can listen on {host} port {port}: {cause.strerror}.",
            hint="Choose another with --port, or leave it out for a free one.",
            code="PORT_TAKEN",
        ) from cause
    listening.listen(BACKLOG)
    return listening
