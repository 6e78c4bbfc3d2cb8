"""The Open Inference Protocol as its specification says it, against a real server.

The cases follow the text of the protocol's HTTP/REST part and of the binary tensor data extension.
"""

from __future__ import annotations

import gzip
import json
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from conftest import Serving

SCRIPT = """
import datetime
class Predict:
    def predict(self, inputs):
        if isinstance(inputs, dict) and "what" in inputs:
            return eval(inputs["what"][0])
        return inputs
"""


@pytest.fixture(scope="module", params=["pure", "compiled"])
def serving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    if request.param == "compiled":
        pytest.importorskip("orjson", reason="orjson is not installed")
    environment = {"MODEL_SERVER_PURE": "1" if request.param == "pure" else "0"}
    made = Serving(tmp_path_factory.mktemp(request.param), SCRIPT, environment).start().ready()
    yield made
    made.end()


def tensor(
    data: Any, shape: list[int], datatype: str = "FP64", name: str = "x", **more: Any
) -> dict[str, Any]:
    return {"name": name, "shape": shape, "datatype": datatype, "data": data, **more}


def infer(serving: Serving, *inputs: Any, status: int = 200, **more: Any) -> Any:
    reply = serving.post("/v2/models/iris/infer", {"inputs": list(inputs), **more})
    assert reply.status == status, reply.body
    assert reply.headers["content-type"] == "application/json"
    return reply.json()


def returned(serving: Serving, code: str, **more: Any) -> Any:
    """The outputs of a predict that returns the value of an expression."""
    inputs = [tensor([code], [1], "BYTES", "what"), tensor([0], [1], "INT8", "other")]
    return infer(serving, *inputs, **more)["outputs"]


def test_health(serving: Serving) -> None:
    live = serving.get("/v2/health/live")
    assert (live.status, live.json()) == (200, {"live": True})
    ready = serving.get("/v2/health/ready")
    assert (ready.status, ready.json()["live"]) == (200, True)


@pytest.mark.parametrize("path", ["/v2", "/v2/"])
def test_server_metadata(serving: Serving, path: str) -> None:
    value = serving.get(path).json()
    assert set(value) == {"name", "version", "extensions"}
    assert "binary_tensor_data" in value["extensions"]


@pytest.mark.parametrize("version", ["", "/versions/3"])
def test_model_metadata_and_readiness(serving: Serving, version: str) -> None:
    value = serving.get(f"/v2/models/iris{version}").json()
    assert (value["name"], value["versions"]) == ("iris", ["3"])
    assert isinstance(value["platform"], str)
    assert isinstance(value["inputs"], list)
    assert isinstance(value["outputs"], list)
    assert serving.get(f"/v2/models/iris{version}/ready").json() == {"name": "iris", "ready": True}
    reply = serving.post(f"/v2/models/iris{version}/infer", {"inputs": [tensor([1.5], [1])]})
    assert reply.json()["outputs"][0]["data"] == [1.5]
    assert reply.json()["model_version"] == "3"


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/v2/models/other", 404, "unknown-model"),
        ("/v2/models/other/ready", 404, "unknown-model"),
        ("/v2/models/other/infer", 404, "unknown-model"),
        ("/v2/models/iris/versions/9/infer", 404, "unknown-version"),
        ("/v2/models/iris/versions/9", 404, "unknown-version"),
        ("/v2/models/iris/infer", 405, "method-not-allowed"),
        ("/v2/models/iris/explain", 404, "unknown-route"),
        ("/v2/models", 404, "unknown-route"),
    ],
)
def test_errors_of_paths(serving: Serving, path: str, status: int, kind: str) -> None:
    reply = serving.get(path)
    assert (reply.status, reply.json()["kind"]) == (status, kind)
    assert isinstance(reply.json()["error"], str)


def test_the_example_of_the_specification(serving: Serving) -> None:
    value = infer(
        serving,
        tensor([1, 2, 3, 4], [2, 2], "UINT32", "input0"),
        tensor([True, False, True], [3], "BOOL", "input1"),
        id="42",
        outputs=[{"name": "input0"}],
    )
    assert value["id"] == "42"
    assert value["model_name"] == "iris"
    assert value["outputs"] == [
        {"name": "input0", "shape": [2, 2], "datatype": "INT64", "data": [1, 2, 3, 4]}
    ]


def test_an_id_comes_back_only_when_one_was_given(serving: Serving) -> None:
    assert "id" not in infer(serving, tensor([1], [1]))
    assert infer(serving, tensor([1], [1]), id="")["id"] == ""


@pytest.mark.parametrize(
    ("datatype", "data", "back"),
    [
        ("BOOL", [True, False], "BOOL"),
        ("INT8", [-128, 127], "INT64"),
        ("INT16", [-(2**15), 2**15 - 1], "INT64"),
        ("INT32", [-(2**31), 2**31 - 1], "INT64"),
        ("INT64", [-(2**63), 2**63 - 1], "INT64"),
        ("UINT8", [0, 255], "INT64"),
        ("UINT16", [0, 2**16 - 1], "INT64"),
        ("UINT32", [0, 2**32 - 1], "INT64"),
        ("UINT64", [0, 2**64 - 1], "UINT64"),
        ("FP16", [0.5, -2], "FP64"),
        ("FP32", [0.5, 1e30], "FP64"),
        ("FP64", [0.1, 1e300], "FP64"),
        ("BYTES", ["a", "ü€😀"], "BYTES"),
    ],
)
def test_datatypes(serving: Serving, datatype: str, data: list[Any], back: str) -> None:
    (output,) = infer(serving, tensor(data, [2], datatype))["outputs"]
    assert output == {"name": "predict", "shape": [2], "datatype": back, "data": data}


def test_data_may_be_flat_or_nested(serving: Serving) -> None:
    flat = list(range(12))
    nested = [[[0, 1], [2, 3], [4, 5]], [[6, 7], [8, 9], [10, 11]]]
    for data in (flat, nested):
        (output,) = infer(serving, tensor(data, [2, 3, 2], "INT32"))["outputs"]
        assert (output["shape"], output["data"]) == ([2, 3, 2], flat)
    assert infer(serving, tensor([5], [], "INT64"))["outputs"][0]["data"] == [5]
    for shape in ([0], [0, 4], [2, 0]):
        (output,) = infer(serving, tensor([], shape))["outputs"]
        assert output["data"] == []


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        (None, "inputs"),
        ({}, "inputs"),
        ([], "inputs"),
        ([5], "inputs[0]"),
        ([{"shape": [1], "datatype": "FP64", "data": [1]}], "inputs[0].name"),
        ([tensor([1], [1], "FP128")], "inputs[0].datatype"),
        ([{"name": "x", "datatype": "FP64", "data": [1]}], "inputs[0].shape"),
        ([tensor([1], [-1])], "inputs[0].shape"),
        ([tensor([1], [1.0])], "inputs[0].shape"),
        ([tensor([1], [True])], "inputs[0].shape"),
        ([tensor([1], [2**63])], "inputs[0].shape"),
        ([tensor([1], [1] * 33)], "inputs[0].shape"),
        ([tensor([], [100_000_000, 0])], "inputs[0]"),
        ([tensor([1, 2, 3], [2, 2])], "inputs[0].data"),
        ([tensor([[1, 2], [3]], [2, 2])], "inputs[0].data[1]"),
        ([tensor([[1, 2], 3], [2, 2])], "inputs[0].data[1]"),
        ([tensor([[1], [2], [3]], [2, 1])], "inputs[0].data"),
        ([tensor([[[1]]], [1, 1])], "inputs[0].data[0]"),
        ([tensor("abc", [3])], "inputs[0].data"),
        ([{"name": "x", "shape": [1], "datatype": "FP64"}], "inputs[0].data"),
        ([tensor([1, "a"], [2])], "inputs[0].data[1]"),
        ([tensor([1, None], [2])], "inputs[0].data[1]"),
        ([tensor([True], [1])], "inputs[0].data[0]"),
        ([tensor([1], [1], "BOOL")], "inputs[0].data[0]"),
        ([tensor([128], [1], "INT8")], "inputs[0].data[0]"),
        ([tensor([0, -1], [2], "UINT64")], "inputs[0].data[1]"),
        ([tensor([1.5], [1], "INT64")], "inputs[0].data[0]"),
        ([tensor([1], [1], "BYTES")], "inputs[0].data[0]"),
        ([tensor([1], [1]), tensor([1], [1])], "inputs[1].name"),
        ([tensor([1], [1], parameters=5)], "inputs[0].parameters"),
        ([tensor([1], [1], parameters={"binary_data_size": 8})], "inputs[0].parameters.binary_data_size"),
        ([tensor(["%"], [1], "BYTES", parameters={"content_type": "base64"})], "inputs[0].data"),
    ],
)
def test_wrong_inputs_are_refused_with_their_place(serving: Serving, inputs: Any, field: str) -> None:
    reply = serving.post("/v2/models/iris/infer", {"inputs": inputs})
    assert (reply.status, reply.json()["field"]) == (400, field)
    assert reply.json()["kind"] == "bad-request"
    assert isinstance(reply.json()["error"], str)


def test_other_wrong_requests(serving: Serving) -> None:
    for body, kind in [
        (b"", "bad-json"),
        (b"{", "bad-json"),
        (b"[]", "bad-request"),
        (b"5", "bad-request"),
        (b'{"id":5,"inputs":[{"name":"x","shape":[1],"datatype":"INT8","data":[1]}]}', "bad-request"),
        (b'{"outputs":5,"inputs":[{"name":"x","shape":[1],"datatype":"INT8","data":[1]}]}', "bad-request"),
        (b'{"outputs":[5],"inputs":[{"name":"x","shape":[1],"datatype":"INT8","data":[1]}]}', "bad-request"),
        (
            b'{"parameters":[],"inputs":[{"name":"x","shape":[1],"datatype":"INT8","data":[1]}]}',
            "bad-request",
        ),
        (
            b'{"outputs":[{"name":"no"}],"inputs":[{"name":"x","shape":[1],"datatype":"INT8","data":[1]}]}',
            "unknown-output",
        ),
    ]:
        reply = serving.request("POST", "/v2/models/iris/infer", body)
        assert (reply.status, reply.json()["kind"]) == (400, kind), body


def test_user_code_that_raises(serving: Serving) -> None:
    inputs = [tensor(["1/0"], [1], "BYTES", "what"), tensor([0], [1], "INT8", "other")]
    assert "ZeroDivisionError" in infer(serving, *inputs, status=500)["error"]


def test_what_predict_returns_becomes_tensors(serving: Serving) -> None:
    def shown(code: str) -> list[tuple[Any, ...]]:
        return [(out["name"], out["datatype"], out["shape"], out["data"]) for out in returned(serving, code)]

    assert shown("5") == [("predict", "INT64", [1], [5])]
    assert shown("'a'") == [("predict", "BYTES", [1], ["a"])]
    assert shown("[1, 2.5]") == [("predict", "FP64", [2], [1.0, 2.5])]
    assert shown("[True, False]") == [("predict", "BOOL", [2], [True, False])]
    assert shown("[]") == [("predict", "FP64", [0], [])]
    assert shown("[[1], [2]]") == [("predict", "INT64", [2, 1], [1, 2])]
    assert shown("[1.0, float('nan')]") == [("predict", "FP64", [2], [1.0, None])]
    assert shown("(datetime.date(2020, 1, 1),)") == [("predict", "BYTES", [1], ["2020-01-01"])]
    assert shown("{'a': [1, 2], 'b': 'x'}") == [("a", "INT64", [2], [1, 2]), ("b", "BYTES", [1], ["x"])]
    rows = "[{'label': 'a', 'score': 0.5}, {'label': 'b', 'score': 1}]"
    assert shown(rows) == [("label", "BYTES", [2], ["a", "b"]), ("score", "FP64", [2], [0.5, 1.0])]
    assert shown("range(3)") == [("predict", "INT64", [3], [0, 1, 2])]


def test_what_is_no_tensor_is_sent_as_json_texts(serving: Serving) -> None:
    for code, texts in [
        ("[[1, 2], [3]]", ["[1,2]", "[3]"]),
        ("[{'a': 1}, {'b': 2}]", ['{"a":1}', '{"b":2}']),
        ("['a', None]", ['"a"', "null"]),
        ("{}", ["{}"]),
        ("[2**70]", [str(2**70)]),
    ]:
        (output,) = returned(serving, code)
        assert output["datatype"] == "BYTES"
        assert output["parameters"] == {"content_type": "json"}
        assert output["data"] == texts
    (output,) = returned(serving, "[b'\\x00\\xff']")
    assert (output["data"], output["parameters"]) == (["AP8="], {"content_type": "base64"})


def test_numpy_and_pandas_keep_their_datatypes(serve: Any) -> None:
    pytest.importorskip("numpy", reason="numpy is not installed")
    serving = serve(SCRIPT.replace("import datetime", "import datetime, numpy as np"))
    for code, expected in [
        ("np.array([[1, 2]], dtype='int32')", ("INT32", [1, 2], [1, 2])),
        ("np.array([0.5], dtype='float32')", ("FP32", [1], [0.5])),
        ("np.array([0.5, np.nan], dtype='float16')", ("FP16", [2], [0.5, None])),
        ("np.uint8(3)", ("UINT8", [1], [3])),
        ("np.array(['a', 'b'])", ("BYTES", [2], ["a", "b"])),
        ("np.array([True])", ("BOOL", [1], [True])),
        ("[np.float32(0.5), np.float32(1)]", ("FP64", [2], [0.5, 1.0])),
        ("np.array([[1, 2], [3, 4]]).T", ("INT64", [2, 2], [1, 3, 2, 4])),
    ]:
        (output,) = returned(serving, code)
        assert (output["datatype"], output["shape"], output["data"]) == expected, code


def binary(serving: Serving, head: dict[str, Any], data: bytes, length: int | str | None = None) -> Any:
    text = json.dumps(head).encode()
    headers = {"Inference-Header-Content-Length": str(len(text) if length is None else length)}
    return serving.request("POST", "/v2/models/iris/infer", text + data, headers)


def test_the_binary_example_of_the_extension(serving: Serving) -> None:
    head = {
        "inputs": [
            {"name": "input0", "shape": [2, 2], "datatype": "UINT32", "parameters": {"binary_data_size": 16}},
            {"name": "input1", "shape": [3], "datatype": "BOOL", "parameters": {"binary_data_size": 3}},
        ],
        "outputs": [{"name": "input0", "parameters": {"binary_data": True}}, {"name": "input1"}],
    }
    reply = binary(serving, head, struct.pack("<4I", 1, 2, 3, 4) + b"\x01\x00\x01")
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/octet-stream"
    length = int(reply.headers["inference-header-content-length"])
    value = json.loads(reply.body[:length])
    assert value["outputs"] == [
        {"name": "input0", "shape": [2, 2], "datatype": "INT64", "parameters": {"binary_data_size": 32}},
        {"name": "input1", "shape": [3], "datatype": "BOOL", "data": [True, False, True]},
    ]
    assert reply.body[length:] == struct.pack("<4q", 1, 2, 3, 4)


@pytest.mark.parametrize(
    ("datatype", "values", "raw", "out"),
    [
        ("FP32", [0.5, -2.0], struct.pack("<2f", 0.5, -2), struct.pack("<2d", 0.5, -2)),
        ("FP16", [0.5, -2.0], struct.pack("<2e", 0.5, -2), struct.pack("<2d", 0.5, -2)),
        ("INT16", [-5, 5], struct.pack("<2h", -5, 5), struct.pack("<2q", -5, 5)),
        ("UINT64", [1, 2**64 - 1], struct.pack("<2Q", 1, 2**64 - 1), struct.pack("<2Q", 1, 2**64 - 1)),
        ("BYTES", ["ä", "xyz"], b"\x02\0\0\0\xc3\xa4\x03\0\0\0xyz", b"\x02\0\0\0\xc3\xa4\x03\0\0\0xyz"),
    ],
)
def test_binary_datatypes_there_and_back(
    serving: Serving, datatype: str, values: list[Any], raw: bytes, out: bytes
) -> None:
    one = {"name": "x", "shape": [2], "datatype": datatype, "parameters": {"binary_data_size": len(raw)}}
    reply = binary(serving, {"inputs": [one]}, raw)
    assert reply.json()["outputs"][0]["data"] == values
    reply = binary(serving, {"inputs": [one], "parameters": {"binary_data_output": True}}, raw)
    length = int(reply.headers["inference-header-content-length"])
    assert reply.body[length:] == out


def test_wrong_binary_data(serving: Serving) -> None:
    def one(size: Any, datatype: str = "INT32", shape: Any = (1,)) -> dict[str, Any]:
        parameters = {"binary_data_size": size}
        return {
            "inputs": [{"name": "x", "shape": list(shape), "datatype": datatype, "parameters": parameters}]
        }

    for head, data, length in [
        (one(4), b"\0" * 3, None),
        (one(4), b"\0" * 5, None),
        (one(8), b"\0" * 8, None),
        (one(-1), b"", None),
        (one("4"), b"\0" * 4, None),
        (one(4), b"\0" * 4, 10**6),
        (one(4), b"\0" * 4, "x"),
        (one(4), b"\0" * 4, -1),
        (one(4, "BYTES"), b"\xff\xff\xff\xff", None),
        (one(3, "BYTES"), b"\0\0\0", None),
        (one(8, "BYTES"), b"\0" * 8, None),
    ]:
        reply = binary(serving, head, data, length)
        assert (reply.status, reply.json()["kind"] in {"bad-request", "bad-json"}) == (400, True), (
            head,
            data,
        )


def test_bytes_that_are_no_text_stay_bytes(serving: Serving) -> None:
    one = {"name": "x", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": 6}}
    reply = binary(serving, {"inputs": [one]}, b"\x02\0\0\0\xff\xfe")
    (output,) = reply.json()["outputs"]
    assert (output["data"], output["parameters"]) == (["//4="], {"content_type": "base64"})


def test_parameters_of_mlservers_clients(serving: Serving) -> None:
    columns = [tensor([1, 2], [2, 1], "INT64", "a"), tensor(["x", "y"], [2], "BYTES", "b")]
    outputs = infer(serving, *columns, parameters={"content_type": "pd"})["outputs"]
    assert [(out["name"], out["data"]) for out in outputs] == [("a", [1, 2]), ("b", ["x", "y"])]
    uneven = [tensor([1, 2], [2], "INT64", "a"), tensor(["x"], [1], "BYTES", "b")]
    assert infer(serving, *uneven, parameters={"content_type": "pd"}, status=400)["field"] == "inputs"
    text = tensor(["aGk="], [1], "BYTES", parameters={"content_type": "base64"})
    assert infer(serving, text)["outputs"][0]["data"] == ["aGk="]  # b"hi" came back as base64
    array = tensor([1.5], [1], parameters={"content_type": "np"})
    assert infer(serving, array, parameters={"content_type": "np"})["outputs"][0]["data"] == [1.5]


def test_compressed_and_large_bodies(serving: Serving) -> None:
    body = json.dumps({"inputs": [tensor([0.5] * 200_000, [100_000, 2])]}).encode()
    assert len(body) > 256 * 1024
    for sent, headers in ((body, {}), (gzip.compress(body), {"Content-Encoding": "gzip"})):
        reply = serving.request("POST", "/v2/models/iris/infer", sent, headers)
        assert reply.json()["outputs"][0]["shape"] == [100_000, 2]
    reply = serving.request("POST", "/v2/models/iris/infer", body[:-1])
    assert (reply.status, reply.json()["kind"]) == (400, "bad-json")


def test_streams(serve: Any) -> None:
    serving = serve("class Predict:\n    def predict(self, inputs):\n        yield from inputs\n")
    body = json.dumps({"id": "7", "inputs": [tensor([1, 2], [2], "INT64")]}).encode()
    reply = serving.request("POST", "/v2/models/iris/infer", body, {"Accept": "application/x-ndjson"})
    items = [json.loads(line) for line in reply.body.splitlines()]
    assert [item["outputs"][0]["data"] for item in items] == [[1], [2]]
    assert {item["id"] for item in items} == {"7"}
    assert serving.request("POST", "/v2/models/iris/infer", body).json()["outputs"][0]["data"] == [1, 2]


def test_type_hints_say_what_tensors_become(serve: Any) -> None:
    script = """
        from typing import Dict, List
        class Row(dict):
            pass
        try:
            from typing import TypedDict
            class Row(TypedDict):
                size: float
                name: str
        except ImportError:
            pass
        class Predict:
            def predict(self, inputs: List[Row]) -> List[float]:
                return [row["size"] * len(row["name"]) for row in inputs]
    """
    serving = serve(script)
    metadata = serving.get("/v2/models/iris").json()
    assert metadata["inputs"] == [
        {"name": "size", "datatype": "FP64", "shape": [-1]},
        {"name": "name", "datatype": "BYTES", "shape": [-1]},
    ]
    assert metadata["outputs"] == [{"name": "predict", "datatype": "FP64", "shape": [-1]}]
    columns = [tensor([0.5, 2], [2], "FP32", "size"), tensor(["ab", "c"], [2], "BYTES", "name")]
    assert infer(serving, *columns)["outputs"][0]["data"] == [1.0, 2.0]
    assert infer(serving, columns[0], status=400)["field"] == "inputs[0].name"


def test_requests_that_wait_together_are_joined_and_get_their_own_answers(serve: Any) -> None:
    script = """
        import time
        class Predict:
            def predict(self, inputs):
                time.sleep(0.01)
                return [[row[0] * 2, len(row)] for row in inputs]
    """
    serving = serve(script, sample=[[1.0], [2.0], [3.0]])
    serving.wait(lambda state: state["batching"].get("predict", {}).get("on"))

    def ask(number: int) -> bool:
        rows = number % 3 + 1
        one = tensor([number] * rows, [rows, 1])
        if number % 10 == 9:
            return infer(serving, {**one, "data": []}, status=400)["field"] == "inputs[0].data"
        if number % 2:
            value = serving.post("/predict", {"inputs": [[number]] * rows}).json()
            return value == {"predictions": [[number * 2, 1]] * rows}
        (output,) = infer(serving, one, id=str(number))["outputs"]
        return (output["shape"], output["data"]) == ([rows, 2], [number * 2, 1] * rows)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(300)))
    assert any(record.get("joined", 0) > 1 for record in serving.records())


def test_refused_requests_are_counted(serve: Any) -> None:
    serving = serve("class Predict:\n    def predict(self, inputs):\n        return inputs\n")
    infer(serving, tensor([1], [2]), status=400)
    infer(serving, tensor([1], [1]))
    assert serving.post("/predict", {}).status == 400
    requests = serving.get("/metrics.json").json()["totals"]["requests"]
    assert {"verb": "predict", "protocol": "v2", "status": 400, "count": 1} in requests
    assert {"verb": "predict", "protocol": "v2", "status": 200, "count": 1} in requests
    assert {"verb": "predict", "protocol": "v1", "status": 400, "count": 1} in requests
