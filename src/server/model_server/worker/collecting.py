"""When Python looks for garbage: seldom while a script loads, often and briefly while it answers."""

from __future__ import annotations

import gc

_USUAL = (700, 2000)  # of Python 3.9 to 3.14; any other is the script's own
# Objects. Importing scikit-learn makes 95,000 that all stay, and to look through them is a tenth of its time.
_WHILE_LOADING = 50_000
_WHILE_ANSWERING = 1000  # requests leave nothing to find (test_garbage.py), a script's calls may


def collect_seldom() -> None:
    """For a process that is about to load a script."""
    if gc.get_threshold()[0] in _USUAL:
        gc.set_threshold(_WHILE_LOADING)


def keep_what_is_loaded() -> None:
    """What is there stays from here on: to look through it again and again would be the longest pauses."""
    gc.collect()
    gc.freeze()
    if gc.get_threshold()[0] in (*_USUAL, _WHILE_LOADING):
        gc.set_threshold(_WHILE_ANSWERING)
