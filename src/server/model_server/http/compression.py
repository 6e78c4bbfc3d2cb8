"""gzip and deflate: request bodies never grow over a limit, replies are compressed where it pays."""

from __future__ import annotations

import zlib

from .messages import Reply

_GZIP = 31  # zlib's window bits for a gzip container
_LEAST_BYTES = 1024
_PAYS = 0.9  # a reply that stays longer than this share of itself is sent as it is


class BadEncoding(Exception):
    """A body that can't be decompressed; `status` and `kind` are the reply's."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


class TooLarge(BadEncoding):
    """The decompressed body is over the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            413, "body-too-large", f"The decompressed request body is too large: the limit is {limit} bytes"
        )


def coding_of(header: str) -> str:
    """The one coding of a content-encoding header, '' for none; raises BadEncoding for what is not read."""
    coding = header.strip().lower()
    if coding in {"", "identity"}:
        return ""
    if coding in {"gzip", "x-gzip"}:
        return "gzip"
    if coding == "deflate":
        return coding
    message = (
        f"The request body is encoded as {coding[:50]!r}: this server reads gzip, deflate and plain bodies"
    )
    raise BadEncoding(415, "unsupported-encoding", message)


def decompress(body: bytes, coding: str, limit: int) -> bytes:
    """The plain body, at most `limit` bytes; raises BadEncoding, or TooLarge before more are made of it."""
    parts: list[bytes] = []
    size = 0
    rest = body
    while True:
        worker = zlib.decompressobj(_GZIP if coding == "gzip" else _deflate_bits(rest))
        try:
            part = worker.decompress(rest, limit - size + 1)
        except zlib.error as error:
            raise _broken(coding, str(error)) from None
        size += len(part)
        if size > limit:
            raise TooLarge(limit)
        parts.append(part)
        if not worker.eof:
            raise _broken(coding, "it ends too early")
        rest = worker.unused_data
        if not rest:
            return b"".join(parts)
        if coding != "gzip":
            raise _broken(coding, "something follows its end")


def _deflate_bits(body: bytes) -> int:
    # Half of the clients leave out the zlib container that "deflate" means.
    wrapped = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return 15 if wrapped else -15


def _broken(coding: str, reason: str) -> BadEncoding:
    return BadEncoding(400, "bad-encoding", f"The request body is not valid {coding}: {reason}")


def takes_gzip(header: bytes | None) -> bool:
    """Whether an accept-encoding header allows gzip."""
    if not header or (b"gzip" not in header.lower() and b"*" not in header):
        return False
    found = {}
    for part in header.decode("latin-1").lower().split(","):
        name, _, parameters = part.partition(";")
        weight = parameters.strip().replace(" ", "")
        found[name.strip()] = not (weight.startswith("q=") and not weight[2:].strip("0."))
    return found.get("gzip", found.get("x-gzip", found.get("*", False)))


def squeeze(reply: Reply, accept: bytes | None) -> Reply:
    """The reply, with gzip where the client takes it and it gets notably shorter."""
    if len(reply.body) <= _LEAST_BYTES or any(name == "content-encoding" for name, _ in reply.headers):
        return reply
    if takes_gzip(accept):
        worker = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
        body = worker.compress(reply.body) + worker.flush()
        if len(body) < len(reply.body) * _PAYS:
            reply.body = body
            reply.headers += (("content-encoding", "gzip"), ("vary", "accept-encoding"))
    return reply
