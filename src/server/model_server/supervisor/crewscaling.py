"""Carries out what scaling.py and balancing.py decide."""

from __future__ import annotations

import time

from ..config import LaunchConfig
from ..logs.logfile import LogFile
from ..logs.records import now_text
from ..statefile import ServerState
from .balancing import Balancer
from .crew import Crew
from .scaling import Decision, Load, LoadProbe, Scaler

# Clients of a worker that ends keep their connection so long, to be told to make another one.
_GRACE_SECONDS = 5.0


class CrewScaling:
    """`look` is to be called several times a second, on the supervisor's loop."""

    def __init__(self, config: LaunchConfig, crew: Crew, state: ServerState, log: LogFile) -> None:
        self._least, self._most = config.replicas, config.max_replicas
        self._scaler = Scaler(config.scaling, self._least, self._most)
        self._probe = LoadProbe(config.run_dir)
        self._balancer = Balancer()
        self._crew = crew
        self._state = state
        self._log = log
        self._say(self._least, None)

    def changed(self) -> None:
        """A worker came or went: what was seen before says nothing about those that are there."""
        self._scaler.forget()

    def look(self) -> None:
        """Spread the clients, add or end workers if it is time."""
        crew = self._crew
        ready = {replica.number: replica.pid for replica in crew.ready() if replica.pid is not None}
        if self._most < 2 or not ready:
            return
        now = time.monotonic()
        load = self._probe.look(ready, now)
        self._balance(load)
        if self._most <= self._least or crew.starting():
            return
        decision = self._scaler.decide(now, len(ready), load)
        if decision is not None and not (decision.change > 0 and crew.gave_up):
            self._scale(decision, len(ready))

    def _balance(self, load: Load) -> None:
        uneven = self._balancer.look(load.by_worker)
        if uneven is not None:
            number, clients = uneven
            for replica in self._crew.ready():
                if replica.number == number:
                    replica.send("rebalance", clients=clients)

    def _scale(self, decision: Decision, ready: int) -> None:
        crew = self._crew
        self._scaler.forget()
        workers = ready + decision.change
        crew.meter.add("scalings", "up" if decision.change > 0 else "down")
        for _ in range(decision.change):
            crew.add(crew.config)
        if decision.change < 0:
            for replica in crew.ready()[decision.change :]:
                crew.retire(replica, _GRACE_SECONDS)
        self._say(workers, decision.reason)
        message = f"Scaling: {workers} instead of {ready} workers: {decision.reason}"
        self._log.record("INFO", "server", message)

    def _say(self, workers: int, reason: str | None) -> None:
        at = now_text() if reason else None
        limits = {"min": self._least, "max": self._most}
        self._state.scaling = {**limits, "workers": workers, "reason": reason, "at": at}
