"""Reading messages of a topic, each as a record of the inference log's schemas (avroreading.py)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .avroreading import read_message

if TYPE_CHECKING:
    from .topics import Talk

_SECONDS = 10.0
_PATIENCE_SECONDS = 3.0  # for the newest messages of all topics together
_MOST_PARTITIONS = 500


def newest_of(talk: Talk, topics: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """By topic what its newest message is: `{schemaVersion}`, with null when it is none of ours.

    A topic without messages, and one that may not be read or does not answer in time, is missing.
    """
    from confluent_kafka import TopicPartition

    last = -2001  # librdkafka's for: one before the end
    wanted = [
        TopicPartition(each.topic, number, last) for each in topics for number in sorted(each.partitions)
    ]
    consumer = talk.consumer()
    newest: dict[str, Any] = {}
    try:
        consumer.assign(wanted[:_MOST_PARTITIONS])
        for message in _until_end(consumer, len(wanted[:_MOST_PARTITIONS]), _PATIENCE_SECONDS):
            before = newest.get(message.topic())
            if before is None or before.timestamp()[1] <= message.timestamp()[1]:
                newest[message.topic()] = message
    finally:
        consumer.close()
    found = {}
    for name, message in newest.items():
        record = read_message(message.value() or b"")
        found[name] = {"schemaVersion": None if record is None else record["schemaVersion"]}
    return found


def _until_end(consumer: Any, partitions: int, seconds: float) -> Iterator[Any]:
    """The messages of so many partitions, until each of them is at its end; errors of a partition end it."""
    ended: set[tuple[str, int]] = set()
    end = time.monotonic() + seconds
    while len(ended) < partitions and time.monotonic() < end:
        for message in consumer.consume(500, timeout=0.2):
            if message.error() is None:
                yield message
            elif message.topic() is not None:
                ended.add((message.topic(), message.partition()))


def read_topic(talk: Talk, topic: Any, question: dict[str, Any]) -> dict[str, Any]:
    """`records` at the most, and about `bytes`, from where `from` says: oldest, time, offset or offsets."""
    limit, size = question.get("records", 500), question.get("bytes", 4_000_000)
    consumer = talk.consumer(**{"fetch.message.max.bytes": 20_000_000, "auto.offset.reset": "earliest"})
    try:
        starts, skipped, ends = _starts(talk, consumer, topic, question.get("from") or {})
        nexts = dict(starts)
        open_ones = [number for number, start in starts.items() if start < ends[number]]
        records: list[dict[str, Any]] = []
        strange = taken = 0
        if open_ones:
            consumer.assign(
                [talk.module.TopicPartition(topic.topic, each, starts[each]) for each in open_ones]
            )
        deadline = time.monotonic() + _SECONDS
        left = set(open_ones)
        while left and len(records) + strange < limit and taken < size and time.monotonic() < deadline:
            message = consumer.poll(0.5)
            if message is None:
                continue
            number = message.partition()
            if message.error() is not None:
                if message.error().name() != "_PARTITION_EOF":
                    raise talk.module.KafkaException(message.error())
                nexts[number] = max(nexts.get(number, 0), message.offset())
                left.discard(number)
                continue
            value = message.value() or b""
            nexts[number] = message.offset() + 1
            taken += len(value)
            deadline = time.monotonic() + _SECONDS
            record = read_message(value)
            if record is None:
                strange += 1
            else:
                records.append({**record, "partition": number, "offset": message.offset()})
            if nexts[number] >= ends[number]:
                left.discard(number)
        at_end = not left
        return {
            "records": records,
            "strange": strange,
            "skipped": skipped,
            "atEnd": at_end,
            "next": {str(number): offset for number, offset in nexts.items()},
        }
    finally:
        consumer.close()


def _starts(
    talk: Talk, consumer: Any, topic: Any, wish: dict[str, Any]
) -> tuple[dict[int, int], int, dict[int, int]]:
    """By partition the first offset to read and the end; how many that were asked for are gone already."""
    partition = talk.module.TopicPartition
    numbers = sorted(topic.partitions)
    bounds = {
        number: consumer.get_watermark_offsets(partition(topic.topic, number), timeout=_SECONDS)
        for number in numbers
    }
    if "time" in wish:
        asked = [partition(topic.topic, number, int(wish["time"])) for number in numbers]
        times = {each.partition: each.offset for each in consumer.offsets_for_times(asked, timeout=_SECONDS)}
        # Negative: all of it is older.
        wanted = {number: times[number] if times[number] >= 0 else bounds[number][1] for number in numbers}
    elif "offsets" in wish:
        # A partition that came later is read from its beginning.
        wanted = {number: int(wish["offsets"].get(str(number), bounds[number][0])) for number in numbers}
    elif "offset" in wish:
        wanted = {number: int(wish["offset"]) for number in numbers}
    else:
        wanted = {number: bounds[number][0] for number in numbers}
    starts = {number: min(max(wanted[number], bounds[number][0]), bounds[number][1]) for number in numbers}
    gone = sum(max(0, bounds[number][0] - wanted[number]) for number in numbers) if "offsets" in wish else 0
    return starts, gone, {number: bounds[number][1] for number in numbers}
