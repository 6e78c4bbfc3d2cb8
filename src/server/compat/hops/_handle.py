"""What `hdfs.get()` and `hdfs.get_fs()` return: the file system as an object with pydoop's methods."""

from __future__ import annotations

import os
import posixpath
import shutil
from collections.abc import Iterator
from typing import IO, Any

from . import _changing, _copying, _looking, _reading, places
from .places import AnyPath, project_user


class FileSystem:
    """The folder of this computer as a file system; closing it does nothing."""

    host = ""
    port = 0

    def __init__(self) -> None:
        self._folder = ""

    @property
    def user(self) -> str:
        """project__user."""
        return project_user()

    def open_file(
        self,
        path: AnyPath,
        mode: str = "r",
        buff_size: int = 0,  # noqa: ARG002
        replication: int = 0,  # noqa: ARG002
        blocksize: int = 0,  # noqa: ARG002
        encoding: str | None = None,  # noqa: ARG002
        errors: str | None = None,  # noqa: ARG002
    ) -> IO[Any]:
        """As hdfs.open_file."""
        return _reading.open_file(self._at(path), flags=mode)

    def exists(self, path: AnyPath) -> bool:
        """Whether a path can be read."""
        return _looking.exists(self._at(path))

    def delete(self, path: AnyPath, recursive: bool = True) -> None:
        """As hdfs.delete."""
        _changing.delete(self._at(path), recursive)

    def rename(self, from_path: AnyPath, to_path: AnyPath) -> None:
        """As hdfs.rename."""
        _changing.rename(self._at(from_path), self._at(to_path))

    def move(self, from_path: AnyPath, to_hdfs: FileSystem, to_path: AnyPath) -> None:  # noqa: ARG002
        """Within the one file system that is here."""
        _changing.move(self._at(from_path), self._at(to_path))

    def copy(self, from_path: AnyPath, to_hdfs: FileSystem, to_path: AnyPath) -> None:  # noqa: ARG002
        """Within the one file system that is here."""
        _copying.cp(self._at(from_path), self._at(to_path))

    def chmod(self, path: AnyPath, mode: int) -> None:
        """As hdfs.chmod."""
        _changing.chmod(self._at(path), mode)

    def chown(self, path: AnyPath, user: str = "", group: str = "") -> None:
        """As hdfs.chown."""
        _changing.chown(self._at(path), user, group)

    def utime(self, path: AnyPath, mtime: int, atime: int) -> None:
        """Set when a file was changed and read, in seconds since 1970."""
        os.utime(places.existing_target(self._at(path)), (atime, mtime))

    def set_replication(self, path: AnyPath, replication: int) -> None:  # noqa: ARG002
        """Checks that the path exists: a file of this computer is there once."""
        places.existing_target(self._at(path))

    def create_directory(self, path: AnyPath) -> None:
        """A folder and those above it."""
        _changing.mkdir(self._at(path))

    def list_directory(self, path: AnyPath) -> list[dict[str, Any]]:
        """As hdfs.lsl."""
        return _looking.lsl(self._at(path))

    def get_path_info(self, path: AnyPath) -> dict[str, Any]:
        """Of one path, what hdfs.lsl tells."""
        return _looking.info(self._at(path))

    def walk(self, top: AnyPath) -> Iterator[dict[str, Any]]:
        """What get_path_info tells of `top` and of all below it."""
        path = self._at(top)
        yield _looking.info(path)
        if _looking.isdir(path):
            yield from _looking.lsl(path, recursive=True)

    def working_directory(self) -> str:
        """What relative paths are relative to, in its full form."""
        return places.to_hdfs(self._folder)

    def set_working_directory(self, path: AnyPath) -> None:
        """From here on relative paths of this object start there."""
        self._folder = places.relative_of(self._at(path))

    def get_working_directory(self) -> str:
        """As working_directory."""
        return self.working_directory()

    def capacity(self) -> int:
        """The size of the disk in bytes."""
        return shutil.disk_usage(places.project_dir() or os.getcwd()).total

    def used(self) -> int:
        """What is taken of it, in bytes."""
        return shutil.disk_usage(places.project_dir() or os.getcwd()).used

    def default_block_size(self) -> int:
        """That of HopsFS, in bytes."""
        return places.BLOCK_BYTES

    def get_hosts(self, path: AnyPath, start: int, length: int) -> list[list[str]]:  # noqa: ARG002
        """Where its blocks are: here."""
        _looking.info(self._at(path))
        return [["127.0.0.1"]]

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> FileSystem:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _at(self, path: AnyPath) -> str:
        text = places.text_of(path)
        relative = "://" not in text and not text.startswith("/")
        return posixpath.join(self._folder, text) if relative and self._folder else text
