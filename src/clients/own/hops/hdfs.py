"""The functions of `hops.hdfs` over the datasets of the project."""

from __future__ import annotations

import fnmatch
import io
import os
import posixpath
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from . import _datasets
from ._paths import (
    AnyPath,
    full,
    get_plain_path,
    project_id,
    project_name,
    project_path,
    project_user,
    text_of,
    to_hdfs,
)

__all__ = [
    "abs_path", "copy_to_hdfs", "copy_to_local", "cp", "delete", "dump", "exists", "get_plain_path", "glob",
    "isdir", "isfile", "load", "ls", "lsl", "mkdir", "move", "open_file", "project_id", "project_name",
    "project_path", "project_user", "rename", "rmr",
]  # fmt: skip


def exists(hdfs_path: AnyPath, project: str | None = None) -> bool:
    """Whether something is there."""
    return _datasets.stat(full(hdfs_path, project)) is not None


def isdir(hdfs_path: AnyPath, project: str | None = None) -> bool:
    """Whether it is a folder; raises OSError when nothing is there."""
    return bool(_info(full(hdfs_path, project))["dir"])


def isfile(hdfs_path: AnyPath, project: str | None = None) -> bool:
    """Whether it is a file; raises OSError when nothing is there."""
    return not isdir(hdfs_path, project)


def ls(hdfs_path: AnyPath, recursive: bool = False, exclude_nn_addr: bool = False) -> list[str]:  # noqa: ARG001
    """The full paths of what a folder holds; of a file, its own."""
    return [to_hdfs(item["path"]) for item in _below(full(hdfs_path), recursive)]


def lsl(hdfs_path: AnyPath, recursive: bool = False, project: str | None = None) -> list[dict[str, Any]]:
    """As ls, each as a dictionary with name, kind ('file' or 'directory'), size, owner and so on."""
    return [
        {
            "name": to_hdfs(item["path"]),
            "path": to_hdfs(item["path"]),
            "kind": "directory" if item["dir"] else "file",
            "size": item.get("size", 0),
            "owner": item.get("owner", ""),
            "group": item.get("group", ""),
        }
        for item in _below(full(hdfs_path, project), recursive)
    ]


def glob(hdfs_path: AnyPath, recursive: bool = False, project: str | None = None) -> list[str]:
    """The full paths in a folder whose last part matches a pattern: 'Resources/*.json'."""
    folder, pattern = posixpath.split(full(hdfs_path, project))
    names = [to_hdfs(item["path"]) for item in _below(folder, recursive)] if exists(folder) else []
    return [name for name in names if fnmatch.fnmatch(posixpath.basename(name), pattern)]


def abs_path(hdfs_path: AnyPath) -> str:
    """The full form of a path that exists; raises OSError when it does not."""
    path = full(hdfs_path)
    _info(path)
    return to_hdfs(path)


def mkdir(hdfs_path: AnyPath, project: str | None = None) -> None:
    """Make a folder and those above it."""
    _datasets.make_folder(full(hdfs_path, project))


def delete(hdfs_path: AnyPath, recursive: bool = False) -> None:
    """Delete a file or folder; a folder that is not empty only if `recursive`."""
    path = full(hdfs_path)
    if _info(path)["dir"] and not recursive and any(True for _ in _datasets.listing(path)):
        raise OSError(f"{path} is not empty: give recursive=True")
    _datasets.delete(path)


def rmr(hdfs_path: AnyPath, project: str | None = None) -> None:
    """Delete a file or folder with all it holds."""
    path = full(hdfs_path, project)
    _info(path)
    _datasets.delete(path)


def move(src: AnyPath, dest: AnyPath) -> None:
    """Move within the project; into `dest` when that is a folder."""
    path, goal = full(src), full(dest)
    _datasets.move(path, _into(path, goal))


def rename(src: AnyPath, dest: AnyPath) -> None:
    """Rename within the project; raises FileExistsError when `dest` exists."""
    if exists(dest):
        raise FileExistsError(f"{full(dest)} exists already")
    _datasets.move(full(src), full(dest))


def cp(src_hdfs_path: AnyPath, dest_hdfs_path: AnyPath, overwrite: bool = False) -> None:
    """Copy within the project, folders with all they hold."""
    path, goal = full(src_hdfs_path), full(dest_hdfs_path)
    if overwrite and _datasets.stat(goal) is not None:
        _datasets.delete(goal)
    _copy(path, _into(path, goal))


def load(hdfs_path: AnyPath) -> bytes:
    """The content of a file; raises OSError when it is not there."""
    path = full(hdfs_path)
    _info(path)
    return _datasets.read(path)


def dump(data: str | bytes, hdfs_path: AnyPath) -> int:
    """Write a file, in place of one that is there; the number of bytes."""
    path = full(hdfs_path)
    content = data.encode() if isinstance(data, str) else data
    _replace(content, path)
    return len(content)


def open_file(
    hdfs_path: AnyPath,
    project: str | None = None,
    flags: str = "r",
    buff_size: int = 0,  # noqa: ARG001
) -> IO[Any]:
    """An open file: 'r' or 'w' for bytes, with 't' for UTF-8 text; it is written once it is closed."""
    kind, text = flags[:1], flags.endswith("t")
    if kind not in {"r", "w"}:
        raise ValueError(f"invalid mode: {flags!r}")
    path = full(hdfs_path, project)
    binary: io.BytesIO = io.BytesIO(load(path)) if kind == "r" else _Written(path)
    return io.TextIOWrapper(binary, encoding="utf-8") if text else binary


def copy_to_hdfs(
    local_path: AnyPath,
    relative_hdfs_path: AnyPath,
    overwrite: bool = False,
    project: str | None = None,
) -> None:
    """Copy a local file or folder into the project; into a folder that is there, or as that path."""
    source = Path(os.getcwd(), text_of(local_path))
    if not source.exists():
        raise OSError(f"{source} does not exist")
    goal = full(relative_hdfs_path, project)
    info = _datasets.stat(goal)
    if overwrite or (info is not None and info["dir"]):
        goal = posixpath.join(goal, source.name)
        info = _datasets.stat(goal)
    if info is not None:
        if not overwrite:
            raise OSError(f"{goal} exists: give overwrite=True")
        _datasets.delete(goal)
    _upload(source, goal)


def copy_to_local(
    hdfs_path: AnyPath,
    local_path: AnyPath = "",
    overwrite: bool = False,
    project: str | None = None,
) -> str:
    """Copy a file or folder into a local folder (default: the working folder); its full local path."""
    folder = Path(os.getcwd(), text_of(local_path))
    if not folder.is_dir():
        raise OSError(f"You need to supply the path of a folder that exists: {folder}")
    path = full(hdfs_path, project)
    info = _info(path)
    local = folder / posixpath.basename(path)
    if local.exists():
        if not overwrite and local.is_file() and local.stat().st_size == info.get("size"):
            return str(local)
        if local.is_dir():
            shutil.rmtree(local)
    _download(path, bool(info["dir"]), local)
    return str(local)


class _Written(io.BytesIO):
    """Its content goes to the project when it is closed."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def close(self) -> None:
        """Write it, once."""
        if not self.closed:
            content = self.getvalue()
            super().close()
            _replace(content, self._path)


def _info(path: str) -> dict[str, Any]:
    info = _datasets.stat(path)
    if info is None:
        raise OSError(f"path {path} not found")
    return info


def _below(path: str, recursive: bool) -> Iterator[dict[str, Any]]:
    info = _info(path)
    if not info["dir"]:
        yield info
        return
    for item in sorted(_datasets.listing(path), key=lambda each: str(each["path"])):
        yield item
        if recursive and item["dir"]:
            yield from _below(item["path"], recursive)


def _into(path: str, goal: str) -> str:
    info = _datasets.stat(goal)
    return posixpath.join(goal, posixpath.basename(path)) if info is not None and info["dir"] else goal


def _copy(path: str, goal: str) -> None:
    if not _info(path)["dir"]:
        content = _datasets.read(path)
        _datasets.write(io.BytesIO(content), len(content), goal)
        return
    _datasets.make_folder(goal)
    for item in list(_datasets.listing(path)):
        _copy(item["path"], posixpath.join(goal, posixpath.basename(item["path"])))


def _replace(content: bytes, path: str) -> None:
    if _datasets.stat(path) is not None:
        _datasets.delete(path)
    _datasets.make_folder(posixpath.dirname(path))
    _datasets.write(io.BytesIO(content), len(content), path)


def _upload(source: Path, goal: str) -> None:
    if source.is_dir():
        _datasets.make_folder(goal)
        for each in sorted(source.iterdir()):
            _upload(each, posixpath.join(goal, each.name))
        return
    _datasets.make_folder(posixpath.dirname(goal))
    with source.open("rb") as file:
        _datasets.write(file, source.stat().st_size, goal)


def _download(path: str, is_folder: bool, local: Path) -> None:
    if not is_folder:
        local.write_bytes(_datasets.read(path))
        return
    local.mkdir()
    for item in list(_datasets.listing(path)):
        _download(item["path"], bool(item["dir"]), local / posixpath.basename(item["path"]))
