"""What is there: lists and kinds of files."""

from __future__ import annotations

import fnmatch
import os
import posixpath
from pathlib import Path
from typing import Any

from . import places
from .places import AnyPath, find, project_name, project_user


def exists(hdfs_path: AnyPath, project: str | None = None) -> bool:  # noqa: ARG001
    """Whether a path can be read."""
    try:
        find(hdfs_path)
    except OSError:
        return False
    return True


def isdir(hdfs_path: AnyPath, project: str | None = None) -> bool:  # noqa: ARG001
    """Whether it is a folder; raises OSError when it is missing."""
    return find(hdfs_path).is_dir()


def isfile(hdfs_path: AnyPath, project: str | None = None) -> bool:  # noqa: ARG001
    """Whether it is a file; raises OSError when it is missing."""
    return find(hdfs_path).is_file()


def ls(hdfs_path: AnyPath, recursive: bool = False, exclude_nn_addr: bool = False) -> list[str]:  # noqa: ARG001
    """The full paths of what a folder holds; of a file, its own."""
    return [entry["name"] for entry in lsl(hdfs_path, recursive)]


def lsl(hdfs_path: AnyPath, recursive: bool = False, project: str | None = None) -> list[dict[str, Any]]:  # noqa: ARG001
    """As ls, each as a dictionary with name, kind ('file' or 'directory'), size, last_mod and so on."""
    place = find(hdfs_path)
    relative = places.relative_of(hdfs_path)
    if place.is_file():
        return [_entry(place, relative)]
    found = sorted(place.rglob("*") if recursive else place.iterdir())
    return [_entry(item, posixpath.join(relative, item.relative_to(place).as_posix())) for item in found]


def info(hdfs_path: AnyPath) -> dict[str, Any]:
    """Of one path, what lsl tells; raises OSError when it is missing."""
    return _entry(find(hdfs_path), places.relative_of(hdfs_path))


def _entry(place: Path, relative: str) -> dict[str, Any]:
    info = place.stat()
    full = places.to_hdfs(relative)
    return {
        "name": full,
        "path": full,
        "kind": "directory" if place.is_dir() else "file",
        "size": 0 if place.is_dir() else info.st_size,
        "last_mod": int(info.st_mtime),
        "last_access": int(info.st_atime),
        "permissions": info.st_mode & 0o7777,
        "owner": project_user(),
        "group": project_name(),
        "replication": 1,
        "block_size": places.BLOCK_BYTES,
    }


def glob(hdfs_path: AnyPath, recursive: bool = False, project: str | None = None) -> list[str]:  # noqa: ARG001
    """The full paths in a folder whose last part matches a pattern: 'Resources/*.json'."""
    folder, _, pattern = places.text_of(hdfs_path).rpartition("/")
    return [name for name in ls(folder, recursive) if fnmatch.fnmatch(posixpath.basename(name), pattern)]


def stat(hdfs_path: AnyPath) -> os.stat_result:
    """As os.stat."""
    return find(hdfs_path).stat()


def access(hdfs_path: AnyPath, mode: int, project: str | None = None) -> bool:  # noqa: ARG001
    """As os.access."""
    return os.access(find(hdfs_path), mode)
