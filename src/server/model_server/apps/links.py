"""What apps need of the worker: its service, its address, its scoreboard."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ..answering.service import Service
from ..http.messages import Head
from ..measuring.scoreboard import Scoreboard


@dataclass
class Links:
    """Given to an app before its first request."""

    service: Service
    address: tuple[str, int]
    scoreboard: Scoreboard
    _running: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, request: str, alone: bool) -> None:
        """A request's code runs; `alone`: in a step of the runner, which tells the scoreboard itself."""
        with self._lock:
            self._running += 1
            self.service.metrics.batch_begins()
            if not alone:
                self.scoreboard.begin(request, 1, [request], self._running == 1)

    def leave(self, seconds: float, alone: bool) -> None:
        """It ran for so long."""
        with self._lock:
            self._running -= 1
            self.service.metrics.batch(1, 1, seconds)
            if not alone and self._running == 0:
                self.scoreboard.end()


def path_and_query(head: Head) -> tuple[str, str]:
    """Both as they were sent, of a target in origin-form or absolute-form."""
    target = head.target
    if not target.startswith("/"):
        parts = urlsplit(target)
        return parts.path or "/", parts.query
    path, _, query = target.partition("?")
    return path, query
