"""Type hints of a verb as nodes. A hint is a promise: what it says is checked, what it does not know passes.

Where a hint names a dataclass or a pydantic model, the verb gets its objects: `convert` makes them of the
checked values, on the main thread; it raises InputError for what pydantic refuses.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import decimal
import enum
import inspect
import sys
import types
import typing
import uuid
from typing import Any, Callable

from ..calling.calls import InputError
from . import nodes
from .nodes import Convert, Node

ANYTHING = Node()
_SCALARS: dict[Any, Node] = {
    float: nodes.NUMBER,
    int: nodes.INTEGER,
    str: nodes.TEXT,
    bool: nodes.BOOLEAN,
    None: nodes.NULL,
    type(None): nodes.NULL,
    datetime.datetime: nodes.DATE_TIME,
    datetime.date: nodes.DATE,
    uuid.UUID: nodes.TEXT,
    decimal.Decimal: nodes.Union((nodes.NUMBER, nodes.TEXT)),
    list: nodes.ListOf(ANYTHING),
    dict: nodes.ObjectOf(ANYTHING),
}
_LISTS = {
    list,
    set,
    frozenset,
    collections.abc.Sequence,
    collections.abc.Iterable,
    collections.abc.Collection,
}
_DICTS = {dict, collections.abc.Mapping, collections.abc.MutableMapping}
_ITEMS = {collections.abc.Iterator, collections.abc.Generator, collections.abc.AsyncIterator}
_ITEMS |= {collections.abc.AsyncGenerator, collections.abc.AsyncIterable}


def verb_hints(method: Callable[..., Any]) -> tuple[Node, Node]:
    """(of the one argument, of the result) of a verb; ANYTHING where nothing is said or can be understood."""
    function = inspect.unwrap(method)
    try:
        hints = typing.get_type_hints(function, include_extras=False)
        names = list(inspect.signature(function).parameters)
    except Exception:  # names that exist only while types are checked, or a newer syntax than this Python's
        return ANYTHING, ANYTHING
    given = node_of(hints[names[0]]) if names and names[0] in hints else ANYTHING
    return given, node_of(hints["return"]) if "return" in hints else ANYTHING


def node_of(hint: Any, above: tuple[Any, ...] = ()) -> Node:
    """The node of a hint."""
    if len(above) > 20 or any(hint is other for other in above):
        return ANYTHING  # a type that contains itself
    try:
        if hint in _SCALARS:
            return _SCALARS[hint]
    except TypeError:
        return ANYTHING
    above = (*above, hint)
    if hasattr(hint, "__supertype__"):  # NewType
        return node_of(hint.__supertype__, above)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is not None:
        return _generic(origin, arguments, above)
    return _class(hint, above) if isinstance(hint, type) else ANYTHING


def _generic(origin: Any, arguments: tuple[Any, ...], above: tuple[Any, ...]) -> Node:
    if origin is getattr(typing, "Annotated", None):
        return node_of(arguments[0], above)
    if origin is typing.Literal:
        plain = all(isinstance(value, (str, int, bool, type(None))) for value in arguments)
        return nodes.Enumeration(arguments) if plain else ANYTHING
    if origin is typing.Union or origin is getattr(types, "UnionType", None):
        options = tuple(node_of(argument, above) for argument in arguments)
        if any(option.anything for option in options):
            return ANYTHING
        return nodes.Union(options, _convert_first(options))
    if origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
        parts = tuple(node_of(argument, above) for argument in arguments)
        # Objects within a tuple stay as they came: JSON has lists only.
        return nodes.TupleOf(parts)
    if origin in _LISTS or origin is tuple:
        item = node_of(arguments[0], above) if arguments else ANYTHING
        convert = item.convert
        return nodes.ListOf(item, convert=None if convert is None else _each(convert))
    if origin in _DICTS:
        item = node_of(arguments[1], above) if len(arguments) == 2 else ANYTHING
        convert = item.convert
        return nodes.ObjectOf(item, convert=None if convert is None else _each_value(convert))
    if origin in _ITEMS:
        return nodes.ListOf(node_of(arguments[0], above)) if arguments else ANYTHING
    return ANYTHING


def _class(hint: type, above: tuple[Any, ...]) -> Node:
    if issubclass(hint, enum.Enum):
        values = tuple(member.value for member in hint)
        plain = all(isinstance(value, (str, int, float, bool, type(None))) for value in values)
        return nodes.Enumeration(values) if plain else ANYTHING
    if typing.is_typeddict(hint) if sys.version_info >= (3, 10) else hasattr(hint, "__total__"):
        return _record(hint, frozenset(getattr(hint, "__required_keys__", ())), above)
    if dataclasses.is_dataclass(hint):
        fields = [field for field in dataclasses.fields(hint) if field.init]
        needed = frozenset(
            field.name
            for field in fields
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        )
        record = _record(hint, needed, above, [field.name for field in fields])
        return (
            dataclasses.replace(record, convert=_dataclass_of(hint, record))
            if isinstance(record, nodes.Record)
            else record
        )
    if hasattr(hint, "model_json_schema") and hasattr(hint, "model_validate"):
        return Pydantic(hint)
    return ANYTHING


def _record(
    hint: type, required: frozenset[str], above: tuple[Any, ...], names: list[str] | None = None
) -> Node:
    try:
        hints = typing.get_type_hints(hint)
    except Exception:
        return nodes.ObjectOf(ANYTHING)
    properties = {
        name: node_of(_bare(kind), above) for name, kind in hints.items() if names is None or name in names
    }
    return nodes.Record(properties, required, hint.__name__)


def _bare(hint: Any) -> Any:
    """Without Required and NotRequired."""
    name = getattr(typing.get_origin(hint), "_name", "")
    return typing.get_args(hint)[0] if name in {"Required", "NotRequired", "ReadOnly"} else hint


class Pydantic(Node):
    """A pydantic model: described by itself, checked when its objects are made."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.convert = self._make

    def json(self) -> nodes.Json:  # noqa: D102
        try:
            schema: nodes.Json = self._model.model_json_schema()
        except Exception:  # a field that has no JSON Schema
            return {"type": "object", "title": self._model.__name__}
        # References into the document that this becomes a part of would point nowhere.
        return schema if "$defs" not in schema else inline(schema, schema["$defs"])

    def find(self, value: Any) -> nodes.Problem | None:  # noqa: D102
        if isinstance(value, dict):
            return None
        return nodes.Problem("", f"an object ({self._model.__name__})", nodes.kind_shown(value))

    def _make(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        try:
            return self._model.model_validate(value)
        except Exception as error:
            problems = error.errors() if hasattr(error, "errors") else []
            if not problems:
                raise
            first = problems[0]
            path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
            raise InputError(
                "wrong-input",
                f"The inputs are not usable: {path.lstrip('.')}: {first['msg']}",
                path.lstrip("."),
            ) from None


def inline(schema: Any, definitions: dict[str, Any], depth: int = 0) -> Any:
    """A JSON Schema without `$defs` and the references to them; one that contains itself ends as anything."""
    if isinstance(schema, list):
        return [inline(part, definitions, depth) for part in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        found = definitions.get(reference.rpartition("/")[2], {})
        return inline(found, definitions, depth + 1) if depth < 8 else {}
    return {key: inline(part, definitions, depth) for key, part in schema.items() if key != "$defs"}


def _each(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: [convert(item) for item in value] if isinstance(value, list) else value


def _each_value(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: (
        {key: convert(item) for key, item in value.items()} if isinstance(value, dict) else value
    )


def _convert_first(options: tuple[Node, ...]) -> Convert:
    """The conversion of the first option that fits a value."""
    if all(option.convert is None for option in options):
        return None

    def convert(value: Any) -> Any:
        for option in options:
            if option.find(value) is None:
                return value if option.convert is None else option.convert(value)
        return value

    return convert


def _dataclass_of(kind: Any, record: nodes.Record) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        fields = {}
        for name, node in record.properties.items():
            if name in value:
                fields[name] = value[name] if node.convert is None else node.convert(value[name])
        return kind(**fields)

    return convert
