"""What the crew of workers tells the supervisor."""

from __future__ import annotations

from typing import Protocol

from ..failures import Failure
from .replica import Replica


class Owner(Protocol):
    """All of it on the event loop's thread."""

    def fail(self, failure: Failure) -> None:
        """The serving can't go on."""

    def write_state(self) -> None:
        """Something that the state file shows has changed."""

    def worker_loaded(self, replica: Replica) -> None:
        """A worker waits for being told to accept."""

    def worker_ready(self, replica: Replica) -> None:
        """A worker accepts."""

    def candidate_failed(self, replica: Replica, failure: Failure) -> None:
        """A worker with changed code could not be loaded."""

    def no_worker_ready(self) -> None:
        """The last one that was ready has died."""

    def all_gone(self) -> None:
        """No worker is left, and none will come."""
