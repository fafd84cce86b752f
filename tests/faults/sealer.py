"""Seals the ledger again and again, until it is killed."""

import time
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from domain.kernel.db import working_as
from domain.kernel.errors import CountersignError
from domain.kernel.seals.sealing import seal_ledger
from domain.kernel.settings import DbRole


def main() -> None:
    """Never ends by itself; a database that is away is asked again."""
    with working_as(DbRole.MACHINE):
        while True:
            with suppress(CountersignError, SQLAlchemyError):
                seal_ledger("T")
            time.sleep(0.05)
