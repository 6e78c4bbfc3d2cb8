"""What a worker has for its operators: metrics pages, the token, the limit of the queue."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Callable

from ..access import APP_OPEN_PATHS, OPEN_PATHS, Token
from ..calling.calls import Call
from ..http.messages import Cancel, Reply, Request, Respond
from ..measuring.metricspage import METRICS_PATHS, metrics_reply
from .routes import Route
from .service import Service

_RETRY = (("retry-after", "1"),)


def install(service: Service, token: str | None, waiting: Callable[[], int], is_app: bool) -> None:
    """The last to be installed: the token is before everything.

    `waiting` tells how many requests wait for the user's code; `is_app`: an app has all paths but health.
    """
    service.links["metrics"] = "/metrics"

    def metrics(request: Request, _: re.Match[str] | None, respond: Respond) -> None:
        service.metrics.queued(waiting())
        respond(metrics_reply(service.config, request))

    for path in sorted(METRICS_PATHS):
        service.add(Route("GET", path, metrics))
    service.submit = partial(_submit, service, service.submit, waiting)  # type: ignore[method-assign]
    if token is not None:
        open_paths = APP_OPEN_PATHS if is_app else OPEN_PATHS | service.open_paths
        service.handle = partial(_handle, service, service.handle, Token(token, open_paths))


def _handle(
    service: Service,
    handle: Callable[[Request, Respond], Cancel | None],
    token: Token,
    request: Request,
    respond: Respond,
) -> Cancel | None:
    refusal = token.refusal(request)
    if refusal is None:
        return handle(request, respond)
    service.metrics.rejected("token")
    respond(refusal)
    return None


def _submit(
    service: Service, submit: Callable[[Call], Cancel], waiting: Callable[[], int], call: Call
) -> Cancel:
    count = waiting()
    if count >= service.config.limits.queue_length and refuse_when_full(service, call, count):
        return _nothing
    return submit(call)


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
