"""`pydoop.hdfs` over the workspace folder that MODEL_SERVING_PROJECT_DIR names."""

from __future__ import annotations

import os
import posixpath
import shutil
from typing import IO, Any

from . import fs, path
from .path import local

__all__ = [
    "access", "capacity", "chmod", "chown", "close", "cp", "dump", "fs", "get", "hdfs", "isdir", "isfile",
    "load", "ls", "lsl", "mkdir", "move", "open", "path", "put", "rename", "rmr", "stat",
]  # fmt: skip

hdfs = fs.hdfs
isdir, isfile = path.isdir, path.isfile


def mkdir(hdfs_path: str) -> None:
    """Make a folder and those above it."""
    os.makedirs(local(hdfs_path), exist_ok=True)


def put(src_path: str, dest_hdfs_path: str) -> None:
    """A local file or folder into the project."""
    _copy(src_path, local(dest_hdfs_path))


def get(src_hdfs_path: str, dest_path: str) -> None:
    """A file or folder of the project to this computer."""
    _copy(local(src_hdfs_path), dest_path)


def cp(src_hdfs_path: str, dest_hdfs_path: str) -> None:
    """Copy within the project."""
    _copy(local(src_hdfs_path), local(dest_hdfs_path))


def move(src: str, dest: str) -> None:
    """Move within the project."""
    shutil.move(local(src), local(dest))


def rename(from_path: str, to_path: str) -> None:
    """Rename within the project."""
    os.rename(local(from_path), local(to_path))


def rmr(hdfs_path: str) -> None:
    """Delete a file or folder with all it holds."""
    fs.hdfs().delete(hdfs_path, recursive=True)


def ls(hdfs_path: str, recursive: bool = False) -> list[str]:
    """The full paths of what a folder holds; of a file, its own."""
    return [item["name"] for item in lsl(hdfs_path, recursive)]


def lsl(hdfs_path: str, recursive: bool = False) -> list[dict[str, Any]]:
    """As ls, with kind and size."""
    place, full = local(hdfs_path), path.abspath(hdfs_path)
    if not os.path.isdir(place):
        return [_entry(place, full)]
    found: list[dict[str, Any]] = []
    for name in sorted(os.listdir(place)):
        entry = _entry(os.path.join(place, name), posixpath.join(full, name))
        found.append(entry)
        if recursive and entry["kind"] == "directory":
            found.extend(lsl(entry["name"], recursive=True))
    return found


def open(hdfs_path: str, mode: str = "r", buff_size: int = 0, **_: Any) -> IO[Any]:  # noqa: ARG001
    """An open file: bytes, or text with 't'."""
    kind = mode[:1]
    # The caller closes it.
    if mode.endswith("t"):
        return os.fdopen(_descriptor(hdfs_path, kind), kind, encoding="utf-8")
    return os.fdopen(_descriptor(hdfs_path, kind), kind + "b")


def load(hdfs_path: str) -> bytes:
    """The content of a file."""
    with open(hdfs_path) as file:
        content: bytes = file.read()
    return content


def dump(data: str | bytes, hdfs_path: str) -> int:
    """Write a file; the number of bytes."""
    content = data.encode() if isinstance(data, str) else data
    with open(hdfs_path, "w") as file:
        return int(file.write(content))


def stat(hdfs_path: str) -> os.stat_result:
    """As os.stat."""
    return os.stat(local(hdfs_path))


def access(hdfs_path: str, mode: int) -> bool:
    """As os.access."""
    return os.access(local(hdfs_path), mode)


def chmod(hdfs_path: str, mode: int | str) -> None:  # noqa: ARG001
    """Checks that the path exists: the files of this computer keep their modes."""
    os.stat(local(hdfs_path))


def chown(hdfs_path: str, user: str, group: str) -> None:  # noqa: ARG001
    """Checks that the path exists: the files of this computer belong to its user."""
    os.stat(local(hdfs_path))


def capacity() -> int:
    """The size of the disk in bytes."""
    return shutil.disk_usage(local("/Projects")).total


def close() -> None:
    """Nothing is open."""


def _copy(source: str, goal: str) -> None:
    target = os.path.join(goal, os.path.basename(source.rstrip("/\\"))) if os.path.isdir(goal) else goal
    if os.path.isdir(source):
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


def _entry(place: str, full: str) -> dict[str, Any]:
    is_folder = os.path.isdir(place)
    size = 0 if is_folder else os.path.getsize(place)
    return {"name": full, "path": full, "kind": "directory" if is_folder else "file", "size": size}


def _descriptor(hdfs_path: str, kind: str) -> int:
    flags = {
        "r": os.O_RDONLY,
        "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
        "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    }
    return os.open(local(hdfs_path), flags[kind] | getattr(os, "O_BINARY", 0), 0o644)
