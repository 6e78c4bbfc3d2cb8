"""Reload while developing: changed code is loaded by a worker of its own, which takes over when it works."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any, Callable

from ..config import LaunchConfig
from ..failures import Failure, make_failure
from ..logs.logfile import LogFile
from ..logs.records import now_text
from ..statefile import ServerState
from .crew import Crew
from .replica import Replica
from .watching import Versions, Watch, changes

_LOOK_SECONDS = 1.0
_LOOK_SHARE = 0.02  # of the time may be spent on looking
_GRACE_SECONDS = 1.0
_MAX_NAMES = 20


class Reloader:
    """`look` is to be called several times a second; all of it on the supervisor's loop."""

    def __init__(
        self,
        config: LaunchConfig,
        crew: Crew,
        state: ServerState,
        log: LogFile,
        on_loop: Callable[[Callable[[], None]], None],
    ) -> None:
        self._crew = crew
        self._state = state
        self._log = log
        self._on_loop = on_loop
        self._watch = Watch(config)
        self._seen = self._tried = self._watch.look()
        self._versions = Versions(config, self._watch, self._seen)
        self._next_look = 0.0
        self._making = False
        self._candidate: Replica | None = None
        self._sources: dict[str, str] = {}
        self._changed: list[str] = []
        self._counts = {"reloads": 0, "failures": 0}
        self._say("watching", None)

    def look(self) -> None:
        """Look at the files if it is time; what has changed and then stayed as it is gets loaded."""
        now = time.monotonic()
        if now < self._next_look or self._making or self._candidate is not None:
            return
        seen = self._watch.look()
        settling = seen != self._seen
        self._seen = seen
        spent = time.monotonic() - now
        self._next_look = now + max(0.0 if settling else _LOOK_SECONDS, spent / _LOOK_SHARE)
        if settling or seen == self._tried:
            return
        self._changed = changes(self._tried, seen)[:_MAX_NAMES]
        self._tried = seen
        self._making = True
        self._say("loading", None)
        self._log.record(
            "INFO", "server", f"Changed: {', '.join(self._changed)}: loading it beside what runs"
        )
        # Models may be large: copying them must not keep this loop from its other work.
        used = {replica.config.artifact_dir for replica in self._crew.replicas}
        threading.Thread(target=self._make, args=(used,), daemon=True).start()

    def _make(self, used: set[Path]) -> None:
        try:
            config, sources = self._versions.make(self._seen)
            self._versions.forget_all_but(used | {config.artifact_dir})
        except OSError as error:
            message = f"Could not copy what has changed: {error.strerror or error}"
            failure = make_failure("start", "reload-copy", message)
            self._on_loop(lambda: self._made(None, {}, failure))
            return
        self._on_loop(lambda: self._made(config, sources, None))

    def _made(self, config: LaunchConfig | None, sources: dict[str, str], failure: Failure | None) -> None:
        self._making = False
        self._sources = sources
        if config is None:
            if failure is not None:
                self._failed(failure)
        elif self._state.state in {"starting", "ready"}:
            self._candidate = self._crew.add(config, candidate=True)

    def loaded(self, replica: Replica) -> None:
        """The changed code works: its worker accepts, more like it follow, those before it end."""
        if replica is not self._candidate:
            return
        self._candidate = None
        replica.candidate = False
        before = [other for other in self._crew.replicas if other is not replica and not other.retiring]
        self._crew.config = replica.config
        self._state.load = replica.load
        replica.send("accept")
        for other in before:
            self._crew.retire(other, _GRACE_SECONDS)
        for _ in before[1:]:
            self._crew.add(replica.config)
        self._counts["reloads"] += 1
        self._crew.meter.add("reloads", "loaded")
        self._say("watching", None)
        self._log.record("INFO", "server", f"Reloaded: {', '.join(self._changed)}", replica.number)

    def failed(self, replica: Replica, failure: Failure) -> None:
        """The changed code does not work: nothing else changes."""
        if replica is not self._candidate:
            return
        self._candidate = None
        self._crew.retire(replica, 0.0)
        self._failed(failure)

    def _failed(self, failure: Failure) -> None:
        shown = self._in_sources(failure)
        self._counts["failures"] += 1
        self._crew.meter.add("reloads", "failed")
        self._say("failed", shown)
        message = f"Could not reload, what ran before goes on: {shown['message']}"
        self._log.record("ERROR", "server", message, kind=failure["kind"])

    def _in_sources(self, value: Any) -> Any:
        """The same with the files that the user edits in place of their copies."""
        if isinstance(value, dict):
            return {key: self._in_sources(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._in_sources(item) for item in value]
        return self._sources.get(value, value) if isinstance(value, str) else value

    def _say(self, state: str, failure: Failure | None) -> None:
        self._state.reload = {
            "state": state,
            **self._counts,
            "changed": self._changed,
            "failure": failure,
            "at": now_text(),
        }
