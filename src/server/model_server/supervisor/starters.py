"""How a worker's process comes to be: a fresh interpreter, or forked from one that has loaded already."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, Callable, Protocol

from ..config import LaunchConfig
from ..processes import spawn_options, wait_without_reaping
from ..vendored import ROOT
from .environment import worker_environment


class Started(Protocol):
    """A process that was started, and what it writes to descriptors 1 and 2."""

    pid: int
    stdout: IO[bytes]
    stderr: IO[bytes]

    def wait(self, while_reserved: Callable[[], None]) -> int:
        """Block until it ends, call `while_reserved` while its id can't be another's; Popen's returncode."""


class Starter(Protocol):
    """Starts a worker that gets the order and the two sockets; raises OSError."""

    def start(self, order: dict[str, Any], control: socket.socket, listening: socket.socket) -> Started:
        """Start it."""


class ProcessStarter:
    """A process of the same interpreter with the same switches; it loads the script itself."""

    def __init__(self, config: LaunchConfig) -> None:
        self._config = config

    def start(self, order: dict[str, Any], control: socket.socket, listening: socket.socket) -> Started:
        """See Starter."""
        options = spawn_options()
        environment = worker_environment(self._config)
        if os.name != "nt":
            order.update(control=control.fileno(), listening=listening.fileno())
            options["pass_fds"] = (control.fileno(), listening.fileno())
        process = subprocess.Popen(
            worker_command(ROOT),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=self._config.run_dir,
            env=environment,
            **options,
        )
        if os.name == "nt":
            order["shared"] = [share_socket(control, process.pid), share_socket(listening, process.pid)]
        assert process.stdin is not None
        try:
            with process.stdin as stdin:
                stdin.write(json.dumps(order).encode() + b"\n")
        except OSError:
            pass  # it died at once: who waits for it tells
        return _StartedProcess(process)


class _StartedProcess:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.pid = process.pid
        self.stdout: IO[bytes] = process.stdout
        self.stderr: IO[bytes] = process.stderr
        self._process = process

    def wait(self, while_reserved: Callable[[], None]) -> int:
        wait_without_reaping(self.pid)
        while_reserved()
        return self._process.wait()


def worker_command(root: Path, command: str = "work") -> list[str]:
    """The worker's command line, or that of another process of ours."""
    folder = sys._xoptions.get("model_server_bytecode")
    own = ["-X", f"model_server_bytecode={folder}"] if isinstance(folder, str) else []
    return [sys.executable, "-X", "utf8", *own, "-u", "-B", str(root / "run.py"), command]


def share_socket(sock: socket.socket, pid: int) -> str:
    """What another process on Windows gets a socket by."""
    share: Callable[[int], bytes] = sock.share  # type: ignore[attr-defined,unused-ignore]
    return base64.b64encode(share(pid)).decode("ascii")
