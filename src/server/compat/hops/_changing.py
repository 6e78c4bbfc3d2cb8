"""Changes of the project's folder. The artifact is never written to."""

from __future__ import annotations

import errno
import os
import shutil

from . import places
from ._copying import remove_local
from .places import AnyPath


def delete(hdfs_path: AnyPath, recursive: bool = False) -> None:
    """Delete a file or folder of the project; a folder that is not empty only if `recursive`."""
    place = places.existing_target(hdfs_path)
    if place.is_dir() and not place.is_symlink() and not recursive:
        place.rmdir()
    else:
        remove_local(str(place))


def rmr(hdfs_path: AnyPath, project: str | None = None) -> None:  # noqa: ARG001
    """Delete a file or folder of the project with all it holds."""
    delete(hdfs_path, recursive=True)


def mkdir(hdfs_path: AnyPath, project: str | None = None) -> None:  # noqa: ARG001
    """Make a folder and those above it."""
    places.target(hdfs_path).mkdir(parents=True, exist_ok=True)


def move(src: AnyPath, dest: AnyPath) -> None:
    """Move within the project; into `dest` when that is a folder."""
    source, goal = places.existing_target(src), places.target(dest)
    goal.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(str(source), str(goal))


def rename(src: AnyPath, dest: AnyPath) -> None:
    """Rename within the project; raises FileExistsError when `dest` exists."""
    source, goal = places.existing_target(src), places.target(dest)
    if os.path.lexists(goal):
        raise FileExistsError(errno.EEXIST, "exists already", places.text_of(dest))
    goal.parent.mkdir(parents=True, exist_ok=True)
    source.rename(goal)


def chmod(hdfs_path: AnyPath, mode: int, project: str | None = None) -> None:  # noqa: ARG001
    """As os.chmod, for what the project has."""
    os.chmod(places.existing_target(hdfs_path), mode)


def chown(hdfs_path: AnyPath, user: str, group: str, project: str | None = None) -> None:  # noqa: ARG001
    """Checks that the path exists; the project's files on this computer belong to its user."""
    places.existing_target(hdfs_path)
