"""Follows a pickle's instructions with placeholders for objects: nothing is imported, nothing is made.

Names of globals may come from the stack and from the memo, so a list of the instructions is not enough.
Arrays that joblib writes between the instructions are skipped by the size that the pickle itself tells.
"""

from __future__ import annotations

import math
import pickletools
from dataclasses import dataclass
from typing import Any, BinaryIO

_MAX_TEXT = 1000
_MAX_ITEMS = 64
_WRAPPER = "NumpyArrayWrapper"
_TEXTS = {
    "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING",
}  # fmt: skip
_CONSTANTS = {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"}
_BYTES = {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "NEXT_BUFFER", "PERSID"}
_KEYWORDS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}


class Unreadable(Exception):
    """The instructions can't be followed to their end."""


@dataclass(frozen=True)
class Import:
    """What a pickle wants to import; `name` may have dots. Names that it computes are '?'."""

    module: str
    name: str


@dataclass
class _Made:
    """An object that would be made by calling `maker` with `arguments`."""

    maker: Any
    arguments: Any
    state: Any = None


class _Unknown:
    """Any other object."""


_UNKNOWN = _Unknown()


class Machine:
    """Follows one pickle after another from a file; `imports` are in the order in which they come."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self.imports: dict[Import, None] = {}
        self.has_arrays = False  # written by joblib

    def run(self) -> None:
        """Follow one pickle up to its end; raises Unreadable."""
        outer = self._stack, self._marks, self._memo
        self._stack, self._marks, self._memo = [], [], {}
        try:
            while self._follow():
                pass
        except (ValueError, EOFError, IndexError, KeyError, OSError, MemoryError, OverflowError) as error:
            raise Unreadable(f"{error or type(error).__name__}") from None
        finally:
            self._stack, self._marks, self._memo = outer

    def _follow(self) -> bool:
        """Up to the end (False), or to an array that was skipped: reading begins anew behind it."""
        for opcode, argument, _ in pickletools.genops(self._file):
            name = opcode.name
            if name == "STOP":
                return False
            if name == "BUILD":
                if self._build():
                    return True
            else:
                self._step(name, argument)
        raise Unreadable("it has no end")

    def _step(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name in _TEXTS:
            text = argument.decode("latin-1") if isinstance(argument, bytes) else argument
            stack.append(text if len(text) <= _MAX_TEXT else _UNKNOWN)
        elif name in _CONSTANTS:
            stack.append(argument)
        elif name in _KEYWORDS:
            stack.append(_KEYWORDS[name])
        elif name in _BYTES:
            stack.append(_UNKNOWN)
        elif name in {"MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"}:
            self._memo[len(self._memo) if name == "MEMOIZE" else argument] = stack[-1]
        elif name in {"GET", "BINGET", "LONG_BINGET"}:
            stack.append(self._memo[argument])
        elif name == "MARK":
            self._marks.append(stack)
            self._stack = []
        elif name in _HANDLERS:
            _HANDLERS[name](self, argument)
        elif name not in {"PROTO", "FRAME", "READONLY_BUFFER"}:
            raise Unreadable(f"it has the instruction {name}, which is not known here")

    # Imports

    def _import(self, module: Any, name: Any) -> None:
        if isinstance(module, str) and isinstance(name, str):
            found = Import(module, name)
        else:
            found = Import(module if isinstance(module, str) else "?", name if isinstance(name, str) else "?")
        self.imports[found] = None
        self._stack.append(found)

    def _global(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self._import(module, name)

    def _stack_global(self, _: Any) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._import(module, name)

    def _instance(self, argument: str) -> None:
        arguments = self._items()
        self._global(argument)
        self._stack.append(_Made(self._stack.pop(), tuple(arguments[:_MAX_ITEMS])))

    def _extension(self, code: int) -> None:
        self._import("copyreg", f"extension {code}")

    # Objects

    def _items(self) -> list[Any]:
        items = self._stack
        self._stack = self._marks.pop()
        return items

    def _reduce(self, _: Any) -> None:
        arguments, maker = self._stack.pop(), self._stack.pop()
        self._stack.append(_Made(maker, arguments))

    def _new_extended(self, _: Any) -> None:
        self._stack.pop()
        self._reduce(None)

    def _object(self, _: Any) -> None:
        items = self._items()
        self._stack.append(_Made(items[0], tuple(items[1:_MAX_ITEMS])))

    def _tuple(self, _: Any) -> None:
        items = self._items()
        self._stack.append(tuple(items) if len(items) <= _MAX_ITEMS else _UNKNOWN)

    def _short_tuple(self, count: int) -> None:
        items = tuple(self._stack[-count:])
        if len(items) < count:
            raise IndexError("it takes more from its stack than there is")
        self._stack[-count:] = [items]

    def _dict(self, _: Any) -> None:
        items = self._items()
        self._stack.append({})
        self._set(items)

    def _set_items(self, _: Any) -> None:
        items = self._items()
        self._set(items)

    def _set_item(self, _: Any) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._set([key, value])

    def _set(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if isinstance(target, dict):
            for key, value in zip(items[::2], items[1::2]):
                if isinstance(key, str) and len(target) < _MAX_ITEMS:
                    target[key] = value

    def _forget_items(self, _: Any) -> None:
        self._items()

    def _unknown_of_items(self, _: Any) -> None:
        self._items()
        self._stack.append(_UNKNOWN)

    def _pop(self, _: Any) -> None:
        if self._stack:
            self._stack.pop()
        else:
            self._items()

    def _build(self) -> bool:
        state, built = self._stack.pop(), self._stack[-1]
        if not isinstance(built, _Made):
            return False
        built.state = state
        is_array = isinstance(built.maker, Import) and built.maker.name == _WRAPPER
        if is_array and isinstance(state, dict):
            self.has_arrays = True
            self._skip_array(state)
            return True
        return False

    def _skip_array(self, state: dict[str, Any]) -> None:
        shape, kind = state.get("shape"), state.get("dtype")
        if _holds_objects(kind):
            self.run()
            return
        size = _item_bytes(kind)
        if size is None or not isinstance(shape, tuple) or not all(isinstance(n, int) for n in shape):
            raise Unreadable("it has an array of a type that is not known here")
        if state.get("numpy_array_alignment_bytes") is not None:
            self._skip(self._file.read(1)[0])
        self._skip(math.prod(shape) * size)

    def _skip(self, count: int) -> None:
        while count > 0:
            data = self._file.read(min(count, 1 << 20))
            if not data:
                raise Unreadable("it is cut off in an array")
            count -= len(data)


def _holds_objects(kind: Any) -> bool:
    if isinstance(kind, tuple):
        return any(map(_holds_objects, kind))
    if isinstance(kind, dict):
        return any(map(_holds_objects, kind.values()))
    if not isinstance(kind, _Made):
        return False
    return _type_code(kind)[:1] in {"O", "|"} or _holds_objects(kind.state)


def _type_code(kind: _Made) -> str:
    arguments = kind.arguments
    code = arguments[0] if isinstance(arguments, tuple) and arguments else None
    return code if isinstance(code, str) else ""


def _item_bytes(kind: Any) -> int | None:
    code = _type_code(kind) if isinstance(kind, _Made) else ""
    if not code[1:].isdigit():
        return None
    return int(code[1:]) * (4 if code[0] == "U" else 1)


_HANDLERS: dict[str, Any] = {
    "GLOBAL": Machine._global,
    "STACK_GLOBAL": Machine._stack_global,
    "INST": Machine._instance,
    "EXT1": Machine._extension,
    "EXT2": Machine._extension,
    "EXT4": Machine._extension,
    "REDUCE": Machine._reduce,
    "NEWOBJ": Machine._reduce,
    "NEWOBJ_EX": Machine._new_extended,
    "OBJ": Machine._object,
    "TUPLE": Machine._tuple,
    "TUPLE1": lambda machine, _: machine._short_tuple(1),
    "TUPLE2": lambda machine, _: machine._short_tuple(2),
    "TUPLE3": lambda machine, _: machine._short_tuple(3),
    "EMPTY_DICT": lambda machine, _: machine._stack.append({}),
    "DICT": Machine._dict,
    "SETITEM": Machine._set_item,
    "SETITEMS": Machine._set_items,
    "EMPTY_LIST": lambda machine, _: machine._stack.append(_UNKNOWN),
    "EMPTY_SET": lambda machine, _: machine._stack.append(_UNKNOWN),
    "LIST": Machine._unknown_of_items,
    "FROZENSET": Machine._unknown_of_items,
    "APPEND": lambda machine, _: machine._stack.pop(),
    "APPENDS": Machine._forget_items,
    "ADDITEMS": Machine._forget_items,
    "POP": Machine._pop,
    "POP_MARK": Machine._forget_items,
    "DUP": lambda machine, _: machine._stack.append(machine._stack[-1]),
    "BINPERSID": lambda machine, _: machine._stack.append(machine._stack.pop() and _UNKNOWN),
}
