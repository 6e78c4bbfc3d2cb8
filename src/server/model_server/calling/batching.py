"""Joining requests that wait at the same time: which verbs may, and what runs together."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Callable, Union

from .calls import Call, Step

Item = Union[Call, Step]
UNCHECKED = "it is not known yet whether rows are answered one by one"


@dataclass
class Switch:
    """Whether calls of one verb are joined, and why (not).

    `kinds` are the kinds of rows that the check has seen (see joining.form_of). `room` is how many rows a
    batch may have: it shrinks when rows fail, because the failing ones have to be found, and grows again.
    """

    on: bool = False
    reason: str = UNCHECKED
    remedy: str | None = None
    kinds: set[Any] = field(default_factory=set)
    room: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The state file's form."""
        return {"on": self.on, "reason": self.reason, "remedy": self.remedy}


class Batching:
    """The switches of all verbs. `tell(verb, switch, was_on)`: one changed; on the main thread."""

    def __init__(
        self, max_rows: int, max_bytes: int, tell: Callable[[str, Switch, bool], None] = lambda *_: None
    ) -> None:
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._tell = tell
        self.switches: dict[str, Switch] = {}

    def turn_on(self, verb: str, reason: str, kinds: set[Any]) -> None:
        """Join calls of a verb whose rows are of one of these kinds."""
        self._turn(verb, Switch(True, reason, None, kinds, float(self._max_rows)))

    def turn_off(self, verb: str, reason: str, remedy: str | None = None) -> None:
        """Run each call of a verb alone."""
        self._turn(verb, Switch(False, reason, remedy))

    def _turn(self, verb: str, switch: Switch) -> None:
        was_on = verb in self.switches and self.switches[verb].on
        self.switches[verb] = switch
        self._tell(verb, switch, was_on)

    def summary(self) -> tuple[bool, str]:
        """Whether any verb's calls are joined, and the reasons."""
        reasons = "; ".join(f"{verb}: {switch.reason}" for verb, switch in self.switches.items())
        return any(switch.on for switch in self.switches.values()), reasons

    def gather(self, waiting: deque[Item], taken: list[Item]) -> None:
        """Move the first item, and all calls behind it that may run with it; the others keep their order.

        What is taken is in the list before it leaves the queue: a signal handler that raises loses nothing.
        """
        first = waiting[0]
        taken.append(first)
        if len(waiting) == 1 or not isinstance(first, Call) or not self.may_join(first):
            waiting.popleft()
            return
        places = self._places(waiting, first, taken)
        if not places or places[-1] == len(places):  # nothing between them stays
            for _ in range(len(places) + 1):
                waiting.popleft()
            return
        for place in reversed(places):
            del waiting[place]
        waiting.popleft()

    def _places(self, waiting: deque[Item], first: Call, taken: list[Item]) -> list[int]:
        """Where in the queue the calls stand that run with the first; they are added to `taken`."""
        most = int(self.switches[first.verb.name].room)
        rows, size = first.rows or 1, first.size
        places: list[int] = []
        for place in range(1, len(waiting)):
            if rows >= most:
                break
            item = waiting[place]
            if not isinstance(item, Call) or item.dropped or item.verb is not first.verb:
                continue
            more = item.rows or 1
            if rows + more <= most and size + item.size <= self._max_bytes and self.may_join(item):
                taken.append(item)
                places.append(place)
                rows += more
                size += item.size
        return places

    def may_join(self, call: Call) -> bool:
        """Whether a call may run with others at all."""
        if not call.joinable or call.decode is not None:
            return False
        switch = self.switches.get(call.verb.name)
        return switch is not None and switch.on and call.size <= self._max_bytes

    def succeeded(self, verb: str, rows: int) -> None:
        """A batch of so many rows was answered."""
        switch = self.switches[verb]
        if switch.room < self._max_rows:
            switch.room = min(float(self._max_rows), max(switch.room, switch.room + rows / 8))

    def failed(self, verb: str, rows: int) -> None:
        """A batch of so many rows raised."""
        switch = self.switches[verb]
        switch.room = max(2.0, rows / 2)
