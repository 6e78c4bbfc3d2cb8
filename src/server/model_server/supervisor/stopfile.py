"""runDir/stop: who makes that file asks the serving to stop, on every system in the same way."""

from __future__ import annotations

import time
from pathlib import Path

_STALE_SECONDS = 60.0


class StopFile:
    """Looked for while the serving runs, removed at its end."""

    def __init__(self, run_dir: Path) -> None:
        self._path = run_dir / "stop"
        self._began = time.time()

    @property
    def asks(self) -> bool:
        """Whether somebody has made it for this run."""
        try:
            written = self._path.stat().st_mtime
        except OSError:
            return False
        # One that an earlier run left behind is not meant for this one.
        return written > self._began - _STALE_SECONDS

    def remove(self) -> None:
        """Take it away, if that can be done."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            pass
