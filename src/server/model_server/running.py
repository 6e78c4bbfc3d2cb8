"""Who does what in a worker: the user's code on the main thread, the event loop there too or beside it.

Two modes. *Inline*: the main thread runs the loop while it waits; calls that arrive stop the loop after its
turn, so that all requests whose bytes were there run together, and the replies go out without another thread.
Fastest for short calls. *Beside*: the helper thread keeps the loop and the main thread only runs calls; for
long ones, and for those that let other threads run. What was measured of the calls decides.

In inline mode a call that takes long is noticed by the helper, which runs the loop until the call ends:
health, metrics and other requests are always answered.
"""

from __future__ import annotations

import asyncio
import queue
import signal
import threading
import time
import traceback
from collections import deque
from typing import Callable

from .batching import Batching, Item
from .calls import Call, Step
from .capture import CURRENT_REQUEST
from .executing import Execution
from .measures import Measures
from .scoreboard import Scoreboard

INLINE, BESIDE = "inline", "beside"
LONG_SECONDS = 0.004  # mean time of a batch above which the loop runs beside it
SHORT_SECONDS = 0.002  # and below which it comes back
_PATIENCE_SECONDS = 0.02  # for one batch in inline mode, until the helper runs the loop
_IDLE_POLLS = 50
_HANDLERS_EVERY = 64  # batches
_WEIGHT = 0.1  # of the last batch in the mean
_MOST_SECONDS = 0.1  # that one batch counts in the mean: a single long call is soon forgotten


class Runner:
    """Calls and steps in the order in which they came. `put`, `close`, `on_loop`: safe from every thread."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        execution: Execution,
        batching: Batching,
        scoreboard: Scoreboard,
        metrics: Measures,
        after_batch: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._execution = execution
        self._batching = batching
        self._scoreboard = scoreboard
        self._metrics = metrics
        self._after_batch = after_batch
        self._waiting: deque[Item] = deque()
        self._closed = False
        self._main = threading.main_thread().ident
        self._mode = INLINE
        self._batches = 0
        self._has_handlers = False
        self._mean = 0.0
        self._lock = threading.Lock()  # of the two fields that follow
        self._helper_has_loop = False
        self._wanted_back = False
        self._began = 0.0  # when the batch that runs began; 0: none runs
        self._returned: queue.SimpleQueue[None] = queue.SimpleQueue()  # the helper gave the loop back
        self._main_sleeps = False
        self._tokens: queue.SimpleQueue[None] = queue.SimpleQueue()  # wake the main thread in beside mode
        self._helper_sleeps = True
        self._helper_wake = threading.Event()

    @property
    def waiting(self) -> int:
        """How many calls and steps wait."""
        return len(self._waiting)

    @property
    def mode(self) -> str:
        """INLINE or BESIDE."""
        return self._mode

    def put(self, item: Item) -> None:
        """Run it when those before have run."""
        self._waiting.append(item)
        self._wake()

    def close(self) -> None:
        """`run` returns after what is waiting."""
        self._closed = True
        self._wake()

    def on_loop(self, function: Callable[[], None]) -> None:
        """Run a function on the event loop's thread soon."""
        self._loop.call_soon_threadsafe(function)

    def _wake(self) -> None:
        if self._main_sleeps:
            self._tokens.put(None)
        elif threading.get_ident() == self._main:
            if not self._helper_has_loop:
                self._loop.stop()  # after this turn
        elif not self._helper_has_loop:
            self._loop.call_soon_threadsafe(self._stop_if_main)

    def _stop_if_main(self) -> None:
        if threading.get_ident() == self._main:
            self._loop.stop()

    def run(self) -> None:
        """Run calls and the loop until `close`. The main thread's."""
        threading.Thread(target=self._help, name="model-server-loop", daemon=True).start()
        self._metrics.mode(INLINE, "no call was measured yet")
        while True:
            try:
                if self._turn():
                    return
            except BaseException:  # a script's signal handler raised between two calls
                traceback.print_exc()

    def _turn(self) -> bool:
        """One turn of the loop, or sleep while the helper has it, then what waits; True at the end."""
        if self._mode == BESIDE:
            self._sleep()
        else:
            if self._waiting or self._closed:
                self._loop.stop()  # read what came meanwhile, but do not wait
            self._loop.run_forever()
        if self._waiting:
            self._run_batch(self._batching.gather(self._waiting))
        elif self._closed:
            if self._mode == BESIDE:
                self._take_back()
            return True
        return False

    def _sleep(self) -> None:
        self._main_sleeps = True
        try:
            if not self._waiting and not self._closed:
                self._tokens.get()
        finally:
            self._main_sleeps = False

    def _run_batch(self, items: list[Item]) -> None:
        calls = [item for item in items if not item.dropped]
        if not calls:
            return
        began = time.monotonic()
        self._began = began
        if self._helper_sleeps:
            self._helper_wake.set()
        more = len(calls) - 1
        self._scoreboard.begin(calls[0].request + (f" and {more} joined with it" if more else ""), len(calls))
        token = CURRENT_REQUEST.set(calls[0].request)
        try:
            self._execute(calls)
        finally:
            self._after_batch()
            CURRENT_REQUEST.reset(token)
            self._scoreboard.end()
            with self._lock:
                self._began = 0.0  # from here on the helper does not take the loop
                mine = not self._helper_has_loop
        if mine:
            self._deliver(calls)
        else:
            self._loop.call_soon_threadsafe(self._deliver, calls)
        self._choose_mode(time.monotonic() - began)

    def _execute(self, items: list[Item]) -> None:
        first = items[0]
        if isinstance(first, Step):
            first.run()
        else:
            self._execution.run([item for item in items if isinstance(item, Call)])

    def _deliver(self, items: list[Item]) -> None:
        """Hand the replies out; by the thread that has the loop."""
        for item in items:
            if isinstance(item, Call) and item.reply is not None:
                try:
                    item.respond(item.reply)
                except Exception:
                    traceback.print_exc()
        self._metrics.queued(len(self._waiting))

    # Modes

    def _choose_mode(self, seconds: float) -> None:
        self._mean += (min(seconds, _MOST_SECONDS) - self._mean) * _WEIGHT
        if self._batches % _HANDLERS_EVERY == 0:
            self._has_handlers = _handles_signals()
        self._batches += 1
        limit = SHORT_SECONDS if self._mode == BESIDE else LONG_SECONDS
        mode = BESIDE if self._mean > limit or self._has_handlers else INLINE
        if mode != self._mode:
            self._mode = mode
            reason = f"a call takes {self._mean * 1000:.1f} ms on average"
            self._metrics.mode(mode, "the script handles signals" if self._has_handlers else reason)
        if mode == BESIDE:
            self._give()
        elif self._helper_has_loop:
            self._take_back()

    def _give(self) -> None:
        """Let the helper have the loop."""
        with self._lock:
            if self._helper_has_loop:
                return
            self._helper_has_loop = True
        self._helper_wake.set()

    def _take_back(self) -> None:
        """Get the loop back from the helper."""
        self._loop.call_soon_threadsafe(self._hand_back)
        self._returned.get()

    def _hand_back(self) -> None:
        self._wanted_back = True
        self._loop.stop()

    def _help(self) -> None:
        """The helper's life: watch batches, and run the loop when they take long or when it is told to."""
        polls = 0
        while True:
            if polls > _IDLE_POLLS:
                self._helper_sleeps = True
                if self._began == 0.0:  # else the main thread has not seen that it must wake us
                    self._helper_wake.wait()
                self._helper_sleeps, polls = False, 0
            self._helper_wake.clear()
            began = self._began
            polls = polls + 1 if began == 0.0 else 0
            if not self._helper_has_loop:
                if began == 0.0 or time.monotonic() - began < _PATIENCE_SECONDS:
                    self._helper_wake.wait(_PATIENCE_SECONDS)
                    continue
                with self._lock:
                    if self._began != began:
                        continue
                    self._helper_has_loop = True
            self._run_loop()

    def _run_loop(self) -> None:
        while not self._wanted_back:
            try:
                self._loop.run_forever()
            except BaseException:
                traceback.print_exc()
        with self._lock:
            self._wanted_back = self._helper_has_loop = False
        self._returned.put(None)


def _handles_signals() -> bool:
    """Whether a script's handler may run, and raise, wherever the main thread is: then not in the loop."""
    numbers = (
        getattr(signal, name, None) for name in ("SIGALRM", "SIGVTALRM", "SIGPROF", "SIGUSR1", "SIGUSR2")
    )
    return any(number is not None and callable(signal.getsignal(number)) for number in numbers)
