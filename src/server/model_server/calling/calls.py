"""Calls of the user's code, as the protocols make them and the runner takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

from ..http.messages import AnyReply, Cancel, Reply, Respond, error_reply


class InputError(Exception):
    """A request body without usable inputs: 400, or another `status`."""

    def __init__(
        self,
        kind: str,
        message: str,
        field: str | None = None,
        status: int = 400,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.field = field
        self.status = status
        self.more = more or {}

    def reply(self, request: str) -> Reply:
        """The error in the form of protocol v1, with the field where there is one."""
        more: dict[str, Any] = {"field": self.field} if self.field else {}
        return error_reply(self.status, self.kind, str(self), request, **more, **self.more)


@dataclass
class Verb:
    """A method of Predict that can be called, and what surrounds it.

    `before(inputs, call)` (a transformer's preprocess) and `after(outputs, call)` (its postprocess) run for
    each request by itself, never joined. What they raise is a HookError.
    """

    name: str
    method: Callable[[Any], Any]
    before: Callable[[Any, Call], Any] | None = None
    after: Callable[[Any, Call], Any] | None = None


class HookError(Exception):
    """What `before` or `after` raised: `what` names the method, `kind` and `stage` are the reply's."""

    def __init__(self, what: str, kind: str, stage: str, error: BaseException) -> None:
        super().__init__(what)
        self.what = what
        self.kind = kind
        self.stage = stage
        self.error = error


class Call:
    """One request for a verb. All callables but `respond` run on the main thread, where the user's code runs.

    - `inputs`: what the verb gets, or None while `decode` is set: that makes it of the body (large bodies are
      parsed on the main thread); it raises InputError.
    - `encode(result)` makes the reply of what the verb (and `after`) returned: it raises jsonio.NotJson;
      `stream(call, result)`, where it is set, is asked in its place.
    - `refuse(error)` makes the reply of an InputError; `error(status, kind, message, more)` of a failure.
    - `again`, where it is set, makes fresh inputs of the body for another attempt.
    - `respond` is called once, on the event loop's thread.
    - `joinable`: may run together with other requests when its inputs are a list of rows.
    - `size`: bytes of the request's body.
    - `note`: fields of the access record.
    """

    # Slots, and no dataclass (which has none before Python 3.10): there is one for each request.
    __slots__ = (
        "again",
        "decode",
        "dropped",
        "encode",
        "error",
        "inputs",
        "joinable",
        "model_seconds",
        "note",
        "protocol",
        "refuse",
        "reply",
        "request",
        "respond",
        "size",
        "stream",
        "verb",
    )

    def __init__(
        self,
        verb: Verb,
        inputs: Any,
        request: str,
        note: dict[str, Any],
        encode: Callable[[Any], AnyReply],
        respond: Respond,
        decode: Callable[[], Any] | None = None,
        joinable: bool = True,
        size: int = 0,
        protocol: str = "v1",
        refuse: Callable[[InputError], Reply] | None = None,
        error: Callable[[int, str, str, dict[str, Any]], Reply] | None = None,
    ) -> None:
        self.verb = verb
        self.inputs = inputs
        self.request = request
        self.note = note
        self.encode = encode
        self.respond = respond
        self.decode = decode
        self.joinable = joinable
        self.size = size
        self.protocol = protocol
        self.refuse = refuse
        self.error = error
        self.again: Callable[[], Any] | None = None
        self.stream: Callable[[Call, Any], AnyReply] | None = None
        self.dropped = False
        self.model_seconds = 0.0
        self.reply: AnyReply | None = None

    @property
    def rows(self) -> int | None:
        """The number of rows when the inputs are a list."""
        return len(self.inputs) if type(self.inputs) is list else None

    def drop(self) -> None:
        """The client is gone: not begun any more."""
        self.dropped = True

    def fail(self, status: int, kind: str, message: str, **more: Any) -> None:
        """Answer with an error in the form of the call's protocol."""
        if self.error is not None:
            self.reply = self.error(status, kind, message, more)
        else:
            self.reply = error_reply(status, kind, message, self.request, **more)

    def refused(self, error: InputError) -> None:
        """Answer that the inputs are not usable."""
        self.reply = self.refuse(error) if self.refuse is not None else error.reply(self.request)


@dataclass
class Step:
    """A piece of work for the main thread that is no call: the next item of a stream, a request of an app.

    It must not raise, and answers by itself (`Runner.on_loop` reaches the event loop's thread).
    """

    run: Callable[[], None]
    request: str = ""
    dropped: bool = False


__all__ = ["Call", "Cancel", "HookError", "InputError", "Step", "Verb"]
