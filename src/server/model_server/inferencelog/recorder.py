"""The process that takes records from all workers of a serving and hands them to the sinks.

A process of its own: what it does costs the user's code no time, a broker's client never meets the libraries
of the script, and if it dies, nothing else does. The supervisor starts it, and another one in its place.
"""

from __future__ import annotations

import base64
import json
import os
import selectors
import signal
import socket
import sys
import threading
import time
from functools import partial
from typing import Any, Callable

from ..config import LaunchConfig, parse_launch
from ..measuring.recording import EVERY_SINK, RecorderMeter
from ..measuring.snapshot import Snapshot, take_snapshot
from ..recordoptions import InferenceLogOptions
from .frames import HELLO_BYTES, read_frame, read_hello, size_at
from .kafka import KafkaSink
from .ndjson import NdjsonSink
from .records import Record
from .sinks import Feeder, Sink, Tally

_READ_BYTES = 1024 * 1024
_HELLO_SECONDS = 5.0
_LOOK_SECONDS = 0.5
_LAST_SECONDS = 1.0  # after the workers' end, for what is still on its way
_FILE_WAIT_SECONDS = 300.0
_NICE = 5


def record() -> int:
    """Read the order from standard input and carry it out; the exit code."""
    order = json.loads(sys.stdin.buffer.readline())
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # it ends with standard input
    if hasattr(os, "nice"):
        os.nice(_NICE)  # predictions go first
    config = parse_launch(order["launch"])
    options = config.inference_log
    assert options is not None
    Recorder(config, options, _door(order), str(order["secret"]), order["secrets"]).run()
    return 0


def _door(order: dict[str, Any]) -> socket.socket:
    if "shared" in order:
        shared: Callable[[bytes], socket.socket] = socket.fromshare  # type: ignore[attr-defined,unused-ignore]
        return shared(base64.b64decode(order["shared"]))
    return socket.socket(fileno=int(order["door"]))


class _Connection:
    """A worker's. `replica` is None until it has said who it is."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.since = time.monotonic()
        self.buffer = bytearray()
        self.replica: int | None = None


class Recorder:
    """Reads on the main thread; each sink has a thread of its own."""

    def __init__(
        self,
        config: LaunchConfig,
        options: InferenceLogOptions,
        door: socket.socket,
        secret: str,
        secrets: dict[str, str],
    ) -> None:
        self._config = config
        self._options = options
        self._door = door
        self._secret = secret
        self._meter = RecorderMeter(config.run_dir)
        self._selector = selectors.DefaultSelector()
        self._connections: set[_Connection] = set()
        self._feeders: list[Feeder] = []
        self._ending: float | None = None
        self._looked = 0.0
        self._input = _end_of_input()
        before = take_snapshot(config.run_dir)
        if options.file is not None:
            tally = self._tally("file", before)
            self._add("file", NdjsonSink(config, options.file, tally), tally, _FILE_WAIT_SECONDS)
        if options.kafka is not None:
            tally = self._tally("kafka", before)
            sink = KafkaSink(config, options, options.kafka, tally, secrets)
            self._add("kafka", sink, tally, options.kafka.wait_seconds)

    def _tally(self, name: str, before: Snapshot) -> Tally:
        """A sink's, after what another recorder has left: what waited there is lost."""
        dropped = before.of("inference_log_dropped")
        had = _known(before) - before.value("inference_log_dropped", EVERY_SINK, "lost")
        over = sum(numbers[0] for key, numbers in dropped.items() if key[0] == name)
        lost = had - over - before.value("inference_log_sent", name)
        if lost > 0:
            self._meter.add("inference_log_dropped", name, "lost", amount=lost)
        return Tally(name, self._meter, self._options.queue_records, self._options.queue_bytes)

    def _add(self, name: str, sink: Sink, tally: Tally, wait_seconds: float) -> None:
        self._feeders.append(Feeder(name, sink, tally, wait_seconds))

    def run(self) -> None:
        """Until standard input ends and the workers' connections have."""
        self._door.setblocking(False)
        self._selector.register(self._door, selectors.EVENT_READ, self._accept)
        self._selector.register(self._input, selectors.EVENT_READ, self._end)
        while self._ending is None or (self._connections and time.monotonic() < self._ending):
            for key, _ in self._selector.select(_LOOK_SECONDS):
                key.data()
            self._look()
        self._count_lost()
        for feeder in self._feeders:
            feeder.end(self._options.drain_seconds)
        for feeder in self._feeders:
            feeder.join(self._options.drain_seconds + 3)

    def _end(self) -> None:
        if self._ending is None:
            self._ending = time.monotonic() + _LAST_SECONDS
            self._selector.unregister(self._input)
            self._accept()  # one that came at the last moment

    # Connections

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._door.accept()
            except OSError:
                return
            sock.setblocking(False)
            connection = _Connection(sock)
            self._connections.add(connection)
            self._selector.register(sock, selectors.EVENT_READ, partial(self._read, connection))

    def _read(self, connection: _Connection) -> bool:
        """Take what is there; False when nothing is, or when it was the last."""
        try:
            data = connection.sock.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            data = b""
        if not data:
            self._close(connection)
            return False
        connection.buffer += data
        if connection.replica is not None or self._greet(connection):
            self._take(connection)
        return connection in self._connections

    def _greet(self, connection: _Connection) -> bool:
        if len(connection.buffer) < HELLO_BYTES:
            return False
        secret, replica, base = read_hello(connection.buffer)
        if secret != self._secret:
            self._close(connection)
            return False
        for other in [one for one in self._connections if one.replica == replica]:
            while self._read(other):
                pass  # what the one before has left counts before it is asked what is missing
        del connection.buffer[:HELLO_BYTES]
        connection.replica = replica
        self._know(replica, base)
        return True

    def _know(self, replica: int, made: int) -> None:
        """What a replica has made and did not arrive is lost."""
        place = self._meter.series("inference_log_known", str(replica))
        lost = made - int(self._meter.doubles[place])
        if lost > 0:
            self._meter.add("inference_log_dropped", EVERY_SINK, "lost", amount=lost)
            self._meter.doubles[place] = made

    def _take(self, connection: _Connection) -> None:
        buffer, at, count = connection.buffer, 0, 0
        assert connection.replica is not None
        while True:
            size = size_at(buffer, at)
            if size is None or len(buffer) - at < size:
                break
            record = Record(read_frame(buffer, at), connection.replica, self._options.redact)
            for feeder in self._feeders:
                feeder.offer(record)
            at += size
            count += 1
        if count:
            del buffer[:at]
            self._meter.add("inference_log_known", str(connection.replica), amount=count)

    def _close(self, connection: _Connection) -> None:
        if connection in self._connections:
            self._connections.discard(connection)
            self._selector.unregister(connection.sock)
            connection.sock.close()

    def _look(self) -> None:
        """Tell how many wait, and end whoever does not say the secret: that is none of ours."""
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        for feeder in self._feeders:
            feeder.tally.show()
        for connection in list(self._connections):
            if connection.replica is None and now - connection.since > _HELLO_SECONDS:
                self._close(connection)

    def _count_lost(self) -> None:
        """What workers have made and could not send any more."""
        now = take_snapshot(self._config.run_dir)
        lost = now.value("inference_log_records") - _known(now)
        if lost > 0:
            self._meter.add("inference_log_dropped", EVERY_SINK, "lost", amount=lost)


def _known(snapshot: Snapshot) -> float:
    """Records of all workers that arrived or were lost on their way."""
    return sum(numbers[0] for numbers in snapshot.of("inference_log_known").values())


def _end_of_input() -> socket.socket:
    """A socket that can be read when standard input has ended: a pipe can't be waited for on Windows."""
    ours, theirs = socket.socketpair()

    def wait() -> None:
        while sys.stdin.buffer.read(1024):
            pass
        theirs.close()

    threading.Thread(target=wait, name="model-server-control", daemon=True).start()
    return ours
