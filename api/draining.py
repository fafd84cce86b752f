"""An orderly end: load balancers are told first, then callers, and then the process ends.

On SIGTERM `/health/ready` says 503 and all else is served as before for `COUNTERSIGN_DRAIN_S`, in which balancers take
the process out. Each answer in that time closes its connection, so that none is cut while a request is on its way. Then
the process stops listening, finishes what it is at, and ends. Behind one socket that outlives the process, as under
`countersign up`, nothing has to be told, and the time is 0.
"""

import signal
import time
from types import FrameType

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.kernel.logs import logger

log = logger("api.draining")


class Drain:
    """Whether this process is on its way out."""

    def __init__(self) -> None:
        self.began_at: float | None = None

    @property
    def is_on(self) -> bool:
        """Whether it was asked to end."""
        return self.began_at is not None

    def begin(self) -> None:
        """From here on readiness is refused."""
        self.began_at = time.monotonic()


class Draining:
    """Pure ASGI middleware: while the process is on its way out, each answer closes its connection."""

    def __init__(self, app: ASGIApp, drain: Drain) -> None:
        self.app = app
        self.drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the connection's end is decided when the answer begins."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start" and self.drain.is_on:
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self.app(scope, receive, closing)


class Server(uvicorn.Server):
    """Uvicorn that is taken out before it ends.

    Attributes:
        drain: told when the first signal comes.
        drain_s: for how long everything is still served after it.
    """

    def __init__(self, config: uvicorn.Config, drain: Drain, drain_s: float) -> None:
        super().__init__(config)
        self.drain = drain
        self.drain_s = drain_s

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first SIGTERM begins the drain; whatever comes after it, or Ctrl-C, ends the process at once."""
        if sig == signal.SIGTERM and self.drain_s > 0 and not self.drain.is_on:
            self.drain.begin()
            return
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether it is time to end."""
        began_at = self.drain.began_at
        if began_at is not None and time.monotonic() - began_at >= self.drain_s:
            log.info("api.drained", seconds=self.drain_s)
            self.should_exit = True
        return await super().on_tick(counter)
