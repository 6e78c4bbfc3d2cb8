"""All that a topic has now, by an independent consumer and fastavro: a line of JSON for each message."""

from __future__ import annotations

import json
import sys

from confluent_kafka import Consumer, TopicPartition

from inferencerecords import decode


def main(brokers: str, topic: str, version: str) -> None:
    """Print them."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "test", "enable.auto.commit": False})
    numbers = consumer.list_topics(topic, timeout=20).topics[topic].partitions
    for number in sorted(numbers):
        partition = TopicPartition(topic, number, 0)
        _, high = consumer.get_watermark_offsets(partition, timeout=20)
        consumer.assign([partition])
        for _ in range(high):
            message = consumer.poll(20)
            assert message is not None
            assert message.error() is None
            print(json.dumps(decode(message.value(), int(version))))
    consumer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
