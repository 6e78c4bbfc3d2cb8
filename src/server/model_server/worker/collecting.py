"""When Python looks for garbage: seldom while a script loads, often and briefly while it answers."""

from __future__ import annotations

import gc
import time

_USUAL = (700, 2000)  # of Python 3.9 to 3.14; any other is the script's own
# Objects. Importing scikit-learn makes 95,000 that all stay, and to look through them is a tenth of its time.
_WHILE_LOADING = 50_000
_WHILE_ANSWERING = 1000  # requests leave nothing to find (test_garbage.py), a script's calls may
_IDLE_CPU_SECONDS = 0.01  # between two looks


def collect_seldom() -> None:
    """For a process that is about to load a script."""
    if gc.get_threshold()[0] in _USUAL:
        gc.set_threshold(_WHILE_LOADING)


def keep_what_is_loaded() -> None:
    """What is there stays from here on: to look through it again and again would be the longest pauses."""
    gc.freeze()
    if gc.get_threshold()[0] in (*_USUAL, _WHILE_LOADING):
        gc.set_threshold(_WHILE_ANSWERING)


def collect_and_keep() -> None:
    """Throw away what loading has left behind; for scikit-learn it takes some 40 ms."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class LateCollection:
    """Throws away what loading has left behind, once, when there is nothing else to do."""

    def __init__(self) -> None:
        self._cpu: float | None = None
        self._is_over = False

    def look(self) -> None:
        """To be called now and then, on the thread that answers."""
        if self._is_over:
            return
        before, self._cpu = self._cpu, time.process_time()
        if before is not None and self._cpu - before < _IDLE_CPU_SECONDS:
            self._is_over = True
            collect_and_keep()
