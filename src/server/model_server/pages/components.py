"""The JSON Schemas of what is the same in every serving."""

from __future__ import annotations

from typing import Any

from ..protocols.tensors import DATATYPES

_TEXT = {"type": "string"}
_PARAMETERS = {"type": "object", "description": "Names and values; content_type and binary_data* are known"}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


_SHAPE = {"type": "array", "items": {"type": "integer"}}
_DATATYPE = {"type": "string", "enum": list(DATATYPES)}
_DATA = {"type": "array", "description": "The elements in row-major order, flat or nested as the shape"}
_METADATA = {
    "type": "array",
    "items": _object(["name", "datatype", "shape"], name=_TEXT, datatype=_DATATYPE, shape=_SHAPE),
}

_TENSOR = _object(
    ["name", "shape", "datatype"],
    name=_TEXT,
    shape=_SHAPE,
    datatype=_DATATYPE,
    parameters=_PARAMETERS,
    data=_DATA,
)

COMPONENTS: dict[str, Any] = {
    "Error": _object(
        ["error", "kind", "request"],
        error={"type": "string", "description": "What went wrong, in one sentence"},
        kind={"type": "string", "description": "The same for programs"},
        request={"type": ["string", "null"], "description": "The id of the request, as in the log"},
        field={"type": "string", "description": "The part of the request, such as inputs[3][2]"},
        expected={"type": "string", "description": "What belongs there"},
        got={"type": "string", "description": "What was there"},
        script={"type": "string", "description": "The file whose line raised"},
        line={"type": "integer"},
        exception=_object(["type", "text"], type=_TEXT, text=_TEXT),
    ),
    "Status": _object(
        ["name", "ready", "model_version_status"],
        name=_TEXT,
        ready={"type": "boolean"},
        model_version_status={"type": "array", "items": {"type": "object"}},
    ),
    "Live": _object(["live"], live={"type": "boolean"}),
    "Ready": _object(["ready", "name"], ready={"type": "boolean"}, name=_TEXT),
    "ServerMetadata": _object(
        ["name", "version", "extensions"],
        name=_TEXT,
        version=_TEXT,
        extensions={"type": "array", "items": _TEXT},
    ),
    "ModelMetadata": _object(
        ["name", "versions", "platform", "inputs", "outputs"],
        name=_TEXT,
        versions={"type": "array", "items": _TEXT},
        platform=_TEXT,
        inputs=_METADATA,
        outputs=_METADATA,
    ),
    "RequestTensor": _TENSOR,
    "ResponseTensor": _TENSOR,
    "InferRequest": _object(
        ["inputs"],
        id=_TEXT,
        parameters=_PARAMETERS,
        inputs={"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/RequestTensor"}},
        outputs={"type": "array", "items": _object(["name"], name=_TEXT, parameters=_PARAMETERS)},
    ),
    "InferResponse": _object(
        ["model_name", "model_version", "outputs"],
        model_name=_TEXT,
        model_version=_TEXT,
        id=_TEXT,
        parameters=_PARAMETERS,
        outputs={"type": "array", "items": {"$ref": "#/components/schemas/ResponseTensor"}},
    ),
}
