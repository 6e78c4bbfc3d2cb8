"""runDir/server.json: what the extension reads, also after this process has died."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import __version__
from .logs.records import now_text


@dataclass
class Stage:
    """A step of the start; `began` is time.monotonic()."""

    name: str
    state: str
    started_at: str
    began: float
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The state file's form."""
        return {
            "name": self.name,
            "state": self.state,
            "startedAt": self.started_at,
            "seconds": round(self.seconds, 3),
        }


@dataclass
class ServerState:
    """The whole content of the state file; replicas are in their JSON form."""

    instance: str
    host: str
    port: int
    state: str = "starting"
    stages: list[Stage] = field(default_factory=list)
    replicas: list[dict[str, Any]] = field(default_factory=list)
    failure: dict[str, Any] | None = None
    stopped_because: str | None = None
    handover: str | None = None  # where another server can ask for the listening socket
    load: dict[str, Any] | None = None
    scaling: dict[str, Any] | None = None  # how many workers, and why their number changed last
    reload: dict[str, Any] | None = None  # None: changes are not looked for
    preload: dict[str, Any] | None = None  # whether workers are forked; None: nobody wants it
    inference_log: dict[str, Any] | None = None  # see measuring/recording.py; None: nothing is kept
    batching: dict[str, Any] = field(default_factory=dict)  # by verb: on or off, and why
    started_at: str = field(default_factory=now_text)

    def begin_stage(self, name: str) -> None:
        """The step before is done, this one runs; a step that was begun already stays as it is."""
        if any(stage.name == name for stage in self.stages):
            return
        self.end_stage("done")
        self.stages.append(Stage(name, "running", now_text(), time.monotonic()))

    def end_stage(self, state: str) -> None:
        """The running step ends as 'done' or 'failed'."""
        if self.stages and self.stages[-1].state == "running":
            last = self.stages[-1]
            last.state = state
            last.seconds = time.monotonic() - last.began

    def running_stage(self) -> str:
        """The name of the last step begun."""
        return self.stages[-1].name if self.stages else "start"

    def as_json(self) -> dict[str, Any]:
        """The state file's form."""
        return {
            "instance": self.instance,
            "pid": os.getpid(),
            "supervisor": __version__,
            "python": {"version": sys.version.split()[0].rstrip("+"), "executable": sys.executable},
            "host": self.host,
            "port": self.port,
            "startedAt": self.started_at,
            "state": self.state,
            "stages": [stage.as_json() for stage in self.stages],
            "replicas": self.replicas,
            "failure": self.failure,
            "stoppedBecause": self.stopped_because,
            "load": self.load,
            "handover": self.handover,
            "scaling": self.scaling,
            "reload": self.reload,
            "preload": self.preload,
            "batching": self.batching,
            "inferenceLog": self.inference_log,
            "pickleImports": (self.load or {}).get("pickleImports"),
        }


class StateFile:
    """Writes a state atomically, and only when it differs from what was written last."""

    def __init__(self, run_dir: Path) -> None:
        self._path = run_dir / "server.json"
        self._written = ""

    def write(self, state: ServerState) -> bool:
        """True when the file holds this state; False when the disk refused it (call again later)."""
        text = json.dumps(state.as_json(), indent=1)
        if text == self._written:
            return True
        part = self._path.with_name(f"server.json.{os.getpid()}.part")
        try:
            part.write_text(text, encoding="utf-8")
            _replace(part, self._path)
        except OSError:
            return False
        self._written = text
        return True


def _replace(source: Path, target: Path) -> None:
    # On Windows a reader that has the file open makes the replacement fail for a moment.
    for attempt in range(20):
        try:
            os.replace(source, target)
        except PermissionError:
            if attempt == 19 or os.name != "nt":
                raise
            time.sleep(0.01)
        else:
            return
