"""How many workers a serving needs: more while requests wait for busy ones, fewer after a quiet time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from ..config import Scaling
from ..measuring.cells import Cells
from ..measuring.metrics import METRICS, key_of, metrics_folder
from ..processes import cpu_seconds

_ENOUGH_SAMPLES = 0.75
_MANY_WAITING = 8  # of each worker: then the workers are doubled


@dataclass(frozen=True)
class Load:
    """What all ready workers do at one moment: `busy` is the mean share of their time since the last look."""

    waiting: int
    busy: float
    in_flight: int
    by_worker: dict[int, int] = field(default_factory=dict)  # in flight


@dataclass(frozen=True)
class Decision:
    """Workers to add, or below 0 to end, and why."""

    change: int
    reason: str


class Scaler:
    """Decides from one look after another; times are seconds of a monotonic clock."""

    def __init__(self, scaling: Scaling, least: int, most: int) -> None:
        self._scaling = scaling
        self._least = least
        self._most = most
        self._overloaded: deque[tuple[float, bool]] = deque()
        self._quiet_since: float | None = None
        self._began: float | None = None

    def forget(self) -> None:
        """The number of workers changed: what was seen before says nothing about them."""
        self._overloaded.clear()
        self._quiet_since = self._began = None

    def decide(self, now: float, ready: int, load: Load) -> Decision | None:
        """One look at workers that are all ready; None: nothing to change."""
        self._began = now if self._began is None else self._began
        self._look(now, ready, load)
        up = self._scaling.up_seconds
        if ready < self._most and now - self._began >= up:
            share = sum(seen for _, seen in self._overloaded) / len(self._overloaded)
            if share >= _ENOUGH_SAMPLES:
                many = load.waiting >= _MANY_WAITING * ready
                change = min(ready if many else 1, self._most - ready)
                busy = f"the workers were busy {load.busy:.0%} of the time"
                return Decision(change, f"{load.waiting} requests waited for {up:g} s while {busy}")
        down = self._scaling.down_seconds
        if ready > self._least and self._quiet_since is not None and now - self._quiet_since >= down:
            return Decision(-1, f"for {down:g} s fewer workers would have been enough")
        return None

    def _look(self, now: float, ready: int, load: Load) -> None:
        overloaded = load.waiting > 0 and load.busy >= self._scaling.busy
        self._overloaded.append((now, overloaded))
        while self._overloaded[0][0] < now - self._scaling.up_seconds:
            self._overloaded.popleft()
        # What is done now, done by one worker less, would still leave half of the limit; or requests come one
        # after another, so that they would not wait for each other.
        fewer = ready - 1
        easy = fewer > 0 and load.busy * ready / fewer <= self._scaling.busy / 2
        if not easy and not (fewer > 0 and load.in_flight <= max(1, fewer // 2)):
            self._quiet_since = None
        elif self._quiet_since is None:
            self._quiet_since = now


class LoadProbe:
    """Reads from the workers' metrics how much they do."""

    def __init__(self, run_dir: Path) -> None:
        self._folder = metrics_folder(run_dir)
        self._files: dict[int, Cells] = {}
        self._before: dict[tuple[int, int], tuple[float, float, float]] = {}

    def look(self, workers: dict[int, int], now: float) -> Load:
        """The load since the last look; `workers` are the process ids of the ready ones by their number."""
        waiting, shares = 0, []
        flying: dict[int, int] = {}
        seen: dict[tuple[int, int], tuple[float, float, float]] = {}
        for number, pid in workers.items():
            cells = self._cells(number)
            if cells is None:
                continue
            in_flight = int(_value(cells, "requests_in_flight"))
            flying[number] = in_flight
            waiting += max(int(_value(cells, "queue_length")), in_flight - 1, 0)
            since = _value(cells, "busy_since")
            model = _value(cells, "model_seconds", METRICS["model_seconds"].count - 1)
            model += max(now - since, 0.0) if since else 0.0
            cpu = cpu_seconds(pid) or 0.0
            key = (number, pid)
            seen[key] = (now, model, cpu)
            before = self._before.get(key)
            if before is not None and now > before[0]:
                step = now - before[0]
                shares.append(min(max((model - before[1]) / step, (cpu - before[2]) / step, 0.0), 1.0))
        self._before = seen
        busy = sum(shares) / len(shares) if shares else 0.0
        return Load(waiting, busy, sum(flying.values()), flying)

    def _cells(self, number: int) -> Cells | None:
        cells = self._files.get(number)
        if cells is None:
            try:
                cells = self._files[number] = Cells(self._folder / f"{number}.cells", create=False)
            except (OSError, ValueError):
                return None
        return cells


def _value(cells: Cells, name: str, offset: int = 0) -> float:
    place = cells.find(key_of(name))
    return cells.doubles[place + offset] if place is not None else 0.0
