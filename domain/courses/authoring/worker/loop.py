"""The worker's loop over tenants and kinds of jobs. A kind more is an entry more in what the loop is given."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.kernel.errors import CountersignError
from domain.kernel.logs import logger
from domain.kernel.tenancy import tenant_directory

IDLE_S = 0.5
REAP_EVERY_S = 60.0
log = logger("courses.worker")


@dataclass(frozen=True)
class Trade:
    """One kind of jobs.

    Attributes:
        name: for logs.
        work_one: carries out the oldest job of a tenant; answers whether there was one.
        reap: ends jobs of a tenant whose worker was lost; answers how many.
    """

    name: str
    work_one: Callable[[str], bool]
    reap: Callable[[str], int]


def work_round(trades: Sequence[Trade]) -> int:
    """One job of each kind and tenant; answers how many were carried out. What fails leaves the others alone."""
    done = 0
    for tenant_id in tenant_directory():
        for trade in trades:
            try:
                done += trade.work_one(tenant_id)
            except CountersignError as error:
                log.warning("worker.refused", trade=trade.name, reason=error.code)
    return done


def reap_all(trades: Sequence[Trade]) -> int:
    """End what lost workers left behind, in every tenant."""
    return sum(trade.reap(tenant_id) for tenant_id in tenant_directory() for trade in trades)


def work_until_idle(trades: Sequence[Trade]) -> int:
    """Everything that waits now; answers how many jobs were carried out."""
    reap_all(trades)
    done = 0
    while worked := work_round(trades):
        done += worked
    return done


def work(trades: Sequence[Trade], stopping: threading.Event) -> None:
    """Work until asked to stop: at once where something waits, else looking again every half second."""
    idle_s = REAP_EVERY_S
    while not stopping.is_set():
        try:
            if idle_s >= REAP_EVERY_S:
                reap_all(trades)
                idle_s = 0.0
            worked = work_round(trades)
        except Exception as error:
            # The database may be restarting; the supervisor would only start us again into the same.
            log.error("worker.failed", reason=type(error).__name__, exc_info=error)
            worked = 0
        if not worked:
            stopping.wait(IDLE_S)
            idle_s += IDLE_S
