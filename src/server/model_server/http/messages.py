"""What passes between the HTTP layer and an app: requests, replies and the limits of both."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from itertools import count
from typing import Any, Callable, Protocol, Union
from urllib.parse import unquote, urlsplit

_SANE_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}\Z")
_ID_PREFIX = ""
_IDS = count(1)
_ODD = 2654435761  # odd, so that no two of four thousand million counts give the same


def _new_prefix() -> None:
    global _ID_PREFIX  # noqa: PLW0603
    _ID_PREFIX = os.urandom(4).hex()


_new_prefix()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_prefix)  # else two workers would give the same ids


@dataclass(frozen=True)
class HttpLimits:
    """Sizes in bytes, times in seconds."""

    body_bytes: int = 64 * 1024 * 1024
    head_bytes: int = 64 * 1024
    head_seconds: float = 15.0
    body_idle_seconds: float = 30.0
    body_bytes_per_second: float = 1024.0
    idle_seconds: float = 120.0
    request_seconds: float = 300.0
    write_seconds: float = 60.0
    pipelined: int = 16


class ProtocolError(Exception):
    """A request that can't be read: `status` and `kind` are the reply's; the connection closes after it."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


class Head:
    """Request line and headers. `raw` has header names in lower case, repeated ones joined by commas."""

    __slots__ = ("_headers", "keep_alive", "method", "minor", "raw", "target")

    def __init__(
        self, method: str, target: str, raw: dict[bytes, bytes], keep_alive: bool, minor: int
    ) -> None:
        self.method = method
        self.target = target
        self.raw = raw
        self.keep_alive = keep_alive
        self.minor = minor
        self._headers: dict[str, str] | None = None

    def header(self, name: bytes) -> bytes | None:
        """One header's value; the name in lower case."""
        return self.raw.get(name)

    @property
    def headers(self) -> dict[str, str]:
        """All of them as text (Latin-1), made when it is asked for."""
        if self._headers is None:
            self._headers = {
                name.decode("latin-1"): value.decode("latin-1") for name, value in self.raw.items()
            }
        return self._headers

    @property
    def path(self) -> str:
        """The decoded path, without query, of an origin-form or absolute-form target."""
        target = self.target
        if not target.startswith("/"):
            target = urlsplit(target).path or "/"
        return unquote(target.split("?", 1)[0])


class Request:
    """A whole request. `id` is the client's when it is sane, else one of ours; `note`: see calls.Call."""

    __slots__ = ("body", "head", "id", "note", "received")

    def __init__(self, head: Head, body: bytes, id: str, received: float) -> None:  # noqa: A002
        self.head = head
        self.body = body
        self.id = id
        self.received = received  # time.perf_counter()
        self.note: dict[str, Any] = {}

    @property
    def method(self) -> str:
        """The method in capitals."""
        return self.head.method

    @property
    def path(self) -> str:
        """The decoded path."""
        return self.head.path


@dataclass
class Reply:
    """A whole reply. `bodiless` (204, 304, an app on HEAD): no content-length but that of `headers`."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    close: bool = False
    content_type: str = "application/json"
    bodiless: bool = False


class StreamChannel(Protocol):
    """The way to the client of a reply that comes in parts. All of it only on the event loop's thread."""

    @property
    def closed(self) -> bool:
        """Ended, aborted, or the client is gone: what is written is thrown away."""

    def write(self, data: bytes) -> None:
        """Send a part; it is kept in memory while the client does not read, so ask `when_writable` before."""

    def when_writable(self, resume: Callable[[], None]) -> None:
        """Call `resume` once (at once if possible) when the client has read most of what was written."""

    def end(self) -> None:
        """The body is whole."""

    def abort(self) -> None:
        """The body can't be completed: the connection is closed so that the client sees it."""


@dataclass
class StreamReply:
    """A reply whose body comes in parts.

    `opened` is called on the event loop's thread once the head is written; `gone`, if it is set, there when
    the client goes away before the end. A HEAD request gets the head only: the channel is closed then.
    """

    status: int
    content_type: str
    opened: Callable[[StreamChannel], None]
    headers: tuple[tuple[str, str], ...] = ()
    close: bool = False
    gone: Callable[[], None] | None = None
    sent: int = 0  # bytes of the body, known at the end
    complete: bool = True  # False at the end: aborted, or the client went away
    copied: list[bytes] | None = None  # the parts that were sent, where something wants them


AnyReply = Union[Reply, StreamReply]
Respond = Callable[[AnyReply], None]
Cancel = Callable[[], None]


class App(Protocol):
    """What answers requests. Both methods run on the event loop's thread and must not block it."""

    def handle(self, request: Request, respond: Respond) -> Cancel | None:
        """Answer by one call of `respond`, now or later; returns what to call if the client goes before."""

    def answered(self, request: Request | None, reply: AnyReply, seconds: float) -> None:
        """A reply was handed to the transport; `request` is None when it could not be read."""


def request_id(head: Head | None) -> str:
    """The client's x-request-id when it is sane, else one of ours."""
    given = None if head is None else head.raw.get(b"x-request-id")
    if given is not None and _SANE_ID.match(given):
        return given.decode("ascii")
    # Where little space is, the first eight characters are shown: they differ from one request to the next.
    return f"{next(_IDS) * _ODD & 0xFFFFFFFF:08x}{_ID_PREFIX}"


def json_reply(
    status: int, value: Any, headers: tuple[tuple[str, str], ...] = (), close: bool = False
) -> Reply:
    """A reply of a value that json can write."""
    return Reply(status, json.dumps(value, separators=(",", ":")).encode(), headers, close)


def error_reply(
    status: int,
    kind: str,
    message: str,
    request: str | None,
    headers: tuple[tuple[str, str], ...] = (),
    close: bool = False,
    **more: Any,
) -> Reply:
    """The one form of an error: {"error": sentence, "kind", "request": id, …}."""
    return json_reply(status, {"error": message, "kind": kind, "request": request, **more}, headers, close)
