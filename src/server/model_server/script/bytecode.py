"""Compiled bytecode: kept for the environment's packages, never written into an artifact."""

from __future__ import annotations

import importlib.machinery
import os
import sys
from pathlib import Path
from typing import Any


class PlainLoader(importlib.machinery.SourceFileLoader):
    """Loads a source file without leaving a __pycache__ beside it."""

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        """Write nothing."""


def keep_artifact_clean(*artifact_dirs: Path) -> None:
    """From here on imports write bytecode, except below the given folders.

    The server itself runs with -B. For a script that would be slow: an environment made by uv has no
    bytecode, and to import scikit-learn without it takes seconds, at every start.
    """
    if not os.environ.get("PYTHONDONTWRITEBYTECODE"):
        sys.dont_write_bytecode = False
    roots = {form(folder) for folder in artifact_dirs for form in (os.path.abspath, os.path.realpath)}
    plain = importlib.machinery.FileFinder.path_hook(
        (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
        (PlainLoader, importlib.machinery.SOURCE_SUFFIXES),
        (importlib.machinery.SourcelessFileLoader, importlib.machinery.BYTECODE_SUFFIXES),
    )

    def hook(path: str) -> Any:
        if not any(path == root or path.startswith(os.path.join(root, "")) for root in roots):
            raise ImportError
        return plain(path)

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()
