"""The calls that a worker makes of its metrics (metrics.WorkerMetrics), and metrics that count nothing."""

from __future__ import annotations

from typing import Protocol


class Measures(Protocol):
    """All of it is cheap. `batch_begins` and `batch` on the main thread, the rest on the event loop's."""

    def begin(self, verb: str) -> None:
        """A request for a verb is whole and will be answered."""

    def done(
        self, verb: str, status: int, seconds: float, protocol: str = "v1", model_seconds: float = -1.0
    ) -> None:
        """It was answered; `model_seconds` is the time of the call that it was part of, below 0: none was."""

    def gone(self) -> None:
        """The client of a request that was begun went away before the reply."""

    def rejected(self, reason: str) -> None:
        """A request was refused: 'queue', 'time', 'token'…"""

    def streamed(self, items: int) -> None:
        """Items of a streamed reply were sent."""

    def queued(self, count: int) -> None:
        """How many requests wait for the user's code."""

    def batch_begins(self, now: float | None = None) -> None:
        """The user's code is called; `now` is time.monotonic()."""

    def batch(self, requests: int, rows: int, model_seconds: float) -> None:
        """The user's code was called once for so many requests with so many rows in all."""

    def transform(self, method: str, seconds: float) -> None:
        """A transformer's preprocess or postprocess ran; on the main thread."""

    def mode(self, mode: str, reason: str) -> None:
        """'inline' or 'beside'."""

    def batching(self, on: bool, reason: str) -> None:
        """Whether waiting requests are joined."""
