"""Protocol v1: `:predict`, `:classify`, `:regress` and the old short paths."""

from __future__ import annotations

import re
from typing import Any

from ..answering.routes import ANY, Handler, Route, wrong_method
from ..answering.service import Service
from ..calling.asyncs import is_generator
from ..calling.calls import InputError
from ..http.messages import Cancel, Reply, Request, Respond, error_reply, json_reply
from ..script.loading import VERBS
from .bodies import Form, read_json, submit

_MODEL_PATH = re.compile(r"/v1/models/([^/:]+)(?:/versions/([^/:]+))?(?::([^/]*))?")


def install(service: Service) -> None:
    """Add the routes."""
    base = f"/v1/models/{service.name}"
    service.links = {
        "status": base,
        **{verb: f"{base}:{verb}" for verb in service.verbs},
        **service.links,
    }
    for verb in VERBS:
        handler = verb_handler(service, verb)
        for path in (f"{base}:{verb}", f"{base}/versions/{service.version}:{verb}", f"/{verb}"):
            service.add(Route("POST", path, handler))

    def status(request: Request, _: re.Match[str] | None, respond: Respond) -> None:
        request.note["quiet"] = True
        respond(_status(service))

    for path in (base, f"{base}/versions/{service.version}"):
        service.add(Route("GET", path, status))
    service.add(Route(ANY, _MODEL_PATH, _other_model(service)))


def verb_handler(service: Service, verb: str) -> Handler:
    """The handler of one verb's paths."""

    def handle(request: Request, _: re.Match[str] | None, respond: Respond) -> Cancel | None:
        refused = _cannot(service, verb, request)
        if refused is not None:
            respond(refused)
            return None
        request.note["verb"] = verb
        return submit(service, verb, request, respond, form, joinable, "v1")

    def encode(result: Any) -> Reply:
        return Reply(200, b'{"predictions":' + write(result) + b"}")

    def write(value: Any) -> bytes:
        return service.encoder.dumps(value, "predictions")

    def checked(body: bytes) -> Any:
        key, inputs = _read_named(body)
        assert schema is not None
        schema.check(inputs, key)
        return inputs

    schema = service.schemas.get(verb)
    form = Form(checked if schema is not None and schema.checks else read_inputs, read_inputs, encode, write)
    joinable = verb in service.verbs and not is_generator(service.verbs[verb].method)
    return handle


def read_inputs(body: bytes) -> Any:
    """The value of `inputs` or `instances` in a request body; raises InputError."""
    return _read_named(body)[1]


def _read_named(body: bytes) -> tuple[str, Any]:
    value = read_json(body, '{"inputs": […]}')
    if type(value) is dict and len(value) == 1:
        for key in ("instances", "inputs"):
            if key in value:
                return key, value[key]
    if not isinstance(value, dict):
        message = f'The request body must be an object such as {{"inputs": […]}}, not {_json_type(value)}'
        raise InputError("bad-request", message)
    keys = [key for key in ("inputs", "instances") if key in value]
    if not keys:
        had = f": it has {', '.join(map(repr, list(value)[:10]))}"[:300] if value else ": it is empty"
        raise InputError("no-inputs", f"The request body needs 'inputs' or 'instances'{had}", "inputs")
    if len(keys) > 1:
        raise InputError(
            "two-inputs", "The request body has both 'inputs' and 'instances': send one of them", "inputs"
        )
    return keys[0], value[keys[0]]


def _json_type(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "null")


def _cannot(service: Service, verb: str, request: Request) -> Reply | None:
    problem = service.cannot(verb)
    return None if problem is None else error_reply(*problem, request.id)


def _other_model(service: Service) -> Handler:
    """Paths of models, versions and verbs that are not the ones this server has."""

    def handle(request: Request, match: re.Match[str] | None, respond: Respond) -> None:
        assert match is not None
        name, version, verb = match.groups()
        wrong = service.wrong_model(name, version)
        if wrong is not None:
            status, kind, message, field = wrong
            respond(error_reply(status, kind, message, request.id, field=field))
        elif verb is None:
            respond(wrong_method(request, ("GET",)))
        elif verb in VERBS:
            respond(wrong_method(request, ("POST",)))
        else:
            respond(service.unknown_route(request))

    return handle


def _status(service: Service) -> Reply:
    status = {
        "version": service.version,
        "state": "END" if service.draining else "AVAILABLE",
        "status": {"error_code": "OK", "error_message": ""},
    }
    return json_reply(
        200, {"name": service.name, "ready": not service.draining, "model_version_status": [status]}
    )
