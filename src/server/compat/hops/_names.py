"""Names and forms of paths, as `hops.hdfs` gives them."""

from __future__ import annotations

import os

from . import places
from .places import AnyPath, find, project_name, project_user

__all__ = ["abs_path", "get_plain_path", "project_id", "project_name", "project_path", "project_user"]


def project_id() -> str:
    """The project's id from the environment, as on Hopsworks; '0' without one."""
    return os.environ.get("HOPSWORKS_PROJECT_ID", "0")


def project_path(project: str | None = None, exclude_nn_addr: bool = False) -> str:  # noqa: ARG001
    """'hdfs:///Projects/<project>/'."""
    return f"hdfs:///Projects/{project or project_name()}/"


def get_plain_path(abs_path: AnyPath) -> str:
    """A path without 'hdfs://host:port'."""
    return places.plain_of(abs_path)


def abs_path(hdfs_path: AnyPath) -> str:
    """The full form of a path that exists; raises OSError when it does not."""
    find(hdfs_path)
    return places.to_hdfs(places.relative_of(hdfs_path))
