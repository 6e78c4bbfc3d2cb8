"""The log's only writer: a file that is rotated by size, or standard output."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import BinaryIO

from .records import make_record


class LogFile:
    """Thread-safe. A disk that refuses a line costs that line; the count of such lines is written later."""

    def __init__(self, path: Path | None, max_bytes: int, backups: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._backups = backups
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._size = 0
        self._lost = 0
        self._torn = False  # the last write may have left half a line

    def write(self, line: bytes) -> None:
        """Append one record with its newline."""
        with self._lock:
            try:
                if self._lost:
                    note = make_record(
                        "WARN", "server", f"{self._lost} log lines were lost: the log was not writable"
                    )
                    self._append(note)
                    self._lost = 0
                self._append(line)
            except OSError:
                self._lost += 1
                self._torn = True
                self._close_file()

    def record(
        self, level: str, logger: str, message: str, replica: int | None = None, **fields: object
    ) -> None:
        """Append a record made here."""
        self.write(make_record(level, logger, message, replica, **fields))  # type: ignore[arg-type]

    def close(self) -> None:
        """Let go of the file; a later write opens it again."""
        with self._lock:
            self._close_file()

    def _append(self, line: bytes) -> None:
        if self._path is None:
            _write_out(line)
            return
        if self._file is not None and self._size + len(line) > self._max_bytes:
            self._rotate(self._path)
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self._path, "ab", buffering=0)  # noqa: SIM115
            self._size = self._file.seek(0, os.SEEK_END)
            if self._size + len(line) > self._max_bytes and self._size > 0:
                self._rotate(self._path)
        if self._file is None:
            self._file = open(self._path, "ab", buffering=0)  # noqa: SIM115
        if self._torn:
            line = b"\n" + line
        written = self._file.write(line)
        self._size += written or 0
        if written != len(line):
            raise OSError("short write")
        self._torn = False

    def _rotate(self, path: Path) -> None:
        self._close_file()
        self._size = 0
        try:
            self._shift(path)
        except PermissionError:
            # On Windows a reader may hold the file: go on in it and try again after as many bytes more.
            self._file = open(path, "ab", buffering=0)  # noqa: SIM115

    def _shift(self, path: Path) -> None:
        if self._backups == 0:
            path.unlink(missing_ok=True)
            return
        for number in range(self._backups - 1, 0, -1):
            older = path.with_name(f"{path.name}.{number}")
            if older.exists():
                os.replace(older, path.with_name(f"{path.name}.{number + 1}"))
        os.replace(path, path.with_name(f"{path.name}.1"))

    def _close_file(self) -> None:
        if self._file is not None:
            try:
                self._file.close()
            finally:
                self._file = None


def _write_out(line: bytes) -> None:
    """To standard output, whole: unbuffered (-u), and into a pipe, a write may take only a part."""
    rest = memoryview(line)
    while rest:
        written = sys.stdout.buffer.write(rest)
        if written is None:  # the pipe is full, and whoever made it does not want writers to wait
            time.sleep(0.005)
            continue
        rest = rest[written:]
    sys.stdout.buffer.flush()
