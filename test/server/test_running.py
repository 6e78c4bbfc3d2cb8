"""Where the user's code runs: the main thread, with the event loop there or beside it; health always answers."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import threading
import time
from typing import Any

import pytest

from conftest import POSIX, Serving, wait_until

SCRIPT = """
    import asyncio, sqlite3, sys, threading, time

    class Predict:
        def __init__(self):
            self.thread = threading.get_ident()
            self.table = sqlite3.connect(":memory:")  # usable on this thread only
            self.table.execute("create table calls (what)")

        def predict(self, inputs):
            assert threading.get_ident() == self.thread
            what, number = inputs["do"], inputs.get("number", 0)
            if what == "sleep":
                time.sleep(number)
            elif what == "work":
                end = time.thread_time() + number
                while time.thread_time() < end:
                    pass
            elif what == "hold":
                return sum(range(number))  # C that never lets another thread run
            elif what == "asyncio":
                async def double():
                    await asyncio.sleep(0)
                    return number * 2
                return asyncio.run(double())
            elif what == "exit":
                sys.exit(number)
            elif what == "insert":
                self.table.execute("insert into calls values (?)", (number,))
            elif what == "rows":
                return [row[0] for row in self.table.execute("select what from calls")]
            return what
"""


class Asking(threading.Thread):
    """One request beside the test's own."""

    def __init__(self, serving: Serving, do: str, number: float = 0) -> None:
        super().__init__(daemon=True)
        self.serving, self.inputs = serving, {"do": do, "number": number}
        self.reply: Any = None
        self.start()

    def run(self) -> None:
        self.reply = self.serving.post("/predict", {"inputs": self.inputs})

    def result(self) -> Any:
        self.join(20)
        assert self.reply is not None, "no reply in 20 s"
        return self.reply


def ask(serving: Serving, do: str, number: float = 0) -> Any:
    return serving.predict({"do": do, "number": number})


def metrics(serving: Serving) -> dict[str, Any]:
    return serving.get("/metrics.json").json()["workers"][0]


def running(serving: Serving) -> None:
    """Wait until a call runs."""
    wait_until(lambda: metrics(serving)["inFlight"] == 1, 5)


def seconds_of(serving: Serving, path: str) -> float:
    began = time.monotonic()
    assert serving.get(path).status == 200
    return time.monotonic() - began


def to_beside(serving: Serving) -> None:
    for _ in range(3):
        ask(serving, "sleep", 0.1)
    assert metrics(serving)["mode"] == "beside"


def to_inline(serving: Serving) -> None:
    def inline() -> bool:
        for _ in range(20):
            ask(serving, "nothing")
        return metrics(serving)["mode"] == "inline"

    wait_until(inline)


def test_health_and_metrics_answer_during_a_long_call_from_the_first_on(serve: Any) -> None:
    serving = serve(SCRIPT)
    for _ in range(2):  # inline, and then as it was measured
        call = Asking(serving, "sleep", 1.5)
        running(serving)
        for _ in range(4):
            for path in ("/v2/health/live", "/ready", "/metrics", "/v1/models/iris", "/openapi.json"):
                assert seconds_of(serving, path) < 0.7
        assert call.reply is None  # all that was while the call ran
        assert call.result().status == 200
    assert metrics(serving)["mode"] == "beside"


def test_objects_of_init_are_used_on_their_own_thread_in_both_modes(serve: Any) -> None:
    serving = serve(SCRIPT)
    assert ask(serving, "insert", 1) == "insert"
    to_beside(serving)
    assert ask(serving, "insert", 2) == "insert"
    to_inline(serving)
    assert ask(serving, "rows") == [1, 2]


def test_asyncio_run_works_in_both_modes(serve: Any) -> None:
    serving = serve(SCRIPT)
    assert [ask(serving, "asyncio", number) for number in range(10)] == list(range(0, 20, 2))
    to_beside(serving)
    assert [ask(serving, "asyncio", number) for number in range(10)] == list(range(0, 20, 2))


def test_sys_exit_ends_the_call_only(serve: Any) -> None:
    serving = serve(SCRIPT)
    pid = metrics(serving)["pid"]
    for _ in range(3):
        reply = serving.post("/predict", {"inputs": {"do": "exit", "number": 3}})
        assert (reply.status, reply.json()["kind"]) == (500, "script-exited")
        assert "sys.exit(3)" in reply.json()["error"]
        assert ask(serving, "asyncio", 4) == 8
    assert metrics(serving)["pid"] == pid


def test_a_call_that_lets_no_other_thread_run_delays_only(serve: Any) -> None:
    serving = serve(SCRIPT)
    call = Asking(serving, "hold", 30_000_000)
    others = [Asking(serving, "asyncio", number) for number in range(5)]
    assert seconds_of(serving, "/v2/health/live") < 15
    assert call.result().json() == {"predictions": 30_000_000 * 29_999_999 // 2}
    assert [other.result().json()["predictions"] for other in others] == [0, 2, 4, 6, 8]
    assert seconds_of(serving, "/v2/health/live") < 0.7


def test_the_mode_follows_what_was_measured(serve: Any) -> None:
    serving = serve(SCRIPT)
    before = metrics(serving)
    assert before["mode"] == "inline"
    assert before["modeReason"]
    to_beside(serving)
    reason = metrics(serving)["modeReason"]
    assert reason.startswith("a call takes ")
    assert float(reason.split()[3]) > 4
    to_inline(serving)
    assert float(metrics(serving)["modeReason"].split()[3]) <= 7.5
    for _ in range(4):
        ask(serving, "work", 0.03)  # of the processor: it is not only waiting that counts
    assert metrics(serving)["mode"] == "beside"
    to_inline(serving)


def test_a_call_that_takes_long_once_is_forgotten(serve: Any) -> None:
    serving = serve(SCRIPT)
    to_inline(serving)
    ask(serving, "sleep", 0.5)
    began = time.monotonic()
    to_inline(serving)
    assert time.monotonic() - began < 5
    # Between the modes nothing is lost or answered twice: each caller has its own answer.
    calls = [Asking(serving, "asyncio", number) for number in range(30)]
    assert [call.result().json()["predictions"] for call in calls] == list(range(0, 60, 2))


@pytest.mark.parametrize("mode", ["inline", "beside"])
def test_stop_answers_what_has_begun_and_what_waits(serve: Any, mode: str) -> None:
    serving = serve(SCRIPT)
    if mode == "beside":
        to_beside(serving)
    call = Asking(serving, "sleep", 1)
    running(serving)
    waiting = Asking(serving, "asyncio", 21)
    wait_until(lambda: metrics(serving)["inFlight"] == 2, 5)
    assert serving.stop() == 0
    assert call.result().json() == {"predictions": "sleep"}
    assert waiting.result().json() == {"predictions": 42}


@pytest.mark.parametrize("mode", ["inline", "beside"])
def test_stop_without_requests_is_quick(serve: Any, mode: str) -> None:
    serving = serve(SCRIPT)
    if mode == "beside":
        to_beside(serving)
    began = time.monotonic()
    assert serving.stop() == 0
    assert time.monotonic() - began < 4


def test_calls_whose_client_is_gone_are_not_begun(serve: Any) -> None:
    serving = serve(SCRIPT)
    call = Asking(serving, "sleep", 0.8)
    running(serving)
    connections = []
    for number in range(6):
        connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=10)
        body = json.dumps({"inputs": {"do": "insert", "number": number}})
        connection.request("POST", "/predict", body)
        connections.append(connection)
    wait_until(lambda: metrics(serving)["inFlight"] == 7, 5)
    for connection in connections[::2]:
        linger = struct.pack("ii" if POSIX else "hh", 1, 0)  # gone, not half-closed: that one still reads
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        connection.close()
    wait_until(lambda: metrics(serving)["inFlight"] == 4, 5)
    assert call.result().status == 200
    assert [connection.getresponse().status for connection in connections[1::2]] == [200] * 3
    assert sorted(ask(serving, "rows")) == [1, 3, 5]
    for connection in connections:
        connection.close()


ALARM = """
    import signal, time

    class TooLong(BaseException):
        pass

    def ring(*_):
        raise TooLong("took too long")

    class Predict:
        def __init__(self):
            signal.signal(signal.SIGALRM, ring)

        def predict(self, inputs):
            if inputs["do"] == "limit":
                signal.setitimer(signal.ITIMER_REAL, 0.1)
                try:
                    time.sleep(inputs["number"])
                except TooLong:
                    return "stopped"
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            if inputs["do"] == "leave":  # rings at any time after
                signal.setitimer(signal.ITIMER_REAL, inputs["number"])
            return "done"
"""


@pytest.mark.skipif(not POSIX, reason="Windows has no alarm")
def test_a_scripts_alarm(serve: Any) -> None:
    serving = serve(ALARM)
    assert ask(serving, "limit", 5) == "stopped"
    assert ask(serving, "limit", 0) == "done"
    assert metrics(serving)["mode"] == "beside"
    assert metrics(serving)["modeReason"] == "the script handles signals"


@pytest.mark.skipif(not POSIX, reason="Windows has no alarm")
def test_an_alarm_that_rings_outside_of_calls_harms_nobody(serve: Any) -> None:
    serving = serve(ALARM)
    pid = metrics(serving)["pid"]
    for number in range(300):
        # Rings while the reply is made, handed out, or while the main thread waits.
        reply = serving.post(
            "/predict", {"inputs": {"do": "leave", "number": 0.000005 + number % 60 * 0.00001}}
        )
        if reply.status != 200:  # it rang before the reply was made
            assert (reply.status, "TooLong" in reply.json()["error"]) == (500, True)
    time.sleep(0.05)  # The last one has rung: it may do so in the next call, as in those above.
    assert ask(serving, "leave", 0.1) == "done"
    time.sleep(0.3)
    for _ in range(5):
        assert ask(serving, "limit", 0) == "done"
    worker = metrics(serving)
    assert (worker["pid"], worker["inFlight"]) == (pid, 0)
    assert serving.stop() == 0
