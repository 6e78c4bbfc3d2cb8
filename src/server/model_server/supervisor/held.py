"""Checks of readiness that wait: a gateway hears at once that the serving is ready, and asks seldom."""

from __future__ import annotations

import asyncio
from typing import Callable
from urllib.parse import parse_qs

_MOST_SECONDS = 5.0
_MOST = 100  # connections


def asked_wait(target: str) -> float:
    """Seconds that `?wait=` of a target asks for, 5 at the most; 0 without it or when it is no number."""
    _, _, query = target.partition("?")
    try:
        seconds = float(parse_qs(query).get("wait", ["0"])[-1])
    except ValueError:
        return 0.0
    return min(seconds, _MOST_SECONDS) if seconds > 0 else 0.0


class HeldChecks:
    """Answers that wait until something has changed, or their time is over."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._answers: dict[asyncio.TimerHandle, Callable[[], None]] = {}

    def hold(self, seconds: float, answer: Callable[[], None]) -> Callable[[], None] | None:
        """Call `answer` once, now or later; returns what to call when nobody wants it any more."""
        if seconds <= 0 or len(self._answers) >= _MOST:
            answer()
            return None
        timer: asyncio.TimerHandle = self._loop.call_later(seconds, lambda: self._answer(timer))
        self._answers[timer] = answer
        return lambda: self._drop(timer)

    def changed(self) -> None:
        """Answer all of them now."""
        for timer in list(self._answers):
            timer.cancel()
            self._answer(timer)

    def _answer(self, timer: asyncio.TimerHandle) -> None:
        answer = self._answers.pop(timer, None)
        if answer is not None:
            answer()

    def _drop(self, timer: asyncio.TimerHandle) -> None:
        timer.cancel()
        self._answers.pop(timer, None)
