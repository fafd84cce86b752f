"""Who was found behind a token or cookie a moment ago, for doors that are called often and show nothing.

Everywhere else the database is asked at every call, so that what was taken away is gone at once.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256

from domain.kernel.principal import Principal

MOST = 10_000


class RecentCallers:
    """By the hash of kind and secret: when the caller was found, and who it was. Used from one event loop alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        self.clock = clock
        self.most = most
        self.found: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()

    def get(self, kind: str, secret: str, seconds: float) -> Principal | None:
        """The caller, if it was found no longer than `seconds` ago."""
        at, principal = self.found.get(_key(kind, secret), (None, None))
        return principal if at is not None and self.clock() - at <= seconds else None

    def put(self, kind: str, secret: str, principal: Principal) -> None:
        """Remember who was found now; the oldest are forgotten."""
        key = _key(kind, secret)
        self.found.pop(key, None)
        self.found[key] = (self.clock(), principal)
        while len(self.found) > self.most:
            self.found.popitem(last=False)


def _key(kind: str, secret: str) -> bytes:
    return sha256(f"{kind} {secret}".encode()).digest()
