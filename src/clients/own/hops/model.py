"""The functions of `hops.model`: the project's model registry."""

from __future__ import annotations

import logging
import os
import posixpath
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from . import _rest, hdfs
from ._paths import AnyPath, full, project_name, text_of, to_hdfs
from .exceptions import ModelArchiveExists, ModelNotFound

__all__ = [
    "Metric",
    "ModelArchiveExists",
    "ModelNotFound",
    "download_model",
    "export",
    "get_best_model",
    "get_model",
]
log = logging.getLogger(__name__)


class Metric:
    """Which value of a metric is the best."""

    MAX, MIN = "MAX", "MIN"


def get_best_model(name: str, metric: str, direction: str) -> dict[str, Any]:
    """The version whose metric is the largest (Metric.MAX) or smallest (Metric.MIN); raises ModelNotFound."""
    orders = {Metric.MAX: "desc", Metric.MIN: "asc"}
    order = orders.get(str(direction).upper())
    if order is None:
        raise Exception(f"Unsupported direction {direction}: give Metric.MAX or Metric.MIN")
    query = f"?filter_by={_rest.piece(f'name_eq:{name}')}&sort_by={_rest.piece(f'{metric}:{order}')}&limit=1"
    reply = _rest.send("GET", _registry(project_name()) + "/models" + query)
    items = reply.check(f"find the best model of {name}").json().get("items") or []
    if not items or metric not in (items[0].get("metrics") or {}):
        raise ModelNotFound(f"Could not find a version of model {name} with the metric {metric}")
    best: dict[str, Any] = items[0]
    return best


def get_model(name: str, version: int | str, project_name: str | None = None) -> _rest.Response:
    """One version of a model, as the response of Hopsworks; raises ModelNotFound."""
    path = f"{_registry(project_name or hdfs.project_name())}/models/{_rest.piece(f'{name}_{version}')}"
    reply = _rest.send("GET", path)
    if not reply.ok:
        raise ModelNotFound(f"Could not find version {version} of model {name}: {reply.text[:500]}")
    return reply


def download_model(
    name: str,
    version: int | None = None,
    project_name: str | None = None,
    overwrite: bool = False,
) -> None:
    """Write `<name><version>.zip` with the version's folder (or all of them) into the working folder."""
    source = full(f"Models/{name}" if version is None else f"Models/{name}/{version}", project_name)
    archive = Path(f"{name}{'' if version is None else version}.zip").absolute()
    if archive.exists() and not overwrite:
        raise ModelArchiveExists(f"{archive} exists: give overwrite=True or remove it")
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        local = Path(hdfs.copy_to_local(source, folder))
        for file in sorted(each for each in local.rglob("*") if each.is_file()):
            out.write(file, file.relative_to(folder).as_posix())


def export(
    model_path: AnyPath, model_name: str, model_version: int | None = None, overwrite: bool = False,
    metrics: dict[str, Any] | None = None, description: str | None = None, synchronous: bool = True,
    synchronous_timeout: int = 120, project: str | None = None,
) -> str | None:  # fmt: skip
    """Copy a model (a file, or what a folder holds) to `Models/<name>/<version>`, the next one by default.

    Returns None once it is registered; the version's full path with synchronous=False, or when that takes
    too long. Raises ValueError when the model is not there, or the version is and `overwrite` was not given.
    """
    name, path = str(model_name), text_of(model_path)
    in_project = f"/Projects/{project or project_name()}/Models"
    assert hdfs.exists(in_project), "Your project is missing a dataset named Models, please create it."
    if not os.path.exists(path) and not _is_in_project(path):
        raise ValueError(
            f"the provided model_path: {path} , does not exist in HDFS or on the local filesystem"
        )
    if metrics:
        _check_metrics(metrics)
    version = model_version or _next_version(f"{in_project}/{name}")
    goal = f"{in_project}/{name}/{version}"
    if hdfs.exists(goal):
        if not overwrite:
            raise ValueError(
                f"Could not create model directory: {goal}, the path already exists, set flag overwrite=True"
            )
        # Also when what is exported lies there: nobody means to lose it.
        if _is_in_project(path) and (full(path) + "/").startswith(goal + "/"):
            raise ValueError(f"Could not overwrite {goal} with what lies in it")
        hdfs.delete(goal, recursive=True)
    hdfs.mkdir(goal)
    _copy_into(path, goal)
    summary = {
        "name": name,
        "projectName": project or project_name(),
        "version": int(version),
        "metrics": metrics,
        "experimentId": os.environ.get("ML_ID"),
        "experimentProjectName": project_name(),
        "description": description or f"A collection of models for {name}",
    }
    target = f"{_registry(project or project_name())}/models/{_rest.piece(f'{name}_{version}')}"
    _rest.send("PUT", target, summary).check(f"register the model {name}")
    if synchronous and _is_registered(name, version, project, synchronous_timeout):
        log.info("Exported model %s as version %s successfully.", name, version)
        return None
    return to_hdfs(goal)


def _is_in_project(path: str) -> bool:
    try:
        return hdfs.exists(path)
    except OSError:
        return False


def _next_version(folder: str) -> int:
    if not hdfs.exists(folder):
        return 1
    names = [posixpath.basename(each) for each in hdfs.ls(folder)]
    return max((int(name) for name in names if name.isdecimal()), default=0) + 1


def _copy_into(path: str, goal: str) -> None:
    if os.path.exists(path):
        sources = sorted(Path(path).iterdir()) if os.path.isdir(path) else [Path(path)]
        for source in sources:
            if source.name != "__pycache__":
                hdfs.copy_to_hdfs(source.absolute(), goal)
        return
    for each in hdfs.ls(path):
        hdfs.cp(each, f"{goal}/{posixpath.basename(each)}")


def _is_registered(name: str, version: int | str, project: str | None, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while True:
        try:
            get_model(name, version, project)
            return True
        except ModelNotFound:
            if time.monotonic() >= end:
                log.warning(
                    "Model not available yet: set a higher value for synchronous_timeout to wait longer."
                )
                return False
        time.sleep(1)


def _registry(project: str) -> str:
    items = (
        _rest.send("GET", _rest.in_project("/modelregistries")).check("list the registries").json()["items"]
    )
    found = next((item["id"] for item in items if item["name"] == project), None)
    if found is None:
        raise ModelNotFound(f"The project has no access to a model registry of {project}")
    return _rest.in_project(f"/modelregistries/{found}")


def _check_metrics(metrics: Any) -> None:
    assert isinstance(metrics, dict), "provided metrics is not in a dict"
    for key, value in metrics.items():
        assert isinstance(key, str), f"metrics key {key} is not a string"
        try:
            float(value)
        except (TypeError, ValueError):
            raise AssertionError(
                f"{value} is not a number, only numbers can be attached as metadata for models."
            ) from None
