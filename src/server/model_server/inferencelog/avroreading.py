"""A message of a topic as a record of one of the four schemas: which one is found out by reading it.

The schemas begin alike, and differ in the number of texts at their end; 2 and 4 both have three of them.
"""

from __future__ import annotations

from typing import Any

_HEADER_BYTES = 5  # Confluent's: 0 and the schema's id
_KINDS = {"request", "response"}
_PAIR = ["inferenceRequest", "inferenceResponse"]
_ENDS = {
    1: _PAIR,
    2: [*_PAIR, "servingType"],
    3: [*_PAIR, "modelServer", "servingTool"],
    4: ["inferenceId", "messageType", "payload"],
}


class _NotOurs(ValueError):
    pass


def read_message(value: bytes) -> dict[str, Any] | None:
    """The fields of a record and its `schemaVersion`; None: it is of none of the schemas."""
    # The id 0 of a serving looks like the beginning of Confluent's header: both are tried.
    for skipped in (0, _HEADER_BYTES):
        if skipped == 0 or (len(value) > skipped and value[0] == 0):
            try:
                return _record(value[skipped:])
            except (_NotOurs, UnicodeDecodeError):
                continue
    return None


def _record(data: bytes) -> dict[str, Any]:
    reader = _Reader(data)
    serving_id, name, version = reader.whole(), reader.text(), reader.whole()
    time, status = reader.whole(), reader.whole()
    if not (0 < time < 2**53 and -1 <= status <= 999):
        raise _NotOurs
    texts: list[str] = []
    while not reader.ended and len(texts) < 4:
        texts.append(reader.text())
    if not reader.ended or len(texts) < 2:
        raise _NotOurs
    schema = 4 if len(texts) == 3 and texts[1] in _KINDS else len(texts) - 1
    head = {
        "schemaVersion": schema,
        "servingId": serving_id,
        "modelName": name,
        "modelVersion": version,
        "requestTimestamp": time,
        "responseHttpCode": status,
    }
    return {**head, **dict(zip(_ENDS[schema], texts))}


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def ended(self) -> bool:
        return self._at == len(self._data)

    def whole(self) -> int:
        """An int or a long: zigzag, seven bits a byte."""
        number = 0
        for shift in range(0, 70, 7):
            if self.ended:
                break
            byte = self._data[self._at]
            self._at += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (number >> 1) ^ -(number & 1)
        raise _NotOurs

    def text(self) -> str:
        size = self.whole()
        if not 0 <= size <= len(self._data) - self._at:
            raise _NotOurs
        self._at += size
        return self._data[self._at - size : self._at].decode("utf-8")
