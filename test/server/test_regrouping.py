"""Clients that were answered together and ask again at once are answered together again."""

from __future__ import annotations

import selectors
from typing import Any

from model_server.calling.regrouping import Regrouping

SLEEPER = """
    import time

    class Predict:
        def __init__(self):
            self.calls = []

        def predict(self, inputs):
            if inputs == "calls":
                return self.calls
            self.calls.append(len(inputs))
            time.sleep(0.1)
            return [row[0] for row in inputs]
"""


def test_how_long() -> None:
    regrouping = Regrouping()
    assert regrouping.seconds(0.009) == 0
    assert regrouping.seconds(0.02) == 0.001
    assert regrouping.seconds(10) == 0.005


def test_more_seldom_where_nobody_comes_back() -> None:
    regrouping = Regrouping()
    waits = []
    for _ in range(300):
        waited = regrouping.seconds(0.1) > 0
        if waited:
            regrouping.came(some=False)
        waits.append(waited)
    assert sum(waits) < 12
    regrouping.came(some=True)
    assert regrouping.seconds(0.1) > 0


def ask_again_at_once(serving: Any, clients: int, requests: int) -> list[bytes]:
    """The replies to clients with a connection each that send the next request when the reply is there."""
    body = b'{"inputs": [[7.0]]}'
    head = b"POST /v1/models/iris:predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    socks = [serving.connect() for _ in range(clients)]
    replies: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        for sock in socks:
            selector.register(sock, selectors.EVENT_READ)
            sock.sendall(head + body)
        while len(replies) < requests:
            for key, _ in selector.select(20):
                sock = socks[socks.index(key.fileobj)]
                replies.append(sock.recv(65536).rpartition(b"\r\n\r\n")[2])
                sock.sendall(head + body)
    for sock in socks:
        sock.close()
    return replies[:requests]


def test_clients_do_not_fall_into_two_groups(make_serving: Any) -> None:
    serving = make_serving(SLEEPER, sample=[[1.0], [2.0], [3.0]]).start().ready()
    serving.wait(lambda state: state.get("batching", {}).get("predict", {}).get("on") is True)
    answered = ask_again_at_once(serving, clients=8, requests=160)
    assert len(answered) == 160
    assert set(answered) == {b'{"predictions":[7.0]}'}
    calls = serving.predict("calls")
    # In two groups that run in turns there are 40 calls of 4.
    calls = calls[len(calls) // 2 :]  # it runs beside the loop after some calls
    assert sorted(calls)[len(calls) // 2] >= 5, calls
