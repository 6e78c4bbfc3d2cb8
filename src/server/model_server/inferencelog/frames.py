"""Records on their way from a worker to the recorder, over a socket of this computer.

A connection begins with a hello. Its `base` is how many records of this replica went before: what the
recorder has not got of those is lost, with a worker that was killed or with an earlier recorder.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

_HELLO = struct.Struct("<64sIQ")
# Bytes of all, received, seconds, status, flags, bytes of the texts and of the two bodies.
_HEAD = struct.Struct("<QdfHBIII")
HELLO_BYTES = _HELLO.size
HEAD_BYTES = _HEAD.size
SECRET_CHARACTERS = 64
_ABORTED = 1


class Frame(NamedTuple):
    """What happened, as it came.

    `texts` are its id, the verb, the protocol, the target, the content-encodings of request and reply, and
    the reply's content-type; `headers` are lines of `name: value`.
    """

    received: float  # time.time()
    seconds: float
    status: int
    aborted: bool
    texts: list[
        str
    ]  # id, verb, protocol, target, content-encoding of the request, of the reply, type of the reply
    headers: list[str]
    request: bytes
    reply: bytes


TEXTS = 7


def hello(secret: str, replica: int, base: int) -> bytes:
    """The beginning of a connection."""
    return _HELLO.pack(secret.encode("ascii"), replica, base)


def read_hello(data: bytes | bytearray) -> tuple[str, int, int]:
    """Secret, replica and base."""
    secret, replica, base = _HELLO.unpack_from(data)
    return secret.decode("latin-1"), replica, base


def head_of(
    received: float, seconds: float, status: int, aborted: bool, texts: bytes, request: int, reply: int
) -> bytes:
    """What stands before the texts, the request's body and the reply's, of so many bytes."""
    size = HEAD_BYTES + len(texts) + request + reply
    flags = _ABORTED if aborted else 0
    return _HEAD.pack(size, received, seconds, status, flags, len(texts), request, reply)


def size_at(buffer: bytearray, at: int) -> int | None:
    """Bytes of the frame that begins there; None while that is not known yet."""
    if len(buffer) - at < HEAD_BYTES:
        return None
    size: int = struct.unpack_from("<Q", buffer, at)[0]
    return size


def read_frame(buffer: bytearray, at: int) -> Frame:
    """The whole frame that begins there."""
    _, received, seconds, status, flags, texts, request, reply = _HEAD.unpack_from(buffer, at)
    begin = at + HEAD_BYTES
    lines = buffer[begin : begin + texts].decode("utf-8", "replace").split("\n")
    begin += texts
    middle = begin + request
    return Frame(
        received,
        seconds,
        status,
        bool(flags & _ABORTED),
        lines[:TEXTS],
        lines[TEXTS:],
        bytes(buffer[begin:middle]),
        bytes(buffer[middle : middle + reply]),
    )
