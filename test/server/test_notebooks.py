"""Scripts and transformers that are notebooks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from model_server.failures import CELLS
from model_server.script.notebooks import read_notebook

PREDICT = (
    "class Predict:\n    '''ü'''\n    def predict(self, inputs):\n        if inputs == 'bad':\n"
    "            raise ValueError('no')\n        return [x * item for item in inputs]"
)
CELLS_OF_PREDICT = [
    "%matplotlib inline\n!pip install nothing\nimport os",
    "x = (7\n     % 4)\n",
    "%%bash\nif then fi\n",
    "%%time\nif x:\n    !ls \\\n        -l\nfiles = !ls\nos?\n",
    "",
    PREDICT,
]


def notebook(cells: list[str], indent: int | None = 1, ascii_only: bool = False, **metadata: Any) -> bytes:
    listed: list[dict[str, Any]] = [{"cell_type": "markdown", "source": ["import os\n", "# title"]}]
    for cell in cells:
        source = cell.splitlines(True) if indent else cell
        listed.append({"cell_type": "code", "source": source, "outputs": [{"text": ["import os"]}]})
    value = {"cells": listed, "metadata": metadata, "nbformat": 4}
    return json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()


@pytest.mark.parametrize("form", [(1, False), (2, True), (None, False)])
def test_a_predict_script_in_a_notebook(make_serving: Any, form: tuple[int | None, bool]) -> None:
    data = notebook(CELLS_OF_PREDICT, *form)
    serving = make_serving(None, {"model.ipynb": data}, script_name="model.ipynb").start().ready()
    assert serving.predict([1, 2]) == [3, 6]
    reply = serving.post("/predict", {"inputs": "bad"})
    assert reply.status == 500
    assert reply.json()["error"] == "predict raised ValueError: no (model.ipynb, cell 6, line 5)"
    exception = serving.wait_record(lambda record: record.get("exception"))["exception"]
    frame = exception["frames"][-1]
    assert frame["source"] == "raise ValueError('no')"
    assert (frame["cell"], frame["cellLine"], frame["file"]) == (6, 5, str(serving.script))
    if form[0]:  # the line of the file leads there, too
        assert "raise ValueError('no')" in data.decode().split("\n")[frame["line"] - 1]


def test_a_transformer_in_a_notebook(make_serving: Any, tmp_path: Path) -> None:
    folder = tmp_path / "transformer"
    folder.mkdir()
    transformer = (
        "class Transformer:\n    def preprocess(self, inputs):\n"
        "        return [helper_of_transformer.add(item) for item in inputs]"
    )
    cells = [
        "import helper_of_transformer",
        transformer,
    ]
    (folder / "transform.ipynb").write_bytes(notebook(cells))
    (folder / "helper_of_transformer.py").write_text(
        "def add(item):\n    return item + 1\n", encoding="utf-8"
    )
    script = "class Predict:\n    def predict(self, inputs):\n        return inputs\n"
    launch = {"script": str(folder / "transform.ipynb"), "dir": str(folder), "artifact": "t_1_2"}
    serving = make_serving(script, transformer=launch).start().ready()
    assert serving.predict([1, 2]) == [2, 3]
    assert serving.state()["load"]["transformer"]["script"] == "transform.ipynb"
    reply = serving.post("/predict", {"inputs": [None]})
    assert "(helper_of_transformer.py, line 2)" in reply.json()["error"]


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        (b"{", "syntax-error", "Could not read m.ipynb: Expecting property name"),
        (b"[]", "syntax-error", "it is not a notebook of version 4: it has no cells"),
        (
            notebook(["x"], language_info={"name": "R"}),
            "syntax-error",
            "it is a notebook of R, not of Python",
        ),
        (notebook(["x = 1", "def f(:\n"]), "syntax-error", "(cell 2, line 1)"),
        (notebook(["x = 1"]), "no-predict-class", "m.ipynb has no class of that name"),
        (notebook(["x = 1", "\n1 / 0"]), "import-raised", "division by zero (m.ipynb, cell 2, line 2)"),
    ],
)
def test_what_is_wrong_with_a_notebook(make_serving: Any, data: bytes, kind: str, message: str) -> None:
    failure = make_serving(None, {"m.ipynb": data}, script_name="m.ipynb").start().failure()
    assert failure["kind"] == kind
    assert message in failure["message"]


def test_inspecting_a_notebook(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(notebook(CELLS_OF_PREDICT))
    command = [sys.executable, str(ROOT / "run.py"), "inspect", "--script", str(path)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert [method["name"] for method in found["predictClasses"][0]["methods"]] == ["predict"]
    assert [item["module"] for item in found["imports"]] == ["os"]


def test_code_without_magics_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    code = "text = '''\n!not a command\n%neither\n'''\nvalue = 9 \\\n  % 5\n"
    path.write_bytes(notebook([code]))
    scope: dict[str, Any] = {}
    exec(compile(read_notebook(path), str(path), "exec"), scope)
    assert scope["text"] == "\n!not a command\n%neither\n"
    assert scope["value"] == 4
    assert (1, 6) in CELLS[str(path)].values()
