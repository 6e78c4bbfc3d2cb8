"""Log records: one JSON object a line, ASCII only, at most 16 KB."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

MAX_RECORD_BYTES = 16 * 1024
_FRAMES_KEPT = 12


def now_text() -> str:
    """The time as ISO 8601 in UTC with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def make_record(
    level: str,
    logger: str,
    message: str,
    replica: int | None = None,
    request: str | None = None,
    **fields: Any,
) -> bytes:
    """One line with its newline. Too long a text is cut with a note; JSON escapes control characters."""
    record: dict[str, Any] = {
        "time": now_text(),
        "level": level,
        "logger": logger,
        "replica": replica,
        "request": request,
        "message": message,
        **fields,
    }
    line = _dump(record)
    if len(line) > MAX_RECORD_BYTES:
        line = _cut(record)
    return line


def _dump(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":"), default=str).encode("ascii") + b"\n"


def _cut(record: dict[str, Any]) -> bytes:
    exception = record.get("exception")
    if isinstance(exception, dict):
        frames = exception.get("frames") or []
        text = _cut_text(str(exception.get("text", "")), 2000)
        record["exception"] = {**exception, "text": text, "frames": frames[-_FRAMES_KEPT:]}
    message = str(record["message"])
    room = MAX_RECORD_BYTES - 2048
    while True:
        record["message"] = _cut_text(message, room)
        line = _dump(record)
        if len(line) <= MAX_RECORD_BYTES:
            return line
        if room < 64:
            keep = ("time", "level", "logger", "replica", "request", "message")
            return _dump({key: record[key] for key in keep})
        room //= 2


def _cut_text(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[:room]}… (cut: {len(text)} characters in all)"
