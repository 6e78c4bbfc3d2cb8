"""The parts of a schema: each is JSON Schema, and finds the first place where a value differs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any, Callable, NamedTuple, Optional

Json = dict[str, Any]
Convert = Optional[Callable[[Any], Any]]
_MAX_NAMES_SHOWN = 12
_LISTS = frozenset({list})


class Problem(NamedTuple):
    """Where a value differs (`[3][2]`, `.name`), and what belongs there instead of what came."""

    path: str
    expected: str
    got: str


class Node:
    """Anything. `kinds`: types whose values are right without a look at them; `convert`: see `hints`."""

    kinds: frozenset[type] = frozenset()
    convert: Convert = None

    def json(self) -> Json:
        """JSON Schema."""
        return {}

    def find(self, value: Any) -> Problem | None:  # noqa: ARG002
        """The first difference."""
        return None

    @property
    def anything(self) -> bool:
        """Whether it says nothing at all."""
        return type(self) is Node


def kind_shown(value: Any) -> str:
    """A value of a request, or its kind when it is long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return repr(value)[:40] if not isinstance(value, int) or value.bit_length() < 200 else "a long number"
    if isinstance(value, str):
        return repr(value) if len(value) <= 40 else f"a text of {len(value)} characters"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "an object" if isinstance(value, dict) else type(value).__name__


@dataclass(frozen=True)
class Scalar(Node):
    """A text, number, boolean or null by its exact Python types; `loose` lets more pass."""

    schema: str
    expected: str
    kinds: frozenset[type] = frozenset()
    loose: Callable[[Any], bool] | None = None
    format: str | None = None

    def json(self) -> Json:  # noqa: D102
        return {"type": self.schema, **({"format": self.format} if self.format else {})}

    def find(self, value: Any) -> Problem | None:  # noqa: D102
        if type(value) in self.kinds or (self.loose is not None and self.loose(value)):
            return None
        return Problem("", self.expected, kind_shown(value))


def _is_numeric(value: Any) -> bool:
    """What numpy makes a number of, beside numbers: numeric texts."""
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


NUMBER = Scalar("number", "a number", frozenset({int, float}))
INTEGER = Scalar(
    "integer", "a whole number", frozenset({int}), lambda value: type(value) is float and value.is_integer()
)
TEXT = Scalar("string", "a text", frozenset({str}))
DATE_TIME = Scalar("string", "a date and time as text", frozenset({str}), format="date-time")
DATE = Scalar("string", "a date as text", frozenset({str}), format="date")
BOOLEAN = Scalar("boolean", "true or false", frozenset({bool}))
NULL = Scalar("null", "null", frozenset({type(None)}))
FEATURE = Scalar("number", "a number", frozenset({int, float, bool, type(None)}), _is_numeric)


@dataclass(frozen=True)
class Enumeration(Node):
    """One of some values."""

    values: tuple[Any, ...]
    convert: Convert = None

    def json(self) -> Json:  # noqa: D102
        return {"enum": list(self.values)}

    def find(self, value: Any) -> Problem | None:  # noqa: D102
        is_flag = isinstance(value, bool)  # true is 1 for Python
        if any(value == known and isinstance(known, bool) is is_flag for known in self.values):
            return None
        return Problem("", f"one of {', '.join(map(kind_shown, self.values))}"[:200], kind_shown(value))


@dataclass(frozen=True)
class ListOf(Node):
    """A list whose items are all of one kind; `size`: how many, as `owner` says, perhaps with their names."""

    item: Node
    size: int | None = None
    owner: str = ""
    names: tuple[str, ...] = ()
    convert: Convert = None

    def json(self) -> Json:  # noqa: D102
        schema: Json = {"type": "array", "items": self.item.json()}
        if self.size is not None:
            schema.update(minItems=self.size, maxItems=self.size)
        if self.names:
            schema["description"] = ", ".join(self.names)
        return schema

    def find(self, value: Any) -> Problem | None:  # noqa: D102
        if type(value) is not list:
            expected = "a list" if self.size is None else f"a list of {self._wanted()}"
            return Problem("", expected, kind_shown(value))
        if self.size is not None and len(value) != self.size:
            return Problem("", self._wanted(), str(len(value)))
        item = self.item
        if item.anything or set(map(type, value)) <= item.kinds or self._are_good_rows(value):
            return None
        find = item.find
        for index, part in enumerate(value):
            problem = find(part)
            if problem is not None:
                return Problem(f"[{index}]{problem.path}", problem.expected, problem.got)
        return None

    def _are_good_rows(self, value: list[Any]) -> bool:
        """All at once, since requests may have thousands of rows; False: look at each."""
        row = self.item
        if type(row) is not ListOf or not set(map(type, value)) <= _LISTS:
            return False
        if row.size is not None and not set(map(len, value)) <= {row.size}:
            return False
        return row.item.anything or set(map(type, chain.from_iterable(value))) <= row.item.kinds

    def _wanted(self) -> str:
        names = list(self.names[:_MAX_NAMES_SHOWN])
        if len(self.names) > len(names):
            names.append(f"and {len(self.names) - len(names)} more")
        listed = f" ({', '.join(names)})" if names else ""
        return f"{self.size} values" + (f" for {self.owner}" if self.owner else "") + listed


@dataclass(frozen=True)
class TupleOf(Node):
    """A list of a fixed length, each place with its kind."""

    items: tuple[Node, ...]

    def json(self) -> Json:  # noqa: D102
        count = len(self.items)
        return {
            "type": "array",
            "prefixItems": [item.json() for item in self.items],
            "minItems": count,
            "maxItems": count,
        }

    def find(self, value: Any) -> Problem | None:  # noqa: D102
        if type(value) is not list:
            return Problem("", f"a list of {len(self.items)} values", kind_shown(value))
        if len(value) != len(self.items):
            return Problem("", f"{len(self.items)} values", str(len(value)))
        for index, (item, part) in enumerate(zip(self.items, value)):
            problem = item.find(part)
            if problem is not None:
                return Problem(f"[{index}]{problem.path}", problem.expected, problem.got)
        return None


@dataclass(frozen=True)
class ObjectOf(Node):
    """An object whose values are all of one kind."""

    item: Node
    convert: Convert = None

    def json(self) -> Json:  # noqa: D102
        return {
            "type": "object",
            **({} if self.item.anything else {"additionalProperties": self.item.json()}),
        }

    def find(self, value: Any) -> Problem | None:  # noqa: D102
        if not isinstance(value, dict):
            return Problem("", "an object", kind_shown(value))
        if self.item.anything:
            return None
        for key, part in value.items():
            problem = self.item.find(part)
            if problem is not None:
                return Problem(_key(key) + problem.path, problem.expected, problem.got)
        return None


@dataclass(frozen=True)
class Record(Node):
    """An object with known names; others pass."""

    properties: dict[str, Node]
    required: frozenset[str]
    title: str = ""
    convert: Convert = None

    def json(self) -> Json:  # noqa: D102
        schema: Json = {
            "type": "object",
            "properties": {name: node.json() for name, node in self.properties.items()},
        }
        if self.required:
            schema["required"] = [name for name in self.properties if name in self.required]
        return {**({"title": self.title} if self.title else {}), **schema}

    def find(self, value: Any) -> Problem | None:  # noqa: D102
        if not isinstance(value, dict):
            return Problem("", f"an object with {', '.join(self.properties)}"[:200], kind_shown(value))
        for name, node in self.properties.items():
            if name not in value:
                if name in self.required:
                    return Problem(_key(name), node_expected(node), "nothing")
                continue
            problem = node.find(value[name])
            if problem is not None:
                return Problem(_key(name) + problem.path, problem.expected, problem.got)
        return None


@dataclass(frozen=True)
class Union(Node):
    """One of several kinds."""

    options: tuple[Node, ...]
    convert: Convert = None

    def json(self) -> Json:  # noqa: D102
        return {"anyOf": [option.json() for option in self.options]}

    def find(self, value: Any) -> Problem | None:  # noqa: D102
        problems = []
        for option in self.options:
            problem = option.find(value)
            if problem is None:
                return None
            problems.append(problem)
        deepest = max(problems, key=lambda problem: len(problem.path))
        if deepest.path:
            return deepest  # one kind fits as far as there
        return Problem(
            "", " or ".join(dict.fromkeys(problem.expected for problem in problems)), problems[0].got
        )


def node_expected(node: Node) -> str:
    """What belongs in a place, in words."""
    problem = node.find(object())
    return problem.expected if problem is not None else "a value"


def _key(name: Any) -> str:
    return f".{name}" if isinstance(name, str) and name.isidentifier() else f"[{str(name)[:100]!r}]"
