"""What the tests of the inference log share: Hopsworks' schemas, records made by hand, and the contract of sinks."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any, Callable

import fastavro

import conftest  # noqa: F401  # puts the server on the path
from model_server.config import LaunchConfig, parse_launch
from model_server.inferencelog.frames import Frame
from model_server.inferencelog.records import Paths, Record
from model_server.inferencelog.sinks import Feeder, Sink, Tally
from model_server.measuring.recording import RecorderMeter, recording_json
from model_server.measuring.snapshot import take_snapshot

_CALL = [
    ("modelId", "int"),
    ("modelName", "string"),
    ("modelVersion", "int"),
    ("requestTimestamp", "long"),
    ("responseHttpCode", "int"),
    ("inferenceRequest", "string"),
    ("inferenceResponse", "string"),
]
_FIELDS = {
    1: _CALL,
    2: [*_CALL, ("servingType", "string")],
    3: [*_CALL, ("modelServer", "string"), ("servingTool", "string")],
    4: [
        ("servingId", "int"),
        *_CALL[1:5],
        ("inferenceId", "string"),
        ("messageType", "string"),
        ("payload", "string"),
    ],
}
# By version, as Hopsworks registers them.
SCHEMAS = {
    version: fastavro.parse_schema(
        {"type": "record", "name": "inferencelog", "fields": [{"name": n, "type": t} for n, t in fields]}
    )
    for version, fields in _FIELDS.items()
}


def decode(message: bytes, version: int) -> dict[str, Any]:
    """The fields of a message, all of whose bytes belong to it."""
    stream = io.BytesIO(message)
    value: Any = fastavro.schemaless_reader(stream, SCHEMAS[version], None)
    assert stream.read() == b""
    assert list(value) == [name for name, _ in _FIELDS[version]]
    return value


def launch(folder: Path, **inference_log: Any) -> LaunchConfig:
    """A serving's configuration."""
    script = folder / "script.py"
    return parse_launch(
        {
            "name": "iris",
            "model": {"name": "flowers", "version": 3},
            "script": str(script),
            "artifact": {"label": "iris_3_7", "dir": str(folder)},
            "runDir": str(folder / "run"),
            "inferenceLog": inference_log,
        }
    )


def record(
    request: bytes = b'{"inputs": [[1]]}',
    reply: bytes = b'{"predictions":[2]}',
    *,
    number: int = 0,
    coding: str = "",
    reply_coding: str = "",
    status: int = 200,
    headers: list[str] | None = None,
    received: float | None = None,
    paths: Paths = (),
    reply_type: str = "application/json",
) -> Record:
    """A record as a worker sends it."""
    target = "/v1/models/iris:predict?key=1"
    texts = [f"id-{number}", "predict", "v1", target, coding, reply_coding, reply_type]
    when = time.time() if received is None else received
    return Record(Frame(when, 0.25, status, False, texts, headers or [], request, reply), 2, paths)


class Run:
    """A sink with its queue, as the recorder has it."""

    def __init__(
        self,
        folder: Path,
        make: Callable[[LaunchConfig, Tally], Sink],
        config: LaunchConfig,
        name: str,
        wait_seconds: float = 60,
    ) -> None:
        self.config = config
        options = config.inference_log
        assert options is not None
        self.meter = RecorderMeter(config.run_dir)
        self.tally = Tally(name, self.meter, options.queue_records, options.queue_bytes)
        self.feeder = Feeder(name, make(config, self.tally), self.tally, wait_seconds)
        self.name = name

    def told(self) -> dict[str, Any]:
        options = self.config.inference_log
        assert options is not None
        found = recording_json(options, self.config.run_dir, take_snapshot(self.config.run_dir))
        return next(sink for sink in found["sinks"] if sink["sink"] == self.name)

    def wait(self, condition: Callable[[dict[str, Any]], Any], seconds: float = 20) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while not condition(self.told()):
            assert time.monotonic() < end, json.dumps(self.told(), indent=1)
            time.sleep(0.05)
        return self.told()

    def end(self, seconds: float = 3) -> dict[str, Any]:
        self.feeder.end(seconds)
        self.feeder.join(seconds + 5)
        return self.told()


def check_contract(run: Run, read: Callable[[], list[str]], block: Callable[[bool], None]) -> None:
    """What every sink does. `read` gives the request bodies that it has, `block` keeps it from getting more.

    The queue's limit is 100 records.
    """
    for number in range(50):
        run.feeder.offer(record(b"%d" % number))
    told = run.wait(lambda told: told["sent"] == 50)
    assert (told["waiting"], told["waitingBytes"], told["dropped"], told["state"]) == (0, 0, 0, "sending")
    assert read() == [str(number) for number in range(50)]
    block(True)
    run.wait(lambda told: _offered_one(run) and told["state"] == "waiting")
    while run.told()["waiting"] < 100:
        run.feeder.offer(record(b"more"))
        run.tally.show()
    began = time.monotonic()
    for _ in range(1000):
        run.feeder.offer(record(b"too many"))
    assert time.monotonic() - began < 1, "offering never blocks"
    told = run.wait(lambda told: told["droppedBecause"].get("full", 0) >= 1000)
    assert told["waiting"] == 100
    assert told["lastError"]["message"]
    assert told["lastError"]["remedy"]
    block(False)
    told = run.wait(lambda told: told["waiting"] == 0)
    assert told["state"] == "sending"
    run.feeder.offer(record(b"last"))
    told = run.end()
    assert told["state"] == "ended"
    assert told["waiting"] == 0
    assert "too many" not in read()
    assert read()[-1] == "last"
    assert len(read()) == told["sent"]


def _offered_one(run: Run) -> bool:
    run.feeder.offer(record(b"more"))
    time.sleep(0.05)
    return True
