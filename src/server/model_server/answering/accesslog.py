"""The records of answered requests: errors always, successful ones up to so many a second."""

from __future__ import annotations

import asyncio
from typing import Any, Callable

from ..calling.calls import Call
from ..http.messages import AnyReply, Reply, Request
from ..logs.records import make_record
from ..measuring.measures import Measures

_WINDOW_SECONDS = 1.0


class AccessLog:
    """Also counts the requests. On the event loop's thread, with `log` that does not block."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        per_second: int,
        metrics: Measures,
        log: Callable[[bytes], None],
        replica: int,
    ) -> None:
        self._loop = loop
        self._per_second = per_second
        self._metrics = metrics
        self._log = log
        self._replica = replica
        self._written = 0  # successful ones in this window
        self._skipped = 0

    def answered(self, request: Request | None, reply: AnyReply, seconds: float) -> None:
        """See http.messages.App. Health checks that succeed leave no record."""
        status = reply.status
        if request is None:
            message = f"unreadable request {status}"
            self._log(make_record("WARN", "access", message, self._replica, status=status))
            return
        note = request.note
        call: Call | None = note.pop("_call", None)  # it leads back to the note
        if call is not None:
            if call.dropped:  # by the limit of its time: it was counted as gone
                self._metrics.begin(call.verb.name)
            self._metrics.done(call.verb.name, status, seconds, call.protocol, call.model_seconds or -1.0)
        elif "verb" in note:  # refused before it became a call
            self._metrics.begin(note["verb"])
            self._metrics.done(note["verb"], status, seconds, note.get("_protocol", "v1"))
        if status < 400 and (note.get("quiet") or not self._has_room()):
            return
        self._write(request, reply, seconds)

    def _has_room(self) -> bool:
        if self._written == 0:
            self._loop.call_later(_WINDOW_SECONDS, self._next_window)
        if self._written >= self._per_second:
            self._skipped += 1
            self._written = self._written or 1
            return False
        self._written += 1
        return True

    def _next_window(self) -> None:
        skipped, self._skipped, self._written = self._skipped, 0, 0
        if skipped:
            message = f"{skipped} more requests were answered within a second"
            self._log(make_record("INFO", "access", message, self._replica, count=skipped))

    def _write(self, request: Request, reply: AnyReply, seconds: float) -> None:
        fields: dict[str, Any] = {
            key: value for key, value in request.note.items() if key != "quiet" and key[0] != "_"
        }
        if not isinstance(reply, Reply) and not reply.complete:
            fields["aborted"] = True
        self._log(
            make_record(
                "INFO" if reply.status < 500 else "ERROR",
                "access",
                f"{request.method} {request.head.target[:500]} {reply.status} {_milliseconds(seconds)}",
                self._replica,
                request.id,
                status=reply.status,
                latency_ms=round(seconds * 1000, 3),
                bytes=len(request.body),
                bytes_out=len(reply.body) if isinstance(reply, Reply) else reply.sent,
                **fields,
            )
        )


def _milliseconds(seconds: float) -> str:
    """`1.8 ms`, from ten on without a fraction."""
    value = seconds * 1000
    return f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms"
