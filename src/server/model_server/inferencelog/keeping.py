"""A worker's half: what was answered is kept for a moment, then a thread sends it to the recorder.

On the event loop's thread a prediction costs an append. What the thread does for many at once (it takes turns
with the user's code) is little, too: bodies are neither looked at nor changed here.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Iterable
from functools import partial
from typing import Callable

from ..http.messages import AnyReply, Reply, Request, StreamChannel, StreamReply
from ..measuring.metrics import Meter
from ..measuring.recording import EVERY_SINK
from ..recordoptions import InferenceLogOptions, wants_replies, wants_requests
from .frames import head_of, hello

_GATHER_SECONDS = 0.1
_AGAIN_SECONDS = 0.5
_CHUNK_RECORDS = 50  # between two chunks the user's code gets its turn
_LARGE_BYTES = 64 * 1024
_ABOUT_BYTES = 1000  # of a record beside its bodies
_SEND_SECONDS = 5.0
_READS = frozenset({"GET", "HEAD", "OPTIONS"})  # of an app: pages and files, no predictions

_Kept = tuple[Request, AnyReply, str, str, float, float]
Answered = Callable[["Request | None", AnyReply, float], None]


class Keeper:
    """`door` is the recorder's: port and secret. `keep` is for the event loop's thread."""

    def __init__(
        self, options: InferenceLogOptions, door: tuple[int, str], replica: int, meter: Meter
    ) -> None:
        self._door = door
        self._replica = replica
        self._meter = meter
        self._most = options.queue_bytes  # of all that wait, and of a stream's copy
        self._headers = tuple(name.encode("ascii") for name in options.headers)
        self._requests = any(map(wants_requests, options.modes))
        self.replies = any(map(wants_replies, options.modes))
        self._waiting: deque[_Kept] = deque()
        self._added = self._taken = 0  # bytes: each is written by one thread
        self._wake = threading.Event()
        self._idle = threading.Event()
        self._doubles = meter.doubles
        self._made = meter.series("inference_log_records")
        self._gone = int(self._doubles[self._made])  # records that were taken to be sent, ever
        self._sock: socket.socket | None = None
        self._runs = False
        self._ending = False

    def surround(self, answered: Answered) -> Answered:
        """An `answered` (see http.messages.App) that keeps predictions before it does what it did."""
        return partial(self._answered, answered)

    def _answered(self, answered: Answered, request: Request | None, reply: AnyReply, seconds: float) -> None:
        if request is not None:
            note = request.note
            verb = note.get("verb")
            protocol = note.get("_protocol", "v1")
            if verb is not None and not (protocol == "app" and request.head.method in _READS):
                self._keep(request, reply, verb, protocol, seconds)
        answered(request, reply, seconds)

    def _keep(self, request: Request, reply: AnyReply, verb: str, protocol: str, seconds: float) -> None:
        if self.replies and isinstance(reply, StreamReply) and reply.copied is None:
            self._meter.add("inference_log_dropped", EVERY_SINK, "too-large")
            return
        size = _size(request, reply)
        if self._added - self._taken + size > self._most and self._waiting:
            self._meter.add("inference_log_dropped", EVERY_SINK, "behind")
            return
        self._added += size
        self._doubles[self._made] += 1.0
        self._waiting.append((request, reply, verb, protocol, time.time() - seconds, seconds))
        if not self._wake.is_set():
            if not self._runs:
                # Not before it is needed: a process that forks must have no threads.
                self._runs = True
                threading.Thread(target=self._run, name="model-server-records", daemon=True).start()
            self._wake.set()

    def copied(self, reply: StreamReply) -> StreamReply:
        """The same reply; what is sent of it is kept in it, too, unless that becomes too much."""
        opened = reply.opened
        reply.copied = []
        reply.opened = lambda channel: opened(_Copying(channel, reply, self._most))
        return reply

    def end(self, seconds: float) -> None:
        """Wait until all that was kept is sent, so long at the most."""
        self._ending = True
        self._wake.set()
        until = time.monotonic() + seconds
        while self._runs and self._waiting and time.monotonic() < until:
            time.sleep(0.005)
        if self._runs:
            self._idle.wait(max(0.0, until - time.monotonic()))

    # The thread

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._idle.clear()
            if not self._ending:
                time.sleep(_GATHER_SECONDS)
            self._wake.clear()
            while self._waiting:
                if self._sock is None and not self._connect():
                    time.sleep(_AGAIN_SECONDS)
                    continue
                self._send_some()
            self._idle.set()

    def _connect(self) -> bool:
        port, secret = self._door
        try:
            sock = socket.create_connection(("127.0.0.1", port), _SEND_SECONDS)
        except OSError:
            return False
        try:
            sock.sendall(hello(secret, self._replica, self._gone))
        except OSError:
            sock.close()
            return False
        self._sock = sock
        return True

    def _send_some(self) -> None:
        pieces: list[bytes] = []
        large = 0
        for _ in range(min(_CHUNK_RECORDS, len(self._waiting))):
            item = self._waiting.popleft()
            size = self._write(item, pieces)
            self._taken += size
            self._gone += 1
            large += size
            if large > _LARGE_BYTES:
                break
        self._send(pieces)

    def _write(self, item: _Kept, pieces: list[bytes]) -> int:
        """Add the frame of a record; the bytes it was counted with."""
        request, reply, verb, protocol, received, seconds = item
        raw = request.head.raw
        aborted = isinstance(reply, StreamReply) and not reply.complete
        body = b"".join(reply.copied or ()) if isinstance(reply, StreamReply) else reply.body
        encoding = next((value for name, value in reply.headers if name == "content-encoding"), "")
        lines: Iterable[str] = (
            request.id,
            verb,
            protocol,
            request.head.target,
            raw.get(b"content-encoding", b"").decode("latin-1"),
            encoding,
            reply.content_type,
            *(
                f"{name.decode('latin-1')}: {raw[name].decode('latin-1')}"
                for name in self._headers
                if name in raw
            ),
        )
        texts = "\n".join(lines).encode("utf-8", "replace")
        asked = request.body if self._requests else b""
        answer = body if self.replies else b""
        head = head_of(received, seconds, reply.status, aborted, texts, len(asked), len(answer))
        pieces.extend((head, texts, asked, answer))
        return _size(request, reply)

    def _send(self, pieces: list[bytes]) -> None:
        sock = self._sock
        assert sock is not None
        try:
            for data in _joined(pieces):
                sock.sendall(data)
        except OSError:
            # Those of this chunk are lost: the recorder learns it from the next hello.
            sock.close()
            self._sock = None


def _joined(pieces: list[bytes]) -> Iterable[bytes]:
    """Small ones together, large ones as they are."""
    small: list[bytes] = []
    for piece in pieces:
        if len(piece) < _LARGE_BYTES:
            small.append(piece)
            continue
        yield b"".join(small)
        yield piece
        small = []
    yield b"".join(small)


def _size(request: Request, reply: AnyReply) -> int:
    """About what a record has in memory."""
    return _ABOUT_BYTES + len(request.body) + (len(reply.body) if isinstance(reply, Reply) else reply.sent)


class _Copying:
    """A StreamChannel that keeps what is written, up to so many bytes."""

    def __init__(self, channel: StreamChannel, reply: StreamReply, most: int) -> None:
        self._channel = channel
        self._reply = reply
        self._room = most
        self.when_writable = channel.when_writable
        self.end = channel.end
        self.abort = channel.abort

    @property
    def closed(self) -> bool:
        return self._channel.closed

    def write(self, data: bytes) -> None:
        parts = self._reply.copied
        if parts is not None and not self._channel.closed:
            self._room -= len(data)
            if self._room < 0:
                self._reply.copied = None
            else:
                parts.append(data)
        self._channel.write(data)


def make_keeper(options: InferenceLogOptions | None, replica: int, meter: Meter) -> Keeper | None:
    """The keeper of a worker; None where nothing is kept."""
    if options is None or options.door is None:
        return None
    return Keeper(options, options.door, replica, meter)
