"""How long batches take, and so whether the event loop runs on their thread or beside it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

INLINE, BESIDE = "inline", "beside"
LONG_SECONDS = 0.004  # mean time of a batch above which the loop runs beside it
SHORT_SECONDS = 0.002  # mean processor time of a batch that is short unless it waits for something
_WAITING_SECONDS = 0.006  # mean time above which the loop runs beside a batch that mostly waits
_WEIGHT = 0.1  # of the last batch in the mean
_MOST_SECONDS = 0.1  # that one batch counts in the mean: a single long call is soon forgotten
_SIGNALS = "the script handles signals"
_EVERY = 64  # batches between looks at what seldom changes
_CLOSELY = 16  # batches whose processor time is measured after one that was not brief


class Pace:
    """Measures batches on the main thread. `mode` is INLINE or BESIDE, `reason` says why."""

    def __init__(self) -> None:
        self.mode = INLINE
        self.reason = "no call was measured yet"
        self.last = 0.0  # seconds of the last batch
        self._mean = 0.0
        self._mean_processor = 0.0
        self._batches = 0
        self._closely = _EVERY  # so many batches more are measured closely; brief ones are only timed
        self._handlers = False
        self._began = 0.0
        self._processor = 0.0
        self._lost = 0.0
        self._file: int | None = None

    def start(self) -> None:
        """The script is loaded. In the process and thread that run the batches."""
        self._file = _open_schedule()
        self.look()
        if self._handlers:
            self.mode, self.reason = BESIDE, _SIGNALS

    def begin(self) -> float:
        """A batch begins; time.monotonic()."""
        if self._closely:
            self._lost = self._lost_seconds()
            self._processor = time.thread_time()
        self._began = time.monotonic()
        return self._began

    def end(self, now: float) -> bool:
        """It ended at this time.monotonic(); True when the mode, or the reason for it, changes."""
        self.last = last = now - self._began
        if self._closely:
            return self._measured(last)
        if last >= SHORT_SECONDS:
            # Whether the call was long or the machine busy with others is not known: the next ones tell.
            self._closely = _CLOSELY
            return False
        self._mean += (last - self._mean) * _WEIGHT
        self._mean_processor += (last - self._mean_processor) * _WEIGHT
        self._batches += 1
        if self._batches % _EVERY:
            return False
        self.look()
        return self._choose()

    def _measured(self, last: float) -> bool:
        if self.mode == INLINE and last < SHORT_SECONDS and self._mean < SHORT_SECONDS:
            self._closely -= 1
        else:
            self._closely = _CLOSELY
        seconds = min(last, _MOST_SECONDS)
        processor = min(time.thread_time() - self._processor, _MOST_SECONDS)
        # Time in which the machine was busy with others does not make a call long.
        counted = max(seconds - (self._lost_seconds() - self._lost), processor)
        self._mean += (counted - self._mean) * _WEIGHT
        self._mean_processor += (processor - self._mean_processor) * _WEIGHT
        if self._batches % _EVERY == 0:
            self.look()
        self._batches += 1
        return self._choose()

    def look(self) -> None:
        """Look at what seldom changes."""
        self._handlers = _handles_signals()
        if self.mode == BESIDE and self._mean_processor < SHORT_SECONDS:
            # Beside the loop a call also waits for the loop's thread: whether it is long shows without it.
            self._mean = SHORT_SECONDS / 2

    def _lost_seconds(self) -> float:
        """Seconds that this thread waited for a processor so far; 0 where that is not known."""
        if self._file is None:
            return 0.0
        try:
            return int(os.pread(self._file, 64, 0).split()[1]) / 1e9
        except (OSError, ValueError, IndexError):  # a script closed all files
            self._file = None
            return self._lost

    def _choose(self) -> bool:
        # Where others take the machine a short call waits too, for a thread that stands still with the GIL.
        limit = LONG_SECONDS if self._mean_processor > SHORT_SECONDS else _WAITING_SECONDS
        if self.mode == BESIDE:
            limit /= 2
        mode = BESIDE if self._handlers or self._mean > limit else INLINE
        changed = mode != self.mode
        self.mode = mode
        if changed or self._batches == 1:
            mean = f"a call takes {self._mean * 1000:.1f} ms on average"
            self.reason = _SIGNALS if self._handlers else mean
        return changed or self._batches == 1


def _open_schedule() -> int | None:
    """Linux tells of every thread how long it could have run and had no processor (needs 2 µs to read)."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)
    except OSError:
        return None


def _handles_signals() -> bool:
    """Whether a script's handler may run, and raise, wherever the main thread is: then not in the loop."""
    names = ("SIGALRM", "SIGVTALRM", "SIGPROF", "SIGUSR1", "SIGUSR2")
    numbers = (getattr(signal, name, None) for name in names)
    return any(number is not None and callable(signal.getsignal(number)) for number in numbers)
