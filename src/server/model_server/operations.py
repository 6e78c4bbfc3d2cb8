"""What a worker has for its operators: metrics pages, the token, the limit of the queue."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Callable

from .access import Token
from .calls import Call
from .http.messages import Cancel, Reply, Request, Respond
from .metricspage import METRICS_PATHS, metrics_reply
from .routes import Route
from .service import Service

_RETRY = (("retry-after", "1"),)


def install(service: Service, token: str | None, waiting: Callable[[], int]) -> None:
    """Add the routes; `waiting` tells how many requests wait for the user's code."""
    service.links["metrics"] = "/metrics"
    for path in sorted(METRICS_PATHS):
        service.add(
            Route("GET", path, lambda request, _, respond: respond(metrics_reply(service.config, request)))
        )
    service.submit = partial(_submit, service, service.submit, waiting)  # type: ignore[method-assign]
    if token is not None:
        service.handle = partial(_handle, service, service.handle, Token(token))


def _handle(
    service: Service,
    handle: Callable[[Request, Respond], Cancel | None],
    token: Token,
    request: Request,
    respond: Respond,
) -> Cancel | None:
    refusal = token.refusal(request)
    if refusal is None or request.path in service.open_paths:
        return handle(request, respond)
    service.metrics.rejected("token")
    respond(refusal)
    return None


def _submit(
    service: Service, submit: Callable[[Call], Cancel], waiting: Callable[[], int], call: Call
) -> Cancel:
    return _nothing if refuse_when_full(service, call, waiting()) else submit(call)


def refuse_when_full(service: Service, call: Call, waiting: int) -> bool:
    """Answer a call with 503 when as many wait as may wait."""
    limit = service.config.limits.queue_length
    if waiting < limit:
        return False
    service.metrics.rejected("queue")
    message = f"Too many requests wait already (limits.queueLength is {limit}): try again later"
    call.fail(503, "queue-full", message)
    reply = call.reply
    assert isinstance(reply, Reply)
    call.respond(replace(reply, headers=(*reply.headers, *_RETRY)))
    return True


def _nothing() -> None:
    """A call that was refused can't be dropped."""
