"""Where the paths of a Hopsworks project lie on this computer."""

from __future__ import annotations

import errno
import getpass
import logging
import os
import posixpath
import re
from pathlib import Path
from typing import Any, Union

_LOG = logging.getLogger("hops.hdfs")
BLOCK_BYTES = 128 * 1024 * 1024
AnyPath = Union[str, bytes, "os.PathLike[str]"]
_SCHEME = re.compile(r"(?:hdfs|hopsfs)://[^/]*", re.IGNORECASE)


def project_name() -> str:
    """The project's name: from the environment as on Hopsworks, else the name of the project's folder."""
    given = os.environ.get("HOPSWORKS_PROJECT_NAME")
    if given:
        return given
    user = os.environ.get("HADOOP_USER_NAME") or os.environ.get("HDFS_USER") or ""
    if "__" in user:
        return user.split("__", 1)[0]
    folder = project_dir()
    return re.sub(r"[^A-Za-z0-9_]", "_", folder.name) if folder is not None else "local"


def project_user() -> str:
    """project__user."""
    given = os.environ.get("HADOOP_USER_NAME") or os.environ.get("HDFS_USER")
    if given:
        return given
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "user"
    return f"{project_name()}__{user}"


def project_dir() -> Path | None:
    """The workspace's folder; None when only the artifact is here."""
    folder = os.environ.get("MODEL_SERVING_PROJECT_DIR")
    return Path(folder) if folder else None


def text_of(path: Any) -> str:
    """A path given as text, bytes or Path."""
    return path.decode() if isinstance(path, bytes) else os.fspath(path)


def to_hdfs(relative: str) -> str:
    """The full form of a path relative to the project."""
    return f"hdfs:///Projects/{project_name()}/{relative}"


def relative_of(path: Any) -> str:
    """A path of any documented form as one relative to the project; raises OSError for what lies outside.

    Whatever project a path names, its files are looked for in the one project that is on this computer.
    """
    plain = plain_of(path)
    if plain == "/Projects" or plain.startswith("/Projects/"):
        plain = "/".join(plain.split("/")[3:])
    elif _SCHEME.match(text_of(path)):
        raise OSError(errno.ENOENT, "only paths under /Projects are here", text_of(path))
    relative = posixpath.normpath(plain.replace("\\", "/").lstrip("/") or ".")
    if relative == ".." or relative.startswith("../"):
        raise OSError(errno.EACCES, "the path leaves the project", text_of(path))
    return "" if relative == "." else relative


def plain_of(path: Any) -> str:
    """A path without scheme and host; raises OSError for other schemes."""
    text = text_of(path)
    match = _SCHEME.match(text)
    if match is not None:
        return text[match.end() :] or "/"
    if "://" in text:
        raise OSError(errno.EINVAL, "a path must be a full hdfs path or relative to the project", text)
    return text


def find(path: Any) -> Path:
    """The local file or folder to read for `path`; raises FileNotFoundError.

    The served model version's files first, then the project's, then a file of that name in the artifact.
    """
    relative = relative_of(path)
    artifact = os.environ.get("ARTIFACT_FILES_PATH")
    version = f"Models/{os.environ.get('MODEL_NAME', '')}/{os.environ.get('MODEL_VERSION', '')}"
    if artifact and (relative == version or relative.startswith(version + "/")):
        inside = Path(artifact, relative[len(version) :].lstrip("/"))
        if inside.exists():
            return inside
    folder = project_dir()
    if folder is not None and (folder / relative).exists():
        return folder / relative
    if artifact and relative:
        same_name = Path(artifact, posixpath.basename(relative))
        if same_name.exists():
            _LOG.info(
                "%s is not in the project: taking %s of the served model version", relative, same_name.name
            )
            return same_name
    raise FileNotFoundError(
        errno.ENOENT, "not found in the project or the served model version", text_of(path)
    )


def target(path: Any) -> Path:
    """The local place to write for `path`: always in the project, never in the artifact; raises OSError."""
    relative = relative_of(path)
    folder = project_dir()
    if folder is None:
        raise PermissionError(
            errno.EACCES, "there is no project to write to: only the model version is here", text_of(path)
        )
    return folder / relative


def existing_target(path: Any) -> Path:
    """As target, for what must exist; raises FileNotFoundError."""
    place = target(path)
    if not os.path.lexists(place):
        raise FileNotFoundError(errno.ENOENT, "not found in the project", text_of(path))
    return place
