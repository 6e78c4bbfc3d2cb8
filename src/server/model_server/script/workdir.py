"""The folder that a script runs in: the artifact's files, by links that the script may replace."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path


def fill_work_dir(work_dir: Path, *artifact_dirs: Path) -> None:
    """Empty the folder and put every entry of the artifacts into it, the first one's first; raises OSError.

    A folder of an artifact becomes a folder of links, so that what a script writes beside them stays here.
    """
    _empty(work_dir)
    work_dir.mkdir(parents=True, exist_ok=True)
    for artifact_dir in artifact_dirs:
        _link_tree(artifact_dir, work_dir)


def _link_tree(source: Path, target: Path) -> None:
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.name == "__pycache__":
                continue
            place = target / entry.name
            if entry.is_dir():
                if place.is_dir() or not os.path.lexists(place):
                    place.mkdir(exist_ok=True)
                    _link_tree(Path(entry.path), place)
            elif not os.path.lexists(place):
                link_file(Path(entry.path), place)


def link_file(source: Path, place: Path) -> None:
    """A symbolic link, else a hard link, else a copy."""
    try:
        os.symlink(os.path.abspath(source), place)
    except OSError:
        try:
            os.link(os.path.realpath(source), place)
        except OSError:
            shutil.copy2(source, place)


def _empty(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
        return
    if not folder.exists():
        return
    for entry in list(os.scandir(folder)):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, onerror=_make_writable)
        else:
            os.unlink(entry.path)


def _make_writable(function: object, path: str, _: object) -> None:
    os.chmod(path, stat.S_IRWXU)
    function(path)  # type: ignore[operator]
