"""The parts of the inference log by themselves: paths, bodies, Avro, the queue, the file."""

from __future__ import annotations

import base64
import gzip
import json
import multiprocessing
import os
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from inferencerecords import Run, check_contract, decode, launch, record
from model_server.config import LaunchConfig
from model_server.fields import ConfigError
from model_server.inferencelog.avro import messages_of, whole
from model_server.inferencelog.kafkasettings import SettingsError, client_settings
from model_server.inferencelog.lines import line_of
from model_server.inferencelog.ndjson import NdjsonSink
from model_server.inferencelog.records import Body, Record
from model_server.inferencelog.sinks import Tally
from model_server.jsonpath import PathError, parse_path, replace_all
from model_server.measuring.recording import Problem

KAFKA = {"brokers": "127.0.0.1:9092", "topic": "iris-inf1234"}


def paths(*texts: str) -> Any:
    return tuple(map(parse_path, texts))


# JSON paths


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("$.a", '{"a":0,"b":{"a":[1,{"a":2}]}}'),
        ("$..a", '{"a":0,"b":{"a":0}}'),
        ("$.b.a[1].a", '{"a":"x","b":{"a":[1,{"a":0}]}}'),
        ("$['b']['a'][-2]", '{"a":"x","b":{"a":[0,{"a":2}]}}'),
        ('$["b"].a[*]', '{"a":"x","b":{"a":[0,0]}}'),
        ("$.*", '{"a":0,"b":0}'),
        ("$..*", '{"a":0,"b":0}'),
        ("$.b.a[7]", '{"a":"x","b":{"a":[1,{"a":2}]}}'),
        ("$.a.b", '{"a":"x","b":{"a":[1,{"a":2}]}}'),
    ],
)
def test_what_a_path_names_is_replaced(path: str, left: str) -> None:
    value = json.loads('{"a":"x","b":{"a":[1,{"a":2}]}}')
    replace_all(value, paths(path), 0)
    assert value == json.loads(left)


@pytest.mark.parametrize(
    "path", ["", "$", "a.b", "$.", "$[", "$[1", "$['a", "$a", "$.a b", "$.a..", "$.a[?(@.b)]"]
)
def test_a_text_that_is_no_path_says_so(path: str) -> None:
    with pytest.raises(PathError, match=r"begin|read"):
        parse_path(path)


def test_a_value_may_be_as_deep_as_json_is() -> None:
    value: Any = {"secret": 1}
    for _ in range(50_000):
        value = [value]
    assert replace_all(value, paths("$..secret"), "x") == 1
    while isinstance(value, list):
        value = value.pop()  # else it is freed by recursion


# Configuration


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"mode": "SOME", "file": {"folder": "/f"}}, "inferenceLog.mode"),
        ({"file": {"folder": "here"}}, "inferenceLog.file.folder"),
        ({"file": {"folder": "/f", "files": 0}}, "inferenceLog.file.files"),
        ({"kafka": {"topic": "t"}}, "inferenceLog.kafka.brokers"),
        ({"kafka": {**KAFKA, "topic": "a b"}}, "inferenceLog.kafka.topic"),
        ({"kafka": {**KAFKA, "brokers": "here"}}, "inferenceLog.kafka.brokers"),
        ({"kafka": {**KAFKA, "schemaVersion": 5}}, "inferenceLog.kafka.schemaVersion"),
        ({"kafka": {**KAFKA, "sasl": {"user": "ada"}}}, "inferenceLog.kafka.sasl"),
        ({"kafka": {**KAFKA, "sasl": {"user": "ada", "password": "x"}}}, "inferenceLog.kafka.sasl"),
        ({"file": {"folder": "/f"}, "redact": ["name"]}, "inferenceLog.redact"),
        ({"file": {"folder": "/f"}, "headers": ["a b"]}, "inferenceLog.headers"),
    ],
)
def test_wrong_options_name_their_field(tmp_path: Path, value: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError, match=field.replace(".", r"\.")):
        launch(tmp_path, **value)


def test_nothing_is_kept_by_default(tmp_path: Path) -> None:
    assert launch(tmp_path).inference_log is None
    assert launch(tmp_path, mode="NONE", file={"folder": "/f"}, kafka=KAFKA).inference_log is None


# Bodies


def test_a_compressed_body_is_kept_as_text() -> None:
    body = Body(gzip.compress(b'{"a":1}'), "gzip", ())
    assert (body.text, body.coding) == ('{"a":1}', "gzip")
    assert body.size == len(gzip.compress(b'{"a":1}'))
    broken = Body(b"no gzip", "gzip", ())
    assert broken.raw == b"no gzip"


def test_bytes_that_are_no_text_are_kept_as_they_are(tmp_path: Path) -> None:
    raw = bytes(range(256)) * 3
    line = json.loads(line_of(record(raw, b"\xff"), launch(tmp_path), "ALL"))
    assert base64.b64decode(line["request"]["base64"]) == raw
    assert base64.b64decode(line["reply"]["base64"]) == b"\xff"
    assert "text" not in line["request"]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"a":  1.50, "b":[2]}', b'{"a":  1.50, "b":[2]}'),  # nothing is named: byte for byte
        (b'{"pin":"4711","b":1}', b'{"pin":"[redacted]","b":1}'),
        (b'{"b":[{"pin":4711}]}', b'{"b":[{"pin":"[redacted]"}]}'),
        (b'{"b":{"pin":"4711"},"b":2}', b'{"b":2}'),  # hidden by the second b
        (b'{"pin":"4711"}\n{"pin":"4712"}\n', b'{"pin":"[redacted]"}\n{"pin":"[redacted]"}\n'),
        (
            b'data: {"pin":"4711"}\n\nevent: end\ndata: {}\n\n',
            b'data: {"pin":"[redacted]"}\n\nevent: end\ndata: {}\n\n',
        ),
        (b'{"pin":"4711"', b""),
        (b'{"pin":"4711"}\xff', b""),
        (b"event: 4711\ndata: {}", b""),
        (b"[" * 100_000, b""),
        (b"", b""),
    ],
)
def test_redaction(body: bytes, kept: bytes) -> None:
    found = Body(body, "", paths("$..pin"))
    assert found.raw == kept
    assert (found.withheld is not None) == (not kept and bool(body))
    assert b"4711" not in found.raw


def test_lines(tmp_path: Path) -> None:
    config = launch(tmp_path)
    kept = record(
        '{"name":"Ünal\\n"}'.encode(),
        received=1_700_000_000.1234,
        headers=["content-type: text/x"],
        status=400,
    )
    line = line_of(kept, config, "ALL")
    assert line.count(b"\n") == 1
    assert json.loads(line) == {
        "v": 1,
        "time": "2023-11-14T22:13:20.123Z",
        "id": "id-0",
        "serving": "iris",
        "model": "flowers",
        "version": 3,
        "replica": 2,
        "verb": "predict",
        "protocol": "v1",
        "path": "/v1/models/iris:predict",
        "status": 400,
        "ms": 250.0,
        "headers": {"content-type": "text/x"},
        "request": {"bytes": 18, "text": '{"name":"Ünal\\n"}'},
        "reply": {"type": "application/json", "bytes": 19, "text": '{"predictions":[2]}'},
    }
    assert "reply" not in json.loads(line_of(kept, config, "MODEL_INPUTS"))
    assert "request" not in json.loads(line_of(kept, config, "PREDICTIONS"))


# Avro


@pytest.mark.parametrize("number", [0, -1, 1, 63, 64, -64, -65, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63)])
def test_numbers_as_avro_writes_them(number: int) -> None:
    import io

    import fastavro

    out = io.BytesIO()
    fastavro.schemaless_writer(out, {"type": "long"}, number)
    assert whole(number) == out.getvalue()


@pytest.mark.parametrize("version", [1, 2, 3, 4])
@pytest.mark.parametrize("mode", ["ALL", "PREDICTIONS", "MODEL_INPUTS"])
def test_each_schema_field_by_field(tmp_path: Path, version: int, mode: str) -> None:
    config = launch(tmp_path, servingId=77, kafka={**KAFKA, "schemaVersion": version, "mode": mode})
    assert config.inference_log is not None
    assert config.inference_log.kafka is not None
    request, reply = '{"inputs":["ß"]}', '{"predictions":[1]}'
    sent = record(request.encode(), reply.encode(), received=1_764_450_000.5, status=201)
    messages = [decode(one, version) for one in messages_of(sent, config, 77, config.inference_log.kafka)]
    shared = {"modelVersion": 3, "requestTimestamp": 1_764_450_000_500, "responseHttpCode": 201}
    if version == 4:
        shared.update(servingId=77, modelName="flowers", inferenceId="id-0")
        both = [
            {**shared, "messageType": "request", "payload": request},
            {**shared, "messageType": "response", "payload": reply},
        ]
        assert messages == {"ALL": both, "PREDICTIONS": both[1:], "MODEL_INPUTS": both[:1]}[mode]
        return
    own: dict[str, Any] = {1: {}, 2: {"servingType": "SKLEARN"}}.get(
        version, {"modelServer": "PYTHON", "servingTool": "DEFAULT"}
    )
    shared.update(modelId=77, modelName="iris", **own)
    shared["inferenceRequest"] = "" if mode == "PREDICTIONS" else request
    shared["inferenceResponse"] = "" if mode == "MODEL_INPUTS" else reply
    assert messages == [shared]


def test_any_bytes_become_a_text_that_tells_them(tmp_path: Path) -> None:
    config = launch(tmp_path, kafka={**KAFKA, "schemaVersion": 1})
    assert config.inference_log is not None
    assert config.inference_log.kafka is not None
    fuzz = random.Random(7)
    for size in [0, 1, 3, 100, 5000, 10_000_000]:
        raw = fuzz.randbytes(size)
        (message,) = messages_of(
            record(raw, headers=["content-type: image/png; x=1"]), config, 1, config.inference_log.kafka
        )
        got = decode(message, 1)["inferenceRequest"]
        head = "data:image/png;base64,"
        assert (base64.b64decode(got[len(head) :]) if got.startswith(head) else got.encode()) == raw


def test_confluents_header(tmp_path: Path) -> None:
    config = launch(tmp_path, kafka={**KAFKA, "schemaVersion": 4, "schemaId": 258})
    assert config.inference_log is not None
    assert config.inference_log.kafka is not None
    for message in messages_of(record(), config, 1, config.inference_log.kafka):
        assert message[:5] == b"\x00\x00\x00\x01\x02"
        assert decode(message[5:], 4)["modelName"] == "flowers"


# Secrets of Kafka


def settings(config: LaunchConfig, secrets: dict[str, str]) -> dict[str, Any]:
    assert config.inference_log is not None
    assert config.inference_log.kafka is not None
    return client_settings(config.inference_log.kafka, secrets, 10, 1000)


def test_secrets_come_from_a_variable_or_a_closed_file(tmp_path: Path) -> None:
    by_variable = launch(
        tmp_path, kafka={**KAFKA, "tls": True, "sasl": {"user": "ada", "passwordVariable": "KAFKA_PASSWORD"}}
    )
    found = settings(by_variable, {"KAFKA_PASSWORD": "s3cret"})
    assert found["sasl.password"] == "s3cret"
    assert found["security.protocol"] == "sasl_ssl"
    with pytest.raises(SettingsError, match="KAFKA_PASSWORD is not set"):
        settings(by_variable, {})
    file = tmp_path / "password"
    file.write_text("s3cret\n")
    file.chmod(0o600)
    by_file = launch(tmp_path, kafka={**KAFKA, "sasl": {"user": "ada", "passwordFile": str(file)}})
    assert settings(by_file, {})["sasl.password"] == "s3cret"
    if os.name != "nt":
        file.chmod(0o644)
        with pytest.raises(SettingsError, match="can be read by others"):
            settings(by_file, {})
    file.unlink()
    with pytest.raises(SettingsError, match="could not be read"):
        settings(by_file, {})
    assert settings(launch(tmp_path, kafka=KAFKA), {})["security.protocol"] == "plaintext"


# Sinks


class Memory:
    """The sink that keeps nothing but a list."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.had: list[str] = []
        self.blocked = False

    def ready(self) -> bool:
        problem = Problem("blocked", "It is blocked", "Let it go")
        self.tally.state("waiting" if self.blocked else "sending", problem if self.blocked else None)
        return not self.blocked

    def write(self, records: Sequence[Record]) -> None:
        self.had += [one.frame.request.decode() for one in records]
        self.tally.sent(records)

    def close(self, seconds: float) -> None:
        return


def test_the_contract_in_memory(tmp_path: Path) -> None:
    config = launch(tmp_path, queue={"records": 100}, file={"folder": str(tmp_path / "log")})
    made: list[Memory] = []
    run = Run(tmp_path, lambda _, tally: made.append(Memory(tally)) or made[0], config, "file")
    check_contract(run, lambda: made[0].had, lambda blocked: setattr(made[0], "blocked", blocked))


def test_a_mistake_in_a_sink_is_told_and_not_the_end(tmp_path: Path) -> None:
    class Broken(Memory):
        def write(self, records: Sequence[Record]) -> None:
            super().write(records[:1])
            if self.had == ["0"]:
                raise ZeroDivisionError("mine")
            super().write(records[1:])

    config = launch(tmp_path, file={"folder": str(tmp_path / "log")})
    run = Run(tmp_path, lambda _, tally: Broken(tally), config, "file")
    for number in range(3):
        run.feeder.offer(record(b"%d" % number))
    told = run.wait(lambda told: told["lastError"] and told["waiting"] == 0)
    assert (told["sent"], told["droppedBecause"]) == (1, {"internal": 2})
    assert "mine" in told["lastError"]["message"]
    run.feeder.offer(record(b"3"))
    run.wait(lambda told: told["sent"] == 2 and told["state"] == "sending")
    assert run.end()["dropped"] == 2


def file_run(folder: Path, **file: Any) -> Run:
    config = launch(folder, queue={"records": 100}, file={"folder": str(folder / "log"), **file})

    def make(config: LaunchConfig, tally: Tally) -> NdjsonSink:
        assert config.inference_log is not None
        assert config.inference_log.file is not None
        return NdjsonSink(config, config.inference_log.file, tally)

    return Run(folder, make, config, "file")


def requests_in(*files: Path) -> list[str]:
    lines = [line for file in files for line in file.read_bytes().split(b"\n") if line]
    return [json.loads(line)["request"]["text"] for line in lines]


def test_the_contract_of_the_file(tmp_path: Path) -> None:
    file, lock = tmp_path / "log" / "iris.ndjson", tmp_path / "log" / "iris.ndjson.lock"

    def block(blocked: bool) -> None:
        lock.unlink() if blocked else lock.rmdir()
        if blocked:
            lock.mkdir()  # where no file can be opened

    check_contract(file_run(tmp_path), lambda: requests_in(file), block)


def test_what_waits_too_long_is_dropped(tmp_path: Path) -> None:
    config = launch(tmp_path, file={"folder": str(tmp_path / "log")})
    made: list[Memory] = []
    run = Run(
        tmp_path, lambda _, tally: made.append(Memory(tally)) or made[0], config, "file", wait_seconds=0.5
    )
    made[0].blocked = True
    run.feeder.offer(record())
    run.wait(lambda told: told["droppedBecause"] == {"timeout": 1})
    made[0].blocked = True
    run.feeder.offer(record())
    assert run.end(0)["droppedBecause"] in ({"timeout": 1, "stopped": 1}, {"timeout": 2})


def test_the_file_is_rotated_and_forgotten(tmp_path: Path) -> None:
    run = file_run(tmp_path, maxBytes=40_000, files=4)
    for body in [*(b"%d" % number for number in range(300)), b"9" * 30_000]:
        while run.tally.records >= 100:
            time.sleep(0.01)
        run.feeder.offer(record(body))
    told = run.end()
    assert told["sent"] == 300
    assert told["droppedBecause"] == {"too-large": 1}
    files = [tmp_path / "log" / f"iris.ndjson{ending}" for ending in (".3", ".2", ".1", "")]
    kept = requests_in(*files)
    assert kept == [str(number) for number in range(300 - len(kept), 300)]
    assert all(file.stat().st_size <= 10_000 for file in files)
    assert sum(file.stat().st_size for file in files) > 30_000
    assert not (tmp_path / "log" / "iris.ndjson.4").exists()


def test_old_files_go(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    folder.mkdir()
    old = time.time() - 3 * 3600
    for name in ("iris.ndjson", "iris.ndjson.1", "iris.ndjson.9", "iris.ndjson.txt", "other.ndjson"):
        (folder / name).write_bytes(b"{}\n")
        os.utime(folder / name, (old, old))
    run = file_run(tmp_path, maxAgeHours=2)
    run.feeder.offer(record())
    run.end()
    assert {path.name for path in folder.iterdir()} == {
        "iris.ndjson",
        "iris.ndjson.lock",
        "iris.ndjson.txt",
        "other.ndjson",
    }
    assert len(requests_in(folder / "iris.ndjson")) == 1


def test_a_file_that_began_long_ago_is_ended(tmp_path: Path) -> None:
    first = file_run(tmp_path, maxAgeHours=10)
    first.feeder.offer(record(b"old", received=time.time() - 3 * 3600))
    first.feeder.offer(record(b"new"))
    first.end()
    second = file_run(tmp_path, maxAgeHours=10)
    second.feeder.offer(record(b"newer"))
    second.end()
    assert requests_in(tmp_path / "log" / "iris.ndjson.1") == ["old", "new"]
    assert requests_in(tmp_path / "log" / "iris.ndjson") == ["newer"]


@pytest.mark.parametrize("rest", [b'{"v":1,"time', b"\xff" * 200_000, b"{}\n" * 3 + b"{"])
def test_a_broken_last_line_is_cut_off(tmp_path: Path, rest: bytes) -> None:
    folder = tmp_path / "log"
    folder.mkdir()
    whole_lines = rest[: rest.rfind(b"\n") + 1]
    (folder / "iris.ndjson").write_bytes(rest)
    run = file_run(tmp_path)
    run.feeder.offer(record(b"after"))
    run.end()
    data = (folder / "iris.ndjson").read_bytes()
    assert data.startswith(whole_lines)
    assert json.loads(data[len(whole_lines) :])["request"]["text"] == "after"


def write_many(folder: Path, name: int) -> None:
    run = file_run(folder, maxBytes=800_000, files=40)
    for number in range(400):
        while run.tally.records >= 100:
            time.sleep(0.005)
        run.feeder.offer(record(b"%d-%d" % (name, number)))
        if number % 50 == 0:
            time.sleep(0.02)
    run.end()


def test_several_servers_write_one_file(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(tmp_path, name)) for name in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    kept = requests_in(*(path for path in (tmp_path / "log").iterdir() if path.suffix != ".lock"))
    assert sorted(kept) == sorted(f"{name}-{number}" for name in range(3) for number in range(400))
