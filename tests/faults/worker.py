"""Drafts, regenerates and ends what lost workers left, until it is killed: the worker of a test, with a short lease."""

import os
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from domain.courses.authoring.worker import generate
from domain.courses.regeneration.execution import worker
from domain.courses.regeneration.execution.worker import Tools
from domain.kernel.db import working_as
from domain.kernel.errors import CountersignError
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import DbRole
from tests.courses.authoring.authors import FixedAuthor
from tests.courses.regeneration.one_worker import Counted
from tests.faults.fulfiller import BREATH_S

LEASE = timedelta(seconds=2)


def main() -> None:
    """Never ends by itself; a database that is away is asked again."""
    tools = Tools({"LESSON": Counted("works", Path(os.devnull))}, FixedAuthor, open_store, LEASE)
    with working_as(DbRole.MACHINE):
        while True:
            with suppress(CountersignError, SQLAlchemyError):
                generate.reap("T")
                worker.reap("T")
                drafted = generate.work_one("T", FixedAuthor, LEASE)
                if worker.work_one("T", tools) is None and drafted is None:
                    time.sleep(BREATH_S)
