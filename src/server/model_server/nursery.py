"""The process that has loaded the script once, as the supervisor sees it: it forks workers from there."""

from __future__ import annotations

import os
import queue
import socket
import threading
from collections.abc import Iterator
from typing import IO, Any, Callable

from .config import LaunchConfig
from .processes import UNKNOWN_EXIT, wait_for_end
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
        self.replica.spawn(ProcessStarter(self.config.run_dir))

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


class Nurseries:
    """One for each version of the code that is served."""

    def __init__(self, config: LaunchConfig, make: Callable[[LaunchConfig], Replica]) -> None:
        self._make = make
        self._all: list[Nursery] = []
        self.reason: str | None = None  # why workers are not forked, though they should be
        self._wanted = config.preload
        if config.preload and not (hasattr(os, "fork") and hasattr(socket, "send_fds")):
            self.refuse("this system can't fork")

    def refuse(self, reason: str) -> None:
        """From here on every worker loads the script itself."""
        self.reason = reason

    @property
    def state(self) -> dict[str, Any] | None:
        """The state file's form; None when it is not asked for."""
        if not self._wanted:
            return None
        pid = next((nursery.replica.pid for nursery in self._all if nursery.replica.pid), None)
        return {"on": self.reason is None, "reason": self.reason, "pid": pid}

    def __iter__(self) -> Iterator[Nursery]:
        return iter(list(self._all))

    def loading(self) -> list[Replica]:
        """The processes that have not loaded the script yet."""
        return [nursery.replica for nursery in self._all if not nursery.is_loaded]

    def of(self, config: LaunchConfig) -> Nursery | None:
        """The one for that code, made if there is none; None: workers load by themselves. Raises OSError."""
        if not self._wanted or self.reason is not None:
            return None
        for nursery in self._all:
            if nursery.config is config:
                return nursery
        nursery = Nursery(self._make(config))
        nursery.load()
        self._all.append(nursery)
        return nursery

    def with_process(self, replica: Replica) -> Nursery | None:
        """The one whose process that is."""
        return next((nursery for nursery in self._all if nursery.replica is replica), None)

    def remove(self, nursery: Nursery) -> None:
        """It is gone."""
        self._all.remove(nursery)
        nursery.ended()

    def end_unused(self, used: list[LaunchConfig]) -> None:
        """End those whose code nobody has any more."""
        for nursery in self:
            if not any(nursery.config is config for config in used):
                nursery.replica.send("stop")
