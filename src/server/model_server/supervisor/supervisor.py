"""The process that the extension starts: owns the port, the log, the state file and the workers."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from typing import Callable

from .. import __version__
from ..config import LaunchConfig
from ..failures import Failure
from ..http.listener import Listener, bind, new_loop
from ..http.messages import HttpLimits
from ..http.parsers import default_parser
from ..logs.logfile import LogFile
from ..measuring.metrics import metrics_folder
from ..processes import reap_strangers
from ..statefile import ServerState, StateFile
from .crew import Crew
from .crewscaling import CrewScaling
from .endings import Endings
from .environment import SecretsError, take_token
from .firstworker import FirstWorker
from .handover import Offer, Taken, take_over
from .held import HeldChecks
from .lease import Lease
from .recording import Recording
from .reload import Reloader
from .replica import Replica
from .showing import show
from .startfailures import port_failure, secrets_unreadable, token_missing
from .stopfile import StopFile
from .waiting import WaitingApp

EXIT_FAILED = 3
_TICK_SECONDS = 0.25
_COUNTER_SECONDS = 2.0


class Supervisor:
    """Runs one serving until it is asked to stop, its lease ends or it fails."""

    def __init__(self, config: LaunchConfig, instance: str, first: FirstWorker | None) -> None:
        self._config = config
        self._first = first
        self._state = ServerState(instance, config.host, config.port)
        self._state.begin_stage("start")
        self._file = StateFile(config.run_dir)
        self._log = LogFile(config.log_file, config.log_max_bytes, config.log_backups)
        self._loop = new_loop()
        self._listener: Listener | None = None
        self._taken: Taken | None = None  # another server answers on the same socket until it is released
        self._offer: Offer | None = None
        self._crew: Crew | None = None
        self._reloader: Reloader | None = None
        self._scaling: CrewScaling | None = None
        self._lease = Lease(config.lease_file, config.lease_seconds)
        self._stop_file = StopFile(config.run_dir)
        self._recording = Recording(config, self._log)
        self._endings = Endings()
        self._held_checks = HeldChecks(self._loop)
        self._counters_at = 0.0
        self._exit_code = 0
        self._token: str | None = None

    def run(self) -> int:
        """Serve to the end; the exit code: 0 asked or lease, 3 failed."""
        config = self._config
        self._catch_signals()  # what comes until the loop runs is dealt with then
        shutil.rmtree(metrics_folder(config.run_dir), ignore_errors=True)
        self.write_state()
        python = sys.version.split()[0]
        self._log.record(
            "INFO", "server", f"Model server {__version__} starts {config.name} on Python {python}"
        )
        try:
            self._recording.open()
            self._token = take_token(config)
        except SecretsError as error:
            self.fail(secrets_unreadable(error))
            return self._end()
        if config.token_variable and not self._token:
            self.fail(token_missing(config.token_variable))
            return self._end()
        self._taken = take_over(config.takeover, config.port)
        try:
            sock = self._taken.listening if self._taken is not None else bind(config.host, config.port)
        except OSError as error:
            self.fail(port_failure(config, error))
            return self._end()
        self._state.port = sock.getsockname()[1]
        name, parser = default_parser()
        limits = HttpLimits(config.limits.body_bytes, idle_seconds=10)
        app = WaitingApp(config, self._state, self._log, self._token, self._endings, self._held_checks)
        self._listener = Listener(self._loop, sock, app, limits, parser)
        self._wait_on_socket()
        self._offer = Offer(self._loop, sock, self._released)
        self._offer.open()
        self._state.handover = self._offer.path
        self._crew = Crew(config, self._state, self._log, self._loop, sock, self, self._token, self._endings)
        self._crew.begin(self._first)
        self._first = None
        if config.watch:
            self._reloader = Reloader(config, self._crew, self._state, self._log, self._on_loop)
        self._scaling = CrewScaling(config, self._crew, self._state, self._log)
        self.write_state()
        self._log.record(
            "INFO", "server", f"Listening on {config.host}:{self._state.port} ({name})", pid=os.getpid()
        )
        self._loop.call_later(_TICK_SECONDS, self._tick)
        self._loop.run_forever()
        self._offer.close()
        sock.close()
        return self._end()

    def _end(self) -> int:
        if self._first is not None:
            self._first.end()
        self._recording.end()
        self._state.state = "failed" if self._state.failure else "stopped"
        self.write_state()
        self._stop_file.remove()
        self._log.record("INFO", "server", f"Ended: {self._state.stopped_because}")
        self._log.close()
        return self._exit_code

    # Who answers

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

    # What the crew tells

    def worker_loaded(self, replica: Replica) -> None:
        """Let it accept, or wait until all with the same code are loaded."""
        if replica.candidate:
            if self._reloader is not None:
                self._reloader.loaded(replica)
            return
        self._state.load = replica.load
        if self._crew is not None and not self._crew.was_ready:
            self._state.begin_stage("ready")
        if self._listener is not None:
            self._listener.stop()  # what comes until the worker accepts waits in the socket
        replica.send("accept")

    def worker_ready(self, _: Replica) -> None:
        """The serving is ready with the first one; a server before this one ends when all are."""
        assert self._crew is not None
        if self._scaling is not None:
            self._scaling.changed()
        if self._taken is not None and not self._crew.starting():
            self._taken.release()
        if self._state.state == "starting" and not self._takes_over():
            self._state.state = "ready"
            self._held_checks.changed()

    def candidate_failed(self, replica: Replica, failure: Failure) -> None:
        """A change is broken: the workers before it go on."""
        if self._reloader is not None:
            self._reloader.failed(replica, failure)

    def no_worker_ready(self) -> None:
        """Until the next one is, this process answers."""
        if self._state.state in {"starting", "ready"}:
            self._state.state = "starting"
            self._wait_on_socket()

    def all_gone(self) -> None:
        """Nothing is left to wait for."""
        self._loop.stop()

    # Time

    def _tick(self) -> None:
        self._loop.call_later(_TICK_SECONDS, self._tick)
        assert self._crew is not None
        if os.getpid() == 1:
            reap_strangers(self._crew.pids() | self._recording.pids)
        for replica in self._crew.replicas:
            replica.flush_partial_lines()
        self._crew.check_load_times()
        self._recording.look(self._crew.was_ready)
        if self._state.state in {"starting", "ready"}:
            if self._stop_file.asks:
                self._stop("asked")
            elif self._lease.ended():
                self._log.record(
                    "WARN", "server", "The lease ended: no window of the workspace is open any more"
                )
                self._stop("lease")
            else:
                if self._scaling is not None:
                    self._scaling.look()
                if self._reloader is not None and self._state.state == "ready":
                    self._reloader.look()
        now = time.monotonic()
        self.write_state(counters=now - self._counters_at >= _COUNTER_SECONDS)

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

    def _on_loop(self, function: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(function)

    def _stop(self, reason: str) -> None:
        if self._state.state == "stopping":
            return
        if self._state.failure is None:
            self._state.stopped_because = reason
        self._state.state = "stopping"
        self._held_checks.changed()
        self._log.record("INFO", "server", f"Stopping: {reason}")
        assert self._crew is not None
        if self._config.lame_seconds and self._crew.ready() and not self._is_taken_over():
            self._crew.say_not_ready()
            self.write_state()
            self._loop.call_later(self._config.lame_seconds, self._drain)
        else:
            self._drain()

    def _drain(self) -> None:
        """No new clients; workers end when they have answered those that they have."""
        drain = self._config.limits.drain_seconds
        # Clients of the other server keep their connections long enough to be told to make another one.
        grace = min(1.0, drain) if self._is_taken_over() else 0.0
        crew = self._crew
        assert crew is not None
        crew.stop(drain, grace)
        self._wait_on_socket()  # says 503 to those who come now
        self.write_state()
        if crew.is_gone:
            self._loop.call_soon(self._loop.stop)
            return
        loading = all(not replica.was_ready for replica in crew.replicas)
        crew.kill_later(0 if loading else drain)

    def fail(self, failure: Failure) -> None:
        """The serving ends; workers that answer may end what they answer."""
        if self._state.failure is not None:
            return
        self._state.end_stage("failed")
        self._state.failure = failure
        self._state.stopped_because = "failed"
        self._exit_code = EXIT_FAILED
        self._log.record("ERROR", "server", failure["message"], kind=failure["kind"])
        self._state.state = "failed"
        crew, drain = self._crew, 0.0
        if crew is not None:
            for replica in crew.replicas:
                if replica.pid is not None and replica.was_ready:
                    drain = self._config.limits.drain_seconds
                    replica.stop(drain)
            crew.kill_later(drain)
        self.write_state()
        if crew is None or crew.is_gone:
            self._loop.call_soon(self._loop.stop)

    def write_state(self, counters: bool = True) -> None:
        """Write the state file if it differs; counters and memory are read only when asked for."""
        replicas = []
        if self._crew is not None:
            replicas = self._crew.replicas
            self._crew.count()
        self._state.replicas = show(replicas, self._state.replicas, counters)
        if counters:
            self._endings.look()
            self._state.inference_log = self._recording.as_json()
            self._counters_at = time.monotonic()
        self._file.write(self._state)
