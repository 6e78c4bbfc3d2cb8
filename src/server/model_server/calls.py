"""Calls of the user's code: one at a time, all on the thread that runs `CallQueue.run`.

That is the main thread, where the Predict object was made: signal handlers, event loops, SQLite connections
and the like of a script work as in a program of its own, and health is answered by the event loop beside it.
"""

from __future__ import annotations

import os
import queue
from dataclasses import dataclass
from typing import Any, Callable

from . import jsonio
from .capture import CURRENT_REQUEST
from .failures import IsUser, exception_info, first_line, last_user_frame, place, safe_text, type_name
from .http.messages import Reply, error_reply
from .records import make_record
from .scoreboard import Scoreboard

Log = Callable[[bytes], None]


class InputError(Exception):
    """A request body without usable inputs."""

    def __init__(self, kind: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.field = field


def read_inputs(body: bytes) -> Any:
    """The value of `inputs` or `instances` in a request body; raises InputError."""
    if not body.strip():
        raise InputError("bad-json", 'The request has no body: send JSON such as {"inputs": […]}')
    try:
        value = jsonio.loads(body)
    except jsonio.BadJson as error:
        raise InputError("bad-json", f"The request body is not valid JSON: {error}") from None
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
    return value[keys[0]]


def _json_type(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "null")


@dataclass
class Call:
    """One call: what to call with which inputs, and where the reply goes (from the user's thread)."""

    verb: str
    method: Callable[[Any], Any]
    body: bytes | None
    inputs: Any
    request: str
    note: dict[str, Any]
    done: Callable[[Reply], None]
    dropped: bool = False


class CallQueue:
    """Calls in the order in which they came. `put` and `close` are safe from every thread."""

    def __init__(self, scoreboard: Scoreboard, is_user: IsUser, replica: int, log: Log) -> None:
        self._calls: queue.SimpleQueue[Call | None] = queue.SimpleQueue()
        self._scoreboard = scoreboard
        self._is_user = is_user
        self._replica = replica
        self._log = log

    def put(self, call: Call) -> None:
        """Run it when those before have run."""
        self._calls.put(call)

    def close(self) -> None:
        """`run` returns after the calls that are waiting."""
        self._calls.put(None)

    def run(self, after_call: Callable[[], None]) -> None:
        """Run calls until `close`; `after_call` flushes what a call printed."""
        while True:
            call = self._calls.get()
            if call is None:
                return
            if call.dropped:
                continue
            self._scoreboard.begin(call.request)
            token = CURRENT_REQUEST.set(call.request)
            try:
                reply = self._answer(call)
                after_call()
            finally:
                CURRENT_REQUEST.reset(token)
                self._scoreboard.end()
            call.done(reply)

    def _answer(self, call: Call) -> Reply:
        inputs = call.inputs
        if call.body is not None:
            try:
                inputs = read_inputs(call.body)
            except InputError as error:
                return input_error_reply(error, call.request)
            call.body = None
        if isinstance(inputs, list):
            call.note["rows"] = len(inputs)
        try:
            result = call.method(inputs)
        except BaseException as error:  # a script's sys.exit must not end the server
            return self._raised(call, error)
        try:
            return Reply(200, b'{"predictions":' + jsonio.dumps(result, "predictions") + b"}")
        except jsonio.NotJson as problem:
            message = f"{call.verb} returned what is not JSON: {problem}"
            if problem.path == "predictions":
                message = f"{call.verb} returned {problem.kind}: {problem.fix}"
            more: dict[str, Any] = {"field": problem.path, "type": problem.kind, "fix": problem.fix}
            self._log(make_record("ERROR", "script", message, self._replica, call.request))
            return error_reply(500, "reply-not-json", message, call.request, **more)
        except Exception as error:  # an object whose own methods fail while it is written
            return self._raised(call, error)

    def _raised(self, call: Call, error: BaseException) -> Reply:
        info = exception_info(error, self._is_user)
        frame = last_user_frame(info["frames"])
        text = first_line(safe_text(error))
        kind = "script-raised"
        if isinstance(error, SystemExit):
            kind, message = (
                "script-exited",
                f"{call.verb} called sys.exit({error.code!r}): return or raise instead",
            )
        elif isinstance(error, MemoryError):
            kind, message = "out-of-memory", f"{call.verb} failed: not enough memory"
        else:
            message = f"{call.verb} raised {type(error).__name__}" + (f": {text}" if text else "")
        message += place(frame)
        self._log(make_record("ERROR", "script", message, self._replica, call.request, exception=info))
        more: dict[str, Any] = {"exception": {"type": type_name(error), "text": safe_text(error)[:1000]}}
        if frame is not None:
            more.update(script=os.path.basename(frame["file"]), line=frame["line"])
        return error_reply(500, kind, message, call.request, **more)


def input_error_reply(error: InputError, request: str) -> Reply:
    """400 with the field where there is one."""
    more: dict[str, Any] = {"field": error.field} if error.field else {}
    return error_reply(400, error.kind, str(error), request, **more)
