"""HTTP/1.1 as the server speaks it, with the compiled parts and without."""

from __future__ import annotations

import json
import re
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from conftest import Serving, wait_until

SCRIPT = """
import time
CALLS = []
class Predict:
    def predict(self, inputs):
        CALLS.append(inputs)
        if isinstance(inputs, dict):
            time.sleep(inputs["sleep"])
        return inputs
    def classify(self, inputs):
        return CALLS
    def regress(self, inputs):
        return "x" * inputs
"""


@pytest.fixture(scope="module", params=["pure", "compiled"])
def serving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    if request.param == "compiled":
        pytest.importorskip("httptools", reason="httptools is not installed")
    limits = {"bodyBytes": 2_000_000, "headSeconds": 1, "bodyIdleSeconds": 1, "idleSeconds": 2}
    environment = {"MODEL_SERVER_PURE": "1" if request.param == "pure" else "0"}
    made = Serving(tmp_path_factory.mktemp(request.param), SCRIPT, environment, limits=limits).start().ready()
    assert any(
        ("(h11)" if request.param == "pure" else "(httptools)") in record["message"]
        for record in made.records()
    )
    yield made
    assert made.stop() == 0
    made.end()


def post(path: str, value: Any, headers: str = "") -> bytes:
    body = json.dumps(value).encode()
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


class Stream:
    """Replies read one after another from a raw connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.file = sock.makefile("rb")

    def reply(self, head: bool = False) -> tuple[int, dict[str, str], bytes]:
        status = self.file.readline()
        if not status:
            raise EOFError
        headers = {}
        for line in iter(self.file.readline, b"\r\n"):
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = b"" if head else self.file.read(int(headers.get("content-length", 0)))
        return int(status.split()[1]), headers, body

    def at_end(self) -> bool:
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True


def test_keep_alive(serving: Serving) -> None:
    with serving.connect() as sock:
        stream = Stream(sock)
        for number in range(50):
            sock.sendall(post("/predict", {"inputs": number}))
            status, headers, body = stream.reply()
            assert (status, body) == (200, b'{"predictions":%d}' % number)
            assert "connection" not in headers
            assert headers["content-type"] == "application/json"
            assert headers["date"].endswith("GMT")


def test_connection_close(serving: Serving) -> None:
    with serving.connect() as sock:
        stream = Stream(sock)
        sock.sendall(post("/predict", {"inputs": 1}, "Connection: close\r\n"))
        assert stream.reply()[1]["connection"] == "close"
        assert stream.at_end()


def test_http_10(serving: Serving) -> None:
    with serving.connect() as sock:
        stream = Stream(sock)
        sock.sendall(b"GET /live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert stream.reply()[1]["connection"] == "keep-alive"
        sock.sendall(b"GET /live HTTP/1.0\r\n\r\n")
        assert stream.reply()[1]["connection"] == "close"
        assert stream.at_end()


def test_pipelined_requests_are_answered_in_order(serving: Serving) -> None:
    with serving.connect() as sock:
        stream = Stream(sock)
        count = 60
        sock.sendall(
            b"".join(
                post("/predict", {"inputs": n}) + b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n"
                for n in range(count)
            )
        )
        for number in range(count):
            assert stream.reply()[2] == b'{"predictions":%d}' % number
            assert stream.reply()[2] == b'{"live":true}'


def test_an_error_in_a_pipeline_comes_after_the_replies_before_it(serving: Serving) -> None:
    with serving.connect() as sock:
        stream = Stream(sock)
        sock.sendall(post("/predict", {"inputs": {"sleep": 0.2}}) + b"NONSENSE\r\n\r\n")
        assert stream.reply()[0] == 200
        status, headers, body = stream.reply()
        assert status == 400
        assert headers["connection"] == "close"
        assert json.loads(body)["kind"] == "bad-http"
        assert stream.at_end()


def test_chunked_body(serving: Serving) -> None:
    with serving.connect() as sock:
        stream = Stream(sock)
        sock.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for part in (b'{"inp', b'uts":', b"[1,2", b"]}"):
            sock.sendall(b"%x\r\n%b\r\n" % (len(part), part))
            time.sleep(0.01)
        sock.sendall(b"0\r\n\r\n")
        assert stream.reply()[2] == b'{"predictions":[1,2]}'


def test_byte_by_byte(serving: Serving) -> None:
    with serving.connect() as sock:
        for byte in post("/predict", {"inputs": 5}):
            sock.sendall(bytes([byte]))
        assert Stream(sock).reply()[2] == b'{"predictions":5}'


def test_expect_continue(serving: Serving) -> None:
    with serving.connect() as sock:
        stream = Stream(sock)
        sock.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\n"
        )
        assert stream.file.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert stream.file.readline() == b"\r\n"
        sock.sendall(b'{"inputs":1}')
        assert stream.reply()[0] == 200


def test_expect_continue_is_refused_when_too_large(serving: Serving) -> None:
    with serving.connect() as sock:
        stream = Stream(sock)
        sock.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"
        )
        status, _, body = stream.reply()
        assert status == 413
        assert "2000000 bytes" in json.loads(body)["error"]


def test_head(serving: Serving) -> None:
    with serving.connect() as sock:
        stream = Stream(sock)
        sock.sendall(b"HEAD /live HTTP/1.1\r\nHost: x\r\n\r\nGET /live HTTP/1.1\r\nHost: x\r\n\r\n")
        status, headers, _ = stream.reply(head=True)
        assert (status, headers["content-length"]) == (200, "13")
        assert stream.reply()[2] == b'{"live":true}'


def test_body_limit_by_length_and_by_chunks(serving: Serving) -> None:
    with serving.connect() as sock:
        sock.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n")
        sock.sendall(b"x" * 3_000_000)  # the client sends on: the reply must reach it all the same
        assert Stream(sock).reply()[0] == 413
    with serving.connect() as sock:
        sock.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            sock.sendall(b"%x\r\n" % 1_000_000 + b"x" * 1_000_000 + b"\r\n")
        assert Stream(sock).reply()[0] == 413
    body = json.dumps({"inputs": "x" * 1_900_000}).encode()
    assert len(serving.request("POST", "/predict", body).body) > 1_900_000


def test_header_limit(serving: Serving) -> None:
    with serving.connect() as sock:
        sock.sendall(b"GET /live HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n")
        status, _, body = Stream(sock).reply()
        assert (status, json.loads(body)["kind"]) == (431, "headers-too-large")
    with serving.connect() as sock:
        sock.sendall(b"GET /live HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 60_000 + b"\r\n\r\n")
        assert Stream(sock).reply()[0] == 200


@pytest.mark.parametrize(
    "start",
    [b"POST /predict HTTP/1.1\r\nHost:", b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab"],
)
def test_slow_clients_get_408(serving: Serving, start: bytes) -> None:
    began = time.monotonic()
    with serving.connect() as sock:
        sock.sendall(start)
        status, _, body = Stream(sock).reply()
        assert (status, json.loads(body)["kind"]) == (408, "too-slow")
    assert 0.9 < time.monotonic() - began < 5


def test_a_byte_now_and_then_does_not_help(serving: Serving) -> None:
    with serving.connect() as sock:
        for byte in b"GET /live HTTP/1.1\r\nX: 1":
            try:
                sock.sendall(bytes([byte]))
            except OSError:
                break
            time.sleep(0.15)
        try:
            status = Stream(sock).reply()[0]
        except (ConnectionResetError, EOFError):
            status = 408
        assert status == 408


def test_idle_connections_close(serving: Serving) -> None:
    with serving.connect() as sock:
        sock.sendall(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
        stream = Stream(sock)
        stream.reply()
        assert stream.at_end()


def test_half_closed_client_gets_its_reply(serving: Serving) -> None:
    with serving.connect() as sock:
        sock.sendall(post("/predict", {"inputs": {"sleep": 0.2}}))
        sock.shutdown(socket.SHUT_WR)
        stream = Stream(sock)
        assert stream.reply()[0] == 200
        assert stream.at_end()


def test_a_client_that_is_gone_does_not_get_its_call_run(serving: Serving) -> None:
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(serving.post, "/predict", {"inputs": {"sleep": 0.6}})
        time.sleep(0.2)
        sock = serving.connect()
        sock.sendall(post("/predict", {"inputs": "never"}))
        time.sleep(0.1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
        assert slow.result().status == 200
    calls = serving.post("/classify", {"inputs": 0}).json()["predictions"]
    assert "never" not in calls


def test_a_client_that_reads_slowly_gets_everything(serving: Serving) -> None:
    with serving.connect() as sock:
        sock.sendall(post("/regress", {"inputs": 20_000_000}) + b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        assert serving.get("/ready").status == 200
        stream = Stream(sock)
        assert len(stream.reply()[2]) > 20_000_000
        assert stream.reply()[2] == b'{"live":true}'


def test_many_clients_get_their_own_answers(serving: Serving) -> None:
    def client(number: int) -> bool:
        with serving.connect() as sock:
            stream = Stream(sock)
            for turn in range(20):
                value = f"{number}-{turn}"
                sock.sendall(post("/predict", {"inputs": value}, f"X-Request-Id: r{value}\r\n"))
                status, headers, body = stream.reply()
                if (status, json.loads(body)["predictions"], headers["x-request-id"]) != (
                    200,
                    value,
                    f"r{value}",
                ):
                    return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(client, range(32)))


# Routes


def test_request_ids(serving: Serving) -> None:
    assert (
        serving.request("GET", "/live", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
    )
    insane = serving.request("GET", "/live", headers={"X-Request-Id": "a b<c>"}).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{16}", insane)
    too_long = serving.request("GET", "/live", headers={"X-Request-Id": "a" * 200}).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{16}", too_long)
    assert too_long[:8] != insane[:8]
    failed = serving.request("POST", "/predict", b"{", {"X-Request-Id": "abc-2"})
    assert failed.json()["request"] == "abc-2"
    serving.wait_record(lambda record: record["request"] == "abc-2" and record["status"] == 400)


BAD_REQUESTS: list[tuple[bytes, str, str]] = [
    (b"", "bad-json", "has no body"),
    (b'{"inputs": [1,\n2,,]}', "bad-json", "line 2, column 3"),
    (b"\xff\xfe", "bad-json", "byte 0 is not UTF-8"),
    (b'{"inputs": NaN}', "bad-json", "NaN is not JSON"),
    (b"[1]", "bad-request", "must be an object"),
    (b"null", "bad-request", "not null"),
    (b'{"instance": 1}', "no-inputs", "needs 'inputs' or 'instances': it has 'instance'"),
    (b"{}", "no-inputs", "it is empty"),
    (b'{"inputs": 1, "instances": 2}', "two-inputs", "both"),
    (b'{"inputs": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "bad-json", "nested too deeply"),
]


@pytest.mark.parametrize("number", range(len(BAD_REQUESTS)))
def test_bad_requests(serving: Serving, number: int) -> None:
    body, kind, text = BAD_REQUESTS[number]
    reply = serving.request("POST", "/v1/models/iris:predict", body)
    assert (reply.status, reply.json()["kind"]) == (400, kind)
    assert text in reply.json()["error"]
    assert serving.predict(1) == 1


def test_large_bad_json_is_refused_too(serving: Serving) -> None:
    reply = serving.request("POST", "/predict", b'{"inputs": "' + b"x" * 500_000)
    assert (reply.status, reply.json()["kind"]) == (400, "bad-json")


def test_accepted_forms(serving: Serving) -> None:
    for body in (
        b'{"inputs": [1]}',
        b'{"instances": [1]}',
        b'\xef\xbb\xbf{"inputs":[1]}',
        b' {"inputs": [1], "other": 2} ',
    ):
        assert serving.request("POST", "/v1/models/iris/versions/3:predict", body).json() == {
            "predictions": [1]
        }
    assert serving.request("POST", "/predict?x=1", b'{"inputs": "\xc3\xbc\\ud83d\\ude00"}').json() == {
        "predictions": "ü😀"
    }


def test_unknown_things(serving: Serving) -> None:
    wrong_name = serving.post("/v1/models/rose:predict", {"inputs": 1})
    assert (wrong_name.status, wrong_name.json()["kind"]) == (404, "unknown-model")
    assert "this server has 'iris'" in wrong_name.json()["error"]
    wrong_version = serving.post("/v1/models/iris/versions/4:predict", {"inputs": 1})
    assert (wrong_version.status, wrong_version.json()["kind"]) == (404, "unknown-version")
    assert "version 3" in wrong_version.json()["error"]
    route = serving.get("/nothing")
    assert (route.status, route.json()["kind"]) == (404, "unknown-route")
    assert "/v1/models/iris:predict" in route.json()["error"]
    assert serving.post("/v1/models/iris:explain", {"inputs": 1}).status == 404
    method = serving.get("/v1/models/iris:predict")
    assert (method.status, method.headers["allow"]) == (405, "POST")
    method = serving.post("/v1/models/iris", {})
    assert (method.status, method.headers["allow"]) == (405, "GET, HEAD")
    compressed = serving.request("POST", "/predict", b"x", {"Content-Encoding": "br"})
    assert compressed.status == 415


def test_status_routes(serving: Serving) -> None:
    for path in ("/v1/models/iris", "/v1/models/iris/versions/3"):
        status = serving.get(path).json()
        assert (status["name"], status["ready"]) == ("iris", True)
        assert status["model_version_status"][0] == {
            "version": "3",
            "state": "AVAILABLE",
            "status": {"error_code": "OK", "error_message": ""},
        }
    for path in ("/live", "/v2/health/live", "/ready", "/v2/health/ready"):
        assert serving.get(path).status == 200
    index = serving.get("/").json()
    assert index["verbs"] == ["predict", "classify", "regress"]
    assert index["links"]["predict"] == "/v1/models/iris:predict"


def test_nothing_of_a_request_reaches_the_log_unescaped(serving: Serving) -> None:
    with serving.connect() as sock:
        sock.sendall(
            b"GET /\x1b]0;x\x07%0a%1b\xe2\x80\xa8 HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\x1bb\r\n\r\n"
        )
        Stream(sock).reply()
    serving.get("/%0A%22level%22:%1b[31m")
    serving.wait_record(lambda record: "%1b[31m" in record["message"])
    raw = serving.log_file.read_bytes()
    assert all(byte == 10 or 32 <= byte < 127 for byte in raw)
    assert all(isinstance(json.loads(line), dict) for line in raw.splitlines())


def test_the_counter_counts_calls(serving: Serving) -> None:
    before = serving.state()["replicas"][0]["requests"]
    for _ in range(5):
        serving.predict(1)
    wait_until(lambda: serving.state()["replicas"][0]["requests"] >= before + 5)
    assert (
        serving.state()["replicas"][0]["memoryBytes"] is None
        or serving.state()["replicas"][0]["memoryBytes"] > 1_000_000
    )
