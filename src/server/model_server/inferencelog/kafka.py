"""The sink that is a Kafka topic, by confluent-kafka of the user's environment.

Its client (librdkafka) has threads, retries and batches of its own. What it has taken still waits in our
sense until the broker has confirmed it.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from ..config import LaunchConfig
from ..measuring.recording import Problem
from ..recordoptions import InferenceLogOptions, KafkaOptions
from .avro import messages_of
from .kafkasettings import SettingsError, client_settings, problem_of
from .records import Record
from .sinks import Tally

_LOOK_SECONDS = 2.0
_PATIENCE_SECONDS = 3.0  # without an answer of the broker, so long, it counts as away
NO_LOG = logging.getLogger("model-server-kafka")
NO_LOG.addHandler(logging.NullHandler())
NO_LOG.propagate = False


class KafkaSink:
    """See sinks.Sink."""

    def __init__(
        self,
        config: LaunchConfig,
        log: InferenceLogOptions,
        options: KafkaOptions,
        tally: Tally,
        secrets: dict[str, str],
    ) -> None:
        self._config = config
        self._log = log
        self._options = options
        self._tally = tally
        self._client: Any = None
        self._client_module: Any = None
        self._failed = self._gave_up = False
        self._doubtful = False  # the client told an error, and nothing good since then
        self._reason = ""
        self._found_topic = False
        self._looked = -_LOOK_SECONDS
        self._flying: set[Record] = set()  # taken, and not confirmed
        self._confirmed = time.monotonic()
        try:
            self._settings = client_settings(options, secrets, log.queue_records, log.queue_bytes)
            self._settings["error_cb"] = self._on_error
            self._begin()
        except SettingsError as error:
            self._fail(error.problem)
        except ImportError as error:
            message = f"confluent-kafka can't be imported in this Python: {error}"
            remedy = f"Install it there: {sys.executable} -m pip install confluent-kafka"
            self._fail(Problem("no-client", message, remedy))
        except Exception as error:  # the client's own: settings that it does not take
            message = f"The Kafka client does not take its settings: {error}"
            self._fail(Problem("settings", message, "Correct inferenceLog.kafka and start again"))

    def _begin(self) -> None:
        import confluent_kafka

        self._client_module = confluent_kafka
        self._client = confluent_kafka.Producer(self._settings, logger=NO_LOG)

    def _fail(self, problem: Problem) -> None:
        self._failed = True
        self._reason = problem.kind
        self._tally.state("failed", problem)

    def ready(self) -> bool:  # noqa: D102
        if self._failed:
            return True  # to drop at once what can never be sent
        self._client.poll(0)
        if self._gave_up:
            self._renew()
        now = time.monotonic()
        if not self._flying:
            self._confirmed = now
        silent = now - self._confirmed > _PATIENCE_SECONDS
        if (silent or self._doubtful or not self._found_topic) and now - self._looked > _LOOK_SECONDS:
            self._look(now)
        return self._found_topic

    def _look(self, now: float) -> None:
        """Ask for the topic: the answer tells whether the broker is there, and who is to blame if not."""
        self._looked = now
        try:
            found = self._client.list_topics(self._options.topic, timeout=_LOOK_SECONDS)
            error = found.topics[self._options.topic].error
        except self._client_module.KafkaException as failure:
            error = failure.args[0]
        self._looked = time.monotonic()
        if error is not None:
            self._tally.state("waiting", self._problem(error))
            return
        self._found_topic, self._doubtful = True, False
        self._tally.state("sending")

    def write(self, records: Sequence[Record]) -> None:  # noqa: D102
        if self._failed:
            self._tally.dropped(self._reason, records)
            return
        for record in records:
            messages = messages_of(record, self._config, self._log.serving_id, self._options)
            if max(map(len, messages)) + 512 > self._options.message_bytes:
                self._tally.dropped("too-large", [record])
                continue
            self._flying.add(record)
            record.pending = len(messages)
            for message in messages:
                self._produce(record, message)
        self._client.poll(0)

    def _produce(self, record: Record, message: bytes) -> None:
        done = partial(self._delivered, record)
        for _ in range(50):
            try:
                self._client.produce(self._options.topic, value=message, on_delivery=done)
            except BufferError:
                self._client.poll(0.1)
            except self._client_module.KafkaException as error:
                self._delivered(record, error.args[0], None)
                return
            else:
                return
        self._lost(record, "full")

    def _delivered(self, record: Record, error: Any, _message: Any) -> None:
        if error is not None:
            problem = self._problem(error)
            self._lost(record, "timeout" if problem.kind == "broker-away" else problem.kind)
            if problem.kind != "too-large":
                self._found_topic = False
            self._tally.state("waiting", problem)
            return
        self._confirmed = time.monotonic()
        record.pending -= 1
        if record.pending == 0 and record in self._flying:
            self._flying.discard(record)
            self._tally.sent([record])
            if self._found_topic:
                self._doubtful = False
                self._tally.state("sending")

    def _lost(self, record: Record, reason: str) -> None:
        """Once for a record, however many of its messages are lost."""
        if record in self._flying:
            self._flying.discard(record)
            self._tally.dropped(reason, [record])

    def _on_error(self, error: Any) -> None:
        if error.fatal():
            self._gave_up = True
            self._tally.state("waiting", self._problem(error))
        elif error.name() != "_TRANSPORT" or self._flying:
            self._doubtful = True
            self._tally.state("waiting", self._problem(error))

    def _renew(self) -> None:
        """An idempotent client gives up when a broker has forgotten what it confirmed: a new one goes on."""
        old = self._client
        self._gave_up = self._found_topic = False
        old.purge()
        old.flush(1.0)
        self._begin()

    def _problem(self, error: Any) -> Problem:
        return problem_of(error.name(), error.str(), self._options)

    def close(self, seconds: float) -> None:  # noqa: D102
        if self._client is not None:
            self._client.flush(seconds)
