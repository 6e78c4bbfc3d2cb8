"""The functions of `hops.hdfs` over a folder of this computer.

Paths may be relative to the project ('Models/m/1/x.pkl'), absolute ('/Projects/p/Models/…') or full
('hdfs://host:port/Projects/p/Models/…').
"""

from __future__ import annotations

import errno
import filecmp
import fnmatch
import importlib
import json
import os
import posixpath
import shutil
import sys
from pathlib import Path
from typing import IO, Any, Union

from . import places
from .places import find, project_name, project_user

__all__ = [
    "abs_path", "access", "add_module", "capacity", "chmod", "chown", "close", "copy_to_hdfs",
    "copy_to_local", "cp", "delete", "dump", "exists", "get", "get_fs", "get_plain_path",
    "get_webhdfs_host", "get_webhdfs_port", "glob", "is_tls_enabled", "isdir", "isfile", "load", "ls",
    "lsl", "mkdir", "move", "open_file", "project_id", "project_name", "project_path", "project_user",
    "rename", "rmr", "stat",
]  # fmt: skip

AnyPath = Union[str, bytes, "os.PathLike[str]"]


def project_id() -> str:
    """The project's id from the environment, as on Hopsworks; '0' without one."""
    return os.environ.get("HOPSWORKS_PROJECT_ID", "0")


def project_path(project: str | None = None, exclude_nn_addr: bool = False) -> str:  # noqa: ARG001
    """'hdfs:///Projects/<project>/'."""
    return f"hdfs:///Projects/{project or project_name()}/"


def get_plain_path(abs_path: AnyPath) -> str:
    """A path without 'hdfs://host:port'."""
    return places.plain_of(abs_path)


def abs_path(hdfs_path: AnyPath) -> str:
    """The full form of a path that exists; raises OSError when it does not."""
    find(hdfs_path)
    return places.to_hdfs(places.relative_of(hdfs_path))


def copy_to_local(
    hdfs_path: AnyPath,
    local_path: AnyPath = "",
    overwrite: bool = False,
    project: str | None = None,  # noqa: ARG001
) -> str:
    """Copy a file or folder into the local folder `local_path` (default: the working folder); its full local
    path.

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
        _remove_local(local)
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


def _remove_local(local: str) -> None:
    # A link is removed, never followed: the artifact stays as it is.
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
        _remove_local(str(goal))
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
        _remove_local(str(goal))
    _copy(source, goal / source.name if goal.is_dir() else goal)


def delete(hdfs_path: AnyPath, recursive: bool = False) -> None:
    """Delete a file or folder of the project; a folder that is not empty only if `recursive`."""
    place = places.existing_target(hdfs_path)
    if place.is_dir() and not place.is_symlink() and not recursive:
        place.rmdir()
    else:
        _remove_local(str(place))


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


def exists(hdfs_path: AnyPath, project: str | None = None) -> bool:  # noqa: ARG001
    """Whether a path can be read."""
    try:
        find(hdfs_path)
    except OSError:
        return False
    return True


def isdir(hdfs_path: AnyPath, project: str | None = None) -> bool:  # noqa: ARG001
    """Whether it is a folder; raises OSError when it is missing."""
    return find(hdfs_path).is_dir()


def isfile(hdfs_path: AnyPath, project: str | None = None) -> bool:  # noqa: ARG001
    """Whether it is a file; raises OSError when it is missing."""
    return find(hdfs_path).is_file()


def ls(hdfs_path: AnyPath, recursive: bool = False, exclude_nn_addr: bool = False) -> list[str]:  # noqa: ARG001
    """The full paths of what a folder holds; of a file, its own."""
    return [entry["name"] for entry in lsl(hdfs_path, recursive)]


def lsl(hdfs_path: AnyPath, recursive: bool = False, project: str | None = None) -> list[dict[str, Any]]:  # noqa: ARG001
    """As ls, each as a dictionary with name, kind ('file' or 'directory'), size, last_mod and so on."""
    place = find(hdfs_path)
    relative = places.relative_of(hdfs_path)
    if place.is_file():
        return [_entry(place, relative)]
    found = sorted(place.rglob("*") if recursive else place.iterdir())
    return [_entry(item, posixpath.join(relative, item.relative_to(place).as_posix())) for item in found]


def _entry(place: Path, relative: str) -> dict[str, Any]:
    info = place.stat()
    full = places.to_hdfs(relative)
    return {
        "name": full,
        "path": full,
        "kind": "directory" if place.is_dir() else "file",
        "size": 0 if place.is_dir() else info.st_size,
        "last_mod": int(info.st_mtime),
        "last_access": int(info.st_atime),
        "permissions": info.st_mode & 0o7777,
        "owner": project_user(),
        "group": project_name(),
        "replication": 1,
        "block_size": 134217728,
    }


def glob(hdfs_path: AnyPath, recursive: bool = False, project: str | None = None) -> list[str]:  # noqa: ARG001
    """The full paths in a folder whose last part matches a pattern: 'Resources/*.json'."""
    folder, _, pattern = places.text_of(hdfs_path).rpartition("/")
    return [name for name in ls(folder, recursive) if fnmatch.fnmatch(posixpath.basename(name), pattern)]


def stat(hdfs_path: AnyPath) -> os.stat_result:
    """As os.stat."""
    return find(hdfs_path).stat()


def access(hdfs_path: AnyPath, mode: int, project: str | None = None) -> bool:  # noqa: ARG001
    """As os.access."""
    return os.access(find(hdfs_path), mode)


def chmod(hdfs_path: AnyPath, mode: int, project: str | None = None) -> None:  # noqa: ARG001
    """As os.chmod, for what the project has."""
    os.chmod(places.existing_target(hdfs_path), mode)


def chown(hdfs_path: AnyPath, user: str, group: str, project: str | None = None) -> None:  # noqa: ARG001
    """Checks that the path exists; the project's files on this computer belong to its user."""
    places.existing_target(hdfs_path)


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


def capacity() -> int:
    """The size of the disk in bytes."""
    return shutil.disk_usage(places.project_dir() or os.getcwd()).total


def add_module(hdfs_path: AnyPath, project: str | None = None) -> str:  # noqa: ARG001
    """Make a .py or .ipynb file importable by its name; the path of the local module."""
    folder = os.path.join(os.getcwd(), "localized_deps")
    os.makedirs(folder, exist_ok=True)
    Path(folder, "__init__.py").touch()
    if folder not in sys.path:
        sys.path.append(folder)
    source = find(hdfs_path)
    if source.suffix not in {".py", ".ipynb"} or not source.is_file():
        raise ValueError(f"{places.text_of(hdfs_path)} is not a .py or .ipynb file")
    local = copy_to_local(hdfs_path, folder, overwrite=True)
    if source.suffix == ".ipynb":
        notebook, local = local, os.path.splitext(local)[0] + ".py"
        Path(local).write_text(_code_of_notebook(notebook), encoding="utf-8")
    importlib.invalidate_caches()
    loaded = sys.modules.get(Path(local).stem)
    if loaded is not None:
        importlib.reload(loaded)
    return local


def _code_of_notebook(path: str) -> str:
    cells = json.loads(Path(path).read_text(encoding="utf-8")).get("cells", [])
    code = ["".join(cell.get("source", [])) for cell in cells if cell.get("cell_type") == "code"]
    lines = "\n\n".join(code).splitlines()
    # Lines for IPython are no Python.
    return "\n".join("# " + line if line.lstrip()[:1] in {"%", "!"} else line for line in lines) + "\n"


def is_tls_enabled() -> bool:
    """False: nothing goes over a network."""
    return False


def close() -> None:
    """Nothing is open."""


class _Handle:
    """What get() and get_fs() return: the functions of this module that such a handle has."""

    def __getattr__(self, name: str) -> Any:
        names = {"open_file", "exists", "delete", "move", "rename", "chmod", "chown", "capacity", "close"}
        if name in names:
            return globals()[name]
        raise AttributeError(
            f"the file system of this computer has no {name}: use the functions of hops.hdfs"
        )

    def create_directory(self, path: AnyPath) -> None:
        mkdir(path)

    def list_directory(self, path: AnyPath) -> list[dict[str, Any]]:
        return lsl(path)

    def get_path_info(self, path: AnyPath) -> dict[str, Any]:
        return _entry(find(path), places.relative_of(path))


def get() -> _Handle:
    """A handle of the file system."""
    return _Handle()


def get_fs() -> _Handle:
    """A handle of the file system."""
    return _Handle()


def get_webhdfs_host() -> str:
    """Raises: there is no name node here."""
    raise OSError(errno.EHOSTUNREACH, "there is no HopsFS name node on this computer")


def get_webhdfs_port() -> int:
    """Raises: there is no name node here."""
    raise OSError(errno.EHOSTUNREACH, "there is no HopsFS name node on this computer")
