"""`/ready?wait=SECONDS`: a gateway hears of a start's end at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Reply, Serving, wait_until

SLOW = """
import os, time
while not os.path.exists({gate!r}):
    time.sleep(0.01)
class Predict:
    def predict(self, inputs):
        return inputs
"""


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    return tmp_path / "go on"


@pytest.fixture
def loading(make_serving: Any, gate: Path) -> Iterator[Serving]:
    """A serving whose script loads until the gate is there."""
    serving = make_serving(SLOW.format(gate=str(gate))).start()
    serving.wait(lambda state: state["port"] and state["stages"][-1]["name"] == "import")
    yield serving
    gate.touch()


class Waiting:
    """A request that is under way."""

    def __init__(self, serving: Serving, path: str) -> None:
        self.reply: Reply | None = None
        self.at = 0.0
        self._thread = threading.Thread(target=self._ask, args=(serving, path))
        self._thread.start()

    def _ask(self, serving: Serving, path: str) -> None:
        self.reply = serving.get(path)
        self.at = time.monotonic()

    def end(self) -> Reply:
        self._thread.join(20)
        assert self.reply is not None
        return self.reply


@pytest.mark.parametrize("path", ["/ready?wait=5", "/v2/health/ready?wait=5"])
def test_the_answer_comes_when_it_is_ready(loading: Serving, gate: Path, path: str) -> None:
    checks = [Waiting(loading, path) for _ in range(3)]
    time.sleep(0.3)
    assert all(check.reply is None for check in checks)
    gate.touch()
    loading.ready()
    for check in checks:
        reply = check.end()
        assert (reply.status, reply.json()["ready"]) == (200, True)
    assert loading.predict(3) == 3


def test_the_answer_comes_when_the_time_is_over(loading: Serving) -> None:
    began = time.monotonic()
    reply = loading.get("/ready?wait=0.4")
    assert (reply.status, reply.json()["kind"]) == (503, "not-ready")
    assert 0.35 < time.monotonic() - began < 3


def test_the_answer_comes_when_it_is_stopped(loading: Serving, gate: Path) -> None:
    check = Waiting(loading, "/ready?wait=5")
    time.sleep(0.2)
    began = time.monotonic()
    loading.stop_soon()
    reply = check.end()
    assert (reply.status, reply.json()["kind"]) == (503, "stopping")
    assert check.at - began < 3
    gate.touch()


@pytest.mark.parametrize(
    "query", ["", "?wait=", "?wait=0", "?wait=-1", "?wait=nan", "?wait=x", "?other=5", "?wait=%zz"]
)
def test_nothing_waits_unasked(loading: Serving, query: str) -> None:
    began = time.monotonic()
    assert loading.get(f"/ready{query}").status == 503
    assert time.monotonic() - began < 2


def test_it_waits_no_longer_than_five_seconds_and_for_none_but_readiness(loading: Serving) -> None:
    assert loading.get("/v1/models/iris?wait=5").status in {404, 503}
    began = time.monotonic()
    assert loading.get("/ready?wait=inf").status == 503
    assert 4 < time.monotonic() - began < 10


def test_a_client_that_goes_meanwhile_is_forgotten(loading: Serving, gate: Path) -> None:
    client = loading.connect()
    client.sendall(b"GET /ready?wait=5 HTTP/1.1\r\nhost: x\r\n\r\n")
    time.sleep(0.2)
    client.close()
    gate.touch()
    loading.ready()
    wait_until(lambda: loading.get("/ready?wait=5").status == 200)
    assert loading.predict(1) == 1
    assert "Traceback" not in loading.log_text()
