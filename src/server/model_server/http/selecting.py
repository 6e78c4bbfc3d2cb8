"""What an event loop waits with: for a moment awake, where the next request is about to come."""

from __future__ import annotations

import selectors
import time

# A thread that sleeps is woken late: 20 to 40 µs of a call that takes 600.
_MOMENT_SECONDS = 0.0001


class EagerSelector(selectors.DefaultSelector):
    """Looks again and again for a moment before it sleeps, while `eager` is set and that pays.

    It pays when what was waited for came soon the last time, as from a client that asks again at once. A
    client that lets more time pass costs one such moment, and none after it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.eager = False
        self._pays = False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As the base class: the keys that are ready, each with what it is ready for."""
        if not self.eager or (timeout is not None and timeout < _MOMENT_SECONDS):
            return super().select(timeout)
        until = time.perf_counter() + _MOMENT_SECONDS
        if self._pays:
            while time.perf_counter() < until:
                found = super().select(0)
                if found:
                    return found
        found = super().select(timeout)
        self._pays = bool(found) and time.perf_counter() < until + _MOMENT_SECONDS
        return found
