"""Metrics pages, token, limits of queue and time: of whole servings."""

from __future__ import annotations

import http.client
import json
import os
import pickle
import random
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import POSIX, Serving, wait_until

SCRIPT = """
import os, signal, time

class Predict:
    def predict(self, inputs):
        if inputs == "token":
            return os.environ.get("SERVING_TOKEN")
        if isinstance(inputs, dict):
            time.sleep(inputs["sleep"])
        if inputs == "raise":
            raise ValueError("no")
        return [os.getpid()]
"""


def in_background(serving: Serving, inputs: Any, replies: list[Any]) -> threading.Thread:
    thread = threading.Thread(target=lambda: replies.append(serving.post("/predict", {"inputs": inputs})))
    thread.start()
    return thread


def totals(serving: Serving) -> dict[str, Any]:
    return serving.get("/metrics.json").json()["totals"]


def counts(serving: Serving) -> dict[int, int]:
    return {item["status"]: item["count"] for item in totals(serving)["requests"]}


def test_metrics_of_a_serving(serve: Any) -> None:
    serving = serve(SCRIPT, replicas={"min": 2}, batching=False)
    for _ in range(5):
        serving.predict(1)
    assert serving.post("/predict", {"inputs": "raise"}).status == 500
    # Whichever worker answers has the sum over both.
    for _ in range(4):
        assert counts(serving) == {200: 5, 500: 1}
    value = serving.get("/metrics.json").json()
    assert value["name"] == "iris"
    assert value["totals"]["modelSeconds"]["count"] == 6
    assert value["totals"]["inFlight"] == value["totals"]["queueLength"] == 0
    assert [worker["replica"] for worker in value["workers"]] == [1, 2]
    assert all(worker["memoryBytes"] > 1_000_000 for worker in value["workers"])
    assert {worker["mode"] for worker in value["workers"]} <= {"inline", "beside"}
    assert all(worker["modeReason"] for worker in value["workers"])
    page = serving.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = page.body.decode().splitlines()
    assert 'model_server_requests_total{verb="predict",protocol="v1",status="200"} 5' in lines
    assert 'model_server_workers{state="ready"} 2' in lines
    other = serving.request("GET", "/metrics", headers={"Accept": "application/openmetrics-text"})
    assert other.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert other.body.endswith(b"# EOF\n")
    assert serving.post("/metrics", {}).status == 405


@pytest.mark.skipif(not POSIX, reason="signals")
def test_counters_survive_workers_and_are_told_while_none_is_ready(serve: Any) -> None:
    script = SCRIPT.replace("class Predict:", "time.sleep(1.5)\n\nclass Predict:")
    serving = serve(script)
    (pid,) = serving.predict(1)
    serving.predict(1)
    wait_until(lambda: counts(serving) == {200: 2})  # a reply is counted just after it was sent
    os.kill(pid, signal.SIGKILL)
    serving.wait(lambda state: state["state"] == "starting")
    while_waiting = serving.get("/metrics.json")
    assert while_waiting.headers["connection"] == "close"
    assert while_waiting.json()["totals"]["requests"][0]["count"] == 2
    assert serving.get("/metrics").status == 200
    serving.ready()
    serving.predict(1)
    assert counts(serving) == {200: 3}
    assert totals(serving)["restarts"] == 1


@pytest.mark.skipif(not POSIX, reason="signals")
def test_workers_that_are_killed_under_load_lose_only_what_they_were_answering(serve: Any) -> None:
    script = """
        import os, time
        class Predict:
            def predict(self, inputs):
                time.sleep(0.01)
                return os.getpid()
    """
    serving = serve(script, replicas={"min": 2}, batching=False)
    port, stop = serving.port, threading.Event()
    failed: list[str] = []
    statuses: list[int] = []

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while not stop.is_set():
            try:
                connection.request("POST", "/predict", b'{"inputs": 1}')
                response = connection.getresponse()
                response.read()
                statuses.append(response.status)
            except (OSError, http.client.HTTPException) as error:
                failed.append(repr(error))
                connection.close()

    clients = 6
    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    kills = 3
    for kill in range(1, kills + 1):
        time.sleep(0.6)
        os.kill(serving.state()["replicas"][0]["pid"], signal.SIGKILL)
        serving.wait(
            lambda state, kill=kill: (
                sum(r["restarts"] for r in state["replicas"]) == kill
                and all(r["state"] == "ready" for r in state["replicas"])
            ),
            30,
        )
    stop.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}
    assert len(statuses) > 100
    # A client has one request at a time, and each kill took one worker with its clients' requests.
    assert len(failed) <= kills * clients
    assert totals(serving)["restarts"] == kills


def test_the_token(make_serving: Any) -> None:
    secret = "s3cret-ü"
    serving = make_serving(
        SCRIPT, environment={"SERVING_TOKEN": secret}, tokenVariable="SERVING_TOKEN"
    ).start()
    serving.ready()
    for path in ("/live", "/ready", "/v2/health/live", "/v2/health/ready"):
        assert serving.get(path).status == 200
    for path in ("/metrics", "/metrics.json", "/", "/v1/models/iris", "/v2", "/openapi.json"):
        refused = serving.get(path)
        assert refused.status == 401, path
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert refused.json()["kind"] == "unauthorized"
    good = "Bearer " + secret.encode().decode("latin-1")
    for given in ("", "Bearer", "Bearer ", "Bearer wrong", f"Basic {good[7:]}", good + "x", good[:-1]):
        reply = serving.post("/predict", {"inputs": 1}, **{"Authorization": given} if given else {})
        assert reply.status == 401, given
    reply = serving.post("/predict", {"inputs": "token"}, Authorization=good)
    assert (reply.status, reply.json()) == (200, {"predictions": None})
    assert (
        serving.request("GET", "/metrics", headers={"authorization": good.replace("B", "b", 1)}).status == 200
    )
    page = serving.request("GET", "/metrics", headers={"Authorization": good}).body.decode()
    assert 'model_server_rejected_total{reason="token"} 13' in page.splitlines()
    files = [file for file in serving.run_dir.rglob("*") if file.is_file()]
    assert not [file for file in files if "s3cret" in file.read_bytes().decode("latin-1")]


def test_the_token_of_an_app(make_serving: Any) -> None:
    app = """
        def app(environ, start_response):
            start_response("200 OK", [])
            return [environ["PATH_INFO"].encode()]
    """
    serving = make_serving(app, environment={"T": "abc"}, tokenVariable="T").start().ready()
    for path in ("/", "/live", "/ready", "/metrics", "/docs", "//live", "/x/../live", "/v2/health/live/x"):
        assert serving.get(path).status == 401, path
    assert serving.get("/v2/health/ready").status == 200
    assert serving.request("GET", "/live", headers={"Authorization": "Bearer abc"}).body == b"/live"


def test_a_token_that_is_missing_is_a_failure(make_serving: Any) -> None:
    serving = make_serving(SCRIPT, tokenVariable="NOT_THERE").start()
    failure = serving.failure()
    assert failure["kind"] == "token-missing"
    assert "NOT_THERE" in failure["message"]


def test_the_token_is_wanted_while_nothing_is_ready(make_serving: Any) -> None:
    serving = make_serving(
        "import time\ntime.sleep(30)", environment={"TOKEN": "abc"}, tokenVariable="TOKEN"
    ).start()
    serving.wait(lambda state: state["stages"][-1]["name"] == "import")
    assert serving.get("/live").status == 200
    assert serving.get("/ready").status == 503
    assert serving.get("/metrics").status == 401
    assert serving.request("GET", "/metrics", headers={"Authorization": "Bearer abc"}).status == 200


def test_every_route_but_health_wants_the_token(make_serving: Any) -> None:
    """Whatever another feature adds later, and however the path is written."""
    serving = make_serving(SCRIPT, environment={"T": "abc"}, tokenVariable="T").start().ready()
    paths = ["/v1/models/iris:predict", "/predict", "/v2/models/iris", "/v2/models/iris/infer", "/metrics"]
    for path in [
        *paths,
        "/%6detrics",
        "/metrics?x=/live",
        "http://a/metrics",
        "/live/../metrics",
        "/openapi.json",
    ]:
        for method in ("GET", "POST", "HEAD", "OPTIONS"):
            assert serving.request(method, path).status == 401, (method, path)
    assert serving.get("/live?x=1").status == 200


def test_a_full_queue(serve: Any) -> None:
    serving = serve(SCRIPT, limits={"queueLength": 2})
    replies: list[Any] = []
    threads = [in_background(serving, {"sleep": 1.2}, replies)]
    wait_until(lambda: totals(serving)["inFlight"] == 1)
    time.sleep(0.1)
    threads += [in_background(serving, {"sleep": 0}, replies) for _ in range(2)]
    wait_until(lambda: totals(serving)["inFlight"] == 3)
    assert totals(serving)["queueLength"] == 2
    refused = serving.post("/predict", {"inputs": 1})
    assert (refused.status, refused.json()["kind"]) == (503, "queue-full")
    assert refused.headers["retry-after"] == "1"
    assert "limits.queueLength is 2" in refused.json()["error"]
    assert serving.get("/ready").status == 200
    for thread in threads:
        thread.join()
    assert [reply.status for reply in replies] == [200, 200, 200]
    serving.predict(1)
    assert totals(serving)["rejected"] == {"queue": 1}
    assert totals(serving)["inFlight"] == 0


def test_a_request_that_takes_too_long(serve: Any) -> None:
    marks = """
        import time
        calls = []
        class Predict:
            def predict(self, inputs):
                if inputs == "calls":
                    return calls
                calls.append(inputs)
                time.sleep(inputs)
                return inputs
    """
    serving = serve(marks, limits={"requestSeconds": 0.5}, batching=False)
    replies: list[Any] = []
    first = in_background(serving, 2.5, replies)
    wait_until(lambda: totals(serving)["inFlight"] == 1)
    began = time.monotonic()
    with serving.connect() as sock:
        # On one connection: its next request is answered when the first call is done.
        sock.sendall(b'POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n{"inputs": 0.7}')
        late = sock.recv(4000)
        assert b"504 Gateway Timeout" in late
        assert b"request-timeout" in late
        assert time.monotonic() - began < 2
        first.join()
        assert replies[0].status == 504
        wait_until(lambda: totals(serving)["modelSeconds"]["count"] == 1)
        sock.sendall(b'POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 19\r\n\r\n{"inputs": "calls"}')
        assert b'{"predictions":[2.5]}' in sock.recv(4000)
    value = totals(serving)
    assert value["inFlight"] == 0
    assert {item["status"]: item["count"] for item in value["requests"]} == {200: 1, 504: 2}


class Runs:
    """Would run a command."""

    def __reduce__(self) -> Any:
        return os.system, ("touch ran",)


LOADS = """
import pickle
class Predict:
    def __init__(self):
        with open("model.pkl", "rb") as file:
            self.model = pickle.load(file)
    def predict(self, inputs):
        return len(self.model)
"""
SYSTEM = f"{os.system.__module__}.system"


def test_a_pickle_that_imports_what_is_not_allowed(make_serving: Any) -> None:
    serving = make_serving(
        LOADS, files={"model.pkl": pickle.dumps([Runs()])}, pickleImports={"allow": ["x.*"]}
    )
    failure = serving.start().failure()
    assert failure["kind"] == "pickle-import-refused"
    assert SYSTEM in failure["message"]
    assert "line 6" in failure["message"]
    assert failure["remedies"][0] == {"kind": "allow-import", "import": SYSTEM}
    assert not list(serving.run_dir.rglob("ran"))


def test_without_an_allow_list_imports_are_only_listed(serve: Any) -> None:
    serving = serve(LOADS, files={"model.pkl": pickle.dumps([Runs()])})
    assert SYSTEM in serving.state()["pickleImports"]
    assert list(serving.run_dir.rglob("ran"))


def test_a_script_that_hides_a_refusal(make_serving: Any) -> None:
    script = LOADS.replace(
        "self.model = pickle.load(file)",
        "try:\n                self.model = pickle.load(file)\n            except Exception as e:\n"
        "                raise RuntimeError('mine') from e",
    )
    serving = make_serving(script, files={"model.pkl": pickle.dumps([Runs()])}, pickleImports={"allow": []})
    assert serving.start().failure()["kind"] == "pickle-import-refused"


@pytest.mark.sklearn
def test_a_real_model_with_an_allow_list(serve: Any, tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib")
    neighbors = pytest.importorskip("sklearn.neighbors")
    model = neighbors.KNeighborsClassifier(1).fit([[0.0], [1.0]], [0, 1])
    joblib.dump(model, tmp_path / "m.joblib")
    script = """
        import joblib
        class Predict:
            def __init__(self):
                self.model = joblib.load("m.joblib")
            def predict(self, inputs):
                return self.model.predict(inputs).tolist()
    """
    files = {"m.joblib": (tmp_path / "m.joblib").read_bytes()}
    serving = serve(script, files=files, pickleImports={"allow": ["sklearn.*"]})
    assert serving.predict([[0.2], [0.9]]) == [0, 1]
    assert "sklearn.neighbors._classification.KNeighborsClassifier" in serving.state()["pickleImports"]


def test_nothing_of_a_request_breaks_the_log(serve: Any) -> None:
    """Each line of the log is one record, and no control character of a request is in it."""
    serving = serve(SCRIPT)
    seeded = random.Random(11)
    forged = '{"time":"2000-01-01T00:00:00.000Z","level":"INFO","logger":"server","message":"forged"}'
    pieces = [
        "\x1b[31m",
        "\n",
        "\r\n",
        "\x00",
        "\u2028",
        "%0a%0d",
        "%1b",
        forged,
        '"',
        "\\",
        "ü",
        "\x7f",
        "A" * 300,
    ]
    port = serving.port

    def junk() -> bytes:
        return "".join(seeded.choice(pieces) for _ in range(seeded.randint(1, 5))).encode()

    for _ in range(300):
        path, header, identifier, body = junk(), junk(), junk(), junk()
        sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        sock.sendall(
            b"%b /%b HTTP/1.1\r\nHost: a\r\nx-%b: %b\r\nX-Request-Id: %b\r\nContent-Length: %d\r\n\r\n%b"
            % (seeded.choice([b"POST", b"GET", junk()]), path, seeded.choice([b"a", junk()]), header, identifier,
               len(body), body)
        )  # fmt: skip
        sock.shutdown(socket.SHUT_WR)
        try:
            while sock.recv(65536):
                pass
        except OSError:
            pass
        sock.close()
    serving.predict(1)
    assert serving.stop() == 0
    data = serving.log_file.read_bytes()
    assert not set(data) & (set(range(32)) - {10} | {127})
    for line in data.splitlines():
        record = json.loads(line)
        assert record["message"] != "forged"
        assert set(record) >= {"time", "level", "logger", "message"}
