"""The inference log in a real Kafka, read by an independent consumer and decoded by fastavro.

MODEL_SERVING_TEST_KAFKA names the folder with Kafka's jars (test/setup/kafka.mjs); MODEL_SERVING_TEST_RECORDS
how many predictions the test with the killed broker makes: 100,000 when it is not set.
"""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from broker import JARS, Broker
from conftest import Serving
from inferencerecords import Run, check_contract, decode, launch, record
from model_server.config import LaunchConfig
from model_server.inferencelog.kafka import KafkaSink
from model_server.inferencelog.sinks import Tally

pytestmark = pytest.mark.skipif(JARS is None, reason="MODEL_SERVING_TEST_KAFKA is not set")
RECORDS = int(os.environ.get("MODEL_SERVING_TEST_RECORDS", "100000"))
ECHO = "class Predict:\n    def predict(self, inputs):\n        return inputs\n"
Make = Callable[..., Serving]


def sink_of(serving: Serving) -> dict[str, Any]:
    return serving.state()["inferenceLog"]["sinks"][-1]


def wait_sink(
    serving: Serving, condition: Callable[[dict[str, Any]], Any], seconds: float = 20
) -> dict[str, Any]:
    """What the sink tells, asked for until the condition holds."""
    end = time.monotonic() + seconds
    while True:
        sink = serving.get("/metrics.json").json()["inferenceLog"]["sinks"][-1]
        if condition(sink):
            return sink
        assert time.monotonic() < end, json.dumps(sink, indent=1)
        time.sleep(0.1)


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_each_schema_of_a_real_server(serve: Make, broker: Broker, version: int) -> None:
    topic = broker.create(f"schema-{version}")
    kafka = {"brokers": broker.address, "topic": topic, "schemaVersion": version}
    serving = serve(ECHO, inferenceLog={"servingId": 12, "kafka": kafka})
    before = int(time.time() * 1000)
    bodies = [b'{"inputs": [[1.50, "\xc3\xbc"]]}', b'{"instances":[]}', b"{", b"\xff\x00"]
    replies = [serving.request("POST", "/v1/models/iris:predict", body) for body in bodies]
    wait_sink(serving, lambda sink: sink["sent"] == 4)
    messages = [decode(message, version) for message in broker.read(topic)]
    if version == 4:
        assert [one["messageType"] for one in messages] == ["request", "response"] * 4
        for at, one in enumerate(messages):
            assert one["inferenceId"] == replies[at // 2].headers["x-request-id"]
        pairs = [(one["payload"], other["payload"]) for one, other in zip(messages[::2], messages[1::2])]
    else:
        pairs = [(one["inferenceRequest"], one["inferenceResponse"]) for one in messages]
    for (request, reply), body, got in zip(pairs, bodies, replies):
        assert reply.encode() == got.body
        if body == b"\xff\x00":
            kind, _, data = request.partition(";base64,")
            assert kind == "data:application/octet-stream"
            assert base64.b64decode(data) == body
        else:
            assert request.encode() == body
    statuses = [one["responseHttpCode"] for one in messages]
    assert statuses == [status for status in (200, 200, 400, 400) for _ in range(2 if version == 4 else 1)]
    for one in messages:
        assert before <= one["requestTimestamp"] <= time.time() * 1000
        assert one["modelVersion"] == 3
        assert one["modelName"] == "iris"
        assert one.get("modelId", one.get("servingId")) == 12
        assert one.get("servingType", "SKLEARN") == "SKLEARN"
        assert (one.get("modelServer", "PYTHON"), one.get("servingTool", "DEFAULT")) == ("PYTHON", "DEFAULT")


def kafka_run(
    folder: Path, broker: Broker, topic: str, secrets: dict[str, str] | None = None, **options: Any
) -> Run:
    kafka = {"brokers": broker.address, "topic": topic, **options}
    config = launch(folder, queue={"records": 100}, kafka=kafka)

    def make(config: LaunchConfig, tally: Tally) -> KafkaSink:
        log = config.inference_log
        assert log is not None
        assert log.kafka is not None
        return KafkaSink(config, log, log.kafka, tally, secrets or {})

    return Run(folder, make, config, "kafka")


def requests_in(broker: Broker, topic: str) -> list[str]:
    return [decode(message, 3)["inferenceRequest"] for message in broker.read(topic)]


def test_the_contract_of_kafka(tmp_path: Path, broker: Broker) -> None:
    topic = broker.create("contract")
    check_contract(kafka_run(tmp_path, broker, topic), lambda: requests_in(broker, topic), broker.freeze)


def test_a_topic_that_is_missing_and_then_made(tmp_path: Path, broker: Broker) -> None:
    run = kafka_run(tmp_path, broker, "late")
    run.feeder.offer(record(b"early"))
    told = run.wait(lambda told: told["lastError"])
    assert (told["state"], told["lastError"]["kind"], told["waiting"]) == ("waiting", "topic-missing", 1)
    assert told["lastError"]["message"] == "Kafka has no topic late"
    broker.create("late")
    run.wait(lambda told: told["sent"] == 1)
    assert run.end()["dropped"] == 0
    assert requests_in(broker, "late") == ["early"]


def test_large_and_binary_bodies(tmp_path: Path, broker: Broker) -> None:
    topic = broker.create("large", **{"max.message.bytes": "15000000"})
    run = kafka_run(tmp_path, broker, topic, messageBytes=15_000_000)
    fuzz = random.Random(5)
    bodies = [fuzz.randbytes(size) for size in (1, 1000, 7_000_000)] + [b'"' + b"x" * 10_000_000 + b'"']
    for body in bodies:
        run.feeder.offer(record(body))
    run.feeder.offer(record(b"x" * 15_000_000))
    told = run.wait(lambda told: told["sent"] == len(bodies), 40)
    assert run.end()["droppedBecause"] == {"too-large": 1}, told
    for body, got in zip(bodies, requests_in(broker, topic)):
        plain = base64.b64decode(got.partition(";base64,")[2]) if got.startswith("data:") else got.encode()
        assert plain == body


def test_a_topic_that_takes_less_than_we_send(tmp_path: Path, broker: Broker) -> None:
    topic = broker.create("small", **{"max.message.bytes": "20000"})
    run = kafka_run(tmp_path, broker, topic)
    run.feeder.offer(record(b"x" * 30_000))
    run.wait(lambda told: told["droppedBecause"] == {"too-large": 1})
    run.feeder.offer(record(b"small"))
    run.wait(lambda told: told["sent"] == 1)
    assert "max.message.bytes" in run.end()["lastError"]["remedy"]


def test_a_login_over_tls(serve: Make, broker: Broker) -> None:
    topic = broker.create("login")
    options: dict[str, Any] = {
        "brokers": f"127.0.0.1:{broker.sasl_port}",
        "topic": topic,
        "tls": {"caFile": str(broker.authority)},
        "sasl": {"user": "ada", "passwordVariable": "KAFKA_PASSWORD"},
    }
    right = serve(ECHO, environment={"KAFKA_PASSWORD": broker.password}, inferenceLog={"kafka": options})
    right.predict([[1]])
    wait_sink(right, lambda sink: sink["sent"] == 1)
    assert requests_in(broker, topic) == ['{"inputs": [[1]]}']


@pytest.mark.parametrize(
    ("change", "secret", "kind", "remedy"),
    [
        ({}, "wrong", "refused", "password"),
        ({"tls": True}, Broker.password, "tls", "CA file"),
        ({"tls": {"caFile": "/nowhere.pem"}}, Broker.password, "tls-file", "can be read"),
    ],
)
def test_a_connection_that_is_refused_says_why(
    tmp_path: Path, broker: Broker, change: dict[str, Any], secret: str, kind: str, remedy: str
) -> None:
    options: dict[str, Any] = {
        "brokers": f"127.0.0.1:{broker.sasl_port}",
        "tls": {"caFile": str(broker.authority)},
        "sasl": {"user": "ada", "passwordVariable": "KAFKA_PASSWORD"},
        **change,
    }
    run = kafka_run(tmp_path, broker, "t", {"KAFKA_PASSWORD": secret}, **options)
    run.feeder.offer(record())
    told = run.wait(lambda told: told["lastError"] and told["lastError"]["kind"] == kind)
    assert remedy in told["lastError"]["remedy"]
    assert secret not in json.dumps(told)
    run.end(0)


def test_an_idle_sink_tells_that_the_broker_went_and_came(tmp_path: Path, broker: Broker) -> None:
    run = kafka_run(tmp_path, broker, broker.create("idle"))
    run.feeder.offer(record())
    run.wait(lambda told: told["sent"] == 1)
    broker.kill()
    try:
        run.wait(lambda told: told["state"] == "waiting" and told["lastError"]["kind"] == "broker-away")
    finally:
        broker.start()
    run.wait(lambda told: told["state"] == "sending")
    run.end()


def test_a_broker_that_is_not_there_costs_no_prediction(serve: Make) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    log = {"kafka": {"brokers": address, "topic": "t"}, "queue": {"records": 10}, "drainSeconds": 0.2}
    serving = serve(ECHO, inferenceLog=log)
    for number in range(30):
        serving.predict([[number]])
    sink = wait_sink(serving, lambda sink: sink["waiting"] == 10 and sink["lastError"])
    assert (sink["state"], sink["waiting"], sink["droppedBecause"]) == ("waiting", 10, {"full": 20})
    assert sink["lastError"]["kind"] == "broker-away"
    assert address in sink["lastError"]["remedy"]
    began = time.monotonic()
    serving.ask_to_stop()
    assert serving.exit_code() == 0
    assert time.monotonic() - began < 6
    assert sink_of(serving)["droppedBecause"] == {"full": 20, "stopped": 10}


def _request(number: int) -> bytes:
    body = b'{"inputs":[[%d]]}' % number
    return b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


class Load:
    """Sends numbered requests over some connections, several at once on each; counts the replies."""

    def __init__(self, serving: Serving, count: int, clients: int = 4) -> None:
        self.answered: list[int] = []
        self.limit = int(0.3 * count)  # so many are sent, then it waits
        self._lock = threading.Lock()
        self.threads = [
            threading.Thread(target=self._run, args=(serving, range(at, count, clients)))
            for at in range(clients)
        ]
        for thread in self.threads:
            thread.start()

    def _run(self, serving: Serving, numbers: range) -> None:
        sock = serving.connect()
        for at in range(0, len(numbers), 10):
            while len(self.answered) >= self.limit:
                time.sleep(0.01)
            some = numbers[at : at + 10]
            out = b"".join(map(_request, some))
            # A worker that has many clients more than the other closes connections between two replies.
            while not self._answer(sock, out, len(some)):
                sock.close()
                sock = serving.connect()
            with self._lock:
                self.answered += some
        sock.close()

    def _answer(self, sock: socket.socket, out: bytes, count: int) -> bool:
        """Whether all were answered; False where none was."""
        sock.settimeout(30)
        got = b""
        try:
            sock.sendall(out)
            while got.count(b'{"predictions"') < count:
                data = sock.recv(65536)
                if not data:
                    break
                got += data
        except ConnectionError:
            pass
        good = got.count(b"HTTP/1.1 200 ")
        assert good in {0, count}, got[:500]
        return good == count

    def reach(self, share: float) -> None:
        """Return when such a share of all is answered."""
        end = time.monotonic() + 30 + RECORDS / 2000
        while len(self.answered) < share * RECORDS:
            assert time.monotonic() < end, len(self.answered)
            time.sleep(0.01)

    def join(self) -> None:
        for thread in self.threads:
            thread.join()


@pytest.mark.timeout(1200)
def test_broker_killed_and_started_in_the_middle_of_load(serve: Make, broker: Broker) -> None:
    """Every answered prediction is in the topic, or counted as dropped; none is there twice."""
    topic = broker.create("load")
    kafka = {"brokers": broker.address, "topic": topic, "schemaVersion": 3, "waitSeconds": 120}
    log = {"kafka": kafka, "queue": {"records": 20_000}, "drainSeconds": 30}
    serving = serve(ECHO, inferenceLog=log, replicas={"min": 2}, accessLog={"perSecond": 0})
    load = Load(serving, RECORDS)
    for share in (0.2, 0.6):
        load.reach(share)
        load.limit = int((share + 0.2) * RECORDS)
        broker.kill()  # under load: what was sent and not confirmed comes again
        load.reach(share + 0.2)
        load.limit = int((share + 0.25) * RECORDS)
        broker.start()
        load.limit = int((share + 0.5) * RECORDS)
    load.join()
    assert len(load.answered) == RECORDS
    wait_sink(serving, lambda sink: sink["waiting"] == 0, 120)
    serving.ask_to_stop()
    assert serving.exit_code(60) == 0
    told = serving.state()["inferenceLog"]
    sink = told["sinks"][0]
    messages = [decode(message, 3) for message in broker.read(topic, 120)]
    numbers = [json.loads(one["inferenceRequest"])["inputs"][0][0] for one in messages]
    assert all(
        json.loads(one["inferenceResponse"])["predictions"] == [[n]] for one, n in zip(messages, numbers)
    )
    assert len(numbers) == len(set(numbers)), "none twice"
    lost = sink["dropped"] + sum(told["droppedBefore"].values())
    print(f"sent {sink['sent']}, dropped {sink['droppedBecause']}, in the topic {len(numbers)}")
    assert sink["sent"] + lost == RECORDS, told
    assert sink["sent"] <= len(numbers) <= sink["sent"] + sink["dropped"], told
    assert sink["sent"] > RECORDS / 4


def test_a_broker_that_hangs_at_the_stop(serve: Make, broker: Broker) -> None:
    topic = broker.create("hangs")
    log = {"kafka": {"brokers": broker.address, "topic": topic}, "drainSeconds": 1}
    serving = serve(ECHO, inferenceLog=log)
    serving.predict([[0]])
    wait_sink(serving, lambda sink: sink["sent"] == 1)
    broker.freeze(True)
    try:
        for number in range(20):
            serving.predict([[number]])
        assert serving.process is not None
        began = time.monotonic()
        serving.process.send_signal(signal.SIGTERM)
        assert serving.exit_code() == 0
        assert time.monotonic() - began < 8
        assert sink_of(serving)["droppedBecause"] == {"stopped": 20}
    finally:
        broker.freeze(False)
