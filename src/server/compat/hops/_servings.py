"""The servings of this computer: what their definitions ask for and what their servers say of themselves."""

from __future__ import annotations

import json
import os
import socket
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import places

_STATES = {"ready": "Running", "starting": "Starting", "stopping": "Stopping", "failed": "Failed"}


@dataclass(frozen=True)
class LocalServing:
    """One serving; `server` is the content of its state file, empty when none runs or ran."""

    name: str
    definition: dict[str, Any]
    server: dict[str, Any]

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port while a server listens there."""
        port = self.server.get("port")
        if not isinstance(port, int) or port <= 0 or self.server.get("state") in {"stopped", "failed", None}:
            return None
        address = (str(self.server.get("host") or "127.0.0.1"), port)
        return address if self.name == own_name() or _listens(address) else None

    @property
    def status(self) -> str:
        """In Hopsworks' words: Running, Starting, Stopping, Failed, Stopped."""
        status = _STATES.get(str(self.server.get("state")), "Stopped")
        # A server that was killed could not write its last word.
        return "Stopped" if status != "Failed" and self.address is None else status

    def as_json(self) -> dict[str, Any]:
        """As Hopsworks' list of servings has it."""
        model = self.definition.get("model")
        model = model if isinstance(model, dict) else {}
        name, version = str(model.get("name", "")), model.get("version", 1)
        replicas = self.definition.get("replicas")
        ready = [item for item in self.server.get("replicas") or [] if item.get("state") == "ready"]
        artifact = self.definition.get("artifact")
        address = self.address
        return {
            "id": zlib.crc32(self.name.encode()) & 0x7FFFFFFF,
            "name": self.name,
            "modelPath": f"/Projects/{places.project_name()}/Models/{name}",
            "modelName": name,
            "modelVersion": version,
            "artifactVersion": artifact if isinstance(artifact, int) else 0,
            "predictor": os.path.basename(str(self.definition.get("script", ""))) or None,
            "transformer": os.path.basename(str(self.definition.get("transformer") or "")) or None,
            "modelServer": "PYTHON",
            "servingTool": "DEFAULT",
            "requestedInstances": replicas.get("min", 1) if isinstance(replicas, dict) else 1,
            "availableInstances": len(ready),
            "creator": places.project_user().partition("__")[2],
            "created": self.server.get("startedAt", ""),
            "status": self.status,
            **(
                {"internalIPs": [address[0]], "internalPort": str(address[1]), "internalPath": "/"}
                if address
                else {}
            ),
        }


def own_name() -> str:
    """The serving that this script runs in; '' outside of one."""
    return os.environ.get("DEPLOYMENT_NAME", "")


def all_servings() -> list[LocalServing]:
    """Those with a definition in the project, and the one that this script runs in; by name."""
    definitions = _definitions()
    own = own_name()
    if own and own not in definitions:
        model = {
            "name": os.environ.get("MODEL_NAME", ""),
            "version": int(os.environ.get("MODEL_VERSION", "1")),
        }
        definitions[own] = {"name": own, "model": model, "script": os.environ.get("SCRIPT_NAME", "")}
    return [LocalServing(name, definitions[name], _server(name)) for name in sorted(definitions)]


def _definitions() -> dict[str, dict[str, Any]]:
    project = places.project_dir()
    found: dict[str, dict[str, Any]] = {}
    for file in sorted((project / "servings").glob("*.serving.json")) if project is not None else []:
        value = _read(file)
        if isinstance(value.get("name"), str):
            found[value["name"]] = value
    return found


def _server(name: str) -> dict[str, Any]:
    run = os.environ.get("MODEL_SERVING_RUN_DIR")
    if not run:
        return {}
    own = Path(run)
    if name == own_name():
        return _read(own / "server.json")
    # Runs of all servings of the workspace lie side by side: servings/<name>/runs/<instance>.
    if own.parent.name != "runs":
        return {}
    folder = own.parents[2] / name
    instance = _read(folder / "ledger.json").get("instance")
    return _read(folder / "runs" / instance / "server.json") if isinstance(instance, str) else {}


def _read(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _listens(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, timeout=1):
            return True
    except OSError:
        return False
