"""The app of a script without Predict: `app`, `application`, or what `create_app()` or `make_app()` make."""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..failures import LoadError, make_failure
from .appreading import NAMES, apps_of

_DEFAULT_THREADS = 8
_MOST_THREADS = 256


@dataclass(frozen=True)
class FoundApp:
    """An app: `kind` is 'wsgi' or 'asgi'; `threads` is how many requests of a WSGI app may run at once."""

    name: str
    kind: str
    app: Any
    threads: int = 1

    def as_json(self) -> dict[str, Any]:
        """What the state file tells of it."""
        return {"name": self.name, "kind": self.kind, "threads": self.threads}


def has_app(module: Any) -> bool:
    """Whether the script has anything of the names that are looked for."""
    return any(callable(getattr(module, name, None)) for name in NAMES)


def find_app(module: Any, script: Path, tree: ast.Module) -> FoundApp:
    """The script's app, made if need be; raises LoadError for one that can't be served.

    `threaded = True` (or a number) in the script lets requests of a WSGI app run in threads.
    """
    name = next(name for name in NAMES if callable(getattr(module, name, None)))
    found, what = getattr(module, name), name
    kind = kind_of(found)
    if kind is None and _binds(found, 0):
        found, what = found(), f"{name}()"
        kind = kind_of(found)
    if kind is None:
        raise _unusable(what, found, script, tree, name)
    return FoundApp(what, kind, found, _threads(module) if kind == "wsgi" else 1)


def kind_of(app: Any) -> str | None:
    """'wsgi' for (environ, start_response), 'asgi' for (scope, receive, send), by the signature alone."""
    if not callable(app) or isinstance(app, type):
        return None
    awaited = inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(getattr(app, "__call__", None))  # noqa: B004
    three, two = _binds(app, 3), _binds(app, 2)
    if three and (awaited or not two):
        return "asgi"
    return "wsgi" if two and not awaited else None


def _binds(function: Any, count: int) -> bool:
    try:
        inspect.signature(function).bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def _threads(module: Any) -> int:
    asked = getattr(module, "threaded", False)
    if isinstance(asked, bool):
        return _DEFAULT_THREADS if asked else 1
    return min(max(asked, 1), _MOST_THREADS) if isinstance(asked, int) else 1


def _unusable(what: str, found: Any, script: Path, tree: ast.Module, name: str) -> LoadError:
    line = next((app["line"] for app in apps_of(tree) if app["name"] == name), 1)
    kind = type(found).__name__
    message = (
        f"Could not serve {what} of {script.name}: {kind} is neither a WSGI app (environ, start_response) "
        "nor an ASGI 3 app (scope, receive, send): add 'class Predict', or an app of one of these kinds"
    )
    return LoadError(
        make_failure(
            "app", "unknown-app", message, None, [{"kind": "open-file", "file": str(script), "line": line}]
        )
    )
