"""`pydoop.hdfs.fs`: the file system as an object."""

from __future__ import annotations

import os
import shutil

from .path import exists, local


def default_is_local() -> bool:
    """False: paths are those of a project."""
    return False


class hdfs:  # noqa: N801
    """The workspace folder."""

    def __init__(self, host: str = "default", port: int = 0, user: str | None = None) -> None:
        self.host, self.port, self.user = host, port, user

    def exists(self, path: str) -> bool:
        """Whether something is there."""
        return exists(path)

    def delete(self, path: str, recursive: bool = True) -> None:
        """A file or folder; a folder that is not empty only if `recursive`."""
        place = local(path)
        if not os.path.isdir(place) or os.path.islink(place):
            os.remove(place)
        elif recursive:
            shutil.rmtree(place)
        else:
            os.rmdir(place)

    def close(self) -> None:
        """Nothing is open."""
