"""Protocol v2, the Open Inference Protocol over REST: server and model metadata, readiness, inference.

The binary data extension is spoken, too. Health (/v2/health/*) is the service's own.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from .. import __version__
from ..answering.routes import ANY, Handler, Route, wrong_method
from ..answering.service import Service
from ..calling.asyncs import is_generator
from ..http.messages import Cancel, Reply, Request, Respond, error_reply, json_reply
from ..schema.tensors import metadata_of
from .bodies import Form, submit
from .infer import LENGTH_HEADER, InferRequest, read_request, verb_inputs, write_reply

_MODEL_PATH = re.compile(r"/v2/models/([^/]+)(?:/versions/([^/]+))?(/ready|/infer)?/?")
_EXTENSIONS = ["binary_tensor_data"]


def install(service: Service) -> None:
    """Add the routes."""
    base = f"/v2/models/{service.name}"
    service.links = {**service.links, "metadata": base, "infer": f"{base}/infer"}
    infer = _infer(service)
    for path in (base, f"{base}/versions/{service.version}"):
        service.add(
            Route("GET", path, _quiet(partial(_metadata, service))),
            Route("GET", f"{path}/ready", _quiet(partial(_ready, service))),
            Route("POST", f"{path}/infer", infer),
        )
    for path in ("/v2", "/v2/"):
        service.add(Route("GET", path, _quiet(partial(_server, service))))
    service.add(Route(ANY, _MODEL_PATH, _other_model(service)))


def infer_verb(service: Service) -> str:
    """The verb that infer calls: predict, or the only one there is."""
    return "predict" if "predict" in service.verbs or len(service.verbs) != 1 else next(iter(service.verbs))


def _infer(service: Service) -> Handler:
    verb = infer_verb(service)
    names = (service.name, service.version, verb)
    schema = service.schemas.get(verb)
    form = schema.tensor_form if schema is not None else None
    joinable = verb in service.verbs and not is_generator(service.verbs[verb].method)

    def handle(request: Request, _: re.Match[str] | None, respond: Respond) -> Cancel | None:
        problem = service.cannot(verb)
        if problem is not None:
            respond(error_reply(*problem, request.id))
            return None
        request.note.update(verb=verb, _protocol="v2")
        length = request.head.header(LENGTH_HEADER.encode())
        read: list[InferRequest] = []  # known to `encode`, which runs later

        def inputs_of(body: bytes) -> Any:
            read[:] = [read_request(body, None if length is None else length.decode("latin-1"))]
            inputs = verb_inputs(read[0], form)
            if schema is not None:
                schema.check(inputs)
            return inputs

        def encode(result: Any) -> Reply:
            return write_reply(read[0], result, names, request.id, plain)

        tensors = Form(inputs_of, inputs_of, encode, lambda item: _item(encode(item)))
        return submit(service, verb, request, respond, tensors, joinable, "v2")

    def plain(value: Any) -> Any:
        return service.encoder.plain(value, "outputs")

    return handle


def _item(reply: Reply) -> bytes:
    """An item of a stream: the reply that it would be by itself (binary data has no place there)."""
    return reply.body if reply.content_type == "application/json" else b"{}"


def _quiet(reply: Any) -> Handler:
    def handle(request: Request, _: re.Match[str] | None, respond: Respond) -> None:
        request.note["quiet"] = True
        respond(reply(request))

    return handle


def _server(_service: Service, _request: Request) -> Reply:
    return json_reply(200, {"name": "model-server", "version": __version__, "extensions": _EXTENSIONS})


def _ready(service: Service, request: Request) -> Reply:
    if service.draining:
        message = "The serving is not ready: it stops"
        return error_reply(503, "stopping", message, request.id, ready=False, name=service.name)
    return json_reply(200, {"name": service.name, "ready": True})


def _metadata(service: Service, _request: Request) -> Reply:
    verb = infer_verb(service)
    schema = service.schemas.get(verb)
    metadata: dict[str, Any] = {
        "name": service.name,
        "versions": [service.version],
        "platform": service.platform,
        "inputs": metadata_of(schema.inputs, "inputs") if schema is not None else [],
        "outputs": metadata_of(schema.outputs, verb) if schema is not None else [],
    }
    return json_reply(200, metadata)


def _other_model(service: Service) -> Handler:
    """Paths of models and versions that are not the one this server has, and wrong methods."""

    def handle(request: Request, match: re.Match[str] | None, respond: Respond) -> None:
        assert match is not None
        name, version, part = match.groups()
        wrong = service.wrong_model(name, version)
        if wrong is not None:
            status, kind, message, field = wrong
            respond(error_reply(status, kind, message, request.id, field=field))
        elif request.head.target.endswith("/") or request.path.endswith("/"):
            respond(service.unknown_route(request))
        else:
            respond(wrong_method(request, ("POST",) if part == "/infer" else ("GET",)))

    return handle
