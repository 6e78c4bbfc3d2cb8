"""The heads of replies, made of parts that are encoded once."""

from __future__ import annotations

import time
from email.utils import formatdate
from http import HTTPStatus

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}".encode() for status in HTTPStatus}
CLOSE = b"connection: close\r\n"
KEEP_ALIVE = b"connection: keep-alive\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_beginnings: dict[tuple[int, str], bytes] = {}
_second = 0


def beginning(status: int, content_type: str) -> bytes:
    """Status line, date and content type (none when it is empty); kept while the date is right."""
    global _second  # noqa: PLW0603
    second = int(time.time())
    if second != _second:
        _second = second
        _beginnings.clear()
    key = (status, content_type)
    found = _beginnings.get(key)
    if found is None:
        line = _STATUS_LINES.get(status) or b"HTTP/1.1 %d " % status
        date, kind = formatdate(second, usegmt=True).encode(), content_type.encode("latin-1")
        found = b"%b\r\ndate: %b\r\n" % (line, date)
        if kind:
            found += b"content-type: %b\r\n" % kind
        _beginnings[key] = found
    return found


def encode(headers: tuple[tuple[str, str], ...]) -> bytes:
    """Header lines of a reply's own."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode("latin-1")
