"""Where to connect."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from . import _rest
from .exceptions import APIKeyFileNotFound


def connect(
    project: str,
    host: str | None = None,
    port: int = 443,
    scheme: str = "https",
    hostname_verification: bool = False,
    api_key: str | None = None,
    region_name: str = "default",  # noqa: ARG001
    secrets_store: str = "local",
    trust_store_path: str | None = None,
) -> None:
    """Connect to a project; `api_key` is the key, or the path of the file that it lies in."""
    if secrets_store != "local":
        raise ValueError(f"secrets_store has to be 'local', not {secrets_store!r}")
    if host is not None:
        os.environ["REST_ENDPOINT"] = f"{scheme}://{host}:{port}"
    if hostname_verification:
        os.environ["REQUESTS_VERIFY"] = "true"
    if trust_store_path is not None:
        os.environ["DOMAIN_CA_TRUSTSTORE_PEM"] = trust_store_path
    os.environ["API_KEY"] = _key(api_key) if api_key is not None else _rest.setting("API_KEY")
    info = get_project_info(project)
    os.environ["HOPSWORKS_PROJECT_NAME"] = project
    os.environ["HOPSWORKS_PROJECT_ID"] = str(info["projectId"])


def get_project_info(project_name: str) -> dict[str, Any]:
    """What Hopsworks knows of a project; raises RestAPIError when it knows none of that name."""
    path = f"/hopsworks-api/api/project/getProjectInfo/{_rest.piece(project_name)}"
    info: dict[str, Any] = _rest.send("GET", path).check(f"find the project {project_name}").json()
    return info


def _key(given: str) -> str:
    file = Path(given)
    if len(given) < 1000 and os.path.exists(file):
        return file.read_text(encoding="utf-8").split("\n", 1)[0].strip()
    if "." not in given or os.sep in given:
        raise APIKeyFileNotFound(f"there is no file {given}")
    return given
