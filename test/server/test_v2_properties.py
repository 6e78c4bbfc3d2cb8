"""Tensors there and back: whatever a client can send comes back as it was, as JSON and as binary data."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import pytest

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from model_server.answering.plain import to_plain  # noqa: E402
from model_server.calling.calls import InputError  # noqa: E402
from model_server.protocols.infer import (  # noqa: E402
    LENGTH_HEADER,
    read_request,
    verb_inputs,
    write_reply,
)
from model_server.protocols.tensors import DATATYPES  # noqa: E402

RANGES = {
    name: (0 if name.startswith("U") else -(2 ** (bits - 1)), 2 ** (bits - (not name.startswith("U"))) - 1)
    for bits in (8, 16, 32, 64)
    for name in (f"INT{bits}", f"UINT{bits}")
}
PACKED = {"INT8": "b", "UINT8": "B", "INT16": "h", "UINT16": "H", "INT32": "i", "UINT32": "I", "INT64": "q"}
PACKED |= {"UINT64": "Q", "FP16": "e", "FP32": "f", "FP64": "d", "BOOL": "?"}


def elements(datatype: str) -> Any:
    if datatype in RANGES:
        return st.integers(*RANGES[datatype])
    if datatype == "BOOL":
        return st.booleans()
    if datatype == "BYTES":
        return st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
    width = int(datatype[2:])
    return st.floats(width=width, allow_nan=False, allow_infinity=False)


@st.composite
def tensors(draw: Any, name: str = "x") -> dict[str, Any]:
    datatype = draw(st.sampled_from(DATATYPES))
    shape = draw(st.lists(st.integers(0, 4), min_size=1, max_size=4))
    count = math.prod(shape)
    data = draw(st.lists(elements(datatype), min_size=count, max_size=count))
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


def nested(data: list[Any], shape: list[int]) -> Any:
    if len(shape) == 1:
        return list(data)
    size = math.prod(shape[1:])
    return [nested(data[at * size : (at + 1) * size], shape[1:]) for at in range(shape[0])]


def packed(one: dict[str, Any]) -> bytes:
    if one["datatype"] == "BYTES":
        texts = [text.encode() for text in one["data"]]
        return b"".join(struct.pack("<I", len(text)) + text for text in texts)
    return struct.pack(f"<{len(one['data'])}{PACKED[one['datatype']]}", *one["data"])


def plain(value: Any) -> Any:
    return to_plain(value, "outputs")


def reply_of(request: Any, result: Any) -> tuple[dict[str, Any], bytes]:
    reply = write_reply(request, result, ("m", "1", "predict"), "id", plain)
    length = dict(reply.headers).get(LENGTH_HEADER)
    end = len(reply.body) if length is None else int(length)
    return json.loads(reply.body[:end]), reply.body[end:]


@settings(deadline=None, max_examples=300)
@given(tensors(), st.booleans())
def test_json_flat_or_nested(one: dict[str, Any], as_nested: bool) -> None:
    data = nested(one["data"], one["shape"]) if as_nested else one["data"]
    request = read_request(json.dumps({"inputs": [{**one, "data": data}]}).encode(), None)
    inputs = verb_inputs(request, None)
    assert inputs == nested(one["data"], one["shape"])
    if one["datatype"].startswith("FP"):
        assert set(map(type, request.tensors[0].data)) <= {float}
    value, rest = reply_of(request, inputs)
    (output,) = value["outputs"]
    assert rest == b""
    assert output["data"] == one["data"]
    if one["data"]:
        assert output["shape"] == one["shape"]


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True).flatmap(
        lambda numbers: st.tuples(*(tensors(f"t{number}") for number in numbers))
    )
)
def test_binary(several: tuple[dict[str, Any], ...]) -> None:
    head, data = [], b""
    for one in several:
        raw = packed(one)
        data += raw
        head.append({**one, "parameters": {"binary_data_size": len(raw)}})
        del head[-1]["data"]
    text = json.dumps({"inputs": head, "parameters": {"binary_data_output": True}}).encode()
    request = read_request(text + data, str(len(text)))
    assert [tensor.data for tensor in request.tensors] == [one["data"] for one in several]
    inputs = verb_inputs(request, None)
    value, rest = reply_of(request, inputs)
    for output, one in zip(value["outputs"], several):
        raw, rest = (
            rest[: output["parameters"]["binary_data_size"]],
            rest[output["parameters"]["binary_data_size"] :],
        )
        back = {"datatype": output["datatype"], "data": one["data"]}
        assert raw == packed(back)
    assert rest == b""


@settings(deadline=None, max_examples=300)
@given(tensors())
def test_numpy_arrays_come_back_as_they_are(one: dict[str, Any]) -> None:
    np = pytest.importorskip("numpy", reason="numpy is not installed")
    if one["datatype"] == "BYTES":
        return
    dtype = np.dtype(PACKED[one["datatype"]])
    array = np.array(one["data"], dtype=dtype).reshape(one["shape"])
    request = read_request(b'{"inputs":[{"name":"x","shape":[1],"datatype":"BOOL","data":[true]}]}', None)
    value, _ = reply_of(request, array)
    (output,) = value["outputs"]
    assert (output["datatype"], output["shape"], output["data"]) == (
        one["datatype"],
        one["shape"],
        one["data"],
    )
    request.binary = True
    _, rest = reply_of(request, array)
    assert rest == packed(one)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None, max_examples=300)
@given(JSON)
def test_every_json_value_can_be_sent_as_tensors(result: Any) -> None:
    request = read_request(b'{"inputs":[{"name":"x","shape":[1],"datatype":"BOOL","data":[true]}]}', None)
    for binary in (False, True):
        request.binary = binary
        value, _ = reply_of(request, result)
        for output in value["outputs"]:
            if not binary:
                assert math.prod(output["shape"]) == len(output["data"])
            assert output["datatype"] in DATATYPES


@settings(deadline=None, max_examples=500)
@given(
    JSON
    | st.fixed_dictionaries(
        {
            "inputs": st.lists(
                st.fixed_dictionaries(
                    {
                        "name": JSON,
                        "shape": st.lists(st.integers(-1, 3), max_size=3) | JSON,
                        "datatype": st.sampled_from(DATATYPES) | JSON,
                        "data": JSON,
                        "parameters": st.fixed_dictionaries({"binary_data_size": JSON}) | JSON,
                    }
                ),
                max_size=3,
            )
        }
    ),
    st.binary(max_size=20),
)
def test_nothing_but_input_errors(value: Any, rest: bytes) -> None:
    text = json.dumps(value).encode()
    for header in (None, str(len(text))):
        try:
            verb_inputs(read_request(text + rest, header), None)
        except InputError as error:
            assert str(error)
