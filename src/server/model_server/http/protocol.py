"""One client connection: requests are answered in the order in which they came, one at a time."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from functools import partial
from typing import Callable, cast

from . import heads
from .messages import (
    AnyReply,
    App,
    Head,
    HttpLimits,
    ProtocolError,
    Reply,
    Request,
    StreamReply,
    error_reply,
    request_id,
)
from .parsers import Parser, ParserFactory
from .streams import Channel

_LINGER_SECONDS = 2.0
_SOON_SECONDS = 0.1


class HttpProtocol(asyncio.Protocol):
    """Reads requests with a parser, hands them to an app and writes each reply in one write."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        app: App,
        limits: HttpLimits,
        parser: ParserFactory,
        connections: set[HttpProtocol],
    ) -> None:
        self._loop = loop
        self._app = app
        self._limits = limits
        self._parser: Parser = parser(self, limits)
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._head: Head | None = None
        self._body: bytes | bytearray = b""
        self._queue: deque[Request | ProtocolError] = deque()
        self._current: Request | None = None
        self._on_gone: Callable[[], None] | None = None
        self._streamed: StreamReply | None = None  # the reply that is being written part by part
        self._channel: Channel | None = None  # its
        self._advancing = False
        self._refusing = False  # nothing more is read from this client
        self._eof = False
        self._draining = False
        self.close_after_reply = False
        self._paused_since: float | None = None
        self._reading_paused = False
        self._began: float | None = None  # when the first byte of the request being read came
        self._touched = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has no such base
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002, D102
        self._connections.discard(self)
        self._refusing = True
        self._queue.clear()
        current, self._current = self._current, None
        if self._channel is not None and self._streamed is not None and current is not None:
            self._channel.closed = True
            self._streamed.sent, self._streamed.complete = self._channel.sent, False
            self._app.answered(current, self._streamed, time.perf_counter() - current.received)
            self._channel = self._streamed = None
        gone, self._on_gone = self._on_gone, None
        if gone is not None:
            gone()

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

    def pause_writing(self) -> None:  # noqa: D102
        self._paused_since = time.monotonic()
        if self._channel is not None:
            self._channel.paused = True

    def resume_writing(self) -> None:  # noqa: D102
        self._paused_since = None
        if self._channel is not None:
            self._channel.resumed()
        self._advance()

    # The parser's sink

    def on_head(self, head: Head) -> None:
        """A request begins: what its head already forbids is refused before its body is read."""
        if self._refusing:
            return
        self._head, self._body = head, b""
        length = head.header(b"content-length")
        if length is not None and length.isdigit() and int(length) > self._limits.body_bytes:
            self._refuse(self._body_too_large())
            return
        expect = head.header(b"expect")
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

    # Replies

    def _advance(self) -> None:
        if self._advancing:
            return
        self._advancing = True
        try:
            while self._queue and self._current is None and self._paused_since is None:
                item = self._queue.popleft()
                if isinstance(item, ProtocolError):
                    self._write_error(item)
                    return
                self._begin(item)
        finally:
            self._advancing = False
        if self._reading_paused and len(self._queue) < self._limits.pipelined and self._transport:
            self._reading_paused = False
            self._transport.resume_reading()

    def _begin(self, request: Request) -> None:
        self._current = request
        gone = self._app.handle(request, partial(self._respond, request))
        if self._current is request and self._channel is None:
            self._on_gone = gone

    def _respond(self, request: Request, reply: AnyReply) -> None:
        if request is not self._current or self._channel is not None:
            if isinstance(reply, StreamReply) and reply.gone is not None:
                reply.gone()
            return  # the client went away
        keep = request.head.keep_alive and not reply.close and not self._draining
        # Not while more is in the pipeline: a client would have to ask for that again.
        keep = keep and not ((self._eof or self.close_after_reply) and not self._queue)
        if isinstance(reply, StreamReply):
            self._begin_stream(request, reply, keep)
            return
        self._write(request, reply, keep)
        self._finish(request, reply, keep)

    def _finish(self, request: Request, reply: AnyReply, keep: bool) -> None:
        self._current, self._on_gone = None, None
        self._touched = time.monotonic()
        self._app.answered(request, reply, time.perf_counter() - request.received)
        if not keep:
            self._close()
        elif self._queue or self._reading_paused:
            self._advance()

    def _write(self, request: Request | None, reply: Reply, keep: bool) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        body = reply.body
        head = b"%bcontent-length: %d\r\n%b\r\n" % (
            heads.beginning(reply.status, reply.content_type),
            len(body),
            self._lines(request, reply, keep),
        )
        if reply.bodiless:
            beginning = heads.beginning(reply.status, reply.content_type)
            head = b"%b%b\r\n" % (beginning, self._lines(request, reply, keep))
        without_body = request is not None and request.head.method == "HEAD"
        transport.write(head if without_body else head + body)

    def _lines(self, request: Request | None, reply: AnyReply, keep: bool) -> bytes:
        lines = b"" if request is None else b"x-request-id: %b\r\n" % request.id.encode("ascii")
        if reply.headers:
            lines += heads.encode(reply.headers)
        if not keep:
            lines += heads.CLOSE
        elif request is not None and request.head.minor == 0:
            lines += heads.KEEP_ALIVE
        return lines

    def _begin_stream(self, request: Request, reply: StreamReply, keep: bool) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            if reply.gone is not None:
                reply.gone()
            return  # connection_lost follows: the call's way to cancel stays in place
        chunked = request.head.minor >= 1
        keep = keep and chunked  # without chunks the end of the connection is the end of the body
        coding = b"transfer-encoding: chunked\r\n" if chunked else b""
        beginning = heads.beginning(reply.status, reply.content_type)
        transport.write(b"%b%b%b\r\n" % (beginning, coding, self._lines(request, reply, keep)))
        channel = Channel(transport, chunked, partial(self._stream_ended, request, reply, keep))
        channel.paused = self._paused_since is not None
        if request.head.method == "HEAD":
            channel.closed = True
            reply.opened(channel)
            self._finish(request, reply, keep)
            if reply.gone is not None:
                reply.gone()
            return
        self._streamed, self._channel, self._on_gone = reply, channel, reply.gone
        reply.opened(channel)

    def _stream_ended(self, request: Request, reply: StreamReply, keep: bool, complete: bool) -> None:
        assert self._channel is not None
        reply.sent, reply.complete = self._channel.sent, complete
        self._streamed = self._channel = None
        if request is not self._current:
            return
        keep = keep and complete and not self._draining
        self._finish(request, reply, keep)
        if not complete:
            self.abort()

    def _refuse(self, error: ProtocolError) -> None:
        if self._refusing:
            return
        self._refusing = True
        self._queue.append(error)
        self._advance()

    def _write_error(self, error: ProtocolError) -> None:
        identifier = request_id(self._head)
        own = (("x-request-id", identifier),)
        reply = error_reply(error.status, error.kind, str(error), identifier, own, close=True)
        self._write(None, reply, keep=False)
        self._app.answered(None, reply, 0.0)
        self._linger()

    def _linger(self) -> None:
        # Closing with unread bytes in the socket resets the connection, and the client may lose the reply.
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if transport.can_write_eof():
            transport.write_eof()
        self._loop.call_later(_LINGER_SECONDS, transport.close)

    def _close(self) -> None:
        self._refusing = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()

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

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

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
