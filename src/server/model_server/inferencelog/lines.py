"""A record as a line of NDJSON."""

from __future__ import annotations

import base64
import json
import time
from functools import lru_cache
from typing import Any

from ..config import LaunchConfig
from ..jsonio import compiled
from ..recordoptions import wants_replies, wants_requests
from .records import Body, Record

VERSION = 1
_ORJSON = compiled()
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def line_of(record: Record, config: LaunchConfig, mode: str) -> bytes:
    """The line with its newline."""
    frame = record.frame
    identifier, verb, protocol, target, _, _, reply_type = frame.texts
    value: dict[str, Any] = {
        "v": VERSION,
        "time": f"{_second(int(frame.received))}.{int(frame.received % 1 * 1000):03d}Z",
        "id": identifier,
        "serving": config.name,
        "model": config.model_name,
        "version": config.model_version,
        "replica": record.replica,
        "verb": verb,
        "protocol": protocol,
        "path": target.split("?", 1)[0],
        "status": frame.status,
        "ms": round(frame.seconds * 1000, 3),
    }
    if frame.aborted:
        value["aborted"] = True
    if frame.headers:
        value["headers"] = dict(line.split(": ", 1) for line in frame.headers if ": " in line)
    if wants_requests(mode):
        value["request"] = _body(record.request)
    if wants_replies(mode):
        value["reply"] = {"type": reply_type, **_body(record.reply)}
    return (_encode(value).encode("utf-8") if _ORJSON is None else _ORJSON.dumps(value)) + b"\n"


@lru_cache(maxsize=4)
def _second(when: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(when))


def _body(body: Body) -> dict[str, Any]:
    """`bytes` is the size on the wire; then the text, or base64 where it is none, or why nothing is kept."""
    value: dict[str, Any] = {"bytes": body.size}
    if body.coding:
        value["coding"] = body.coding
    if body.redacted:
        value["redacted"] = body.redacted
    if body.withheld is not None:
        value["withheld"] = body.withheld
    elif body.text is not None:
        value["text"] = body.text
    else:
        value["base64"] = base64.b64encode(body.raw).decode("ascii")
    return value
