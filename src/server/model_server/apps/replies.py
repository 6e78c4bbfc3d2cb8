"""Replies of apps: their status and headers, checked, in the form of the HTTP layer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..http.messages import Reply

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_BAD = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
# What is between this server and its client is not the app's; the others are written by the HTTP layer.
_NOT_THEIRS = {
    "connection", "content-length", "content-type", "date", "keep-alive", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "x-request-id",
}  # fmt: skip


@dataclass
class Start:
    """The beginning of a reply; `length` is the app's content-length."""

    status: int
    content_type: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    length: int | None = None
    close: bool = False

    def whole(self, body: bytes, method: str) -> Reply:
        """The reply with all of its body."""
        headers = tuple(self.headers)
        if self.status in {204, 304} or method == "HEAD":
            if self.length is not None and self.status != 204:
                headers = (*headers, ("content-length", str(self.length)))
            return Reply(self.status, b"", headers, self.close, self.content_type, bodiless=True)
        return Reply(self.status, body, headers, self.close, self.content_type)


def begin(status: int, pairs: Iterable[tuple[str, str]]) -> Start:
    """Check what an app says; raises ValueError for what HTTP does not allow."""
    if not 200 <= status <= 999:
        raise ValueError(f"the app answered with the status {status}, which is not possible")
    start = Start(status)
    for given, value in pairs:
        name = given.lower()
        if not _NAME.match(name):
            raise ValueError(f"the app answered with a header of the name {given!r}, which is not possible")
        if _BAD.search(value):
            raise ValueError(f"the app answered with line breaks or the like in its header {given!r}")
        if name == "content-type":
            start.content_type = value.strip()
        elif name == "content-length":
            start.length = int(value)
        elif name == "connection":
            start.close = "close" in value.lower()
        elif name not in _NOT_THEIRS:
            start.headers.append((name, value.strip()))
    return start
