"""The embedded server: roles sign in with machine-made passwords, which are not stretched, nor in a copy of before."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from cli.services.postgres import DATABASE, Postgres
from domain.kernel.settings import DbRole

LOGINS = {"postgres", *(role.login for role in DbRole)}


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Postgres]:
    made = Postgres(tmp_path / "home", extra_settings={"fsync": "off", "shared_buffers": "16MB"})
    assert made.start()
    yield made
    made.stop()


def rounds(copy: Postgres) -> dict[str, str]:
    """By login, how often its password was stretched."""
    with psycopg.connect(copy.urls()["superuser"], dbname="postgres") as connection:
        rows = connection.execute("SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL").fetchall()
    return {login: verifier.split(":")[0] for login, verifier in rows}


def test_no_password_that_a_machine_made_is_stretched(copy: Postgres) -> None:
    assert rounds(copy) == dict.fromkeys(LOGINS, "SCRAM-SHA-256$1")


def test_a_copy_of_before_is_let_off_at_its_next_start_with_the_same_passwords(copy: Postgres) -> None:
    before = copy.urls()
    with psycopg.connect(before["superuser"], dbname="postgres", autocommit=True) as connection:
        connection.execute("SET scram_iterations = 4096")
        for name, url in before.items():
            login = "postgres" if name == "superuser" else DbRole(name).login
            password = url.split(":")[2].split("@")[0]
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login), sql.Literal(password))
            )
    assert rounds(copy) == dict.fromkeys(LOGINS, "SCRAM-SHA-256$4096")
    copy.stop()
    assert copy.start()
    assert rounds(copy) == dict.fromkeys(LOGINS, "SCRAM-SHA-256$1")
    assert copy.urls() == before
    for url in before.values():
        psycopg.connect(url).close()


def test_a_wrong_password_is_refused(copy: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            f"postgresql://countersign_app:wrong@127.0.0.1:{copy.urls()['app'].rsplit(':')[-1].split('/')[0]}/{DATABASE}"
        )
