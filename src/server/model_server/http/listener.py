"""Accepting from a listening socket that several processes share."""

from __future__ import annotations

import asyncio
import errno
import selectors
import socket
import time

from .messages import App, HttpLimits
from .parsers import ParserFactory
from .protocol import HttpProtocol

_OUT_OF_FILES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

_LATE_GRACE_SECONDS = 0.25  # for a client that was accepted right before the end
_AWAY_SECONDS = 0.5  # so long the clients that were sent away find another process only


class Listener:
    """Accepts one connection per turn of the loop, so that each process sharing the socket gets its share."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        app: App,
        limits: HttpLimits,
        parser: ParserFactory,
    ) -> None:
        self._loop = loop
        self._sock = sock
        self._app = app
        self._limits = limits
        self._parser = parser
        self._accepting = False
        self._drains = False
        self._tasks: set[asyncio.Task[object]] = set()
        self.connections: set[HttpProtocol] = set()
        self._sweep: asyncio.TimerHandle | None = None
        sock.setblocking(False)

    def start(self) -> None:
        """Accept from now on; idempotent."""
        if not self._accepting:
            self._accepting = True
            self._loop.add_reader(self._sock, self._accept)
        if self._sweep is None:
            self._sweep = self._loop.call_later(0.5, self._check_deadlines)

    def stop(self) -> None:
        """Accept no more; open connections stay. Idempotent."""
        if self._accepting:
            self._accepting = False
            self._loop.remove_reader(self._sock)

    @property
    def is_empty(self) -> bool:
        """Whether nobody is connected, nor about to be."""
        return not self.connections and not self._tasks

    def drain(self, grace: float) -> None:
        """Stop accepting; connections close after what is under way, or `grace` seconds without anything."""
        self._drains = True
        self.stop()
        for connection in list(self.connections):
            connection.drain(grace)

    def rebalance(self, clients: int) -> None:
        """Have so many busy clients connect again after their next reply: to another process."""
        if not self._accepting:
            return
        busy = [connection for connection in self.connections if connection.is_busy]
        for connection in busy[:clients]:
            connection.close_after_reply = True
        self.stop()
        self._loop.call_later(_AWAY_SECONDS, self._back)

    def _back(self) -> None:
        if not self._drains:
            self.start()

    def _accept(self) -> None:
        try:
            client, _ = self._sock.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another process was faster, or the client gave up
        except OSError as error:
            if error.errno in _OUT_OF_FILES:
                self._loop.remove_reader(self._sock)
                self._loop.call_later(0.5, self._accept_again)
            return
        client.setblocking(False)
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            client.close()
            return
        task: asyncio.Task[object] = self._loop.create_task(
            self._loop.connect_accepted_socket(self._connection, client)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _connection(self) -> HttpProtocol:
        """For an accepted client: it is drained with the others, also if that began before its turn."""
        connection = HttpProtocol(self._loop, self._app, self._limits, self._parser, self.connections)
        self.connections.add(connection)
        if self._drains:
            connection.drain(_LATE_GRACE_SECONDS)
        return connection

    def _accept_again(self) -> None:
        if self._accepting:
            self._loop.add_reader(self._sock, self._accept)

    def _check_deadlines(self) -> None:
        now = time.monotonic()
        for connection in list(self.connections):
            connection.check_deadlines(now)
        self._sweep = self._loop.call_later(0.5, self._check_deadlines)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket on host and port (0: a free one); raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            # On Windows SO_REUSEADDR would let two servers have the same port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(1024)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def new_loop(selector: selectors.BaseSelector | None = None) -> asyncio.AbstractEventLoop:
    """A loop that can watch sockets on every system (on Windows the default one can't)."""
    return asyncio.SelectorEventLoop(selector)
