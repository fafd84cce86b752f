"""One of several processes that take the same night in and advise on it, each with rows and a hash seed of its own.

python -m tests.grid.outages.night_worker NUMBER OF SEED
"""

import random
import sys
import time
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import text

from domain.grid.outages.observe.infer import infer
from domain.grid.outages.observe.signals import Report, take_in
from domain.grid.outages.rules.signals import Signal
from domain.grid.outages.suggest.crews import recommend
from domain.grid.outages.suggest.promote import decisions
from domain.kernel.clock import utc_now
from domain.kernel.db import transaction
from tests.grid.outages.evening import EARLY, events_of
from tests.grid.outages.town import town

TENANT = "T"
PATIENCE_S = 60.0


def _report(one: Signal) -> Report:
    return Report(one.type, one.at, one.source, one.meter_id or None, one.device_id or None, one.arrived_at)


def _wait_for(what: str, is_there: Callable[[int], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with transaction(TENANT) as connection:
            if is_there(connection.execute(text(f"SELECT count(*) FROM {what}")).scalar_one()):
                return
        time.sleep(0.05)
    raise SystemExit(f"{what} did not come")


def work(number: int, of: int, seed: int) -> None:
    """Report a share of the night in random order; when all is there infer, propose, and advise once it is signed."""
    signals = events_of(town())
    mixed = list(signals)
    random.Random(seed).shuffle(mixed)  # noqa: S311  nothing is secret here
    mine = mixed[number::of]
    random.Random(seed + number).shuffle(mine)  # noqa: S311
    for first in range(0, len(mine), 25):
        with transaction(TENANT) as connection:
            take_in(connection, TENANT, [_report(one) for one in mine[first : first + 25]], utc_now())
    _wait_for("meter_events", lambda found: found == len(signals))
    with transaction(TENANT) as connection:
        infer(connection, TENANT, now=utc_now(), as_of=EARLY, requested_by=f"worker {number}")
        decisions(connection, TENANT, now=utc_now(), requested_by=f"worker {number}")
    sys.stdout.write("proposed\n")
    sys.stdout.flush()
    _wait_for("outages", lambda found: found > 0)
    with transaction(TENANT) as connection:
        outage: UUID = connection.execute(text("SELECT outage_id FROM outages")).scalar_one()
        recommend(connection, TENANT, outage, now=utc_now(), as_of=EARLY, requested_by=f"worker {number}")


if __name__ == "__main__":
    work(*map(int, sys.argv[1:4]))
