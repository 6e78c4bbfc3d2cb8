"""Where schemas come from, and what of a request is refused before user code."""

# The hints are written as users of older Pythons write them.
# ruff: noqa: UP006, UP035, UP037, UP045

from __future__ import annotations

import dataclasses
import enum
import importlib.util
import json
import sys
import time
import typing
from pathlib import Path
from typing import Any, Dict, List, Literal, Optional, Tuple, Union

import pytest

from model_server.calling.calls import InputError
from model_server.schema import files
from model_server.schema.hints import node_of, verb_hints
from model_server.schema.nodes import Node
from model_server.schema.passing import model_that_gets_inputs
from model_server.schema.samples import sample_of, schema_of
from model_server.schema.tensors import metadata_of
from model_server.schema.verbs import VerbSchema, find_schemas
from model_server.script.modelinfo import ModelInfo, find_model

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Flower:
    petals: List[float]
    colour: Literal["red", "blue"]
    name: Optional[str] = None


class Typed(typing.TypedDict):
    size: float
    tags: List[str]


Named = typing.NewType("Named", str)
CASES: list[tuple[Any, list[Any], list[tuple[Any, str]]]] = [
    (float, [1, 1.5], [(True, ""), ("1", ""), (None, "")]),
    (int, [1, 2.0], [(1.5, ""), (False, "")]),
    (str, ["a"], [(1, "")]),
    (bool, [True], [(1, "")]),
    (Named, ["a"], [(1, "")]),
    (List[List[float]], [[], [[]], [[1, 2.5]]], [([1], "[0]"), ([[1], [2, "a"]], "[1][1]"), ({}, "")]),
    (List[int], [[1]], [([1, None], "[1]")]),
    (Dict[str, float], [{}, {"a": 1}], [({"a": "x"}, ".a"), ([], ""), ({"a b": []}, "['a b']")]),
    (Optional[List[str]], [None, ["a"]], [([1], "[0]"), (5, "")]),
    (Union[int, str], [1, "a"], [([], "")]),
    (Literal["a", 1], ["a", 1, 1.0], [("b", ""), (True, ""), ([], "")]),
    (Colour, ["red"], [("green", "")]),
    (Tuple[float, str], [[1, "a"]], [([1], ""), (["a", "a"], "[0]"), ("xy", "")]),
    (Tuple[float, ...], [[], [1, 2]], [(["a"], "[0]")]),
    (
        Typed,
        [{"size": 1, "tags": ["a"], "more": 1}],
        [({"size": 1}, ".tags"), ({"size": 1, "tags": [1]}, ".tags[0]")],
    ),
    (
        List[Flower],
        [[{"petals": [1], "colour": "red"}], [{"petals": [], "colour": "blue", "name": None}]],
        [
            ([{"petals": [1]}], "[0].colour"),
            ([{"petals": ["x"], "colour": "red"}], "[0].petals[0]"),
            ([5], "[0]"),
        ],
    ),
    (list, [[1, "a"]], [({}, "")]),
    (dict, [{"a": 1}], [([], "")]),
    (typing.Sequence[int], [[1]], [(["a"], "[0]")]),
]
PASSES_ALL = [Any, object, typing.TypeVar("T"), Path, typing.Callable[[], int], Union[int, Any], List, "x", 5]


@pytest.mark.parametrize(("hint", "good", "bad"), CASES, ids=map(str, range(len(CASES))))
def test_hints(hint: Any, good: list[Any], bad: list[tuple[Any, str]]) -> None:
    node = node_of(hint)
    schema = node.json()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for value in good:
        assert node.find(value) is None, value
        assert validator.is_valid(value), value
    for value, path in bad:
        problem = node.find(value)
        assert problem is not None, value
        assert problem.path == path
        assert problem.expected
        assert problem.got
        assert not validator.is_valid(value), value
    sample = sample_of(schema)
    assert node.find(sample) is None
    assert validator.is_valid(sample)


@pytest.mark.parametrize("hint", PASSES_ALL, ids=map(str, range(len(PASSES_ALL))))
def test_what_a_hint_does_not_say_passes(hint: Any) -> None:
    node = node_of(hint)
    for value in (1, "a", None, [], {}, [[1]]):
        if hint is not List or isinstance(value, list):
            assert node.find(value) is None


def test_hints_of_methods() -> None:
    class Predict:
        def predict(self, inputs: List[float]) -> Dict[str, int]:
            return {}

        def classify(self, inputs):
            return inputs

        def regress(self, inputs: "Missing") -> int:  # noqa: F821
            return 1

    given, returned = verb_hints(Predict().predict)
    assert given.json() == {"type": "array", "items": {"type": "number"}}
    assert returned.json() == {"type": "object", "additionalProperties": {"type": "integer"}}
    for method in (Predict().classify, Predict().regress):
        assert [node.anything for node in verb_hints(method)] == [True, True]


def test_a_type_that_contains_itself() -> None:
    @dataclasses.dataclass
    class Tree:
        children: "List[Tree]"

    Tree.__annotations__["children"] = List[Tree]
    node = node_of(Tree)
    assert node.find({"children": [{"children": []}]}) is None


def test_objects_are_made_for_dataclasses() -> None:
    convert = node_of(Dict[str, List[Flower]]).convert
    assert convert is not None
    made = convert({"a": [{"petals": [1], "colour": "red", "other": 1}]})
    assert made == {"a": [Flower([1], "red")]}
    assert node_of(List[float]).convert is None
    either = node_of(Optional[Flower]).convert
    assert either is not None
    assert either(None) is None
    assert either({"petals": [], "colour": "blue"}) == Flower([], "blue")


def test_pydantic_models() -> None:
    pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
    part = pydantic.create_model("Part", size=(float, pydantic.Field(gt=0)))
    whole = pydantic.create_model("Whole", parts=(List[part], ...), name=(str, "x"))
    node = node_of(List[whole])
    schema = node.json()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "$ref" not in json.dumps(schema)
    assert node.convert is not None
    (made,) = node.convert([{"parts": [{"size": 2}]}])
    assert made.parts[0].size == 2
    with pytest.raises(InputError) as raised:
        node.convert([{"parts": [{"size": 2}, {"size": -1}]}])
    assert raised.value.field == "parts[1].size"
    assert node.find([5]) is not None


def methods_of(tmp_path: Path, body: str, name: str = "predict") -> Any:
    path = tmp_path / "a_script.py"
    path.write_text("class Predict:\n" + "".join(f"    {line}\n" for line in body.splitlines()))
    spec = importlib.util.spec_from_file_location("a_script", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    import linecache

    linecache.checkcache(str(path))
    return getattr(module.Predict(), name)


STRAIGHT = [
    "def predict(self, inputs):\n    return self.model.predict(inputs)",
    "def predict(self, x):\n    'doc'\n    print(x, len(x))\n    return self.model.predict(x).tolist()",
    "def predict(self, x):\n    import numpy as np\n    rows = np.asarray(x)\n    out = self.model.predict_proba(rows)\n    return out.tolist()",
    "def predict(self, x):\n    return [int(p) for p in self.model.predict(np.array(x))]",
    "def predict(self, x):\n    return {'a': list(self.model.predict(x)[0])}",
    "def predict(self, x):\n    logging.info('got %s', x)\n    y = self.model.predict(x)\n    if y is None:\n        return 0\n    return y",
]
CROOKED = [
    "def predict(self, x):\n    return self.model.predict(self.rows(x))",
    "def predict(self, x):\n    return self.model.predict([x])",
    "def predict(self, x):\n    return self.model.predict(x + [1])",
    "def predict(self, x):\n    if not x:\n        return []\n    return self.model.predict(x)",
    "def predict(self, x):\n    try:\n        return self.model.predict(x)\n    except ValueError:\n        return 0",
    "def predict(self, x):\n    x = [[1]]\n    return self.model.predict(x)",
    "def predict(self, x):\n    x.append(1)\n    return self.model.predict(x)",
    "def predict(self, x):\n    return self.model.predict(x) if x else 0",
    "def predict(self, x):\n    return x and self.model.predict(x)",
    "def predict(self, x):\n    return [self.model.predict(row) for row in x]",
    "def predict(self, x):\n    return self.model.transform(x)",
    "def predict(self, x):\n    return lambda: self.model.predict(x)",
    "@staticmethod\ndef predict(x):\n    return model.predict(x)",
    "def predict(self, x):\n    return 5",
    "def predict(self, x):\n    for row in x:\n        return self.model.predict(x)",
    "def predict(self, x):\n    return fix(x, self.model.predict(x))",
    "async def predict(self, x):\n    return self.model.predict(x)",
    "def predict(self, x):\n    x, y = x, 1\n    return self.model.predict(x)",
]


@pytest.mark.parametrize("body", STRAIGHT)
def test_inputs_that_go_straight_to_the_model(tmp_path: Path, body: str) -> None:
    assert model_that_gets_inputs(methods_of(tmp_path, body)) == "model"


@pytest.mark.parametrize("body", CROOKED)
def test_inputs_that_may_be_prepared(tmp_path: Path, body: str) -> None:
    assert model_that_gets_inputs(methods_of(tmp_path, body)) is None


def fitted(names: bool = False) -> Any:
    neighbors = pytest.importorskip("sklearn.neighbors", reason="scikit-learn is not installed")
    model = neighbors.KNeighborsClassifier(1).fit([[0, 0, 0], [1, 1, 1]], [0, 1])
    if names:
        import numpy as np

        model.feature_names_in_ = np.array(["a", "b", "c"], dtype=object)
    return model


def schema_for(tmp_path: Path, model: Any, body: str = STRAIGHT[0], sample: Any = None) -> VerbSchema:
    method = methods_of(tmp_path, body)
    objects = {"model": model}
    info = find_model(objects, "a_script")
    return find_schemas({"predict": method}, None, None, objects, info, tmp_path, sample)["predict"]


@pytest.mark.sklearn
def test_a_models_width_is_checked_with_names(tmp_path: Path) -> None:
    schema = schema_for(tmp_path, fitted(names=True))
    assert schema.source == "model"
    assert len(schema.sample[0]) == 3
    for good in ([[1, 2, 3]], [], [[1, 2.5, None], [True, "4", 1]], {"anything": 1}, "text", None):
        schema.check(good)
    with pytest.raises(InputError) as raised:
        schema.check([[1, 2, 3], [1, 2]])
    assert str(raised.value) == (
        "The inputs are not usable: inputs[1] must have 3 values for KNeighborsClassifier (a, b, c), not 2"
    )
    assert raised.value.field == "inputs[1]"
    assert raised.value.more == {"expected": "3 values for KNeighborsClassifier (a, b, c)", "got": "2"}
    for bad, field in [
        ([1, 2, 3], "inputs[0]"),
        ([[1, 2, "x"]], "inputs[0][2]"),
        ([[1, 2, {}]], "inputs[0][2]"),
        ([{"a": 1}], "inputs[0]"),
        ([[[1, 2, 3]]], "inputs[0]"),
    ]:
        with pytest.raises(InputError) as raised:
            schema.check(bad)
        assert raised.value.field == field


@pytest.mark.sklearn
def test_what_is_refused_would_fail_in_the_library_and_what_passes_is_its_own_affair(tmp_path: Path) -> None:
    model = fitted()
    schema = schema_for(tmp_path, model)
    rows: list[Any] = [
        1,
        "a",
        None,
        [],
        [1, 2],
        [1, 2, 3],
        [1, 2, "x"],
        [1, 2, "3"],
        [[1, 2, 3]],
        {"a": 1},
        [1, True, 2],
    ]
    for first in rows:
        for second in rows:
            try:
                schema.check([first, second])
            except InputError:
                with pytest.raises((ValueError, TypeError)):
                    model.predict([first, second])


@pytest.mark.sklearn
def test_scripts_that_prepare_their_inputs_and_pipelines_are_not_checked(tmp_path: Path) -> None:
    for body in CROOKED[:4]:
        schema = schema_for(tmp_path, fitted(), body)
        schema.check([["anything"]])
        assert schema.source == "model"  # described, not checked
    pipeline = pytest.importorskip("sklearn.pipeline", reason="scikit-learn is not installed")
    schema_for(tmp_path, pipeline.make_pipeline(fitted())).check([["anything"]])

    class Dummy:
        n_features_in_ = 3

    schema_for(tmp_path, Dummy()).check([["anything"]])


def test_large_requests_are_checked_quickly(tmp_path: Path) -> None:
    node = node_of(List[List[float]])
    rows = [[0.5] * 10 for _ in range(10_000)]
    began = time.perf_counter()
    assert node.find(rows) is None
    assert time.perf_counter() - began < 0.1
    rows[-1][-1] = "x"
    assert node.find(rows).path == "[9999][9]"


def test_sources_in_their_order(tmp_path: Path) -> None:
    plain = "def predict(self, inputs):\n    return inputs"
    assert schema_for(tmp_path, None, plain).source == "none"
    saved = schema_for(tmp_path, None, plain, [{"a": 1, "b": "x"}])
    assert (saved.source, saved.sample, saved.tensor_form) == ("sample", [{"a": 1, "b": "x"}], "rows")
    saved.check(5)
    (tmp_path / "input_example.json").write_text('{"dataframe_split": {"columns": ["a"], "data": [[7]]}}')
    assert schema_for(tmp_path, None, plain).sample == [[7]]
    signature = '[{"type": "double", "name": "a", "required": true}, {"type": "double", "name": "it\'\'s"}]'
    (tmp_path / "MLmodel").write_text(
        f"flavors: {{}}\nsignature:\n  inputs: '{signature}'\n  outputs: null\nuuid: 1\n"
    )
    found = schema_for(tmp_path, None, plain)
    assert found.source == "signature"
    assert found.inputs["items"] == {
        "type": "array",
        "items": {"type": "number"},
        "minItems": 2,
        "maxItems": 2,
        "description": "a, it's",
    }
    found.check("anything")
    hinted = "def predict(self, inputs: 'list[int]'):\n    return inputs"
    if sys.version_info >= (3, 9):
        assert schema_for(tmp_path, None, hinted).source == "type hints"


def test_signature_files(tmp_path: Path) -> None:
    assert files.signature(tmp_path) == (None, None)
    assert files.example(tmp_path) is None
    tensor = '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2, 3]}}]'
    (tmp_path / "MLmodel").write_text(
        f"signature:\n  inputs: '{tensor}'\n  outputs: '[{{\"type\": \"string\"}}]'\n"
    )
    inputs, outputs = files.signature(tmp_path)
    assert metadata_of(inputs, "x") == [{"name": "x", "datatype": "FP64", "shape": [-1, 2, 3]}]
    assert outputs["items"]["items"] == {"type": "string"}
    columns = {"columnar_schema": [{"name": "a", "type": "int64"}, {"name": "b", "type": "string"}]}
    (tmp_path / "model_schema.json").write_text(json.dumps({"input_schema": columns}))
    inputs, outputs = files.signature(tmp_path)
    assert inputs["items"]["prefixItems"] == [{"type": "integer"}, {"type": "string"}]
    assert outputs is None
    for text in ("{", "[]", '{"input_schema": 5}', '{"input_schema": {"columnar_schema": [5]}}'):
        (tmp_path / "model_schema.json").write_text(text)
        files.signature(tmp_path)
    (tmp_path / "input_example.json").write_text('{"inputs": [[1]]}')
    assert files.example(tmp_path) == [[1]]


@pytest.mark.parametrize(
    "value",
    [
        [[1, 2], [3, 4]],
        {"a": [1], "b": "x"},
        [{"a": None}],
        [],
        5,
        "x",
        [[1], ["x"]],
        None,
        [True],
        {"a": {"b": [[]]}},
    ],
    ids=str,
)
def test_a_sample_fits_the_schema_that_it_shows(value: Any) -> None:
    schema = schema_of(value)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(value, schema)


def test_metadata_tensors() -> None:
    matrix = {"type": "array", "items": {"type": "array", "items": {"type": "number"}, "maxItems": 4}}
    assert metadata_of(matrix, "x") == [{"name": "x", "datatype": "FP64", "shape": [-1, 4]}]
    assert metadata_of({}, "x") == []
    assert metadata_of({"type": "array"}, "x") == []
    rows = {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "integer"}}}}
    assert metadata_of(rows, "x") == [{"name": "a", "datatype": "INT64", "shape": [-1]}]
    columns = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}}
    assert metadata_of(columns, "x") == [{"name": "a", "datatype": "BYTES", "shape": [-1]}]
    assert metadata_of({"type": "boolean"}, "x") == [{"name": "x", "datatype": "BOOL", "shape": [1]}]


def test_a_node_says_nothing_by_itself() -> None:
    assert Node().anything
    assert Node().find(object()) is None
    assert ModelInfo().features is None
