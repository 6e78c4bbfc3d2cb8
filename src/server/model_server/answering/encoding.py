"""A script's result as JSON bytes: strictly, or with the values of data libraries converted."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, Callable

from .. import jsonio
from ..jsonio import NotJson, fix_for, kind_of
from .plain import NoForm, simpler, to_plain

Notice = Callable[[NotJson], None]
_FLOATS = frozenset({float})
_NUMBERS = frozenset({int, float, bool})
_NAN_FIX = "it is sent as null, JSON has no such number: return None, or a number, instead"


class Encoder:
    """Writes results. `lenient` converts (see `plain`); not lenient refuses what JSON has not (see `jsonio`).

    `notice` is called once per kind of value that was converted, with where it was, what and the better code.
    """

    def __init__(self, lenient: bool, notice: Notice) -> None:
        self._lenient = lenient
        self._notice = notice
        self._noticed: set[str] = set()
        self._numbers: set[type] = set()  # of numpy: what `item` makes a number of
        self._root: tuple[Any, str] = (None, "")

    def dumps(self, value: Any, root: str) -> bytes:
        """JSON of a result; raises NotJson with a path that begins with `root`."""
        if not self._lenient:
            return jsonio.dumps(value, root)
        self._root = (value, root)
        try:
            text = self._fast(value)
            if text is None:
                text = _write(self.plain(value, root))
        finally:
            self._root = (None, "")
        return text

    def plain(self, value: Any, root: str) -> Any:
        """A result as dicts, lists, texts, finite numbers, booleans and None; raises NotJson."""
        if not self._lenient:
            return json.loads(jsonio.dumps(value, root))
        result = to_plain(value, root)
        self._tell(value, root)
        return result

    def _fast(self, value: Any) -> bytes | None:
        orjson = jsonio.compiled()
        try:
            if orjson is None:
                text = json.dumps(
                    value, allow_nan=False, separators=(",", ":"), ensure_ascii=False, default=self._step
                )
                written = text.encode("utf-8")
                return None if jsonio.may_be_deep(written) else written  # Python 3.13 writes any depth
            fast: bytes = orjson.dumps(
                value, self._step, orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
            )
        except (TypeError, ValueError, RecursionError):
            return None
        if b"null" in fast and "nan" not in self._noticed:
            self._tell(value, self._root[1])
        return fast

    def _step(self, value: Any) -> Any:
        """The `default` of the JSON writers: a value that they don't know."""
        if type(value) in self._numbers:
            return value.item()
        if isinstance(value, Iterator):
            raise TypeError  # it can be read once: by `to_plain`, which needs no second attempt
        kind = kind_of(value)
        try:
            result = _fragment(value) if kind == "numpy.ndarray" else None
            result = simpler(value) if result is None else result
        except (NoForm, RecursionError):
            raise TypeError from None
        if kind not in self._noticed and not _quiet(value):
            self._tell(*self._root)
        if type(result) in _NUMBERS and hasattr(value, "dtype") and not hasattr(value, "__len__"):
            self._numbers.add(type(value))
        return result

    def _tell(self, value: Any, root: str) -> None:
        """Notice every kind in the value that is not JSON, at the first place where it is."""
        for path, kind, fix in _oddities(value, root, 0, self._noticed):
            if kind not in self._noticed:
                self._noticed.add(kind)
                self._notice(NotJson(path[:300], kind, fix))


def _write(value: Any) -> bytes:
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")


def _fragment(array: Any) -> Any | None:
    """An array as orjson writes it by itself, where that is what it would write of its items."""
    orjson, kind = jsonio.compiled(), array.dtype.kind
    exact = kind in "biu" or (kind == "f" and array.dtype.itemsize == 8)  # narrow floats get fewer digits
    if orjson is None or not exact or not array.flags.c_contiguous or not hasattr(orjson, "Fragment"):
        return None
    return orjson.Fragment(orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY))


def _quiet(value: Any) -> bool:
    """Values that JSON takes without a word, though a compiled writer asks for them."""
    return jsonio.is_plain(value) or isinstance(value, (float, tuple))


def _oddities(value: Any, path: str, depth: int, known: set[str]) -> Any:
    """(path, kind, fix) of what JSON has not, in order; bounded in depth."""
    if depth > 50:
        return
    if isinstance(value, (list, tuple)):
        if set(map(type, value)) <= _FLOATS and all(map(math.isfinite, value)):
            return
        for index, item in enumerate(value):
            if item is not None and type(item) not in {str, int, bool}:
                yield from _oddities(item, f"{path}[{index}]", depth + 1, known)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not (key is None or isinstance(key, (str, int, float, bool))):
                yield f"a key of {path}", kind_of(key), "use texts as keys, for example str(key)"
            shown = f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{key!r}]"
            yield from _oddities(item, (path + shown)[:300], depth + 1, known)
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield path, str(float(value)), _NAN_FIX
    elif not jsonio.is_plain(value):
        if kind_of(value) not in known:
            yield path, kind_of(value), fix_for(value)
        if "nan" not in known and hasattr(value, "dtype"):
            try:
                yield from _oddities(simpler(value), path, depth + 1, known)
            except NoForm:
                return
