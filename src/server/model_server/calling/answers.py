"""What a call's client gets when the user's code fails or returns what can't be sent."""

from __future__ import annotations

import os
from typing import Any, Callable

from .. import jsonio
from ..failures import IsUser, exception_info, first_line, last_user_frame, place, safe_text, type_name
from ..logs.records import make_record
from .calls import Call, HookError, InputError

Log = Callable[[bytes], None]


class Answers:
    """Sets the replies of calls, and logs what a script's author has to know. For the main thread."""

    def __init__(self, is_user: IsUser, replica: int, log: Log) -> None:
        self._is_user = is_user
        self._replica = replica
        self._log = log

    def encoded(self, call: Call, result: Any) -> None:
        """The reply of a result, or why it can't be sent."""
        try:
            call.reply = call.encode(result) if call.stream is None else call.stream(call, result)
        except BaseException as error:  # a generator's body, or an object whose own methods fail
            self.failed(call, error)

    def failed(self, call: Call, error: BaseException) -> None:
        """The reply of what went wrong while a result was made to JSON."""
        if isinstance(error, jsonio.NotJson):
            self._not_json(call, error)
        else:
            self.raised(call, error)

    def _not_json(self, call: Call, problem: jsonio.NotJson) -> None:
        verb = call.verb.name
        message = f"{verb} returned what is not JSON: {problem}"
        if problem.path == "predictions":
            message = f"{verb} returned {problem.kind}: {problem.fix}"
        self._log(make_record("ERROR", "script", message, self._replica, call.request))
        call.fail(500, "reply-not-json", message, field=problem.path, type=problem.kind, fix=problem.fix)

    def raised(self, call: Call, error: BaseException) -> None:
        """The reply of an exception of the verb, or of a hook around it."""
        if isinstance(error, InputError):  # the inputs did not make the objects that the verb's hints name
            call.refused(error)
            return
        what, kind = call.verb.name, "script-raised"
        more: dict[str, Any] = {}
        if isinstance(error, HookError):
            what, kind = error.what, error.kind
            more["stage"] = error.stage
            error = error.error
        info = exception_info(error, self._is_user)
        frame = last_user_frame(info["frames"])
        text = first_line(safe_text(error))
        if isinstance(error, SystemExit):
            kind = "script-exited"
            message = f"{what} called sys.exit({error.code!r}): return or raise instead"
        elif isinstance(error, MemoryError):
            kind, message = "out-of-memory", f"{what} failed: not enough memory"
        else:
            message = f"{what} raised {type(error).__name__}" + (f": {text}" if text else "")
        message += place(frame)
        self._log(make_record("ERROR", "script", message, self._replica, call.request, exception=info))
        more["exception"] = {"type": type_name(error), "text": safe_text(error)[:1000]}
        if frame is not None:
            more.update(script=os.path.basename(frame["file"]), line=frame["line"])
        call.fail(500, kind, message, **more)
