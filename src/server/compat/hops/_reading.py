"""Contents of files."""

from __future__ import annotations

from typing import IO, Any

from . import places
from .places import AnyPath, find


def open_file(
    hdfs_path: AnyPath,
    project: str | None = None,  # noqa: ARG001
    flags: str = "rw",
    buff_size: int = 0,  # noqa: ARG001
) -> IO[Any]:
    """An open file: 'r', 'w' or 'a' for bytes, then 't' for UTF-8 text. Only reading sees the artifact."""
    kind = flags[:1]
    if kind not in {"r", "w", "a"} or flags not in {"r", "w", "a", "rt", "wt", "at", "rb", "wb", "ab", "rw"}:
        raise ValueError(f"invalid mode: {flags!r}")
    if kind == "r":
        place = find(hdfs_path)
    else:
        place = places.target(hdfs_path)
        place.parent.mkdir(parents=True, exist_ok=True)
    return open(place, kind, encoding="utf-8") if flags.endswith("t") else open(place, kind + "b")


def load(hdfs_path: AnyPath) -> bytes:
    """The content of a file."""
    return find(hdfs_path).read_bytes()


def dump(data: str | bytes, hdfs_path: AnyPath) -> int:
    """Write a file of the project; the number of bytes."""
    place = places.target(hdfs_path)
    place.parent.mkdir(parents=True, exist_ok=True)
    return place.write_bytes(data.encode() if isinstance(data, str) else data)
