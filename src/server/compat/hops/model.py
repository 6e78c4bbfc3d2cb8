"""The functions of `hops.model` over the Models folder of the project on this computer."""

from __future__ import annotations

import json
import logging
import os
import shutil
from pathlib import Path
from typing import Any

from . import _models, places
from .exceptions import NotHereError

__all__ = [
    "Metric", "ModelArchiveExists", "ModelNotFound", "download_model", "export", "get_best_model",
    "get_model",
]  # fmt: skip

log = logging.getLogger(__name__)


class Metric:
    """Whether the largest or the smallest value of a metric is the best."""

    MAX = "MAX"
    MIN = "MIN"


class ModelNotFound(Exception):
    """There is no such model, version or metric."""


class ModelArchiveExists(Exception):
    """The archive that would be written is there already."""


class ModelResponse:
    """What get_model returns: the model as JSON, with the fields of a reply that scripts read."""

    ok = True
    status_code = 200
    encoding = "utf-8"

    def __init__(self, value: dict[str, Any]) -> None:
        self.text = json.dumps(value)
        self.content = self.text.encode()

    def json(self) -> dict[str, Any]:
        """The model: id, name, version, metrics and so on."""
        value: dict[str, Any] = json.loads(self.text)
        return value


def get_best_model(name: str, metric: str, direction: str) -> dict[str, Any]:
    """The version whose metric is the largest (Metric.MAX) or smallest (Metric.MIN); raises ModelNotFound."""
    if not isinstance(direction, str) or direction.upper() not in {Metric.MAX, Metric.MIN}:
        raise ValueError(f"direction must be Metric.MAX or Metric.MIN, not {direction!r}")
    found = [_models.describe(name, version) for version in _models.versions(name)]
    measured = [item for item in found if item is not None and metric in item["metrics"]]
    if not measured:
        raise ModelNotFound(f"There is no version of model {name!r} with the metric {metric!r} in Models")
    best = max if direction.upper() == Metric.MAX else min
    return best(measured, key=lambda item: item["metrics"][metric])


def get_model(name: str, version: int | str, project_name: str | None = None) -> ModelResponse:  # noqa: ARG001
    """One version of a model; raises ModelNotFound."""
    found = _models.describe(name, int(version)) if str(version).isdecimal() else None
    if found is None:
        raise ModelNotFound(f"There is no version {version} of model {name!r} in Models")
    return ModelResponse(found)


def download_model(
    name: str,
    version: int | None = None,
    project_name: str | None = None,  # noqa: ARG001
    overwrite: bool = False,
) -> None:
    """Write `<name><version>.zip` with the version's folder (or all of them) into the working folder."""
    source = places.find(f"Models/{name}" if version is None else f"Models/{name}/{version}")
    base = os.path.join(os.getcwd(), f"{name}{'' if version is None else version}")
    if os.path.exists(base + ".zip") and not overwrite:
        raise ModelArchiveExists(f"{base}.zip exists: give overwrite=True or remove it")
    shutil.make_archive(base, "zip", root_dir=source.parent, base_dir=source.name)


def export(
    model_path: places.AnyPath,
    model_name: str,
    model_version: int | None = None,
    overwrite: bool = False,
    metrics: dict[str, Any] | None = None,
    description: str | None = None,
    synchronous: bool = True,
    synchronous_timeout: int = 120,  # noqa: ARG001
    project: str | None = None,  # noqa: ARG001
) -> str | None:
    """Copy a model (a file, or what a folder holds) to `Models/<name>/<version>`, the next one by default.

    Returns None, or with synchronous=False the version's full path. Raises ValueError when the model is not
    there, or the version is and `overwrite` was not given.
    """
    checked = _models.check_metrics(metrics)
    source = _model_source(model_path)
    version = model_version if model_version is not None else max(_models.versions(model_name), default=0) + 1
    if isinstance(version, bool) or not str(version).isdecimal() or int(version) < 1:
        raise ValueError(f"model_version must be a whole number from 1, not {version!r}")
    relative = f"Models/{model_name}/{int(version)}"
    goal = _version_folder(model_name, relative)
    if goal.exists():
        if not overwrite:
            raise ValueError(f"{relative} exists: give another model_version, or overwrite=True")
        shutil.rmtree(goal)
    _copy_model(source, goal)
    _models.write_metadata(goal, checked, description or f"A collection of models for {model_name}")
    log.info("Exported model %s as version %s", model_name, version)
    return None if synchronous else places.to_hdfs(relative)


def _model_source(model_path: places.AnyPath) -> Path:
    local = Path(os.getcwd(), places.text_of(model_path)) if "://" not in places.text_of(model_path) else None
    if local is not None and local.exists():
        return local
    try:
        return places.find(model_path)
    except OSError:
        raise ValueError(f"Could not find the model to export: {places.text_of(model_path)}") from None


def _version_folder(model_name: str, relative: str) -> Path:
    if places.project_dir() is None:
        raise NotHereError("hops.model.export needs a project: only the model version is here")
    if os.path.basename(model_name) != model_name or model_name in {"", ".", ".."}:
        raise ValueError(f"model_name must be a plain name, not {model_name!r}")
    return places.target(relative)


def _copy_model(source: Path, goal: Path) -> None:
    # A half-made version must not look like one.
    part = goal.with_name(f".{goal.name}.{os.getpid()}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        if source.is_dir():
            shutil.copytree(source, part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            part.mkdir()
            shutil.copy2(source, part / source.name)
        part.rename(goal)
    finally:
        shutil.rmtree(part, ignore_errors=True)
