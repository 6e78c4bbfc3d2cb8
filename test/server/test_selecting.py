"""The selector of a worker's loop: awake for a moment where a client asks again at once, else asleep."""

from __future__ import annotations

import asyncio
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from model_server.http.listener import new_loop
from model_server.http.selecting import EagerSelector


class Watched(NamedTuple):
    """A selector that watches one end of a pair, the other end, and with what it asked the system."""

    selector: EagerSelector
    far: socket.socket
    asked: list[float | None]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    asked: list[float | None] = []
    ask = selectors.DefaultSelector.select

    def select(self: selectors.DefaultSelector, timeout: float | None = None) -> object:
        asked.append(timeout)
        return ask(self, timeout)

    monkeypatch.setattr(selectors.DefaultSelector, "select", select)
    near, far = socket.socketpair()
    selector = EagerSelector()
    selector.register(near, selectors.EVENT_READ)
    with near, far:
        yield Watched(selector, far, asked)
    selector.close()


def send_later(far: socket.socket, seconds: float) -> threading.Timer:
    timer = threading.Timer(seconds, far.send, [b"x"])
    timer.start()
    return timer


def test_sleeps_when_nobody_is_about_to_ask(watched: Watched) -> None:
    selector, far, asked = watched
    timer = send_later(far, 0.05)
    assert len(selector.select(5)) == 1
    timer.join()
    assert asked == [5]


def test_looks_again_and_again_where_that_pays(watched: Watched) -> None:
    selector, far, asked = watched
    selector.eager = True
    far.send(b"x")
    assert selector.select(5)
    assert asked == [5], "nothing is known yet of how soon it comes"
    assert selector.select(5)
    assert asked == [5, 0], "it came at once: found without sleeping"


def test_sleeps_again_after_one_moment_in_vain(watched: Watched) -> None:
    selector, far, asked = watched
    selector.eager = True
    far.send(b"x")
    selector.select(5)
    drained = next(iter(selector.get_map().values())).fileobj
    assert isinstance(drained, socket.socket)
    drained.recv(10)
    timer = send_later(far, 0.05)
    began = time.process_time()
    assert selector.select(5)
    timer.join()
    assert time.process_time() - began < 0.04, "it slept for the rest"
    assert asked.count(5) == 2
    del asked[:]
    drained.recv(10)
    timer = send_later(far, 0.05)
    assert selector.select(5)
    timer.join()
    assert asked == [5], "that did not pay: no further moment"


@pytest.mark.parametrize("timeout", [0, 0.00005])
def test_short_waits_are_left_alone(watched: Watched, timeout: float) -> None:
    selector, _, asked = watched
    selector.eager = selector._pays = True
    assert selector.select(timeout) == []
    assert asked == [timeout]


def test_a_loop_keeps_its_timers() -> None:
    selector = EagerSelector()
    selector.eager = selector._pays = True
    loop = new_loop(selector)
    try:
        began = time.monotonic()
        loop.run_until_complete(asyncio.wait_for(asyncio.sleep(0.02), 5))
        assert 0.015 < time.monotonic() - began < 1
    finally:
        loop.close()
