"""How long batches take, and so whether the event loop runs on their thread or beside it."""

from __future__ import annotations

import signal
import time

try:
    import resource
except ImportError:  # Windows
    _THREAD = None
else:
    _THREAD = getattr(resource, "RUSAGE_THREAD", None)

INLINE, BESIDE = "inline", "beside"
LONG_SECONDS = 0.004  # mean time of a batch above which the loop runs beside it
SHORT_SECONDS = 0.002  # and below which it comes back
_WEIGHT = 0.1  # of the last batch in the mean
_MOST_SECONDS = 0.1  # that one batch counts in the mean: a single long call is soon forgotten
_SIGNALS = "the script handles signals"
_EVERY = 64  # batches between looks at what seldom changes


class Pace:
    """Measures batches on the main thread. `mode` is INLINE or BESIDE, `reason` says why."""

    def __init__(self) -> None:
        self.mode = INLINE
        self.reason = "no call was measured yet"
        self._mean = 0.0
        self._mean_processor = 0.0
        self._batches = 0
        self._handlers = False
        self._began = 0.0
        self._processor = 0.0
        self._waits = 0

    def start(self) -> None:
        """The script is loaded."""
        self.look()
        if self._handlers:
            self.mode, self.reason = BESIDE, _SIGNALS

    def begin(self) -> None:
        """A batch begins."""
        self._waits = _waits()
        self._processor = time.thread_time()
        self._began = time.monotonic()

    def end(self) -> bool:
        """It ended; True when the mode changes."""
        seconds = min(time.monotonic() - self._began, _MOST_SECONDS)
        processor = min(time.thread_time() - self._processor, _MOST_SECONDS)
        # A thread that never waited for anything took longer only because the machine is busy with others.
        counted = processor if _waits() == self._waits else seconds
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

    def _choose(self) -> bool:
        limit = SHORT_SECONDS if self.mode == BESIDE else LONG_SECONDS
        mode = BESIDE if self._handlers or self._mean > limit else INLINE
        changed = mode != self.mode
        self.mode = mode
        if changed or self._batches == 1:
            mean = f"a call takes {self._mean * 1000:.1f} ms on average"
            self.reason = _SIGNALS if self._handlers else mean
        return changed or self._batches == 1


def _waits() -> int:
    """How often this thread waited for something; always another number where that is not known."""
    if _THREAD is None:
        return time.perf_counter_ns()
    return resource.getrusage(_THREAD).ru_nvcsw


def _handles_signals() -> bool:
    """Whether a script's handler may run, and raise, wherever the main thread is: then not in the loop."""
    names = ("SIGALRM", "SIGVTALRM", "SIGPROF", "SIGUSR1", "SIGUSR2")
    numbers = (getattr(signal, name, None) for name in names)
    return any(number is not None and callable(signal.getsignal(number)) for number in numbers)
