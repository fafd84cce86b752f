"""A wire that can be broken: every byte between a client and a real server passes it, and some are lost on purpose."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

CHUNK = 65536
Upwards = Callable[[bytes], bool]


class Wire:
    """Listens on a port of its own and passes on to a server.

    Attributes:
        is_open: whether callers are taken at all; otherwise they are hung up on.
        is_silent: taken, and nothing is passed on.
        slow_s: how long each piece waits on its way.
        cut_after: hang up after so many bytes upwards on one connection.
        cut_answers_after: the same downwards.
        is_doubled: everything that is sent goes to the server twice, on two connections; one answer comes back.
        loses: told each piece that goes up; once it says yes, the piece arrives and its answer never comes.
        broken: how often something was broken.
    """

    def __init__(self, host: str, port: int) -> None:
        self.server = (host, port)
        self.is_open, self.is_silent, self.is_doubled = True, False, False
        self.slow_s, self.cut_after, self.cut_answers_after, self.broken = 0.0, 0, 0, 0
        self.loses: Upwards = lambda _: False
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.sockets: list[socket.socket] = []
        self.threads: list[threading.Thread] = []
        self._begin(self._accept)

    def heal(self) -> None:
        """Everything passes again."""
        self.is_open, self.is_silent, self.is_doubled = True, False, False
        self.slow_s, self.cut_after, self.cut_answers_after = 0.0, 0, 0
        self.loses = lambda _: False

    def end(self) -> None:
        """Hang up on everybody."""
        _close(self.listening)
        for one in list(self.sockets):
            _close(one)
        for thread in self.threads:
            thread.join(10)

    def _begin(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            self.sockets.append(client)
            if not self.is_open:
                self.broken += 1
                _close(client)
            elif self.is_silent:
                self.broken += 1
            else:
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self.server, timeout=10)
        except OSError:
            _close(client)
            return
        server.settimeout(None)
        _Line(self, client, server).begin()


class _Line:
    """One caller's connection, piece by piece."""

    def __init__(self, wire: Wire, client: socket.socket, server: socket.socket) -> None:
        self.wire, self.client, self.server = wire, client, server
        self.second: socket.socket | None = None
        self.is_lost = False
        self.sent = self.answered = 0

    def begin(self) -> None:
        self.wire.sockets.append(self.server)
        if self.wire.is_doubled:
            self.second = socket.create_connection(self.wire.server, timeout=10)
            self.wire.sockets.append(self.second)
            self.wire.broken += 1
            self.wire._begin(self._discard)
        self.wire._begin(self._up)
        self.wire._begin(self._down)

    def _up(self) -> None:
        with suppress(OSError):
            while piece := self.client.recv(CHUNK):
                self.sent += len(piece)
                if self.wire.cut_after and self.sent > self.wire.cut_after:
                    self.wire.broken += 1
                    break
                if not self.is_lost and self.wire.loses(piece):
                    self.is_lost = True
                    self.wire.broken += 1
                self.server.sendall(piece)
                if self.second is not None:
                    self.second.sendall(piece)
        self._hang_up()

    def _down(self) -> None:
        with suppress(OSError):
            while piece := self.server.recv(CHUNK):
                # The server has done it, and nobody will hear of it.
                if self.is_lost:
                    break
                self.answered += len(piece)
                if self.wire.cut_answers_after and self.answered > self.wire.cut_answers_after:
                    self.wire.broken += 1
                    break
                time.sleep(self.wire.slow_s)
                self.client.sendall(piece)
        self._hang_up()

    def _discard(self) -> None:
        assert self.second is not None
        with suppress(OSError):
            while self.second.recv(CHUNK):
                pass

    def _hang_up(self) -> None:
        for one in (self.client, self.server, self.second):
            if one is not None:
                _close(one)


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
