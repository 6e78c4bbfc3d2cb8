"""Runs gathered calls with the user's code, joined where that is known to be safe. On the main thread."""

from __future__ import annotations

import time
from typing import Any

from ..logs.capture import CURRENT_REQUEST
from ..measuring.measures import Measures
from .answers import Answers
from .batching import Batching
from .calls import Call, InputError, Verb
from .joining import Form, form_of, length_of, split

_TRUST = (
    "set batching.enabled to false, or 'batching = False' on the class, if the script can't take several rows"
)


class Execution:
    """Sets `reply` of every call it is given."""

    def __init__(self, answers: Answers, batching: Batching, metrics: Measures) -> None:
        self._answers = answers
        self._batching = batching
        self._metrics = metrics

    def run(self, calls: list[Call]) -> None:
        """Run calls of one verb that were gathered together."""
        try:
            self._run(calls)
        except BaseException as error:  # a script's signal handler raised outside of its own code
            for call in calls:
                if call.reply is None:
                    self._answers.raised(call, error)

    def _run(self, calls: list[Call]) -> None:
        if len(calls) == 1:
            if self._prepare(calls[0]):
                self._alone(calls[0])
            return
        groups: dict[Form | None, list[Call]] = {}
        for call in calls:
            if self._prepare(call):
                groups.setdefault(form_of(call.inputs), []).append(call)
        for form, group in groups.items():
            kinds = self._batching.switches[calls[0].verb.name].kinds  # none when it was turned off meanwhile
            if form is None or form[0] not in kinds or len(group) == 1:
                for call in group:
                    self._alone(call)
            else:
                self._joined(group)

    def _prepare(self, call: Call) -> bool:
        """Make the inputs; False when the call is answered already."""
        try:
            if call.decode is not None:
                call.inputs, call.decode = call.decode(), None
            if type(call.inputs) is list:
                call.note["rows"] = len(call.inputs)
            if call.verb.before is not None:
                CURRENT_REQUEST.set(call.request)
                call.inputs = call.verb.before(call.inputs, call)
        except InputError as error:
            call.refused(error)
        except BaseException as error:  # a script's sys.exit must not end the server
            self._answers.raised(call, error)
        else:
            return True
        return False

    def _alone(self, call: Call) -> bool:
        """Run one call; False when the verb raised."""
        CURRENT_REQUEST.set(call.request)
        try:
            result = self._timed(call.verb, call.inputs, [call])
        except BaseException as error:
            self._answers.raised(call, error)
            return False
        self._finish(call, result)
        return True

    def _joined(self, calls: list[Call]) -> None:
        """Run calls together. One that fails never fails another: the failing ones are found."""
        verb = calls[0].verb
        counts = [len(call.inputs) for call in calls]
        rows = sum(counts)
        try:
            result = self._together(calls)
        except BaseException as error:
            self._batching.failed(verb.name, rows)
            if not self._search(calls):
                text = f"{type(error).__name__}: {error}"[:300]
                what = f"{verb.name} raised with {rows} rows of {len(calls)} requests"
                reason = f"{what}, but with none alone: {text}"
                self._batching.turn_off(verb.name, reason, _TRUST)
            return
        if length_of(result) != rows:
            self._wrong_length(verb, rows, result)
            self._one_by_one(calls)
            return
        self._batching.succeeded(verb.name, rows)
        self._share(calls, counts, result)

    def _search(self, calls: list[Call]) -> int:
        """Answer calls that failed together by halves; how many of them fail alone."""
        failed = 0
        middle = len(calls) // 2
        for half in (calls[:middle], calls[middle:]):
            if len(half) == 1:
                failed += self._one_by_one(half)
                continue
            able = self._again(half)
            failed += len(half) - len(able)
            counts = [call.rows for call in able]
            rows = sum(count or 0 for count in counts)
            if None in counts or not rows:  # a transformer that does not do the same twice
                failed += self._one_by_one(able)
                continue
            try:
                result = self._together(able)
            except BaseException:
                failed += self._search(able) if len(able) > 1 else self._one_by_one(able)
                continue
            if length_of(result) == rows:
                self._share(able, [count or 0 for count in counts], result)
            else:
                self._wrong_length(able[0].verb, rows, result)
                failed += self._one_by_one(able)
        return failed

    def _one_by_one(self, calls: list[Call]) -> int:
        """Answer calls that were tried together; how many fail."""
        return sum(0 if self._again([call]) and self._alone(call) else 1 for call in calls)

    def _again(self, calls: list[Call]) -> list[Call]:
        """Those with fresh inputs, as a failed attempt may have changed them; the others are answered."""
        for call in calls:
            call.decode = call.again
        return [call for call in calls if call.again is None or self._prepare(call)]

    def _together(self, calls: list[Call]) -> Any:
        CURRENT_REQUEST.set(f"{calls[0].request}+{len(calls) - 1}")
        return self._timed(calls[0].verb, [row for call in calls for row in call.inputs], calls)

    def _share(self, calls: list[Call], counts: list[int], result: Any) -> None:
        for call, part in zip(calls, split(result, counts)):
            call.note["joined"] = len(calls)
            self._finish(call, part)

    def _wrong_length(self, verb: Verb, rows: int, result: Any) -> None:
        length = length_of(result)
        got = f"{length} results" if length is not None else f"a {type(result).__name__}"
        reason = f"{verb.name} returned {got} for {rows} rows of several requests"
        self._batching.turn_off(verb.name, reason, "return one result for each row of inputs")

    def _timed(self, verb: Verb, inputs: Any, calls: list[Call]) -> Any:
        metrics = self._metrics
        rows = len(inputs) if type(inputs) is list else 1
        metrics.batch_begins()
        began = time.perf_counter()
        try:
            return verb.method(inputs)
        finally:
            seconds = time.perf_counter() - began
            metrics.batch(len(calls), rows, seconds)
            for call in calls:
                call.model_seconds += seconds

    def _finish(self, call: Call, result: Any) -> None:
        try:
            if call.verb.after is not None:
                CURRENT_REQUEST.set(call.request)
                result = call.verb.after(result, call)
        except BaseException as error:
            self._answers.raised(call, error)
        else:
            self._answers.encoded(call, result)
