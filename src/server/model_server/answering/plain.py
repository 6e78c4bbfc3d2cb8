"""One step from a value of Python's data libraries to what JSON has; none of them is imported for it.

What becomes what:
- numpy, torch, tensorflow, jax and cupy arrays, pandas and polars columns: lists; their numbers: numbers
- tables of pandas, polars and pyarrow: a list of rows, each an object by column name
- dates and times: ISO 8601 text; durations: seconds; NaT and pandas' NA: null
- Decimal: a number where a float has the same digits (a whole one below 2**63 as it is), else text
- bytes: base64 text; UUIDs, paths: text; enums: their value
- sets: a list, sorted where they can be; ranges, generators, views: a list
- dataclasses, pydantic and attrs objects: an object; named tuples: a list
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import itertools
import math
import os
import uuid
from collections import abc
from typing import Any

from ..jsonio import NotJson, fix_for, kind_of

_SAFE = {int, str, bool, type(None)}
_NUMBERS = _SAFE - {str, type(None)} | {float}
_MAX_DEPTH = 500
_MAX_ITEMS = 10_000_000  # of an iterator, which may have no end
_ARRAY_LIBRARIES = {"torch", "jax", "jaxlib", "cupy"}


class NoForm(Exception):
    """There is nothing in JSON for a value of this type."""


def simpler(value: Any) -> Any:
    """The value one step nearer to JSON (its items may need a step themselves); raises NoForm."""
    root = type(value).__module__.partition(".")[0]
    if root == "numpy":
        return from_numpy(value)
    if root in {"pandas", "polars", "pyarrow"}:
        return _from_frames(value, type(value).__name__)
    if root in _ARRAY_LIBRARIES and hasattr(value, "tolist"):
        return value.tolist()
    if root == "tensorflow" and hasattr(value, "numpy"):
        return value.numpy()
    if root == "scipy" and hasattr(value, "toarray"):
        return value.toarray()
    return _from_python(value)


def from_numpy(value: Any) -> Any:
    """Lists or a number of a numpy array or scalar."""
    kind = value.dtype.kind
    if kind in "mM":
        # Whole nanoseconds would come back as bare integers.
        return value.astype("datetime64[us]" if kind == "M" else "timedelta64[us]").tolist()
    if kind == "f" and value.dtype.itemsize > 8:
        value = value.astype("float64")
    return value.tolist()


def _from_frames(value: Any, name: str) -> Any:
    if name in {"NaTType", "NAType"}:
        return None
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return _from_time(value)
    for method in ("to_dicts", "to_pylist", "as_py"):  # polars' and pyarrow's tables, pyarrow's numbers
        if hasattr(value, method):
            return getattr(value, method)()
    if name == "DataFrame":
        return value.to_dict(orient="records")
    for method in ("to_list", "tolist"):
        if hasattr(value, method):
            return getattr(value, method)()
    if name in {"Period", "Interval"}:
        return str(value)
    raise NoForm


def _from_python(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return _from_time(value)
    if isinstance(value, decimal.Decimal):
        return _from_decimal(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, float):  # of a class of its own: orjson writes no float but Python's
        return float(value)
    if isinstance(value, (uuid.UUID, os.PathLike)):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return _sorted(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if hasattr(type(value), "__attrs_attrs__"):
        return {field.name: getattr(value, field.name) for field in type(value).__attrs_attrs__}
    if hasattr(type(value), "model_fields") and hasattr(value, "model_dump"):
        return value.model_dump()
    if isinstance(value, abc.Mapping):
        return dict(value)
    if isinstance(value, type):
        raise NoForm
    if isinstance(value, (abc.Sequence, abc.Set, abc.ValuesView, abc.Iterator)):
        return _items(value)
    if type(value).__module__ == "array" and hasattr(value, "tolist"):
        return value.tolist()
    raise NoForm


def _items(value: Any) -> list[Any]:
    items = list(itertools.islice(value, _MAX_ITEMS + 1))
    if len(items) > _MAX_ITEMS:
        raise NotJson("", f"{kind_of(value)} of more than {_MAX_ITEMS} items", "return fewer of them")
    return items


def _from_time(value: Any) -> Any:
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    return value.isoformat()


def _from_decimal(value: decimal.Decimal) -> Any:
    if not value.is_finite():
        return None
    if value == value.to_integral_value() and abs(value) < 2**63:
        return int(value)
    number = float(value)
    if math.isfinite(number) and decimal.Decimal(repr(number)) == value:
        return number
    return str(value)


def _sorted(value: Any) -> list[Any]:
    try:
        return sorted(value)
    except Exception:  # items that have no order
        return list(value)


def to_plain(value: Any, path: str) -> Any:
    """A copy of only dicts, lists, texts, finite numbers, booleans and None; raises NotJson with the path."""
    try:
        return _plain(value, 0)
    except NotJson as problem:
        raise NotJson((path + problem.path)[:300], problem.kind, problem.fix) from None
    except RecursionError:
        raise NotJson(path, "nested too deeply or a part of itself", "return a flatter value") from None


def _plain(value: Any, depth: int) -> Any:
    kind = type(value)
    if value is None or kind is str or kind is int or kind is bool:
        return value
    if kind is float:
        return value if math.isfinite(value) else None
    if depth > _MAX_DEPTH:
        raise NotJson("", "nested too deeply or a part of itself", "return a flatter value")
    if kind is dict:
        return _plain_dict(value, depth)
    if kind is list or kind is tuple:
        return _plain_list(value, depth)
    if isinstance(value, (int, str)) and not isinstance(value, enum.Enum):
        return int(value) if isinstance(value, int) else str(value)
    try:
        return _plain(simpler(value), depth + 1)
    except NoForm:
        raise NotJson("", kind_of(value), fix_for(value)) from None


def _plain_list(value: Any, depth: int) -> list[Any]:
    kinds = set(map(type, value))
    if kinds <= _SAFE or (kinds <= _NUMBERS and all(map(math.isfinite, value))):
        return list(value)
    result: list[Any] = []
    try:
        for item in value:
            result.append(_plain(item, depth + 1))  # noqa: PERF401  # its length is the place of a problem
    except NotJson as problem:
        raise NotJson(f"[{len(result)}]{problem.path}", problem.kind, problem.fix) from None
    return result


def _plain_dict(value: dict[Any, Any], depth: int) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    for key, item in value.items():
        name = plain_key(key)
        if name in result:
            fix = "use texts as keys that differ from each other"
            raise NotJson(f"[{name!r}]", "a key that is there twice", fix)
        try:
            result[name] = _plain(item, depth + 1)
        except NotJson as problem:
            shown = f".{name}" if isinstance(name, str) and name.isidentifier() else f"[{name!r}]"
            raise NotJson((shown + problem.path)[:300], problem.kind, problem.fix) from None
    return result


def plain_key(key: Any) -> str | int | float | bool | None:
    """A dict's key as JSON can have it; raises NotJson."""
    found = key
    for _ in range(4):
        if isinstance(found, tuple):
            return str(found)
        if isinstance(found, float) and not math.isfinite(found):
            return str(float(found))
        if found is None or type(found) in {str, int, float, bool}:
            return found  # type: ignore[no-any-return]
        if isinstance(found, str) and not isinstance(found, enum.Enum):
            return str(found)
        try:
            found = simpler(found)
        except NoForm:
            break
    raise NotJson(" (a key)", kind_of(key), "use texts as keys, for example str(key)")
