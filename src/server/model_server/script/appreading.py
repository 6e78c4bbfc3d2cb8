"""Which apps a script has, as far as reading it shows; nothing is imported or run."""

from __future__ import annotations

import ast
from typing import Any

NAMES = ("app", "application", "create_app", "make_app")
_WSGI = {
    "Flask", "APIFlask", "Bottle", "FlaskApp", "get_wsgi_application", "make_wsgi_app", "default_app",
}  # fmt: skip
_ASGI = {
    "FastAPI", "Starlette", "Quart", "Litestar", "BlackSheep", "AsyncApp", "Sanic",
    "get_asgi_application",
}  # fmt: skip


def apps_of(tree: ast.Module) -> list[dict[str, Any]]:
    """[{name, line, kind}] of the names at a module's top level that the server looks for, in its order."""
    found: dict[str, dict[str, Any]] = {}
    for node in tree.body:
        for name in _names(node):
            if name in NAMES:
                found[name] = {"name": name, "line": node.lineno, "kind": _kind(node)}
    return [found[name] for name in NAMES if name in found]


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        return [node.target.id]
    return []


def _kind(node: ast.stmt) -> str:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        count = len(node.args.posonlyargs) + len(node.args.args) - len(node.args.defaults)
        if count == 3:
            return "asgi"
        if count == 2:
            return "wsgi"
    calls = [_called(item) for item in ast.walk(node) if isinstance(item, ast.Call)]
    if any(name in _ASGI for name in calls):
        return "asgi"
    return "wsgi" if any(name in _WSGI for name in calls) else "unknown"


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""
