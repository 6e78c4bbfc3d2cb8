"""One process loads the script, and workers are forked from it: what they do not change is in memory once.

It has no thread of its own when it forks, and does nothing between two commands of the supervisor.
"""

from __future__ import annotations

import faulthandler
import json
import os
import select
import socket
import threading
from pathlib import Path
from typing import Any

from ..config import LaunchConfig
from ..failures import user_files, where_it_hangs
from ..logs.outbox import Outbox
from ..script.usercode import UserCode
from .collecting import collect_and_keep
from .ending import end_own_group, end_process
from .startup import Startup


class Preloader:
    """Loads, then obeys: fork a worker, say how one ended."""

    def __init__(
        self,
        config: LaunchConfig,
        control: socket.socket,
        listening: socket.socket,
        token: str | None,
        outbox: Outbox,
        startup: Startup,
    ) -> None:
        self._config = config
        self._control = control
        self._listening = listening
        self._token = token
        self._outbox = outbox
        self._startup = startup

    def run(self) -> None:
        """Does not return."""
        watcher = _Watcher(self._config, self._control, self._outbox)
        code = self._startup.load()
        watcher.end()
        threads = [
            thread.name for thread in threading.enumerate() if thread is not threading.current_thread()
        ]
        if threads:
            self._outbox.event("unsuitable", reason=f"the script started threads: {', '.join(threads)[:300]}")
            end_process(0, self._outbox)
        # Else the next collection would write into what the workers share, and so copy it.
        collect_and_keep()
        self._outbox.event("preloaded")
        self._obey(code)

    def _obey(self, code: UserCode) -> None:
        while True:
            try:
                data, descriptors, _, _ = socket.recv_fds(self._control, 1 << 16, 3)
            except OSError:
                end_own_group()
            if not data:
                end_own_group()
            command = json.loads(data)
            if command["do"] == "fork":
                self._fork(code, command, descriptors)
            elif command["do"] == "reap":
                self._outbox.event("answer", code=_exit_code(int(command["pid"])))
            elif command["do"] == "stop":
                end_process(0, self._outbox)

    def _fork(self, code: UserCode, command: dict[str, Any], descriptors: list[int]) -> None:
        try:
            pid = os.fork()
        except OSError as error:
            self._outbox.event("answer", error=error.strerror or str(error))
        else:
            if pid == 0:
                try:
                    self._become_worker(code, command, descriptors)
                finally:
                    os._exit(1)
            self._outbox.event("answer", pid=pid)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _become_worker(self, code: UserCode, command: dict[str, Any], descriptors: list[int]) -> None:
        from .worker import Worker

        control, out, err = descriptors
        os.setsid()
        for source, target in ((out, 1), (err, 2)):
            os.dup2(source, target)
            os.close(source)
        faulthandler.enable(os.dup(2), all_threads=False)
        self._control.close()
        sock = socket.socket(fileno=control)
        self._outbox.move(sock)
        self._startup.origin.replica = replica = int(command["replica"])
        Worker(
            self._config,
            replica,
            sock,
            self._listening,
            Path(command["scoreboard"]),
            self._token,
            self._outbox,
            self._startup,
        ).run(code)


def _exit_code(pid: int) -> int | None:
    """As Popen has it; None while the process runs, or when it is none of ours."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except OSError:
        return None
    if ended == 0:
        return None
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


class _Watcher:
    """A thread that answers the supervisor while the script loads, and is gone when it has."""

    def __init__(self, config: LaunchConfig, control: socket.socket, outbox: Outbox) -> None:
        self._control = control
        self._outbox = outbox
        self._is_user = user_files(*config.user_places)
        self._main = threading.get_ident()
        self._wake, self._woken = os.pipe()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Return when the thread is gone; what the supervisor says from here on is not read by it."""
        os.write(self._woken, b"e")
        self._thread.join()
        os.close(self._wake)
        os.close(self._woken)

    def _watch(self) -> None:
        while True:
            sources: list[Any] = [self._control, self._wake]
            readable, _, _ = select.select(sources, [], [])
            if self._wake in readable:
                return
            data = self._control.recv(1 << 16)
            if not data:
                end_own_group()
            for line in data.splitlines():
                command = json.loads(line)["do"]
                if command == "where":
                    self._outbox.event("where", frames=where_it_hangs(self._main, self._is_user))
                elif command == "stop":
                    end_process(0, self._outbox)
