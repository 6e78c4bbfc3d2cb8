"""One client connection: its requests are read here, and answered in replying.py."""

from __future__ import annotations

import asyncio
import time
from typing import cast

from . import heads
from .messages import App, Head, HttpLimits, ProtocolError, Request, error_reply, request_id
from .parsers import Parser, ParserFactory
from .replying import Replying

_SOON_SECONDS = 0.1
# asyncio reads into 256 KiB, which the C library gets from the system and gives back for each request: 14 µs.
_READ_BYTES = 64 * 1024


class HttpProtocol(Replying):
    """Reads requests with a parser; refuses what is wrong or too large, and ends what is too slow."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        app: App,
        limits: HttpLimits,
        parser: ParserFactory,
        connections: set[HttpProtocol],
    ) -> None:
        super().__init__(loop, app, limits)
        self._parser: Parser = parser(self, limits)
        self._connections = connections
        self._body: bytes | bytearray = b""
        self._began: float | None = None  # when the first byte of the request being read came

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has no such base
        if hasattr(transport, "max_size"):
            transport.max_size = _READ_BYTES
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002, D102
        self._connections.discard(self)
        self._refusing = True
        self._queue.clear()
        current, self._current = self._current, None
        if self._channel is not None and self._streamed is not None and current is not None:
            self._channel.lost()
            self._streamed.sent, self._streamed.complete = self._channel.sent, False
            self._app.answered(current, self._streamed, time.perf_counter() - current.received)
            self._channel = self._streamed = None
        gone, self._on_gone = self._on_gone, None
        if gone is not None:
            gone()
        if current is not None:
            current.note.clear()
        self._parser.close()
        # What leads in a circle waits for the garbage collector: asyncio's transport has methods of its own.
        own = getattr(self._transport, "__dict__", {})
        own.pop("_read_ready_cb", None)
        own.pop("_write_ready", None)

    def data_received(self, data: bytes) -> None:  # noqa: D102
        if self._refusing:
            return
        self._touched = time.monotonic()
        if self._began is None:
            self._began = self._touched
        try:
            self._parser.feed(data)
        except ProtocolError as error:
            self._refuse(error)

    def eof_received(self) -> bool:  # noqa: D102
        # A client may close its side after the request and still read: the connection ends after the last
        # reply.
        self._eof = True
        return self._current is not None or bool(self._queue)

    # The parser's sink

    def on_head(self, head: Head) -> None:
        """A request begins: what its head already forbids is refused before its body is read."""
        if self._refusing:
            return
        self._head, self._body = head, b""
        raw = head.raw
        length = raw.get(b"content-length")
        if length is not None and length.isdigit() and int(length) > self._limits.body_bytes:
            self._refuse(self._body_too_large())
            return
        expect = raw.get(b"expect")
        if expect is None or head.minor == 0 or expect.lower() != b"100-continue":
            return
        if self._current is None and not self._queue and self._transport is not None:
            self._transport.write(heads.CONTINUE)

    def on_body(self, data: bytes) -> None:
        """A part of the body, up to the limit."""
        if self._refusing:
            return
        if len(self._body) + len(data) > self._limits.body_bytes:
            self._refuse(self._body_too_large())
        elif not self._body:
            self._body = data
        else:
            if isinstance(self._body, bytes):
                self._body = bytearray(self._body)
            self._body += data

    def on_complete(self) -> None:
        """The request is whole."""
        head = self._head
        if self._refusing or head is None:
            return
        body = self._body if type(self._body) is bytes else bytes(self._body)
        request = Request(head, body, request_id(head), time.perf_counter())
        self._head, self._body, self._began = None, b"", None
        if not head.keep_alive:
            self._refusing = True
        if self._current is None and not (self._queue or self._advancing or self._paused_since):
            self._advancing = True
            self._begin(request)
            self._advancing = False
            if self._queue:
                self._advance()
            return
        self._queue.append(request)
        if len(self._queue) >= self._limits.pipelined and not self._reading_paused and self._transport:
            self._reading_paused = True
            self._transport.pause_reading()
        self._advance()

    def _refuse(self, error: ProtocolError) -> None:
        if self._refusing:
            return
        self._refusing = True
        self._queue.append(error)
        self._advance()

    def _body_too_large(self) -> ProtocolError:
        return ProtocolError(
            413,
            "body-too-large",
            f"The request body is too large: the limit is {self._limits.body_bytes} bytes",
        )

    @property
    def is_busy(self) -> bool:
        """Whether a request is being read or answered."""
        return self._current is not None or self._began is not None

    # Ends that are not the client's

    def drain(self, grace: float) -> None:
        """Answer what is under way, or what comes within `grace` seconds, then close."""
        self._draining = True
        if grace > 0:
            self._loop.call_later(grace, self.drain, 0.0)
        elif self._transport is None:
            self._loop.call_later(_SOON_SECONDS, self.drain, 0.0)  # it was accepted a moment ago
        elif self._current is None and not self._queue and self._began is None:
            self._close()

    def check_deadlines(self, now: float) -> None:
        """Close the connection of a client that is too slow; `now` is time.monotonic()."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._paused_since is not None:
            if now - self._paused_since > self._limits.write_seconds:
                self.abort()
            return
        if self._current is not None or self._queue or self._refusing:
            self._check_request_time()
            return
        if self._began is None:
            if now - self._touched > self._limits.idle_seconds:
                self._close()
            return
        spent = now - self._began
        if self._head is None:
            if spent > self._limits.head_seconds:
                self._refuse(self._too_slow("headers", self._limits.head_seconds))
            return
        slow = spent > self._limits.body_idle_seconds + len(self._body) / self._limits.body_bytes_per_second
        if slow or now - self._touched > self._limits.body_idle_seconds:
            self._refuse(self._too_slow("body", self._limits.body_idle_seconds))

    def _check_request_time(self) -> None:
        """Answer for a call that takes too long, and drop it if it has not begun. Streams take their time."""
        request, limit = self._current, self._limits.request_seconds
        if request is None or self._channel is not None or time.perf_counter() - request.received <= limit:
            return
        gone, self._on_gone = self._on_gone, None
        if gone is not None:
            gone()
        message = f"The request was not answered within {limit:g} s (limits.requestSeconds)"
        self._respond(request, error_reply(504, "request-timeout", message, request.id))

    def _too_slow(self, part: str, seconds: float) -> ProtocolError:
        return ProtocolError(
            408, "too-slow", f"The request came too slowly: no whole {part} within {seconds:g} s"
        )
