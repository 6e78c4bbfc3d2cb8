"""Hopsworks' `inferencelog` schemas 1 to 4 as Avro's binary form.

Four flat records of ints, longs and texts that never change: writing them takes the few lines below. A
library would have to be compiled (fastavro) or carried along (avro), and would read schemas that nobody
sends here. The tests decode with fastavro.
"""

from __future__ import annotations

import base64
import struct

from ..config import LaunchConfig
from ..recordoptions import KafkaOptions, wants_replies, wants_requests
from .records import Body, Record


def messages_of(record: Record, config: LaunchConfig, serving_id: int, options: KafkaOptions) -> list[bytes]:
    """What is sent of a record: one message, in version 4 one for the request and one for the reply."""
    frame = record.frame
    request = _payload(record.request, frame.headers) if wants_requests(options.mode) else None
    own = [f"content-type: {frame.texts[6]}"]
    reply = _payload(record.reply, own) if wants_replies(options.mode) else None
    # Hopsworks' own server writes the serving's name as the model's; version 4 comes from KServe's logger.
    name = config.model_name if options.schema_version == 4 else config.name
    head = b"" if options.schema_id is None else struct.pack(">bI", 0, options.schema_id)
    head += whole(serving_id) + text(name) + whole(config.model_version)
    head += whole(int(frame.received * 1000)) + whole(frame.status)
    if options.schema_version == 4:
        head += text(frame.texts[0])
        parts = (("request", request), ("response", reply))
        return [head + text(kind) + text(payload) for kind, payload in parts if payload is not None]
    message = head + text(request or "") + text(reply or "")
    if options.schema_version == 2:
        message += text(options.serving_type)
    elif options.schema_version == 3:
        message += text(options.model_server) + text(options.serving_tool)
    return [message]


def _payload(body: Body, headers: list[str]) -> str:
    """A schema's text: bytes that are none are a data URL, by which a reader knows them."""
    if body.withheld is not None:
        return f"[withheld: {body.withheld}]"
    if body.text is not None:
        return body.text
    kinds = [line.partition(": ")[2] for line in headers if line.startswith("content-type: ")]
    kind = kinds[0].split(";")[0].strip() if kinds else ""
    return f"data:{kind or 'application/octet-stream'};base64,{base64.b64encode(body.raw).decode('ascii')}"


def whole(value: int) -> bytes:
    """An int or a long: zigzag, then seven bits a byte with the lowest ones first."""
    left = (value << 1) ^ (value >> 63)
    if left < 0x80:
        return bytes((left,))
    found = bytearray()
    while left > 0x7F:
        found.append(left & 0x7F | 0x80)
        left >>= 7
    found.append(left)
    return bytes(found)


def text(value: str) -> bytes:
    """A text: its bytes in UTF-8 after their number."""
    data = value.encode("utf-8", "replace")
    return whole(len(data)) + data
