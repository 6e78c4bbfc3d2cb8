"""Replies of one client connection: in the order in which its requests came, one at a time."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from functools import partial
from typing import Callable

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
from .streams import Channel

_LINGER_SECONDS = 2.0


class Replying(asyncio.Protocol):
    """Hands what was read to an app and writes each reply in one write, or part by part.

    HttpProtocol, which reads, puts requests and refusals into the queue and calls `_advance`. It extends this
    class: as an object of its own it would cost every request several calls more.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, app: App, limits: HttpLimits) -> None:
        self._loop = loop
        self._app = app
        self._limits = limits
        self._transport: asyncio.Transport | None = None
        self._head: Head | None = None  # of the request that is being read
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
        self._touched = time.monotonic()

    def pause_writing(self) -> None:  # noqa: D102
        self._paused_since = time.monotonic()
        if self._channel is not None:
            self._channel.paused = True

    def resume_writing(self) -> None:  # noqa: D102
        self._paused_since = None
        if self._channel is not None:
            self._channel.resumed()
        self._advance()

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
            channel.lost()
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

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()
