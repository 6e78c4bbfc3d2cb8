"""ASGI apps with real servers: by a checker of the specification, lifespan, streams, failures; FastAPI itself."""

from __future__ import annotations

import http.client
import json
import os
import re
import threading
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from conftest import SCRIPTS, Serving, wait_until

HELPERS = """
import asyncio, json

async def reply(send, body, status=200, headers=()):
    await send({"type": "http.response.start", "status": status,
                "headers": [(b"content-type", b"text/plain"), *headers]})
    await send({"type": "http.response.body", "body": body})

async def body_of(receive):
    body, more = b"", True
    while more:
        message = await receive()
        assert message["type"] == "http.request", message
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
"""

CHECKED = """
from helpers import *
from asgichecker import checked

@checked
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        assert (await receive())["type"] == "lifespan.startup"
        scope["state"]["model"] = [1, 2]
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        print("ended")
        await send({"type": "lifespan.shutdown.complete"})
        return
    told = {key: value if not isinstance(value, bytes) else value.decode("latin-1") for key, value in scope.items()}
    told["headers"] = [[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]]
    told["state"] = dict(scope["state"])
    told["body"] = (await body_of(receive)).decode()
    scope["state"]["own"] = 1
    print("asked", scope["path"])
    await reply(send, json.dumps(told).encode(), 201, [(b"set-cookie", b"a=1"), (b"Set-Cookie", b"b=2")])
    assert (await receive())["type"] == "http.disconnect"
"""


@pytest.fixture
def serve_app(make_serving: Callable[..., Serving]) -> Callable[..., Serving]:
    """Starts a script of an app with the helpers beside it."""

    def serve(script: str, **more: Any) -> Serving:
        checker = (SCRIPTS / "asgichecker.py").read_bytes()
        files = {"helpers.py": HELPERS.encode(), "asgichecker.py": checker}
        return make_serving(script, files=files, **more).start()

    return serve


def test_what_an_app_sees_and_says(serve_app: Callable[..., Serving]) -> None:
    serving = serve_app(CHECKED).ready()
    assert serving.state()["load"]["app"] == {"name": "app", "kind": "asgi", "threads": 1}
    for _ in range(2):
        headers = {"content-type": "text/x", "X-Many": "1, 2"}
        reply = serving.request("POST", "/caf%C3%A9/a%2Fb?q=1&r=%20", b"hello", headers)
        assert reply.status == 201, reply.body
        told = reply.json()
        assert (told["method"], told["path"], told["raw_path"]) == ("POST", "/café/a/b", "/caf%C3%A9/a%2Fb")
        assert (told["query_string"], told["body"]) == ("q=1&r=%20", "hello")
        assert ["x-many", "1, 2"] in told["headers"]
        assert ["x-request-id", reply.headers["x-request-id"]] in told["headers"]
        assert told["state"] == {"model": [1, 2]}  # what a request adds is its own
        assert told["server"] == ["127.0.0.1", serving.port]
    asked = serving.wait_record(lambda item: item["message"] == "asked /café/a/b")
    access = serving.wait_record(
        lambda item: item["logger"] == "access" and item["request"] == asked["request"]
    )
    assert (access["status"], access["verb"]) == (201, "app")
    assert serving.stop() == 0
    assert any(item["message"] == "ended" for item in serving.records())


def test_repeated_headers_and_head(serve_app: Callable[..., Serving]) -> None:
    serving = serve_app(CHECKED).ready()
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=10)
    for method in ("GET", "HEAD", "GET"):
        connection.request(method, "/")
        response = connection.getresponse()
        assert response.headers.get_all("set-cookie") == ["a=1", "b=2"]
        assert bool(response.read()) == (method == "GET")
    connection.close()


def test_health_is_ours_and_metrics_where_the_app_has_none(serve_app: Callable[..., Serving]) -> None:
    serving = serve_app(
        """
        from helpers import *
        async def app(scope, receive, send):
            assert scope["type"] == "http"
            await reply(send, scope["path"].encode(), 404 if scope["path"] == "/metrics" else 200)
        """
    ).ready()
    assert serving.get("/").body == b"/"
    assert serving.get("/metrics.json").body == b"/metrics.json"
    assert serving.get("/v2/health/ready").json()["ready"] is True
    assert re.search(r'requests_total\{[^}]*protocol="app"[^}]*\} ', serving.get("/metrics").body.decode())


STREAMS = """
from helpers import *

async def app(scope, receive, send):
    assert scope["type"] == "http"
    path = scope["path"]
    if path == "/quick":
        return await reply(send, b"quick")
    if path == "/blocks":
        import time
        time.sleep(0.5)
        return await reply(send, b"blocked")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if path == "/slow":
        for number in range(3):
            await send({"type": "http.response.body", "body": b"%d " % number, "more_body": True})
            await asyncio.sleep(0.3)
    elif path == "/big":
        for number in range(40):
            await send({"type": "http.response.body", "body": b"x" * 500000, "more_body": True})
    elif path == "/forever":
        gone = asyncio.ensure_future(wait_gone(receive))
        count = 0
        try:
            while True:
                await send({"type": "http.response.body", "body": b"x" * 100000, "more_body": True})
                count += 1
        finally:
            print("sent", count)
            await gone
            print("told")
    await send({"type": "http.response.body", "body": b"", "more_body": False})

async def wait_gone(receive):
    while (await receive())["type"] != "http.disconnect":
        pass
"""


def test_bodies_in_parts(serve_app: Callable[..., Serving]) -> None:
    serving = serve_app(STREAMS).ready()
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=10)
    connection.request("GET", "/slow")
    response = connection.getresponse()
    assert response.headers["transfer-encoding"] == "chunked"
    assert response.headers["content-type"] is None
    began = time.monotonic()
    assert response.read1(100) == b"0 "
    assert serving.get("/quick").body == b"quick"
    assert time.monotonic() - began < 0.5
    assert response.read() == b"1 2 "
    connection.request("GET", "/big")
    assert connection.getresponse().read() == b"x" * 20_000_000
    connection.close()
    assert serving.request("HEAD", "/slow").status == 200


def test_a_slow_reader_holds_the_app_back_and_its_end_is_told(serve_app: Callable[..., Serving]) -> None:
    serving = serve_app(STREAMS).ready()
    sock = serving.connect()
    sock.sendall(b"GET /forever HTTP/1.1\r\nhost: x\r\n\r\n")
    assert sock.recv(100)
    time.sleep(0.5)
    sock.close()
    sent = serving.wait_record(lambda item: item["message"].startswith("sent "))
    assert int(sent["message"].split()[1]) < 500
    serving.wait_record(lambda item: item["message"] == "told")
    assert not any(item["level"] == "ERROR" for item in serving.records())
    assert serving.get("/quick").body == b"quick"


def test_health_answers_while_the_apps_loop_is_blocked(serve_app: Callable[..., Serving]) -> None:
    serving = serve_app(STREAMS).ready()
    thread = threading.Thread(target=serving.get, args=("/blocks",))
    thread.start()
    time.sleep(0.15)
    began = time.monotonic()
    assert serving.get("/v2/health/live").status == 200
    assert time.monotonic() - began < 0.25
    thread.join()


def test_stop_lets_requests_end(serve_app: Callable[..., Serving]) -> None:
    serving = serve_app(STREAMS).ready()
    bodies: list[bytes] = []
    thread = threading.Thread(target=lambda: bodies.append(serving.get("/slow").body))
    thread.start()
    time.sleep(0.2)
    assert serving.stop() == 0
    thread.join()
    assert bodies == [b"0 1 2 "]


FAILS = """
from helpers import *
import sys

async def app(scope, receive, send):
    assert scope["type"] == "http"
    path = scope["path"]
    if path == "/raise":
        raise ValueError("no such thing")
    if path == "/exit":
        sys.exit(3)
    if path == "/task":
        async def leaves():
            sys.exit(4)
        task = asyncio.ensure_future(leaves())
        await asyncio.sleep(0.05)
        return await reply(send, b"survived")
    if path == "/silent":
        return
    if path == "/order":
        return await send({"type": "http.response.body", "body": b"x"})
    if path == "/twice":
        await reply(send, b"once")
        return await send({"type": "http.response.body", "body": b"x"})
    if path == "/split":
        return await reply(send, b"x", 200, [(b"x-a", b"b\\r\\nset-cookie: evil=1")])
    if path == "/midway":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        raise OSError("midway")
    await reply(send, b"ok")
"""


@pytest.mark.parametrize(
    ("path", "kind", "message"),
    [
        (
            "/raise",
            "script-raised",
            r"app raised ValueError: no such thing \(irisflowerclassifier\.py, line \d+\)",
        ),
        ("/exit", "script-exited", r"app called sys\.exit\(3\)"),
        ("/silent", "script-raised", "returned before its reply was complete"),
        ("/order", "script-raised", "'http.response.body' where it is not possible"),
        ("/split", "script-raised", "line breaks"),
    ],
)
def test_failures_are_answered_and_logged(
    serve_app: Callable[..., Serving], path: str, kind: str, message: str
) -> None:
    serving = serve_app(FAILS).ready()
    reply = serving.get(path)
    assert (reply.status, reply.json()["kind"]) == (500, kind)
    assert re.search(message, reply.json()["error"])
    record = serving.wait_record(lambda item: item["logger"] == "script")
    assert record["request"] == reply.headers["x-request-id"]
    assert serving.get("/").body == b"ok"


def test_failures_after_the_beginning(serve_app: Callable[..., Serving]) -> None:
    serving = serve_app(FAILS).ready()
    assert serving.get("/twice").body == b"once"
    assert serving.wait_record(lambda item: "where it is not possible" in item["message"])
    with pytest.raises(http.client.IncompleteRead):
        serving.get("/midway")
    assert serving.wait_record(lambda item: "OSError: midway" in item["message"])
    assert serving.get("/task").body == b"survived"
    assert serving.get("/").body == b"ok"
    assert serving.stop() == 0


@pytest.mark.parametrize(
    ("ending", "kind", "message"),
    [
        (
            'await send({"type": "lifespan.startup.failed", "message": "no database"})',
            "app-startup-failed",
            "no database",
        ),
        (
            'await send({"type": "lifespan.startup.failed", "message": ""}); raise KeyError("absent")',
            "construct-raised",
            r"Could not create the app: KeyError: 'absent' \(irisflowerclassifier\.py, line 4\)",
        ),
    ],
)
def test_an_app_whose_start_fails(
    serve_app: Callable[..., Serving], ending: str, kind: str, message: str
) -> None:
    script = f"async def app(scope, receive, send):\n  if scope['type'] == 'lifespan':\n    await receive()\n    {ending}\n"
    failure = serve_app(script).failure()
    assert (failure["stage"], failure["kind"]) == ("app", kind), failure
    assert re.search(message, failure["message"]), failure["message"]


def test_an_end_that_hangs_does_not_hang_the_stop(serve_app: Callable[..., Serving]) -> None:
    serving = serve_app(
        """
        import asyncio
        async def app(scope, receive, send):
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await asyncio.sleep(1000)
        """,
        limits={"drainSeconds": 2},
    ).ready()
    began = time.monotonic()
    serving.stop()
    assert time.monotonic() - began < 6


@pytest.mark.parametrize(
    "source",
    [
        "class App:\n    async def __call__(self, scope, receive, send):\n        await inner(scope, receive, send)\napp = App()",
        "def application(scope, receive, send):\n    return inner(scope, receive, send)",
        "def create_app():\n    return inner",
    ],
    ids=["object", "plain function", "create_app"],
)
def test_forms_of_apps(serve_app: Callable[..., Serving], source: str) -> None:
    inner = "from helpers import *\nasync def inner(scope, receive, send):\n    assert scope['type'] == 'http'\n    await reply(send, b'ok')\n"
    serving = serve_app(inner + source).ready()
    assert serving.get("/").body == b"ok"
    assert serving.state()["load"]["app"]["kind"] == "asgi"


def test_many_at_once_get_their_own_answers(serve_app: Callable[..., Serving]) -> None:
    serving = serve_app(
        """
        from helpers import *
        async def app(scope, receive, send):
            assert scope["type"] == "http"
            await asyncio.sleep(0.1)
            print("at", scope["path"])
            await reply(send, scope["path"].encode())
        """
    ).ready()
    bodies: dict[int, bytes] = {}
    began = time.monotonic()
    threads = [
        threading.Thread(target=lambda number=number: bodies.update({number: serving.get(f"/{number}").body}))
        for number in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == {number: b"/%d" % number for number in range(40)}
    assert time.monotonic() - began < 3

    def requests() -> set[str]:
        return {item["request"] for item in serving.records() if item["message"].startswith("at ")}

    wait_until(lambda: len(requests()) == 40)
    wait_until(lambda: serving.state()["replicas"][0]["requests"] == 40)


def test_a_request_that_takes_too_long_is_answered_for_the_app(serve_app: Callable[..., Serving]) -> None:
    serving = serve_app(
        """
        from helpers import *
        async def app(scope, receive, send):
            assert scope["type"] == "http"
            if scope["path"] == "/slow":
                await asyncio.sleep(1)
            await reply(send, b"ok", 404 if scope["path"] == "/metrics" else 200)
        """,
        limits={"requestSeconds": 0.3},
    ).ready()
    assert serving.get("/slow").status == 504
    assert serving.get("/quick").status == 200
    # The one that asks is the only one that is under way.
    alone = re.compile(r'requests_in_flight\{replica="1"\} 1$', re.MULTILINE)
    wait_until(lambda: alone.search(serving.get("/metrics").body.decode()))
    assert serving.stop() == 0


def test_a_worker_that_dies_says_which_request_ran(serve_app: Callable[..., Serving]) -> None:
    serving = serve_app(
        """
        import os
        from helpers import *

        async def app(scope, receive, send):
            assert scope["type"] == "http"
            if scope["path"] == "/die":
                os._exit(7)
            await reply(send, b"ok")
        """
    ).ready()
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        serving.request("GET", "/die", None, {"x-request-id": "deadly"})
    record = serving.wait_record(lambda item: "The worker died" in item["message"])
    assert "while answering request deadly" in record["message"]
    serving.ready()
    assert serving.get("/").body == b"ok"


TELLS = """
    import os
    from helpers import *

    started = []

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            started.append(os.getpid())
            return await send({"type": "lifespan.startup.complete"})
        await reply(send, json.dumps([os.getpid(), started]).encode())
"""


@pytest.mark.skipif(os.name == "nt", reason="nothing is forked on Windows")
def test_with_preload_each_worker_starts_the_app_itself(serve_app: Callable[..., Serving]) -> None:
    serving = serve_app(TELLS, preload=True, replicas={"min": 2, "max": 2}).ready()
    pids = {replica["pid"] for replica in serving.state()["replicas"]}
    seen = set()
    end = time.monotonic() + 20
    while len(seen) < 2 and time.monotonic() < end:
        pid, started = serving.get("/").json()
        assert started == [pid]
        seen.add(pid)
    assert seen == pids
    assert serving.stop() == 0


def test_the_token_is_asked_for_before_the_app(serve_app: Callable[..., Serving]) -> None:
    serving = serve_app(TELLS, tokenVariable="SERVING_TOKEN", environment={"SERVING_TOKEN": "t" * 32}).ready()
    assert serving.get("/v2/health/ready").status == 200
    assert serving.get("/").status == 401
    assert serving.request("GET", "/", None, {"authorization": "Bearer " + "t" * 32}).status == 200


FASTAPI = """
    from contextlib import asynccontextmanager
    from fastapi import FastAPI, HTTPException
    from fastapi.responses import StreamingResponse
    from pydantic import BaseModel

    class Rows(BaseModel):
        inputs: list[float]

    model = {}

    @asynccontextmanager
    async def lifespan(app):
        model["factor"] = 2
        yield
        print("closed")

    app = FastAPI(lifespan=lifespan)

    @app.post("/predict")
    def predict(rows: Rows):
        print("in a thread")
        return {"predictions": [value * model["factor"] for value in rows.inputs]}

    @app.get("/fail")
    async def fail():
        raise ValueError("in the view")

    @app.get("/parts")
    async def parts():
        async def generate():
            for number in range(3):
                yield f"{number} "
        return StreamingResponse(generate(), media_type="text/plain")
"""


def test_fastapi(make_serving: Callable[..., Serving]) -> None:
    pytest.importorskip("fastapi", reason="FastAPI is not installed here")
    serving = make_serving(FASTAPI).start().ready(60)
    reply = serving.post("/predict", {"inputs": [1, 2]}, **{"content-type": "application/json"})
    assert reply.json() == {"predictions": [2.0, 4.0]}
    printed = serving.wait_record(lambda item: item["message"] == "in a thread")
    assert printed["request"] == reply.headers["x-request-id"]
    refused = serving.post("/predict", {"inputs": ["x"]}, **{"content-type": "application/json"})
    assert refused.status == 422
    assert "/predict" in serving.get("/openapi.json").json()["paths"]
    assert b"swagger" in serving.get("/docs").body
    assert serving.get("/parts").body == b"0 1 2 "
    assert serving.get("/fail").status == 500
    raised = serving.wait_record(lambda item: item["logger"] == "script" and item["level"] == "ERROR")
    assert "ValueError: in the view" in raised["message"]
    assert serving.stop() == 0
    assert any(item["message"] == "closed" for item in serving.records())


def test_inspect_lists_apps(tmp_path: Path) -> None:
    from model_server.script.inspection import inspect_source

    def apps(source: str) -> Any:
        return json.loads(json.dumps(inspect_source(source, "x.py")))["apps"]

    assert apps("from flask import Flask\napp = Flask(__name__)\n") == [
        {"name": "app", "line": 2, "kind": "wsgi"}
    ]
    assert apps("import fastapi\napp: object = fastapi.FastAPI()\n")[0]["kind"] == "asgi"
    assert apps("def application(environ, start_response): pass\n")[0]["kind"] == "wsgi"
    assert apps("async def app(scope, receive, send): pass\n")[0]["kind"] == "asgi"
    assert apps("def create_app(config=None):\n    return Flask('x')\n")[0]["kind"] == "wsgi"
    assert apps("app = Typer()\n")[0]["kind"] == "unknown"
    assert apps("class Predict: pass\napp = Flask('x')\n") == []
    assert [item["name"] for item in apps("create_app = 1\napp = 2\n")] == ["app", "create_app"]
