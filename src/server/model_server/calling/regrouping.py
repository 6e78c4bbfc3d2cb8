"""After a long batch, how long to wait for the clients it answered, so that they join the next one."""

from __future__ import annotations

_LONG_SECONDS = 0.01  # of a batch, for which it is worth it
_SHARE = 0.05  # of a batch's time that the next one may be held back
_MOST_SECONDS = 0.005
_MOST_SKIPPED = 64  # batches before it is tried again


class Regrouping:
    """Clients that ask again as soon as they are answered would else fall into two groups that run in turns.

    Waits only when other requests wait already, and ever more seldom where nobody came back in time.
    """

    def __init__(self) -> None:
        self._skip = 0
        self._skipped = 0

    def seconds(self, batch_seconds: float) -> float:
        """How long the next batch is held back after one that took so long; 0: not at all."""
        if batch_seconds < _LONG_SECONDS:
            return 0.0
        if self._skipped < self._skip:
            self._skipped += 1
            return 0.0
        self._skipped = 0
        return min(batch_seconds * _SHARE, _MOST_SECONDS)

    def came(self, some: bool) -> None:
        """Whether anyone came back while the batch was held back."""
        self._skip = 0 if some else min(max(1, self._skip * 2), _MOST_SKIPPED)
