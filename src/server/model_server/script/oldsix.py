"""What scripts and pickles of old scikit-learn use of `six`, for where that package is not installed."""

from __future__ import annotations

import builtins
import functools
import io
import operator
import sys
import types
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any, NoReturn, TypeVar

from . import oldsix_moves as moves

__all__ = [
    "MAXSIZE", "PY2", "PY3", "PY34", "BytesIO", "Iterator", "StringIO", "add_metaclass",
    "advance_iterator", "b", "binary_type", "byte2int", "callable", "class_types",
    "create_bound_method", "ensure_binary", "ensure_str", "ensure_text", "exec_", "get_function_code",
    "get_method_function", "get_unbound_function", "indexbytes", "int2byte", "integer_types",
    "iterbytes", "iteritems", "iterkeys", "iterlists", "itervalues", "moves", "next", "print_",
    "python_2_unicode_compatible", "raise_from", "reraise", "string_types", "text_type", "u", "unichr",
    "viewitems", "viewkeys", "viewvalues", "with_metaclass", "wraps",
]  # fmt: skip

__version__ = "1.16.0"
__path__: list[str] = []  # six.moves is imported as if it were below a package
PY2, PY3, PY34 = False, True, True
MAXSIZE = sys.maxsize
string_types = (str,)
integer_types = (int,)
class_types = (type,)
text_type = str
binary_type = bytes
StringIO, BytesIO = io.StringIO, io.BytesIO
unichr = chr
callable = builtins.callable  # noqa: A001
next = advance_iterator = builtins.next  # noqa: A001
print_ = builtins.print
exec_ = builtins.exec
wraps = functools.wraps
byte2int = operator.itemgetter(0)
indexbytes = operator.getitem
iterbytes = iter
get_method_function = operator.attrgetter("__func__")
get_function_code = operator.attrgetter("__code__")
create_bound_method = types.MethodType
_Class = TypeVar("_Class", bound=type)


def get_unbound_function(function: Any) -> Any:
    """The function itself."""
    return function


def iterkeys(mapping: Mapping[Any, Any], **more: Any) -> Iterator[Any]:
    """An iterator of the keys."""
    return iter(mapping.keys(**more))


def itervalues(mapping: Mapping[Any, Any], **more: Any) -> Iterator[Any]:
    """An iterator of the values."""
    return iter(mapping.values(**more))


def iteritems(mapping: Mapping[Any, Any], **more: Any) -> Iterator[Any]:
    """An iterator of the pairs."""
    return iter(mapping.items(**more))


def iterlists(mapping: Any, **more: Any) -> Iterator[Any]:
    """An iterator of the pairs of a mapping with lists."""
    return iter(mapping.lists(**more))


def viewkeys(mapping: Mapping[Any, Any]) -> KeysView[Any]:
    """The keys."""
    return mapping.keys()


def viewvalues(mapping: Mapping[Any, Any]) -> ValuesView[Any]:
    """The values."""
    return mapping.values()


def viewitems(mapping: Mapping[Any, Any]) -> ItemsView[Any, Any]:
    """The pairs."""
    return mapping.items()


def u(text: str) -> str:
    """The text itself."""
    return text


def b(text: str) -> bytes:
    """Latin-1 bytes."""
    return text.encode("latin-1")


def int2byte(number: int) -> bytes:
    """One byte."""
    return bytes((number,))


def ensure_text(value: str | bytes, encoding: str = "utf-8", errors: str = "strict") -> str:
    """Text of text or bytes; raises TypeError."""
    if isinstance(value, bytes):
        return value.decode(encoding, errors)
    if isinstance(value, str):
        return value
    raise TypeError(f"not expecting type '{type(value)}'")


ensure_str = ensure_text


def ensure_binary(value: str | bytes, encoding: str = "utf-8", errors: str = "strict") -> bytes:
    """Bytes of text or bytes; raises TypeError."""
    return value if isinstance(value, bytes) else ensure_text(value).encode(encoding, errors)


def reraise(kind: Any, value: BaseException | None, trace: types.TracebackType | None = None) -> NoReturn:
    """Raise an exception again with its traceback."""
    error = kind() if value is None else value
    raise error.with_traceback(trace)


def raise_from(value: BaseException, cause: BaseException | None) -> NoReturn:
    """`raise value from cause`."""
    raise value from cause


def with_metaclass(meta: Any, *bases: type) -> Any:
    """A base class that gives the class built on it the metaclass and the bases."""

    class Deferred(type):
        def __new__(cls, name: str, _: Any, namespace: dict[str, Any]) -> Any:
            return meta(name, types.resolve_bases(bases), namespace)

        @classmethod
        def __prepare__(cls, name: str, _: Any, /, **more: Any) -> Any:
            return meta.__prepare__(name, bases, **more)

    return type.__new__(Deferred, "temporary_class", (), {})


def add_metaclass(meta: Any) -> Callable[[type], Any]:
    """A decorator that makes a class again with a metaclass."""

    def wrapper(cls: type) -> Any:
        kept = {key: value for key, value in vars(cls).items() if key not in {"__dict__", "__weakref__"}}
        slots = kept.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            kept.pop(name, None)
        return meta(cls.__name__, cls.__bases__, kept)

    return wrapper


def python_2_unicode_compatible(cls: _Class) -> _Class:
    """The class itself."""
    return cls
