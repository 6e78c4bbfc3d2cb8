"""Who has a port (Linux): for a message that helps."""

from __future__ import annotations

import os
from pathlib import Path

_LISTEN = "0A"


def port_owner(port: int) -> tuple[int, str] | None:
    """Process id and command of a listener on `port`; None when it can't be found out."""
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for entry in sorted((name for name in os.listdir("/proc") if name.isdigit()), key=int):
        folder = f"/proc/{entry}/fd"
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            try:
                if os.readlink(f"{folder}/{name}") in wanted:
                    return int(entry), _command(entry)
            except OSError:
                continue
    return None


def _listening_inodes(port: int) -> set[str]:
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if len(fields) > 9 and fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    return inodes


def _command(pid: str) -> str:
    # The program's name only: arguments may hold secrets.
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a process"
