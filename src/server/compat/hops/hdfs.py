"""The functions of `hops.hdfs` over a folder of this computer.

Paths may be relative to the project ('Models/m/1/x.pkl'), absolute ('/Projects/p/Models/…') or full
('hdfs://host:port/Projects/p/Models/…').
"""

from __future__ import annotations

import errno
import logging

from ._changing import chmod, chown, delete, mkdir, move, rename, rmr
from ._copying import copy_to_hdfs, copy_to_local, cp
from ._handle import FileSystem
from ._looking import access, exists, glob, isdir, isfile, ls, lsl, stat
from ._modules import add_module
from ._names import abs_path, get_plain_path, project_id, project_name, project_path, project_user
from ._reading import dump, load, open_file

__all__ = [
    "abs_path", "access", "add_module", "capacity", "chmod", "chown", "close", "copy_to_hdfs",
    "copy_to_local", "cp", "delete", "dump", "exists", "get", "get_fs", "get_plain_path",
    "get_webhdfs_host", "get_webhdfs_port", "glob", "is_tls_enabled", "isdir", "isfile", "load", "ls",
    "lsl", "mkdir", "move", "open_file", "project_id", "project_name", "project_path", "project_user",
    "rename", "rmr", "stat",
]  # fmt: skip

log = logging.getLogger(__name__)
pydoop_available = True
tls_enabled = False
webhdfs_address = None


def get() -> FileSystem:
    """A handle of the file system."""
    return FileSystem()


def get_fs() -> FileSystem:
    """A handle of the file system."""
    return FileSystem()


def capacity() -> int:
    """The size of the disk in bytes."""
    return FileSystem().capacity()


def is_tls_enabled() -> bool:
    """False: nothing goes over a network."""
    return False


def close() -> None:
    """Nothing is open."""


def get_webhdfs_host() -> str:
    """Raises: there is no name node here."""
    raise OSError(errno.EHOSTUNREACH, "there is no HopsFS name node on this computer")


def get_webhdfs_port() -> int:
    """Raises: there is no name node here."""
    raise OSError(errno.EHOSTUNREACH, "there is no HopsFS name node on this computer")
