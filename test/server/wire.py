"""A client of raw sockets with a strict reader of replies (RFC 9112): what it can't read is an error of the server."""

from __future__ import annotations

import json
import re
import socket
import struct
from dataclasses import dataclass
from typing import Any

_STATUS = re.compile(rb"HTTP/1\.1 ([1-5]\d\d) [\t \x21-\x7e\x80-\xff]*\r\n\Z")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t \x21-\x7e\x80-\xff]*?)[ \t]*\r\n\Z")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})(;[^\r\n]*)?\r\n\Z")


class BadReply(AssertionError):
    """The server sent what is not HTTP/1.1."""


@dataclass
class Answer:
    """One reply; header names in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Its body's value."""
        return json.loads(self.body)


class Wire:
    """One connection to 127.0.0.1. Every wait ends with the socket's timeout."""

    def __init__(self, port: int, seconds: float = 15) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Both sides."""
        self._file.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        """All of it, as far as the server takes it: it may have refused and closed."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    try_send = send

    def end(self) -> None:
        """No more is sent; replies are still read."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def reset(self) -> None:
        """Go away without a word of goodbye."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def answer(self, head_only: bool = False) -> Answer:
        """The next reply; raises EOFError at the end and BadReply for what is none."""
        line = self._file.readline(70_000)
        if not line:
            raise EOFError
        match = _STATUS.match(line)
        if match is None:
            raise BadReply(f"not a status line: {line[:200]!r}")
        status = int(match.group(1))
        headers = self._fields()
        if head_only or status < 200 or status in {204, 304}:
            return Answer(status, headers, b"")
        length, coding = headers.get("content-length"), headers.get("transfer-encoding")
        if (length is None) == (coding is None):
            raise BadReply(f"needs a length or chunks, and not both: {headers}")
        body = self._chunks() if coding is not None else self._exactly(self._number(length or ""))
        return Answer(status, headers, body)

    def all(self) -> list[Answer]:
        """Every reply until the server closes."""
        answers = []
        while True:
            try:
                answers.append(self.answer())
            except EOFError:
                return answers

    def all_or_reset(self, end: bool) -> list[Answer]:
        """The same where the server may reset what it does not want to read on; `end`: our side is closed first."""
        if end:
            self.end()
        answers = []
        while True:
            try:
                answers.append(self.answer())
            except (EOFError, ConnectionResetError):
                return answers

    def _fields(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        while True:
            line = self._file.readline(70_000)
            if line == b"\r\n":
                return fields
            match = _FIELD.match(line)
            if match is None:
                raise BadReply(f"not a header: {line[:200]!r}")
            name = match.group(1).decode().lower()
            if name in fields and name in {"content-length", "content-type", "date", "transfer-encoding"}:
                raise BadReply(f"{name} is there twice")
            fields[name] = match.group(2).decode("latin-1")

    def _chunks(self) -> bytes:
        body = b""
        while True:
            match = _CHUNK.match(self._file.readline(1000))
            if match is None:
                raise BadReply("not a chunk")
            size = int(match.group(1), 16)
            if size == 0:
                self._fields()
                return body
            body += self._exactly(size)
            if self._exactly(2) != b"\r\n":
                raise BadReply("a chunk of another length than told")

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) != size:
            raise BadReply(f"ends after {len(data)} of {size} bytes")
        return data

    def _number(self, text: str) -> int:
        if not re.fullmatch(r"\d{1,15}", text):
            raise BadReply(f"not a length: {text!r}")
        return int(text)


def get(path: bytes) -> bytes:
    """A request."""
    return b"GET " + path + b" HTTP/1.1\r\nHost: h\r\n\r\n"


def post(path: bytes, body: bytes, more: bytes = b"") -> bytes:
    """A request with a body of JSON."""
    head = b"POST %b HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n"
    return head % (path, more, len(body)) + body
