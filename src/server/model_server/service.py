"""A worker's routes: requests in, replies or calls out; no sockets here."""

from __future__ import annotations

import re
from typing import Any, Callable

from . import __version__
from .calls import Call, CallQueue, InputError, input_error_reply, read_inputs
from .config import LaunchConfig
from .http.messages import Reply, Request, error_reply, json_reply
from .loading import VERBS
from .records import make_record

_MODEL_PATH = re.compile(r"/v1/models/([^/:]+)(?:/versions/([^/:]+))?(?::([^/]*))?\Z")
_PARSE_ON_LOOP_BYTES = 256 * 1024
Respond = Callable[[Reply], None]


class Service:
    """The app of a worker. `threadsafe` runs a function on the event loop's thread."""

    def __init__(
        self,
        config: LaunchConfig,
        verbs: dict[str, Callable[[Any], Any]],
        broken: dict[str, str],
        calls: CallQueue,
        threadsafe: Callable[[Callable[[], None]], None],
        log: Callable[[bytes], None],
        replica: int,
    ) -> None:
        self._name = config.name
        self._version = str(config.model_version)
        self._verbs = verbs
        self._broken = broken
        self._calls = calls
        self._threadsafe = threadsafe
        self._log = log
        self._replica = replica
        self.draining = False
        base = f"/v1/models/{self._name}"
        self._links = {
            "status": base,
            **{verb: f"{base}:{verb}" for verb in verbs},
            "live": "/v2/health/live",
            "ready": "/v2/health/ready",
        }
        get: dict[str, Callable[[str], Reply]] = {
            "/": self._index,
            "/live": self._live,
            "/v2/health/live": self._live,
            "/ready": self._ready,
            "/v2/health/ready": self._ready,
        }
        self._get = get

    def handle(self, request: Request, respond: Respond) -> Callable[[], None] | None:
        """See http.messages.App."""
        path = request.path
        answer = self._get.get(path)
        if answer is not None:
            request.note["quiet"] = True
            respond(self._only("GET", request) or answer(request.id))
            return None
        if path[1:] in VERBS:
            return self._call(request, path[1:], respond)
        match = _MODEL_PATH.match(path)
        if match is None:
            respond(self._unknown(request, path))
            return None
        name, version, verb = match.groups()
        wrong = self._wrong_model(request, name, version)
        if wrong is not None:
            respond(wrong)
        elif verb is None:
            request.note["quiet"] = True
            respond(self._only("GET", request) or self._status())
        elif verb in VERBS:
            return self._call(request, verb, respond)
        else:
            respond(self._unknown(request, path))
        return None

    def answered(self, request: Request | None, reply: Reply, seconds: float) -> None:
        """Write the access record; health checks that succeed leave none."""
        if request is None:
            self._log(
                make_record(
                    "WARN", "access", f"unreadable request {reply.status}", self._replica, status=reply.status
                )
            )
            return
        if reply.status < 400 and request.note.get("quiet"):
            return
        fields = {key: value for key, value in request.note.items() if key != "quiet"}
        self._log(
            make_record(
                "INFO" if reply.status < 500 else "ERROR",
                "access",
                f"{request.method} {request.head.target[:500]} {reply.status} {_milliseconds(seconds)}",
                self._replica,
                request.id,
                status=reply.status,
                latency_ms=round(seconds * 1000, 3),
                bytes=len(request.body),
                bytes_out=len(reply.body),
                **fields,
            )
        )

    def _call(self, request: Request, verb: str, respond: Respond) -> Callable[[], None] | None:
        refused = self._only("POST", request) or self._cannot(request, verb)
        if refused is not None:
            respond(refused)
            return None
        request.note["verb"] = verb
        body: bytes | None = request.body
        inputs: Any = None
        if len(request.body) <= _PARSE_ON_LOOP_BYTES:
            try:
                inputs, body = read_inputs(request.body), None
            except InputError as error:
                respond(input_error_reply(error, request.id))
                return None
        call = Call(
            verb,
            self._verbs[verb],
            body,
            inputs,
            request.id,
            request.note,
            lambda reply: self._threadsafe(lambda: respond(reply)),
        )
        self._calls.put(call)

        def drop() -> None:
            call.dropped = True

        return drop

    def _cannot(self, request: Request, verb: str) -> Reply | None:
        if request.head.headers.get("content-encoding", "identity").lower() not in {"identity", ""}:
            message = "The request body is compressed, which this server does not read: send it plain"
            return error_reply(415, "unsupported-encoding", message, request.id)
        if verb in self._broken:
            return error_reply(500, "wrong-arity", self._broken[verb], request.id)
        if verb not in self._verbs:
            has = ", ".join(self._verbs) or "none of predict, classify, regress"
            message = f"The Predict class has no method {verb}: it has {has}"
            return error_reply(501, "verb-missing", message, request.id)
        return None

    def _only(self, method: str, request: Request) -> Reply | None:
        allowed = ("GET", "HEAD") if method == "GET" else (method,)
        if request.method in allowed:
            return None
        message = f"{request.method[:20]} is not possible here: use {' or '.join(allowed)}"
        return error_reply(405, "method-not-allowed", message, request.id, (("allow", ", ".join(allowed)),))

    def _wrong_model(self, request: Request, name: str, version: str | None) -> Reply | None:
        if name != self._name:
            message = f"There is no model {name[:100]!r} here: this server has {self._name!r}"
            return error_reply(404, "unknown-model", message, request.id, field="name")
        if version is not None and version != self._version:
            wanted = f"version {version[:100]!r} of {self._name!r}"
            message = f"There is no {wanted} here: this server has version {self._version}"
            return error_reply(404, "unknown-version", message, request.id, field="version")
        return None

    def _unknown(self, request: Request, path: str) -> Reply:
        routes = ", ".join(self._links.values())
        message = f"There is no {path[:200]!r} here: there are {routes}"
        return error_reply(404, "unknown-route", message, request.id)

    def _index(self, _: str) -> Reply:
        return json_reply(
            200,
            {
                "name": self._name,
                "version": self._version,
                "server": __version__,
                "ready": not self.draining,
                "verbs": list(self._verbs),
                "links": self._links,
            },
        )

    def _live(self, _: str) -> Reply:
        return json_reply(200, {"live": True})

    def _ready(self, request: str) -> Reply:
        if self.draining:
            return error_reply(
                503, "stopping", "The serving is not ready: it stops", request, ready=False, name=self._name
            )
        return json_reply(200, {"ready": True, "name": self._name})

    def _status(self) -> Reply:
        state = "END" if self.draining else "AVAILABLE"
        status = {
            "version": self._version,
            "state": state,
            "status": {"error_code": "OK", "error_message": ""},
        }
        return json_reply(
            200, {"name": self._name, "ready": not self.draining, "model_version_status": [status]}
        )


def _milliseconds(seconds: float) -> str:
    """`1.8 ms`, from ten on without a fraction."""
    value = seconds * 1000
    return f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms"
