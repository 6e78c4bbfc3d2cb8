"""`from sklearn.externals import joblib` (and six) for scripts written before scikit-learn 0.23.

Hooks into the import of exactly these two names; scikit-learn itself is not imported, and an old one that
still has them keeps its own.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType

_PACKAGE = "sklearn.externals"
_NAMES = ("joblib", "six")


class _ExternalsFinder(importlib.abc.MetaPathFinder):
    """Finds sklearn.externals.joblib and .six, with their submodules (old pickles name them)."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for the aliases only."""
        if not fullname.startswith(_PACKAGE + "."):
            return None
        real = fullname[len(_PACKAGE) + 1 :]
        name = real.split(".", 1)[0]
        if name not in _NAMES:
            return None
        if real == name:
            if importlib.machinery.PathFinder.find_spec(fullname, path, target) is not None:
                return None  # an old scikit-learn has its own
        elif sys.modules.get(f"{_PACKAGE}.{name}") is not sys.modules.get(name):
            return None
        return importlib.machinery.ModuleSpec(fullname, _AliasLoader(real))


class _AliasLoader(importlib.abc.Loader):
    """Puts the real module under the alias; six is not always installed, then the usual error names it."""

    def __init__(self, real: str) -> None:
        self._real = real

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:  # noqa: ARG002
        """A plain module, for as long as the import runs."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """The import system takes what is in sys.modules afterwards."""
        sys.modules[module.__name__] = importlib.import_module(self._real)


def install() -> None:
    """Add the hook; idempotent."""
    if not any(isinstance(finder, _ExternalsFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _ExternalsFinder())
