"""Transformers with real servers: both places, both forms of inputs, errors, timings, and joined requests."""

from __future__ import annotations

import json
import re
import textwrap
import threading
from pathlib import Path
from typing import Any, Callable

import pytest

from conftest import Serving
from model_server.script.inspection import inspect_source

DOUBLES = """
    class Predict:
        def predict(self, inputs):
            return [value * 2 for value in inputs]
"""
ADDS = """
    class Transformer:
        def preprocess(self, inputs):
            if inputs == ["bad"]:
                raise ValueError("no such row")
            return [value + 1 for value in inputs]

        def postprocess(self, outputs):
            return {"doubled": outputs}
"""


@pytest.fixture
def with_transformer(make_serving: Callable[..., Serving], tmp_path: Path) -> Callable[..., Serving]:
    """A serving, not started, whose transformer has a script and an artifact of its own."""

    def make(script: str, transformer: str | None, name: str = "transform.py", **more: Any) -> Serving:
        folder = tmp_path / "Artifacts" / "transformer 9"
        folder.mkdir(parents=True)
        (folder / "words.txt").write_text("from the transformer's artifact")
        place = folder / name
        if transformer is not None:
            place.write_text(textwrap.dedent(transformer), encoding="utf-8")
        launch = {"script": str(place), "dir": str(folder), "artifact": "iris_3_9"}
        return make_serving(script, transformer=launch, **more)

    return make


def test_beside_predict(serve: Callable[..., Serving]) -> None:
    serving = serve(DOUBLES + ADDS)
    assert serving.predict([1, 2]) == {"doubled": [4, 6]}
    load = serving.state()["load"]["transformer"]
    assert load == {
        "script": "irisflowerclassifier.py",
        "artifact": "iris_3_7",
        "methods": ["preprocess", "postprocess"],
        "wholeBody": [],
    }


def test_in_a_script_of_its_own(with_transformer: Callable[..., Serving]) -> None:
    transformer = """
        import os, sys

        class Transformer:
            def __init__(self):
                names = ("ARTIFACT_FILES_PATH", "ARTIFACT_VERSION", "SCRIPT_NAME")
                self.seen = [os.path.basename(os.environ[name]) for name in names]
                self.seen += [os.path.basename(sys.argv[0]), open("words.txt").read()]

            def postprocess(self, outputs):
                return outputs + self.seen + [os.environ["SCRIPT_NAME"]]
    """
    serving = with_transformer(DOUBLES, transformer).start().ready()
    assert serving.predict([1]) == [
        2,
        "transformer 9",
        "9",
        "transform.py",
        "transform.py",
        "from the transformer's artifact",
        "irisflowerclassifier.py",
    ]
    state = serving.state()
    assert state["load"]["transformer"]["artifact"] == "iris_3_9"
    assert state["load"]["transformer"]["methods"] == ["postprocess"]
    assert [stage["name"] for stage in state["stages"]] == [
        "start",
        "import",
        "construct",
        "transform",
        "ready",
    ]
    assert serving.stop() == 0


def test_scripts_of_the_same_name_are_two_modules(with_transformer: Callable[..., Serving]) -> None:
    serving = with_transformer(DOUBLES, ADDS, "irisflowerclassifier.py").start().ready()
    assert serving.predict([1]) == {"doubled": [4]}


def test_the_predict_script_named_as_the_transformers(make_serving: Callable[..., Serving]) -> None:
    serving = make_serving("print('imported')\n" + textwrap.dedent(DOUBLES) + textwrap.dedent(ADDS))
    folder = str(serving.artifact)
    serving.launch["transformer"] = {"script": str(serving.script), "dir": folder, "artifact": "iris_3_7"}
    assert serving.start().ready().predict([1]) == {"doubled": [4]}
    assert sum(item["message"] == "imported" for item in serving.records()) == 1


WHOLE = """
    class Transformer:
        def preprocess(self, inputs):
            inputs = inputs["instances"] if "instances" in inputs else inputs
            return {"instances": [row["value"] for row in inputs], "signature_name": "x"}

        def postprocess(self, outputs):
            return {"predictions": [[value] for value in outputs["predictions"]]}
"""


@pytest.mark.parametrize("key", ["inputs", "instances"])
def test_scripts_that_read_the_whole_body(serve: Callable[..., Serving], key: str) -> None:
    serving = serve(DOUBLES + WHOLE)
    reply = serving.post("/v1/models/iris:predict", {key: [{"value": 2}, {"value": 3}]})
    assert reply.json() == {"predictions": [[4], [6]]}
    assert serving.state()["load"]["transformer"]["wholeBody"] == ["preprocess", "postprocess"]


def test_the_class_says_which_form_it_wants(serve: Callable[..., Serving]) -> None:
    serving = serve(
        DOUBLES
        + """
    class Transformer:
        whole_body = True

        def preprocess(self, body):
            (rows,) = body.values()
            return rows

        def postprocess(self, body):
            return list(body)
"""
    )
    assert serving.predict([1]) == ["predictions"]


def test_bodies_that_are_returned_are_unwrapped(serve: Callable[..., Serving]) -> None:
    serving = serve(
        DOUBLES
        + """
    class Transformer:
        def preprocess(self, inputs):
            return {"inputs": inputs}

        def postprocess(self, outputs):
            return {"predictions": outputs}
"""
    )
    assert serving.predict([1]) == [2]


def test_what_it_raises_is_answered_as_the_transformers(with_transformer: Callable[..., Serving]) -> None:
    serving = with_transformer(DOUBLES, ADDS).start().ready()
    reply = serving.post("/v1/models/iris:predict", {"inputs": ["bad"]})
    assert reply.status == 500
    error = reply.json()
    assert error["error"] == "preprocess raised ValueError: no such row (transform.py, line 5)"
    assert (error["kind"], error["stage"]) == ("transformer-raised", "transform")
    assert (error["script"], error["line"]) == ("transform.py", 5)
    record = serving.wait_record(lambda item: item["logger"] == "script" and item["level"] == "ERROR")
    assert record["request"] == error["request"]
    assert record["exception"]["frames"][-1]["user"] is True
    assert serving.predict([1]) == {"doubled": [4]}


def test_times_are_in_the_access_record_and_the_metrics(serve: Callable[..., Serving]) -> None:
    serving = serve(
        DOUBLES
        + """
    import time

    class Transformer:
        def preprocess(self, inputs):
            time.sleep(0.05)
            return inputs
"""
    )
    assert serving.predict([1]) == [2]
    record = serving.wait_record(lambda item: item["logger"] == "access" and item.get("verb") == "predict")
    assert 50 <= record["transform_ms"] <= record["latency_ms"]
    text = serving.get("/metrics").body.decode()
    assert 'transform_seconds_count{method="preprocess"} 1' in text


def test_other_verbs_and_async_methods(serve: Callable[..., Serving]) -> None:
    serving = serve(
        """
        class Predict:
            def classify(self, inputs):
                return inputs

        class Transformer:
            async def preprocess(self, inputs):
                import asyncio
                await asyncio.sleep(0)
                return [inputs]
        """
    )
    assert serving.post("/classify", {"inputs": 7}).json() == {"predictions": [7]}


def test_a_network_of_that_name_is_no_transformer(serve: Callable[..., Serving]) -> None:
    serving = serve(
        """
        class Transformer:
            def __init__(self, layers):
                self.layers = layers

        class Predict:
            def __init__(self):
                self.net = Transformer(3)

            def predict(self, inputs):
                return self.net.layers
        """
    )
    assert serving.predict([]) == 3
    assert serving.state()["load"]["transformer"] is None


def test_joined_requests_are_transformed_one_by_one(serve: Callable[..., Serving]) -> None:
    serving = serve(
        """
        import time

        class Predict:
            def predict(self, inputs):
                time.sleep(0.05)
                return [value * 2 for value in inputs]

        class Transformer:
            def preprocess(self, inputs):
                if -1 in inputs:
                    raise ValueError("bad row")
                return [value + 1 for value in inputs]

            def postprocess(self, outputs):
                return {"count": len(outputs), "values": outputs}
        """,
        sample=[1, 2],
        batching=True,
    )
    replies: dict[int, Any] = {}

    def ask(number: int) -> None:
        inputs = [-1] if number % 5 == 0 else [number] * (number % 3 + 1)
        replies[number] = serving.post("/v1/models/iris:predict", {"inputs": inputs}).json()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, reply in replies.items():
        if number % 5 == 0:
            assert reply["kind"] == "transformer-raised"
        else:
            count = number % 3 + 1
            assert reply == {"predictions": {"count": count, "values": [(number + 1) * 2] * count}}


BROKEN = [
    ("x = 1\n", "no-transformer-class", r"Could not find Transformer: transform\.py has no class"),
    ("class Transformer:\n  pass\n", "transformer-without-methods", "neither preprocess nor postprocess"),
    (
        "class Transformer:\n  def preprocess(self): pass\n",
        "wrong-arity",
        "preprocess in transform.py must take",
    ),
    (
        "class Transformer:\n  def __init__(self, a): pass\n  def preprocess(self, x): pass\n",
        "constructor-arguments",
        r"Could not create Transformer: its __init__ wants arguments \(a\)",
    ),
    (
        "class Transformer:\n  def __init__(self): 1 / 0\n  def preprocess(self, x): pass\n",
        "construct-raised",
        r"Could not create Transformer: ZeroDivisionError: .*\(transform\.py, line 2\)",
    ),
    (
        "import no_such_thing\n",
        "missing-package",
        r"Could not import no_such_thing: .*\(transform\.py, line 1\)",
    ),
    ("class Transformer\n", "syntax-error", r"Could not read transform\.py: .*line 1"),
    (None, "script-missing", r"Could not read transform\.py: the file is missing"),
    (
        "class Transformer:\n  def preprocess(self, x): pass\n" * 2,
        "two-transformer-classes",
        "transform.py has 2, in lines 1 and 3",
    ),
]


@pytest.mark.parametrize(("transformer", "kind", "message"), BROKEN, ids=[item[1] for item in BROKEN])
def test_load_failures_name_the_transformers_script(
    with_transformer: Callable[..., Serving], transformer: str | None, kind: str, message: str
) -> None:
    failure = with_transformer(DOUBLES, transformer).start().failure()
    assert (failure["stage"], failure["kind"]) == ("transform", kind), failure
    assert re.search(message, failure["message"]), failure["message"]


@pytest.mark.parametrize("field", ["script", "dir", "artifact"])
def test_the_launch_file_is_checked(make_serving: Callable[..., Serving], tmp_path: Path, field: str) -> None:
    launch = {"script": str(tmp_path / "t.py"), "dir": str(tmp_path), "artifact": "x", field: 7}
    serving = make_serving(DOUBLES, transformer=launch).start()
    assert serving.exit_code() == 2
    assert f"transformer.{field}" in serving.state()["failure"]["message"]


def test_inspect_lists_transformers() -> None:
    source = "class Transformer:\n    def preprocess(self, x): pass\n\nclass Other:\n    pass\n"
    found = inspect_source(source, "x.py")
    assert found["transformers"] == [
        {"line": 1, "methods": [{"name": "preprocess", "line": 2, "parameters": ["self", "x"]}]}
    ]
    assert found["predictClasses"] == []
    assert inspect_source("class Transformer:\n    def forward(self): pass\n", "x.py")["transformers"] == []
    assert json.dumps(inspect_source("class", "x.py")["transformers"]) == "[]"


@pytest.mark.sklearn
def test_the_models_width_is_not_asked_of_what_the_transformer_gets(serve: Callable[..., Serving]) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed here")
    serving = serve(
        """
        from sklearn.neighbors import KNeighborsClassifier

        class Predict:
            def __init__(self):
                rows = [[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]]
                self.model = KNeighborsClassifier(n_neighbors=1).fit(rows, [7, 8])

            def predict(self, inputs):
                return self.model.predict(inputs).tolist()

        class Transformer:
            def preprocess(self, inputs):
                return [[float(row["id"])] * 4 for row in inputs]
        """
    )
    assert serving.predict([{"id": 1}, {"id": 0}]) == [8, 7]
    assert serving.predict([{"id": "1"}]) == [8]
