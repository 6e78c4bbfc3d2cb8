"""What a sink is, and the bounded queue with a thread of its own that stands before each."""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from ..measuring.recording import Problem, RecorderMeter
from .records import Record

_MOST_AT_ONCE = 500
_LOOK_SECONDS = 0.2
_BUSY_LOOK_SECONDS = 0.05


class Tally:
    """Counts what became of the records of one sink, and how many wait. Safe from every thread.

    A record waits from `offered` until it is `sent` or `dropped`, wherever it is meanwhile.
    """

    def __init__(self, sink: str, meter: RecorderMeter, most_records: int, most_bytes: int) -> None:
        self._sink = sink
        self._meter = meter
        self._most_records = most_records
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._state: tuple[str, Problem | None] = ("", None)
        self._open: set[Record] = set()
        self.bytes = 0

    def offered(self, record: Record) -> bool:
        """Whether there is room for it; it is counted either way."""
        with self._lock:
            # One that is larger than all together may be is let through alone: the sink judges it.
            count = len(self._open)
            if count and (count >= self._most_records or self.bytes + record.size > self._most_bytes):
                self._meter.add("inference_log_dropped", self._sink, "full")
                return False
            self._open.add(record)
            self.bytes += record.size
            return True

    def sent(self, records: Sequence[Record]) -> None:
        """The other side has them."""
        self._count(records, "inference_log_sent")

    def dropped(self, reason: str, records: Sequence[Record]) -> None:
        """They are lost."""
        self._count(records, "inference_log_dropped", reason)

    def _count(self, records: Sequence[Record], metric: str, *reason: str) -> None:
        """Only what comes first of a record counts."""
        with self._lock:
            over = [record for record in records if record in self._open]
            if over:
                self._open.difference_update(over)
                self.bytes -= sum(record.size for record in over)
                self._meter.add(metric, self._sink, *reason, amount=len(over))

    def drop_rest(self, reason: str) -> None:
        """Whatever still waits is lost."""
        self.dropped(reason, list(self._open))

    @property
    def records(self) -> int:
        """How many wait."""
        return len(self._open)

    def show(self) -> None:
        """Write how many wait."""
        with self._lock:
            self._meter.set("inference_log_waiting", self._sink, value=self.records)
            self._meter.set("inference_log_waiting_bytes", self._sink, value=self.bytes)

    def state(self, state: str, problem: Problem | None = None) -> None:
        """'sending', 'waiting' (the other side can't have them now), 'failed' (it never will) or 'ended'."""
        with self._lock:
            if self._state != (state, problem):
                self._state = state, problem
                self._meter.state(self._sink, state, problem)


class Sink(Protocol):
    """Where records go. All of it is called by one thread, and may block."""

    def ready(self) -> bool:
        """Whether it takes records now; also called when there are none, some times a second."""

    def write(self, records: Sequence[Record]) -> None:
        """Take them: each is told to the tally as sent or dropped once, now or later."""

    def close(self, seconds: float) -> None:
        """Within this time: what was taken is sent, or dropped as 'stopped'."""


class Feeder:
    """The queue of one sink and its thread. `offer` never blocks."""

    def __init__(self, name: str, sink: Sink, tally: Tally, wait_seconds: float) -> None:
        self._sink = sink
        self.tally = tally
        self._wait_seconds = wait_seconds
        self._queue: deque[Record] = deque()
        self._wake = threading.Event()
        self._end: float | None = None  # time.monotonic(): nothing more comes, and all must be over by then
        self._thread = threading.Thread(target=self._run, name=f"model-server-{name}", daemon=True)
        self._thread.start()

    def offer(self, record: Record) -> None:
        """Queue it, or drop it as 'full'."""
        if self.tally.offered(record):
            self._queue.append(record)
            if not self._wake.is_set():
                self._wake.set()

    def end(self, seconds: float) -> None:
        """Let the sink have what waits; what it has not got then is dropped as 'stopped'."""
        self._end = time.monotonic() + seconds
        self._wake.set()

    def join(self, seconds: float) -> None:
        """Wait until that is over."""
        self._thread.join(seconds)
        self.tally.show()

    def _run(self) -> None:
        end = None
        while end is None:
            # Many at once cost less than each by itself.
            self._wake.wait(_BUSY_LOOK_SECONDS if self.tally.records else _LOOK_SECONDS)
            time.sleep(_BUSY_LOOK_SECONDS)
            self._wake.clear()
            self._feed()
            end = self._end
        while self._queue and time.monotonic() < end:
            self._feed()
            if self._queue:
                time.sleep(_BUSY_LOOK_SECONDS)
        try:
            self._sink.close(max(0.0, end - time.monotonic()))
        finally:
            self.tally.drop_rest("stopped")
            self.tally.state("ended")
        self.tally.show()

    def _feed(self) -> None:
        some: list[Record] = []
        try:
            while self._sink.ready() and self._queue:
                some = self._take(_MOST_AT_ONCE)
                self._sink.write(some)
                if self._end is not None and time.monotonic() > self._end:
                    break
        except Exception as error:  # a mistake of ours must not end the thread: nobody would see why
            self.tally.dropped("internal", some)
            message = f"The inference log has an error of its own: {error!r}"
            self.tally.state(
                "waiting", Problem("internal", message, "Please report it, with the server's log")
            )
            traceback.print_exc()
            time.sleep(1)
        self._drop_old()
        self.tally.show()

    def _take(self, most: int) -> list[Record]:
        return [self._queue.popleft() for _ in range(min(most, len(self._queue)))]

    def _drop_old(self) -> None:
        oldest = time.time() - self._wait_seconds
        old = []
        while self._queue and self._queue[0].frame.received + self._queue[0].frame.seconds < oldest:
            old.append(self._queue.popleft())
        if old:
            self.tally.dropped("timeout", old)
