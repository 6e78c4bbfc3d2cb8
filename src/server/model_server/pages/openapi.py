"""The OpenAPI 3.1 document of a serving: every route it has, with schemas, samples and the form of errors.

`x-model-serving` holds what the page for people needs beside it.
"""

from __future__ import annotations

import json
from typing import Any

from .. import __version__
from ..answering.plain import to_plain
from ..answering.service import Service
from ..answering.streaming import EVENTS, LINES
from ..calling.calls import InputError
from ..jsonio import NotJson
from ..protocols.infer import read_request, verb_inputs
from ..protocols.outputs import tensors_of
from ..protocols.v2 import infer_verb
from ..schema.nodes import Json
from ..schema.verbs import VerbSchema
from ..script.loading import VERBS
from .components import COMPONENTS

_SOURCES = {
    "type hints": "As the script's type hints say; checked before the script is called.",
    "model": "As the model in the script needs it.",
    "signature": "As the signature beside the model says.",
    "sample": "As the serving's sample shows.",
    "none": "Nothing says what the inputs are: write a sample into its definition, or add type hints.",
}


def document(service: Service) -> Json:
    """The document; call it when all routes are there."""
    paths: dict[str, Json] = {}
    calls: list[Json] = []
    for verb in service.verbs:
        schema = service.schemas.get(verb, VerbSchema())
        sample = {"inputs": schema.sample if schema.sample is not None else []}
        operation = _call(verb, schema, sample)
        for path in _versions(service, "v1", f":{verb}"):
            paths[path] = {"post": operation}
        paths[f"/{verb}"] = {"post": {**operation, "summary": f"The same as :{verb}"}}
        told = _told(schema)
        calls.append(
            {"name": verb, "path": f"/v1/models/{service.name}:{verb}", "sample": sample}
            | {"schema": schema.inputs, "source": told}
        )
        if verb == infer_verb(service):
            calls += _infer(service, schema, paths)
    _rest(service, paths)
    api: Json = {
        "openapi": "3.1.0",
        "info": {"title": service.name, "version": service.version, "description": _description(service)},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": COMPONENTS},
        "x-model-serving": {
            "name": service.name,
            "version": service.version,
            "platform": service.platform,
            "server": __version__,
            "calls": calls,
        },
    }
    if service.config.token_variable is not None:
        api["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        api["security"] = [{"token": []}]
    return api


def _description(service: Service) -> str:
    return f"Model {service.config.model_name}, version {service.version} ({service.platform})"


def _versions(service: Service, protocol: str, rest: str) -> list[str]:
    base = f"/{protocol}/models/{service.name}"
    return [f"{base}{rest}", f"{base}/versions/{service.version}{rest}"]


def _told(schema: VerbSchema) -> str:
    if schema.source == "model" and not schema.checks:
        return (
            "As many numbers as the model in the script has features; the script may expect something else."
        )
    return _SOURCES[schema.source]


def _content(schema: Json, example: Any = None) -> Json:
    return {"application/json": {"schema": schema, **({} if example is None else {"example": example})}}


def _reply(description: str, schema: Json) -> Json:
    return {"description": description, "content": _content(schema)}


def _errors(*more: tuple[str, str]) -> Json:
    return {status: _reply(text, {"$ref": "#/components/schemas/Error"}) for status, text in more}


_CALL_ERRORS = (
    ("400", "The request is not usable: `field` says where"),
    ("413", "The body is too large"),
    ("500", "The script raised, or returned what can't be sent"),
    ("503", "Not ready, or too many requests wait"),
)


def _call(verb: str, schema: VerbSchema, sample: Json) -> Json:
    body: Json = {
        "type": "object",
        "properties": {"inputs": schema.inputs, "instances": schema.inputs},
        "oneOf": [{"required": ["inputs"]}, {"required": ["instances"]}],
    }
    predictions: Json = {
        "type": "object",
        "properties": {"predictions": schema.outputs},
        "required": ["predictions"],
    }
    done = _reply("What the script returned; item by item where `accept` asks for a stream", predictions)
    done["content"].update({EVENTS: {"schema": {"type": "string"}}, LINES: {"schema": {"type": "string"}}})
    return {
        "summary": f"Call {verb} of the script",
        "tags": ["calls"],
        "requestBody": {"required": True, "content": _content(body, sample)},
        "responses": {"200": done, **_errors(*_CALL_ERRORS)},
    }


def _infer(service: Service, schema: VerbSchema, paths: dict[str, Json]) -> list[Json]:
    """Adds the paths of infer; the page's entry for it where the sample has a form in tensors."""
    sample = infer_sample(schema)
    operation = {
        "summary": "Inference with tensors (Open Inference Protocol)",
        "tags": ["open inference protocol"],
        "requestBody": {
            "required": True,
            "content": _content({"$ref": "#/components/schemas/InferRequest"}, sample),
        },
        "responses": {
            "200": _reply("The result as tensors", {"$ref": "#/components/schemas/InferResponse"}),
            **_errors(*_CALL_ERRORS),
        },
    }
    for path in _versions(service, "v2", "/infer"):
        paths[path] = {"post": operation}
    if sample is None:
        return []
    path = f"/v2/models/{service.name}/infer"
    return [
        {
            "name": "infer (v2)",
            "path": path,
            "sample": sample,
            "schema": schema.inputs,
            "source": _told(schema),
        }
    ]


def infer_sample(schema: VerbSchema) -> Json | None:
    """A request of infer that gives the verb its sample; None when tensors can't say the same."""
    if schema.sample is None:
        return None
    try:
        tensors = tensors_of(schema.sample, "inputs", lambda value: to_plain(value, "inputs"))
    except NotJson:
        return None
    inputs = [
        {"name": one.name, "shape": one.shape, "datatype": one.datatype, "data": one.data} for one in tensors
    ]
    request: Json = {"inputs": inputs}
    try:
        back = verb_inputs(read_request(json.dumps(request).encode(), None), schema.tensor_form)
    except InputError:
        return None
    return request if back == schema.sample else None


def _rest(service: Service, paths: dict[str, Json]) -> None:
    """Metadata, health, and whatever other fixed paths there are."""
    for path in _versions(service, "v1", ""):
        paths[path] = _get("Status of the model", "Status", "metadata")
    for path in _versions(service, "v2", ""):
        paths[path] = _get("The model's tensors", "ModelMetadata", "open inference protocol")
    for path in _versions(service, "v2", "/ready"):
        paths[path] = _get("Whether the model is ready", "Ready", "open inference protocol", True)
    paths["/v2"] = paths["/v2/"] = _get("The server", "ServerMetadata", "open inference protocol")
    for path in ("/v2/health/live", "/live"):
        paths[path] = _open(_get("Whether the server lives", "Live", "health"))
    for path in ("/v2/health/ready", "/ready"):
        paths[path] = _open(_get("Whether requests are answered", "Ready", "health", True))
    known = {
        "/": "Index; this page for browsers",
        "/docs": "The page for people",
        "/openapi.json": "This document",
        "/metrics": "Metrics in the form of Prometheus",
        "/metrics.json": "Metrics as JSON",
    }
    for path in service.routes.fixed_paths():
        # A verb that the script lacks has its route only to say so.
        if path not in paths and not path.startswith(("/v1/", "/v2/")) and path[1:] not in VERBS:
            other = {"200": {"description": "Done"}}
            paths.setdefault(path, {"get": {"summary": known.get(path, path), "responses": other}})


def _get(summary: str, schema: str, tag: str, can_wait: bool = False) -> Json:
    responses = {"200": _reply(summary, {"$ref": f"#/components/schemas/{schema}"})}
    if can_wait:
        responses.update(_errors(("503", "Not ready: `error` says why")))
    return {"get": {"summary": summary, "tags": [tag], "responses": responses}}


def _open(operations: Json) -> Json:
    """Health needs no token."""
    return {"get": {**operations["get"], "security": []}}
