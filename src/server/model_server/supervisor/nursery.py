"""The process that has loaded the script once, as the supervisor sees it: it forks workers from there."""

from __future__ import annotations

import os
import queue
import socket
import threading
from typing import IO, Any, Callable

from ..processes import UNKNOWN_EXIT, wait_for_end
from .replica import Replica
from .starters import ProcessStarter, Started

_PATIENCE_SECONDS = 10.0


class Nursery:
    """Starts workers by forking. `waiting` are the replicas that are to be started once it has loaded."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica
        self.config = replica.config
        self.is_loaded = False
        self.waiting: list[Replica] = []
        self._lock = threading.Lock()
        self._answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        replica.preloads = True
        replica.on_answer = self._answers.put

    def load(self) -> None:
        """Start its process; raises OSError."""
        self.replica.spawn(ProcessStarter(self.config))

    def start(self, order: dict[str, Any], control: socket.socket, _: socket.socket) -> Started:
        """See starters.Starter."""
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        try:
            command = {"do": "fork", "replica": order["replica"], "scoreboard": order["scoreboard"]}
            answer = self.ask(command, [control.fileno(), out_end, err_end])
            if answer is None or "pid" not in answer:
                raise OSError((answer or {}).get("error", "the process that has loaded the script is gone"))
        except OSError:
            os.close(out)
            os.close(err)
            raise
        finally:
            os.close(out_end)
            os.close(err_end)
        return _Forked(self, int(answer["pid"]), open(out, "rb", 0), open(err, "rb", 0))

    def ask(self, command: dict[str, Any], descriptors: list[int]) -> dict[str, Any] | None:
        """Its answer to a command; None when it is gone."""
        with self._lock:
            try:
                self.replica.send_with(command, descriptors)
                return self._answers.get(timeout=_PATIENCE_SECONDS)
            except (OSError, queue.Empty):
                return None

    def ended(self) -> None:
        """Its process is gone: whoever waits for an answer gets none."""
        self._answers.put({})


class _Forked:
    def __init__(self, nursery: Nursery, pid: int, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self.pid = pid
        self.stdout = stdout
        self.stderr = stderr
        self._nursery = nursery

    def wait(self, while_reserved: Callable[[], None]) -> int:
        while True:
            wait_for_end(self.pid)
            if not _runs(self.pid):
                while_reserved()
            answer = self._nursery.ask({"do": "reap", "pid": self.pid}, [])
            code = (answer or {}).get("code")
            if isinstance(code, int):
                return code
            if not answer and not _runs(self.pid):
                return UNKNOWN_EXIT


def _runs(pid: int) -> bool:
    """Whether a process lives that may not be our child; one that only waits to be reaped does not."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] != b"Z"
    except (OSError, IndexError):
        return True
