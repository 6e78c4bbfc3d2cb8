"""`class Transformer`: `preprocess(inputs)` and `postprocess(outputs)` around the verbs of Predict."""

from __future__ import annotations

import ast
import inspect
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable

from ..calling.calls import Call, HookError, Verb
from ..failures import LoadError, make_failure
from .inspection import transformer_classes
from .loading import check_constructor, import_script, parse_script

METHODS = ("preprocess", "postprocess")
STAGE = "transform"
_BODY_KEYS = {"preprocess": ("instances", "inputs"), "postprocess": ("predictions",)}
Method = Callable[[Any], Any]
Measure = Callable[[str, float], None]


class Transformer:
    """The two methods of a made object, each None when the class has not got it; `artifact` is its label.

    What a method gets and returns is the value of `inputs` (of `predictions`). A script that reads
    inputs["instances"] or the like gets the whole body instead, as KServe hands it over.
    """

    def __init__(self, made: Any, node: ast.ClassDef | None, script: Path, artifact: str) -> None:
        self.script = script
        self.artifact = artifact
        self.made = made
        self._methods = {name: getattr(made, name) for name in METHODS if callable(getattr(made, name, None))}
        self._keys = {name: _body_key(made, node, name) for name in self._methods}

    def as_json(self) -> dict[str, Any]:
        """What the state file tells of it."""
        whole = [name for name, key in self._keys.items() if key is not None]
        return {
            "script": self.script.name,
            "artifact": self.artifact,
            "methods": list(self._methods),
            "wholeBody": whole,
        }

    def method(self, name: str) -> Method | None:
        """A method that gets and returns the value itself; None where it is missing or has the whole body."""
        return self._methods.get(name) if self._keys.get(name) is None else None

    def surround(self, verb: Verb, plain: Callable[[Method], Method], measure: Measure) -> None:
        """Set the hooks of a verb; `plain` makes a method out of an `async def` one."""
        if "preprocess" in self._methods:
            verb.before = self._hook("preprocess", plain, measure)
        if "postprocess" in self._methods:
            verb.after = self._hook("postprocess", plain, measure)

    def _hook(
        self, name: str, plain: Callable[[Method], Method], measure: Measure
    ) -> Callable[[Any, Call], Any]:
        method, key, keys = plain(self._methods[name]), self._keys[name], _BODY_KEYS[name]

        def hook(value: Any, call: Call) -> Any:
            began = time.perf_counter()
            try:
                result = method(value if key is None else {key: value})
            except BaseException as error:  # a script's sys.exit must not end the server
                raise HookError(name, "transformer-raised", STAGE, error) from None
            finally:
                seconds = time.perf_counter() - began
                before = call.note.get("transform_ms", 0.0)
                call.note["transform_ms"] = round(before + seconds * 1000, 3)
                measure(name, seconds)
            return _unwrapped(result, keys, key is not None)

        return hook


def _unwrapped(result: Any, keys: tuple[str, ...], whole: bool) -> Any:
    # A body was returned: as a method does that gets bodies, or it holds nothing but the value.
    if isinstance(result, dict) and (whole or len(result) == 1):
        return next((result[key] for key in keys if key in result), result)
    return result


def load_transformer(script: Path, artifact: str, module: Any = None) -> Transformer:
    """The transformer of a script that must have one; raises LoadError, and whatever the script raises.

    `module` is the script's when it was imported already: Predict is in the same one.
    """
    with _failing_as_transformer():
        tree = parse_script(script)
    if module is None:
        module = import_script(script)
    nodes = _classes(tree, script)
    make = getattr(module, "Transformer", None)
    if not callable(make):
        message = (
            f"Could not find Transformer: {script.name} has no class of that name: add 'class Transformer'"
        )
        raise _failure("no-transformer-class", message, script, 1)
    return _make(make, nodes[-1] if nodes else None, tree, script, artifact)


def transformer_beside(module: Any, tree: ast.Module, script: Path, artifact: str) -> Transformer | None:
    """The one that the Predict script itself has, if any.

    A class of that name counts only with one of the two methods: it may be a model's own.
    """
    nodes = _classes(tree, script)
    make = getattr(module, "Transformer", None)
    if not nodes or not any(callable(getattr(make, name, None)) for name in METHODS):
        return None
    return _make(make, nodes[-1], tree, script, artifact)


def _classes(tree: ast.Module, script: Path) -> list[ast.ClassDef]:
    nodes = transformer_classes(tree)
    if len(nodes) > 1:
        lines = " and ".join(str(node.lineno) for node in nodes)
        message = (
            f"Could not choose a Transformer class: {script.name} has {len(nodes)}, in lines {lines}: "
            "keep one of them"
        )
        raise _failure("two-transformer-classes", message, script, nodes[-1].lineno)
    return nodes


def _make(make: Any, node: ast.ClassDef | None, tree: ast.Module, script: Path, artifact: str) -> Transformer:
    with _failing_as_transformer():
        check_constructor(make, script, tree, "Transformer")
    made = make()
    line = node.lineno if node is not None else 1
    if not any(callable(getattr(made, name, None)) for name in METHODS):
        message = (
            f"Could not use Transformer: the class in {script.name} has neither preprocess nor postprocess: "
            "add 'def preprocess(self, inputs):'"
        )
        raise _failure("transformer-without-methods", message, script, line)
    for name in METHODS:
        _check_arity(name, getattr(made, name, None), script, line)
    return Transformer(made, node, script, artifact)


def _check_arity(name: str, method: Any, script: Path, line: int) -> None:
    if not callable(method):
        return
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(None)
    except TypeError:
        wanted = "inputs" if name == "preprocess" else "outputs"
        message = (
            f"Could not use Transformer: {name} in {script.name} must take one argument besides self: "
            f"write 'def {name}(self, {wanted}):'"
        )
        raise _failure("wrong-arity", message, script, line) from None


def _body_key(made: Any, node: ast.ClassDef | None, name: str) -> str | None:
    """Under which key the method wants its value; None when it wants the value itself."""
    keys = _BODY_KEYS[name]
    asked = getattr(made, "whole_body", None)
    if isinstance(asked, bool):
        return keys[0] if asked else None
    for item in node.body if node is not None else ():
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)) and item.name == name:
            read = set(_keys_read(item))
            return next((key for key in keys if key in read), None)
    return None


def _keys_read(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Texts that the function looks up in its last parameter: p["x"], p.get("x"), "x" in p."""
    names = [arg.arg for arg in [*function.args.posonlyargs, *function.args.args]]
    if not names:
        return
    for node in ast.walk(function):
        place, key = None, None
        if isinstance(node, ast.Subscript):
            place, key = node.value, node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            place, key = (node.func.value, node.args[0]) if node.func.attr in {"get", "pop"} else (None, None)
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            place, key = node.comparators[0], node.left
        if isinstance(place, ast.Name) and place.id == names[-1] and isinstance(key, ast.Constant):
            yield str(key.value)


@contextmanager
def _failing_as_transformer() -> Iterator[None]:
    try:
        yield
    except LoadError as error:
        error.failure["stage"] = STAGE
        raise


def _failure(kind: str, message: str, script: Path, line: int) -> LoadError:
    remedies = [{"kind": "open-file", "file": str(script), "line": line}]
    return LoadError(make_failure(STAGE, kind, message, None, remedies))
