"""The recorder's process: started when a worker is ready, again when it died, ended after the workers."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import time
from typing import Any

from ..config import LaunchConfig
from ..logs.logfile import LogFile
from ..logs.pipes import PipeReader
from ..measuring.metrics import RECORDER
from ..measuring.recording import RecorderMeter, recording_json
from ..measuring.snapshot import clear_gauges, take_snapshot
from ..processes import exit_text, spawn_options
from ..recordoptions import tell_door
from ..vendored import ROOT
from .environment import take_log_secrets
from .starters import share_socket, worker_command

_AGAIN_SECONDS = 1.0
_MOST_AGAIN_SECONDS = 60.0
_GRACE_SECONDS = 5.0  # beside drainSeconds


class Recording:
    """Does nothing where no inference log is wanted, and never keeps a serving from starting.

    The door is open from the beginning: what workers send before the recorder runs waits there.
    """

    def __init__(self, config: LaunchConfig, log: LogFile) -> None:
        self._config = config
        self._log = log
        self._known: dict[str, str] = {}  # passwords
        self._process: subprocess.Popen[bytes] | None = None
        self._pause = _AGAIN_SECONDS
        self._not_before = 0.0
        self._told: dict[str, Any] = {}  # by sink the last error that the log has
        self._secret = secrets.token_hex(32)
        self._door: socket.socket | None = None
        self._was_ready = False

    def open(self) -> None:
        """Before workers are started; raises SecretsError."""
        if self._config.inference_log is None:
            return
        self._known = take_log_secrets(self._config)
        try:
            self._door = socket.create_server(("127.0.0.1", 0), backlog=512)
        except OSError as error:
            self._log.record("ERROR", "server", f"There is no inference log: {error.strerror or error}")
            return
        tell_door(self._config.raw, self._door.getsockname()[1], self._secret)

    @property
    def pids(self) -> set[int]:
        """Its process, while there is one."""
        return {self._process.pid} if self._process is not None else set()

    def look(self, was_ready: bool) -> None:
        """Start it if it does not run: not before a worker was ready, which it would hold up."""
        if self._process is not None and self._process.poll() is not None:
            self._ended(self._process.returncode)
        self._was_ready = was_ready
        if self._door is None or self._process is not None or not was_ready:
            return
        if time.monotonic() >= self._not_before:
            try:
                self._start(self._door)
            except OSError as error:
                self._wait_longer()
                reason = error.strerror or error
                self._log.record("ERROR", "server", f"Could not start the inference log's process: {reason}")

    def _start(self, door: socket.socket) -> None:
        order: dict[str, Any] = {
            "launch": self._config.raw,
            "secret": self._secret,
            "secrets": self._known,
            "door": door.fileno(),
        }
        options = spawn_options()
        if os.name != "nt":
            options["pass_fds"] = (door.fileno(),)
        process = subprocess.Popen(
            worker_command(ROOT, "record"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            cwd=self._config.run_dir,
            **options,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        if os.name == "nt":
            order["shared"] = share_socket(door, process.pid)
        PipeReader(process.stdout, "stderr", "WARN", None, self._log, None).start()
        self._process = process
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
        except OSError:
            return  # it died at once: the next look sees it

    def _ended(self, code: int) -> None:
        self._process = None
        clear_gauges(self._config.run_dir, RECORDER)
        meter = RecorderMeter(self._config.run_dir)
        for sink in ("file", "kafka"):
            meter.state(sink, "starting")
        meter.close()
        self._log.record("ERROR", "server", f"The inference log's process died: {exit_text(code)}")
        self._wait_longer()

    def _wait_longer(self) -> None:
        self._not_before = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, _MOST_AGAIN_SECONDS)

    def as_json(self) -> dict[str, Any] | None:
        """The state file's form; what went wrong anew is logged, too."""
        options, run_dir = self._config.inference_log, self._config.run_dir
        if options is None:
            return None
        told = recording_json(options, run_dir, take_snapshot(run_dir))
        for sink in told["sinks"]:
            error = sink["lastError"]
            if error is not None and error["message"] != self._told.get(sink["sink"]):
                self._told[sink["sink"]] = error["message"]
                message = f"{error['message']}. {error['remedy']}"
                self._log.record("WARN", "server", message, kind=error["kind"], sink=sink["sink"])
        return told

    def end(self) -> None:
        """Let it write what it has; it ends by itself, but not later than it may."""
        options = self._config.inference_log
        if self._door is None or options is None:
            return
        if self._was_ready:
            self._not_before = 0.0
            self.look(True)  # what is at the door is kept, or counted, also when the last one has died
        self._door.close()
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(options.drain_seconds + _GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._log.record("ERROR", "server", "The inference log's process did not end in time")
            process.kill()
            process.wait()
