"""A verb's result as tensors of a reply, with data types that are inferred.

A list (nested, all of the same shape), an array or a number is one tensor with the verb's name; a dict of
columns or a list of rows with the same names is one tensor for each; what fits nowhere is sent as JSON texts,
one for each row, with the parameter content_type "json".
"""

from __future__ import annotations

import json
import math
from typing import Any, Callable

from .tensors import Tensor, count_of

Plain = Callable[[Any], Any]  # to dicts, lists, texts, finite numbers, booleans and None; raises NotJson
_DTYPES = {("b", 1): "BOOL", ("f", 2): "FP16", ("f", 4): "FP32", ("f", 8): "FP64"} | {
    (kind, size): f"{sign}INT{size * 8}" for kind, sign in (("i", ""), ("u", "U")) for size in (1, 2, 4, 8)
}


def tensors_of(result: Any, name: str, plain: Plain) -> list[Tensor]:
    """The tensors of a result; raises NotJson."""
    frame = _columns_of_frame(result)
    if frame is not None:
        return [_tensor(column, values, plain) for column, values in frame.items()]
    if isinstance(result, dict) and result:
        return [_tensor(str(key), _at_least_one(value), plain) for key, value in result.items()]
    rows = result if isinstance(result, (list, tuple)) and result and isinstance(result[0], dict) else None
    if rows is not None and all(isinstance(row, dict) and row.keys() == rows[0].keys() for row in rows):
        return [_tensor(str(key), [row[key] for row in rows], plain) for key in rows[0]]
    return [_tensor(name, _at_least_one(result), plain)]


def _columns_of_frame(value: Any) -> dict[str, Any] | None:
    root = type(value).__module__.partition(".")[0]
    if root not in {"pandas", "polars"} or type(value).__name__ != "DataFrame":
        return None
    return {str(column): value[column] for column in value.columns}


def _at_least_one(value: Any) -> Any:
    """A single value as a list of one."""
    return [value] if value is None or isinstance(value, (str, bytes, bool, int, float)) else value


def _tensor(name: str, value: Any, plain: Plain) -> Tensor:
    array = _as_array(value)
    if array is not None:
        known = _of_array(name, array)
        if known is not None:
            return known
    if _all_bytes(value):
        return Tensor(
            name, "BYTES", [len(value)], plain(value), {"content_type": "base64"}, _raw_texts(value)
        )
    data = plain(value)
    shape, flat = _shape(data)
    datatype = _datatype(flat)
    if shape is not None and datatype is not None:
        try:
            return Tensor(name, datatype, shape, _of_one_type(datatype, flat))
        except OverflowError:  # a number that no float holds beside others that are no integers
            pass
    rows = data if isinstance(data, list) else [data]
    texts = [json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in rows]
    return Tensor(name, "BYTES", [len(rows)], texts, {"content_type": "json"})


def _of_one_type(datatype: str, flat: list[Any]) -> list[Any]:
    if datatype in {"INT64", "UINT64"}:
        return list(map(int, flat))
    if datatype == "FP64":
        return [None if item is None else float(item) for item in flat]
    return flat


def _as_array(value: Any) -> Any | None:
    """A numpy array of an array-like of the libraries whose data types can be told."""
    root = type(value).__module__.partition(".")[0]
    try:
        if root == "torch" and hasattr(value, "detach"):
            value = value.detach().cpu().numpy()
        elif root in {"pandas", "polars"} and hasattr(value, "to_numpy"):
            value = value.to_numpy()
        elif root == "tensorflow" and hasattr(value, "numpy"):
            value = value.numpy()
    except Exception:  # bfloat16 and the like: what the encoder makes of it is good enough
        return None
    return value if type(value).__module__.partition(".")[0] == "numpy" and hasattr(value, "dtype") else None


def _of_array(name: str, array: Any) -> Tensor | None:
    datatype = _DTYPES.get((array.dtype.kind, array.dtype.itemsize))
    if datatype is None or hasattr(array, "mask"):
        return None
    shape = list(array.shape) or [1]
    data = array.ravel().tolist() if array.shape else [array.item()]
    if array.dtype.kind == "f":
        data = [item if math.isfinite(item) else None for item in data]
    little = array.dtype.newbyteorder("<")
    return Tensor(name, datatype, shape, data, raw=lambda: bytes(array.astype(little).tobytes()))


def _all_bytes(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(type(item) is bytes for item in value)


def _raw_texts(value: Any) -> Callable[[], bytes]:
    return lambda: b"".join(len(item).to_bytes(4, "little") + item for item in value)


def _shape(data: Any) -> tuple[list[int] | None, list[Any]]:
    """(shape, flat elements), shape None when the lists differ in their lengths or hold objects."""
    shape: list[int] = []
    level = [data]
    while level and all(type(item) is list for item in level):
        sizes = set(map(len, level))
        if len(sizes) > 1:
            return None, []
        shape.append(sizes.pop())
        level = [item for part in level for item in part]
    if any(type(item) in {list, dict} for item in level):
        return None, []
    assert count_of(shape) == len(level)
    return shape or [1], level


def _datatype(flat: list[Any]) -> str | None:
    kinds = set(map(type, flat))
    if kinds <= {bool} and kinds:
        return "BOOL"
    if kinds <= {bool, int} and kinds:
        low, high = min(flat), max(flat)
        if low >= -(2**63) and high < 2**63:
            return "INT64"
        return "UINT64" if low >= 0 and high < 2**64 else None
    if kinds <= {str} and kinds:
        return "BYTES"
    return "FP64" if kinds <= {bool, int, float, type(None)} else None
