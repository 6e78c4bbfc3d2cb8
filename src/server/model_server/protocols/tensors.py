"""Tensors of the Open Inference Protocol: data types, shapes and data, out of requests and into replies."""

from __future__ import annotations

import array
import struct
import sys
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

from ..calling.calls import InputError

_INTEGERS = {
    f"{sign}INT{bits}": (0 if sign else -(2 ** (bits - 1)), 2 ** (bits - (0 if sign else 1)) - 1)
    for sign in ("", "U")
    for bits in (8, 16, 32, 64)
}
# Type codes of the array module with the same size everywhere; BOOL and FP16 have none.
_CODES = {
    "INT8": "b",
    "UINT8": "B",
    "INT16": "h",
    "UINT16": "H",
    "INT32": "i",
    "UINT32": "I",
    "INT64": "q",
    "UINT64": "Q",
    "FP32": "f",
    "FP64": "d",
}
SIZES = {"BOOL": 1, "FP16": 2, **{name: array.array(code).itemsize for name, code in _CODES.items()}}
DATATYPES = (*SIZES, "BYTES")
_INT, _FLOAT = frozenset({int}), frozenset({int, float})
_MAX_DIMENSIONS = 32
_MAX_EMPTY_LISTS = 100_000


@dataclass
class Tensor:
    """`data` is flat, in row-major order; `raw` is its binary form where that is all there is."""

    name: str
    datatype: str
    shape: list[int]
    data: list[Any]
    parameters: dict[str, Any] = field(default_factory=dict)
    raw: Optional[Callable[[], bytes]] = None  # noqa: UP045


def count_of(shape: list[int]) -> int:
    """The number of elements."""
    count = 1
    for size in shape:
        count *= size
    return count


def check_shape(shape: Any, place: str) -> list[int]:
    """The shape of a request's tensor; raises InputError."""
    good = isinstance(shape, list) and all(type(size) is int and 0 <= size < 2**63 for size in shape)
    if not good:
        raise wrong(f"{place}.shape", "must be a list of whole numbers from 0 on")
    if len(shape) > _MAX_DIMENSIONS:
        raise wrong(f"{place}.shape", f"has {len(shape)} dimensions: {_MAX_DIMENSIONS} are possible")
    return shape  # type: ignore[no-any-return]


def read_data(datatype: str, shape: list[int], data: Any, place: str) -> list[Any]:
    """The checked flat data of a request's tensor, given flat or nested as its shape; raises InputError."""
    if not isinstance(data, list):
        raise wrong(place, "must be a list of the tensor's elements")
    flat = _flatten(data, shape, place) if data and isinstance(data[0], list) else data
    if len(flat) != count_of(shape):
        raise wrong(place, f"has {len(flat)} elements: shape {shape} needs {count_of(shape)}")
    _check_elements(datatype, flat, place)
    if datatype.startswith("FP") and int in set(map(type, flat)):
        try:
            return list(map(float, flat))
        except OverflowError:
            raise wrong(place, f"has a number that is too large for {datatype}") from None
    return flat


def _flatten(data: list[Any], shape: list[int], place: str) -> list[Any]:
    level = data
    for depth, size in enumerate(shape):
        if depth == 0:
            if len(data) != size:
                raise wrong(place, f"has {len(data)} rows: shape {shape} needs {size}")
            continue
        following: list[Any] = []
        for index, part in enumerate(level):
            if not isinstance(part, list) or len(part) != size:
                got = f"{len(part)} elements" if isinstance(part, list) else "no list"
                where = f"{place}{_place(index, shape[:depth])}"
                raise wrong(where, f"has {got}: shape {shape} needs a list of {size}")
            following += part
        level = following
    return level


def _place(index: int, shape: list[int]) -> str:
    """Flat index → `[1][2]`."""
    parts = []
    for size in reversed(shape):
        index, part = divmod(index, size or 1)
        parts.append(f"[{part}]")
    return "".join(reversed(parts))


def _check_elements(datatype: str, flat: list[Any], place: str) -> None:
    kinds = set(map(type, flat))
    if datatype in _INTEGERS:
        low, high = _INTEGERS[datatype]
        if kinds <= _INT and (not flat or (low <= min(flat) and max(flat) <= high)):
            return
        test: Callable[[Any], bool] = lambda value: type(value) is int and low <= value <= high  # noqa: E731
        wanted = f"a whole number from {low} to {high}"
    elif datatype.startswith("FP"):
        if kinds <= _FLOAT:
            return
        test, wanted = (lambda value: type(value) in _FLOAT), "a number"
    elif datatype == "BOOL":
        if kinds <= {bool}:
            return
        test, wanted = (lambda value: type(value) is bool), "true or false"
    else:
        if kinds <= {str}:
            return
        test, wanted = (lambda value: type(value) is str), "a text"
    index = next(index for index, value in enumerate(flat) if not test(value))
    raise wrong(f"{place}[{index}]", f"is {shown(flat[index])}: {datatype} needs {wanted}")


def read_binary(datatype: str, shape: list[int], raw: bytes, place: str) -> list[Any]:
    """Flat data of little-endian bytes, BYTES as texts where all of them are UTF-8; raises InputError."""
    count = count_of(shape)
    if datatype == "BYTES":
        return _read_texts(raw, count, place)
    if len(raw) != count * SIZES[datatype]:
        needs = f"shape {shape} of {datatype} needs {count * SIZES[datatype]}"
        raise wrong(place, f"has {len(raw)} bytes of binary data: {needs}")
    if datatype == "BOOL":
        return [byte != 0 for byte in raw]
    if datatype == "FP16":
        return list(struct.unpack(f"<{count}e", raw))
    values = array.array(_CODES[datatype], raw)
    if sys.byteorder == "big":
        values.byteswap()
    return values.tolist()


def _read_texts(raw: bytes, count: int, place: str) -> list[Any]:
    parts: list[bytes] = []
    at = 0
    while at < len(raw):
        end = at + 4 + int.from_bytes(raw[at : at + 4], "little")
        if at + 4 > len(raw) or end > len(raw):
            raise wrong(place, f"ends within element {len(parts)} of its binary data")
        parts.append(raw[at + 4 : end])
        at = end
    if len(parts) != count:
        raise wrong(place, f"has {len(parts)} elements of binary data: its shape needs {count}")
    try:
        return [part.decode("utf-8") for part in parts]
    except UnicodeDecodeError:
        return list(parts)


def write_binary(tensor: Tensor) -> bytes:
    """Little-endian bytes of a reply's tensor."""
    if tensor.raw is not None:
        return tensor.raw()
    if tensor.datatype == "BYTES":
        texts = [item if isinstance(item, bytes) else str(item).encode("utf-8") for item in tensor.data]
        return b"".join(len(text).to_bytes(4, "little") + text for text in texts)
    nan = float("nan")
    data = [nan if item is None else item for item in tensor.data]
    if tensor.datatype == "BOOL":
        return bytes(map(bool, data))
    if tensor.datatype == "FP16":
        return struct.pack(f"<{len(data)}e", *data)
    values = array.array(_CODES[tensor.datatype], data)
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def nested(flat: list[Any], shape: list[int], place: str) -> Any:
    """The elements as lists in lists; a tensor without dimensions is its one element. Raises InputError."""
    if not shape:
        return flat[0]
    if not flat:
        lists = 1
        for size in shape[:-1]:
            lists = max(lists * size, lists)
            if lists > _MAX_EMPTY_LISTS:
                raise wrong(place, f"has shape {shape}: too many empty lists")
        return _empty(shape)
    level = flat
    for size in reversed(shape[1:]):
        level = [level[at : at + size] for at in range(0, len(level), size)]
    return level


def _empty(shape: list[int]) -> list[Any]:
    return [_empty(shape[1:]) for _ in range(shape[0])] if len(shape) > 1 else []


def shown(value: Any) -> str:
    """A value of a request in a message: short, and only its kind when it is long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return repr(value) if len(value) <= 40 else f"a text of {len(value)} characters"
    if isinstance(value, (int, float)):
        text = str(value) if not isinstance(value, int) or value.bit_length() < 200 else "a long number"
        return text[:40]
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "an object" if isinstance(value, dict) else type(value).__name__


def wrong(place: str, text: str) -> InputError:
    """400: a part of the request is not as it must be."""
    return InputError("bad-request", f"The request is not usable: {place} {text}", place)
