"""Whether a verb hands its inputs to a model as they came: then the model's own demands hold for requests.

Read from the script's text, and only what is certain counts: one straight run of statements, in which the
argument goes to `self.model.predict(inputs)` or the like, at most through numpy.array or numpy.asarray. A
branch, a loop, a try or any other use of the argument may prepare it or answer by itself.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any, Callable

_MODEL_METHODS = {"predict", "predict_proba", "predict_log_proba", "decision_function"}
_ARRAYS = {"array", "asarray"}
_TALK = {"print", "debug", "info", "warning", "error", "log"}
_STRAIGHT = (ast.Call, ast.Attribute, ast.List, ast.Tuple, ast.Dict, ast.keyword, ast.Subscript)


def model_that_gets_inputs(method: Callable[..., Any]) -> str | None:
    """The attribute (`model`) or global name of what the inputs go to; None when nothing is certain."""
    try:
        source = textwrap.dedent(inspect.getsource(inspect.unwrap(method)))
        function = ast.parse(source).body[0]
    except (OSError, TypeError, SyntaxError, ValueError, IndexError):
        return None
    if not isinstance(function, ast.FunctionDef) or function.decorator_list:
        return None
    arguments = [*function.args.posonlyargs, *function.args.args]
    if len(arguments) != 2:
        return None
    return _follow(function.body, arguments[0].arg, {arguments[1].arg})


def _follow(body: list[ast.stmt], owner: str, names: set[str]) -> str | None:
    for statement in body:
        value = getattr(statement, "value", None)
        if not isinstance(statement, (ast.Expr, ast.Assign, ast.Return)) or value is None:
            if isinstance(statement, (ast.Import, ast.ImportFrom, ast.Pass)):
                continue
            return None
        if isinstance(statement, ast.Expr) and _is_talk(value):
            continue
        if isinstance(statement, ast.Assign) and _is_inputs(value, names):
            targets = [target.id for target in statement.targets if isinstance(target, ast.Name)]
            if len(targets) != len(statement.targets):
                return None
            names |= set(targets)
            continue
        model = _model_call(value, owner, names)
        if _uses(statement, names) != (1 if model else 0):
            return None
        if model or isinstance(statement, ast.Return):
            return model
    return None


def _is_talk(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return True
    function = value.func if isinstance(value, ast.Call) else None
    name = getattr(function, "id", None) or getattr(function, "attr", None)
    return name in _TALK


def _is_inputs(value: ast.expr, names: set[str]) -> bool:
    if isinstance(value, ast.Name):
        return value.id in names
    if not isinstance(value, ast.Call) or len(value.args) != 1:
        return False
    name = getattr(value.func, "attr", None) or getattr(value.func, "id", None)
    return name in _ARRAYS and _is_inputs(value.args[0], names)


def _model_call(value: ast.AST, owner: str, names: set[str]) -> str | None:
    """The name of the model in an expression that surely calls it with the inputs."""
    if isinstance(value, ast.Call):
        function = value.func
        called = isinstance(function, ast.Attribute) and function.attr in _MODEL_METHODS
        if called and value.args and _is_inputs(value.args[0], names):
            assert isinstance(function, ast.Attribute)
            model = function.value
            if (
                isinstance(model, ast.Attribute)
                and isinstance(model.value, ast.Name)
                and model.value.id == owner
            ):
                return model.attr
            return model.id if isinstance(model, ast.Name) else None
    if isinstance(value, (ast.ListComp, ast.GeneratorExp)):
        # The first source of a comprehension is evaluated whatever follows.
        return _model_call(value.generators[0].iter, owner, names)
    if not isinstance(value, _STRAIGHT):
        return None
    parts = (_model_call(part, owner, names) for part in ast.iter_child_nodes(value))
    return next((part for part in parts if part), None)


def _uses(statement: ast.AST, names: set[str]) -> int:
    return sum(1 for node in ast.walk(statement) if isinstance(node, ast.Name) and node.id in names)
