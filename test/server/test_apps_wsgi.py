"""WSGI apps with real servers: by wsgiref's validator, in parts, in threads, when they fail; Flask itself."""

from __future__ import annotations

import gzip
import http.client
import re
import threading
import time
from typing import Any, Callable

import pytest

from conftest import Serving, wait_until

VALIDATED = """
    from wsgiref.validate import validator

    def plain(environ, start_response):
        size = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(size)
        lines = [environ["REQUEST_METHOD"], environ["PATH_INFO"].encode("latin-1").decode(),
                 environ["QUERY_STRING"], environ.get("CONTENT_TYPE", "-"), environ.get("HTTP_X_MANY", "-"),
                 environ.get("HTTP_COOKIE", "-"), body.decode()]
        environ["wsgi.errors"].write("seen " + lines[1] + "\\n")
        environ["wsgi.errors"].flush()
        if environ["REQUEST_METHOD"] == "HEAD":
            start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "17")])
            return []
        if environ["PATH_INFO"] == "/nothing":
            start_response("204 No Content", [])
            return []
        start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("Set-Cookie", "a=1"),
                                  ("Set-Cookie", "b=2")])
        return ["\\n".join(lines).encode()]

    application = validator(plain)
"""


def test_what_an_app_sees_and_says(serve: Callable[..., Serving]) -> None:
    serving = serve(VALIDATED)
    assert serving.state()["load"]["app"] == {"name": "application", "kind": "wsgi", "threads": 1}
    headers = {"content-type": "text/x", "X-Many": "1, 2", "cookie": "c=3", "bad_name": "x"}
    reply = serving.request("POST", "/caf%C3%A9/a%2Fb?q=1&r=%20", b"hello", headers)
    assert reply.status == 200
    assert reply.body.decode().split("\n") == [
        "POST",
        "/café/a/b",
        "q=1&r=%20",
        "text/x",
        "1, 2",
        "c=3",
        "hello",
    ]
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    seen = serving.wait_record(
        lambda item: item["logger"] == "stderr" and item["message"] == "seen /café/a/b"
    )
    assert seen["request"] == reply.headers["x-request-id"]
    access = serving.wait_record(lambda item: item["logger"] == "access")
    assert (access["request"], access["status"], access["verb"]) == (seen["request"], 200, "app")


def test_repeated_headers_reach_the_client(serve: Callable[..., Serving]) -> None:
    serving = serve(VALIDATED)
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=10)
    connection.request("GET", "/")
    assert connection.getresponse().headers.get_all("set-cookie") == ["a=1", "b=2"]
    connection.close()


def test_replies_without_a_body(serve: Callable[..., Serving]) -> None:
    serving = serve(VALIDATED)
    with serving.connect() as sock:
        sock.sendall(
            b"GET /nothing HTTP/1.1\r\nhost: x\r\n\r\nHEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        )
        text = b""
        while part := sock.recv(65536):
            text += part
    first, second, rest = text.split(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 204 ")
    assert b"content-length" not in first
    assert b"content-type" not in first
    assert b"content-length: 17" in second
    assert rest == b""


@pytest.mark.parametrize("path", ["/", "/live", "/predict", "/v1/models/iris:predict", "/v2", "/docs"])
def test_all_paths_but_health_and_metrics_are_the_apps(serve: Callable[..., Serving], path: str) -> None:
    serving = serve(VALIDATED)
    assert serving.get(path).body.split(b"\n")[1] == path.encode()
    assert serving.get("/v2/health/live").json() == {"live": True}
    assert serving.get("/v2/health/ready").json()["ready"] is True


def test_metrics_are_ours_where_the_app_has_none(serve: Callable[..., Serving]) -> None:
    serving = serve(
        """
        def app(environ, start_response):
            found = environ["PATH_INFO"] in ("/", "/metrics.json")
            start_response("200 OK" if found else "404 Not Found", [("Content-Type", "text/plain")])
            return [b"mine"]
        """
    )
    for _ in range(3):
        assert serving.get("/").body == b"mine"
    text = serving.get("/metrics").body.decode()
    assert re.search(r'requests_total\{[^}]*protocol="app"[^}]*\} 3', text), text
    assert serving.get("/metrics.json").body == b"mine"
    header = {"x-model-serving-metrics": "1"}
    counts = [
        [
            each["count"]
            for each in serving.request("GET", "/metrics.json", headers=header).json()["totals"]["requests"]
        ]
        for _ in range(3)
    ]
    assert counts == [[5]] * 3, "asking for ours is no request of the app"


FACTORIES = [
    "def create_app():\n    return plain",
    "def make_app(config=None):\n    return plain",
    "class Made:\n    def __call__(self, environ, start_response):\n        return plain(environ, start_response)\napp = Made()",
    "import functools\napp = functools.partial(lambda a, environ, start_response: plain(environ, start_response), 1)",
    "def wrap(inner):\n    def wrapped(*args, **more):\n        return inner(*args, **more)\n    return wrapped\napp = wrap(plain)",
]


@pytest.mark.parametrize("source", FACTORIES, ids=["create_app", "make_app", "object", "partial", "wrapped"])
def test_forms_of_apps(make_serving: Callable[..., Serving], source: str) -> None:
    plain = (
        "def plain(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return [b'ok']\n"
    )
    serving = make_serving(plain + source).start().ready()
    assert serving.get("/").body == b"ok"
    assert serving.state()["load"]["app"]["kind"] == "wsgi"


def test_bodies_in_parts(serve: Callable[..., Serving]) -> None:
    serving = serve(
        """
        import time

        closed = []

        class Parts:
            def __init__(self, parts):
                self.parts = iter(parts)
            def __iter__(self):
                return self
            def __next__(self):
                return next(self.parts)
            def close(self):
                closed.append(1)
                print("closed")

        def slowly():
            for number in range(3):
                yield b"%d " % number
                yield b""
                time.sleep(0.3)

        def app(environ, start_response):
            path = environ["PATH_INFO"]
            headers = [("Content-Type", "text/plain")]
            if path == "/known":
                headers.append(("Content-Length", "10"))
                start_response("200 OK", headers)
                return Parts([b"01234", b"56789", b"never asked for"])
            write = start_response("200 OK", headers)
            if path == "/written":
                write(b"first ")
                return Parts([b"then"])
            if path == "/big":
                return Parts([b"x" * 1000000] * 20)
            if path == "/other":
                return [b"other"]
            return Parts(slowly())
        """
    )
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=10)
    connection.request("GET", "/slow")
    response = connection.getresponse()
    assert response.headers["transfer-encoding"] == "chunked"
    began = time.monotonic()
    assert response.read1(100) == b"0 "
    # Between the parts another request is answered.
    assert serving.get("/other").body == b"other"
    assert time.monotonic() - began < 0.8
    assert response.read() == b"1 2 "
    connection.close()
    known = serving.get("/known")
    assert (known.headers["content-length"], known.body) == ("10", b"0123456789")
    assert serving.get("/written").body == b"first then"
    assert serving.get("/big").body == b"x" * 20_000_000
    wait_until(lambda: sum(item["message"] == "closed" for item in serving.records()) == 4)


def test_a_client_that_goes_ends_its_stream(serve: Callable[..., Serving]) -> None:
    serving = serve(
        """
        def forever():
            try:
                while True:
                    yield b"x" * 100000
            finally:
                print("ended")

        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"ok"] if environ["PATH_INFO"] == "/ok" else forever()
        """
    )
    sock = serving.connect()
    sock.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert sock.recv(100)
    assert serving.get("/ok").body == b"ok"
    sock.close()
    serving.wait_record(lambda item: item["message"] == "ended")
    assert serving.get("/ok").body == b"ok"


FAILS = """
    import sys

    def app(environ, start_response):
        path = environ["PATH_INFO"]
        if path == "/raise":
            raise ValueError("no such thing")
        if path == "/exit":
            sys.exit(3)
        if path == "/silent":
            return [b"x"]
        if path == "/text":
            start_response("200 OK", [])
            return ["text"]
        if path == "/split":
            start_response("200 OK", [("X-A", "b\\r\\nSet-Cookie: evil=1")])
            return [b""]
        if path == "/name":
            start_response("200 OK", [("X A", "b")])
            return [b""]
        if path == "/later":
            start_response("200 OK", [])
            try:
                raise KeyError("late")
            except KeyError:
                start_response("503 Sorry", [("Content-Type", "text/plain")], sys.exc_info())
            return [b"sorry"]
        if path == "/midway":
            start_response("200 OK", [])
            def parts():
                yield b"one"
                raise OSError("midway")
            return parts()
        start_response("200 OK", [])
        return [b"ok"]
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
        ("/silent", "script-raised", "before it called start_response"),
        ("/text", "script-raised", "TypeError"),
        ("/split", "script-raised", "line breaks"),
        ("/name", "script-raised", "header of the name 'X A'"),
    ],
)
def test_failures_are_answered_and_logged(
    serve: Callable[..., Serving], path: str, kind: str, message: str
) -> None:
    serving = serve(FAILS)
    reply = serving.get(path)
    assert (reply.status, reply.json()["kind"]) == (500, kind)
    assert re.search(message, reply.json()["error"])
    assert b"evil" not in reply.body
    record = serving.wait_record(lambda item: item["logger"] == "script")
    assert record["request"] == reply.headers["x-request-id"]
    assert serving.get("/").body == b"ok"


def test_failures_after_the_beginning(serve: Callable[..., Serving]) -> None:
    serving = serve(FAILS)
    assert (serving.get("/later").status, serving.get("/later").body) == (503, b"sorry")
    with pytest.raises(http.client.IncompleteRead):
        serving.get("/midway")
    assert serving.wait_record(lambda item: "OSError: midway" in item["message"])
    assert serving.get("/").body == b"ok"


SLOW = """
    import threading, time
    {threaded}
    running = []

    def app(environ, start_response):
        running.append(1)
        time.sleep(0.3)
        most = len(running)
        time.sleep(0.1)
        running.pop()
        start_response("200 OK", [("Content-Type", "text/plain")])
        main = threading.current_thread() is threading.main_thread()
        return [f"{{most}} {{main}} {{environ['wsgi.multithread']}}".encode()]
"""


@pytest.mark.parametrize(
    ("threaded", "expected"),
    [("", {b"1 True False"}), ("threaded = 3", {b"3 False True"})],
    ids=["main", "threads"],
)
def test_threads_only_when_the_script_says_so(
    serve: Callable[..., Serving], threaded: str, expected: set[bytes]
) -> None:
    serving = serve(SLOW.format(threaded=threaded))
    bodies: list[bytes] = []
    threads = [threading.Thread(target=lambda: bodies.append(serving.get("/").body)) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.15)
    began = time.monotonic()
    assert serving.get("/v2/health/live").status == 200
    assert time.monotonic() - began < 0.25
    for thread in threads:
        thread.join()
    assert set(bodies) == expected
    assert serving.stop() == 0


def test_stop_waits_for_what_runs(serve: Callable[..., Serving]) -> None:
    serving = serve(SLOW.format(threaded="threaded = True"))
    bodies: list[bytes] = []
    thread = threading.Thread(target=lambda: bodies.append(serving.get("/").body))
    thread.start()
    time.sleep(0.15)
    assert serving.stop() == 0
    thread.join()
    assert bodies == [b"1 False True"]


def test_limits_hold_for_apps(serve: Callable[..., Serving]) -> None:
    serving = serve(SLOW.format(threaded=""), limits={"queueLength": 1, "bodyBytes": 10})
    assert serving.request("POST", "/", b"x" * 11).status == 413
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(serving.get("/").status)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(statuses)) == [200, 503]


def test_websockets_are_refused(serve: Callable[..., Serving]) -> None:
    serving = serve(VALIDATED)
    headers = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-key": "x"}
    reply = serving.request("GET", "/ws", None, headers)
    assert (reply.status, reply.json()["kind"]) == (501, "no-websockets")


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("app = 7\n", "no-predict-class", "Could not find Predict"),
        ("class app:\n  pass\n", "unknown-app", r"Could not serve app\(\) of .*: app is neither"),
        (
            "def create_app():\n  return 3\n",
            "unknown-app",
            r"Could not serve create_app\(\) of .*: int is neither",
        ),
        ("def app(a, b, c, d): pass\n", "unknown-app", "Could not serve app of .*: function is neither"),
        (
            "def create_app():\n  return 1 / 0\n",
            "construct-raised",
            r"Could not create the app: ZeroDivisionError.*line 2",
        ),
    ],
)
def test_apps_that_can_not_be_served(
    make_serving: Callable[..., Serving], source: str, kind: str, message: str
) -> None:
    failure = make_serving(source).start().failure()
    assert failure["kind"] == kind, failure
    assert re.search(message, failure["message"]), failure["message"]


def test_predict_comes_before_an_app(serve: Callable[..., Serving]) -> None:
    serving = serve(
        """
        def app(environ, start_response):
            raise AssertionError

        class Predict:
            def predict(self, inputs):
                return inputs
        """
    )
    assert serving.predict([1]) == [1]
    assert serving.state()["load"]["app"] is None


FLASK = """
    import logging
    from flask import Flask, Response, jsonify, request, stream_with_context

    app = Flask(__name__)

    @app.post("/predict")
    def predict():
        app.logger.warning("asked %s", request.json["inputs"])
        return jsonify(predictions=[value * 2 for value in request.json["inputs"]])

    @app.get("/fail")
    def fail():
        raise ValueError("in the view")

    @app.get("/parts")
    def parts():
        def generate():
            for number in range(5):
                yield f"{request.args['name']} {number}\\n"
        return Response(stream_with_context(generate()), mimetype="text/plain")

    @app.get("/file")
    def file():
        from flask import send_file
        return send_file(__file__, mimetype="text/x-python")
"""


def test_flask(serve: Callable[..., Serving]) -> None:
    pytest.importorskip("flask", reason="Flask is not installed here")
    serving = serve(FLASK)
    reply = serving.post("/predict", {"inputs": [1, 2]}, **{"content-type": "application/json"})
    assert reply.json() == {"predictions": [2, 4]}
    warned = serving.wait_record(lambda item: item["message"] == "asked [1, 2]")
    assert (warned["level"], warned["request"]) == ("WARN", reply.headers["x-request-id"])
    assert serving.get("/absent").status == 404
    failed = serving.get("/fail")
    assert failed.status == 500
    trace = serving.wait_record(lambda item: "ValueError: in the view" in item["message"])
    assert trace["request"] == failed.headers["x-request-id"]
    assert serving.get("/file").body == serving.script.read_bytes()
    assert serving.request("HEAD", "/file").body == b""
    # Streams that run at the same time keep their own request.
    answers: dict[str, Any] = {}
    threads = [
        threading.Thread(
            target=lambda name=name: answers.update({name: serving.get(f"/parts?name={name}").body})
        )
        for name in "abcdef"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in "abcdef":
        assert answers[name] == "".join(f"{name} {number}\n" for number in range(5)).encode()


def test_compressed_bodies_are_left_to_the_app(serve: Callable[..., Serving]) -> None:
    serving = serve(
        """
        import gzip

        def app(environ, start_response):
            start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Encoding", "gzip")])
            return [gzip.compress(gzip.decompress(environ["wsgi.input"].read()) * 2)]
        """
    )
    reply = serving.request("POST", "/", gzip.compress(b"ab"), {"content-encoding": "gzip"})
    assert gzip.decompress(reply.body) == b"abab"
