"""pandas' readers and writers for files of the project; pandas is imported when one of them is used."""

from __future__ import annotations

import os
from typing import Any

from .places import AnyPath, find, target


def _pandas() -> Any:
    import pandas as pd

    return pd


def read_csv(hdfs_filename: AnyPath, **kwds: Any) -> Any:
    """As pandas.read_csv."""
    return _pandas().read_csv(find(hdfs_filename), **kwds)


def read_parquet(hdfs_filename: AnyPath, **kwds: Any) -> Any:
    """As pandas.read_parquet."""
    return _pandas().read_parquet(find(hdfs_filename), **kwds)


def read_json(hdfs_filename: AnyPath, **kwds: Any) -> Any:
    """As pandas.read_json."""
    return _pandas().read_json(find(hdfs_filename), **kwds)


def read_excel(hdfs_filename: AnyPath, **kwds: Any) -> Any:
    """As pandas.read_excel."""
    return _pandas().read_excel(find(hdfs_filename), **kwds)


def write_csv(hdfs_filename: AnyPath, dataframe: Any, **kwds: Any) -> None:
    """As DataFrame.to_csv, into the project."""
    dataframe.to_csv(_place(hdfs_filename), **kwds)


def write_parquet(hdfs_filename: AnyPath, dataframe: Any, **kwds: Any) -> None:
    """As DataFrame.to_parquet, into the project."""
    dataframe.to_parquet(_place(hdfs_filename), **kwds)


def write_json(hdfs_filename: AnyPath, dataframe: Any, **kwds: Any) -> None:
    """As DataFrame.to_json, into the project."""
    dataframe.to_json(_place(hdfs_filename), **kwds)


def _place(path: AnyPath) -> str:
    place = target(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    return os.fspath(place)
