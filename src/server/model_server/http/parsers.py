"""Two request parsers behind one interface: httptools where it is importable, else our own copy of h11."""

from __future__ import annotations

import os
from typing import Any, Callable, Protocol

from ..vendored import import_vendored
from .messages import Head, HttpLimits, ProtocolError
from .request_heads import make_head, too_large, wrong_version


class Sink(Protocol):
    """Gets the parts of requests in order; must not raise."""

    def on_head(self, head: Head) -> None:
        """A request begins."""

    def on_body(self, data: bytes) -> None:
        """A part of its body."""

    def on_complete(self) -> None:
        """The request is whole; the next call is on_head of the next one."""


class Parser(Protocol):
    """Bytes in, calls of a sink out."""

    def feed(self, data: bytes) -> None:
        """Parse what arrived; raises ProtocolError, after which the parser is not used again."""

    def close(self) -> None:
        """The connection is gone: let go of the sink, which has the parser."""


ParserFactory = Callable[[Sink, HttpLimits], Parser]


class _Repeated:
    """The last head of a connection: clients send it again and again, and its bytes mean the same each time.

    Only of requests that came in one piece, head and body, with nothing before or behind them.
    """

    __slots__ = ("_bytes", "_head", "_size")

    def __init__(self) -> None:
        self._bytes = b""
        self._size = -1  # of the whole request; -1: there is none
        self._head: Head | None = None

    def take(self, data: bytes, sink: Sink) -> bool:
        """Whether this was a request with that head, which the sink has now. Between two requests only."""
        head = self._head
        if len(data) != self._size or head is None or not data.startswith(self._bytes):
            return False
        sink.on_head(head)
        if len(self._bytes) < self._size:
            sink.on_body(data[len(self._bytes) :])
        sink.on_complete()
        return True

    def keep(self, data: bytes, head: Head | None) -> None:
        """One request was read from this; `head` is the last one that there was in it."""
        if head is None or not head.keep_alive or not _NOT_REPEATED.isdisjoint(head.raw):
            return
        length = head.raw.get(b"content-length", b"0")
        size = data.find(_END_OF_HEAD, 0, _MOST_REPEATED) + len(_END_OF_HEAD)
        if length.isdigit() and size >= len(_END_OF_HEAD) and size + int(length) == len(data):
            self._bytes, self._size, self._head = data[:size], len(data), head


_END_OF_HEAD = b"\r\n\r\n"
_MOST_REPEATED = 2048  # bytes of a head that is kept
_NOT_REPEATED = frozenset({b"transfer-encoding", b"upgrade", b"expect", b"x-request-id"})


class H11Parser:
    """The pure-Python parser. A fresh h11 connection per request: the replies are not h11's business."""

    def __init__(self, sink: Sink, limits: HttpLimits) -> None:
        self._h11: Any = import_vendored("h11") if _H11 is None else _H11
        self._sink = sink
        self._limits = limits
        self._connection = self._fresh()
        self._is_idle = True  # between two requests
        self._repeated = _Repeated()
        self._last: Head | None = None

    def feed(self, data: bytes) -> None:
        """See Parser."""
        was_idle, whole, self._last = self._is_idle, data, None
        if was_idle and self._repeated.take(data, self._sink):
            return
        self._feed(data)
        if was_idle and self._is_idle:
            self._repeated.keep(whole, self._last)

    def _feed(self, data: bytes) -> None:
        h11 = self._h11
        if self._is_idle:
            data = data.lstrip(b"\r\n")  # h11 does not take the empty line that RFC 9112, section 2.2, allows
            if not data:
                return
            self._is_idle = False
        try:
            self._connection.receive_data(data)
            while True:
                event = self._connection.next_event()
                kind = type(event)
                if kind is h11.Request:
                    self._begin(event)
                elif kind is h11.Data:
                    self._sink.on_body(bytes(event.data))
                elif kind is h11.EndOfMessage:
                    rest = self._connection.trailing_data[0].lstrip(b"\r\n")
                    self._connection = self._fresh()
                    self._is_idle = not rest
                    self._sink.on_complete()
                    if not rest:
                        return
                    self._connection.receive_data(rest)
                else:
                    return
        except h11.RemoteProtocolError as error:
            error.__traceback__ = None  # its frames have it
            if error.error_status_hint == 431:
                raise too_large(self._limits) from None
            raise ProtocolError(400, "bad-http", f"The request is not valid HTTP: {error}") from None

    def close(self) -> None:
        """See Parser."""
        del self._sink

    def _begin(self, event: Any) -> None:
        pairs = list(event.headers)
        target = event.target.decode("latin-1")
        if len(target) + sum(len(name) + len(value) + 4 for name, value in pairs) > self._limits.head_bytes:
            raise too_large(self._limits)
        version = event.http_version
        if not version.startswith(b"1."):  # RFC 9110, section 2.5: a later 1.x is read as the last known
            raise wrong_version(version.decode("latin-1"))
        minor = 0 if version == b"1.0" else 1
        self._last = make_head(event.method.decode("latin-1"), target, pairs, minor)
        self._sink.on_head(self._last)

    def _fresh(self) -> Any:
        return self._h11.Connection(self._h11.SERVER, max_incomplete_event_size=self._limits.head_bytes)


class HttptoolsParser:
    """The compiled parser. Its callbacks may not raise: an error found in them is raised by feed."""

    def __init__(self, sink: Sink, limits: HttpLimits) -> None:
        self._sink = sink
        self._limits = limits
        self._error: ProtocolError | None = None
        # httptools takes a request that asks for an upgrade (Java's HttpClient does) as one without body: the
        # body is then parsed under a head that only says how long it is.
        self._framing = b""
        self._continued = False
        self._fed = 0  # bytes of what is being fed
        self._repeated = _Repeated()
        self._last: Head | None = None
        self._reset()

    def _reset(self) -> None:
        assert _HTTPTOOLS is not None
        self._parser = _HTTPTOOLS.HttpRequestParser(self)
        self._begin()

    def _begin(self) -> None:
        self._url = b""
        self._pairs: list[tuple[bytes, bytes]] = []
        self._size = 0  # of the head as far as it was fed, without the piece in which it began
        self._most = self._fed  # with that piece, which may hold more than the head
        self._in_head = True

    def feed(self, data: bytes) -> None:
        """See Parser."""
        was_idle, self._last = self._in_head and not self._most, None
        if was_idle and self._repeated.take(data, self._sink):
            return
        self._feed(data)
        if was_idle and self._in_head and not self._most:
            self._repeated.keep(data, self._last)

    def _feed(self, data: bytes) -> None:
        assert _HTTPTOOLS is not None
        view: bytes | memoryview = data
        while view:
            self._fed = len(view)
            if self._in_head:
                self._size += self._fed
                self._most += self._fed
            try:
                self._parser.feed_data(view)
                view = b""
            except _HTTPTOOLS.HttpParserUpgrade as upgrade:
                # We switch to no other protocol: what follows is the body, or the next HTTP request.
                view = memoryview(view)[upgrade.args[0] :]
                framing, self._framing = self._framing, b""
                self._reset()
                if framing:
                    self._continued = True
                    self._parser.feed_data(b"POST / HTTP/1.1\r\n" + framing + b"\r\n\r\n")
            except _HTTPTOOLS.HttpParserError as error:
                if self._error is None:
                    reason = str(error) or type(error).__name__
                    raise ProtocolError(400, "bad-http", f"The request is not valid HTTP: {reason}") from None
            if self._error is not None:
                raise self._error
            if self._in_head and self._size > self._limits.head_bytes:
                raise too_large(self._limits)

    def close(self) -> None:
        """See Parser."""
        del self._sink, self._parser
        self._error = None  # its traceback has us

    def on_message_begin(self) -> None:  # noqa: D102
        self._begin()

    def on_url(self, url: bytes) -> None:  # noqa: D102
        self._url = self._url + url if self._url else url

    def on_header(self, name: bytes, value: bytes | None) -> None:  # noqa: D102
        self._pairs.append((name.lower(), value.strip(b" \t") if value else b""))

    def on_headers_complete(self) -> None:  # noqa: D102
        self._in_head = False
        if self._error is not None or self._continued:
            return
        try:
            if self._most > self._limits.head_bytes:
                size = len(self._url) + sum(len(name) + len(value) + 4 for name, value in self._pairs)
                if size > self._limits.head_bytes:
                    raise too_large(self._limits)
            version = self._parser.get_http_version()
            if not version.startswith("1."):
                raise wrong_version(version)
            minor = 0 if version == "1.0" else 1
            method = self._parser.get_method().decode("latin-1")
            head = make_head(method, self._url.decode("latin-1"), self._pairs, minor)
        except ProtocolError as error:
            self._error = error
            return
        if (b"upgrade" in head.raw or method == "CONNECT") and self._parser.should_upgrade():
            self._framing = _framing(head)
        self._last = head
        self._sink.on_head(head)

    def on_body(self, data: bytes) -> None:  # noqa: D102
        if self._error is None:
            self._sink.on_body(data)

    def on_message_complete(self) -> None:  # noqa: D102
        if self._framing:
            return
        self._in_head = True
        self._size = self._most = 0
        self._continued = False
        if self._error is None:
            self._sink.on_complete()


def _framing(head: Head) -> bytes:
    if b"transfer-encoding" in head.raw:
        return b"transfer-encoding: chunked"
    length = head.raw.get(b"content-length", b"0")
    return b"content-length: " + length if length.strip(b"0") else b""


def _import_httptools() -> Any | None:
    if os.environ.get("MODEL_SERVER_PURE") == "1":
        return None
    try:
        import httptools
    except Exception:  # a broken compiled package must not keep the server from starting
        return None
    return httptools


_HTTPTOOLS = _import_httptools()
_H11 = import_vendored("h11") if _HTTPTOOLS is None else None


def default_parser() -> tuple[str, ParserFactory]:
    """Name and factory of the parser that this interpreter allows."""
    return ("h11", H11Parser) if _HTTPTOOLS is None else ("httptools", HttptoolsParser)
