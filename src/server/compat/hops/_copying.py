"""Copies between the project, the served model version and the script's own folder."""

from __future__ import annotations

import errno
import filecmp
import os
import posixpath
import shutil
from pathlib import Path

from . import places
from .places import AnyPath, find


def copy_to_local(
    hdfs_path: AnyPath,
    local_path: AnyPath = "",
    overwrite: bool = False,
    project: str | None = None,  # noqa: ARG001
) -> str:
    """Copy a file or folder into a local folder (default: the working folder); its full local path.

    What is there already and is the same stays, unless `overwrite`. Raises OSError when the source or the
    local folder is missing, or the disk has no room.
    """
    local_dir = os.path.join(os.getcwd(), places.text_of(local_path))
    if not os.path.isdir(local_dir):
        raise OSError(errno.ENOTDIR, "local_path must be a folder that exists", local_dir)
    source = find(hdfs_path)
    name = posixpath.basename(places.text_of(hdfs_path).rstrip("/")) or source.name
    local = os.path.normpath(os.path.join(local_dir, name))
    if os.path.lexists(local):
        if not overwrite and _is_same(source, local):
            return local
        remove_local(local)
    size = _size(source)
    if size > shutil.disk_usage(local_dir).free:
        raise OSError(errno.ENOSPC, f"the disk has no room for {size} bytes", local_dir)
    if source.is_dir():
        shutil.copytree(source, local)
    else:
        shutil.copy2(source, local)
    return local


def _is_same(source: Path, local: str) -> bool:
    # The working folder holds links to the artifact: one that leads to another file of the same size is not
    # the same.
    if not os.path.exists(local) or source.is_dir() != os.path.isdir(local):
        return False
    if not source.is_dir():
        return os.path.samefile(source, local) or filecmp.cmp(source, local)
    compared = filecmp.dircmp(source, local, ignore=["__pycache__"], hide=[])
    if compared.left_only or compared.right_only:
        return False
    return all(_is_same(source / name, os.path.join(local, name)) for name in compared.common)


def remove_local(local: str) -> None:
    """Remove a file or folder; of a link, the link: the artifact stays as it is."""
    if os.path.isdir(local) and not os.path.islink(local):
        shutil.rmtree(local)
    else:
        os.remove(local)


def _size(source: Path) -> int:
    if source.is_file():
        return source.stat().st_size
    return sum(entry.stat().st_size for entry in source.rglob("*") if entry.is_file())


def copy_to_hdfs(
    local_path: AnyPath,
    relative_hdfs_path: AnyPath,
    overwrite: bool = False,
    project: str | None = None,  # noqa: ARG001
) -> None:
    """Copy a local file or folder into the project; an existing one is replaced only with `overwrite`."""
    source = os.path.normpath(os.path.join(os.getcwd(), places.text_of(local_path)))
    goal = places.target(relative_hdfs_path)
    if overwrite or goal.is_dir():
        goal = goal / os.path.basename(source)
    if overwrite and os.path.lexists(goal):
        remove_local(str(goal))
    _copy(Path(source), goal)


def _copy(source: Path, goal: Path) -> None:
    if os.path.lexists(goal):
        raise FileExistsError(errno.EEXIST, "exists already", str(goal))
    if not source.exists():
        raise FileNotFoundError(errno.ENOENT, "not found", str(source))
    goal.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, goal)
    else:
        shutil.copy2(source, goal)


def cp(src_hdfs_path: AnyPath, dest_hdfs_path: AnyPath, overwrite: bool = False) -> None:
    """Copy within the project, folders with all they hold."""
    source, goal = find(src_hdfs_path), places.target(dest_hdfs_path)
    if overwrite and os.path.lexists(goal):
        remove_local(str(goal))
    _copy(source, goal / source.name if goal.is_dir() else goal)
