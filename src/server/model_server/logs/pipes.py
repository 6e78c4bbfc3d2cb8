"""What a worker's C code and children write to descriptors 1 and 2, as log records."""

from __future__ import annotations

import codecs
import threading
import time
from typing import IO, Callable

from .logfile import LogFile
from .records import MAX_RECORD_BYTES, make_record

_MAX_LINE = MAX_RECORD_BYTES // 2
_OLD_SECONDS = 0.5


class PipeReader(threading.Thread):
    """Reads a pipe to its end. Never holds more than one line; a longer one is cut into several records."""

    def __init__(
        self,
        pipe: IO[bytes],
        name: str,
        level: str,
        replica: int | None,
        log: LogFile,
        on_line: Callable[[str], None] | None,
    ) -> None:
        super().__init__(name=f"model-server-{name}", daemon=True)
        self._pipe = pipe
        self._logger = name
        self._level = level
        self._replica = replica
        self._log = log
        self._on_line = on_line
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._lock = threading.Lock()
        self._rest = ""
        self._touched = 0.0

    def run(self) -> None:
        """Read until every holder of the other end is gone."""
        with self._pipe:
            while True:
                try:
                    data = self._pipe.read(65536)
                except (OSError, ValueError):
                    break
                if not data:
                    break
                with self._lock:
                    self._take(self._decoder.decode(data))
        with self._lock:
            self._flush()

    def flush_if_old(self) -> None:
        """Log a line without its end that has waited long enough."""
        with self._lock:
            if self._rest and time.monotonic() - self._touched > _OLD_SECONDS:
                self._flush()

    def _take(self, text: str) -> None:
        *lines, self._rest = (self._rest + text).split("\n")
        self._touched = time.monotonic()
        for line in lines:
            # Of a progress bar, what stood there last.
            self._write(line.rstrip("\r").rpartition("\r")[2])
        while len(self._rest) > _MAX_LINE:
            self._write(self._rest[:_MAX_LINE])
            self._rest = self._rest[_MAX_LINE:]

    def _flush(self) -> None:
        if self._rest:
            self._write(self._rest)
            self._rest = ""

    def _write(self, line: str) -> None:
        if self._on_line is not None:
            self._on_line(line)
        for start in range(0, max(len(line), 1), _MAX_LINE):
            part = line[start : start + _MAX_LINE]
            self._log.write(make_record(self._level, self._logger, part, self._replica))
