"""numpy's readers and writers for files of the project; numpy is imported when one of them is used."""

from __future__ import annotations

import os
from typing import Any

from .places import AnyPath, find, target


def _numpy() -> Any:
    import numpy as np

    return np


def load(hdfs_filename: AnyPath, **kwds: Any) -> Any:
    """As numpy.load."""
    return _numpy().load(find(hdfs_filename), **kwds)


def loadtxt(hdfs_filename: AnyPath, **kwds: Any) -> Any:
    """As numpy.loadtxt."""
    return _numpy().loadtxt(find(hdfs_filename), **kwds)


def genfromtxt(hdfs_filename: AnyPath, **kwds: Any) -> Any:
    """As numpy.genfromtxt."""
    return _numpy().genfromtxt(find(hdfs_filename), **kwds)


def fromregex(hdfs_filename: AnyPath, **kwds: Any) -> Any:
    """As numpy.fromregex."""
    return _numpy().fromregex(find(hdfs_filename), **kwds)


def fromfile(hdfs_filename: AnyPath, **kwds: Any) -> Any:
    """As numpy.fromfile."""
    return _numpy().fromfile(find(hdfs_filename), **kwds)


def memmap(hdfs_filename: AnyPath, **kwds: Any) -> Any:
    """As numpy.memmap; read only, unless a mode is given."""
    place = find(hdfs_filename) if kwds.setdefault("mode", "r") in {"r", "c"} else _place(hdfs_filename)
    return _numpy().memmap(place, **kwds)


def save(hdfs_filename: AnyPath, data: Any) -> None:
    """As numpy.save, into the project."""
    _numpy().save(_place(hdfs_filename), data)


def savez(hdfs_filename: AnyPath, *args: Any, **kwds: Any) -> None:
    """As numpy.savez, into the project."""
    _numpy().savez(_place(hdfs_filename), *args, **kwds)


def savez_compressed(hdfs_filename: AnyPath, *args: Any, **kwds: Any) -> None:
    """As numpy.savez_compressed, into the project."""
    _numpy().savez_compressed(_place(hdfs_filename), *args, **kwds)


def _place(path: AnyPath) -> str:
    place = target(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    return os.fspath(place)
