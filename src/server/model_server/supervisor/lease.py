"""The lease: a file that the extension touches while a window of the workspace is open."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable

_LONGEST_STEP_SECONDS = 5.0


class Lease:
    """Ended when the file was not touched for `seconds` in which this process ran.

    Time is added up in steps of at most 5 s between two looks: a computer that slept for a night, where the
    clock may go on, loses one step and not the serving.
    """

    def __init__(
        self, file: Path | None, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = file
        self._seconds = seconds
        self._clock = clock
        self._looked = clock()
        self._untouched = 0.0
        self._stamp = self._read()

    def ended(self) -> bool:
        """Look once; to be asked at least every few seconds."""
        if self._file is None:
            return False
        now = self._clock()
        step, self._looked = min(now - self._looked, _LONGEST_STEP_SECONDS), now
        stamp = self._read()
        if stamp is not None and stamp != self._stamp:
            self._stamp, self._untouched = stamp, 0.0
        else:
            self._untouched += step
        return self._untouched >= self._seconds

    def _read(self) -> int | None:
        if self._file is None:
            return None
        try:
            return self._file.stat().st_mtime_ns
        except OSError:
            return None
