"""Notebooks as scripts: the code of their cells as one module, whose line numbers lead back to the cells."""

from __future__ import annotations

import ast
import json
import linecache
import re
from pathlib import Path
from typing import Any

from ..failures import CELLS
from .bytecode import PlainLoader

SUFFIX = ".ipynb"
# What only a notebook understands; below %%time and %%capture a cell's code is still Python.
_MAGIC = re.compile(r"(\s*)(?:[%!?]|[\w.]+\?{1,2}\s*$|[\w.,\s]+=\s*(?:!|%\w))")
_TRANSPARENT = re.compile(r"%%(?:time|timeit|capture|prun)\b")


def is_notebook(path: Path) -> bool:
    """By its name."""
    return path.suffix.lower() == SUFFIX


def read_notebook(path: Path) -> str:
    """Its code as Python; raises OSError, ValueError.

    As notebooks are usually saved, with each line of code in a line of the file, lines keep their numbers.
    """
    text = path.read_text(encoding="utf-8")
    cells = [_without_magics(lines) for lines in _cells(json.loads(text))]
    starts = _places(text, [lines for lines, _ in cells])
    joined: list[str] = []
    where: dict[int, tuple[int, int]] = {}
    for number, ((_, python), start) in enumerate(zip(cells, starts), 1):
        joined += [""] * (start - len(joined))
        for line, code in enumerate(python, 1):
            joined.append(code)
            where[len(joined)] = (number, line)
    source = "\n".join(joined) + "\n"
    CELLS[str(path)] = where
    # For tracebacks and inspect.getsource, which else would show the file's JSON.
    linecache.cache[str(path)] = (len(source), None, source.splitlines(True), str(path))
    return source


class NotebookLoader(PlainLoader):
    """Imports a notebook."""

    def get_source(self, fullname: str) -> str:
        """Its code."""
        return read_notebook(Path(self.get_filename(fullname)))

    def get_code(self, fullname: str) -> Any:
        """Never from bytecode: a script of the same name would have it in the same place."""
        return compile(self.get_source(fullname), self.get_filename(fullname), "exec", dont_inherit=True)


def _cells(notebook: Any) -> list[list[str]]:
    """The lines of each code cell."""
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ValueError("it is not a notebook of version 4: it has no cells")
    metadata = notebook.get("metadata") or {}
    language = (metadata.get("language_info") or {}).get("name", "python")
    if language != "python":
        raise ValueError(f"it is a notebook of {language}, not of Python")
    found = []
    for cell in notebook["cells"]:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            found.append(("".join(source) if isinstance(source, list) else str(source)).split("\n"))
    return found


def _without_magics(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines, and those with what only a notebook understands made to comments."""
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%") and not _TRANSPARENT.match(first):
        return lines, [f"# {line}" for line in lines]
    try:
        ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError):
        pass
    else:
        return lines, lines
    python: list[str] = []
    goes_on = False
    for line in lines:
        match = _MAGIC.match(line)
        if goes_on or match:
            indent = match.group(1) if match and not goes_on else ""
            # A block must not become empty.
            python.append(f"# {line}" if goes_on else f"{indent}pass  # {line.strip()}")
            goes_on = line.rstrip().endswith("\\")
        else:
            python.append(line)
    # The backslash at the end of a comment joins nothing.
    return lines, python


def _places(text: str, cells: list[list[str]]) -> list[int]:
    """How many lines of the file are before each cell; 0 where it can't be found: they follow each other."""
    raw = [line.strip().removesuffix(",") for line in text.split("\n")]
    starts: list[int] = []
    at = 0
    for lines in cells:
        wanted = _forms(lines)
        if not wanted:
            starts.append(at)
            continue
        place = next(
            (start for start in range(at, len(raw)) if _is_at(raw, start, wanted)),
            None,
        )
        if place is None:
            return [0] * len(cells)
        starts.append(place)
        at = place + len(wanted)
    return starts


def _forms(lines: list[str]) -> list[tuple[str, str]]:
    """How each line of a cell stands in a file, with other letters than ASCII as they are or escaped."""
    whole = [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    return [(json.dumps(line, ensure_ascii=False), json.dumps(line)) for line in whole]


def _is_at(raw: list[str], start: int, wanted: list[tuple[str, str]]) -> bool:
    found = raw[start : start + len(wanted)]
    return len(found) == len(wanted) and all(line in forms for line, forms in zip(found, wanted))
