"""Bodies of the Open Inference Protocol: of a request to a verb's inputs, and from its result to a reply."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from .. import jsonio
from ..calling.calls import InputError
from ..http.messages import Reply, error_reply
from .bodies import read_json
from .outputs import Plain, tensors_of
from .tensors import (
    DATATYPES,
    Tensor,
    check_shape,
    nested,
    read_binary,
    read_data,
    shown,
    write_binary,
    wrong,
)

LENGTH_HEADER = "inference-header-content-length"


@dataclass
class InferRequest:
    """A checked request. `wanted`: (name, whether as binary data) of the outputs; None: all there are."""

    id: str | None = None
    tensors: list[Tensor] = field(default_factory=list)
    wanted: list[tuple[str, bool]] | None = None
    binary: bool = False
    parameters: dict[str, Any] = field(default_factory=dict)


def read_request(body: bytes, header_length: str | None) -> InferRequest:
    """A request body, with binary data after its JSON where a length is given; raises InputError."""
    end = _json_end(body, header_length)
    text = body if end is None else body[:end]
    value = read_json(text, '{"inputs": [{"name": …}]}')
    if not isinstance(value, dict):
        raise InputError("bad-request", f"The request body must be an object, not {shown(value)}")
    inputs = value.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        had = "has no 'inputs'" if "inputs" not in value else f"'inputs' is {shown(inputs)}"
        example = '[{"name": "x", "shape": [1, 2], "datatype": "FP64", "data": [1, 2]}]'
        message = f"The request is not usable: {had}: it must be a list of tensors such as {example}"
        raise InputError("bad-request", message, "inputs")
    identifier = value.get("id")
    if identifier is not None and not isinstance(identifier, str):
        raise wrong("id", "must be a text")
    parameters = _parameters(value, "parameters")
    request = InferRequest(identifier, parameters=parameters)
    request.binary = parameters.get("binary_data_output") is True
    rest = b"" if end is None else body[end:]
    for index, item in enumerate(inputs):
        tensor, rest = _read_tensor(item, f"inputs[{index}]", rest)
        if any(tensor.name == other.name for other in request.tensors):
            raise wrong(f"inputs[{index}].name", f"is {tensor.name!r} for the second time")
        request.tensors.append(tensor)
    if rest:
        raise wrong("the body", f"has {len(rest)} bytes of binary data more than its inputs say")
    request.wanted = _read_outputs(value.get("outputs"), request.binary)
    return request


def _json_end(body: bytes, header_length: str | None) -> int | None:
    if header_length is None:
        return None
    if not header_length.isascii() or not header_length.isdigit() or int(header_length) > len(body):
        message = (
            f"Inference-Header-Content-Length must be a number up to {len(body)}, not {header_length[:40]!r}"
        )
        raise InputError("bad-request", message)
    return int(header_length)


def _parameters(value: dict[str, Any], place: str) -> dict[str, Any]:
    got = value.get("parameters")
    if got is None:
        return {}
    if not isinstance(got, dict):
        raise wrong(place, "must be an object")
    return got


def _read_tensor(item: Any, place: str, rest: bytes) -> tuple[Tensor, bytes]:
    if not isinstance(item, dict):
        raise wrong(place, f"must be a tensor, not {shown(item)}")
    name, datatype = item.get("name"), item.get("datatype")
    if not isinstance(name, str) or not name:
        raise wrong(f"{place}.name", "must be a text")
    if datatype not in DATATYPES:
        raise wrong(f"{place}.datatype", f"is {shown(datatype)}: it must be one of {', '.join(DATATYPES)}")
    if "shape" not in item:
        raise wrong(f"{place}.shape", "is missing")
    shape = check_shape(item["shape"], place)
    parameters = _parameters(item, f"{place}.parameters")
    size = parameters.get("binary_data_size")
    if size is not None:
        if type(size) is not int or not 0 <= size <= len(rest):
            there = f"{len(rest)} bytes of binary data are there"
            raise wrong(f"{place}.parameters.binary_data_size", f"is {shown(size)}: {there}")
        return Tensor(
            name, datatype, shape, read_binary(datatype, shape, rest[:size], place), parameters
        ), rest[size:]
    if "data" not in item:
        raise wrong(f"{place}.data", "is missing")
    return Tensor(
        name, datatype, shape, read_data(datatype, shape, item["data"], f"{place}.data"), parameters
    ), rest


def _read_outputs(value: Any, binary: bool) -> list[tuple[str, bool]] | None:
    if value is None or value == []:
        return None
    if not isinstance(value, list):
        raise wrong("outputs", "must be a list")
    wanted = []
    for index, item in enumerate(value):
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise wrong(f"outputs[{index}]", "must be an object with a name")
        chosen = _parameters(item, f"outputs[{index}].parameters").get("binary_data", binary)
        wanted.append((item["name"], chosen is True))
    return wanted


def verb_inputs(request: InferRequest, form: str | None) -> Any:
    """What the verb gets: one tensor as nested lists, several as a dict by name; raises InputError.

    `form` is what the verb's schema says: 'columns' (always a dict of lists by name), 'rows' (dicts) or None.
    The parameter content_type of MLServer's clients counts, too: 'pd' makes rows, 'base64' bytes of texts;
    'np' and 'str' are what there is anyway.
    """
    content = request.parameters.get("content_type")
    values = {
        tensor.name: _content(tensor, f"inputs[{index}]") for index, tensor in enumerate(request.tensors)
    }
    if content == "pd" or form == "rows":
        return _rows(request, values)
    if form == "columns" or len(values) > 1:
        return values
    return next(iter(values.values()))


def _content(tensor: Tensor, place: str) -> Any:
    data = tensor.data
    if tensor.datatype == "BYTES" and tensor.parameters.get("content_type") == "base64":
        try:
            data = [base64.b64decode(item, validate=True) for item in data]
        except (binascii.Error, ValueError):
            raise wrong(f"{place}.data", "has a text that is not base64") from None
    return nested(data, tensor.shape, place)


def _rows(request: InferRequest, values: dict[str, Any]) -> Any:
    for index, tensor in enumerate(request.tensors):
        # MLServer's clients send a column as [rows, 1].
        if len(tensor.shape) == 2 and tensor.shape[1] == 1:
            values[tensor.name] = [row[0] for row in values[tensor.name]]
        elif not tensor.shape:
            raise wrong(f"inputs[{index}].shape", "is empty: a column has at least one dimension")
    lengths = {tensor.name: tensor.shape[0] for tensor in request.tensors}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name!r} has {length}" for name, length in lengths.items())
        raise wrong("inputs", f"are columns of different lengths: {told}"[:300])
    return [dict(zip(values, row)) for row in zip(*values.values())]


def write_reply(
    request: InferRequest, result: Any, names: tuple[str, str, str], identifier: str, plain: Plain
) -> Reply:
    """200 with the outputs, 400 for one that there is not; `names`: model, version, verb. Raises NotJson."""
    model, version, verb = names
    tensors = tensors_of(result, verb, plain)
    chosen = [(tensor, request.binary) for tensor in tensors]
    if request.wanted is not None:
        found = {tensor.name: tensor for tensor in tensors}
        unknown = next((name for name, _ in request.wanted if name not in found), None)
        if unknown is not None:
            has = ", ".join(map(repr, list(found)[:20]))
            message = f"There is no output {unknown[:100]!r} in the result: it has {has}"
            return error_reply(400, "unknown-output", message, identifier, field="outputs")
        chosen = [(found[name], binary) for name, binary in request.wanted]
    parts: list[bytes] = []
    outputs = [_output(tensor, binary, parts) for tensor, binary in chosen]
    reply: dict[str, Any] = {"model_name": model, "model_version": version, "outputs": outputs}
    if request.id is not None:
        reply["id"] = request.id
    text = jsonio.dumps(reply, "outputs")
    if not parts:
        return Reply(200, text)
    headers = ((LENGTH_HEADER, str(len(text))),)
    return Reply(200, text + b"".join(parts), headers, content_type="application/octet-stream")


def _output(tensor: Tensor, binary: bool, parts: list[bytes]) -> dict[str, Any]:
    output: dict[str, Any] = {"name": tensor.name, "shape": tensor.shape, "datatype": tensor.datatype}
    parameters = dict(tensor.parameters)
    if binary:
        parts.append(write_binary(tensor))
        parameters["binary_data_size"] = len(parts[-1])
        if tensor.raw is not None:
            parameters.pop("content_type", None)  # bytes as they are, not as base64
    else:
        output["data"] = tensor.data
    return {**output, "parameters": parameters} if parameters else output
