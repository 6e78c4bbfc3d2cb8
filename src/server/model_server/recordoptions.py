"""`inferenceLog` of launch.json: what is kept of each prediction, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .fields import read_flag, read_number, read_object, read_path, read_text, wrong
from .jsonpath import PathError, Step, parse_path

_MODES = ("ALL", "PREDICTIONS", "MODEL_INPUTS", "NONE")
_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_COMPRESSIONS = ("none", "gzip", "snappy", "lz4", "zstd")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}\Z")
_BROKERS = re.compile(r"[^\s,:/]+:\d{1,5}(,[^\s,:/]+:\d{1,5})*\Z|(\[[0-9A-Fa-f:]+\]:\d{1,5},?)+\Z")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")
# What tells how a body is to be read, and nothing of who sent it.
_HEADERS = ["content-type", "content-encoding", "accept", "inference-header-content-length"]
_MIB = 1024 * 1024


@dataclass(frozen=True)
class FileOptions:
    """A file for each serving, and older ones beside it; `max_bytes` is for all of them together."""

    folder: Path
    mode: str
    max_bytes: int
    files: int
    max_age_seconds: float


@dataclass(frozen=True)
class TlsOptions:
    """Without `ca_file` the system's authorities; the certificate is for brokers that ask for one."""

    ca_file: Path | None
    certificate_file: Path | None
    key_file: Path | None
    key_password_variable: str | None
    verify: bool


@dataclass(frozen=True)
class SaslOptions:
    """The password comes from a variable, or from a file that only its owner can read."""

    mechanism: str
    user: str
    password_variable: str | None
    password_file: Path | None


@dataclass(frozen=True)
class KafkaOptions:
    """A topic. `schema_id` is that of a schema registry: then each message begins with Confluent's header."""

    brokers: str
    topic: str
    mode: str
    schema_version: int
    schema_id: int | None
    serving_type: str  # of schema version 2
    model_server: str  # of version 3
    serving_tool: str  # of version 3
    tls: TlsOptions | None
    sasl: SaslOptions | None
    wait_seconds: float
    message_bytes: int
    compression: str


@dataclass(frozen=True)
class InferenceLogOptions:
    """`redact` are JSON paths, `headers` names of those that are kept; each sink has such a queue."""

    serving_id: int
    redact: tuple[tuple[Step, ...], ...]
    headers: tuple[str, ...]
    queue_records: int
    queue_bytes: int
    drain_seconds: float
    file: FileOptions | None
    kafka: KafkaOptions | None
    door: tuple[int, str] | None  # the recorder's port and secret, which the supervisor tells its workers

    @property
    def modes(self) -> tuple[str, ...]:
        """Those of its sinks."""
        return tuple(sink.mode for sink in (self.file, self.kafka) if sink is not None)

    @property
    def secret_variables(self) -> tuple[str, ...]:
        """Environment variables that only the recorder gets to know."""
        kafka = self.kafka
        found = [
            kafka.sasl.password_variable if kafka is not None and kafka.sasl is not None else None,
            kafka.tls.key_password_variable if kafka is not None and kafka.tls is not None else None,
        ]
        return tuple(name for name in found if name is not None)

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that only the recorder reads: of TLS, and of the password."""
        tls = self.kafka.tls if self.kafka is not None else None
        sasl = self.kafka.sasl if self.kafka is not None else None
        found = [
            *((tls.ca_file, tls.certificate_file, tls.key_file) if tls is not None else ()),
            sasl.password_file if sasl is not None else None,
        ]
        return tuple(file for file in found if file is not None)


def wants_requests(mode: str) -> bool:
    """Whether what was received is kept."""
    return mode != "PREDICTIONS"


def wants_replies(mode: str) -> bool:
    """Whether what was answered is kept."""
    return mode != "MODEL_INPUTS"


def read_inference_log(launch: dict[str, Any]) -> InferenceLogOptions | None:
    """The options, or None when nothing is kept; raises ConfigError."""
    value = read_object(launch, "inferenceLog", {})
    mode = _choice(value, "mode", "inferenceLog.mode", _MODES, "ALL")
    file = _file(read_object(value, "file", {}), mode)
    kafka = _kafka(read_object(value, "kafka", {}), mode)
    if file is None and kafka is None:
        return None
    queue = read_object(value, "queue", {})
    return InferenceLogOptions(
        serving_id=_whole(value, "servingId", "inferenceLog.servingId", 0, 0, 2**31 - 1),
        redact=tuple(map(_path, _texts(value, "redact", []))),
        headers=tuple(map(_header, _texts(value, "headers", _HEADERS))),
        queue_records=_whole(queue, "records", "inferenceLog.queue.records", 10_000, 1, 10**7),
        queue_bytes=_whole(queue, "bytes", "inferenceLog.queue.bytes", 64 * _MIB, 1024, 2**40),
        drain_seconds=read_number(value, "drainSeconds", "inferenceLog.drainSeconds", 3, 0, 600),
        file=file,
        kafka=kafka,
        door=_door(read_object(value, "door", {})),
    )


def tell_door(launch: dict[str, Any], port: int, secret: str) -> None:
    """Write into a launch file's content where workers find the recorder."""
    launch["inferenceLog"] = {**launch["inferenceLog"], "door": {"port": port, "secret": secret}}


def _door(value: dict[str, Any]) -> tuple[int, str] | None:
    if not value:
        return None
    port = _whole(value, "port", "inferenceLog.door.port", 0, 1, 65535)
    return port, read_text(value, "secret", "inferenceLog.door.secret")


def _file(value: dict[str, Any], mode: str) -> FileOptions | None:
    own = _choice(value, "mode", "inferenceLog.file.mode", _MODES, mode)
    if not value or own == "NONE":
        return None
    name = "inferenceLog.file"
    folder = read_path(value, "folder", f"{name}.folder")
    assert folder is not None
    return FileOptions(
        folder=folder,
        mode=own,
        max_bytes=_whole(value, "maxBytes", f"{name}.maxBytes", 50_000_000, 10_000, 2**50),
        files=_whole(value, "files", f"{name}.files", 5, 1, 1000),
        max_age_seconds=3600 * read_number(value, "maxAgeHours", f"{name}.maxAgeHours", 168, 0.0001, 10**6),
    )


def _kafka(value: dict[str, Any], mode: str) -> KafkaOptions | None:
    own = _choice(value, "mode", "inferenceLog.kafka.mode", _MODES, mode)
    if not value or own == "NONE":
        return None
    name = "inferenceLog.kafka"
    topic, brokers = (
        read_text(value, "topic", f"{name}.topic"),
        read_text(value, "brokers", f"{name}.brokers"),
    )
    if not _TOPIC.match(topic) or topic in {".", ".."}:
        raise wrong(f"{name}.topic", "at most 249 letters, digits, '.', '_' and '-'", topic)
    if not _BROKERS.match(brokers):
        raise wrong(f"{name}.brokers", "host:port, more of them after commas", brokers)
    fields = read_object(value, "fields", {})
    return KafkaOptions(
        brokers=brokers,
        topic=topic,
        mode=own,
        schema_version=_whole(value, "schemaVersion", f"{name}.schemaVersion", 3, 1, 4),
        schema_id=_whole(value, "schemaId", f"{name}.schemaId", 0, 0, 2**32 - 1)
        if value.get("schemaId") is not None
        else None,
        serving_type=read_text(fields, "servingType", f"{name}.fields.servingType", "SKLEARN"),
        model_server=read_text(fields, "modelServer", f"{name}.fields.modelServer", "PYTHON"),
        serving_tool=read_text(fields, "servingTool", f"{name}.fields.servingTool", "DEFAULT"),
        tls=_tls(value),
        sasl=_sasl(read_object(value, "sasl", {})),
        wait_seconds=read_number(value, "waitSeconds", f"{name}.waitSeconds", 300, 1, 10**6),
        message_bytes=_whole(value, "messageBytes", f"{name}.messageBytes", 1_000_000, 1000, 10**9),
        compression=_choice(value, "compression", f"{name}.compression", _COMPRESSIONS, "none"),
    )


def _tls(kafka: dict[str, Any]) -> TlsOptions | None:
    """`tls`: true is short for an empty object."""
    got, name = kafka.get("tls"), "inferenceLog.kafka.tls"
    if got is None or got is False:
        return None
    value: dict[str, Any] = {} if got is True else read_object({name: got}, name)
    return TlsOptions(
        ca_file=read_path(value, "caFile", f"{name}.caFile", optional=True),
        certificate_file=read_path(value, "certificateFile", f"{name}.certificateFile", optional=True),
        key_file=read_path(value, "keyFile", f"{name}.keyFile", optional=True),
        key_password_variable=_optional_text(value, "keyPasswordVariable", name),
        verify=read_flag(value, "verify", True, f"{name}.verify"),
    )


def _sasl(value: dict[str, Any]) -> SaslOptions | None:
    if not value:
        return None
    name = "inferenceLog.kafka.sasl"
    variable = _optional_text(value, "passwordVariable", name)
    file = read_path(value, "passwordFile", f"{name}.passwordFile", optional=True)
    if (variable is None) == (file is None):
        raise wrong(name, "an object with either passwordVariable or passwordFile", sorted(value))
    return SaslOptions(
        mechanism=_choice(value, "mechanism", f"{name}.mechanism", _MECHANISMS, "PLAIN"),
        user=read_text(value, "user", f"{name}.user"),
        password_variable=variable,
        password_file=file,
    )


def _optional_text(value: dict[str, Any], key: str, name: str) -> str | None:
    return read_text(value, key, f"{name}.{key}") if value.get(key) is not None else None


def _whole(value: dict[str, Any], key: str, field: str, default: int, low: int, high: int) -> int:
    return int(read_number(value, key, field, default, low, high, whole=True))


def _choice(value: dict[str, Any], key: str, field: str, choices: tuple[str, ...], default: str) -> str:
    got = read_text(value, key, field, default)
    if got not in choices:
        raise wrong(field, f"one of {', '.join(choices)}", got)
    return got


def _texts(value: dict[str, Any], key: str, default: list[str]) -> list[str]:
    got = value.get(key, default)
    if not (isinstance(got, list) and all(isinstance(item, str) for item in got)):
        raise wrong(f"inferenceLog.{key}", "a list of texts", got)
    return got


def _path(text: str) -> tuple[Step, ...]:
    try:
        return parse_path(text)
    except PathError as error:
        raise wrong("inferenceLog.redact", f"a list of JSON paths ({error})", text) from None


def _header(name: str) -> str:
    if not _HEADER.match(name):
        raise wrong("inferenceLog.headers", "a list of names of headers", name)
    return name.lower()
