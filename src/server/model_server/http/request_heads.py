"""The head of a request, made of what a parser has read, and the errors for heads that are refused."""

from __future__ import annotations

from .messages import Head, HttpLimits, ProtocolError


def make_head(method: str, target: str, pairs: list[tuple[bytes, bytes]], minor: int) -> Head:
    """Head of its parts (names in lower case); raises ProtocolError for what RFC 9112 forbids."""
    headers = dict(pairs)
    if len(headers) != len(pairs):
        headers = _joined(pairs)
    if b"host" not in headers and minor >= 1:
        raise ProtocolError(400, "bad-http", "The request is not valid HTTP: it has no Host header")
    keep_alive = minor >= 1
    connection = headers.get(b"connection")
    if connection is not None:
        tokens = [token.strip() for token in connection.lower().split(b",")]
        keep_alive = b"close" not in tokens and (keep_alive or b"keep-alive" in tokens)
    if b"transfer-encoding" in headers and (b"content-length" in headers or minor == 0):
        keep_alive = False  # somebody on the way may have read it otherwise: RFC 9112, section 6.3
    return Head(method, target, headers, keep_alive, minor)


def _joined(pairs: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for name, value in pairs:
        if name in headers:
            if name == b"host":
                raise ProtocolError(400, "bad-http", "The request is not valid HTTP: it has two Host headers")
            headers[name] += (b"; " if name == b"cookie" else b", ") + value
        else:
            headers[name] = value
    return headers


def too_large(limits: HttpLimits) -> ProtocolError:
    """The error for request lines and headers over the limit."""
    return ProtocolError(
        431, "headers-too-large", f"The headers are too large: the limit is {limits.head_bytes} bytes"
    )


def wrong_version(version: str) -> ProtocolError:
    """The error for a version of HTTP that is not spoken here."""
    if version == "0.9":
        return ProtocolError(
            400, "bad-http", "The request is not valid HTTP: its first line names no version"
        )
    return ProtocolError(505, "http-version", f"HTTP {version} is not spoken here: use HTTP/1.1")
