"""A claim renewed beside the work that it covers, so that slow work is not taken for lost work."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from domain.kernel.logs import logger

RENEWALS_PER_LEASE = 3
log = logger("kernel.renewing")


@contextmanager
def renewed(lease: timedelta, renew: Callable[[], bool], name: str) -> Iterator[None]:
    """Call `renew` three times a lease, in a thread of its own, while the block runs.

    It answers whether the claim still stands; once it does not, nothing is renewed any more, and the work finds out
    where it stores what it made. A call that fails is made again at the next turn.
    """
    done = threading.Event()

    def keep() -> None:
        while not done.wait(lease.total_seconds() / RENEWALS_PER_LEASE):
            try:
                if not renew():
                    return
            except Exception as error:
                log.warning("lease.not_renewed", lease=name, reason=type(error).__name__)

    thread = threading.Thread(target=keep, name=f"lease {name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
