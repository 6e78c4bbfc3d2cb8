"""The server's folders import each other one way only, as src/server/README.md draws them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from conftest import ROOT

PACKAGE = ROOT / "model_server"
# A worker's folders: each imports only from those before it.
WORKERS = [
    "http",
    "logs",
    "measuring",
    "inferencelog",
    "pickles",
    "calling",
    "script",
    "schema",
    "answering",
    "protocols",
    "apps",
    "pages",
    "worker",
]
# The supervisor has no user code: of the folder for that, only how files are linked.
SUPERVISORS = ["http", "logs", "measuring", "script.workdir", "supervisor"]
# Files in the top folder, and the package itself for the version.
SHARED = [
    "__version__",
    "access",
    "config",
    "failures",
    "fields",
    "jsonio",
    "jsonpath",
    "processes",
    "recordoptions",
    "statefile",
    "vendored",
]
ENTRY = "cli"


def imports_of(file: Path) -> Iterator[str]:
    """What a file imports of the package, at its top or later: `folder.module.name`."""
    here = file.relative_to(PACKAGE).parent.parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            above = [*here[: len(here) - node.level + 1], *(node.module.split(".") if node.module else [])]
            for alias in node.names:
                yield ".".join([*above, alias.name])


def outside(folder: str, allowed: list[str]) -> list[str]:
    """Imports in a folder's files that are not allowed there; the entry may import all."""
    places = tuple(f"{place}." for place in allowed)
    return [
        f"{folder}/{file.name}: {name}"
        for file in sorted((PACKAGE / folder).glob("*.py"))
        for name in imports_of(file)
        if file.stem != ENTRY and not f"{name}.".startswith(places)
    ]


def test_every_file_has_its_place() -> None:
    assert {path.parent.name for path in PACKAGE.glob("*/*.py")} == {*WORKERS, "supervisor"}
    assert {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"} == {*SHARED[1:], ENTRY}


def test_imports_go_one_way() -> None:
    found = [
        name for at, folder in enumerate(WORKERS) for name in outside(folder, SHARED + WORKERS[: at + 1])
    ]
    found += outside("supervisor", SHARED + SUPERVISORS)
    assert found + outside("", [*SHARED, "http", "logs"]) == []
