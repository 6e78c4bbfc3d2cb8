"""What the editor asks about a Kafka broker, by the client and the settings of the sink: `run.py kafka`.

Standard input has one question: `{"ask": …, "kafka": {brokers, tls, sasl}, "secrets": {variable: value}, …}`,
with `kafka` as in launch.json. The answer is one object; where there is none, it is
`{"error": {kind, message, remedy}}`.
"""

from __future__ import annotations

import secrets
import sys
import time
from typing import Any, Callable

from ..fields import ConfigError
from ..measuring.recording import Problem
from ..recordoptions import KafkaOptions, read_inference_log
from .kafka import NO_LOG
from .kafkasettings import SettingsError, connection_settings, problem_of
from .topicreading import newest_of, read_topic

_SECONDS = 10.0
_TELLING = {"_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM", "_SSL"}
_NAMES = 10_000


class AskError(Exception):
    """Why there is no answer; `problem` is what a person is told."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """The answer, or what is wrong."""
    try:
        return _ASKED[question["ask"]](Talk(question), question)
    except (AskError, SettingsError) as error:
        problem = error.problem
    except ConfigError as error:
        problem = Problem("settings", str(error), "Correct the settings of Kafka")
    except ImportError as error:
        message = f"confluent-kafka can't be imported in this Python: {error}"
        problem = Problem("no-client", message, f"{sys.executable} -m pip install confluent-kafka")
    return {"error": {"kind": problem.kind, "message": problem.message, "remedy": problem.remedy}}


class Talk:
    """A client of the broker, whose errors are told as the sink tells them."""

    def __init__(self, question: dict[str, Any]) -> None:
        import confluent_kafka
        from confluent_kafka import admin

        kafka = {**question["kafka"], "topic": question.get("name") or "none"}
        log = read_inference_log({"inferenceLog": {"kafka": kafka}})
        assert log is not None
        assert log.kafka is not None
        self.options: KafkaOptions = log.kafka
        self.module = confluent_kafka
        self._errors: list[Any] = []
        self.settings = connection_settings(self.options, question.get("secrets") or {})
        self.settings.update({"error_cb": self._errors.append, "socket.connection.setup.timeout.ms": 8000})
        try:
            self.admin = admin.AdminClient(self.settings, logger=NO_LOG)
        except confluent_kafka.KafkaException as error:
            raise self.failure(error) from None

    def cluster(self) -> Any:
        """Its brokers and topics; a refused login is known long before the time is over."""
        end = time.monotonic() + _SECONDS
        while True:
            try:
                return self.admin.list_topics(timeout=1.0)
            except self.module.KafkaException as error:
                self.admin.poll(0)
                told = [each for each in self._errors if each.name() in _TELLING]
                if told or time.monotonic() > end:
                    raise self.failure(error) from None

    def consumer(self, **more: Any) -> Any:
        """One that belongs to no group that anybody else has, and commits nothing."""
        own = {"group.id": f"model-serving-{secrets.token_hex(8)}", "enable.auto.commit": False}
        return self.module.Consumer(
            {**self.settings, **own, "enable.partition.eof": True, **more}, logger=NO_LOG
        )

    def done(self, future: Any) -> Any:
        """What an order to the broker gave."""
        try:
            return future.result(_SECONDS + 5)
        except self.module.KafkaException as error:
            raise self.failure(error) from None

    def failure(self, error: Any) -> AskError:
        """The error that says most: that of a login, of TLS, else this one."""
        self_told = error.args[0]
        telling = next((each for each in self._errors if each.name() in _TELLING), None)
        if telling is None and self_told.name() in {"_TRANSPORT", "_TIMED_OUT"} and self._errors:
            telling = self._errors[0]
        told = telling or self_told
        return AskError(problem_of(told.name(), told.str(), self.options))


def _cluster(talk: Talk, _question: dict[str, Any]) -> dict[str, Any]:
    found = talk.cluster()
    own = [name for name in found.topics if not name.startswith("__")]
    # Where it tells its clients to come to, whatever address they asked at.
    advertised = sorted(f"{each.host}:{each.port}" for each in found.brokers.values())
    return {"brokers": len(advertised), "advertised": advertised, "topics": len(own)}


def _topics(talk: Talk, _question: dict[str, Any]) -> dict[str, Any]:
    found = talk.cluster().topics
    topics = [found[name] for name in sorted(found) if not name.startswith("__")]
    newest = newest_of(talk, topics)
    return {"topics": [{**_shape(topic), "newest": newest.get(topic.topic)} for topic in topics]}


def _shape(topic: Any) -> dict[str, Any]:
    copies = max((len(each.replicas) for each in topic.partitions.values()), default=0)
    return {"name": topic.topic, "partitions": len(topic.partitions), "copies": copies}


def _topic(talk: Talk, question: dict[str, Any]) -> dict[str, Any]:
    """Whether it is there, may be written, and what its newest record is."""
    found = talk.cluster().topics.get(question["name"])
    if found is None:
        return {"topic": None}
    newest = newest_of(talk, [found])
    about = {"newest": newest.get(found.topic), "writable": _writable(talk, found.topic)}
    return {"topic": {**_shape(found), **about}}


def _writable(talk: Talk, name: str) -> bool:
    """Brokers without rules of access allow everything; whoever does not say so is believed to."""
    from confluent_kafka import admin

    names = talk.module.TopicCollection([name])
    asked = talk.admin.describe_topics(names, include_authorized_operations=True, request_timeout=_SECONDS)
    try:
        allowed = asked[name].result(_SECONDS).authorized_operations
    except talk.module.KafkaException as error:
        return bool(error.args[0].name() != "TOPIC_AUTHORIZATION_FAILED")
    allows = (admin.AclOperation.WRITE, admin.AclOperation.ALL)  # type: ignore[attr-defined]
    return not allowed or any(each in allowed for each in allows)


def _create(talk: Talk, question: dict[str, Any]) -> dict[str, Any]:
    """With the name that is given, else `<serving>-inf<4 digits>`, as Hopsworks names them."""
    from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]

    there = talk.cluster()
    partitions, copies = question["partitions"], question["copies"]
    if copies > len(there.brokers):
        message = (
            f"Kafka has {len(there.brokers)} broker(s), and {copies} copies of each partition are asked for"
        )
        raise AskError(Problem("copies", message, "Ask for fewer copies"))
    for _ in range(20):
        name = question.get("name") or _free_name(question["serving"], set(there.topics))
        made = talk.admin.create_topics([NewTopic(name, partitions, copies)], operation_timeout=_SECONDS)
        try:
            made[name].result(_SECONDS + 5)
        except talk.module.KafkaException as error:
            if error.args[0].name() == "TOPIC_ALREADY_EXISTS":
                if question.get("name"):
                    return {"name": name, "made": False}
                continue
            if error.args[0].name() == "TOPIC_AUTHORIZATION_FAILED":
                message = f"Kafka refused to create the topic {name}: {error.args[0].str()}"
                raise AskError(Problem("refused", message, "Allow the user to create topics")) from None
            raise talk.failure(error) from None
        return {"name": name, "made": True}
    raise AskError(
        Problem("kafka", "Kafka has a topic of every name that was tried", "Name a topic that is there")
    )


def _free_name(serving: str, taken: set[str]) -> str:
    first = secrets.randbelow(_NAMES)
    names = (f"{serving}-inf{(first + step) % _NAMES:04}" for step in range(_NAMES))
    return next((name for name in names if name not in taken), f"{serving}-inf{first:04}")


def _delete(talk: Talk, question: dict[str, Any]) -> dict[str, Any]:
    name = question["name"]
    if name not in talk.cluster().topics:
        return {"removed": False}
    talk.done(talk.admin.delete_topics([name], operation_timeout=_SECONDS)[name])
    return {"removed": True}


def _read(talk: Talk, question: dict[str, Any]) -> dict[str, Any]:
    found = talk.cluster().topics.get(question["name"])
    if found is None:
        raise AskError(problem_of("UNKNOWN_TOPIC_OR_PART", "", talk.options))
    try:
        return read_topic(talk, found, question)
    except talk.module.KafkaException as error:
        raise talk.failure(error) from None


_ASKED: dict[str, Callable[[Talk, dict[str, Any]], dict[str, Any]]] = {
    "cluster": _cluster,
    "topics": _topics,
    "topic": _topic,
    "create": _create,
    "delete": _delete,
    "read": _read,
}
