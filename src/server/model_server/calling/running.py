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
import threading
import time
import traceback
from collections import deque
from typing import Callable

from ..http.selecting import EagerSelector
from ..logs.capture import CHECK, CURRENT_REQUEST
from ..measuring.measures import Measures
from ..measuring.scoreboard import Scoreboard
from .batching import Batching, Item
from .calls import Call, Step
from .executing import Execution
from .pace import BESIDE, Pace
from .regrouping import Regrouping

_PATIENCE_SECONDS = 0.02  # for one batch in inline mode, until the helper runs the loop
_POLL_SECONDS = 0.05  # each time the helper looks, the user's code may have to wait for it
_IDLE_POLLS = 20
_READ_ON_SHARE = 0.05  # of the last batch's time, for which more is read though nothing comes


class Runner:
    """Calls and steps in the order in which they came. `put`, `close`, `on_loop`: safe from every thread."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        selector: EagerSelector,
        execution: Execution,
        batching: Batching,
        scoreboard: Scoreboard,
        metrics: Measures,
        after_batch: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._selector = selector  # the loop's
        self._execution = execution
        self._batching = batching
        self._scoreboard = scoreboard
        self._metrics = metrics
        self._after_batch = after_batch
        self._waiting: deque[Item] = deque()
        self._running: list[Item] = []  # taken from there and not answered yet
        self._closed = False
        self._main = threading.main_thread().ident
        self._pace = Pace()
        self._regrouping = Regrouping()
        self._answered = 0  # calls of the last batch, until the next one is held back for their clients
        self._lock = threading.Lock()  # of the two fields that follow
        self._helper_has_loop = False
        self._wanted_back = False
        self._began = 0.0  # when the batch that runs began; 0: none runs
        self._returned: queue.SimpleQueue[None] = queue.SimpleQueue()  # the helper gave the loop back
        self._main_sleeps = False
        self._tokens: queue.SimpleQueue[None] = queue.SimpleQueue()  # wake the main thread in beside mode
        self._helper: int | None = None
        self._signalled = False  # the main thread is woken after this turn of the loop
        self._helper_sleeps = True
        self._helper_wake = threading.Event()

    @property
    def waiting(self) -> int:
        """How many calls and steps wait."""
        return len(self._waiting)

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
        thread = threading.get_ident()
        if self._main_sleeps:
            if thread != self._helper:
                self._tokens.put(None)
            elif not self._signalled:
                self._signalled = True
                self._loop.call_soon(self._signal)
        elif thread == self._main:
            if not self._helper_has_loop:
                self._loop.stop()  # after this turn
        elif not self._helper_has_loop:
            self._loop.call_soon_threadsafe(self._stop_if_main)

    def _signal(self) -> None:
        """Wake the main thread when all that the loop read in its turn waits, so that it runs together."""
        self._signalled = False
        if self._main_sleeps:
            self._tokens.put(None)

    def _stop_if_main(self) -> None:
        if threading.get_ident() == self._main:
            self._loop.stop()

    def run(self) -> None:
        """Run calls and the loop until `close`. The main thread's."""
        threading.Thread(target=self._help, name="model-server-loop", daemon=True).start()
        self._pace.start()
        self._metrics.mode(self._pace.mode, self._pace.reason)
        if self._pace.mode == BESIDE:
            self._give()
        ended = False
        while not ended:
            try:
                ended = self._run()
            except BaseException:  # noqa: S112  # two alarms at once
                continue

    def _run(self) -> bool:
        error: BaseException | None = None
        while True:
            try:
                if error is not None:
                    traceback.print_exception(type(error), error, error.__traceback__)
                    self._settle(error)
                    error = None
                if self._turn():
                    return True
            except BaseException as caught:  # a script's signal handler raised outside of the script's code
                error = caught

    def _turn(self) -> bool:
        """One turn of the loop, or sleep while the helper has it, then what waits; True at the end."""
        if self._pace.mode == BESIDE:
            self._sleep()
            self._hold_back()
        else:
            if self._waiting or self._closed:
                self._loop.stop()  # read what came meanwhile, but do not wait
            self._loop.run_forever()
            if len(self._waiting) < self._answered:
                self._read_on()
        if self._waiting:
            self._run_batch()
        elif self._closed:
            if self._pace.mode == BESIDE:
                self._take_back()
            return True
        return False

    def _sleep(self) -> None:
        try:
            self._main_sleeps = True
            if not self._waiting and not self._closed:
                self._tokens.get()
        finally:
            self._main_sleeps = False

    def _read_on(self) -> None:
        """Some of the clients that were just answered have asked again: read what the others send meanwhile.

        As long as each turn of the loop brings something, and for a small part of what a call takes. Else
        they would fall into two groups, and each call would have half of the rows.
        """
        answered, self._answered = self._answered, 0
        first = self._waiting[0] if self._waiting else None
        if not isinstance(first, Call) or not self._batching.may_join(first):
            return
        until = time.monotonic() + self._pace.last * _READ_ON_SHARE
        while not self._closed:
            before = len(self._waiting)
            self._loop.stop()
            self._loop.run_forever()
            count = len(self._waiting)
            if count >= answered or (count == before and time.monotonic() >= until):
                return

    def _hold_back(self) -> None:
        """Wait a moment for the clients of the last batch, when others wait already and can be joined."""
        answered, self._answered = self._answered, 0
        first = self._waiting[0] if answered and self._waiting else None
        if not isinstance(first, Call) or not self._batching.may_join(first):
            return
        seconds = self._regrouping.seconds(self._pace.last)
        if not seconds:
            return
        before, until = len(self._waiting), time.monotonic() + seconds
        try:
            self._main_sleeps = True
            while len(self._waiting) < before + answered and not self._closed:
                self._tokens.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            pass
        finally:
            self._main_sleeps = False
        self._regrouping.came(len(self._waiting) > before)

    def _run_batch(self) -> None:
        taken: list[Item] = []
        self._running = taken
        self._batching.gather(self._waiting, taken)
        # One that has a reply was interrupted while it was taken, and is in the queue still.
        self._running = calls = [
            item for item in taken if not item.dropped and (isinstance(item, Step) or item.reply is None)
        ]
        if not calls:
            return
        self._began = self._pace.begin()
        if self._helper_sleeps:
            self._helper_sleeps = False
            self._helper_wake.set()
        more = len(calls) - 1
        self._scoreboard.begin(
            calls[0].request + (f" and {more} joined with it" if more else ""),
            len(calls) if calls[0].request not in {"", CHECK} else 0,
            [item.request for item in calls if item.request[:1] == "g"],
            not more,
        )
        CURRENT_REQUEST.set(calls[0].request)
        self._execute(calls)
        self._settle(None)

    def _settle(self, error: BaseException | None) -> None:
        """Answer what ran, and give the loop to whom it belongs.

        `error` came from a script's signal handler, which may raise between any two lines: whatever was left
        undone then is done here, and may be done twice.
        """
        calls = self._running
        self._answered = len(calls)
        ended = time.monotonic()
        with self._lock:
            self._began = 0.0  # from here on the helper does not take the loop
            mine = not self._helper_has_loop
        if error is not None:
            self._interrupted(calls, error)
        # One client that was answered alone asks again at once; several are read together best.
        self._selector.eager = mine and len(calls) == 1
        if mine:
            self._deliver(calls)  # before the bookkeeping: that has the time in which the next request comes
        self._after_batch()
        CURRENT_REQUEST.set(None)
        self._scoreboard.end()
        changed = self._pace.end(ended)
        if changed:
            self._metrics.mode(self._pace.mode, self._pace.reason)
        if not mine:
            self._loop.call_soon_threadsafe(self._deliver, calls)
        self._follow_mode()

    def _interrupted(self, items: list[Item], error: BaseException) -> None:
        self._pace.look()
        for item in items:
            if isinstance(item, Call) and item.reply is None:
                message = f"{item.verb.name} was interrupted: a signal handler of the script raised"
                item.fail(500, "script-raised", f"{message} {type(error).__name__}: {error}"[:300])

    def _execute(self, items: list[Item]) -> None:
        first = items[0]
        if isinstance(first, Step):
            first.run()
        else:
            self._execution.run([item for item in items if isinstance(item, Call)])

    def _deliver(self, items: list[Item]) -> None:
        """Hand the replies out, each once; by the thread that has the loop."""
        while items:
            item = items.pop(0)
            if isinstance(item, Call) and item.reply is not None:
                try:
                    item.respond(item.reply)
                except Exception:
                    traceback.print_exc()
        self._metrics.queued(len(self._waiting))

    # Modes

    def _follow_mode(self) -> None:
        if self._pace.mode == BESIDE:
            self._give()
        elif self._helper_has_loop:
            self._take_back()

    def _give(self) -> None:
        """Let the helper have the loop."""
        if self._helper_has_loop:
            return
        self._helper_wake.set()
        with self._lock:
            self._helper_has_loop = True
        self._helper_wake.set()

    def _take_back(self) -> None:
        """Get the loop back from the helper."""
        while self._helper_has_loop:
            self._loop.call_soon_threadsafe(self._hand_back)
            self._returned.get()

    def _hand_back(self) -> None:
        if threading.get_ident() == self._helper:
            self._wanted_back = True
            self._loop.stop()

    def _help(self) -> None:
        """The helper's life: watch batches, and run the loop when they take long or when it is told to."""
        self._helper = threading.get_ident()
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
                    self._helper_wake.wait(_POLL_SECONDS)
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
