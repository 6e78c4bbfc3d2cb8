"""`pydoop.hdfs.path`: paths of a project, and where they lie on this computer."""

from __future__ import annotations

import os
import posixpath


class _HdfsPathSplitter:
    """`hops` derives its own from it."""

    @classmethod
    def parse(cls, hdfs_path: str) -> tuple[str, str, str]:
        """Scheme, host and path."""
        scheme, found, rest = hdfs_path.partition("://")
        if not found:
            return "", "", hdfs_path
        host, _, path = rest.partition("/")
        return scheme, host, f"/{path}"

    @classmethod
    def split_netloc(cls, netloc: str) -> tuple[str, int]:
        """Host and port."""
        host, _, port = netloc.partition(":")
        return host or "default", int(port or 0)

    @classmethod
    def split(cls, hdfs_path: str, user: str | None = None) -> tuple[str, int, str]:  # noqa: ARG003
        """Host, port and path."""
        _, netloc, path = cls.parse(hdfs_path)
        return (*cls.split_netloc(netloc), path)

    @classmethod
    def raise_bad_path(cls, hdfs_path: str, why: str | None = None) -> None:
        """Says that it is none."""
        raise ValueError(f"{hdfs_path}: {why or 'no path'}")


def local(hdfs_path: str) -> str:
    """Where `/Projects/<project>/…` lies; raises OSError for what leaves the workspace folder."""
    plain = _plain(str(hdfs_path))
    pieces = posixpath.normpath(plain).split("/")
    if pieces[:2] != ["", "Projects"]:
        raise OSError(f"{hdfs_path} is no path of a project")
    return os.path.join(os.environ["MODEL_SERVING_PROJECT_DIR"], *pieces[3:])


def split(hdfs_path: str, user: str | None = None) -> tuple[str, int, str]:
    """Host, port and path, as the splitter of the moment sees them: `hops` puts its own in place of ours."""
    return _HdfsPathSplitter.split(hdfs_path, user)


def abspath(hdfs_path: str, user: str | None = None, local: bool = False) -> str:  # noqa: ARG001
    """With scheme."""
    return hdfs_path if "://" in hdfs_path else f"hdfs://{hdfs_path}"


def exists(hdfs_path: str, user: str | None = None) -> bool:  # noqa: ARG001
    """Whether something is there."""
    return os.path.exists(local(hdfs_path))


def isdir(hdfs_path: str, user: str | None = None) -> bool:  # noqa: ARG001
    """Whether it is a folder."""
    return os.path.isdir(local(hdfs_path))


def isfile(hdfs_path: str, user: str | None = None) -> bool:  # noqa: ARG001
    """Whether it is a file."""
    return os.path.isfile(local(hdfs_path))


def basename(hdfs_path: str) -> str:
    """Its last piece."""
    return posixpath.basename(hdfs_path)


def _plain(hdfs_path: str) -> str:
    _, _, path = _HdfsPathSplitter.parse(hdfs_path)
    return path
