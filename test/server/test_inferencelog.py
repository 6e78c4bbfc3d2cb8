"""The inference log of real servers: what is kept of which requests, and what becomes of it when something dies."""

from __future__ import annotations

import base64
import gzip
import json
import os
import signal
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from conftest import LINUX, POSIX, Serving

ECHO = """
    import os, time

    class Predict:
        def predict(self, inputs):
            if inputs == "slow":
                time.sleep(0.4)
            if inputs == "die":
                os._exit(7)
            return inputs

        def classify(self, inputs):
            for item in inputs:
                yield item

        def regress(self, inputs):
            raise ValueError("no")
"""
Make = Callable[..., Serving]


def kept(serving: Serving) -> list[dict[str, Any]]:
    """The whole lines of its file: while one is written, who reads may see its beginning."""
    try:
        data = (serving.folder / "log" / "iris.ndjson").read_bytes()
    except OSError:
        return []
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


def wait_kept(serving: Serving, count: int, seconds: float = 10) -> list[dict[str, Any]]:
    end = time.monotonic() + seconds
    while len(kept(serving)) < count:
        assert time.monotonic() < end, f"{len(kept(serving))} of {count}\n{serving.log_text()[-3000:]}"
        time.sleep(0.05)
    return kept(serving)


def told(serving: Serving) -> dict[str, Any]:
    return serving.get("/metrics.json").json()["inferenceLog"]


@pytest.fixture
def logging(serve: Make, tmp_path: Path) -> Callable[..., Serving]:
    """A ready serving with a file log; `log` are options beside the file."""

    def start(script: str = ECHO, log: dict[str, Any] | None = None, **launch: Any) -> Serving:
        folder = tmp_path / "serving 0" / "log"
        options = {"file": {"folder": str(folder)}, **(log or {})}
        return serve(script, inferenceLog=options, **launch)

    return start


APP = """
    def application(environ, start_response):
        sent = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (part for part in (b"got ", sent, b"!" * int(environ["QUERY_STRING"] or 0)))
"""


def test_requests_to_an_app_leave_records_of_what_was_sent(logging: Make) -> None:
    serving = logging(APP)
    assert serving.request("GET", "/page").status == 200
    assert serving.request("POST", "/score?3", b"\xffa").body == b"got \xffa!!!"
    assert serving.request("PUT", "/score", b"b").body == b"got b"
    first, second = wait_kept(serving, 2)
    assert (first["verb"], first["protocol"], first["path"]) == ("app", "app", "/score")
    assert base64.b64decode(first["reply"]["base64"]) == b"got \xffa!!!"
    assert (second["request"]["text"], second["reply"]["text"]) == ("b", "got b")


def test_a_stream_that_is_too_large_is_counted_and_not_held(logging: Make) -> None:
    serving = logging(APP, {"queue": {"bytes": 1_000_000}})
    assert len(serving.request("POST", "/score?1100000", b"").body) == 1_100_004
    assert serving.request("POST", "/score", b"b").status == 200
    assert [record["reply"]["text"] for record in wait_kept(serving, 1)] == ["got b"]
    own = serving.request("GET", "/metrics.json", headers={"x-model-serving-metrics": "1"}).json()
    assert own["inferenceLog"]["droppedBefore"] == {"too-large": 1}


def test_each_prediction_leaves_one_record(logging: Make) -> None:
    serving = logging()
    body = b'{ "inputs":  [[5.10, 3]] }'
    replies = [
        serving.request("POST", "/v1/models/iris:predict", body, {"x-request-id": "mine-1"}),
        serving.request("POST", "/v1/models/iris/versions/3:predict?key=secret", body),
        serving.request("POST", "/predict", body),
        serving.request("POST", "/v1/models/iris:regress", body),
        serving.request("POST", "/v1/models/iris:predict", b"{"),
        serving.request("POST", "/v2/models/iris/infer", _tensor([[1.5]])),
    ]
    for path in ("/", "/v2/health/live", "/v1/models/iris", "/nothing", "/metrics"):
        serving.get(path)
    serving.post("/v1/models/other:predict", {"inputs": 1})
    records = wait_kept(serving, 6)
    assert (
        [one["status"] for one in records]
        == [reply.status for reply in replies]
        == [200, 200, 200, 500, 400, 200]
    )
    assert [one["reply"]["text"].encode() for one in records] == [reply.body for reply in replies]
    assert [one["id"] for one in records] == [reply.headers["x-request-id"] for reply in replies]
    assert [one["request"]["text"].encode() for one in records[:5]] == [body] * 4 + [b"{"]
    assert [one["verb"] for one in records] == ["predict"] * 3 + ["regress"] + ["predict"] * 2
    assert [one["protocol"] for one in records] == ["v1"] * 5 + ["v2"]
    assert records[0]["id"] == "mine-1"
    assert records[1]["path"] == "/v1/models/iris/versions/3:predict"
    assert b"secret" not in (serving.folder / "log" / "iris.ndjson").read_bytes()
    serving.ask_to_stop()
    assert serving.exit_code() == 0
    assert len(kept(serving)) == 6


def _tensor(rows: list[list[float]]) -> bytes:
    shape = [len(rows), len(rows[0])]
    tensor = {"name": "x", "shape": shape, "datatype": "FP64", "data": [one for row in rows for one in row]}
    return json.dumps({"inputs": [tensor]}).encode()


def test_streams_batches_and_compressed_bodies(logging: Make) -> None:
    serving = logging()
    stream = serving.request(
        "POST", "/v1/models/iris:classify", b'{"inputs":["a","b"]}', {"accept": "application/x-ndjson"}
    )
    packed = gzip.compress(b'{"inputs":"' + b"x" * 5000 + b'"}')
    squeezed = serving.request(
        "POST", "/predict", packed, {"content-encoding": "gzip", "accept-encoding": "gzip"}
    )
    assert squeezed.headers["content-encoding"] == "gzip"
    first, second = wait_kept(serving, 2)
    assert first["reply"]["text"].encode() == stream.body == b'"a"\n"b"\n'
    assert first["reply"]["type"] == "application/x-ndjson"
    assert second["request"]["text"] == gzip.decompress(packed).decode()
    assert second["request"]["bytes"] == len(packed)
    assert second["request"]["coding"] == second["reply"]["coding"] == "gzip"
    assert second["reply"]["text"].encode() == gzip.decompress(squeezed.body)
    # Requests that wait while one runs are predicted together, and are as many records.
    import threading

    threads = [
        threading.Thread(target=serving.predict, args=(inputs,))
        for inputs in ["slow", *([[n]] for n in range(8))]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = wait_kept(serving, 11)[2:]
    assert sorted(one["request"]["text"] for one in records) == sorted(
        ['{"inputs": "slow"}', *(f'{{"inputs": [[{n}]]}}' for n in range(8))]
    )


def test_fuzzed_bodies_are_kept_byte_for_byte(logging: Make, tmp_path: Path) -> None:
    import random

    fuzz = random.Random(11)
    folder = str(tmp_path / "serving 0" / "log")
    serving = logging(
        log={"headers": ["Content-Type", "x-mine"], "file": {"folder": folder, "maxBytes": 200_000_000}}
    )
    bodies = [fuzz.randbytes(size) for size in (1, 10, 1000, 300_000)]
    bodies += [b"\xff\xfe\x00", b'{"inputs":"\xf0\x28\x8c\x28"}', b'"\\ud800"', b"\0" * 100, b"\r\n\x1e{}"]
    bodies += [json.dumps({"inputs": fuzz.randbytes(5_000_000).hex()}).encode()]
    for body in bodies:
        serving.request(
            "POST",
            "/predict",
            body,
            {"x-mine": "a: b", "authorization": "Bearer s3cret", "content-type": "x/y"},
        )
    records = wait_kept(serving, len(bodies))
    for body, one in zip(bodies, records):
        part = one["request"]
        assert (base64.b64decode(part["base64"]) if "base64" in part else part["text"].encode()) == body
        assert one["headers"] == {"content-type": "x/y", "x-mine": "a: b"}
    assert records[-1]["reply"]["bytes"] > 10_000_000
    assert b"s3cret" not in (serving.folder / "log" / "iris.ndjson").read_bytes()


def test_a_client_that_leaves_within_a_stream(logging: Make) -> None:
    script = """
        import time

        class Predict:
            def predict(self, inputs):
                for number in range(50):
                    yield number
                    time.sleep(0.02)
    """
    serving = logging(script)
    with serving.connect() as client:
        head = (
            b"POST /predict HTTP/1.1\r\nhost: x\r\naccept: application/x-ndjson\r\ncontent-length: 15\r\n\r\n"
        )
        client.sendall(head + b'{"inputs": [1]}')
        got = b""
        while b"0\n" not in got:
            got += client.recv(1000)
    (one,) = wait_kept(serving, 1)
    assert (one["verb"], one["status"], one["aborted"]) == ("predict", 200, True)
    assert one["reply"]["text"].startswith("0\n")
    assert one["reply"]["bytes"] == len(one["reply"]["text"])


@pytest.mark.parametrize("mode", ["PREDICTIONS", "MODEL_INPUTS"])
def test_modes(logging: Make, mode: str) -> None:
    serving = logging(log={"mode": mode})
    serving.predict([[1]])
    serving.request("POST", "/classify", b'{"inputs":[1]}', {"accept": "application/x-ndjson"})
    for one in wait_kept(serving, 2):
        assert ("reply" in one, "request" in one) == (mode == "PREDICTIONS", mode == "MODEL_INPUTS")


def test_nothing_that_is_redacted_is_written_anywhere(logging: Make) -> None:
    serving = logging(log={"redact": ["$..pin"], "kafka": {"brokers": "127.0.0.1:9", "topic": "t"}})
    canary = "canary-4711"
    person = {"pin": canary, "age": 7}
    serving.post("/predict", {"inputs": [person]})
    serving.post("/predict", {"inputs": [{"pin": {"deep": [canary]}}]})
    serving.request(
        "POST", "/classify", json.dumps({"inputs": [person] * 3}).encode(), {"accept": "text/event-stream"}
    )
    serving.request(
        "POST",
        "/predict",
        gzip.compress(json.dumps({"inputs": person}).encode()),
        {"content-encoding": "gzip"},
    )
    serving.request("POST", "/predict", f'{{"inputs": [{{"pin": "{canary}"'.encode())
    serving.request("POST", "/predict", f'{{"inputs":1,"a":{{"pin":"{canary}"}},"a":0}}'.encode())
    records = wait_kept(serving, 6)
    assert records[0]["request"]["text"] == '{"inputs":[{"pin":"[redacted]","age":7}]}'
    assert records[0]["request"]["redacted"] == 1
    assert records[2]["reply"]["text"].count("[redacted]") == 3
    assert "not JSON" in records[4]["request"]["withheld"]
    serving.ask_to_stop()
    serving.exit_code()
    written = [path for path in serving.folder.rglob("*") if path.is_file()]
    assert serving.folder / "log" / "iris.ndjson" in written
    assert [path for path in written if canary.encode() in path.read_bytes()] == []


def test_off_by_default(serve: Make) -> None:
    serving = serve(ECHO)
    serving.predict([[1]])
    assert serving.state()["inferenceLog"] is None
    assert told(serving) is None
    assert b"inference_log" not in serving.get("/metrics").body
    if LINUX:
        (replica,) = serving.state()["replicas"]
        names = [path.read_text() for path in Path(f"/proc/{replica['pid']}/task").glob("*/comm")]
        assert not any("record" in name for name in names)


def test_it_tells_what_it_does(logging: Make) -> None:
    serving = logging(replicas={"min": 2})
    for number in range(20):
        serving.predict([[number]])
    wait_kept(serving, 20)
    state = serving.wait(lambda state: state["inferenceLog"]["sinks"][0]["sent"] == 20)["inferenceLog"]
    assert state == told(serving)
    assert state["records"] == 20
    assert state["limit"] == {"records": 10_000, "bytes": 64 * 1024 * 1024}
    (sink,) = state["sinks"]
    assert (sink["sink"], sink["state"], sink["dropped"], sink["waiting"]) == ("file", "sending", 0, 0)
    assert sink["lastError"] is None
    metrics = serving.get("/metrics").body.decode()
    assert 'model_server_inference_log_sent_total{sink="file"} 20' in metrics
    assert 'model_server_inference_log_waiting{sink="file"} 0' in metrics
    assert len({one["replica"] for one in kept(serving)}) == 2 or len(kept(serving)) == 20


def test_a_disk_that_refuses_costs_no_prediction(logging: Make) -> None:
    serving = logging()
    lock = serving.folder / "log" / "iris.ndjson.lock"
    serving.wait(lambda _: lock.exists())
    lock.unlink()
    lock.mkdir()
    for number in range(5):
        serving.predict([[number]])
    state = serving.wait(lambda state: state["inferenceLog"]["sinks"][0]["lastError"])["inferenceLog"]
    (sink,) = state["sinks"]
    assert sink["state"] == "waiting"
    assert "inference log" in sink["lastError"]["message"]
    assert str(serving.folder / "log") in sink["lastError"]["remedy"]
    serving.wait_record(lambda record: record.get("sink") == "file")
    lock.rmdir()
    assert len(wait_kept(serving, 5)) == 5


def recorder_of(serving: Serving) -> int:
    """The process id of the recorder: a child of the supervisor that runs `record`."""
    assert serving.process is not None
    end = time.monotonic() + 10
    while True:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = path.read_bytes().split(b"\0")
                parent = path.with_name("stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            if command[-2:] == [b"record", b""] and int(parent) == serving.process.pid:
                return int(path.parent.name)
        assert time.monotonic() < end
        time.sleep(0.05)


def check_sum(log: dict[str, Any], answered: int) -> None:
    """Every answered prediction is kept or counted as lost."""
    (sink,) = log["sinks"]
    assert sink["sent"] + sink["dropped"] + sum(log["droppedBefore"].values()) == answered, log


@pytest.mark.skipif(not LINUX, reason="finds the process in /proc")
def test_a_recorder_that_is_killed_comes_again(logging: Make) -> None:
    serving = logging()
    for number in range(30):
        serving.predict([[number]])
    os.kill(recorder_of(serving), signal.SIGKILL)
    for number in range(30):
        serving.predict([[number]])
        time.sleep(0.01)
    before = len(kept(serving))
    serving.wait_record(lambda record: "inference log's process died" in record["message"])
    recorder_of(serving)
    for number in range(30):
        serving.predict([[number]])
    wait_kept(serving, before + 30)
    serving.ask_to_stop()
    assert serving.exit_code() == 0
    check_sum(serving.state()["inferenceLog"], 90)
    assert len(kept(serving)) == serving.state()["inferenceLog"]["sinks"][0]["sent"]


@pytest.mark.skipif(not LINUX, reason="finds the process in /proc")
def test_a_recorder_that_is_killed_right_before_the_end(logging: Make) -> None:
    serving = logging()
    for number in range(10):
        serving.predict([[number]])
    wait_kept(serving, 10)
    os.kill(recorder_of(serving), signal.SIGKILL)
    for number in range(10):
        serving.predict([[number]])
    serving.ask_to_stop()
    assert serving.exit_code() == 0
    check_sum(serving.state()["inferenceLog"], 20)
    assert serving.state()["inferenceLog"]["sinks"][0]["state"] == "ended"


def test_a_worker_that_dies_loses_a_moment_at_the_most(logging: Make) -> None:
    serving = logging()
    for number in range(20):
        serving.predict([[number]])
    wait_kept(serving, 20)
    with pytest.raises(OSError):  # whichever way the connection breaks
        serving.post("/predict", {"inputs": "die"})
    serving.wait(
        lambda state: [(one["restarts"], one["state"]) for one in state["replicas"]] == [(1, "ready")]
    )
    for number in range(20):
        serving.predict([[number]])
    serving.ask_to_stop()
    assert serving.exit_code() == 0
    check_sum(serving.state()["inferenceLog"], 40)


@pytest.mark.skipif(not POSIX, reason="needs SIGKILL")
def test_a_server_that_is_killed_leaves_whole_lines(logging: Make) -> None:
    serving = logging(replicas={"min": 2})
    recorder = recorder_of(serving) if LINUX else 0
    for number in range(50):
        serving.predict([[number]])
    time.sleep(1)
    assert serving.process is not None
    serving.process.kill()
    assert len(wait_kept(serving, 50)) == 50
    end = time.monotonic() + 10
    while LINUX and Path(f"/proc/{recorder}/cmdline").exists():
        assert time.monotonic() < end, "the recorder ends with its server"
        time.sleep(0.05)
    assert (serving.folder / "log" / "iris.ndjson").read_bytes().endswith(b"}\n")


def test_records_of_the_last_moment_are_kept(logging: Make) -> None:
    serving = logging(replicas={"min": 2})
    for number in range(200):
        serving.predict([[number]])
    serving.ask_to_stop()
    assert serving.exit_code() == 0
    assert len(kept(serving)) == 200


@pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")
def test_forked_workers_and_reloaded_ones(logging: Make) -> None:
    serving = logging(replicas={"min": 2}, preload=True, reload=True)
    assert serving.state()["preload"]["on"]
    for number in range(10):
        serving.predict([[number]])
    wait_kept(serving, 10)
    serving.script.write_text(serving.script.read_text().replace("return inputs", "return [7]"))
    serving.wait(lambda state: state["reload"]["reloads"] == 1)
    assert serving.predict([[1]]) == [7]
    assert wait_kept(serving, 11)[-1]["reply"]["text"] == '{"predictions":[7]}'


def test_without_a_client_kafka_fails_and_predictions_do_not(logging: Make, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "confluent_kafka.py").write_text("raise ImportError('No module named confluent_kafka')")
    kafka = {"brokers": "127.0.0.1:9092", "topic": "t"}
    serving = logging(log={"kafka": kafka}, environment={"PYTHONPATH": str(blocked)})
    serving.predict([[1]])
    wait_kept(serving, 1)
    state = serving.wait(lambda state: state["inferenceLog"]["sinks"][1]["dropped"])["inferenceLog"]
    file, sink = state["sinks"]
    assert file["sent"] == 1
    assert (sink["state"], sink["droppedBecause"]) == ("failed", {"no-client": 1})
    assert "confluent-kafka can't be imported" in sink["lastError"]["message"]
    assert "-m pip install confluent-kafka" in sink["lastError"]["remedy"]


def test_a_password_is_nobodys_but_the_recorders(logging: Make) -> None:
    script = """
        import os
        class Predict:
            def predict(self, inputs):
                return [dict(os.environ).get(name) for name in inputs]
    """
    sasl = {"user": "ada", "passwordVariable": "KAFKA_PASSWORD"}
    serving = logging(
        script,
        log={"kafka": {"brokers": "127.0.0.1:9", "topic": "t", "sasl": sasl}},
        environment={"KAFKA_PASSWORD": "s3cret-4711", "OTHER": "x"},
    )
    assert serving.predict(["KAFKA_PASSWORD", "OTHER"]) == [None, "x"]
    wait_kept(serving, 1)
    files = [path for path in serving.folder.rglob("*") if path.is_file()]
    assert [path for path in files if b"s3cret-4711" in path.read_bytes()] == []
    if LINUX:
        recorder = Path(f"/proc/{recorder_of(serving)}")
        assert b"s3cret-4711" not in (recorder / "cmdline").read_bytes() + (recorder / "environ").read_bytes()


def test_strangers_are_not_heard(logging: Make) -> None:
    import socket

    serving = logging()
    serving.predict([[1]])
    wait_kept(serving, 1)
    if not LINUX:
        return
    port = _listening_ports(recorder_of(serving)).pop()
    with socket.create_connection(("127.0.0.1", port), 5) as sock:
        sock.sendall(b"x" * 200)
        sock.settimeout(5)
        assert sock.recv(10) == b""
    serving.predict([[2]])
    assert len(wait_kept(serving, 2)) == 2


def _listening_ports(pid: int) -> set[int]:
    inodes = {
        os.readlink(path)[8:-1] for path in Path(f"/proc/{pid}/fd").iterdir() if "socket" in os.readlink(path)
    }
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].split(":")[1], 16) for row in rows if row[3] == "0A" and row[9] in inodes}
