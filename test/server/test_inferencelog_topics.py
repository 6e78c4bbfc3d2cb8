"""What the editor asks about a real Kafka (`run.py kafka`): see test_inferencelog_kafka.py for how it is started."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from broker import JARS, Broker
from conftest import ROOT
from model_server.inferencelog.avroreading import read_message

HEAD = [("modelId", "int"), ("modelName", "string"), ("modelVersion", "int")]
HEAD = [*HEAD, ("requestTimestamp", "long"), ("responseHttpCode", "int")]
PAIR = [("inferenceRequest", "string"), ("inferenceResponse", "string")]
ENDS = {
    1: PAIR,
    2: [*PAIR, ("servingType", "string")],
    3: [*PAIR, ("modelServer", "string"), ("servingTool", "string")],
    4: [("inferenceId", "string"), ("messageType", "string"), ("payload", "string")],
}
needs_kafka = pytest.mark.skipif(JARS is None, reason="MODEL_SERVING_TEST_KAFKA is not set")


def encoded(version: int, serving_id: int = 0, **values: Any) -> bytes:
    """A record of another producer: by fastavro."""
    import io

    import fastavro

    head = [("servingId", "int"), *HEAD[1:]] if version == 4 else HEAD
    fields = [{"name": name, "type": kind} for name, kind in [*head, *ENDS[version]]]
    schema = {"type": "record", "name": "inferencelog", "fields": fields}
    texts = {name: values.get(name, f"of {name}") for name, _ in ENDS[version]}
    record = {
        "modelName": "iris",
        "modelVersion": 3,
        "requestTimestamp": 1790000000123,
        "responseHttpCode": 200,
    }
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, {**record, head[0][0]: serving_id, **texts})
    return out.getvalue()


@pytest.mark.parametrize("version", [1, 2, 3, 4])
@pytest.mark.parametrize("serving_id", [0, 7, 2**31 - 1])
@pytest.mark.parametrize("schema_id", [None, 0, 1, 70000, 2**32 - 1])
def test_which_schema_it_is_shows_by_reading(version: int, serving_id: int, schema_id: int | None) -> None:
    pytest.importorskip("fastavro")
    message = encoded(version, serving_id, **({"messageType": "response"} if version == 4 else {}))
    head = b"" if schema_id is None else struct.pack(">bI", 0, schema_id)
    read = read_message(head + message)
    assert read is not None
    assert (read["schemaVersion"], read["servingId"], read["modelName"]) == (version, serving_id, "iris")
    assert read["requestTimestamp"] == 1790000000123
    assert read[ENDS[version][-1][0]] == f"of {ENDS[version][-1][0]}"


@pytest.mark.parametrize("data", [b"", b"\0", b"{}", b'{"a": 1}', b"\xff" * 40, b"\0\0\0\0\1" + b"x" * 50])
def test_what_is_none_of_ours_is_said_to_be(data: bytes) -> None:
    assert read_message(data) is None
    pytest.importorskip("fastavro")
    whole = encoded(1)
    assert all(read_message(whole[:size]) is None for size in range(len(whole)))


def ask(kafka: dict[str, Any], what: str, **more: Any) -> dict[str, Any]:
    question = {"ask": what, "kafka": kafka, **more}
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-B", str(ROOT / "run.py"), "kafka"],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def produce(broker: Broker, topic: str, *messages: bytes) -> None:
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": broker.address})
    for message in messages:
        producer.produce(topic, value=message)
    assert producer.flush(20) == 0


@needs_kafka
def test_a_topic_is_made_found_and_taken_away(broker: Broker) -> None:
    kafka = {"brokers": broker.address}
    before = ask(kafka, "cluster")
    assert (before["brokers"], before["advertised"]) == (1, [broker.address])
    made = ask(kafka, "create", serving="iris", partitions=3, copies=1)
    name = made["name"]
    assert name.startswith("iris-inf")
    assert len(name) == len("iris-inf0000")
    assert ask(kafka, "cluster")["topics"] == before["topics"] + 1
    whole = {"name": name, "partitions": 3, "copies": 1, "newest": None, "writable": True}
    assert ask(kafka, "topic", name=name) == {"topic": whole}
    assert ask(kafka, "create", name=name, serving="iris", partitions=3, copies=1) == {
        "name": name,
        "made": False,
    }
    produce(broker, name, encoded(2))
    assert ask(kafka, "topic", name=name)["topic"]["newest"] == {"schemaVersion": 2}
    listed = ask(kafka, "topics")["topics"]
    assert {"name": name, "partitions": 3, "copies": 1, "newest": {"schemaVersion": 2}} in listed
    assert ask(kafka, "delete", name=name) == {"removed": True}
    assert ask(kafka, "delete", name=name) == {"removed": False}
    assert ask(kafka, "topic", name=name) == {"topic": None}


@needs_kafka
def test_records_of_all_schemas_are_read_in_parts(broker: Broker) -> None:
    kafka, topic = {"brokers": broker.address}, broker.create("all-of-them")
    wrapped = struct.pack(">bI", 0, 9) + encoded(3, 5)
    messages = [encoded(1), b"not ours", encoded(2), wrapped, encoded(4, messageType="request")]
    produce(broker, topic, *messages)
    first = ask(kafka, "read", name=topic, records=2)
    assert [each["schemaVersion"] for each in first["records"]] == [1]
    assert (first["strange"], first["atEnd"], first["next"]) == (1, False, {"0": 2})
    rest = ask(kafka, "read", name=topic, **{"from": {"offsets": first["next"]}})
    assert [each["schemaVersion"] for each in rest["records"]] == [2, 3, 4]
    assert rest["atEnd"] is True
    again = ask(kafka, "read", name=topic, **{"from": {"offsets": rest["next"]}})
    assert (again["records"], again["atEnd"]) == ([], True)
    late = ask(kafka, "read", name=topic, **{"from": {"time": 2**41}})
    assert (late["records"], late["next"]) == ([], {"0": 5})
    assert len(ask(kafka, "read", name=topic, **{"from": {"time": 0}})["records"]) == 4
    assert len(ask(kafka, "read", name=topic, **{"from": {"offset": 3}})["records"]) == 2


@needs_kafka
def test_tls_and_login(broker: Broker) -> None:
    secured = {
        "brokers": f"127.0.0.1:{broker.sasl_port}",
        "tls": {"caFile": str(broker.authority)},
        "sasl": {"mechanism": "PLAIN", "user": "ada", "passwordVariable": "PASSWORD"},
    }
    assert ask(secured, "cluster", secrets={"PASSWORD": Broker.password})["brokers"] == 1
    wrong = ask(secured, "cluster", secrets={"PASSWORD": "wrong"})["error"]
    assert wrong["kind"] == "refused"
    assert "wrong" not in json.dumps(wrong)
    assert ask(secured, "cluster")["error"]["kind"] == "no-password"
    strange = {**secured, "tls": True}
    assert ask(strange, "cluster", secrets={"PASSWORD": Broker.password})["error"]["kind"] == "tls"


@needs_kafka
def test_what_is_wrong_is_told(broker: Broker, tmp_path: Path) -> None:
    kafka = {"brokers": broker.address}
    many = ask(kafka, "create", serving="iris", partitions=1, copies=3)["error"]
    assert (many["kind"], many["remedy"]) == ("copies", "Ask for fewer copies")
    assert ask(kafka, "read", name="nothing")["error"]["kind"] == "topic-missing"
    assert ask({"brokers": "127.0.0.1:1"}, "cluster")["error"]["kind"] == "broker-away"
    assert ask({"brokers": "nonsense"}, "cluster")["error"]["kind"] == "settings"
    away = {**kafka, "tls": {"caFile": str(tmp_path / "none.pem")}}
    assert ask(away, "cluster")["error"]["kind"] == "tls-file"
