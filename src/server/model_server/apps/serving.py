"""An app in the place of the verbs: which paths are its own, and what is counted and refused before it."""

from __future__ import annotations

from functools import partial
from typing import Any, NoReturn, Union

from ..answering.operations import refuse_when_full
from ..answering.service import Service
from ..calling.calls import Call, Verb
from ..http.messages import AnyReply, Cancel, Request, Respond, StreamReply, error_reply
from ..measuring.metricspage import METRICS_PATHS
from ..measuring.scoreboard import Scoreboard
from ..script.appfinding import FoundApp
from .asgi import AsgiApp
from .links import Links
from .wsgi import WsgiApp

App = Union[WsgiApp, AsgiApp]
_OURS = frozenset({"/v2/health/live", "/v2/health/ready"})
# Who asks for the metrics with this header wants ours: the app is not asked, and nothing is counted.
OWN_METRICS = b"x-model-serving-metrics"


def make_app(found: FoundApp) -> App:
    """What runs it; `start()` follows on the main thread."""
    return AsgiApp(found) if found.kind == "asgi" else WsgiApp(found)


def install(service: Service, app: App, address: tuple[str, int], scoreboard: Scoreboard) -> None:
    """All paths lead to the app, except health; metrics are ours where it has none or ours are wanted."""
    service.handle = AppRoutes(service, app).handle
    app.attach(Links(service, address, scoreboard))


class AppRoutes:
    """Hands requests to an app. On the event loop's thread."""

    def __init__(self, service: Service, app: App) -> None:
        self._service = service
        self._app = app
        self._verb = Verb("app", _not_called)
        self._running = 0

    def handle(self, request: Request, respond: Respond) -> Cancel | None:
        """See http.messages.App."""
        path = request.path
        if path in _OURS:
            return self._service.routes.handle(request, respond)
        upgrade = request.head.header(b"upgrade")
        if upgrade is not None and upgrade.lower() == b"websocket":
            message = "The request wants a websocket, which this server does not speak: use HTTP"
            respond(error_reply(501, "no-websockets", message, request.id))
            return None
        if path in METRICS_PATHS:
            if request.head.header(OWN_METRICS) is not None:
                return self._service.routes.handle(request, respond)
            respond = partial(self._or_ours, request, respond)
        return self._forward(request, respond)

    def _or_ours(self, request: Request, respond: Respond, reply: AnyReply) -> None:
        if reply.status == 404:
            self._service.routes.handle(request, respond)
        else:
            respond(reply)

    def _forward(self, request: Request, respond: Respond) -> Cancel | None:
        call = Call(self._verb, None, request.id, request.note, _not_called, respond, protocol="app")
        if refuse_when_full(self._service, call, self._running):
            return None
        request.note.update(verb="app", _protocol="app")
        request.note["_call"] = call
        self._service.metrics.begin("app")
        self._running += 1
        answered = False

        def done(reply: AnyReply) -> None:
            nonlocal answered
            if not answered:
                answered = True
                self._running -= 1
            copied = self._service.copied
            respond(copied(reply) if copied is not None and isinstance(reply, StreamReply) else reply)

        cancel = self._app.handle(request, call, done)

        def gone() -> None:
            nonlocal answered
            if not answered:
                answered = True
                self._running -= 1
            self._service.metrics.gone()
            cancel()

        return gone


def _not_called(_: Any) -> NoReturn:
    raise AssertionError("an app is no verb")
