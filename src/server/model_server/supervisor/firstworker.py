"""The first worker is forked from this process before it has threads or an event loop.

It has imported then what both need: a fresh interpreter, and these imports once more, are half of what the
server adds to the start of a script. Nothing of the user's is imported here, so later workers, which are
fresh interpreters, differ in nothing that a script could see.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import traceback
from typing import IO, Any, Callable, NoReturn

from ..config import LaunchConfig
from ..processes import wait_without_reaping
from .environment import worker_environment
from .starters import Started

Work = Callable[[dict[str, Any], socket.socket, socket.socket], int]


class FirstWorker:
    """A Starter for one worker: it imports `work` already and waits for its order."""

    def __init__(self, config: LaunchConfig, load: Callable[[], Work]) -> None:
        self._config = config
        self._order, theirs = socket.socketpair()
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            self._order.close()
            os.close(out)
            os.close(err)
            _become_worker(theirs, out_end, err_end, load)
        theirs.close()
        os.close(out_end)
        os.close(err_end)
        self._process = _Forked(self._pid, os.fdopen(out, "rb", 0), os.fdopen(err, "rb", 0))

    def start(self, order: dict[str, Any], control: socket.socket, listening: socket.socket) -> Started:
        """See Starter; raises OSError, also when the process is gone."""
        try:
            environment = worker_environment(self._config)
            order = {**order, "environment": environment, "folder": str(self._config.run_dir)}
            socket.send_fds(self._order, [b"\n"], [control.fileno(), listening.fileno()])
            self._order.sendall(json.dumps(order).encode() + b"\n")
        except OSError:
            self.end()
            raise
        self._order.close()
        return self._process

    def end(self) -> None:
        """It is not wanted: end it."""
        self._order.close()
        self._process.stdout.close()
        self._process.stderr.close()
        os.waitpid(self._pid, 0)


class _Forked:
    def __init__(self, pid: int, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self.pid = pid
        self.stdout = stdout
        self.stderr = stderr

    def wait(self, while_reserved: Callable[[], None]) -> int:
        wait_without_reaping(self.pid)
        while_reserved()
        _, status = os.waitpid(self.pid, 0)
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def can_fork_first(config: LaunchConfig) -> bool:
    """On macOS, system libraries do not survive a fork; and one that forks others loads by itself."""
    return sys.platform.startswith("linux") and hasattr(socket, "send_fds") and not config.preload


def _become_worker(sock: socket.socket, out: int, err: int, load: Callable[[], Work]) -> NoReturn:
    code = 1
    try:
        os.setsid()
        for source, target in ((out, 1), (err, 2)):
            os.dup2(source, target)
            os.close(source)
        work = load()
        order, control, listening = _receive(sock)
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["folder"])
        code = work(order, control, listening)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _receive(sock: socket.socket) -> tuple[dict[str, Any], socket.socket, socket.socket]:
    with sock:
        _, descriptors, _, _ = socket.recv_fds(sock, 1, 2)
        if len(descriptors) != 2:
            os._exit(0)  # the supervisor is gone, or needs no worker
        with sock.makefile("rb") as lines:
            order = json.loads(lines.readline())
    control, listening = (socket.socket(fileno=descriptor) for descriptor in descriptors)
    return order, control, listening
