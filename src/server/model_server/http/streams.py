"""Replies whose body comes in parts: the channel that a protocol gives to what writes them."""

from __future__ import annotations

import asyncio
from typing import Callable


class Channel:
    """See messages.StreamChannel. `finished(complete)` is called once, by `end` and `abort`."""

    def __init__(self, transport: asyncio.Transport, chunked: bool, finished: Callable[[bool], None]) -> None:
        self._transport = transport
        self._chunked = chunked
        self._finished: Callable[[bool], None] | None = finished
        self._resume: Callable[[], None] | None = None
        self.closed = False
        self.paused = False
        self.sent = 0

    def write(self, data: bytes) -> None:  # noqa: D102
        if self.closed or not data:
            return
        self.sent += len(data)
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    def when_writable(self, resume: Callable[[], None]) -> None:  # noqa: D102
        if self.closed:
            return
        if self.paused:
            self._resume = resume
        else:
            resume()

    def end(self) -> None:  # noqa: D102
        if self.closed:
            return
        self.closed = True
        if self._chunked:
            self._transport.write(b"0\r\n\r\n")
        self._finish(True)

    def abort(self) -> None:  # noqa: D102
        if self.closed:
            return
        self.closed = True
        self._finish(False)

    def lost(self) -> None:
        """The client is gone."""
        self.closed = True
        self._finished = self._resume = None

    def _finish(self, complete: bool) -> None:
        finished, self._finished = self._finished, None  # it leads back to what has the channel
        self._resume = None
        if finished is not None:
            finished(complete)

    def resumed(self) -> None:
        """The transport takes more."""
        self.paused = False
        resume, self._resume = self._resume, None
        if resume is not None and not self.closed:
            resume()
