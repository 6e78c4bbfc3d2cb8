"""Requests that wait at the same time are predicted together, where that is known to be safe."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import shutil
import signal
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conftest import POSIX, SCRIPTS, Reply, Serving, wait_until

# Inputs that are a text tell it what to do, lists of rows are predicted. `calls` are the rows of each call.
RECORDER = """
    import time
    {imports}

    class Predict:
        {attribute}
        def __init__(self):
            self.calls = []

        def predict(self, inputs):
            if inputs == "slow":
                time.sleep(0.3)
                return "slow"
            if inputs == "calls":
                calls, self.calls = self.calls, []
                return calls
            self.calls.append(len(inputs))
            rows = [[row[0] * 2, row[0]] for row in inputs]
            {body}
"""
SAMPLE = [[1.0, 1.5], [2.0, 0.5], [3.0, 7.5]]


def recorder(body: str = "return rows", attribute: str = "", imports: str = "") -> str:
    return RECORDER.format(body=body, attribute=attribute, imports=imports)


def switch(serving: Serving, verb: str = "predict") -> dict[str, Any]:
    return serving.wait(lambda state: verb in state.get("batching", {}))["batching"][verb]


def metrics(serving: Serving) -> dict[str, Any]:
    return serving.get("/metrics.json").json()


def checked(serving: Serving) -> dict[str, Any]:
    """The switch when the check is done; what the check called is forgotten."""
    found = switch(serving)
    assert serving.predict("calls")
    return found


class Waiting:
    """Requests on connections of their own that are all there while the worker is busy with a slow call."""

    def __init__(self, serving: Serving, inputs: list[Any]) -> None:
        self.serving = serving
        busy = metrics(serving)["totals"]["inFlight"]
        self.connections = [self._send("slow")]
        wait_until(lambda: metrics(serving)["totals"]["inFlight"] == busy + 1, 5)
        self.connections += [self._send(one) for one in inputs]
        wait_until(lambda: metrics(serving)["totals"]["inFlight"] >= busy + 1 + len(inputs), 5)

    def _send(self, inputs: Any) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self.serving.port, timeout=20)
        connection.request("POST", "/predict", json.dumps({"inputs": inputs}))
        return connection

    def replies(self) -> list[Reply]:
        """In the order in which they were sent, without the slow one's."""
        got = []
        for connection in self.connections:
            got.append(Reply(connection.getresponse()))
            connection.close()
        assert got[0].status == 200
        return got[1:]

    def predictions(self) -> list[Any]:
        replies = self.replies()
        assert [reply.status for reply in replies] == [200] * len(replies), replies[0].body
        return [reply.json()["predictions"] for reply in replies]


def doubled(*numbers: float) -> list[list[float]]:
    return [[number * 2, number] for number in numbers]


def one_each(numbers: range) -> list[Any]:
    return [[[float(number), 0.5]] for number in numbers]


def test_calls_that_wait_run_together_and_each_gets_its_own_answer(serve: Any) -> None:
    serving = serve(recorder(), sample=SAMPLE)
    assert checked(serving) == {"on": True, "reason": "tried with the saved request", "remedy": None}
    inputs = [[[float(number), 0.5]] * (1 + number % 3) for number in range(20)]
    got = Waiting(serving, inputs).predictions()
    assert got == [doubled(*[float(number)] * (1 + number % 3)) for number in range(20)]
    assert serving.predict("calls") == [sum(map(len, inputs))]  # all of them in one call
    worker = metrics(serving)["workers"][0]
    assert (worker["batching"], worker["batchingReason"]) == ("on", "predict: tried with the saved request")
    assert serving.predict([[1.0, 0.5]]) == doubled(1.0)  # alone it does not wait for others
    joined = wait_until(lambda: [record["joined"] for record in serving.records() if "joined" in record])
    assert set(joined) == {20}
    wait_until(lambda: sum("joined" in record for record in serving.records()) == 20)


def test_rows_that_are_not_alike_do_not_run_together(serve: Any) -> None:
    serving = serve(recorder(), sample=SAMPLE)
    checked(serving)
    inputs = [
        [[1.0, 0.5]],
        [[2, 3]],
        [["a", "b"]],
        [[4.0]],
        [[5.0, 0.5]],
        [[6, 1.5]],
        [["c", "d"]],
        [],
        [[True, 0]],
    ]
    assert Waiting(serving, inputs).predictions() == [
        [[row[0] * 2, row[0]] for row in rows] for rows in inputs
    ]
    assert sorted(serving.predict("calls")) == [0, 1, 1, 1, 2, 3]


def test_caps_on_rows_and_bytes(serve: Any) -> None:
    serving = serve(recorder(), sample=SAMPLE, batching={"maxRows": 8, "maxBytes": 500})
    checked(serving)
    assert Waiting(serving, one_each(range(20))).predictions() == [doubled(float(n)) for n in range(20)]
    assert serving.predict("calls") == [8, 8, 4]
    large = [[number + 0.5, 123456789012345.0] for number in range(6)]  # about 150 bytes
    assert Waiting(serving, [large] * 7).predictions() == [[[row[0] * 2, row[0]] for row in large]] * 7
    assert serving.predict("calls") == [6] * 7  # two have more than 8 rows
    wide = [[number + 0.25] + [123456789012345.0] * 9 for number in range(7)]  # about 200 bytes each
    assert Waiting(serving, [[row] for row in wide]).predictions() == [[[row[0] * 2, row[0]]] for row in wide]
    assert serving.predict("calls") == [2, 2, 2, 1]
    more = [[float(number), 0.5] for number in range(100)]
    assert Waiting(serving, [more, more]).predictions() == [doubled(*map(float, range(100)))] * 2
    assert serving.predict("calls") == [100, 100]  # a request is never split


@pytest.mark.parametrize(
    ("attribute", "launch", "reason"),
    [
        ("batching = False", {}, "the class says 'batching = False'"),
        ("", {"batching": False}, "its definition turns batching off"),
        ("", {"batching": {"enabled": False}}, "its definition turns batching off"),
    ],
)
def test_off_when_it_is_said(serve: Any, attribute: str, launch: dict[str, Any], reason: str) -> None:
    serving = serve(recorder(attribute=attribute), sample=SAMPLE, **launch)
    assert switch(serving) == {"on": False, "reason": reason, "remedy": None}
    assert Waiting(serving, one_each(range(5))).predictions() == [doubled(float(n)) for n in range(5)]
    assert serving.predict("calls") == [1] * 5  # no check either
    assert metrics(serving)["workers"][0]["batching"] == "off"


def test_the_check_can_be_skipped(serve: Any) -> None:
    serving = serve(recorder(), batching={"check": False})
    assert switch(serving)["on"]
    assert Waiting(serving, one_each(range(5))).predictions() == [doubled(float(n)) for n in range(5)]
    assert serving.predict("calls") == [5]


KINDS = {
    "list": "rows",
    "tuple": "tuple(rows)",
    "tuples": "tuple(map(tuple, rows))",
    "dicts": "[dict(a=row[0], b=row[1]) for row in rows]",
    "numpy": "numpy.array(rows)",
    "numpy rows": "[numpy.array(row) for row in rows]",
    "numpy float32": "numpy.array(rows, dtype='float32')",
    "numpy texts": "numpy.array(rows).astype(str)",
    "pandas": "pandas.DataFrame(rows, columns=['a', 'b'])",
    "pandas series": "pandas.Series([row[0] for row in rows])",
}


@pytest.mark.parametrize("needs", ["", "numpy", "pandas"])
def test_results_of_every_kind_are_split(serve: Any, needs: str) -> None:
    if needs and importlib.util.find_spec(needs) is None:
        pytest.skip(f"{needs} is not installed")
    made = {
        kind: body for kind, body in KINDS.items() if kind.startswith(needs) and (needs or " " not in kind)
    }
    if not needs:
        made = {kind: body for kind, body in made.items() if kind not in {"numpy", "pandas"}}
    cases = "; ".join(
        f"\n            if inputs[0][1] == {index}: return {body}" for index, body in enumerate(made.values())
    )
    serving = serve(
        recorder(cases, imports=f"import {needs}" if needs else ""), sample=[[1.0, 0], [2.5, 0], [3, 0]]
    )
    assert checked(serving)["on"]
    inputs = [[[n + 0.0, k], [n + 0.25, k]] for k in range(len(made)) for n in range(4)]
    alone = [serving.predict(rows) for rows in inputs]
    assert serving.predict("calls") == [2] * len(inputs)
    for k in range(len(made)):
        part = slice(4 * k, 4 * k + 4)
        assert Waiting(serving, inputs[part]).predictions() == alone[part]
        assert serving.predict("calls") == [8]
    assert switch(serving)["on"]


@pytest.mark.parametrize(
    ("wrong", "got"),
    [("rows[:-1]", "4 results"), ("iter(rows)", "a list_iterator")],
)
def test_a_wrong_length_turns_it_off_and_everybody_is_answered(serve: Any, wrong: str, got: str) -> None:
    body = f"return {wrong} if len(rows) == 5 and rows[0][1] >= 100 else rows"
    serving = serve(recorder(body), sample=SAMPLE)
    assert checked(serving)["on"]
    wanted = [doubled(float(n)) for n in range(100, 105)]
    assert Waiting(serving, one_each(range(100, 105))).predictions() == wanted
    off = serving.wait(lambda state: not state["batching"]["predict"]["on"])["batching"]["predict"]
    assert off["reason"] == f"predict returned {got} for 5 rows of several requests"
    assert off["remedy"] == "return one result for each row of inputs"
    assert Waiting(serving, one_each(range(100, 105))).predictions() == wanted
    assert serving.predict("calls") == [5] + [1] * 10
    serving.wait_record(lambda record: record["level"] == "WARN" and off["reason"] in record["message"])
    worker = metrics(serving)["workers"][0]
    assert (worker["batching"], worker["batchingReason"]) == ("off", f"predict: {off['reason']}")


def test_an_exception_that_only_the_batch_raises_turns_it_off(serve: Any) -> None:
    body = "assert len(rows) == 1 or rows[0][1] < 100, 'only one row, please'; return rows"
    serving = serve(recorder(body), sample=SAMPLE)
    assert checked(serving)["on"]
    wanted = [doubled(float(n)) for n in range(100, 104)]
    assert Waiting(serving, one_each(range(100, 104))).predictions() == wanted
    off = serving.wait(lambda state: not state["batching"]["predict"]["on"])["batching"]["predict"]
    assert "raised with 4 rows of 4 requests" in off["reason"]
    assert "only one row, please" in off["reason"]
    assert off["remedy"]
    serving.predict("calls")
    assert Waiting(serving, one_each(range(100, 104))).predictions() == wanted
    assert serving.predict("calls") == [1] * 4


def test_the_failing_request_is_found_and_the_others_are_answered(serve: Any) -> None:
    body = "assert all(row[1] >= 0 for row in rows), 'below zero'; return rows"
    serving = serve(recorder(body), sample=SAMPLE)
    checked(serving)
    inputs = one_each(range(16))
    inputs[5] = [[1.0, 0.5], [-1.0, 0.5]]
    replies = Waiting(serving, inputs).replies()
    assert [reply.status for reply in replies] == [500 if index == 5 else 200 for index in range(16)]
    assert "below zero" in replies[5].json()["error"]
    replies.pop(5)
    assert [reply.json()["predictions"] for reply in replies] == [
        doubled(float(n)) for n in range(16) if n != 5
    ]
    calls = serving.predict("calls")
    assert calls[0] == 17
    assert len(calls) <= 2 * 4 + 2  # by halves
    assert switch(serving)["on"]
    errors = [record for record in serving.records() if record["logger"] == "script"]
    assert len(errors) == 1  # attempts are not told as failures


def test_a_script_that_changes_its_inputs(serve: Any) -> None:
    body = "[row.append(row.pop(0) + 1) for row in inputs]; assert all(row[1] >= 0 for row in rows); return inputs"
    serving = serve(recorder(body), sample=SAMPLE)
    checked(serving)
    replies = Waiting(serving, [*one_each(range(7)), [[-1.0, 0.5]]]).replies()
    assert [reply.status for reply in replies] == [200] * 7 + [500]
    assert [reply.json()["predictions"] for reply in replies[:7]] == [[[0.5, n + 1.0]] for n in range(7)]


def test_a_script_that_changes_its_inputs_behind_a_transformer(serve: Any) -> None:
    script = recorder(
        "[row.append(row.pop(0) + 1) for row in inputs]; assert all(row[1] >= 0 for row in rows); return inputs"
    )
    script += """
    class Transformer:
        def preprocess(self, inputs):
            return inputs if isinstance(inputs, str) else [[row[0] * 10, row[1]] for row in inputs]
    """
    serving = serve(script, sample=SAMPLE)
    assert checked(serving)["on"]
    replies = Waiting(serving, [*one_each(range(7)), [[-1.0, 0.5]]]).replies()
    assert [reply.status for reply in replies] == [200] * 7 + [500]
    assert [reply.json()["predictions"] for reply in replies[:7]] == [[[0.5, n * 10 + 1.0]] for n in range(7)]


def test_bad_requests_never_fail_good_ones(serve: Any) -> None:
    body = "time.sleep(0.002); assert all(row[1] >= 0 for row in rows), 'below zero'; return rows"
    serving = serve(recorder(body), sample=SAMPLE)
    checked(serving)
    clients, each, bad = 32, 30, 30
    wrong: list[Any] = []
    begun = threading.Barrier(clients)

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=30)
        begun.wait(20)
        for index in range(each):
            value = number * each + index + 0.25
            fails = index % each == number % each and number < bad
            row = [-value if fails else value, 0.5]
            connection.request("POST", "/predict", json.dumps({"inputs": [row]}))
            reply = Reply(connection.getresponse())
            good = reply.status == 200 and reply.json() == {"predictions": doubled(value)}
            if not (reply.status == 500 and b"below zero" in reply.body if fails else good):
                wrong.append((value, fails, reply.status, reply.body))
        connection.close()

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(client, range(clients)))
    assert wrong == []
    calls = serving.predict("calls")
    assert max(calls) > 8  # they were joined
    counts = {entry["status"]: entry["count"] for entry in metrics(serving)["totals"]["requests"]}
    assert counts[500] == bad
    assert switch(serving)["on"]


def test_the_script_runs_once_per_request(serve: Any) -> None:
    serving = serve(recorder(), sample=SAMPLE)
    checked(serving)
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda n: serving.predict([[float(n), 0.5]]), range(200)))
    assert got == [doubled(float(n)) for n in range(200)]
    assert sum(serving.predict("calls")) == 200


def test_clients_that_are_gone_are_left_out(serve: Any) -> None:
    serving = serve(recorder(), sample=SAMPLE)
    checked(serving)
    waiting = Waiting(serving, one_each(range(8)))
    for connection in waiting.connections[1::2]:
        connection.sock.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii" if POSIX else "hh", 1, 0)
        )
        connection.close()
    time.sleep(0.1)
    waiting.connections = waiting.connections[::2]
    assert waiting.predictions() == [doubled(float(n)) for n in range(8) if n % 2]
    assert serving.predict("calls") == [4]


# The check at the start

PLAIN = """
    class Predict:
        def __init__(self):
            {init}

        def predict(self, inputs{hint}):
            {body}
"""


def plain(body: str, init: str = "pass", hint: str = "") -> str:
    return PLAIN.format(body=body, init=init, hint=hint)


MODEL = "self.model = type('Model', (), {'n_features_in_': 3, '__module__': 'sklearn.mine', 'predict': lambda self, rows: rows})()"
NAMED = MODEL.replace("3,", "2, 'feature_names_in_': ['a', 'b'],")


@pytest.mark.parametrize(
    ("script", "launch", "reason"),
    [
        (
            plain("return [row['a'] for row in inputs]"),
            {"sample": [{"a": 1}]},
            "tried with the saved request",
        ),
        (
            plain("return [row['a'] for row in inputs]"),
            {"sample": [{"a": 1.5, "b": 2}]},
            "tried with the saved request",
        ),
        (
            plain("return [len(row) for row in inputs]"),
            {"sample": ["one text"]},
            "tried with the saved request",
        ),
        (plain("return [row[2] for row in inputs]", MODEL), {}, "tried with the model's 3 features"),
        (plain("return [row['b'] for row in inputs]", NAMED), {}, "tried with the model's feature names"),
        (plain("return [x + 1 for x in inputs]", hint=": list[float]"), {}, "tried with the type hints"),
        (plain("return [x.upper() for x in inputs]", hint=": list[str]"), {}, "tried with the type hints"),
    ],
)
def test_what_it_is_tried_with(serve: Any, script: str, launch: dict[str, Any], reason: str) -> None:
    if ": list[" in script:
        script = "    from __future__ import annotations\n    from typing import List" + script.replace(
            "list[", "List["
        )
    assert switch(serve(script, **launch)) == {"on": True, "reason": reason, "remedy": None}


def test_without_a_sample_it_is_off_and_the_remedy_is_told_everywhere(serve: Any) -> None:
    serving = serve(plain("return [str(row) for row in inputs]"))
    off = switch(serving)
    assert off["on"] is False
    assert off["reason"].startswith("there is no sample: ")
    assert off["remedy"].startswith("write the inputs of a request into the definition")
    worker = metrics(serving)["workers"][0]
    assert (worker["batching"], worker["batchingReason"]) == ("off", f"predict: {off['reason']}")
    record = serving.wait_record(lambda record: "are not joined" in record["message"])
    assert record["level"] == "INFO"
    assert off["reason"] in record["message"]
    assert off["remedy"] in record["message"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "mean = sum(r[0] for r in inputs) / len(inputs); return [r[0] - mean for r in inputs]",
            "differently",
        ),
        ("return [r[0] + index for index, r in enumerate(inputs)]", "differently"),
        ("return sorted(r[0] for r in inputs)", "differently"),
        (
            "self.last, last = inputs[-1][0], getattr(self, 'last', 0); return [last] * len(inputs)",
            "differently",
        ),
        ("return [sum(r[0] for r in inputs)]", "returned 1 results for 3 rows"),
        ("return sum(r[0] for r in inputs)", "returned float for 1 row"),
        (
            "(row,) = inputs; return [row[0]]",
            "raised with several rows, with none alone: ValueError: too many",
        ),
        ("return {'predictions': inputs}", "returned dict for 1 row"),
        ("return (row for row in inputs)", "returned generator for 1 row"),
        ("raise RuntimeError('no GPU')", "did not take the saved request: RuntimeError: no GPU"),
        ("import sys; sys.exit(3)", "did not take the saved request: SystemExit: 3"),
    ],
)
def test_scripts_that_do_not_answer_rows_by_themselves_stay_alone(serve: Any, body: str, reason: str) -> None:
    serving = serve(plain(body), sample=SAMPLE)
    off = switch(serving)
    assert off["on"] is False
    assert reason in off["reason"]
    assert serving.get("/v2/health/ready").status == 200
    assert not [record for record in serving.records() if record["level"] in {"ERROR", "WARN"}]


def test_the_check_looks_like_no_failure_and_no_request(serve: Any) -> None:
    body = """
            import logging, sys, warnings
            print("printed", inputs)
            print("to stderr", file=sys.stderr)
            logging.getLogger("mine").error("logged")
            warnings.warn("warned")
            if len(inputs) > 1: raise ValueError("one row only")
            return inputs
    """
    serving = serve(plain(body.strip()), sample=SAMPLE)
    assert "one row only" in switch(serving)["reason"]
    found = [record for record in serving.records() if record["logger"] not in {"server", "access"}]
    assert found  # it is there for those who look for it
    assert {record["level"] for record in found} == {"DEBUG"}
    value = metrics(serving)
    assert value["totals"]["requests"] == []
    assert value["totals"]["modelSeconds"]["count"] == 0
    assert serving.predict([[1.0, 2.0]]) == [[1.0, 2.0]]
    serving.wait_record(lambda record: record["level"] == "INFO" and "printed" in record["message"])


def test_requests_are_answered_while_it_is_checked(serve: Any) -> None:
    serving = serve(plain("import time; time.sleep(0.3); return inputs"), sample=SAMPLE)
    began = time.monotonic()
    assert serving.predict([[7.0, 1.0]]) == [[7.0, 1.0]]
    assert time.monotonic() - began < 1.5  # the whole check takes 5 calls
    assert switch(serving)["on"]


def test_each_verb_has_a_switch_of_its_own(serve: Any) -> None:
    script = """
        class Predict:
            def predict(self, inputs):
                return [row[0] for row in inputs]
            def classify(self, inputs):
                return "not implemented"
    """
    serving = serve(script, sample=SAMPLE)
    assert switch(serving, "classify")["on"] is False
    assert switch(serving, "predict")["on"] is True
    assert metrics(serving)["workers"][0]["batching"] == "on"


def test_the_seeds_script_gets_it_without_a_word(make_serving: Any, tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib", reason="joblib is not installed")
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    from sklearn.datasets import load_iris
    from sklearn.neighbors import KNeighborsClassifier

    rows, wanted = load_iris(return_X_y=True)
    model = KNeighborsClassifier().fit(rows, wanted)
    serving = make_serving(None)
    shutil.copy(SCRIPTS / "irisflowerclassifier.py", serving.script)
    joblib.dump(model, serving.artifact / "iris_knn.pkl")
    serving.start().ready(60)
    assert switch(serving) == {"on": True, "reason": "tried with the model's 4 features", "remedy": None}
    assert switch(serving, "classify")["on"] is False
    connections = [http.client.HTTPConnection("127.0.0.1", serving.port, timeout=20) for _ in range(50)]
    for connection in connections:
        connection.request("GET", "/live")
        assert Reply(connection.getresponse()).status == 200
    if POSIX:
        os.kill(
            metrics(serving)["workers"][0]["pid"], signal.SIGSTOP
        )  # so that all are there when it goes on
    for connection, row in zip(connections, rows.tolist()[::3]):
        connection.request("POST", "/predict", json.dumps({"inputs": [row]}))
    if POSIX:
        os.kill(serving.state()["replicas"][0]["pid"], signal.SIGCONT)
    got = [Reply(connection.getresponse()).json()["predictions"][0] for connection in connections]
    assert got == model.predict(rows)[::3].tolist()
    requests = metrics(serving)["totals"]["batchRequests"]
    assert requests["sum"] == 50
    assert requests["count"] < (25 if POSIX else 51)
    for connection in connections:
        connection.close()


def test_a_verb_is_told_off_when_nothing_is_left_to_try(serve: Any) -> None:
    serving = serve(plain("return [row['c'] for row in inputs]", NAMED))
    off = switch(serving)
    assert off["reason"].startswith("predict did not take the model's 2 features: TypeError")
    assert len([record for record in serving.records() if "are not joined" in record["message"]]) == 1
