"""A worker's way to its supervisor: log lines and events over one socket."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections import deque
from typing import Any

from .records import make_record

_MAX_WAITING = 4 * 1024 * 1024
_GATHER_SECONDS = 0.02  # each time this thread wakes, the user's code may have to wait for it


class Outbox:
    """Lines that begin with 'L' are log records, with 'E' events. Safe from every thread.

    `log` blocks while the supervisor is behind, so a script that prints without end slows itself only; `post`
    never blocks and drops (and counts) what does not fit, for the event loop's thread.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._dropped = 0
        self._wake = threading.Condition()
        self._busy = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)
        self._sends = False

    def _after_fork(self) -> None:
        # A thread that held the lock, or sends, does not exist in a forked child.
        self._lock = threading.Lock()
        self._wake = threading.Condition()
        self._sends = False
        self._waiting.clear()
        self._size = 0

    def move(self, sock: socket.socket) -> None:
        """From here on another socket leads to the supervisor: this process was forked."""
        self._sock = sock

    def log(self, line: bytes) -> None:
        """Send a log record now."""
        self._send(b"L" + line)

    def event(self, kind: str, **fields: Any) -> None:
        """Send an event now."""
        self._send(b"E" + json.dumps({"event": kind, **fields}).encode("ascii") + b"\n")

    def post(self, line: bytes) -> None:
        """Send a log record soon."""
        with self._wake:
            if self._size + len(line) > _MAX_WAITING:
                self._dropped += 1
                return
            if not self._sends:
                # Not before it is needed: a process that forks must have no threads.
                self._sends = True
                threading.Thread(target=self._send_waiting, name="model-server-log", daemon=True).start()
            self._waiting.append(line)
            self._size += len(line)
            self._wake.notify()

    def flush(self, seconds: float) -> None:
        """Wait until all that was posted is sent."""
        with self._wake:
            self._wake.wait_for(lambda: not self._waiting and not self._busy, seconds)

    def _send_waiting(self) -> None:
        while True:
            with self._wake:
                self._busy = False
                self._wake.notify_all()
                self._wake.wait_for(lambda: self._waiting)
                self._busy = True
            time.sleep(_GATHER_SECONDS)
            with self._wake:
                lines, dropped = list(self._waiting), self._dropped
                self._waiting.clear()
                self._size = self._dropped = 0
            if dropped:
                lines.append(
                    make_record("WARN", "server", f"{dropped} log lines were dropped: the log is behind")
                )
            self._send(b"".join(b"L" + line for line in lines))

    def _send(self, data: bytes) -> None:
        with self._lock:
            try:
                self._sock.sendall(data)
            except OSError:
                return  # the supervisor is gone; the thread that reads from it ends this process
