"""Both request parsers give the same: same requests, same refusals, however the bytes are cut."""

from __future__ import annotations

import random
from typing import Any

import pytest

from model_server.http import parsers
from model_server.http.messages import Head, HttpLimits, ProtocolError

LIMITS = HttpLimits(head_bytes=8192)


class Sink:
    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes, bool]] = []
        self.head: Any = None
        self.body = b""

    def on_head(self, head: Head) -> None:
        self.head, self.body = head, b""

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_complete(self) -> None:
        head = self.head
        self.requests.append((head.method, head.path, head.headers, self.body, head.keep_alive))


@pytest.fixture(params=["h11", "httptools"])
def make(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    if request.param == "h11":
        return lambda sink: parsers.H11Parser(sink, LIMITS)
    pytest.importorskip("httptools", reason="httptools is not installed")
    import httptools

    monkeypatch.setattr(parsers, "_HTTPTOOLS", httptools)
    return lambda sink: parsers.HttptoolsParser(sink, LIMITS)


def parse(make: Any, data: bytes, step: int) -> list[Any]:
    sink = Sink()
    parser = make(sink)
    for start in range(0, len(data), step):
        parser.feed(data[start : start + step])
    return sink.requests


GOOD = {
    "get": (b"GET /a%20b?q=1 HTTP/1.1\r\nHost: x\r\n\r\n", [("GET", "/a b", b"", True)]),
    "absolute": (b"GET http://x/live?q HTTP/1.1\r\nHost: x\r\n\r\n", [("GET", "/live", b"", True)]),
    "post": (b"POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", [("POST", "/p", b"abc", True)]),
    "chunked": (
        b"POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n",
        [("POST", "/p", b"abcde", True)],
    ),
    "pipelined": (
        b"POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\naGET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\n\r\n",
        [("POST", "/1", b"a", True), ("GET", "/2", b"", True), ("GET", "/3", b"", True)],
    ),
    "close": (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n", [("GET", "/", b"", False)]),
    "http 1.0": (b"GET / HTTP/1.0\r\n\r\n", [("GET", "/", b"", False)]),
    "http 1.0 keep-alive": (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", [("GET", "/", b"", True)]),
    "upgrade": (
        b"GET /1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n",
        [("GET", "/1", b"", True), ("GET", "/2", b"", True)],
    ),
    "upgrade with body": (
        b"POST /1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nab",
        [("POST", "/1", b"ab", True)],
    ),
    "upgrade with chunks": (
        (
            b"POST /1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"2\r\nab\r\n0\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n"
        ),
        [("POST", "/1", b"ab", True), ("GET", "/2", b"", True)],
    ),
}


@pytest.mark.parametrize("step", [1, 3, 7, 100000])
@pytest.mark.parametrize("name", GOOD)
def test_requests(make: Any, name: str, step: int) -> None:
    data, expected = GOOD[name]
    got = [(method, path, body, keep) for method, path, _, body, keep in parse(make, data, step)]
    assert got == expected


def test_headers_are_joined_and_lower_case(make: Any) -> None:
    data = b"GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a:  2 \r\n\r\n"
    headers = parse(make, data, 5)[0][2]
    assert headers["x-a"] == "1, 2"


BAD = {
    "garbage": (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "bad header": (b"GET / HTTP/1.1\r\nHost: x\r\nbad header: 1\r\n\r\n", 400),
    "bad length": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n", 400),
    "two lengths": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    "bad chunk": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "long line": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
    "long header": (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431),
    "many headers": (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 3000 + b"\r\n", 431),
    "endless line": (b"a" * 20000, 431),
}


@pytest.mark.parametrize("step", [1, 1000, 100000])
@pytest.mark.parametrize("name", BAD)
def test_refusals(make: Any, name: str, step: int) -> None:
    data, status = BAD[name]
    if name == "endless line":
        # A parser may see at the first byte past a method's length that this is no HTTP.
        with pytest.raises(ProtocolError):
            parse(make, data, step)
        return
    with pytest.raises(ProtocolError) as caught:
        parse(make, data, step)
    assert caught.value.status == status


def test_a_large_body_after_a_small_head_is_no_large_head(make: Any) -> None:
    data = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n" + b"x" * 50000
    assert len(parse(make, data, 100000)[0][3]) == 50000
    assert len(parse(make, data, 999)[0][3]) == 50000
    assert len(parse(make, data * 3, 70000)) == 3


def test_mutated_requests_are_parsed_or_refused(make: Any) -> None:
    chance = random.Random(7)
    seeds = [data for data, _ in GOOD.values()] + [data for data, _ in BAD.values() if len(data) < 500]
    outcomes = {"parsed": 0, "refused": 0}
    for _ in range(4000):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(data))
            data[place : place + chance.randint(0, 3)] = bytes(
                chance.randrange(256) for _ in range(chance.randint(0, 3))
            )
        try:
            parse(make, bytes(data), chance.choice([1, 5, 1000]))
            outcomes["parsed"] += 1
        except ProtocolError as error:
            assert error.status in {400, 431}
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 100


def test_a_head_that_comes_again_is_one_and_the_same_request(make: Any) -> None:
    first = b"POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n"
    other = b"POST /q HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
    fed = [
        first + b"abc",
        first + b"\r\n\r",  # what looks like the end of a head is a body
        first,  # and now in pieces
        b"d",
        b"ef",
        first + b"ghi",
        first + b"jkl" + first + b"mno",
        b"\r\n" + first + b"pqr",
        first + b"stu" + first[:9],
        first[9:] + b"vwx",
        other + b"\r\n\r\n.",
        other + b"12345",
        first + b"yz!",
    ]
    sink = Sink()
    parser = make(sink)
    for data in fed:
        parser.feed(data)
    bodies = [b"abc", b"\r\n\r", b"def", b"ghi", b"jkl", b"mno", b"pqr", b"stu", b"vwx"]
    wanted = [("/p", body) for body in bodies] + [("/q", b"\r\n\r\n."), ("/q", b"12345"), ("/p", b"yz!")]
    assert [(path, body) for _, path, _, body, _ in sink.requests] == wanted
    assert parse(make, b"".join(fed), 1) == sink.requests


def test_a_head_that_came_again_hides_no_error(make: Any) -> None:
    head = b"POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n"
    sink = Sink()
    parser = make(sink)
    for _ in range(3):
        parser.feed(head + b"a")
    with pytest.raises(ProtocolError):
        parser.feed(head + b"aGE\x00T / HTTP/1.1\r\n\r\n")
    assert len(sink.requests) == 4


@pytest.mark.parametrize(
    "line", [b"Connection: close", b"Transfer-Encoding: chunked", b"Upgrade: h2c", b"Expect: 100-continue"]
)
def test_heads_that_are_always_read_anew(make: Any, line: bytes) -> None:
    chunked = b"Transfer" in line
    data = (
        b"POST /p HTTP/1.1\r\nHost: x\r\n"
        + line
        + (b"" if chunked else b"\r\nContent-Length: 1")
        + b"\r\n\r\n"
    )
    sink = Sink()
    parser = make(sink)
    parser.feed(data + (b"1\r\na\r\n0\r\n\r\n" if chunked else b"a"))
    heads = [sink.head]
    if b"close" not in line:
        parser.feed(data + (b"1\r\na\r\n0\r\n\r\n" if chunked else b"b"))
        heads.append(sink.head)
    assert len(sink.requests) == len(heads) == len({id(head) for head in heads})
