"""What a migration would run, as text: its SQL, its rollback, and the files that both are made from.

Everything here follows from the code and two revisions; the database is asked only where it stands.
"""

import ast
import io
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

from domain.kernel import column_words
from domain.kernel.canonical import sha256_hex
from domain.kernel.db import engine_for
from domain.kernel.errors import Conflict, NotConfigured
from domain.kernel.settings import Env, settings
from domain.kernel.sqlfiles import SQL, own_sql

ROOT = SQL.parent
BASE = "base"
REFERENCE_VIEWS = "reference_views.sql"


@dataclass(frozen=True)
class Rendered:
    """One migration as text.

    Attributes:
        sql: what runs, in order.
        sql_files: names under `sql/` that it reads.
    """

    sql: str
    sql_files: tuple[str, ...]


def alembic_config(url: str | None = None) -> Config:
    """Alembic's configuration, made in code so that no file can point elsewhere."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("version_locations", str(ROOT / "migrations" / "versions"))
    config.set_main_option("path_separator", "os")
    if url is not None:
        config.attributes["url"] = url
    return config


def current_revision(url: str) -> str | None:
    """The revision that the database stands at; None before the first."""
    with engine_for(url).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str:
    """The newest revision that the code brings.

    Raises:
        NotConfigured: the migrations are not there.
    """
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if head is None:
        raise NotConfigured("No migrations were found.", hint=f"Is {ROOT / 'migrations'} complete?")
    return head


def revisions_after(start: str | None, end: str) -> list[Script]:
    """The revisions from after `start` (None: all) up to `end`, oldest first.

    Raises:
        Conflict: UNKNOWN_REVISION, `start` is none of the history that leads to `end`.
    """
    newest_first = list(ScriptDirectory.from_config(alembic_config()).walk_revisions(BASE, end))
    if start is not None and all(script.revision != start for script in newest_first):
        raise Conflict(
            f"The database stands at {start}, which this version of the code does not lead to {end} from.",
            hint="Use the version of the code that the database was last migrated with, or a newer one.",
            code="UNKNOWN_REVISION",
        )
    return list(takewhile(lambda script: script.revision != start, newest_first))[::-1]


def render_upgrade(env: Env, start: str | None, end: str) -> Rendered:
    """The SQL that leads from `start` (None: empty) to `end` in that environment."""
    if start == end:
        return Rendered("", ())
    rendered = _render(f"{start or BASE}:{end}", is_upgrade=True)
    apart = settings().own_schema != "public" and start is None
    room = f'CREATE SCHEMA IF NOT EXISTS "{settings().own_schema}";\n\n' if apart else ""
    files = set(rendered.sql_files) | ({REFERENCE_VIEWS, *column_words.FILES} if env is Env.DEV else set())
    return Rendered(room + own_sql(rendered.sql), tuple(sorted(files)))


def render_rollback(start: str | None, end: str) -> str:
    """The SQL that leads back from `end` to `start`."""
    return "" if start == end else own_sql(_render(f"{end}:{start or BASE}", is_upgrade=False).sql)


def _render(revisions: str, *, is_upgrade: bool) -> Rendered:
    buffer, files = io.StringIO(), set[str]()
    config = alembic_config()
    config.attributes |= {"output_buffer": buffer, "sql_files": files}
    (command.upgrade if is_upgrade else command.downgrade)(config, revisions, sql=True)
    return Rendered(buffer.getvalue(), tuple(sorted(files)))


def file_hashes(sql_files: tuple[str, ...]) -> dict[str, str]:
    """SHA-256 of every migration file, of the named files of `sql/`, and of the verification queries, by path."""
    paths = [*(ROOT / "migrations").rglob("*.py"), *(SQL / name for name in sql_files), *verification_queries()]
    return {path.relative_to(ROOT).as_posix(): sha256_hex(path.read_bytes()) for path in sorted(paths)}


def verification_queries() -> list[Path]:
    """The queries of `sql/verify/`, in order of their names; each prints nothing when all is well."""
    return sorted((SQL / "verify").glob("*.sql"))


def notes_of(start: str | None, end: str) -> str:
    """Release notes from what the revisions say of themselves: one paragraph each, oldest first."""
    paragraphs = []
    for script in revisions_after(start, end):
        said = ast.get_docstring(ast.parse(Path(script.path).read_text())) or "(says nothing of itself)"
        paragraphs.append(f"{script.revision}: {said}")
    return "\n\n".join(paragraphs)
