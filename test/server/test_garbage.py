"""Requests leave no reference cycles: what they made is gone when they are answered, without the garbage collector.

The collector would look through everything for several milliseconds at a time: the longest pauses that there were.
"""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, Callable

import pytest

from conftest import Serving

GARBAGE = """
import collections, gc
gc.disable()

def garbage():
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        found = collections.Counter(
            f"{type(item).__module__}.{getattr(item, '__qualname__', type(item).__qualname__)}" for item in gc.garbage
        )
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.collect()
    return dict(found.most_common(40))
"""

PREDICT = (
    GARBAGE
    + """
import time
class Predict:
    def predict(self, inputs):
        return garbage() if inputs == "garbage" else self.classify(inputs)
    def classify(self, rows):
        if rows == "wait":
            time.sleep(0.3)
            return rows
        if any(type(row) is not list for row in rows):
            raise ValueError("rows are lists")
        return [sum(row) for row in rows]
    def regress(self, inputs):
        for number in range(inputs):
            if number == 500:
                raise ValueError("too many")
            yield number if number < 1000 else object()
"""
)

HOOKS = """
class Transformer:
    def preprocess(self, inputs):
        if inputs == "bad":
            raise KeyError("bad")
        return inputs
    def postprocess(self, outputs):
        return outputs
"""

WSGI = (
    GARBAGE
    + """
import json
def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/raise":
        raise ValueError("no")
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/parts":
        return (b"part %d" % number for number in range(4))
    return [json.dumps(garbage() if path == "/garbage" else "fine").encode()]
"""
)

ASGI = (
    GARBAGE
    + """
import json
async def app(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("no lifespan")
    path = scope["path"]
    if path == "/raise":
        raise ValueError("no")
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if path == "/parts":
        for number in range(4):
            await send({"type": "http.response.body", "body": b"part", "more_body": True})
    text = garbage() if path == "/garbage" else "fine"
    await send({"type": "http.response.body", "body": json.dumps(text).encode()})
"""
)

TIMES = 40
ROWS = {"inputs": [[1.0, 2.0]]}
PATH = "/v1/models/iris:classify"


@pytest.fixture(scope="module", params=["pure", "compiled"])
def serving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    environment = {"MODEL_SERVER_PURE": "1" if request.param == "pure" else "0"}
    if request.param == "compiled":
        pytest.importorskip("httptools", reason="httptools is not installed")
    folder = tmp_path_factory.mktemp("garbage")
    made = Serving(folder, PREDICT, environment, sample=[[1.0, 2.0], [3.0, 4.0]]).start().ready()
    made.wait(lambda state: state["batching"].get("classify", {}).get("on"))
    yield made
    made.end()


def _body(value: Any) -> bytes:
    return json.dumps(value).encode()


def _ask(serving: Serving, path: str, body: bytes | None, status: int, **headers: str) -> None:
    """The same request again and again, on one connection and on many."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=20)
    method = "GET" if body is None else "POST"
    for _ in range(TIMES):
        connection.request(method, path, body, names)
        reply = connection.getresponse()
        assert reply.status == status, reply.read()
        reply.read()
    connection.close()
    for _ in range(TIMES):
        assert serving.request(method, path, body, names).status == status


def _garbage(serving: Serving) -> dict[str, int]:
    time.sleep(0.2)  # connections that were closed are seen
    return serving.predict("garbage")


def test_nothing_is_left_of_the_kinds_of_requests(serving: Serving) -> None:
    _garbage(serving)
    infer = {"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP64", "data": [1.0, 2.0]}]}
    large = {"inputs": [[1.0, 2.0]] * 40_000}
    kinds: dict[str, Callable[[], None]] = {
        "v1": lambda: _ask(serving, PATH, _body(ROWS), 200),
        "v1, closed": lambda: _ask(serving, PATH, _body(ROWS), 200, connection="close"),
        "gzip out": lambda: _ask(
            serving, PATH, _body({"inputs": [[1.0]] * 2000}), 200, accept_encoding="gzip"
        ),
        "gzip in": lambda: _ask(serving, PATH, gzip.compress(_body(ROWS)), 200, content_encoding="gzip"),
        "no gzip": lambda: _ask(serving, PATH, b"not gzip", 400, content_encoding="gzip"),
        "odd coding": lambda: _ask(serving, PATH, b"x", 415, content_encoding="odd"),
        "no JSON": lambda: _ask(serving, PATH, b"{", 400),
        "no inputs": lambda: _ask(serving, PATH, b"{}", 400),
        "raises": lambda: _ask(serving, PATH, _body({"inputs": [1]}), 500),
        "events": lambda: _ask(serving, "/regress", b'{"inputs":4}', 200, accept="text/event-stream"),
        "lines": lambda: _ask(serving, "/regress", b'{"inputs":600}', 200, accept="application/x-ndjson"),
        "one item": lambda: _ask(serving, PATH, _body(ROWS), 200, accept="application/x-ndjson"),
        "raises at once": lambda: _ask(
            serving, "/regress", b'{"inputs":"a"}', 500, accept="text/event-stream"
        ),
        "generator": lambda: _ask(serving, "/regress", b'{"inputs":4}', 200),
        "v2": lambda: _ask(serving, "/v2/models/iris/infer", _body(infer), 200),
        "v2, bad": lambda: _ask(serving, "/v2/models/iris/infer", b"{}", 400),
        "health": lambda: _ask(serving, "/v2/health/ready", None, 200),
        "metrics": lambda: _ask(serving, "/metrics", None, 200),
        "openapi": lambda: _ask(serving, "/openapi.json", None, 200),
        "unknown": lambda: _ask(serving, "/nothing", None, 404),
        "wrong method": lambda: _ask(serving, PATH, None, 405),
        "large": lambda: serving.post(PATH, large) and None,
    }
    found = {}
    for name, ask in kinds.items():
        ask()
        found[name] = _garbage(serving)
    assert {name: left for name, left in found.items() if left} == {}


def test_nothing_is_left_of_joined_requests(serving: Serving) -> None:
    _garbage(serving)
    bodies = [_body(ROWS), _body({"inputs": [[1.0, 2.0], [3.0, 4.0]]}), _body({"inputs": [[1.0, None]]})]

    def ask(body: bytes) -> None:
        for _ in range(TIMES):
            serving.request("POST", PATH, body)

    for together in (bodies[:2], bodies):
        threads = [threading.Thread(target=ask, args=(body,)) for body in together for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert _garbage(serving) == {}


def test_nothing_is_left_of_what_is_no_http(serving: Serving) -> None:
    _garbage(serving)
    for sent in (
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/3.0\r\nhost: a\r\n\r\n",
        b"",
        b"GET / HT",
    ):
        for _ in range(TIMES):
            with serving.connect() as client:
                client.sendall(sent)
                client.shutdown(socket.SHUT_WR)
                while client.recv(4096):
                    pass
        assert _garbage(serving) == {}, sent


def _send(serving: Serving, path: str, body: bytes, headers: str = "") -> socket.socket:
    client = serving.connect()
    head = f"POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
    client.sendall(head.encode() + body)
    return client


def test_nothing_is_left_of_clients_that_go(serving: Serving) -> None:
    _garbage(serving)
    for headers in ("", "accept: text/event-stream\r\n"):
        waiting = _send(serving, PATH, b'{"inputs":"wait"}', headers)
        time.sleep(0.1)
        gone = [_send(serving, PATH, _body(ROWS), headers) for _ in range(10)]
        time.sleep(0.05)
        for client in (waiting, *gone):
            client.close()
        time.sleep(0.4)
        assert _garbage(serving) == {}
    for _ in range(10):
        client = _send(serving, "/regress", b'{"inputs":499}', "accept: text/event-stream\r\n")
        client.recv(100)
        client.close()
    assert _garbage(serving) == {}
    pipelined = _send(serving, PATH, _body(ROWS), "\r\n".join(["x: y"] * 5) + "\r\n")
    pipelined.sendall(b"GET /v2/health/live HTTP/1.1\r\nhost: a\r\n\r\n" * 20)
    time.sleep(0.2)
    pipelined.close()
    assert _garbage(serving) == {}


def test_nothing_is_left_behind_a_transformer(serve: Callable[..., Serving]) -> None:
    serving = serve(PREDICT + HOOKS)
    _garbage(serving)
    _ask(serving, PATH, _body(ROWS), 200)
    assert _garbage(serving) == {}
    _ask(serving, PATH, b'{"inputs":"bad"}', 500)
    assert _garbage(serving) == {}


def test_nothing_is_left_of_requests_that_took_too_long(serve: Callable[..., Serving]) -> None:
    serving = serve(PREDICT, limits={"requestSeconds": 0.1})
    _garbage(serving)
    for _ in range(3):
        serving.request("POST", PATH, b'{"inputs":"wait"}')
        time.sleep(0.7)
    assert _garbage(serving) == {}


@pytest.mark.parametrize(
    "script", [WSGI, ASGI, WSGI + "\nthreaded = True\n"], ids=["wsgi", "asgi", "threads"]
)
def test_nothing_is_left_of_the_requests_of_an_app(serve: Callable[..., Serving], script: str) -> None:
    serving = serve(script)
    serving.get("/garbage")
    for path, status in {
        "/": 200,
        "/parts": 200,
        "/raise": 500,
        "/metrics": 200,
        "/v2/health/live": 200,
    }.items():
        _ask(serving, path, None, status)
        time.sleep(0.2)
        assert serving.get("/garbage").json() == {}, path


THRESHOLDS = """
import gc
{first}
loading = gc.get_threshold()[0]
class Predict:
    def predict(self, inputs):
        return [loading, gc.get_threshold()[0]]
"""


@pytest.mark.parametrize("preload", [False, True])
@pytest.mark.parametrize(
    ("first", "expected"), [("", [50_000, 1000]), ("gc.set_threshold(123, 4, 5)", [123, 123])]
)
def test_it_is_looked_for_seldom_while_a_script_loads(
    serve: Callable[..., Serving], first: str, expected: list[int], preload: bool
) -> None:
    serving = serve(THRESHOLDS.format(first=first), preload=preload)
    assert serving.predict(0) == expected


LEFT_BEHIND = """
import gc, time, weakref
class Left:
    pass
left = Left()
left.itself = left
reference = weakref.ref(left)
del left
class Predict:
    def predict(self, inputs):
        return [reference() is not None, gc.get_freeze_count() > 1000]
"""


@pytest.mark.parametrize("preload", [False, True])
def test_what_loading_left_behind_is_thrown_away_when_there_is_nothing_to_do(
    serve: Callable[..., Serving], preload: bool
) -> None:
    serving = serve(LEFT_BEHIND, preload=preload)
    assert serving.predict(0) == [not preload, True]
    time.sleep(5)  # looked at every 2 seconds: the first one without a request
    assert serving.predict(0) == [False, True]
