"""HTTP/1.1 by RFC 9110 and 9112 only: raw sockets, a strict reader, and nothing that knows how the server is made."""

from __future__ import annotations

import re
import socket
import time
from typing import Any

import pytest

from conftest import Serving
from wire import Answer, Wire, get, post

SCRIPT = """
import time
class Predict:
    def predict(self, inputs):
        if isinstance(inputs, dict):
            time.sleep(inputs["sleep"])
        return inputs
"""
BODY = b'{"inputs":"mine"}'
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"11\r\n" + BODY + b"\r\n0\r\n\r\n"
LIVE = b"/v2/health/live"
# What a request that was hidden in another one would be answered with.
HIDDEN = b"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Length: 19\r\n\r\n" + b'{"inputs":"hidden"}'


@pytest.fixture(scope="module", params=["pure", "compiled"])
def serving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    if request.param == "compiled":
        pytest.importorskip("httptools", reason="httptools is not installed")
    limits = {"bodyBytes": 2_000_000, "headSeconds": 2, "bodyIdleSeconds": 2, "idleSeconds": 5}
    environment = {"MODEL_SERVER_PURE": "1" if request.param == "pure" else "0"}
    made = Serving(tmp_path_factory.mktemp(request.param), SCRIPT, environment, limits=limits).start().ready()
    yield made
    state = made.state()
    assert [replica["restarts"] for replica in state["replicas"]] == [0]
    assert made.stop() == 0
    made.end()


def talk(serving: Serving, *parts: bytes, pause: float = 0.0) -> list[Answer]:
    """All answers to these bytes; the client closes its side after them."""
    with Wire(serving.port) as wire:
        for part in parts:
            wire.send(part)
            time.sleep(pause)
        wire.end()
        return wire.all()


def still_answers(serving: Serving) -> None:
    assert serving.predict(7) == 7


def head(more: bytes = b"", line: bytes = b"POST /predict HTTP/1.1", host: bytes = b"Host: h\r\n") -> bytes:
    return line + b"\r\n" + host + more + b"\r\n"


ACCEPTED: dict[str, bytes] = {
    "names in any case": head(b"cOnTeNt-LeNgTh: %d\r\n" % len(BODY)) + BODY,
    "no space after the colon": head(b"Content-Length:%d\r\n" % len(BODY)) + BODY,
    "spaces around a value": head(b"Content-Length: \t %d \t \r\n" % len(BODY)) + BODY,
    "an empty value": head(b"X-Empty:\r\n" + LENGTH) + BODY,
    "bytes above ASCII in a value": head(b"X-Name: J\xf6rg \xff\r\n" + LENGTH) + BODY,
    "an empty line before": b"\r\n" + head(LENGTH) + BODY,
    "a target with a host": head(LENGTH, b"POST http://h/predict HTTP/1.1") + BODY,
    "a query": head(LENGTH, b"POST /predict?a=b&c=%20 HTTP/1.1") + BODY,
    "a path in percents": head(LENGTH, b"POST /%70redict HTTP/1.1") + BODY,
    "HTTP/1.0 without Host": head(LENGTH, b"POST /predict HTTP/1.0", b"") + BODY,
    "chunks": head(CHUNKED) + CHUNKS,
    "chunked in any case": head(b"transfer-encoding: CHUNKED\r\n") + CHUNKS,
    "sizes with zeros and capitals": head(CHUNKED)
    + b"000A\r\n"
    + BODY[:10]
    + b"\r\n7\r\n"
    + BODY[10:]
    + b"\r\n0\r\n\r\n",
    "chunk extensions": head(CHUNKED) + b'11;a=b;c="d"\r\n' + BODY + b"\r\n0;e\r\n\r\n",
    "trailers": head(CHUNKED + b"Trailer: X-Sum\r\n") + b"11\r\n" + BODY + b"\r\n0\r\nX-Sum: 1\r\n\r\n",
    "an upgrade that is not taken": head(
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n" + LENGTH
    )
    + BODY,
    "a length with zeros": head(b"Content-Length: 00%d\r\n" % len(BODY)) + BODY,
    "a type with parameters": head(b"Content-Type: application/json; charset=utf-8\r\n" + LENGTH) + BODY,
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_valid_is_answered(serving: Serving, name: str) -> None:
    (answer,) = talk(serving, ACCEPTED[name])
    assert (answer.status, answer.json()) == (200, {"predictions": "mine"}), answer


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_valid_is_answered_in_pieces(serving: Serving, name: str) -> None:
    message = ACCEPTED[name]
    cut = [message[n : n + 3] for n in range(0, len(message), 3)]
    (answer,) = talk(serving, *cut)
    assert (answer.status, answer.json()) == (200, {"predictions": "mine"}), answer


# Each has to be refused with 400 (or the status that is named), the connection closed, and what follows not be read as a
# request of its own.
REFUSED: dict[str, bytes] = {
    "no Host": head(LENGTH, host=b"") + BODY,
    "two Hosts": head(b"Host: i\r\n" + LENGTH) + BODY,
    "a space before the colon": head(b"Content-Length : 17\r\n") + BODY,
    "a space in a name": head(b"X Y: 1\r\n" + LENGTH) + BODY,
    "a line without a colon": head(b"nonsense\r\n" + LENGTH) + BODY,
    "an empty name": head(b": 1\r\n" + LENGTH) + BODY,
    "a NUL in a value": head(b"X: a\0b\r\n" + LENGTH) + BODY,
    "a bare CR in a value": head(b"X: a\rb\r\n" + LENGTH) + BODY,
    "a first header that is folded": b"POST /predict HTTP/1.1\r\n Host: h\r\n" + LENGTH + b"\r\n" + BODY,
    "two different lengths": head(LENGTH + b"Content-Length: 5\r\n") + BODY,
    "two lengths in one": head(b"Content-Length: 17, 5\r\n") + BODY,
    "a length below zero": head(b"Content-Length: -1\r\n") + BODY,
    "a length with a sign": head(b"Content-Length: +17\r\n") + BODY,
    "a length in hexadecimal": head(b"Content-Length: 0x11\r\n") + BODY,
    "a length with a space": head(b"Content-Length: 1 7\r\n") + BODY,
    "a length with a fraction": head(b"Content-Length: 17.0\r\n") + BODY,
    "an empty length": head(b"Content-Length:\r\n") + BODY,
    "a length beyond 64 bits": head(b"Content-Length: 99999999999999999999999\r\n") + BODY,
    "chunked not last": head(b"Transfer-Encoding: chunked, identity\r\n") + CHUNKS,
    "chunked twice": head(b"Transfer-Encoding: chunked, chunked\r\n") + CHUNKS,
    "chunked in two headers": head(CHUNKED + CHUNKED) + CHUNKS,
    "an unknown transfer coding": head(b"Transfer-Encoding: xchunked\r\n") + CHUNKS,
    "chunked with a control character": head(b"Transfer-Encoding: \x0bchunked\r\n") + CHUNKS,
    "a chunk size that is none": head(CHUNKED) + b"zz\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk size with 0x": head(CHUNKED) + b"0x11\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk size below zero": head(CHUNKED) + b"-11\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk size beyond 64 bits": head(CHUNKED) + b"1" + b"0" * 20 + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk that is longer than told": head(CHUNKED) + b"5\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a method with a space": head(LENGTH, b"PO ST /predict HTTP/1.1") + BODY,
    "a method with a control character": head(LENGTH, b"PO\x01ST /predict HTTP/1.1") + BODY,
    "no version": head(LENGTH, b"POST /predict") + BODY,
    "a version in small letters": head(LENGTH, b"POST /predict http/1.1") + BODY,
    "a version with two digits": head(LENGTH, b"POST /predict HTTP/1.10") + BODY,
    "a space in the target": head(LENGTH, b"POST /pre dict HTTP/1.1") + BODY,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)) + b"\r\n\r\n",
    "nothing that is HTTP": b"\x00\x01\x02\x03\r\n\r\n",
}
MAY_ALSO: dict[str, set[int]] = {
    "an unknown transfer coding": {501},
    "a length beyond 64 bits": {413},
    "a chunk size beyond 64 bits": {413},
    "HTTP/2": {505},
    "a version with two digits": {505},
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_valid_is_refused(serving: Serving, name: str) -> None:
    answers = talk(serving, REFUSED[name] + HIDDEN)
    assert len(answers) == 1, answers
    assert answers[0].status in {400} | MAY_ALSO.get(name, set()), answers
    assert answers[0].headers.get("connection") == "close"
    assert answers[0].json()["error"]
    still_answers(serving)


# Here the RFC leaves a choice: refused, or read in the one way that is safe.
LEFT_OPEN: dict[str, bytes] = {
    "a protocol that is nearly HTTP": head(LENGTH, b"POST /predict RTSP/1.1") + BODY,
    "length and chunks": head(LENGTH + CHUNKED) + CHUNKS,
    "chunks and length": head(CHUNKED + b"Content-Length: 5\r\n") + CHUNKS,
    "the same length twice": head(LENGTH + LENGTH) + BODY,
    "the same length twice in one": head(b"Content-Length: 17, 17\r\n") + BODY,
    "a folded header": head(b"X: a\r\n b\r\n" + LENGTH) + BODY,
    "lines that end with LF": (head(LENGTH)).replace(b"\r\n", b"\n") + BODY,
    "chunks that end with LF": head(CHUNKED) + CHUNKS.replace(b"\r\n", b"\n"),
    "chunks in HTTP/1.0": head(CHUNKED, b"POST /predict HTTP/1.0") + CHUNKS,
    "a Host with a space": head(LENGTH, host=b"Host: a b\r\n") + BODY,
    "a version after ours": head(LENGTH, b"POST /predict HTTP/1.2") + BODY,
    "a space before a chunk's end": head(CHUNKED) + CHUNKS.replace(b"11\r\n", b"11 \r\n"),
}


@pytest.mark.parametrize("name", LEFT_OPEN)
def test_what_is_left_open_hides_no_request(serving: Serving, name: str) -> None:
    answers = talk(serving, LEFT_OPEN[name] + HIDDEN)
    assert answers, "no answer"
    first, *others = answers
    if first.status == 200:
        assert first.json() == {"predictions": "mine"}
        if "length and chunks" in name or "chunks and length" in name or "1.0" in name:
            assert first.headers.get("connection") == "close", (
                "it has to close: what follows may not be a request"
            )
            assert others == []
        # What follows is then rightly a request, and the only one.
        assert [answer.json() for answer in others] in ([], [{"predictions": "hidden"}])
    else:
        assert first.status in {400, 501, 505}, first
        assert first.headers.get("connection") == "close"
        assert others == []
    still_answers(serving)


def test_persistence_by_default_and_on_request(serving: Serving) -> None:
    for version, header, keeps in [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: close\r\n", False),
        (b"1.1", b"Connection: foo, CLOSE\r\n", False),
        (b"1.1", b"Connection: foo\r\nConnection: close\r\n", False),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: Keep-Alive\r\n", True),
    ]:
        with Wire(serving.port) as wire:
            wire.send(head(header, b"GET " + LIVE + b" HTTP/" + version))
            answer = wire.answer()
            assert answer.status == 200
            tokens = re.split(r"\s*,\s*", answer.headers.get("connection", "").lower())
            assert ("close" in tokens) is (not keeps and version == b"1.1") or not keeps
            wire.send(get(LIVE))
            assert bool(wire.all_or_reset(end=True)) is keeps, (version, header)


def test_an_error_of_the_application_keeps_the_connection(serving: Serving) -> None:
    with Wire(serving.port) as wire:
        for target, body, status in [
            (b"/predict", b"{", 400),
            (b"/nothing", BODY, 404),
            (b"/predict", b"", 400),
            (b"/v1/models/other:predict", BODY, 404),
            (b"/predict", BODY, 200),
        ]:
            wire.send(post(target, body))
            answer = wire.answer()
            assert answer.status == status
            assert "connection" not in answer.headers


@pytest.mark.parametrize(
    "method", [b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE", b"BREW", b"M-SEARCH", b"A" * 60]
)
def test_other_methods(serving: Serving, method: bytes) -> None:
    with Wire(serving.port) as wire:
        wire.send(head(LENGTH, method + b" /predict HTTP/1.1") + BODY)
        answer = wire.answer(head_only=False)
        assert answer.status in {400, 405, 501}
        if answer.status == 405:
            assert "POST" in answer.headers["allow"]
            wire.send(get(LIVE))
            assert wire.answer().status == 200
    still_answers(serving)


def test_connect_and_asterisk(serving: Serving) -> None:
    for line in (b"CONNECT h:80 HTTP/1.1", b"OPTIONS * HTTP/1.1"):
        (answer, *_) = talk(serving, head(line=line))
        assert 200 <= answer.status < 600
        assert answer.status not in {500, 502}
    still_answers(serving)


@pytest.mark.parametrize("path", [LIVE, b"/", b"/v1/models/iris", b"/nothing", b"/openapi.json", b"/metrics"])
def test_head_is_get_without_its_body(serving: Serving, path: bytes) -> None:
    with Wire(serving.port) as wire:
        wire.send(get(path))
        got = wire.answer()
        wire.send(head(line=b"HEAD " + path + b" HTTP/1.1"))
        told = wire.answer(head_only=True)
        assert told.status == got.status
        assert told.headers.get("content-type") == got.headers.get("content-type")
        if path not in {b"/metrics", b"/nothing"}:  # these differ from one request to the next
            assert told.headers.get("content-length") == got.headers.get("content-length")
        wire.send(get(LIVE))
        assert wire.answer().status == 200


def test_pipelining_keeps_the_order(serving: Serving) -> None:
    requests, expected = [], []
    for number in range(40):
        body = b'{"inputs":%d}' % number
        kind = number % 4
        requests.append(
            [
                post(b"/predict", body),
                get(LIVE),
                post(b"/predict", b"{"),
                head(CHUNKED) + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n",
            ][kind]
        )
        expected.append(
            [(200, {"predictions": number}), (200, None), (400, None), (200, {"predictions": number})][kind]
        )
    answers = talk(serving, b"".join(requests))
    assert [answer.status for answer in answers] == [status for status, _ in expected]
    for answer, (_, value) in zip(answers, expected):
        assert value is None or answer.json() == value


def test_a_pipeline_ends_with_close(serving: Serving) -> None:
    answers = talk(
        serving, get(LIVE) + head(b"Connection: close\r\n", b"GET " + LIVE + b" HTTP/1.1") + get(LIVE) * 3
    )
    assert [answer.headers.get("connection") for answer in answers] == [None, "close"]


def test_expect(serving: Serving) -> None:
    for value in (b"100-continue", b"100-Continue"):
        with Wire(serving.port) as wire:
            wire.send(head(b"Expect: " + value + b"\r\n" + LENGTH))
            assert wire.answer().status == 100
            wire.send(BODY)
            assert wire.answer().status == 200
    # A body that comes without waiting may be answered with or without the interim reply.
    answers = talk(serving, head(b"Expect: 100-continue\r\n" + LENGTH) + BODY)
    assert [answer.status for answer in answers] in ([200], [100, 200])
    # HTTP/1.0 knows no interim replies.
    answers = talk(serving, head(b"Expect: 100-continue\r\n" + LENGTH, b"POST /predict HTTP/1.0") + BODY)
    assert [answer.status for answer in answers] == [200]
    answers = talk(serving, head(b"Expect: something\r\n" + LENGTH) + BODY)
    assert answers[-1].status in {200, 417}


@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        (head(b"X: " + b"a" * 100_000 + b"\r\n", b"GET /live HTTP/1.1"), {431}),
        (head(b"".join(b"X-%d: 1\r\n" % n for n in range(10_000)), b"GET /live HTTP/1.1"), {431}),
        (head(line=b"GET /" + b"a" * 100_000 + b" HTTP/1.1"), {414, 431}),
        (b"a" * 200_000, {400, 431}),
        (b"GET /live HTTP/1.1\r\nHost: h\r\n" + b"a" * 200_000, {400, 431}),
        (head(CHUNKED) + b"1;" + b"a" * 200_000 + b"\r\n1\r\n0\r\n\r\n", {400, 413, 431}),
        (head(CHUNKED) + b"0\r\n" + b"X: " + b"a" * 200_000 + b"\r\n\r\n", {400, 413, 431}),
    ],
    ids=["one header", "many headers", "target", "no line", "no end", "chunk extension", "trailer"],
)
def test_heads_beyond_the_limit(serving: Serving, request_: bytes, statuses: set[int]) -> None:
    with Wire(serving.port) as wire:
        wire.send(request_)
        answers = wire.all_or_reset(end=True)
    assert [answer.status for answer in answers if answer.status not in statuses] == []
    assert len(answers) == 1
    still_answers(serving)


def test_bodies_beyond_the_limit(serving: Serving) -> None:
    for message in (
        head(b"Content-Length: 3000000\r\n") + b"x" * 3_000_000,
        head(CHUNKED) + (b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n") * 3 + b"0\r\n\r\n",
    ):
        with Wire(serving.port) as wire:
            wire.send(message)
            (answer,) = wire.all_or_reset(end=False)
            assert answer.status == 413
            assert answer.headers["connection"] == "close"
    still_answers(serving)


def test_half_closed_clients(serving: Serving) -> None:
    slow = post(b"/predict", b'{"inputs":{"sleep":0.3}}')
    assert [answer.status for answer in talk(serving, slow)] == [200]
    assert [answer.status for answer in talk(serving, slow + get(LIVE))] == [200, 200]
    began = time.monotonic()
    for cut in (slow[:10], slow[:-5], head(CHUNKED) + b"11\r\n{", b"\r\n"):
        answers = talk(serving, cut)  # ends: with 400, or without a word
        assert [answer.status for answer in answers] in ([], [400], [408])
    assert time.monotonic() - began < 15
    still_answers(serving)


def test_clients_that_go_away_in_the_middle(serving: Serving) -> None:
    message = post(b"/predict", BODY)
    for size in range(1, len(message), 7):
        with Wire(serving.port) as wire:
            wire.send(message[:size])
            wire.reset()
    with Wire(serving.port) as wire:
        wire.send(message * 50)
        wire.reset()
    still_answers(serving)


def test_slow_loris(serving: Serving) -> None:
    """Two hundred clients that never finish their request: others are answered, and they are sent away."""
    began = time.monotonic()
    slow = [Wire(serving.port) for _ in range(200)]
    waits = []
    try:
        for turn in range(12):
            for number, wire in enumerate(slow):
                wire.try_send(
                    b"POST /predict HTTP/1.1\r\nHost: h\r\nX: "[turn : turn + 1]
                    if number % 2
                    else b"G"[turn:]
                )
            asked = time.monotonic()
            assert serving.predict(turn) == turn
            waits.append(time.monotonic() - asked)
            time.sleep(0.1)
        assert sorted(waits)[len(waits) // 2] < 0.5
        for wire in slow:
            answers = wire.all_or_reset(end=False)
            assert [answer.status for answer in answers] in ([408], [])
    finally:
        for wire in slow:
            wire.close()
    assert time.monotonic() - began < 30


def test_every_reply_says_when_and_what(serving: Serving) -> None:
    for request in (
        get(LIVE),
        get(b"/nothing"),
        post(b"/predict", BODY),
        post(b"/predict", b"{"),
        b"x\r\n\r\n",
    ):
        (answer,) = talk(serving, request)
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", answer.headers["date"])
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.json() is not None


def test_nothing_of_a_request_gets_into_the_head_of_a_reply(serving: Serving) -> None:
    for value in (b"a%0d%0aX-Evil: 1", b"a\x0bX-Evil: 1", b"\xc4\x8d\xc4\x8aX-Evil: 1"):
        for message in (
            head(b"X-Request-Id: " + value + b"\r\n" + LENGTH) + BODY,
            head(LENGTH, b"POST /predict?" + value.replace(b" ", b"") + b" HTTP/1.1") + BODY,
            head(LENGTH, b"POST /" + value.replace(b" ", b"") + b" HTTP/1.1") + BODY,
        ):
            for answer in talk(serving, message):
                assert "x-evil" not in answer.headers


def test_many_at_once_on_one_address(serving: Serving) -> None:
    """More connections than a listening queue of a few."""
    wires = [Wire(serving.port) for _ in range(300)]
    try:
        for number, wire in enumerate(wires):
            wire.send(post(b"/predict", b'{"inputs":%d}' % number))
        for number, wire in enumerate(wires):
            assert wire.answer().json() == {"predictions": number}
    finally:
        for wire in wires:
            wire.close()


def test_urgent_data_and_half_open_sockets_do_no_harm(serving: Serving) -> None:
    with Wire(serving.port) as wire:
        wire.send(b"POST /pred")
        wire.socket.send(b"!", socket.MSG_OOB)
        wire.send(b"ict HTTP/1.1\r\nHost: h\r\n" + LENGTH + b"\r\n" + BODY)
        assert wire.answer().status in {200, 400}
    still_answers(serving)
