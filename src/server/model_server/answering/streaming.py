"""Replies item by item: server-sent events or NDJSON of what a verb's generator yields.

The items are pulled on the main thread, one in each turn, so that other calls run between them; the next
one is only pulled when the client has read most of those before. A result that is no iterator is a stream of
one item.
The first item is pulled before the reply begins: what fails until then is answered as any failure is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy
from typing import Any, Callable

from ..calling.answers import Answers
from ..calling.calls import Call, Step
from ..http.messages import Reply, StreamChannel, StreamReply
from ..measuring.measures import Measures

EVENTS = "text/event-stream"
LINES = "application/x-ndjson"
_TYPES = {EVENTS: EVENTS, LINES: LINES, "application/ndjson": LINES, "application/jsonl": LINES}
_HEADERS = (("cache-control", "no-cache"), ("x-accel-buffering", "no"))
_PERHAPS = re.compile(rb"event-stream|ndjson|jsonl", re.IGNORECASE)
_NOTHING = object()


def wanted_stream(accept: bytes | None) -> str | None:
    """EVENTS or LINES when an accept header prefers one of them to JSON."""
    if not accept or not _PERHAPS.search(accept):
        return None
    best: tuple[float, str | None] = (0.0, None)
    for part in accept.decode("latin-1").lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if name in _TYPES or name == "application/json":
            weight = _weight(parameters)
            if weight > best[0]:
                best = weight, _TYPES.get(name)
    return best[1]


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(float(value), 1.0)
            except ValueError:
                return 0.0
    return 1.0


class Streamer:
    """Makes the replies of one worker's streams. `put` and `on_loop` lead to the two threads."""

    def __init__(
        self,
        put: Callable[[Step], None],
        on_loop: Callable[[Callable[[], None]], None],
        answers: Answers,
        measures: Measures,
    ) -> None:
        self.put = put
        self.on_loop = on_loop
        self.answers = answers
        self.measures = measures

    def reply(self, form: str, write: Callable[[Any], bytes], call: Call, result: Any) -> StreamReply:
        """A reply of a result's items, each written by `write`; raises what the first item raises."""
        items = result if isinstance(result, Iterator) else iter((result,))
        first = next(items, _NOTHING)
        head = b"" if first is _NOTHING else _item(form, write(first))
        own = copy(call)  # for failures: the call itself will have the stream as its reply
        stream = _Stream(self, own, items, form, write, head, first is _NOTHING)
        return StreamReply(200, form, stream.opened, _HEADERS, gone=stream.gone)


class _Stream:
    """One reply under way. `_pull` and `_close` run on the main thread, the rest on the event loop's."""

    def __init__(
        self,
        streamer: Streamer,
        call: Call,
        items: Iterator[Any],
        form: str,
        write: Callable[[Any], bytes],
        head: bytes,
        ended: bool,
    ) -> None:
        self._streamer = streamer
        self._call = call
        self._items = items
        self._form = form
        self._write = write
        self._head = head
        self._ended = ended  # the items are used up, or closed
        self._channel: StreamChannel | None = None

    def opened(self, channel: StreamChannel) -> None:
        self._channel = channel
        self._send(self._head, 0 if self._ended else 1, self._ended)

    def gone(self) -> None:
        self._streamer.put(Step(self._close, self._call.request))

    def _send(self, data: bytes, items: int, last: bool) -> None:
        channel = self._channel
        assert channel is not None
        if channel.closed:
            self.gone()
            return
        if data:
            channel.write(data)
        self._streamer.measures.streamed(items)
        if not last:
            channel.when_writable(lambda: self._streamer.put(Step(self._pull, self._call.request)))
            return
        if items == 0 and self._form == EVENTS and not data.startswith(b"event: error"):
            channel.write(b"event: end\ndata: {}\n\n")
        channel.end()

    def _pull(self) -> None:
        if self._ended:
            return
        data, items = b"", 0
        try:
            item = next(self._items, _NOTHING)
            self._ended = item is _NOTHING
            if not self._ended:
                data, items = _item(self._form, self._write(item)), 1
        except BaseException as error:  # a script's sys.exit must not end the server
            self._close()
            data = _error(self._form, self._failure(error))
        last = self._ended
        self._streamer.on_loop(lambda: self._send(data, items, last))

    def _failure(self, error: BaseException) -> bytes:
        self._streamer.answers.failed(self._call, error)
        reply = self._call.reply
        return reply.body if isinstance(reply, Reply) else b"{}"

    def _close(self) -> None:
        """End the generator where it stands, so that its `finally` runs."""
        if self._ended:
            return
        self._ended = True
        close = getattr(self._items, "close", None)
        try:
            if close is not None:
                close()
        except BaseException as error:
            self._streamer.answers.failed(self._call, error)


def _item(form: str, text: bytes) -> bytes:
    return b"data: " + text + b"\n\n" if form == EVENTS else text + b"\n"


def _error(form: str, text: bytes) -> bytes:
    return b"event: error\ndata: " + text + b"\n\n" if form == EVENTS else text + b"\n"
