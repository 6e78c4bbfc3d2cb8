"""JSON in and out, with errors that say where and what to do; orjson makes it faster, not different."""

from __future__ import annotations

import enum
import json
import math
import os
import uuid
from typing import Any


class BadJson(Exception):
    """Text that is no JSON; the message has line and column."""


class NotJson(Exception):
    """A value that has no JSON form: where in the reply, which type, and what to write instead."""

    def __init__(self, path: str, kind: str, fix: str) -> None:
        super().__init__(f"{path} is {kind}: {fix}")
        self.path = path
        self.kind = kind
        self.fix = fix


def _import_orjson() -> Any | None:
    if os.environ.get("MODEL_SERVER_PURE") == "1":
        return None
    try:
        import orjson
    except Exception:  # a broken compiled package must not keep the server from starting
        return None
    return orjson


_ORJSON = _import_orjson()


def compiled() -> Any | None:
    """The orjson module where it is used."""
    return _ORJSON


def is_plain(value: Any) -> bool:
    """Whether `dumps` takes a value of this type (its items aside)."""
    return value is None or isinstance(value, (str, bool, int, list, tuple, dict, enum.Enum, uuid.UUID))


def loads(body: bytes) -> Any:
    """The value of UTF-8 JSON; raises BadJson, also for NaN and Infinity."""
    if body.startswith(b"\xef\xbb\xbf"):
        body = body[3:]
    if _ORJSON is not None and not may_be_deep(body):
        try:
            return _ORJSON.loads(body)
        except ValueError:
            pass  # the standard parser gives one and the same message with and without orjson
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise BadJson(f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise BadJson(f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise BadJson("it is nested too deeply") from None
    except ValueError as error:
        raise BadJson(str(error)) from None


_DEEP = 900  # nested deeper than this the standard parser may refuse, while some versions of orjson do not
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def may_be_deep(body: bytes) -> bool:
    """Whether JSON text may be nested so deeply that some parsers refuse it; cheap where it is not."""
    if body.count(b"[") + body.count(b"{") < _DEEP:
        return False
    rest = body.translate(None, _NOT_BRACKETS)
    for _ in range(16):  # each turn takes the innermost level away
        rest = rest.replace(b"[]", b"").replace(b"{}", b"")
        if len(rest) < _DEEP:
            return False
    return True


def _no_constant(name: str) -> Any:
    raise BadJson(f"{name} is not JSON: send null or a number")


def dumps(value: Any, root: str) -> bytes:
    """JSON of a script's reply; raises NotJson with a path that begins with `root`."""
    if _ORJSON is not None:
        passthrough = _ORJSON.OPT_PASSTHROUGH_DATACLASS | _ORJSON.OPT_PASSTHROUGH_DATETIME
        try:
            fast: bytes = _ORJSON.dumps(value, option=passthrough)
        except (TypeError, ValueError, RecursionError):
            pass
        else:
            if b"null" not in fast or _first_problem(value, root, set()) is None:
                return fast
    try:
        written = _standard(value)
    except (TypeError, ValueError, RecursionError) as error:
        problem = _first_problem(value, root, set())
        raise problem or NotJson(root, type(value).__name__, f"it has no JSON form: {error}") from None
    # Python 3.13 writes what other versions refuse, and what most clients could not read.
    problem = _first_problem(value, root, set()) if may_be_deep(written) else None
    if problem is not None:
        raise problem
    return written


def _standard(value: Any) -> bytes:
    try:
        text = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False, default=_plain)
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":"), default=_plain).encode("ascii")


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError


def _first_problem(value: Any, path: str, above: set[int]) -> NotJson | None:
    if value is None or isinstance(value, (str, bool, int)):
        return None
    if isinstance(value, float):
        if math.isfinite(value):
            return None
        return NotJson(path, str(float(value)), "JSON has no such number: return None, or a number, instead")
    if isinstance(value, (list, tuple, dict)):
        if id(value) in above:
            return NotJson(path, "a part of itself", "a reply can't contain itself")
        if len(above) > 500:
            return NotJson(path, "nested too deeply", "return a flatter value")
        inner = above | {id(value)}
        if isinstance(value, dict):
            return _first_problem_in_dict(value, path, inner)
        found = (_first_problem(item, f"{path}[{index}]", inner) for index, item in enumerate(value))
        return next((problem for problem in found if problem is not None), None)
    if isinstance(value, (enum.Enum, uuid.UUID)):
        return None
    return NotJson(path, kind_of(value), fix_for(value))


def _first_problem_in_dict(value: dict[Any, Any], path: str, above: set[int]) -> NotJson | None:
    for key, item in value.items():
        if not (key is None or isinstance(key, (str, int, float, bool))):
            return NotJson(f"a key of {path}", kind_of(key), "use texts as keys, for example str(key)")
        shown = f"{path}.{key}" if isinstance(key, str) and key.isidentifier() else f"{path}[{key!r}]"
        problem = _first_problem(item, shown[:300], above)
        if problem is not None:
            return problem
    return None


def kind_of(value: Any) -> str:
    """The type as a message names it: `numpy.ndarray`, `set`."""
    kind = type(value)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__.split('.', 1)[0]}.{kind.__qualname__}"
    )


def fix_for(value: Any) -> str:
    """What to write so that a value of this type can be sent."""
    kind = type(value)
    root = kind.__module__.split(".", 1)[0]
    name = kind.__name__
    if root == "numpy":
        return "return result.tolist()" if name == "ndarray" else "use .item() to make it a Python number"
    if root in {"torch", "tensorflow", "jax", "jaxlib", "cupy"}:
        return "return result.tolist()" if root != "tensorflow" else "return result.numpy().tolist()"
    if root in {"pandas", "polars"}:
        return (
            "return result.to_dict(orient='records')"
            if name == "DataFrame" and root == "pandas"
            else _series_fix(name)
        )
    fixes = {
        "generator": "return list(result)",
        "map": "return list(result)",
        "filter": "return list(result)",
        "zip": "return list(result)",
        "range": "return list(result)",
        "dict_values": "return list(result)",
        "dict_keys": "return list(result)",
        "set": "return sorted(result) or list(result)",
        "frozenset": "return sorted(result) or list(result)",
        "coroutine": "write 'def' instead of 'async def'",
        "bytes": "decode it, or encode it with base64",
        "bytearray": "decode it, or encode it with base64",
        "datetime": "use .isoformat()",
        "date": "use .isoformat()",
        "time": "use .isoformat()",
        "Timestamp": "use .isoformat()",
        "Decimal": "use float(…) or str(…)",
        "complex": "return its real and imaginary parts",
    }
    return fixes.get(name, "return texts, numbers, lists and dicts only")


def _series_fix(name: str) -> str:
    if name == "DataFrame":
        return "return result.to_dicts()"
    return "use .isoformat()" if name == "Timestamp" else "return result.to_list()"
