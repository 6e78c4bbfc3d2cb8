"""Any calls that wait together get the answers that they would get one by one, and each its own."""

from __future__ import annotations

import copy
import json
import tempfile
from collections import deque
from pathlib import Path
from typing import Any, Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT  # noqa: F401  # puts the package on the path
from model_server.calling.answers import Answers
from model_server.calling.batching import Batching, Item
from model_server.calling.calls import Call, InputError, Step, Verb
from model_server.calling.executing import Execution
from model_server.calling.joining import ALL_KINDS, form_of
from model_server.http.messages import Reply
from model_server.measuring.metrics import WorkerMetrics

PLAIN = st.one_of(
    st.integers(-3, 9),
    st.floats(-2, 9, allow_nan=False).map(lambda number: round(number, 1)),
    st.booleans(),
    st.none(),
    st.text("ab", max_size=2),
)
ROWS = st.one_of(
    PLAIN, st.lists(PLAIN, max_size=3), st.dictionaries(st.sampled_from("ab"), PLAIN, max_size=2),
    st.lists(st.floats(-2, 9, allow_nan=False).map(lambda number: round(number, 1)), min_size=2, max_size=2),
)  # fmt: skip
LIKE_ROWS = st.lists(st.lists(st.integers(-1, 9).map(float), min_size=2, max_size=2), max_size=4)
INPUTS = st.one_of(LIKE_ROWS, LIKE_ROWS, LIKE_ROWS, st.lists(ROWS, max_size=3), PLAIN)
REQUESTS = st.lists(
    st.tuples(INPUTS, st.sampled_from(["", "", "", "", "gone", "alone", "large", "broken"])), max_size=24
)


def answer_of(row: Any) -> Any:
    """What the script below answers a row; it fails for some."""
    text = json.dumps(row)
    if "-" in text:
        raise ValueError(f"no {text}")
    return {"row": text, "size": len(text)}


class Script:
    """A Predict class; `spoils` it changes its inputs, so that another attempt with them would go wrong."""

    def __init__(self, result: str = "list", spoils: bool = False, most: int = 1000) -> None:
        self.result, self.spoils, self.most = result, spoils, most
        self.calls: list[Any] = []

    def predict(self, inputs: Any) -> Any:
        self.calls.append(copy.deepcopy(inputs))
        if type(inputs) is not list:
            return answer_of(inputs)
        answers = []
        for row in inputs:
            text = copy.deepcopy(row)
            if self.spoils and isinstance(row, list):
                row.append("spoiled")
            answers.append(answer_of(text))
        if len(inputs) > self.most:
            if self.result == "raises":
                raise MemoryError("too many rows")
            if self.result == "short":
                return answers[:-1]
        return tuple(answers) if self.result == "tuple" else answers


RUN_DIR = tempfile.TemporaryDirectory()


class Worker:
    """Batching and execution as in a worker, without loop, threads and sockets."""

    def __init__(self, script: Script, joins: bool = True, max_rows: int = 16, before: Any = None) -> None:
        self.records: list[bytes] = []
        self.waiting: deque[Item] = deque()
        self.told: list[tuple[int, Reply]] = []
        self.verb = Verb("predict", script.predict, before)
        self.batching = Batching(max_rows, 4000)
        self.batching.turn_on("predict", "tried", set(ALL_KINDS)) if joins else None
        answers = Answers(lambda _: False, 1, self.records.append)
        self.execution = Execution(answers, self.batching, WorkerMetrics(Path(RUN_DIR.name), 1))
        self.groups: list[list[Item]] = []

    def call(self, number: int, inputs: Any, kind: str) -> Call:
        body = json.dumps(inputs)
        respond: Callable[[Any], None] = lambda reply: self.told.append((number, reply))  # noqa: E731
        call = Call(self.verb, json.loads(body), f"request-{number}", {}, encode, respond)
        call.again = lambda: json.loads(body)
        call.size = 5000 if kind == "large" else len(body)
        call.joinable = kind != "alone"
        if kind == "gone":
            call.drop()
        if kind == "broken":
            call.inputs, call.decode = None, refuse
        return call

    def run(self, requests: list[tuple[Any, str]]) -> dict[int, tuple[int, Any]]:
        """Status and body by the request's number."""
        self.waiting.extend(self.call(number, *request) for number, request in enumerate(requests))
        while self.waiting:
            taken: list[Item] = []
            self.batching.gather(self.waiting, taken)
            self.groups.append(taken)
            calls = [item for item in taken if isinstance(item, Call) and not item.dropped]
            if calls:
                self.execution.run(calls)
            for call in calls:
                assert isinstance(call.reply, Reply)
                call.respond(call.reply)
        assert len({number for number, _ in self.told}) == len(self.told)  # each once
        return {number: (reply.status, json.loads(reply.body)) for number, reply in self.told}


def encode(result: Any) -> Reply:
    return Reply(200, json.dumps({"predictions": result}).encode())


def refuse() -> Any:
    raise InputError("bad-json", "The request body is not valid JSON")


def without_place(answers: dict[int, tuple[int, Any]]) -> dict[int, Any]:
    """A failure's frame is in another call of the same script."""
    return {
        number: (status, body.get("predictions", body.get("kind")))
        for number, (status, body) in answers.items()
    }


def one_by_one(requests: list[tuple[Any, str]], before: Any = None) -> dict[int, Any]:
    return without_place(Worker(Script(), joins=False, before=before).run(requests))


@given(REQUESTS, st.sampled_from(["list", "tuple"]), st.booleans(), st.integers(1, 20))
@settings(max_examples=150, deadline=None)
def test_answers_are_those_of_calls_one_by_one(
    requests: list[tuple[Any, str]], result: str, spoils: bool, max_rows: int
) -> None:
    script = Script(result, spoils)
    worker = Worker(script, max_rows=max_rows)
    assert without_place(worker.run(requests)) == one_by_one(requests)
    assert worker.batching.switches["predict"].on
    failures = sum(reply.status == 500 for _, reply in worker.told)
    assert len(worker.records) == failures  # attempts are not told as failures


@given(REQUESTS, st.booleans())
@settings(max_examples=75, deadline=None)
def test_a_transformer_around_it(requests: list[tuple[Any, str]], spoils: bool) -> None:
    def before(inputs: Any, call: Call) -> Any:
        return (
            [[row, "made"] if row != [1.0, 1.0] else [-1.0] for row in inputs]
            if type(inputs) is list
            else inputs
        )

    worker = Worker(Script(spoils=spoils), before=before)
    assert without_place(worker.run(requests)) == one_by_one(requests, before)
    assert worker.batching.switches["predict"].on


@given(REQUESTS, st.sampled_from(["raises", "short"]), st.booleans(), st.integers(1, 6))
@settings(max_examples=100, deadline=None)
def test_a_script_that_can_not_take_many_rows(
    requests: list[tuple[Any, str]], result: str, spoils: bool, most: int
) -> None:
    rows = [(inputs if type(inputs) is not list else inputs[:most], kind) for inputs, kind in requests]
    worker = Worker(Script(result, spoils, most))
    assert without_place(worker.run(rows)) == one_by_one(rows)
    switch = worker.batching.switches["predict"]
    if not switch.on:
        assert switch.reason
        assert switch.remedy
        worker.told, size = [], len(worker.groups)
        worker.run([([[1.0, 1.0]], "")] * 3)
        assert [len(group) for group in worker.groups[size:]] == [1, 1, 1]


@given(REQUESTS, st.integers(1, 20))
@settings(max_examples=100, deadline=None)
def test_what_runs_together(requests: list[tuple[Any, str]], max_rows: int) -> None:
    good = [(json.loads(json.dumps(inputs).replace("-", "")), kind) for inputs, kind in requests]
    script = Script()
    worker = Worker(script, max_rows=max_rows)
    got = worker.run(good)
    assert sorted(got) == [number for number, (_, kind) in enumerate(good) if kind != "gone"]
    # The script runs once for each request: no row twice, none left out.
    rows = [row for inputs in script.calls for row in (inputs if type(inputs) is list else [inputs])]
    wanted = [inputs for inputs, kind in good if kind not in {"gone", "broken"}]
    wanted_rows = [row for inputs in wanted for row in (inputs if type(inputs) is list else [inputs])]
    assert sorted(map(json.dumps, rows)) == sorted(map(json.dumps, wanted_rows))
    for group in worker.groups:
        calls = [item for item in group if isinstance(item, Call)]
        numbers = [int(call.request.split("-")[1]) for call in calls]
        assert numbers == sorted(numbers)
        if len(calls) > 1:
            assert sum(call.rows or 1 for call in calls) <= max_rows
            assert sum(call.size for call in calls) <= 4000
            assert all(call.joinable for call in calls)
    for inputs in script.calls:
        if type(inputs) is list and len(inputs) > max_rows:
            assert inputs in wanted  # one request's


@given(st.lists(st.sampled_from("ab.|"), max_size=12), st.integers(1, 5))
def test_the_queue_keeps_its_order(kinds: list[str], max_rows: int) -> None:
    """a and b: calls of two verbs, a dot: a step, a bar: a call that must be alone."""
    worker = Worker(Script(), max_rows=max_rows)
    verbs = {"a": worker.verb, "b": Verb("classify", Script().predict)}
    worker.batching.turn_on("classify", "tried", set(ALL_KINDS))
    items: list[Item] = []
    for number, kind in enumerate(kinds):
        call = worker.call(number, [[1.0, 1.0]], "alone" if kind == "|" else "")
        call.verb = verbs.get(kind, worker.verb)
        items.append(Step(lambda: None, str(number)) if kind == "." else call)
    waiting, taken = deque(items), []
    while waiting:
        group: list[Item] = []
        head = waiting[0]
        worker.batching.gather(waiting, group)
        assert group[0] is head
        assert len(group) <= max_rows or len(group) == 1
        assert len({id(getattr(item, "verb", item)) for item in group}) == 1
        taken += group
        assert [item for item in items if any(item is left for left in waiting)] == list(waiting)
    assert sorted(map(id, taken)) == sorted(map(id, items))


@given(st.lists(INPUTS, min_size=2, max_size=4))
def test_rows_of_one_form_have_that_form_together(parts: list[Any]) -> None:
    form = form_of(parts[0])
    if form is not None and all(form_of(part) == form for part in parts):
        assert form_of([row for part in parts for row in part]) == form
