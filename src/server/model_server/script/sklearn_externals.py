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
        elif not _is_alias(name):
            return None
        return importlib.machinery.ModuleSpec(fullname, _AliasLoader(real))


def _is_alias(name: str) -> bool:
    found = sys.modules.get(f"{_PACKAGE}.{name}")
    return found is sys.modules.get(name) or found is sys.modules.get(f"{__package__}.oldsix")


class _AliasLoader(importlib.abc.Loader):
    """Puts the real module under the alias; where six is not installed, what old scripts use of it."""

    def __init__(self, real: str) -> None:
        self._real = real

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:  # noqa: ARG002
        """A plain module, for as long as the import runs."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """The import system takes what is in sys.modules afterwards."""
        sys.modules[module.__name__] = _import(self._real)


def _import(real: str) -> ModuleType:
    try:
        return importlib.import_module(real)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".", 1)[0] != "six":
            raise
    if real == "six":
        return importlib.import_module(f"{__package__}.oldsix")
    if real == "six.moves":
        return importlib.import_module(f"{__package__}.oldsix_moves")
    # six.moves.urllib.request and the like: the module itself.
    return importlib.import_module(real.removeprefix("six.moves."))


def install() -> None:
    """Add the hook; idempotent."""
    if not any(isinstance(finder, _ExternalsFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _ExternalsFinder())
