"""What is counted: every metric with its form, and the worker's cheap way to count.

Numbers are kept in runDir/metrics/<replica>.cells; 0 is the supervisor's. See cells.py.
"""

from __future__ import annotations

import os
import time
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path

from .cells import Cells

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
COUNTS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0)
SEPARATOR = "\x1f"
SUPERVISOR = 0
RECORDER = 1_000_000  # the process that writes the inference log; above any worker's number


@dataclass(frozen=True)
class Metric:
    """Form of a metric. A histogram's numbers: one count per bucket, one above all of them, the sum."""

    kind: str  # counter, gauge, histogram; text: one per worker, not summed
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def count(self) -> int:
        """How many numbers one series has."""
        return len(self.buckets) + 2 if self.kind == "histogram" else 1


METRICS: dict[str, Metric] = {
    "requests": Metric("counter", "Requests answered.", ("verb", "protocol", "status")),
    "request_seconds": Metric("histogram", "From the whole request to its reply.", ("verb",), SECONDS),
    "model_seconds": Metric("histogram", "Each call of the user's code, for a batch once.", (), SECONDS),
    "overhead_seconds": Metric(
        "histogram", "Time of a request that was not its call: waiting, HTTP, JSON.", (), SECONDS
    ),
    "transform_seconds": Metric(
        "histogram", "A transformer's preprocess or postprocess, for each request.", ("method",), SECONDS
    ),
    "batch_rows": Metric("histogram", "Rows of each call of the user's code.", (), COUNTS),
    "batch_requests": Metric("histogram", "Requests of each call of the user's code.", (), COUNTS),
    "requests_in_flight": Metric("gauge", "Requests that are not answered yet."),
    "queue_length": Metric("gauge", "Requests that wait for the user's code."),
    "busy_since": Metric("gauge", "When the running call of the user's code began (monotonic), or 0."),
    "dropped": Metric("counter", "Calls not begun because the client was gone."),
    "rejected": Metric("counter", "Requests refused to protect the server.", ("reason",)),
    "streamed_items": Metric("counter", "Items of streamed replies."),
    "worker_cpu_seconds": Metric("counter", "Processor time of the workers."),
    "worker_pid": Metric("gauge", "Process id of the worker."),
    "worker_restarts": Metric("counter", "Workers that replaced one that died."),
    "reloads": Metric("counter", "Changes of the script or the model that were loaded.", ("result",)),
    "scalings": Metric("counter", "Changes of the number of workers.", ("direction",)),
    "workers": Metric("gauge", "Workers by state.", ("state",)),
    "inference_log_records": Metric("counter", "Predictions of which a record was made."),
    "inference_log_sent": Metric("counter", "Records that a sink has.", ("sink",)),
    "inference_log_dropped": Metric(
        "counter", "Records that were lost, by sink ('all': before any) and reason.", ("sink", "reason")
    ),
    "inference_log_waiting": Metric("gauge", "Records that wait for a sink.", ("sink",)),
    "inference_log_waiting_bytes": Metric("gauge", "Their bytes.", ("sink",)),
    "inference_log_known": Metric(
        "counter", "Records of a worker that arrived or are known as lost.", ("replica",)
    ),
    "mode": Metric("text", "Where the user's code runs: inline or beside the event loop."),
    "batching": Metric("text", "Whether waiting requests are joined, and why."),
}


def metrics_folder(run_dir: Path) -> Path:
    """Where the files are."""
    return run_dir / "metrics"


def key_of(name: str, *labels: str) -> str:
    """The key of one series in the files."""
    return SEPARATOR.join((name, *labels))


class Meter:
    """Writes the series of one file. A full file loses what is new, never what is there."""

    def __init__(self, run_dir: Path, replica: int) -> None:
        folder = metrics_folder(run_dir)
        folder.mkdir(parents=True, exist_ok=True)
        self._cells = Cells(folder / f"{replica}.cells", create=True)
        self._doubles = self.doubles = self._cells.doubles
        # Where series that found no room are counted; its name is no metric, so nobody sees it.
        self._nowhere = self._cells.place("nowhere", 32) or 0

    def series(self, name: str, *labels: str) -> int:
        """Place of a series."""
        place = self._cells.place(key_of(name, *labels), METRICS[name].count)
        return self._nowhere if place is None else place

    def add(self, name: str, *labels: str, amount: float = 1.0) -> None:
        """Count."""
        self._doubles[self.series(name, *labels)] += amount

    def set(self, name: str, *labels: str, value: float) -> None:
        """A gauge's value."""
        self._doubles[self.series(name, *labels)] = value

    def text(self, name: str, value: str, reason: str) -> None:
        """A text metric's value with the reason for it."""
        self._cells.set_text(name, value + SEPARATOR + reason)

    def close(self) -> None:
        """Unmap."""
        self._cells.close()


class WorkerMetrics(Meter):
    """What a worker counts: the batch calls on the main thread, all others on the event loop's."""

    def __init__(self, run_dir: Path, replica: int) -> None:
        super().__init__(run_dir, replica)
        self._flying = 0
        self._places: dict[tuple[str, str, int], tuple[int, int]] = {}  # of a request's count and times
        self._in_flight = self.series("requests_in_flight")
        self._queued = self.series("queue_length")
        self._busy_since = self.series("busy_since")
        for gauge in (self._in_flight, self._queued, self._busy_since):
            self._doubles[gauge] = 0.0
        self._model = self.series("model_seconds")
        self._overhead = self.series("overhead_seconds")
        self._rows = self.series("batch_rows")
        self._joined = self.series("batch_requests")
        self._cpu = self.series("worker_cpu_seconds")
        self._cpu_before = self._doubles[self._cpu]
        self.set("worker_pid", value=os.getpid())

    def begin(self, verb: str) -> None:  # noqa: ARG002
        """A request of the verb is whole and will be answered."""
        self._flying += 1
        self._doubles[self._in_flight] = self._flying

    def done(
        self, verb: str, status: int, seconds: float, protocol: str = "v1", model_seconds: float = -1.0
    ) -> None:
        """It was answered; `model_seconds` is the time of the call that it was part of, below 0: none was."""
        doubles = self._doubles
        self._flying -= 1
        doubles[self._in_flight] = self._flying
        places = self._places.get((verb, protocol, status))
        if places is None:
            places = self._new_places(verb, protocol, status)
        count, times = places
        doubles[count] += 1.0
        doubles[times + bisect_left(SECONDS, seconds)] += 1.0
        doubles[times + _SECONDS_SUM] += seconds
        if model_seconds >= 0.0:
            rest = seconds - model_seconds
            if rest > 0.0:
                doubles[self._overhead + bisect_left(SECONDS, rest)] += 1.0
                doubles[self._overhead + _SECONDS_SUM] += rest
            else:
                doubles[self._overhead] += 1.0

    def _new_places(self, verb: str, protocol: str, status: int) -> tuple[int, int]:
        places = self.series("requests", verb, protocol, str(status)), self.series("request_seconds", verb)
        self._places[verb, protocol, status] = places
        return places

    def gone(self) -> None:
        """The client of a request that was begun went away before the reply."""
        self._flying -= 1
        self._doubles[self._in_flight] = self._flying
        self.add("dropped")

    def rejected(self, reason: str) -> None:
        """A request was refused: 'queue', 'time', 'token'…"""
        self.add("rejected", reason)

    def streamed(self, items: int) -> None:
        """Items of a streamed reply were sent."""
        self.add("streamed_items", amount=items)

    def queued(self, count: int) -> None:
        """How many requests wait for the user's code."""
        self._doubles[self._queued] = count

    def batch_begins(self, now: float | None = None) -> None:
        """The user's code is called; `now` is time.monotonic()."""
        self._doubles[self._busy_since] = time.monotonic() if now is None else now

    def batch(self, requests: int, rows: int, model_seconds: float) -> None:
        """The user's code was called once for so many requests with so many rows in all."""
        doubles = self._doubles
        doubles[self._busy_since] = 0.0
        doubles[self._model + bisect_left(SECONDS, model_seconds)] += 1.0
        doubles[self._model + _SECONDS_SUM] += model_seconds
        doubles[self._rows + bisect_left(COUNTS, rows)] += 1.0
        doubles[self._rows + _COUNTS_SUM] += rows
        doubles[self._joined + bisect_left(COUNTS, requests)] += 1.0
        doubles[self._joined + _COUNTS_SUM] += requests

    def transform(self, method: str, seconds: float) -> None:
        """A transformer's preprocess or postprocess ran; on the main thread."""
        place = self.series("transform_seconds", method)
        self._doubles[place + bisect_left(SECONDS, seconds)] += 1.0
        self._doubles[place + _SECONDS_SUM] += seconds

    def mode(self, mode: str, reason: str) -> None:
        """'inline' or 'beside'."""
        self.text("mode", mode, reason)

    def batching(self, on: bool, reason: str) -> None:
        """Whether waiting requests are joined."""
        self.text("batching", "on" if on else "off", reason)

    def tick(self, waiting: int) -> None:
        """To be called every few seconds: what is only known inside of the process."""
        self.queued(waiting)
        self._doubles[self._cpu] = self._cpu_before + time.process_time()


_SECONDS_SUM = METRICS["model_seconds"].count - 1
_COUNTS_SUM = METRICS["batch_rows"].count - 1
