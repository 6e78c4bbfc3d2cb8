"""One replica as the supervisor sees it: a worker process, its pipes, and one worker after another."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
from typing import Any, Callable

from ..config import LaunchConfig
from ..logs.logfile import LogFile
from ..logs.pipes import PipeReader
from ..logs.records import now_text
from ..measuring.scoreboard import Scoreboard
from ..processes import Known, descendants, end_tree, memory_bytes
from .starters import Started, Starter

OnEvent = Callable[["Replica", dict[str, Any]], None]
OnExit = Callable[["Replica", int], None]
Threadsafe = Callable[[Callable[[], None]], None]
_FATAL_FRAME = re.compile(r'^  File "(.+)", line (\d+) in (.+)$')
# It writes what is not ASCII as escapes.
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")


class Replica:
    """Number `number` of a serving. Events and exits arrive on the supervisor's event loop."""

    def __init__(
        self,
        number: int,
        config: LaunchConfig,
        listening: socket.socket,
        log: LogFile,
        threadsafe: Threadsafe,
        on_event: OnEvent,
        on_exit: OnExit,
    ) -> None:
        self.number = number
        self.config = config
        self._listening = listening
        self._log = log
        self._threadsafe = threadsafe
        self._on_event = on_event
        self._on_exit = on_exit
        self._process: Started | None = None
        self._control: socket.socket | None = None
        self._scoreboard: Scoreboard | None = None
        self._readers: list[PipeReader] = []
        self._requests_before = 0
        self._children: list[Known] = []
        self.state = "starting"
        self.started_at = now_text()
        self.spawned = 0.0
        self.was_ready = False
        self.restarts = 0
        self.last_failure: str | None = None
        self.last_failure_kind: str | None = None
        self.load_failed = False
        self.killed = False  # by us
        self.deaths: list[float] = []
        self.candidate = False  # has changed code and waits for the others like it
        self.retiring = False  # ends while the serving goes on
        self.preloads = False  # loads and then forks workers: itself it answers nothing
        self.token: str | None = None  # what requests must have
        self.on_answer: Callable[[dict[str, Any]], None] | None = None  # on another thread
        self.load: dict[str, Any] | None = None
        self.fatal_frames: list[tuple[str, int, str]] = []

    def spawn(self, starter: Starter) -> None:
        """Start a worker; raises OSError."""
        ours, theirs = socket.socketpair()
        board = self.config.run_dir / f"replica-{self.number}.board"
        self._scoreboard = Scoreboard(board, create=True)
        self.began()
        order = {
            "launch": self.config.raw,
            "replica": self.number,
            "scoreboard": str(board),
            "token": self.token,
            "preload": self.preloads,
        }
        try:
            process = starter.start(order, theirs, self._listening)
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        self._process, self._control = process, ours
        number = self.number or None
        self._readers = [
            PipeReader(process.stdout, "stdout", "INFO", number, self._log, None),
            PipeReader(process.stderr, "stderr", "WARN", number, self._log, self._fatal_line),
        ]
        reader = threading.Thread(target=self._read_control, args=(ours,), daemon=True)
        for thread in (*self._readers, reader):
            thread.start()
        threading.Thread(target=self._wait, args=(process, reader), daemon=True).start()

    def began(self) -> None:
        """A worker is on its way, or will be as soon as it can be forked."""
        self.state, self.started_at, self.spawned = "starting", now_text(), time.monotonic()
        self.was_ready, self.load_failed, self.killed, self.fatal_frames = False, False, False, []

    @property
    def pid(self) -> int | None:
        """The worker's process id while it lives."""
        return self._process.pid if self._process is not None else None

    def send(self, command: str, **fields: Any) -> None:
        """Tell the worker; one that is gone is not an error here."""
        if self._control is None:
            return
        try:
            self._control.sendall(json.dumps({"do": command, **fields}).encode() + b"\n")
        except OSError:
            return

    def send_with(self, command: dict[str, Any], descriptors: list[int]) -> None:
        """The same with descriptors; raises OSError."""
        if self._control is None:
            raise OSError("its process has ended")
        socket.send_fds(self._control, [json.dumps(command).encode() + b"\n"], descriptors)

    def stop(self, seconds: float, grace: float = 0.0, serving_stops: bool = True) -> None:
        """Let the worker end what it answers within `seconds`; idle connections stay for `grace` seconds.

        Where only this worker ends, it goes on saying that the serving is ready.
        """
        if self._process is not None:
            # Known now, because nothing leads to them any more once the worker is gone.
            self._children = descendants(self._process.pid)
            self.state = "stopping"
            self.send("stop", seconds=seconds, grace=grace, serving=serving_stops)

    def kill(self) -> None:
        """End the worker and all that its script started."""
        if self._process is not None:
            self.killed = True
            self._children += descendants(self._process.pid)
            end_tree(self._process.pid, self._children)

    def requests(self) -> int:
        """Calls begun by all workers of this replica so far."""
        return self._requests_before + (self._scoreboard.read()[0] if self._scoreboard is not None else 0)

    def running_request(self) -> str:
        """The request that the worker is answering, also after it died; '' when none."""
        return self._scoreboard.read()[1] if self._scoreboard is not None else ""

    def gateway_requests(self) -> tuple[list[str], bool]:
        """Ids of running requests that gateways may send again, and whether only one request runs."""
        return self._scoreboard.gateway_requests() if self._scoreboard is not None else ([], False)

    def flush_partial_lines(self) -> None:
        """Log what was printed without a newline some time ago."""
        for reader in self._readers:
            reader.flush_if_old()

    def as_json(self, memory: bool) -> dict[str, Any]:
        """The state file's form."""
        pid = self.pid
        return {
            "number": self.number,
            "pid": pid,
            "state": self.state,
            "startedAt": self.started_at,
            "restarts": self.restarts,
            "lastFailure": self.last_failure,
            "lastFailureKind": self.last_failure_kind,
            "requests": self.requests(),
            "memoryBytes": memory_bytes(pid) if memory and pid is not None else None,
        }

    def _read_control(self, control: socket.socket) -> None:
        try:
            with control.makefile("rb") as lines:
                for line in lines:
                    if line.startswith(b'L{"time":') and line.endswith(b"}\n"):
                        self._log.write(line[1:])
                    elif line.startswith(b"E"):
                        self._deliver(line)
        except OSError:
            return

    def _deliver(self, line: bytes) -> None:
        try:
            event = json.loads(line[1:])
        except ValueError:
            return
        if self.on_answer is not None and event.get("event") == "answer":
            self.on_answer(event)
            return
        self._threadsafe(lambda: self._on_event(self, event))

    def _fatal_line(self, line: str) -> None:
        # faulthandler's report of a crash: the frames are innermost first.
        if line.startswith("Fatal Python error:"):
            self.fatal_frames = []
        match = _FATAL_FRAME.match(line)
        if match and len(self.fatal_frames) < 50:
            file = match.group(1)
            if not os.path.exists(file):
                file = _ESCAPE.sub(lambda escape: chr(int(escape.group(escape.lastindex), 16)), file)
            self.fatal_frames.append((file, int(match.group(2)), match.group(3)))

    def _wait(self, process: Started, control_reader: threading.Thread) -> None:
        code = process.wait(lambda: None if os.name == "nt" else end_tree(process.pid, self._children))
        for thread in (*self._readers, control_reader):
            thread.join(1.0)
        self._threadsafe(lambda: self._exited(code))

    def _exited(self, code: int) -> None:
        if self._control is not None:
            self._control.close()
        self._on_exit(self, code)

    def forget_worker(self) -> None:
        """After an exit was dealt with: no process, its requests kept."""
        self._requests_before = self.requests()
        if self._scoreboard is not None:
            self._scoreboard.close()
        self._process = self._control = self._scoreboard = None
        self._readers = []
