"""Workers by load: the rules alone, and servings that grow and shrink without losing a request."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from typing import Any

import pytest

from conftest import Serving, wait_until
from model_server.config import Scaling
from model_server.supervisor.balancing import Balancer
from model_server.supervisor.scaling import Decision, Load, Scaler

RULES = Scaling(up_seconds=1.0, down_seconds=10.0, busy=0.6)


def drive(
    scaler: Scaler, ready: int, load: Load, seconds: float, start: float = 0.0
) -> tuple[float, Decision | None]:
    """Looks every quarter of a second; the time and the decision of the first one."""
    now = start
    while now < start + seconds:
        decision = scaler.decide(now, ready, load)
        if decision is not None:
            return now - start, decision
        now += 0.25
    return now - start, None


def test_up_when_requests_wait_for_busy_workers() -> None:
    at, decision = drive(Scaler(RULES, 1, 4), 1, Load(3, 1.0, 7), 5)
    assert decision is not None
    assert (at, decision.change) == (1.0, 1)
    assert decision.reason == "3 requests waited for 1 s while the workers were busy 100% of the time"


def test_doubled_when_many_wait_but_not_above_the_maximum() -> None:
    assert drive(Scaler(RULES, 1, 8), 3, Load(100, 1.0, 104), 5)[1].change == 3
    assert drive(Scaler(RULES, 1, 4), 3, Load(100, 1.0, 104), 5)[1].change == 1
    assert drive(Scaler(RULES, 1, 3), 3, Load(100, 1.0, 104), 5)[1] is None


@pytest.mark.parametrize("load", [Load(0, 1.0, 4), Load(5, 0.2, 9)])
def test_not_up_when_nothing_waits_or_nobody_is_busy(load: Load) -> None:
    assert drive(Scaler(RULES, 1, 4), 1, load, 30)[1] is None


def test_a_burst_is_not_enough() -> None:
    scaler = Scaler(RULES, 1, 4)
    for step in range(100):
        assert scaler.decide(step * 0.25, 1, Load(5, 1.0, 9) if step % 2 else Load(0, 0.1, 0)) is None


def test_down_after_a_quiet_time_by_one() -> None:
    at, decision = drive(Scaler(RULES, 1, 4), 3, Load(0, 0.05, 0), 20)
    assert (at, decision.change) == (10.0, -1)
    assert drive(Scaler(RULES, 3, 4), 3, Load(0, 0.0, 0), 60)[1] is None


def test_not_down_when_one_less_would_be_busy_again() -> None:
    assert drive(Scaler(RULES, 1, 4), 2, Load(0, 0.25, 4), 60)[1] is None
    assert drive(Scaler(RULES, 1, 4), 4, Load(0, 0.2, 4), 60)[1].change == -1


def test_down_when_requests_come_one_after_another() -> None:
    assert drive(Scaler(RULES, 1, 4), 2, Load(0, 0.5, 1), 60)[1].change == -1
    assert drive(Scaler(RULES, 1, 4), 2, Load(0, 0.5, 2), 60)[1] is None


def test_a_busy_moment_begins_the_quiet_time_anew() -> None:
    scaler = Scaler(RULES, 1, 4)
    for step in range(200):
        assert (
            scaler.decide(step * 0.25, 2, Load(0, 0.5 if step % 20 == 0 else 0.0, 2 if step % 20 == 0 else 0))
            is None
        )


SLOW = """
import os, time
class Predict:
    def predict(self, inputs):
        time.sleep(0.05)
        return os.getpid()
"""


class Clients:
    """Keep their connections, count which worker answered, and every reply or error that is not as it should be."""

    def __init__(self, port: int, count: int) -> None:
        self.port = port
        self.answered: Counter[int] = Counter()
        self.wrong: list[Any] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        while not self._stop.is_set():
            try:
                connection.request("POST", "/predict", b'{"inputs": 1}')
                reply = connection.getresponse()
                body = json.loads(reply.read())
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append(repr(error))
                connection.close()
                continue
            if reply.status == 200:
                self.answered[body["predictions"]] += 1
            else:
                self.wrong.append((reply.status, body))
        connection.close()


def ready_pids(serving: Serving) -> set[int]:
    return {replica["pid"] for replica in serving.state()["replicas"] if replica["state"] == "ready"}


def test_a_serving_grows_and_shrinks_without_losing_a_request(make_serving: Any) -> None:
    serving = make_serving(
        SLOW, replicas={"min": 1, "max": 3}, scaling={"upSeconds": 1, "downSeconds": 2}, batching=False
    )
    serving.start().ready()
    assert serving.state()["scaling"] == {"min": 1, "max": 3, "workers": 1, "reason": None, "at": None}
    with Clients(serving.port, 8) as clients:
        state = serving.wait(lambda state: sum(r["state"] == "ready" for r in state["replicas"]) == 3, 30)
        assert "requests waited" in state["scaling"]["reason"]
        assert [replica["number"] for replica in state["replicas"]] == [1, 2, 3]
        # Clients that kept their connections are spread over the fresh workers, too.
        before = Counter(clients.answered)
        workers = ready_pids(serving)
        wait_until(lambda: all((clients.answered - before)[pid] >= 5 for pid in workers), 15)
        assert not clients.wrong
    with Clients(serving.port, 1) as clients:
        # One client is not much for three workers: all but the first one end, while it goes on asking.
        state = serving.wait(lambda state: len(state["replicas"]) == 1, 60)
        time.sleep(0.3)
    assert not clients.wrong
    assert state["scaling"]["workers"] == 1
    assert "fewer workers" in state["scaling"]["reason"]
    assert serving.get("/metrics.json").json()["totals"]["scalings"] == {"down": 2, "up": 2}
    assert serving.stop() == 0


def test_a_worker_that_ends_for_lack_of_load_ends_what_it_answers_and_says_ready(make_serving: Any) -> None:
    script = SLOW.replace("0.05", "inputs")
    serving = make_serving(
        script, replicas={"min": 1, "max": 2}, scaling={"upSeconds": 0.5, "downSeconds": 1}, batching=False
    )
    serving.start().ready()
    replies: list[Any] = []
    ask = lambda: replies.append(serving.post("/predict", {"inputs": 0.3}))  # noqa: E731
    threads = [threading.Thread(target=lambda: [ask() for _ in range(8)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    serving.wait(lambda state: sum(r["state"] == "ready" for r in state["replicas"]) == 2, 20)
    for thread in threads:
        thread.join()
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=10)
    closed = 0
    end = time.monotonic() + 25
    while serving.state()["scaling"]["workers"] == 2 or len(serving.state()["replicas"]) == 2:
        assert time.monotonic() < end, serving.state()
        connection.request("GET", "/ready")
        reply = connection.getresponse()
        assert reply.status == 200, reply.read()
        reply.read()
        closed += reply.getheader("connection") == "close"
        time.sleep(0.02)
    connection.close()
    assert [reply.status for reply in replies] == [200] * 32
    assert closed <= 4


def test_replicas_max_is_checked(make_serving: Any) -> None:
    serving = make_serving(SLOW, replicas={"min": 3, "max": 2}).start()
    assert serving.exit_code() == 2
    assert "replicas.max must be" in serving.process.stderr.read().decode()


def test_balancing_by_what_is_in_flight() -> None:
    balancer = Balancer()
    assert [balancer.look({1: 8, 2: 0}) for _ in range(4)] == [None, None, None, (1, 4)]
    assert [balancer.look({1: 4, 2: 4, 3: 0}) for _ in range(4)][-1] == (1, 2)
    assert not any(balancer.look({1: 5, 2: 3}) for _ in range(20))
    assert not any(balancer.look({1: 1, 2: 0}) for _ in range(20))
    assert not any(balancer.look({1: 9}) for _ in range(20))
    # A worker that is there for the first time is judged by its own time only.
    assert [balancer.look({1: 9, 2: 0}) for _ in range(4)][-1] == (1, 4)


def test_a_worker_too_many_that_can_not_be_loaded_does_not_end_the_serving(make_serving: Any) -> None:
    script = """
        import os, pathlib, time
        mark = pathlib.Path(os.environ["MARK"])
        if mark.exists():
            raise RuntimeError("one is enough")
        mark.touch()
        class Predict:
            def predict(self, inputs):
                time.sleep(0.05)
                return 1
    """
    serving = make_serving(script, replicas={"min": 1, "max": 2}, scaling={"upSeconds": 0.5}, batching=False)
    serving.environment["MARK"] = str(serving.folder / "mark")
    serving.start().ready()
    with Clients(serving.port, 4) as clients:
        serving.wait_record(lambda record: record["message"].startswith("No more workers are added"), 40)
        time.sleep(1.5)
    assert not clients.wrong
    state = serving.state()
    assert state["state"] == "ready"
    assert [replica["number"] for replica in state["replicas"]] == [1]
