"""The project's Models folder: `Models/<name>/<version>/`, each version with an optional model.json."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from . import places

MODEL_JSON = "model.json"


def versions(name: str) -> list[int]:
    """The versions of a model in the project, ascending; empty when there are none."""
    folder = _folder(name)
    if folder is None or not folder.is_dir():
        return []
    return sorted(int(item.name) for item in folder.iterdir() if item.is_dir() and item.name.isdecimal())


def describe(name: str, version: int) -> dict[str, Any] | None:
    """A version as Hopsworks' registry tells it; None when it is not in the project."""
    folder = _folder(name)
    place = folder / str(version) if folder is not None else None
    if place is None or not place.is_dir():
        return None
    metadata = read_metadata(place)
    metrics = metadata.get("metrics")
    return {
        "id": f"{name}_{version}",
        "name": name,
        "version": version,
        "projectName": places.project_name(),
        "created": metadata.get("created") or _changed(place),
        "description": metadata.get("description"),
        "framework": metadata.get("framework"),
        "metrics": {key: value for key, value in metrics.items() if _is_number(value)}
        if isinstance(metrics, dict)
        else {},
    }


def read_metadata(folder: Path) -> dict[str, Any]:
    """What model.json says; empty when there is none, or it is something else."""
    try:
        value = json.loads((folder / MODEL_JSON).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_metadata(folder: Path, metrics: dict[str, float] | None, description: str) -> None:
    """Write model.json; fields of one that is there are kept. A model file of that name stays as it is."""
    known = {"framework", "description", "metrics", "created", "python", "packages"}
    before = read_metadata(folder)
    if (folder / MODEL_JSON).exists() and not known & set(before):
        return
    now = datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
    value = {**before, "description": description, "created": now}
    if metrics is not None:
        value["metrics"] = {key: float(number) for key, number in metrics.items()}
    (folder / MODEL_JSON).write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def check_metrics(metrics: Any) -> dict[str, float] | None:
    """Metrics as numbers by name; raises AssertionError as the library does."""
    if metrics is None:
        return None
    assert isinstance(metrics, dict), f"metrics must be a dict, not {type(metrics).__name__}"
    for key, value in metrics.items():
        assert isinstance(key, str), f"metrics must have texts as keys, not {key!r}"
        try:
            float(value)
        except (TypeError, ValueError):
            raise AssertionError(f"metrics must be numbers: {key} is {value!r}") from None
    return {key: float(value) for key, value in metrics.items()}


def _folder(name: str) -> Path | None:
    project = places.project_dir()
    if project is None or not name or os.path.basename(name) != name or name in {".", ".."}:
        return None
    return project / "Models" / name


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _changed(place: Path) -> str:
    when = datetime.fromtimestamp(place.stat().st_mtime, timezone.utc)
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")
