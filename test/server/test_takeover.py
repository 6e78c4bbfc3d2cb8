"""A server takes the place of another one: no request may be lost, and a broken one changes nothing."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any, Callable

import pytest

from conftest import POSIX, Serving

pytestmark = pytest.mark.skipif(not POSIX, reason="sockets are handed over on POSIX only")

ANSWERS = """
import time

class Predict:
    def predict(self, inputs):
        time.sleep(0.003)
        return {answer}
"""


class Clients:
    """Half of them keep their connection; every reply and every error is counted."""

    def __init__(self, port: int, count: int = 6) -> None:
        self.replies: Counter[Any] = Counter()
        self.errors: list[str] = []
        self._port = port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(n % 2 == 0,)) for n in range(count)]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)

    def _ask(self, keep: bool) -> None:
        connection: http.client.HTTPConnection | None = None
        while not self._stop.is_set():
            connection = connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
            try:
                connection.request("POST", "/predict", b'{"inputs": 1}')
                response = connection.getresponse()
                body = json.loads(response.read())
            except (OSError, http.client.HTTPException) as error:
                self.errors.append(repr(error))
                connection = None
                continue
            self.replies[(response.status, json.dumps(body.get("predictions")))] += 1
            if not keep or response.getheader("connection") == "close":
                connection.close()
                connection = None


def successor(make_serving: Callable[..., Serving], script: str, before: Serving, **more: Any) -> Serving:
    """A server that is told to take over."""
    return make_serving(script, takeover=str(before.run_dir / "server.json"), **more).start()


def test_no_request_is_lost_over_replacements(make_serving: Callable[..., Serving]) -> None:
    current = make_serving(ANSWERS.format(answer=0), replicas={"min": 2}).start().ready()
    port = current.port
    with Clients(port) as clients:
        for answer in (1, 2, 3):
            before, state_file = current, str(current.run_dir / "server.json")
            current = (
                make_serving(ANSWERS.format(answer=answer), replicas={"min": 2}, takeover=state_file)
                .start()
                .ready()
            )
            assert current.port == port
            assert before.exit_code() == 0
            assert before.state()["stoppedBecause"] == "replaced"
    assert clients.errors == []
    assert {status for status, _ in clients.replies} == {200}
    assert {answer for _, answer in clients.replies} == {"0", "1", "2", "3"}


def test_a_broken_one_leaves_the_other_answering(make_serving: Callable[..., Serving]) -> None:
    good = make_serving(ANSWERS.format(answer=0)).start().ready()
    with Clients(good.port) as clients:
        broken = make_serving(
            "raise ValueError('broken')", takeover=str(good.run_dir / "server.json")
        ).start()
        assert "broken" in broken.failure()["message"]
        assert good.state()["state"] == "ready"
    assert clients.errors == []
    assert set(clients.replies) == {(200, "0")}


def test_one_that_is_gone_is_no_reason_to_fail(
    make_serving: Callable[..., Serving],
) -> None:
    gone = make_serving(ANSWERS.format(answer=0)).start().ready()
    port = gone.port
    gone.stop()
    alone = (
        make_serving(ANSWERS.format(answer=1), port=port, takeover=str(gone.run_dir / "server.json"))
        .start()
        .ready()
    )
    assert alone.port == port


def test_the_door_is_gone_with_its_server(make_serving: Callable[..., Serving]) -> None:
    serving = make_serving(ANSWERS.format(answer=0)).start().ready()
    door = Path(serving.state()["handover"])
    assert door.parent.stat().st_mode & 0o077 == 0
    serving.stop()
    assert not door.parent.exists()
