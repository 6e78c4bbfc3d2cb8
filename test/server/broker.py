"""A real Kafka of one node, started and killed by tests. MODEL_SERVING_TEST_KAFKA names the folder with its jars."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

JARS = os.environ.get("MODEL_SERVING_TEST_KAFKA")
_SMALL = ["-Xmx256m", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
_SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},SASL_SSL://{login_host}:{sasl},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL_SSL://{login_host}:{sasl}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.ssl.keystore.type=PKCS12
listener.name.sasl_ssl.ssl.keystore.location={folder}/keys.p12
listener.name.sasl_ssl.ssl.keystore.password=changeit
listener.name.sasl_ssl.ssl.key.password=changeit
listener.name.sasl_ssl.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_ada="{password}";
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
message.max.bytes=20000000
"""


class Broker:
    """Its ports and its data stay when it is killed and started again."""

    password = "s3cret-of-ada"

    def __init__(self, folder: Path, login_host: str = "127.0.0.1") -> None:
        java = shutil.which("java")
        assert JARS is not None
        assert java is not None
        self._folder = folder
        self._java = [java, *_SMALL, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{JARS}/*"]
        self.port, self.sasl_port, controller = _free_ports(3)
        self._login_host = login_host
        self._settings = folder / "server.properties"
        ports = {"port": self.port, "sasl": self.sasl_port, "controller": controller}
        values = {**ports, "login_host": login_host}
        self._settings.write_text(_SETTINGS.format(folder=folder, password=self.password, **values))
        self._process: subprocess.Popen[bytes] | None = None
        self.authority = folder / "authority.pem"
        self._make_keys()
        self._tool("format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", str(self._settings))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def addresses(self) -> dict[str, str]:
        """Where it is: plainly, and over TLS with a login, with what that takes."""
        login = f"{self._login_host}:{self.sasl_port}"
        return {
            "brokers": self.address,
            "login": login,
            "authority": str(self.authority),
            "password": self.password,
        }

    def _tool(self, *arguments: str) -> None:
        _run(*self._java, "kafka.tools.StorageTool", *arguments)

    def _make_keys(self) -> None:
        """A key of the broker; its certificate is its own authority."""
        keytool = str(Path(self._java[0]).resolve().with_name("keytool"))
        store = ["-keystore", str(self._folder / "keys.p12"), "-storepass", "changeit", "-alias", "broker"]
        name = ["-dname", "CN=broker", "-ext", f"san=ip:{self._login_host}"]
        about = [*name, "-validity", "30", "-keyalg", "EC"]
        _run(keytool, "-genkeypair", "-storetype", "PKCS12", *store, *about)
        _run(keytool, "-exportcert", "-rfc", "-file", str(self.authority), *store)

    def start(self) -> Broker:
        with open(self._folder / "broker.log", "ab") as log:
            self._process = subprocess.Popen(
                [*self._java, "kafka.Kafka", str(self._settings)], stdout=log, stderr=log, cwd=self._folder
            )
        end = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert self._process.poll() is None, self.log()
                assert time.monotonic() < end, self.log()
                time.sleep(0.1)
            else:
                return self

    def log(self) -> str:
        return (self._folder / "broker.log").read_text(errors="replace")[-5000:]

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self, frozen: bool) -> None:
        """Stop answering, with all connections open; or go on."""
        import signal

        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def create(self, topic: str, **settings: str) -> str:
        """A new topic of one partition."""
        from confluent_kafka.admin import AdminClient, NewTopic

        admin = AdminClient({"bootstrap.servers": self.address})
        made = admin.create_topics([NewTopic(topic, 1, 1, config=settings)], operation_timeout=30)
        made[topic].result(30)
        return topic

    def read(self, topic: str, seconds: float = 30) -> list[bytes]:
        """All that the topic has now, by an independent consumer."""
        from confluent_kafka import Consumer, TopicPartition

        settings: dict[str, Any] = {"bootstrap.servers": self.address, "group.id": f"reader-{time.time()}"}
        consumer = Consumer({**settings, "enable.auto.commit": False, "fetch.message.max.bytes": 20_000_000})
        try:
            partition = TopicPartition(topic, 0, 0)
            _, high = consumer.get_watermark_offsets(partition, timeout=seconds)
            consumer.assign([partition])
            found: list[bytes] = []
            end = time.monotonic() + seconds
            while consumer.position([partition])[0].offset < high and time.monotonic() < end:
                for message in consumer.consume(1000, timeout=1):
                    assert message.error() is None, message.error()
                    assert message.key() is None
                    found.append(message.value())
            return found
        finally:
            consumer.close()


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def _free_ports(count: int) -> list[int]:
    socks = [socket.socket() for _ in range(count)]
    for sock in socks:
        sock.bind(("127.0.0.1", 0))
    ports = [sock.getsockname()[1] for sock in socks]
    for sock in socks:
        sock.close()
    return ports


def main(topic: str, login_host: str = "127.0.0.1") -> None:
    """Run one with a topic until standard input ends; nothing of it is left then."""
    with tempfile.TemporaryDirectory(prefix="kafka-") as folder:
        broker = Broker(Path(folder), login_host).start()
        try:
            broker.create(topic)
            print(json.dumps(broker.addresses()), flush=True)
            sys.stdin.read()
        finally:
            broker.kill()


if __name__ == "__main__":
    main(*sys.argv[1:])
