"""`countersign worker`: carries out what people asked to be drafted."""

import json
import signal
import threading
from types import FrameType

import click

from cli.services.database import running
from cli.services.working import show_working
from domain.courses.authoring.generation.author import Author
from domain.courses.authoring.generation.configured import configured_author
from domain.courses.authoring.worker import generate
from domain.courses.authoring.worker.loop import Trade, reap_all, work, work_until_idle
from domain.courses.regeneration.execution import worker as regeneration
from domain.courses.regeneration.executors.parts import EXECUTORS
from domain.kernel.db import working_as
from domain.kernel.logs import configure_logs
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import DbRole, settings

EPILOG = """
\b
Example:
  countersign worker --once --json
"""


def author() -> Author:
    """The author that the settings name; asked for each job, so that what is missing fails that job and says so."""
    return configured_author(settings())


TOOLS = regeneration.Tools(EXECUTORS, author, open_store)
# A kind of jobs more is an entry more.
TRADES = (
    Trade(
        "generation",
        lambda tenant_id: generate.work_one(tenant_id, author) is not None,
        generate.reap,
    ),
    Trade(
        "regeneration",
        lambda tenant_id: regeneration.work_one(tenant_id, TOOLS) is not None,
        regeneration.reap,
    ),
)


@click.command(epilog=EPILOG)
@click.option("--once", is_flag=True, help="Do what waits now, then end. [default: go on until stopped]")
@click.option("--json", "as_json", is_flag=True, help="With --once: print how many jobs were carried out as JSON.")
def worker(once: bool, as_json: bool) -> None:
    """Carry out jobs that people asked for over HTTP: the drafting of courses, and making anew what
    a person has triggered.

    `countersign up` runs one beside the API; several may run at once, each job is claimed by one. It takes no request
    and signs nothing: what it drafts waits for a reviewer.
    """
    home = settings().home_path
    configure_logs("worker", settings().log_level)
    if once:
        with running(home), working_as(DbRole.MACHINE):
            done = work_until_idle(TRADES)
        click.echo(json.dumps({"jobs": done}) if as_json else f"{done} job(s) carried out.")
        return
    stopping = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with working_as(DbRole.MACHINE):
        reap_all(TRADES)
        show_working(home)
        work(TRADES, stopping)
