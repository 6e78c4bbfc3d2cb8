"""Which way a worker's process is started, and the processes that others are forked from."""

from __future__ import annotations

import os
import socket
from typing import Any, Callable

from ..config import LaunchConfig
from ..logs.logfile import LogFile
from ..processes import exit_text
from .nursery import Nursery
from .replica import Replica
from .starters import ProcessStarter, Starter


class Spawner:
    """`make` gives a replica for a number and a configuration; 0 is for a process that forks others."""

    def __init__(
        self, config: LaunchConfig, make: Callable[[int, LaunchConfig], Replica], log: LogFile
    ) -> None:
        self._make = make
        self._log = log
        self._starter = ProcessStarter(config)
        self.first: Starter | None = None  # for the next worker only
        self._preload = config.preload
        self._problem: str | None = None  # why workers are not forked, though they should be
        self._nurseries: list[Nursery] = []  # one for each version of the code that is served
        if config.preload and not (hasattr(os, "fork") and hasattr(socket, "send_fds")):
            self._problem = "this system can't fork"

    @property
    def state(self) -> dict[str, Any] | None:
        """The state file's form of what is forked; None when nobody asked for it."""
        if not self._preload:
            return None
        pid = next((nursery.replica.pid for nursery in self._nurseries if nursery.replica.pid), None)
        return {"on": self._problem is None, "reason": self._problem, "pid": pid}

    def spawn(self, replica: Replica) -> bool:
        """Start its worker, or soon; False: try again in a moment. Raises OSError."""
        nursery = self._nursery(replica.config)
        if nursery is None:
            self._start(replica)
        elif not nursery.is_loaded:
            replica.began()
            nursery.waiting.append(replica)
        else:
            try:
                replica.spawn(nursery)
            except OSError as error:
                self._log.record("WARN", "server", f"Could not fork a worker: {error.strerror or error}")
                return False
        return True

    def _start(self, replica: Replica) -> None:
        first, self.first = self.first, None
        if first is not None:
            try:
                replica.spawn(first)
            except OSError as error:
                text = error.strerror or error
                self._log.record("WARN", "server", f"The first worker is started once more: {text}")
            else:
                return
        replica.spawn(self._starter)

    def _nursery(self, config: LaunchConfig) -> Nursery | None:
        if not self._preload or self._problem is not None:
            return None
        for nursery in self._nurseries:
            if nursery.config is config:
                return nursery
        nursery = Nursery(self._make(0, config))
        nursery.load()
        self._nurseries.append(nursery)
        return nursery

    def processes(self) -> list[Replica]:
        """The processes that others are forked from."""
        return [nursery.replica for nursery in self._nurseries]

    def loading(self) -> list[Replica]:
        """Those of them that have not loaded the script yet."""
        return [nursery.replica for nursery in self._nurseries if not nursery.is_loaded]

    def waiting_for(self, replica: Replica) -> list[Replica]:
        """The replicas that will be forked from this process."""
        return next((nursery.waiting for nursery in self._nurseries if nursery.replica is replica), [])

    def loaded(self, replica: Replica, problem: str | None) -> list[Replica]:
        """A process has loaded the script, but perhaps can't fork; those to be spawned now."""
        nursery = next((item for item in self._nurseries if item.replica is replica), None)
        if nursery is None:
            return []
        nursery.is_loaded = True
        if problem is not None:
            self._problem = problem
            self._log.record("WARN", "server", f"Workers can't be forked, each loads by itself: {problem}")
        waiting, nursery.waiting = nursery.waiting, []
        return waiting

    def ended(self, replica: Replica, code: int) -> list[Replica]:
        """A process that others are forked from is gone: they live on, those that waited share its fate."""
        nursery = next((item for item in self._nurseries if item.replica is replica), None)
        if nursery is None:
            return []
        self._nurseries.remove(nursery)
        nursery.ended()
        if nursery.is_loaded and code != 0:
            self._log.record("WARN", "server", f"The process that had loaded the script: {exit_text(code)}")
        for other in nursery.waiting:
            other.fatal_frames = replica.fatal_frames
        return nursery.waiting

    def end_unused(self, used: list[LaunchConfig]) -> None:
        """End the processes whose code nobody has any more."""
        for nursery in self._nurseries:
            if not any(nursery.config is config for config in used):
                nursery.replica.send("stop")
