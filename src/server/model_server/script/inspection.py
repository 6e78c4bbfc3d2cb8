"""What can be said of a Predict script by reading it; nothing is imported or run."""

from __future__ import annotations

import ast
import tokenize
from pathlib import Path
from typing import Any

from .appreading import apps_of
from .notebooks import is_notebook, read_notebook


def read_source(path: Path) -> str:
    """The script's text by its declared encoding (else UTF-8), of a notebook its code.

    Raises OSError, ValueError, SyntaxError.
    """
    if is_notebook(path):
        return read_notebook(path)
    with tokenize.open(path) as file:
        return file.read()


def inspect_source(source: str, filename: str) -> dict[str, Any]:
    """What the inspect command prints.

    {predictClasses: [{line, methods: [{name, line, parameters}]}], transformers: [the same],
    apps: [{name, line, kind}], imports: [{module, line}], syntaxError?}. Apps are listed when there is no
    Predict; their kind is 'wsgi', 'asgi' or 'unknown'.
    """
    try:
        tree = ast.parse(source, filename)
    except (SyntaxError, ValueError, RecursionError) as error:
        return _unreadable(_syntax_error(error))
    predicts = predict_classes(tree)
    return {
        "predictClasses": [_class(node) for node in predicts],
        "transformers": [_class(node) for node in transformer_classes(tree)],
        "apps": [] if predicts else apps_of(tree),
        "imports": _imports(tree),
    }


def _unreadable(problem: dict[str, Any]) -> dict[str, Any]:
    return {"predictClasses": [], "transformers": [], "apps": [], "imports": [], "syntaxError": problem}


def classes_named(name: str, tree: ast.Module) -> list[ast.ClassDef]:
    """The classes of that name at a module's top level; the branches of an if or try are alternatives."""
    return [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]


def predict_classes(tree: ast.Module) -> list[ast.ClassDef]:
    """The classes named Predict."""
    return classes_named("Predict", tree)


def transformer_classes(tree: ast.Module) -> list[ast.ClassDef]:
    """The classes named Transformer that transform: a model may have a class of that name, too."""
    found = classes_named("Transformer", tree)
    return [node for node in found if any(name in {"preprocess", "postprocess"} for name in _methods(node))]


def _methods(node: ast.ClassDef) -> list[str]:
    return [item.name for item in node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))]


def inspect_file(path: Path) -> dict[str, Any]:
    """As inspect_source; a file that can't be read is a syntaxError at line 1."""
    try:
        source = read_source(path)
    except SyntaxError as error:
        return _unreadable(_syntax_error(error))
    except (OSError, ValueError) as error:
        problem = {"message": f"Could not read the script: {error}", "line": 1, "column": 1}
        return _unreadable(problem)
    return inspect_source(source, str(path))


def _syntax_error(error: BaseException) -> dict[str, Any]:
    line = getattr(error, "lineno", None) or 1
    column = getattr(error, "offset", None) or 1
    return {"message": getattr(error, "msg", None) or str(error), "line": line, "column": column}


def _class(node: ast.ClassDef) -> dict[str, Any]:
    functions = [item for item in node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return {
        "line": node.lineno,
        "methods": [
            {"name": item.name, "line": item.lineno, "parameters": _parameters(item)} for item in functions
        ],
    }


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    args = node.args
    names = [arg.arg for arg in [*args.posonlyargs, *args.args]]
    if args.vararg:
        names.append("*" + args.vararg.arg)
    names += [arg.arg for arg in args.kwonlyargs]
    if args.kwarg:
        names.append("**" + args.kwarg.arg)
    return names


def _imports(tree: ast.Module) -> list[dict[str, Any]]:
    found: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.setdefault(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.setdefault(node.module, node.lineno)
    return [
        {"module": module, "line": line} for module, line in sorted(found.items(), key=lambda item: item[1])
    ]
