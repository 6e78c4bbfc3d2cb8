"""Which mode calls lead to, by a clock that the test has; a thread that works uses the processor in it."""

from __future__ import annotations

import pytest

from model_server.calling import pace as module
from model_server.calling.pace import BESIDE, INLINE, Pace


class Clock:
    """In the place of `time`; counts how often the processor's time was asked for."""

    def __init__(self) -> None:
        self.now = self.processor = 100.0
        self.asked = 0

    def monotonic(self) -> float:
        return self.now

    def thread_time(self) -> float:
        self.asked += 1
        return self.processor


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    monkeypatch.setattr(module, "_handles_signals", lambda: False)  # pytest-timeout does
    return made


def run(pace: Pace, clock: Clock, seconds: float, times: int = 1, share: float = 1.0) -> None:
    for _ in range(times):
        pace.begin()
        clock.now += seconds
        clock.processor += seconds * share
        pace.end(clock.now)


def test_brief_calls_are_only_timed(clock: Clock) -> None:
    pace = Pace()
    run(pace, clock, 0.001, 200)
    asked = clock.asked
    run(pace, clock, 0.001, 1000)
    assert (pace.mode, clock.asked) == (INLINE, asked)


def test_long_calls_after_brief_ones_are_noticed_soon(clock: Clock) -> None:
    pace = Pace()
    run(pace, clock, 0.001, 500)
    run(pace, clock, 0.05, 3)
    assert pace.mode == BESIDE
    run(pace, clock, 0.0005, 200)
    assert pace.mode == INLINE
    run(pace, clock, 0.05, 3, share=0.0)  # they wait for something
    assert pace.mode == BESIDE


def test_the_first_call_counts_and_gives_the_reason(clock: Clock) -> None:
    pace = Pace()
    pace.begin()
    clock.now += 0.09
    assert pace.end(clock.now)
    assert (pace.mode, pace.reason) == (BESIDE, "a call takes 9.0 ms on average")


def test_a_busy_machine_makes_no_call_long(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace()
    lost = [0.0]
    monkeypatch.setattr(pace, "_lost_seconds", lambda: lost[0])
    run(pace, clock, 0.001, 200)
    for _ in range(300):
        pace.begin()
        clock.now += 0.03
        clock.processor += 0.001
        lost[0] += 0.029
        pace.end(clock.now)
    assert pace.mode == INLINE


def test_all_times_of_calls_that_are_not_brief_are_measured(clock: Clock) -> None:
    pace = Pace()
    run(pace, clock, 0.003, 200)
    asked = clock.asked
    run(pace, clock, 0.003, 10)
    assert (pace.mode, clock.asked - asked) == (INLINE, 20)
