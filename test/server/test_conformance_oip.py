"""The Open Inference Protocol, spoken by NVIDIA's client for Triton: JSON and binary tensors, with and without gzip."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import Serving

numpy = pytest.importorskip("numpy")
http = pytest.importorskip("tritonclient.http", reason="tritonclient is not installed")
from tritonclient.utils import InferenceServerException  # noqa: E402

SCRIPT = """
class Predict:
    def predict(self, inputs):
        if isinstance(inputs, dict):
            return {name: rows for name, rows in inputs.items()}
        if inputs and inputs[0] == ["fail"]:
            raise ValueError("this text is not wanted")
        return [[2 * value for value in row] if isinstance(row, list) else row for row in inputs]
"""
BINARY = pytest.mark.parametrize("binary", [False, True], ids=["json", "binary"])


@pytest.fixture(scope="module", params=["pure", "compiled"])
def serving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    if request.param == "compiled":
        pytest.importorskip("httptools", reason="httptools is not installed")
    environment = {"MODEL_SERVER_PURE": "1" if request.param == "pure" else "0"}
    made = Serving(tmp_path_factory.mktemp(request.param), SCRIPT, environment).start()
    try:
        yield made.ready()
        assert made.stop() == 0
    finally:
        made.end()


def connect(serving: Serving, **more: Any) -> Any:
    return http.InferenceServerClient(
        f"127.0.0.1:{serving.port}", network_timeout=20, connection_timeout=20, **more
    )


@pytest.fixture
def client(serving: Serving) -> Any:
    made = connect(serving)
    yield made
    made.close()


def tensor(name: str, values: Any, datatype: str, binary: bool) -> Any:
    made = http.InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values, binary_data=binary)
    return made


def test_health_and_metadata(client: Any) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("iris")
    assert client.is_model_ready("iris", "3")
    assert not client.is_model_ready("rose")
    server = client.get_server_metadata()
    assert {"name", "version", "extensions"} <= set(server)
    assert all(isinstance(extension, str) for extension in server["extensions"])
    for version in ("", "3"):
        model = client.get_model_metadata("iris", version)
        assert model["name"] == "iris"
        assert model["versions"] == ["3"]
        assert isinstance(model["platform"], str)
        for side in ("inputs", "outputs"):
            for part in model[side]:
                assert {"name", "datatype", "shape"} <= set(part)


@BINARY
@pytest.mark.parametrize(
    ("datatype", "kind"),
    [
        ("FP64", "float64"),
        ("FP32", "float32"),
        ("INT64", "int64"),
        ("INT32", "int32"),
        ("INT8", "int8"),
        ("UINT8", "uint8"),
        ("UINT64", "uint64"),
    ],
)
def test_numbers(client: Any, binary: bool, datatype: str, kind: str) -> None:
    values = numpy.arange(12).reshape(3, 4).astype(kind)
    result = client.infer(
        "iris", [tensor("x", values, datatype, binary)], model_version="3", request_id="mine-1"
    )
    reply = result.get_response()
    assert (reply["model_name"], reply["model_version"], reply["id"]) == ("iris", "3", "mine-1")
    (output,) = reply["outputs"]
    assert output["shape"] == [3, 4]
    assert (result.as_numpy(output["name"]) == values * 2).all()


def test_half_precision_goes_as_binary(client: Any) -> None:
    values = numpy.array([[0.5, 1.5]], dtype="float16")
    result = client.infer("iris", [tensor("x", values, "FP16", True)])
    assert result.as_numpy(result.get_response()["outputs"][0]["name"]).tolist() == [[1.0, 3.0]]


@BINARY
def test_truth_and_texts(client: Any, binary: bool) -> None:
    texts = numpy.array(["", "ü€😀", "a" * 1000, '"quoted"\n'], dtype=object)
    truth = numpy.array([True, False, True])
    result = client.infer("iris", [tensor("a", truth, "BOOL", binary), tensor("b", texts, "BYTES", binary)])
    assert result.as_numpy("a").tolist() == truth.tolist()
    found = [value.decode() if isinstance(value, bytes) else value for value in result.as_numpy("b")]
    assert found == texts.tolist()


@BINARY
def test_outputs_that_are_asked_for(client: Any, binary: bool) -> None:
    inputs = [tensor(name, numpy.array([[1.0], [2.0]]), "FP64", binary) for name in ("a", "b", "c")]
    wanted = [
        http.InferRequestedOutput("c", binary_data=binary),
        http.InferRequestedOutput("a", binary_data=binary),
    ]
    result = client.infer("iris", inputs, outputs=wanted)
    reply = result.get_response()
    assert {output["name"] for output in reply["outputs"]} == {"a", "c"}
    for output in reply["outputs"]:
        assert ("data" not in output) is binary
        assert result.as_numpy(output["name"]).tolist() == [[1.0], [2.0]]
    with pytest.raises(InferenceServerException, match="nothing"):
        client.infer("iris", inputs, outputs=[http.InferRequestedOutput("nothing")])


@BINARY
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_compressed(client: Any, binary: bool, coding: str) -> None:
    values = numpy.ones((500, 4))
    result = client.infer(
        "iris",
        [tensor("x", values, "FP64", binary)],
        request_compression_algorithm=coding,
        response_compression_algorithm=coding,
    )
    (output,) = result.get_response()["outputs"]
    assert (result.as_numpy(output["name"]) == 2).all()


def test_empty_and_large(client: Any) -> None:
    for rows in (0, 100_000):
        values = numpy.ones((rows, 4))
        result = client.infer("iris", [tensor("x", values, "FP64", True)])
        (output,) = result.get_response()["outputs"]
        assert output["shape"][0] == rows


def test_errors(client: Any) -> None:
    values = numpy.ones((1, 4))
    with pytest.raises(InferenceServerException) as failed:
        client.infer("rose", [tensor("x", values, "FP64", False)])
    assert failed.value.status() == "404"
    assert "rose" in failed.value.message()
    with pytest.raises(InferenceServerException) as failed:
        client.infer("iris", [tensor("x", values, "FP64", False)], model_version="9")
    assert failed.value.status() == "404"
    wrong = http.InferInput("x", [2, 3], "FP64")
    wrong.set_data_from_numpy(numpy.ones((2, 3)), binary_data=False)
    wrong.set_shape([5, 5])
    with pytest.raises(InferenceServerException) as failed:
        client.infer("iris", [wrong])
    assert failed.value.status() == "400"
    with pytest.raises(InferenceServerException) as failed:
        client.infer("iris", [tensor("x", numpy.array([["fail"]], dtype=object), "BYTES", False)])
    assert failed.value.status() == "500"
    assert "this text is not wanted" in failed.value.message()
    with pytest.raises(InferenceServerException) as failed:
        client.get_model_metadata("rose")
    assert failed.value.status() == "404"


def test_many_at_once(serving: Serving) -> None:
    """Each of a hundred requests under way gets its own answer."""
    own = connect(serving, concurrency=16)
    try:
        asked = []
        for number in range(100):
            values = numpy.full((1 + number % 3, 2), float(number))
            asked.append((values, own.async_infer("iris", [tensor("x", values, "FP64", number % 2 == 0)])))
        for values, later in asked:
            result = later.get_result()
            (output,) = result.get_response()["outputs"]
            assert (result.as_numpy(output["name"]) == values * 2).all()
    finally:
        own.close()
