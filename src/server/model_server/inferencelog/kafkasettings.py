"""The settings of the Kafka client, and what its errors mean to a person."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from ..measuring.recording import Problem
from ..recordoptions import KafkaOptions, SaslOptions


class SettingsError(Exception):
    """Settings that can never work; `problem` says why and what to do."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def client_settings(
    options: KafkaOptions, secrets: dict[str, str], records: int, size: int
) -> dict[str, Any]:
    """What the sink's client is made with, for a queue of so many records and bytes; raises SettingsError."""
    return {
        **connection_settings(options, secrets),
        # A broker that is restarted must not make a message come twice.
        "enable.idempotence": True,
        "message.timeout.ms": int(options.wait_seconds * 1000),
        "message.max.bytes": options.message_bytes,
        "compression.type": options.compression,
        "linger.ms": 50,
        # Our own queue is the limit (a record may be two messages): the client's must not be reached before.
        "queue.buffering.max.messages": min(2 * records + 1000, 10_000_000),
        "queue.buffering.max.kbytes": min(2 * size // 1024 + options.message_bytes // 512 + 1024, 2_097_151),
        "reconnect.backoff.max.ms": 2000,
        "topic.metadata.refresh.interval.ms": 30_000,
    }


def connection_settings(options: KafkaOptions, secrets: dict[str, str]) -> dict[str, Any]:
    """Where the broker is, and how it is spoken to; raises SettingsError."""
    settings: dict[str, Any] = {"bootstrap.servers": options.brokers, "client.id": "model-server"}
    tls, sasl = options.tls, options.sasl
    protocol = {(False, False): "plaintext", (True, False): "ssl", (False, True): "sasl_plaintext"}
    settings["security.protocol"] = protocol.get((tls is not None, sasl is not None), "sasl_ssl")
    if tls is not None:
        files = {
            "ssl.ca.location": tls.ca_file,
            "ssl.certificate.location": tls.certificate_file,
            "ssl.key.location": tls.key_file,
        }
        for name, path in files.items():
            if path is not None:
                settings[name] = str(_readable(path))
        if tls.key_password_variable is not None:
            settings["ssl.key.password"] = _secret(tls.key_password_variable, secrets)
        if not tls.verify:
            settings["enable.ssl.certificate.verification"] = False
    if sasl is not None:
        settings["sasl.mechanism"] = sasl.mechanism
        settings["sasl.username"] = sasl.user
        settings["sasl.password"] = _password(sasl, secrets)
    return settings


def _readable(path: Path) -> Path:
    if not os.access(path, os.R_OK):
        problem = Problem("tls-file", f"Could not read a file of TLS: {path}", "Name a file that can be read")
        raise SettingsError(problem)
    return path


def _secret(variable: str, secrets: dict[str, str]) -> str:
    if not secrets.get(variable):
        message = f"The password for Kafka is missing: {variable} is not set"
        raise SettingsError(Problem("no-password", message, f"Set the secret {variable} and start again"))
    return secrets[variable]


def _password(sasl: SaslOptions, secrets: dict[str, str]) -> str:
    file = sasl.password_file
    if file is None:
        return _secret(str(sasl.password_variable), secrets)
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        message = f"The password for Kafka could not be read: {reason}: {file}"
        raise SettingsError(Problem("no-password", message, "Name a file with the password in it")) from None
    if os.name != "nt" and stat.S_IMODE(mode) & 0o077:
        message = f"The file with the password for Kafka can be read by others: {file}"
        raise SettingsError(Problem("open-password", message, f"Run: chmod 600 {file}"))
    return text


def problem_of(name: str, text: str, options: KafkaOptions) -> Problem:
    """An error of the client, by the name that librdkafka gives it."""
    brokers, topic = options.brokers, options.topic
    if name in {"_TRANSPORT", "_ALL_BROKERS_DOWN", "_TIMED_OUT", "_RESOLVE", "_MSG_TIMED_OUT", "_DESTROY"}:
        remedy = f"Start the broker, or correct its address: {brokers}"
        return Problem("broker-away", f"Kafka does not answer: {text}", remedy)
    if name in {"UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_TOPIC", "_UNKNOWN_PARTITION", "UNKNOWN_TOPIC_ID"}:
        return Problem("topic-missing", f"Kafka has no topic {topic}", f"Create the topic {topic}")
    if name in {"_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM"}:
        return Problem("refused", f"Kafka refused the login: {text}", "Correct the user or the password")
    if name == "_SSL":
        return Problem(
            "tls", f"No TLS connection to Kafka: {text}", "Check the CA file and the broker's port"
        )
    if name in {"TOPIC_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED"}:
        remedy = f"Allow the user to write to {topic}"
        return Problem("refused", f"Kafka refused to write to the topic {topic}: {text}", remedy)
    if name in {"MSG_SIZE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"}:
        remedy = "Raise kafka.messageBytes and the topic's max.message.bytes"
        return Problem("too-large", f"A message is larger than Kafka allows: {text}", remedy)
    return Problem("kafka", f"Kafka: {text}", f"See the log of the broker: {brokers}")
