"""How long the head of a request may be and how long it may take: until it is whole nobody knows who is calling.

Bodies are bounded by the gate, behind who may send them.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# An address, a token and cookies are a tenth of it.
MOST_HEAD_BYTES = 64 * 1024
LONGEST_HEAD_S = 30.0


class BoundedHeads(HttpToolsProtocol):
    """Uvicorn's own protocol, which by itself takes in headers without end and waits for them for ever."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.head_bytes = 0
        self.is_head_whole = False
        self.due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """From here on the first head is waited for."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take bytes in; those of a head that is too long are the last of their connection."""
        if self.due is None and not self.is_head_whole:
            self._wait()
        self.head_bytes += len(data)
        super().data_received(data)
        # What came with the end of a head is its body.
        if not self.is_head_whole and self.head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_headers_complete(self) -> None:
        """The head is whole; the gate sees to the rest."""
        self.is_head_whole = True
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """What comes next is another head."""
        super().on_message_complete()
        self.is_head_whole, self.head_bytes = False, 0

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self.due = self.loop.call_later(LONGEST_HEAD_S, self._give_up)

    def _give_up(self) -> None:
        """Hang up, but on nobody who is being answered: a stray line end behind a body is no head."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        else:
            self._wait()

    def _stop_waiting(self) -> None:
        if self.due is not None:
            self.due.cancel()
            self.due = None
