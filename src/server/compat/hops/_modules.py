"""Python files of the project as modules."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

from . import places
from ._copying import copy_to_local
from .places import AnyPath, find


def add_module(hdfs_path: AnyPath, project: str | None = None) -> str:  # noqa: ARG001
    """Make a .py or .ipynb file importable by its name; the path of the local module."""
    folder = os.path.join(os.getcwd(), "localized_deps")
    os.makedirs(folder, exist_ok=True)
    Path(folder, "__init__.py").touch()
    if folder not in sys.path:
        sys.path.append(folder)
    source = find(hdfs_path)
    if source.suffix not in {".py", ".ipynb"} or not source.is_file():
        raise ValueError(f"{places.text_of(hdfs_path)} is not a .py or .ipynb file")
    local = copy_to_local(hdfs_path, folder, overwrite=True)
    if source.suffix == ".ipynb":
        notebook, local = local, os.path.splitext(local)[0] + ".py"
        Path(local).write_text(_code_of_notebook(notebook), encoding="utf-8")
    importlib.invalidate_caches()
    loaded = sys.modules.get(Path(local).stem)
    if loaded is not None:
        importlib.reload(loaded)
    return local


def _code_of_notebook(path: str) -> str:
    cells = json.loads(Path(path).read_text(encoding="utf-8")).get("cells", [])
    code = ["".join(cell.get("source", [])) for cell in cells if cell.get("cell_type") == "code"]
    lines = "\n\n".join(code).splitlines()
    # Lines for IPython are no Python.
    return "\n".join("# " + line if line.lstrip()[:1] in {"%", "!"} else line for line in lines) + "\n"
