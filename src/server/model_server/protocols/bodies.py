"""What every protocol does with the body of a request, and with what the client accepts as a reply."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Callable

from .. import jsonio
from ..answering.service import Service
from ..answering.streaming import wanted_stream
from ..calling.calls import Call, InputError
from ..http.compression import BadEncoding, coding_of, decompress, squeeze, takes_gzip
from ..http.messages import AnyReply, Cancel, Reply, Request, Respond

_READ_ON_LOOP_BYTES = 256 * 1024


@dataclass(frozen=True)
class Form:
    """How a protocol reads and writes one request.

    `read` makes inputs of a body, `again` the same for another attempt: both raise InputError. `encode` makes
    the reply of a result, `write` an item of a stream.
    """

    read: Callable[[bytes], Any]
    again: Callable[[bytes], Any]
    encode: Callable[[Any], AnyReply]
    write: Callable[[Any], bytes]


def submit(
    service: Service, verb: str, request: Request, respond: Respond, form: Form, joinable: bool, protocol: str
) -> Cancel | None:
    """Have a verb called with what a request brings; returns what to call if the client goes."""
    try:
        inputs, decode = read_body(service, request, form.read)
    except InputError as error:
        respond(error.reply(request.id))
        return None
    call = Call(
        service.verbs[verb],
        inputs,
        request.id,
        request.note,
        form.encode,
        respond,
        decode,
        joinable,
        len(request.body),
        protocol,
    )
    call.again = partial(read_again, service, request, form.again)
    negotiate(service, request, call, form.write)
    return service.submit(call)


def read_json(body: bytes, example: str) -> Any:
    """The value of a body; raises InputError, for an empty one with an example of what to send."""
    if not body.strip():
        raise InputError("bad-json", f"The request has no body: send JSON such as {example}")
    try:
        return jsonio.loads(body)
    except jsonio.BadJson as error:
        raise InputError("bad-json", f"The request body is not valid JSON: {error}") from None


def read_body(
    service: Service, request: Request, read: Callable[[bytes], Any]
) -> tuple[Any, Callable[[], Any] | None]:
    """(what `read` makes of the body, None), or (None, what makes it on the main thread) for what takes time.

    Raises InputError; so does the function.
    """
    body = request.body
    header = request.head.raw.get(b"content-encoding")
    if not header and len(body) <= _READ_ON_LOOP_BYTES:
        return read(body), None
    try:
        coding = coding_of((header or b"").decode("latin-1"))
    except BadEncoding as error:
        raise InputError(error.kind, str(error), None, error.status) from None
    if coding:
        limit = service.config.limits.body_bytes
        return None, lambda: read(_plain(body, coding, limit))
    return (read(body), None) if len(body) <= _READ_ON_LOOP_BYTES else (None, lambda: read(body))


def read_again(service: Service, request: Request, read: Callable[[bytes], Any]) -> Any:
    """The same once more, on the main thread; raises InputError."""
    inputs, decode = read_body(service, request, read)
    return inputs if decode is None else decode()


def _plain(body: bytes, coding: str, limit: int) -> bytes:
    try:
        return decompress(body, coding, limit)
    except BadEncoding as error:
        raise InputError(error.kind, str(error), None, error.status) from None


def negotiate(
    service: Service, request: Request, call: Call, write: Callable[[Any], bytes], stream: bool = True
) -> None:
    """Make the call's reply a stream or shorter, as its client asks; `write` writes an item of a stream."""
    raw = request.head.raw
    form = wanted_stream(raw.get(b"accept")) if stream else None
    if form is not None:
        call.stream = partial(service.streamer.reply, form, write)
        return
    accepts = raw.get(b"accept-encoding")
    if accepts and takes_gzip(accepts):
        plain = call.encode
        call.encode = lambda result: _squeezed(plain(result), accepts)


def _squeezed(reply: AnyReply, accepts: bytes) -> AnyReply:
    return squeeze(reply, accepts) if isinstance(reply, Reply) else reply
