"""The workers of a serving: started, replaced when they die, added and ended."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any, Callable

from ..config import LaunchConfig
from ..failures import Failure, make_failure
from ..logs.logfile import LogFile
from ..measuring.metrics import Meter
from ..measuring.snapshot import clear_gauges
from ..statefile import ServerState
from .endings import Endings
from .owner import Owner
from .replica import Replica
from .spawning import Spawner
from .starters import Starter
from .startfailures import Death, crash_loop, death_in_load, load_timed_out

_DEATHS = 5
_DEATHS_SECONDS = 60.0
_KILL_GRACE_SECONDS = 1.0
_FORK_AGAIN_SECONDS = 0.5
_STATES = ("starting", "ready", "stopping", "failed")


class Crew:
    """All replicas. `config` is what further workers get."""

    def __init__(
        self,
        config: LaunchConfig,
        state: ServerState,
        log: LogFile,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        owner: Owner,
        token: str | None,
        endings: Endings,
    ) -> None:
        self.config = config
        self.replicas: list[Replica] = []
        self.was_ready = False  # one worker was, once
        self.gave_up = False  # a worker beyond the least number of them could not be kept running
        self._state = state
        self._log = log
        self._loop = loop
        self._sock = sock
        self._owner = owner
        self._token = token
        self._endings = endings
        self.meter = Meter(config.run_dir, 0)
        self._timed_out: set[Replica] = set()
        self._spawner = Spawner(config, self._new, log)

    # Numbers

    def ready(self) -> list[Replica]:
        """Those that answer and go on answering."""
        return [replica for replica in self.replicas if replica.state == "ready"]

    def starting(self) -> list[Replica]:
        """Those that are being loaded, or will be again."""
        return [replica for replica in self.replicas if replica.state in {"starting", "failed"}]

    @property
    def is_gone(self) -> bool:
        """No worker process is left."""
        return all(replica.pid is None for replica in [*self.replicas, *self._spawner.loading()])

    def pids(self) -> set[int]:
        """All of our processes."""
        return {item.pid for item in [*self.replicas, *self._spawner.processes()] if item.pid is not None}

    def _is_ending(self) -> bool:
        return self._state.state == "stopping" or self._state.failure is not None

    # Begin and end

    def begin(self, first: Starter | None) -> None:
        """Start the least number of workers, the first one by `first` where it is given."""
        self._spawner.first = first
        for _ in range(self.config.replicas):
            self.add(self.config)

    def add(self, config: LaunchConfig, candidate: bool = False) -> Replica:
        """Start a worker with the lowest free number; a candidate accepts only when the owner says so."""
        taken = {replica.number for replica in self.replicas}
        number = next(number for number in range(1, len(taken) + 2) if number not in taken)
        replica = self._new(number, config)
        replica.candidate = candidate
        self.replicas.append(replica)
        self.replicas.sort(key=lambda item: item.number)
        self._spawn(replica)
        return replica

    def _new(self, number: int, config: LaunchConfig) -> Replica:
        replica = Replica(number, config, self._sock, self._log, self._on_loop, self._on_event, self._on_exit)
        replica.token = self._token
        return replica

    def _spawn(self, replica: Replica) -> None:
        if self._is_ending() or replica.retiring:
            return
        self._timed_out.discard(replica)
        try:
            if not self._spawner.spawn(replica):
                self._loop.call_later(_FORK_AGAIN_SECONDS, self._respawn, replica)
            self._endings.tell(replica)
        except OSError as error:
            message = f"Could not start a worker: {error.strerror or error}"
            self._owner.fail(make_failure(self._state.running_stage(), "spawn-failed", message))

    def retire(self, replica: Replica, grace: float) -> None:
        """Let one worker end while the serving goes on: what it answers is answered to its end."""
        replica.retiring = True
        if replica.pid is None:
            self._forget(replica)
            return
        pid, seconds = replica.pid, self.config.limits.request_seconds + grace
        replica.stop(seconds if replica.was_ready else 0.0, grace, serving_stops=False)
        self._loop.call_later(seconds + _KILL_GRACE_SECONDS, self._kill_worker, replica, pid)

    def _kill_worker(self, replica: Replica, pid: int) -> None:
        if replica.pid == pid:
            replica.kill()

    def stop(self, seconds: float, grace: float) -> None:
        """Let all end within `seconds`."""
        for replica in self.replicas:
            replica.stop(seconds, grace)
        for replica in self._spawner.loading():
            replica.stop(0.0)

    def say_not_ready(self) -> None:
        """Requests are still answered, but balancers are told to send no more."""
        for replica in self.ready():
            replica.send("lame")

    def kill(self) -> None:
        """End all at once."""
        for replica in [*self.replicas, *self._spawner.processes()]:
            replica.kill()

    def kill_later(self, seconds: float) -> None:
        """End those at once that are left then."""
        self._loop.call_later(seconds + _KILL_GRACE_SECONDS, self.kill)

    # What workers tell

    def _on_loop(self, function: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(function)

    def _on_event(self, replica: Replica, event: dict[str, Any]) -> None:
        kind = event.get("event")
        if kind == "stage":
            if not self.was_ready:
                self._state.begin_stage(str(event["name"]))
        elif kind == "loaded":
            replica.load = event["load"]
            self._owner.worker_loaded(replica)
        elif kind == "ready":
            self._ready(replica)
        elif kind == "failed":
            self._load_failed(replica, event["failure"])
        elif kind == "where":
            self._load_timed_out(replica, event["frames"])
        elif kind in {"preloaded", "unsuitable"}:
            for other in self._spawner.loaded(replica, event.get("reason")):
                self._spawn(other)
        elif kind == "batching":
            told = {key: value for key, value in event.items() if key not in {"event", "verb"}}
            self._state.batching[str(event["verb"])] = told
        self._owner.write_state()

    def _ready(self, replica: Replica) -> None:
        if replica.state != "starting":
            return
        replica.state, replica.was_ready = "ready", True
        if not self.was_ready:
            self.was_ready = True
            self._state.end_stage("done")
        seconds = time.monotonic() - replica.spawned
        self._log.record("INFO", "server", f"Ready after {seconds:.1f} s", replica.number, pid=replica.pid)
        self._owner.worker_ready(replica)

    def _load_failed(self, replica: Replica, failure: Failure) -> None:
        for other in list(self._spawner.waiting_for(replica)):
            self._load_failed(other, failure)
        if replica.preloads:
            return
        replica.last_failure, replica.last_failure_kind = failure["message"], failure["kind"]
        replica.load_failed = True
        if replica.candidate:
            self._owner.candidate_failed(replica, failure)
        elif not self.was_ready:
            self._owner.fail(failure)

    def _load_timed_out(self, replica: Replica, frames: list[dict[str, Any]]) -> None:
        if replica.state != "starting":
            return
        failure = load_timed_out(replica.config, self._state.running_stage(), frames)
        self._load_failed(replica, failure)
        replica.kill()

    def check_load_times(self) -> None:
        """Ask workers that take too long where they are; who can't even tell is ended."""
        for replica in [*self.replicas, *self._spawner.loading()]:
            limit = replica.config.limits.load_seconds
            if replica.state != "starting" or replica.pid is None or replica.was_ready:
                continue
            over = time.monotonic() - replica.spawned - limit
            if over > 0 and replica not in self._timed_out:
                self._timed_out.add(replica)
                replica.send("where")
            elif over > 2.0:
                self._load_timed_out(replica, [])

    # Ends of workers

    def _on_exit(self, replica: Replica, code: int) -> None:
        pid, request, was_ready = replica.pid, replica.running_request(), replica.was_ready
        death = self._endings.death(replica, code)
        for other in self.ready():
            self._endings.tell(other)
        replica.forget_worker()
        if replica.preloads:
            for other in self._spawner.ended(replica, code):
                self._worker_ended(other, death, ("", False, None))
        else:
            clear_gauges(self.config.run_dir, replica.number)
            self._worker_ended(replica, death, (request, was_ready, pid))
        self._spawner.end_unused([self.config, *(item.config for item in self.replicas)])
        self._owner.write_state()
        if self.is_gone and self._is_ending():
            self.kill()  # a process that has loaded and waits to be forked
            self._owner.all_gone()

    def _worker_ended(self, replica: Replica, death: Death, what: tuple[str, bool, int | None]) -> None:
        serving_stops = self._is_ending()
        if replica.retiring and not serving_stops:
            self._forget(replica)
        elif serving_stops or replica.retiring or replica.state == "stopping":
            replica.state = "stopping"
        elif replica.candidate:
            self._candidate_died(replica, death)
        else:
            self._died(replica, death, *what)

    def _forget(self, replica: Replica) -> None:
        if replica in self.replicas:
            self.replicas.remove(replica)

    def _candidate_died(self, replica: Replica, death: Death) -> None:
        failure = death_in_load(replica.config, "import", death, replica.fatal_frames)
        self._forget(replica)
        if not replica.load_failed:
            self._owner.candidate_failed(replica, failure)

    def _died(self, replica: Replica, death: Death, request: str, was_ready: bool, pid: int | None) -> None:
        replica.state = "failed"
        text = death.text + (f" while answering request {request}" if request else "")
        if not was_ready and not self.was_ready:
            stage = self._state.running_stage()
            self._owner.fail(death_in_load(replica.config, stage, death, replica.fatal_frames))
            return
        if not replica.load_failed:
            replica.last_failure, replica.last_failure_kind = text, death.kind
        fields = {"request": request or None, "pid": pid, "kind": death.kind}
        self._log.record("ERROR", "server", f"The worker died: {text}", replica.number, **fields)
        now = time.monotonic()
        replica.deaths = [moment for moment in replica.deaths if now - moment < _DEATHS_SECONDS] + [now]
        if len(replica.deaths) >= _DEATHS:
            what = f"it died {_DEATHS} times within a minute: {replica.last_failure}"
            if len(self.ready()) >= self.config.replicas:
                self.gave_up = True
                self._forget(replica)
                self._log.record("ERROR", "server", f"No more workers are added: the last one failed: {what}")
                return
            self._owner.fail(crash_loop(replica.number, what, death))
            return
        if not self.ready():
            self._owner.no_worker_ready()
        replica.restarts += 1
        self.meter.add("worker_restarts")
        self._loop.call_later(0.1 * 4 ** (len(replica.deaths) - 1), self._respawn, replica)

    def _respawn(self, replica: Replica) -> None:
        if replica in self.replicas:
            self._spawn(replica)
            self._owner.write_state()

    def count(self) -> None:
        """Tell the metrics and the state how many workers there are, and whether they are forked."""
        self._state.preload = self._spawner.state
        for state in _STATES:
            self.meter.set("workers", state, value=sum(item.state == state for item in self.replicas))
