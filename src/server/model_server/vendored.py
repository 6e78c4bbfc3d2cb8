"""Imports of the pure-Python packages that come with the server."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent


def import_vendored(name: str) -> ModuleType:
    """The package `name` from the server's own vendor folder; without such a folder, the installed one.

    Our copy is taken out of sys.modules again, and the folder out of sys.path: a script that imports the same
    package gets the one of its own environment, in its own version, or the usual error when it has none.
    """
    folder = ROOT / "vendor"
    if not (folder / name).is_dir():
        return importlib.import_module(name)
    theirs = _take_out(name)
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        _take_out(name)
        sys.modules.update(theirs)


def _take_out(name: str) -> dict[str, ModuleType]:
    keys = [key for key in sys.modules if key == name or key.startswith(name + ".")]
    return {key: sys.modules.pop(key) for key in keys}
