"""One record: what was received and what was answered, with what may be written of it."""

from __future__ import annotations

import json
from typing import Any

from ..http.compression import BadEncoding, coding_of, decompress
from ..jsonpath import Step, replace_all
from .frames import Frame

REDACTED = "[redacted]"
_MOST_BYTES = 2**30  # of a body that was compressed
_OVERHEAD_BYTES = 600  # of one that waits, beside its bodies
_EVENT = b"data: "
_EVENTS = (b"event: error", b"event: end")
Paths = tuple[tuple[Step, ...], ...]


class Body:
    """A body as it may be written: decompressed, and without what the rules of redaction name.

    `text` is None when it is no UTF-8; `withheld` says why nothing of it may be written.
    """

    __slots__ = ("coding", "raw", "redacted", "size", "text", "withheld")

    def __init__(self, body: bytes, encoding: str, paths: Paths) -> None:
        self.size = len(body)
        self.coding = encoding
        self.redacted = 0
        self.withheld: str | None = None
        self.raw = self._plain(body, encoding)
        if paths and self.raw:
            self._redact(paths)
        try:
            self.text: str | None = self.raw.decode("utf-8")
        except UnicodeDecodeError:
            self.text = None

    def _plain(self, body: bytes, encoding: str) -> bytes:
        if not encoding or not body:
            return body
        try:
            coding = coding_of(encoding)
            return decompress(body, coding, _MOST_BYTES) if coding else body
        except BadEncoding:
            return body

    def _redact(self, paths: Paths) -> None:
        try:
            self.raw, self.redacted = _without(self.raw, paths)
        except (ValueError, RecursionError):
            # Binary or broken: where the values are that must not be kept can't be told.
            self.raw, self.withheld = b"", "it is not JSON, so the redaction rules can't be applied to it"


def _without(raw: bytes, paths: Paths) -> tuple[bytes, int]:
    """The body without what is redacted: as it was when nothing is. Raises ValueError."""
    try:
        return _redacted(raw, paths)
    except ValueError:
        if raw.count(b"\n") < 1:
            raise
    lines, count = [], 0
    for line in raw.split(b"\n"):  # a stream: NDJSON, or events
        mark = _EVENT if line.startswith(_EVENT) else b""
        rest = line[len(mark) :]
        if not rest.strip() or line in _EVENTS:
            lines.append(line)
            continue
        shown, found = _redacted(rest, paths)
        lines.append(mark + shown)
        count += found
    return b"\n".join(lines), count


def _redacted(raw: bytes, paths: Paths) -> tuple[bytes, int]:
    repeated = False

    def make(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        value = dict(pairs)
        repeated = repeated or len(value) < len(pairs)
        return value

    value = json.loads(raw.decode("utf-8"), object_pairs_hook=make)
    count = replace_all(value, paths, REDACTED)
    # A key that is there twice hides what its first value has.
    if not count and not repeated:
        return raw, 0
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"), count


class Record:
    """A prediction on its way to the sinks. Bodies are made ready by the first sink that writes them."""

    __slots__ = ("_paths", "_reply", "_request", "frame", "pending", "replica", "size")

    def __init__(self, frame: Frame, replica: int, paths: Paths) -> None:
        self.frame = frame
        self.replica = replica
        self.pending = 0  # messages of it that are not confirmed, see kafka.py
        self._paths = paths
        self._request: Body | None = None
        self._reply: Body | None = None
        self.size = len(frame.request) + len(frame.reply) + _OVERHEAD_BYTES

    @property
    def request(self) -> Body:
        """What was received."""
        if self._request is None:
            self._request = Body(self.frame.request, self.frame.texts[4], self._paths)
        return self._request

    @property
    def reply(self) -> Body:
        """What was answered."""
        if self._reply is None:
            self._reply = Body(self.frame.reply, self.frame.texts[5], self._paths)
        return self._reply
