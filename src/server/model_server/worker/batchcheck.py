"""Whether a script answers each row by itself: tried at the start with a sample, before requests are joined.

Rows alone, together and in reversed order must get the same answers. Each call of the script is a step of its
own in the queue, so requests that come meanwhile (they run alone) never wait for the whole check.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Generator, Iterator
from typing import Any, Callable, Optional

from ..calling.batching import Batching
from ..calling.calls import Call, Step, Verb
from ..calling.joining import ALL_KINDS, form_of, length_of, split
from ..config import LaunchConfig
from ..http.messages import Reply
from ..logs.capture import CHECK
from ..schema.verbs import VerbSchema
from ..script.modelinfo import ModelInfo
from .likeness import alike
from .samples import Sample, samples_for

_MOST_SECONDS = 5.0  # of the script's time, for one verb
_MOST_CALL_SECONDS = 1.0
SAVE_REQUEST = "write the inputs of a request into the definition as its sample"
TRUST = "set batching.check to false if the script answers each row by itself"


Problem = tuple[str, Optional[str]]  # why requests are not joined, and what helps


class Refused(Exception):
    """The script did not take the sample."""


def begin_batching(
    config: LaunchConfig,
    predict: Any,
    verbs: list[Verb],
    info: ModelInfo,
    batching: Batching,
    put: Callable[[Step], None],
    schemas: dict[str, VerbSchema],
) -> None:
    """Turn joining on or off for each verb: as it is set, else by trying the script."""
    off = None if config.batching.enabled else "its definition turns batching off"
    if getattr(predict, "batching", None) is False:
        off = "the class says 'batching = False'"
    for verb in verbs:
        if off is not None:
            batching.turn_off(verb.name, off)
        elif not config.batching.check:
            batching.turn_on(verb.name, "batching.check is off: the script is trusted", set(ALL_KINDS))
    if off is None and config.batching.check:
        BatchCheck(batching, put).begin(verbs, config.sample, info, schemas)


class BatchCheck:
    """Turns the switches of `batching` on and off. All of it runs on the main thread."""

    def __init__(self, batching: Batching, put: Callable[[Step], None]) -> None:
        self._batching = batching
        self._put = put
        self._seconds = 0.0

    def begin(self, verbs: list[Verb], saved: Any, info: ModelInfo, schemas: dict[str, VerbSchema]) -> None:
        """Try the verbs one after another."""
        self._go_on(self._all(verbs, saved, info, schemas))

    def _go_on(self, work: Iterator[None]) -> None:
        def step() -> None:
            if next(work, work) is not work:
                self._go_on(work)

        self._put(Step(step, CHECK))

    def _all(
        self, verbs: list[Verb], saved: Any, info: ModelInfo, schemas: dict[str, VerbSchema]
    ) -> Iterator[None]:
        for verb in verbs:
            schema = schemas.get(verb.name, VerbSchema())
            yield from self._verb(verb, samples_for(saved, info, verb.method, schema))

    def _verb(self, verb: Verb, samples: list[Sample]) -> Iterator[None]:
        if not samples:
            reason = "there is no sample: neither a saved request nor the model's number of features is known"
            self._batching.turn_off(verb.name, reason, SAVE_REQUEST)
            return
        self._seconds = 0.0
        refusals: list[str] = []
        for sample in samples:
            try:
                problem = yield from self._try(verb, sample)
            except Refused as error:
                refusals.append(f"{verb.name} did not take {sample.source}: {error}")
                continue
            if problem is None:
                kinds = {form[0] for form in (form_of([row]) for row in sample.rows) if form is not None}
                self._batching.turn_on(verb.name, f"tried with {sample.source}", kinds)
            else:
                self._batching.turn_off(verb.name, *problem)
            return
        self._batching.turn_off(verb.name, refusals[0], SAVE_REQUEST)

    def _try(self, verb: Verb, sample: Sample) -> Generator[None, None, Problem | None]:
        """Why requests can't be joined, or None; raises Refused."""
        rows = []
        alone = []
        for row in sample.rows:
            try:
                result = self._call(verb, [row])
            except Refused:
                if row is sample.rows[0]:
                    raise
                continue  # a made variant of the first row that makes no sense to the script
            if length_of(result) != 1:
                return _no_rows(verb, result, 1)
            rows.append(row)
            alone += split(result, [1])
            yield
            if self._seconds > _MOST_SECONDS:
                return f"trying {verb.name} takes longer than {_MOST_SECONDS:g} s", TRUST
        if len(rows) < 2:
            return (
                f"{sample.source} has only one row that {verb.name} takes",
                "write a sample with several rows into the definition",
            )
        for order in (list(range(len(rows))), list(reversed(range(len(rows))))):
            try:
                result = self._call(verb, [rows[index] for index in order])
            except Refused as error:
                return f"{verb.name} raised with several rows, with none alone: {error}", None
            if length_of(result) != len(rows):
                return _no_rows(verb, result, len(rows))
            for index, part in zip(order, split(result, [1] * len(rows))):
                if not alike(alone[index], part):
                    return f"{verb.name} answers a row differently when others are with it", None
            yield
        return None

    def _call(self, verb: Verb, rows: list[Any]) -> Any:
        """The result for copies of rows; raises Refused."""
        began = time.monotonic()
        try:
            inputs: Any = copy.deepcopy(rows)
            if verb.before is not None:
                inputs = verb.before(inputs, _no_call(verb, inputs))
            return verb.method(inputs)
        except BaseException as error:
            raise Refused(f"{type(error).__name__}: {error}"[:200]) from None
        finally:
            seconds = time.monotonic() - began
            self._seconds += seconds if seconds < _MOST_CALL_SECONDS else _MOST_SECONDS


def _no_rows(verb: Verb, result: Any, rows: int) -> Problem:
    length = length_of(result)
    got = f"{length} results" if length is not None else f"{type(result).__name__}"
    return f"{verb.name} returned {got} for {rows} row{'s' if rows > 1 else ''}", None


def _no_call(verb: Verb, inputs: Any) -> Call:
    return Call(verb, inputs, CHECK, {}, lambda _: Reply(200, b""), lambda _: None)
