"""Processes as systems see them: ending whole trees, memory, why one died."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from typing import Any

_SIGNAL_WORDS = {
    "SIGSEGV": "segmentation fault",
    "SIGABRT": "aborted",
    "SIGBUS": "bus error",
    "SIGFPE": "arithmetic error",
    "SIGILL": "illegal instruction",
    "SIGKILL": "killed by the system or by someone, often because memory ran out",
    "SIGTERM": "asked to end",
}
UNKNOWN_EXIT = 1 << 40  # of a process that was not ours to wait for
_WINDOWS_CODES = {
    0xC0000005: "access violation",
    0xC00000FD: "stack overflow",
    0xC0000409: "stack buffer overrun",
    0xC000001D: "illegal instruction",
    0xC0000135: "a DLL is missing",
    0xC000013A: "interrupted",
}


def spawn_options() -> dict[str, Any]:
    """Arguments of Popen that give a child a process group of its own (on Windows also no console window)."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


Known = tuple[int, str]


def descendants(pid: int) -> list[Known]:
    """The processes below `pid`, each with its start time (Linux; elsewhere none are known)."""
    children: dict[int, list[Known]] = {}
    try:
        entries = [entry for entry in os.listdir("/proc") if entry.isdigit()]
    except OSError:
        return []
    for entry in entries:
        stat = _stat(int(entry))
        if stat is not None:
            children.setdefault(stat[0], []).append((int(entry), stat[1]))
    found: list[Known] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += [child for child, _ in below]
    return found


def _stat(pid: int) -> tuple[int, str] | None:
    """Parent and start time."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return int(fields[1]), fields[19].decode("ascii")
    except (OSError, ValueError, IndexError):
        return None


def end_tree(pid: int, also: list[Known]) -> None:
    """Kill a worker's whole group, and of `also` those that still live (they may have left the group)."""
    if os.name == "nt":
        subprocess.run(windows_kill_command(pid), check=False, capture_output=True, timeout=10)
        return
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass
    for other, started in also:
        stat = _stat(other)
        if stat is not None and stat[1] == started:
            try:
                os.kill(other, signal.SIGKILL)
            except OSError:
                continue


def windows_kill_command(pid: int) -> list[str]:
    """taskkill for a process and all it started."""
    return ["taskkill", "/F", "/T", "/PID", str(pid)]


def memory_bytes(pid: int) -> int | None:
    """The resident memory of a process; None where the system does not tell cheaply."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def cpu_seconds(pid: int) -> float | None:
    """Processor time of a process; None where the system does not tell cheaply."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def exit_kind(code: int) -> str:
    """'exited', 'killed' (SIGKILL) or 'crashed', from Popen's returncode."""
    if code < 0:
        return "killed" if -code == getattr(signal, "SIGKILL", 9) else "crashed"
    return "crashed" if (code & 0xFFFFFFFF) in _WINDOWS_CODES else "exited"


def exit_text(code: int) -> str:
    """How a process ended, in words: 'killed by signal 11 (segmentation fault)', 'exited with 3'."""
    if code == UNKNOWN_EXIT:
        return "ended, with a code that is not known"
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = ""
        words = _SIGNAL_WORDS.get(name, name)
        return f"killed by signal {-code}" + (f" ({words})" if words else "")
    windows = _WINDOWS_CODES.get(code & 0xFFFFFFFF)
    if windows:
        return f"crashed with 0x{code & 0xFFFFFFFF:08X} ({windows})"
    return f"exited with {code}"


def wait_without_reaping(pid: int) -> None:
    """Return when a child has ended, its id still reserved, so that its group can be killed safely."""
    if hasattr(os, "waitid") and hasattr(os, "WNOWAIT"):
        try:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        except OSError:
            return


def reap_strangers(own: set[int]) -> None:
    """As process 1, take in what others left behind; our own have somebody who waits for them."""
    if not hasattr(os, "waitid"):
        return
    while True:
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is None or found.si_pid in own:
                return
            os.waitpid(found.si_pid, os.WNOHANG)
        except OSError:
            return


def wait_for_end(pid: int) -> None:
    """Return when a process that is no child of ours has ended, or after a moment where nobody can tell."""
    if hasattr(os, "pidfd_open"):
        try:
            descriptor = os.pidfd_open(pid)
        except OSError:
            time.sleep(0.1)  # gone already, or a kernel without it
            return
        try:
            select.select([descriptor], [], [])
        finally:
            os.close(descriptor)
    elif hasattr(select, "kqueue"):
        queue = select.kqueue()
        try:
            kqueue: Any = select  # on macOS and the BSDs
            event = kqueue.kevent(
                pid, filter=kqueue.KQ_FILTER_PROC, flags=kqueue.KQ_EV_ADD, fflags=kqueue.KQ_NOTE_EXIT
            )
            queue.control([event], 1, None)
        except OSError:
            time.sleep(0.1)
        finally:
            queue.close()
    else:
        time.sleep(0.1)
