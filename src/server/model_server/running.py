"""Runs calls on the main thread, beside the event loop."""

from __future__ import annotations

import queue
import time
from typing import Callable

from .answers import Answers
from .calls import Call, InputError, Step
from .capture import CURRENT_REQUEST
from .measures import Measures
from .scoreboard import Scoreboard


class Runner:
    """Calls and steps in the order in which they came. `put` and `close` are safe from every thread."""

    def __init__(
        self,
        answers: Answers,
        scoreboard: Scoreboard,
        metrics: Measures,
        on_loop: Callable[[Callable[[], None]], None],
        after_call: Callable[[], None],
    ) -> None:
        self._queue: queue.SimpleQueue[Call | Step | None] = queue.SimpleQueue()
        self._answers = answers
        self._scoreboard = scoreboard
        self._metrics = metrics
        self._on_loop = on_loop
        self._after_call = after_call

    def put(self, item: Call | Step) -> None:
        """Run it when those before have run."""
        self._queue.put(item)

    def close(self) -> None:
        """`run` returns after what is waiting."""
        self._queue.put(None)

    def run(self) -> None:
        """Run until `close`."""
        while True:
            item = self._queue.get()
            if item is None:
                return
            if item.dropped:
                continue
            self._scoreboard.begin(item.request)
            token = CURRENT_REQUEST.set(item.request)
            try:
                if isinstance(item, Step):
                    item.run()
                else:
                    self._call(item)
            finally:
                self._after_call()
                CURRENT_REQUEST.reset(token)
                self._scoreboard.end()

    def _call(self, call: Call) -> None:
        self._answer(call)
        reply = call.reply
        if reply is not None:
            self._on_loop(lambda: call.respond(reply))

    def _answer(self, call: Call) -> None:
        answers, verb = self._answers, call.verb
        try:
            if call.decode is not None:
                call.inputs, call.decode = call.decode(), None
            if type(call.inputs) is list:
                call.note["rows"] = len(call.inputs)
            inputs = call.inputs
            if verb.before is not None:
                inputs = verb.before(inputs, call)
            began = time.perf_counter()
            self._metrics.batch_begins()
            try:
                result = verb.method(inputs)
            finally:
                self._metrics.batch(1, call.rows or 1, time.perf_counter() - began)
            if verb.after is not None:
                result = verb.after(result, call)
        except InputError as error:
            call.refused(error)
        except BaseException as error:  # a script's sys.exit must not end the server
            answers.raised(call, error)
        else:
            answers.encoded(call, result)
