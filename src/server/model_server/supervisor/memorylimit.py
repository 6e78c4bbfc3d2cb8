"""The memory limit of this process's control group, and whether the system killed something for it."""

from __future__ import annotations

import time
from pathlib import Path, PurePosixPath

_NO_LIMIT = 1 << 60  # version 1 has a number of this size where there is none
_MB = 1024 * 1024
_RECENT_SECONDS = 1.0


class MemoryLimit:
    """`look` is to be called every few seconds: a kill counts only when it is about as new as that."""

    def __init__(self, root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> None:
        self._group = _limited_group(root, own)
        self._kills = self._kills_before = self._count()
        self._looked = time.monotonic()

    def look(self) -> None:
        """What was killed before the look before this one is the past."""
        now = time.monotonic()
        if self._group is not None and now - self._looked >= _RECENT_SECONDS:
            self._kills_before, self._kills, self._looked = self._kills, self._count(), now

    def exceeded(self) -> str | None:
        """'out of memory at 512 MB' when something was killed for the limit a moment ago."""
        if self._group is None or self._count() <= self._kills_before:
            return None
        limit = _limit(self._group)
        # Raised or taken away since: what it was then is not known.
        return f"out of memory at {limit / _MB:.0f} MB" if limit is not None else None

    def _count(self) -> int:
        if self._group is None:
            return 0
        new = _numbers(self._group / "memory.events")
        if new:
            return new.get("oom_kill", 0)
        old = _numbers(self._group / "memory.oom_control")
        if "oom_kill" in old:
            return old["oom_kill"]
        # A kernel before 4.13 counts only how often the limit was met.
        return _number(self._group / "memory.failcnt") or 0


def _limited_group(root: Path, own: Path) -> Path | None:
    """The nearest group with a limit: this process's, one around it, or in a container the visible root."""
    try:
        lines = own.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "memory" not in controllers.split(","):
            continue
        for base in (root / "memory",) if controllers else (root, root / "unified"):
            place = PurePosixPath(path.lstrip("/"))
            for part in (place, *place.parents):
                group = base / part
                if _limit(group) is not None:
                    return group
    return None


def _limit(group: Path) -> int | None:
    for name in ("memory.max", "memory.limit_in_bytes"):
        limit = _number(group / name)
        if limit is not None and limit < _NO_LIMIT:
            return limit
    return None


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _numbers(file: Path) -> dict[str, int]:
    try:
        pairs = [line.split() for line in file.read_text(encoding="ascii").splitlines()]
        return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}
    except (OSError, ValueError):
        return {}
