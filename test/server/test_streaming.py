"""Generators of scripts as server-sent events and NDJSON."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

import pytest

from conftest import Serving, wait_until
from model_server.answering.streaming import EVENTS, LINES, wanted_stream

SCRIPT = """
import asyncio, os, time
NOTES = []
class Predict:
    def predict(self, inputs):
        try:
            for number in range(inputs["count"]):
                if number == inputs.get("fail"):
                    raise ValueError(f"no {number}")
                if number == inputs.get("exit"):
                    raise SystemExit(3)
                time.sleep(inputs.get("pause", 0))
                yield {"n": number, "fill": "x" * inputs.get("fill", 0)} if inputs.get("object") else number
        finally:
            NOTES.append(inputs.get("name"))
    async def classify(self, inputs):
        if inputs == "loops":
            await asyncio.sleep(0)
            return id(asyncio.get_running_loop())
        if inputs == "notes":
            return NOTES
        await asyncio.sleep(0.001)
        if inputs == "raise":
            raise KeyError("gone")
        return {"got": inputs}
    async def regress(self, inputs):
        try:
            for number in range(inputs):
                await asyncio.sleep(0)
                yield number
                if number == 3:
                    yield object()
        finally:
            NOTES.append("async closed")
"""


@pytest.fixture(scope="module", params=["pure", "compiled"])
def serving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    environment = {"MODEL_SERVER_PURE": "1" if request.param == "pure" else "0"}
    if request.param == "compiled":
        pytest.importorskip("httptools", reason="httptools is not installed")
    made = Serving(tmp_path_factory.mktemp("stream"), SCRIPT, environment).start().ready()
    yield made
    assert made.stop() == 0
    made.end()


class Open:
    """A streamed reply that is read line by line."""

    def __init__(self, serving: Serving, path: str, inputs: Any, accept: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=20)
        self.connection.request("POST", path, json.dumps({"inputs": inputs}), {"Accept": accept})
        self.response = self.connection.getresponse()
        self.type = self.response.getheader("content-type")

    def line(self) -> str:
        return self.response.readline().decode()

    def rest(self) -> str:
        text = self.response.read().decode()
        self.connection.close()
        return text


def test_which_stream_a_client_wants() -> None:
    for header, wanted in [
        (None, None),
        (b"*/*", None),
        (b"application/json", None),
        (b"application/json, text/plain, */*", None),
        (b"text/event-stream", EVENTS),
        (b"Text/Event-Stream; charset=utf-8", EVENTS),
        (b"application/x-ndjson", LINES),
        (b"application/jsonl", LINES),
        (b"application/json, text/event-stream", None),
        (b"application/json;q=0.5, text/event-stream", EVENTS),
        (b"application/x-ndjson;q=0, application/json", None),
        (b"text/event-stream;q=x", None),
        (b"text/event-stream;q=0.5, application/x-ndjson", LINES),
    ]:
        assert wanted_stream(header) == wanted, header


def test_events(serving: Serving) -> None:
    stream = Open(serving, "/v1/models/iris:predict", {"count": 3, "name": "events"}, "text/event-stream")
    assert stream.type == "text/event-stream"
    assert stream.response.getheader("cache-control") == "no-cache"
    assert stream.rest() == "data: 0\n\ndata: 1\n\ndata: 2\n\nevent: end\ndata: {}\n\n"


def test_lines(serving: Serving) -> None:
    stream = Open(serving, "/predict", {"count": 2, "object": True}, "application/x-ndjson")
    assert stream.type == "application/x-ndjson"
    assert [json.loads(line) for line in stream.rest().splitlines()] == [
        {"n": 0, "fill": ""},
        {"n": 1, "fill": ""},
    ]


def test_a_list_without_the_header_and_nothing_at_all(serving: Serving) -> None:
    assert serving.predict({"count": 4}) == [0, 1, 2, 3]
    assert serving.predict({"count": 0}) == []
    assert Open(serving, "/predict", {"count": 0}, "text/event-stream").rest() == "event: end\ndata: {}\n\n"
    assert Open(serving, "/predict", {"count": 0}, "application/x-ndjson").rest() == ""


def test_what_fails_before_the_first_item_is_an_error_as_ever(serving: Serving) -> None:
    for accept in ("text/event-stream", "application/x-ndjson", "application/json"):
        stream = Open(serving, "/predict", {"count": 2, "fail": 0}, accept)
        assert stream.response.status == 500
        value = json.loads(stream.rest())
        assert value["kind"] == "script-raised"
        assert "no 0" in value["error"]
        assert "line 9" in value["error"]
    stream = Open(serving, "/predict", {"count": 2, "exit": 0}, "text/event-stream")
    assert json.loads(stream.rest())["kind"] == "script-exited"
    assert serving.predict({"count": 1}) == [0]


@pytest.mark.parametrize("how", ["fail", "exit"])
def test_what_fails_later_is_the_last_event(serving: Serving, how: str) -> None:
    text = Open(serving, "/predict", {"count": 5, how: 2}, "text/event-stream").rest()
    *items, last, empty = text.split("\n\n")
    assert (items, empty) == (["data: 0", "data: 1"], "")
    event, data = last.split("\n")
    assert event == "event: error"
    assert json.loads(data[len("data: ") :])["kind"] == (
        "script-raised" if how == "fail" else "script-exited"
    )
    lines = Open(serving, "/predict", {"count": 5, how: 2}, "application/x-ndjson").rest().splitlines()
    assert lines[:2] == ["0", "1"]
    assert "error" in json.loads(lines[2])


def test_items_come_when_they_are_made_and_other_calls_run_between(serving: Serving) -> None:
    began = time.monotonic()
    count, pause = 50, 0.1
    stream = Open(serving, "/predict", {"count": count, "pause": pause}, "text/event-stream")
    assert stream.line() == "data: 0\n"
    for _ in range(3):
        assert serving.predict({"count": 1}) == [0]
    assert time.monotonic() - began < count * pause - 0.1, "sooner than the last item can be made"
    assert stream.rest().count("data: ") == count


def test_the_generator_of_a_client_that_goes_is_closed(serving: Serving) -> None:
    stream = Open(serving, "/predict", {"count": 10**9, "pause": 0.01, "name": "gone"}, "text/event-stream")
    stream.line()
    stream.response.close()
    stream.connection.close()
    wait_until(lambda: "gone" in serving.post("/classify", {"inputs": "notes"}).json()["predictions"])


def test_a_client_that_does_not_read_stops_the_generator(serving: Serving) -> None:
    inputs = {"count": 3000, "object": True, "fill": 100_000, "name": "slow"}
    stream = Open(serving, "/predict", inputs, "application/x-ndjson")
    stream.line()
    time.sleep(0.5)
    memory = serving.state()["replicas"][0]["memoryBytes"]
    assert memory is None or memory < 150_000_000
    assert serving.predict({"count": 1}) == [0]
    assert stream.rest().count("\n") == 2999


def test_async_verbs(serving: Serving) -> None:
    assert serving.post("/classify", {"inputs": [1]}).json() == {"predictions": {"got": [1]}}
    loops = {serving.post("/classify", {"inputs": "loops"}).json()["predictions"] for _ in range(3)}
    assert len(loops) == 1
    assert "KeyError" in serving.post("/classify", {"inputs": "raise"}).json()["error"]
    assert serving.post("/regress", {"inputs": 3}).json() == {"predictions": [0, 1, 2]}
    text = Open(serving, "/regress", 6, "application/x-ndjson").rest().splitlines()
    assert text[:4] == ["0", "1", "2", "3"]
    assert json.loads(text[4])["kind"] == "reply-not-json"
    assert "async closed" in serving.post("/classify", {"inputs": "notes"}).json()["predictions"]


def test_a_result_that_is_no_iterator_is_one_item(serving: Serving) -> None:
    text = Open(serving, "/classify", 1, "text/event-stream").rest()
    assert text == 'data: {"got":1}\n\nevent: end\ndata: {}\n\n'


def test_http_10_gets_the_items_until_the_end_of_the_connection(serving: Serving) -> None:
    with serving.connect() as sock:
        body = b'{"inputs":{"count":3}}'
        sock.sendall(
            b"POST /predict HTTP/1.0\r\nAccept: application/x-ndjson\r\nContent-Length: %d\r\n\r\n"
            % len(body)
            + body
        )
        text = b"".join(iter(lambda: sock.recv(65536), b""))
    assert text.endswith(b"\r\n\r\n0\n1\n2\n")


def test_one_connection_for_streams_and_replies(serving: Serving) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=20)
    for accept, expected in (("application/x-ndjson", b"0\n1\n"), ("*/*", b'{"predictions":[0,1]}')) * 3:
        connection.request("POST", "/predict", b'{"inputs":{"count":2}}', {"Accept": accept})
        assert connection.getresponse().read() == expected
    connection.close()
