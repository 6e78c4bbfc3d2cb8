"""Paths of the project in their forms, and whose project it is."""

from __future__ import annotations

import os
import posixpath
import re
from typing import Union

from . import _rest

AnyPath = Union[str, bytes, "os.PathLike[str]"]
_SCHEME = re.compile(r"^(hdfs|hopsfs)://[^/]*", re.IGNORECASE)


def project_name() -> str:
    """Its name, from the environment."""
    given = os.environ.get("HOPSWORKS_PROJECT_NAME")
    return given or project_user().partition("__")[0]


def project_user() -> str:
    """project__user."""
    return os.environ.get("HADOOP_USER_NAME") or _rest.setting("HDFS_USER")


def project_id() -> str:
    """Its id, from the environment."""
    return _rest.setting("HOPSWORKS_PROJECT_ID")


def project_path(project: str | None = None, exclude_nn_addr: bool = False) -> str:  # noqa: ARG001
    """'hdfs:///Projects/<project>/'."""
    return f"hdfs:///Projects/{project or project_name()}/"


def text_of(path: AnyPath) -> str:
    """A path given as text, bytes or Path."""
    return path.decode() if isinstance(path, bytes) else os.fspath(path)


def get_plain_path(abs_path: AnyPath) -> str:
    """A path without 'hdfs://host:port'."""
    return _SCHEME.sub("", text_of(abs_path))


def full(path: AnyPath, project: str | None = None) -> str:
    """'/Projects/<project>/…' of a path in any form; raises OSError for what is none of the project."""
    text = text_of(path)
    plain = get_plain_path(text)
    if "://" in plain:
        raise OSError(f"path {text} must be a full hopsfs path or a relative path")
    if plain != "/Projects" and not plain.startswith("/Projects/"):
        if plain != text:
            raise OSError(f"path {text} lies outside of the projects")
        plain = f"/Projects/{project or project_name()}/{plain}"
    return posixpath.normpath(plain)


def to_hdfs(path: str) -> str:
    """The form that functions return: with 'hdfs://'."""
    return f"hdfs://{path}"
