"""The process that the extension starts: owns the port, the log, the state file and the workers."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from typing import Any, Callable

from . import __version__
from .config import LaunchConfig
from .failures import Failure, make_failure, place, user_files
from .handover import Offer, Taken, take_over
from .http.listener import Listener, bind, new_loop
from .http.messages import HttpLimits
from .http.parsers import default_parser
from .lease import Lease
from .logfile import LogFile
from .portowner import port_owner
from .processes import exit_kind, exit_text
from .replica import Replica
from .statefile import ServerState, StateFile
from .waiting import WaitingApp

EXIT_FAILED = 3
_TICK_SECONDS = 0.25
_COUNTER_SECONDS = 2.0
_KILL_GRACE_SECONDS = 1.0
_DEATHS = 5
_DEATHS_SECONDS = 60.0
_STALE_STOP_SECONDS = 60.0


class Supervisor:
    """Runs one serving until it is asked to stop, its lease ends or it fails."""

    def __init__(self, config: LaunchConfig, instance: str) -> None:
        self._config = config
        self._state = ServerState(instance, config.host, config.port)
        self._state.begin_stage("start")
        self._file = StateFile(config.run_dir)
        self._log = LogFile(config.log_file, config.log_max_bytes, config.log_backups)
        self._loop = new_loop()
        self._listener: Listener | None = None
        self._taken: Taken | None = None  # another server answers on the same socket until it is released
        self._offer: Offer | None = None
        self._replicas: list[Replica] = []
        self._is_user = user_files(*config.user_places)
        self._lease = Lease(config.lease_file, config.lease_seconds)
        self._stop_file = config.run_dir / "stop"
        self._began = time.time()
        self._was_ready = False
        self._timed_out: set[int] = set()
        self._counters_at = 0.0
        self._exit_code = 0

    def run(self) -> int:
        """Serve to the end; the exit code: 0 asked or lease, 3 failed."""
        config = self._config
        self._write_state()
        self._log.record(
            "INFO",
            "server",
            f"Model server {__version__} starts {config.name} on Python {sys.version.split()[0]}",
        )
        self._taken = take_over(config.takeover, config.port)
        try:
            sock = self._taken.listening if self._taken is not None else bind(config.host, config.port)
        except OSError as error:
            self._fail(self._port_failure(error))
            return self._end()
        self._state.port = sock.getsockname()[1]
        name, parser = default_parser()
        limits = HttpLimits(config.limits.body_bytes, idle_seconds=10)
        self._listener = Listener(
            self._loop, sock, WaitingApp(config.name, self._state, self._log), limits, parser
        )
        self._wait_on_socket()
        self._catch_signals()
        self._offer = Offer(self._loop, sock, self._released)
        self._offer.open()
        self._state.handover = self._offer.path
        for number in range(1, config.replicas + 1):
            replica = Replica(number, config, sock, self._log, self._on_loop, self._on_event, self._on_exit)
            self._replicas.append(replica)
            self._spawn(replica)
        self._write_state()
        self._log.record(
            "INFO", "server", f"Listening on {config.host}:{self._state.port} ({name})", pid=os.getpid()
        )
        self._loop.call_later(_TICK_SECONDS, self._tick)
        self._loop.run_forever()
        self._offer.close()
        sock.close()
        return self._end()

    def _end(self) -> int:
        self._state.state = "failed" if self._state.failure else "stopped"
        self._write_state()
        try:
            self._stop_file.unlink(missing_ok=True)
        except OSError:
            pass
        reason = self._state.stopped_because
        self._log.record("INFO", "server", f"Ended: {reason}")
        self._log.close()
        return self._exit_code

    def _wait_on_socket(self) -> None:
        """Answer that nothing is ready, unless another server answers on the same socket."""
        if self._listener is not None and not self._takes_over() and not self._is_taken_over():
            self._listener.start()

    def _takes_over(self) -> bool:
        return self._taken is not None and not self._taken.is_released

    def _is_taken_over(self) -> bool:
        return self._offer is not None and self._offer.is_taken

    def _released(self) -> None:
        self._log.record("INFO", "server", "Another server has taken over")
        self._stop("replaced")

    def _on_loop(self, function: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(function)

    # Workers

    def _spawn(self, replica: Replica) -> None:
        if self._state.state == "stopping" or self._state.failure is not None:
            return
        self._timed_out.discard(replica.number)
        try:
            replica.spawn()
        except OSError as error:
            message = f"Could not start a worker: {error.strerror or error}"
            self._fail(make_failure(self._state.running_stage(), "spawn-failed", message))

    def _on_event(self, replica: Replica, event: dict[str, Any]) -> None:
        kind = event.get("event")
        if kind == "stage":
            if not self._was_ready:
                self._state.begin_stage(str(event["name"]))
        elif kind == "loaded":
            self._state.load = event["load"]
            if not self._was_ready:
                self._state.begin_stage("ready")
            if self._listener is not None:
                self._listener.stop()  # what comes until the worker accepts waits in the socket
            replica.send("accept")
        elif kind == "ready":
            self._ready(replica)
        elif kind == "failed":
            self._load_failed(replica, event["failure"])
        elif kind == "where":
            self._load_timed_out(replica, event["frames"])
        self._write_state()

    def _ready(self, replica: Replica) -> None:
        if replica.state != "starting":
            return
        replica.state, replica.was_ready = "ready", True
        if not self._was_ready:
            self._was_ready = True
            self._state.end_stage("done")
        if self._taken is not None and all(item.state == "ready" for item in self._replicas):
            self._taken.release()
        if self._state.state == "starting" and not self._takes_over():
            self._state.state = "ready"
        seconds = time.monotonic() - replica.spawned
        self._log.record("INFO", "server", f"Ready after {seconds:.1f} s", replica.number, pid=replica.pid)

    def _load_failed(self, replica: Replica, failure: Failure) -> None:
        replica.last_failure, replica.load_failed = failure["message"], True
        if not self._was_ready:
            self._fail(failure)

    def _on_exit(self, replica: Replica, code: int) -> None:
        pid, request, was_ready = replica.pid, replica.running_request(), replica.was_ready
        stopping = replica.state == "stopping" or self._state.state == "stopping"
        replica.forget_worker()
        if stopping:
            replica.state = "stopping"
        else:
            self._died(replica, code, request, was_ready, pid)
        self._write_state()
        if all(item.pid is None for item in self._replicas) and (stopping or self._state.failure):
            self._loop.stop()

    def _died(self, replica: Replica, code: int, request: str, was_ready: bool, pid: int | None) -> None:
        replica.state = "failed"
        text = exit_text(code) + (f" while answering request {request}" if request else "")
        if not was_ready and not self._was_ready:
            if self._state.failure is None:
                self._fail(self._death_in_load(replica, code))
            return
        if not replica.load_failed:
            replica.last_failure = text
        self._log.record(
            "ERROR", "server", f"The worker died: {text}", replica.number, request=request or None, pid=pid
        )
        now = time.monotonic()
        replica.deaths = [moment for moment in replica.deaths if now - moment < _DEATHS_SECONDS] + [now]
        if len(replica.deaths) >= _DEATHS:
            what = f"it died {_DEATHS} times within a minute: {replica.last_failure}"
            message = f"Could not keep replica {replica.number} running: {what}"
            self._fail(make_failure("ready", "crash-loop", message))
            return
        if self._state.state in {"starting", "ready"} and all(
            item.state != "ready" for item in self._replicas
        ):
            self._state.state = "starting"
            self._wait_on_socket()
        replica.restarts += 1
        delay = 0.1 * 4 ** (len(replica.deaths) - 1)
        self._loop.call_later(delay, self._respawn, replica)

    def _respawn(self, replica: Replica) -> None:
        self._spawn(replica)
        self._write_state()

    def _death_in_load(self, replica: Replica, code: int) -> Failure:
        stage, name = self._state.running_stage(), self._config.script.name
        kind = {"killed": "killed", "crashed": "crashed", "exited": "script-exited"}[exit_kind(code)]
        frames = [
            {"file": file, "line": line, "function": function, "source": "", "user": self._is_user(file)}
            for file, line, function in reversed(replica.fatal_frames)
        ]
        user = next((frame for frame in reversed(frames) if frame["user"]), None)
        message = f"Could not load {name}: its process was {exit_text(code)}{place(user)}"
        if kind == "script-exited":
            message = f"Could not load {name}: it ended its own process ({exit_text(code)})"
        exception = {"type": exit_text(code), "text": "", "frames": frames} if frames else None
        remedies = [{"kind": "open-file", "file": user["file"], "line": user["line"]}] if user else []
        return make_failure(stage, kind, message, exception, remedies)

    # Time

    def _tick(self) -> None:
        self._loop.call_later(_TICK_SECONDS, self._tick)
        for replica in self._replicas:
            replica.flush_partial_lines()
            self._check_load_time(replica)
        if self._state.state in {"starting", "ready"}:
            if self._stop_asked():
                self._stop("asked")
            elif self._lease.ended():
                self._log.record(
                    "WARN", "server", "The lease ended: no window of the workspace is open any more"
                )
                self._stop("lease")
        now = time.monotonic()
        self._write_state(counters=now - self._counters_at >= _COUNTER_SECONDS)

    def _stop_asked(self) -> bool:
        try:
            written = self._stop_file.stat().st_mtime
        except OSError:
            return False
        # One that an earlier run left behind is not meant for this one.
        return written > self._began - _STALE_STOP_SECONDS

    def _check_load_time(self, replica: Replica) -> None:
        if replica.state != "starting" or replica.pid is None or replica.was_ready:
            return
        spent = time.monotonic() - replica.spawned
        limit = self._config.limits.load_seconds
        if spent > limit and replica.number not in self._timed_out:
            self._timed_out.add(replica.number)
            replica.send("where")
        elif spent > limit + 2.0:
            self._load_timed_out(replica, [])

    def _load_timed_out(self, replica: Replica, frames: list[dict[str, Any]]) -> None:
        if replica.state != "starting":
            return
        limit = self._config.limits.load_seconds
        user = next((frame for frame in reversed(frames) if frame["user"]), None)
        where = f": it hangs in {user['source'] or user['function']}{place(user)}" if user else ""
        message = f"Could not load {self._config.script.name}: it was not loaded within {limit:g} s{where}"
        remedies: list[dict[str, Any]] = [{"kind": "raise-limit", "name": "loadSeconds"}]
        if user:
            remedies.append({"kind": "open-file", "file": user["file"], "line": user["line"]})
        exception = {"type": "timeout", "text": "", "frames": frames} if frames else None
        failure = make_failure(self._state.running_stage(), "load-timeout", message, exception, remedies)
        self._load_failed(replica, failure)
        replica.kill()

    # Ends

    def _catch_signals(self) -> None:
        if os.name != "nt":
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                self._loop.add_signal_handler(number, self._stop, "asked")
            return
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
            windows_number = getattr(signal, name, None)
            if windows_number is not None:
                signal.signal(windows_number, lambda *_: self._on_loop(lambda: self._stop("asked")))

    def _stop(self, reason: str) -> None:
        if self._state.state == "stopping":
            return
        if self._state.failure is None:
            self._state.stopped_because = reason
        self._state.state = "stopping"
        self._log.record("INFO", "server", f"Stopping: {reason}")
        drain = self._config.limits.drain_seconds
        # Clients of the other server keep their connections long enough to be told to make another one.
        grace = min(1.0, drain) if self._is_taken_over() else 0.0
        for replica in self._replicas:
            replica.stop(drain, grace)
        self._wait_on_socket()  # says 503 to those who come now
        self._write_state()
        if all(replica.pid is None for replica in self._replicas):
            self._loop.call_soon(self._loop.stop)
            return
        loading = all(not replica.was_ready for replica in self._replicas)
        self._loop.call_later((0 if loading else drain) + _KILL_GRACE_SECONDS, self._kill_all)

    def _kill_all(self) -> None:
        for replica in self._replicas:
            replica.kill()

    def _fail(self, failure: Failure) -> None:
        if self._state.failure is not None:
            return
        self._state.end_stage("failed")
        self._state.failure = failure
        self._state.stopped_because = "failed"
        self._exit_code = EXIT_FAILED
        self._log.record("ERROR", "server", failure["message"], kind=failure["kind"])
        self._state.state = "failed"
        drain = 0.0
        for replica in self._replicas:
            if replica.pid is not None and replica.was_ready:
                drain = self._config.limits.drain_seconds
                replica.stop(drain)
        self._loop.call_later(drain + _KILL_GRACE_SECONDS, self._kill_all)
        self._write_state()
        if all(replica.pid is None for replica in self._replicas):
            self._loop.call_soon(self._loop.stop)

    def _port_failure(self, error: OSError) -> Failure:
        host, port = self._config.host, self._config.port
        choose = [{"kind": "choose-port"}]
        if error.errno == errno.EADDRINUSE or getattr(error, "winerror", None) == 10048:
            owner = port_owner(port)
            who = f" by {owner[1]} (process {owner[0]})" if owner else ""
            message = f"Could not listen on port {port}: it is taken{who}: choose another port"
            return make_failure("start", "port-in-use", message, None, choose)
        if error.errno == errno.EACCES:
            message = f"Could not listen on port {port}: it is not allowed: choose a port above 1023"
            return make_failure("start", "port-not-allowed", message, None, choose)
        message = f"Could not listen on {host}:{port}: {error.strerror or error}"
        return make_failure("start", "host-unusable", message, None, choose)

    def _write_state(self, counters: bool = True) -> None:
        if counters:
            self._counters_at = time.monotonic()
            self._state.replicas = [replica.as_json(memory=True) for replica in self._replicas]
        else:
            self._state.replicas = [
                {**new, **{key: old[key] for key in ("requests", "memoryBytes")}}
                for new, old in zip(
                    [replica.as_json(memory=False) for replica in self._replicas], self._state.replicas
                )
            ]
        self._file.write(self._state)
