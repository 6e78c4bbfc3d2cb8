"""The sink that is a file of this computer: NDJSON, rotated by size, forgotten by age.

Several servers may write the same file (one takes over from another, or each replica is a container). All
hold a lock while they write or rotate, and open the file anew each time: after a rotation nobody goes on in
the old one. A line is broken only when a server was killed within a write: the next one cuts it off.
"""

from __future__ import annotations

import calendar
import errno
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, Callable

from ..config import LaunchConfig
from ..measuring.recording import Problem
from ..recordoptions import FileOptions
from .lines import line_of
from .records import Record
from .sinks import Tally

_AGAIN_SECONDS = 2.0
_AGE_SECONDS = 10.0  # how often it is looked whether something is too old
_TAIL_BYTES = 64 * 1024


class NdjsonSink:
    """See sinks.Sink. What is written is in the system's hands at once: a killed server loses none of it."""

    def __init__(self, config: LaunchConfig, options: FileOptions, tally: Tally) -> None:
        self._config = config
        self._options = options
        self._tally = tally
        self._path = options.folder / f"{config.name}.ndjson"
        self._part_bytes = max(1, options.max_bytes // options.files)
        self._part_seconds = options.max_age_seconds / options.files
        self._again = 0.0  # not before, after a failure
        self._looked = 0.0
        self._held: list[tuple[bytes, Record]] = []  # not written yet

    def ready(self) -> bool:  # noqa: D102
        now = time.monotonic()
        if now < self._again:
            return False
        if now - self._looked > _AGE_SECONDS or not self._looked:
            self._looked = now
            try:
                with self._locked():
                    self._forget_old()
            except OSError as error:
                self._failed(error)
                return False
        if self._held and not self._write_held():
            return False
        self._tally.state("sending")
        return True

    def write(self, records: Sequence[Record]) -> None:  # noqa: D102
        for record in records:
            line = line_of(record, self._config, self._options.mode)
            if len(line) > self._part_bytes:
                self._tally.dropped("too-large", [record])
            else:
                self._held.append((line, record))
        self._write_held()

    def close(self, seconds: float) -> None:  # noqa: D102, ARG002
        if self._held and not self._write_held():
            self._tally.dropped("disk", [record for _, record in self._held])

    def _write_held(self) -> bool:
        """Whether all could be written; else the rest waits for the next time."""
        lines = [line for line, _ in self._held]
        done = 0
        try:
            with self._locked():
                while done < len(lines):
                    count = self._append(lines[done:])
                    if count == 0 and not self._rotate():
                        count = self._append(lines[done:], self._part_bytes)
                    done += count
        except OSError as error:
            self._failed(error)
        if done:
            self._tally.sent([record for _, record in self._held[:done]])
            del self._held[:done]
        return not self._held

    def _failed(self, error: OSError) -> None:
        self._again = time.monotonic() + _AGAIN_SECONDS
        reason = error.strerror or str(error)
        remedy = f"Make room, or allow to write there: {self._options.folder}"
        self._tally.state("waiting", Problem("disk", f"Could not write the inference log: {reason}", remedy))

    def _append(self, lines: Sequence[bytes], more: int = 0) -> int:
        """Write as many as the file has room for, whole; how many (0: rotate first).

        `more` is room beyond the limit. Raises OSError, and has written none then.
        """
        with open(self._path, "a+b", buffering=0) as file:
            size = _cut_broken(file)
            if size and not more and self._is_old(file):
                return 0
            count, room = 0, max(more, self._part_bytes - size)
            while count < len(lines) and len(lines[count]) <= room:
                room -= len(lines[count])
                count += 1
            data = b"".join(lines[:count])
            try:
                if file.write(data) != len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                file.truncate(size)
                raise
            return count

    def _is_old(self, file: BinaryIO) -> bool:
        """Whether its first record is so old that no more belong to it."""
        file.seek(0)
        head = file.read(256)
        at = head.find(b'"time":"')
        if at < 0:
            return False
        try:
            began = time.strptime(head[at + 8 : at + 27].decode("ascii"), "%Y-%m-%dT%H:%M:%S")
        except ValueError:
            return False
        return time.time() - calendar.timegm(began) > self._part_seconds

    def _rotate(self) -> bool:
        """Begin a new file; False where a reader holds the old one, as can be on Windows."""
        last = self._options.files - 1
        try:
            if last == 0:
                self._path.unlink(missing_ok=True)
                return True
            for number in range(last - 1, 0, -1):
                if self._older(number).exists():
                    os.replace(self._older(number), self._older(number + 1))
            os.replace(self._path, self._older(1))
        except PermissionError:
            return False
        return True

    def _older(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _forget_old(self) -> None:
        """Files whose last record is too old, and those beyond the number that is kept."""
        oldest = time.time() - self._options.max_age_seconds
        for path in self._options.folder.glob(f"{_escaped(self._path.name)}*"):
            ending = path.name[len(self._path.name) :]
            number = int(ending[1:]) if ending[:1] == "." and ending[1:].isdigit() else None
            if ending and number is None:
                continue
            if (number or 0) >= self._options.files or path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among those who write this file; where the file system has no locks, whole lines must do."""
        self._options.folder.mkdir(parents=True, exist_ok=True)
        with open(self._path.with_name(f"{self._path.name}.lock"), "ab") as file:
            unlock = _lock(file)
            try:
                yield
            finally:
                unlock()


def _cut_broken(file: BinaryIO) -> int:
    """Cut off what follows the last newline; the size that is left."""
    size = file.seek(0, os.SEEK_END)
    at = size
    while at > 0:
        begin = max(0, at - _TAIL_BYTES)
        file.seek(begin)
        data = file.read(at - begin)
        newline = data.rfind(b"\n")
        if newline >= 0:
            at = begin + newline + 1
            break
        at = begin
    if at < size:
        file.truncate(at)
    return at


def _escaped(name: str) -> str:
    return name.replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")


def _lock(file: BinaryIO) -> Callable[[], object]:
    """Lock it; what unlocks it."""
    descriptor = file.fileno()
    try:
        if os.name == "nt":
            import msvcrt

            os.lseek(descriptor, 0, os.SEEK_SET)
            locking: Callable[[int, int, int], None] = msvcrt.locking  # type: ignore[attr-defined,unused-ignore]
            locking(descriptor, 1, 1)  # LK_LOCK: tries for ten seconds
            return partial(_unlock, descriptor, partial(locking, descriptor, 0, 1))
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:
        return _nothing
    return partial(fcntl.flock, descriptor, fcntl.LOCK_UN)


def _unlock(descriptor: int, unlock: Callable[[], None]) -> None:
    """On Windows, where it counts where the file stands."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    unlock()


def _nothing() -> None:
    """There is no lock to give back."""
