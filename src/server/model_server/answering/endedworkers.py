"""Requests that ended a worker and come again: a gateway sends them to whoever is left."""

from __future__ import annotations

from collections.abc import Container
from functools import partial
from typing import Callable

from ..calling.calls import Call
from ..failures import ended_worker_text
from ..http.messages import Cancel, Request, Respond, error_reply
from .service import Service


class EndedWorkers:
    """Costs nothing until the supervisor tells of one. On the event loop's thread."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._refused: dict[str, str] = {}
        self._careful: Container[str] = ()
        self._knows = False

    def know(self, refused: dict[str, str], careful: list[str]) -> None:
        """The ids of those that are not run again, with the reason, and of those that are run alone."""
        self._refused, self._careful = refused, frozenset(careful)
        if not self._knows:
            self._knows = True
            service = self._service
            service.handle = partial(self._handle, service.handle)
            service.submit = partial(self._submit, service.submit)  # type: ignore[method-assign]

    def _handle(
        self, handle: Callable[[Request, Respond], Cancel | None], request: Request, respond: Respond
    ) -> Cancel | None:
        reason = self._refused.get(request.id)
        if reason is None:
            return handle(request, respond)
        self._service.metrics.rejected("ended-worker")
        respond(error_reply(500, "ended-worker", ended_worker_text(reason), request.id))
        return None

    def _submit(self, submit: Callable[[Call], Cancel], call: Call) -> Cancel:
        if call.request in self._careful:
            call.joinable = False
        return submit(call)
