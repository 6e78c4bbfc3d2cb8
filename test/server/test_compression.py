"""gzip and deflate, in and out."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from typing import Any

import pytest

from conftest import Serving
from model_server.http.compression import BadEncoding, TooLarge, coding_of, decompress, squeeze, takes_gzip
from model_server.http.messages import Reply


def raw_deflate(body: bytes) -> bytes:
    worker = zlib.compressobj(wbits=-15)
    return worker.compress(body) + worker.flush()


def test_round_trips() -> None:
    for size in (0, 1, 100, 70_000):
        body = random.Random(size).randbytes(size)
        assert decompress(gzip.compress(body), "gzip", size) == body
        assert decompress(zlib.compress(body), "deflate", size) == body
        assert decompress(raw_deflate(body), "deflate", size) == body
        assert decompress(gzip.compress(body) + gzip.compress(b"more"), "gzip", size + 4) == body + b"more"


def test_limits_and_broken_bodies() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    for coded, coding in ((bomb, "gzip"), (zlib.compress(bytes(2000)), "deflate")):
        with pytest.raises(TooLarge, match="the limit is 1000 bytes"):
            decompress(coded, coding, 1000)
    many = gzip.compress(b"x" * 600)
    with pytest.raises(TooLarge):
        decompress(many + many, "gzip", 1000)
    good = gzip.compress(b"some text that is there")
    for broken in (good[:-1], good[:5], b"", b"plain", good + b"rest", good[:12] + b"\xff" * 20):
        with pytest.raises(BadEncoding) as raised:
            decompress(broken, "gzip", 1000)
        assert raised.value.status == 400
    with pytest.raises(BadEncoding):
        decompress(zlib.compress(b"x") + b"rest", "deflate", 1000)
    with pytest.raises(BadEncoding) as raised:
        coding_of("br")
    assert raised.value.status == 415
    assert [coding_of(header) for header in ("", " GZIP ", "identity", "x-gzip", "deflate")] == [
        "",
        "gzip",
        "",
        "gzip",
        "deflate",
    ]


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        (None, False),
        (b"", False),
        (b"gzip", True),
        (b"deflate, GZIP;q=0.5", True),
        (b"gzip;q=0", False),
        (b"gzip; q=0.000, *", False),
        (b"*", True),
        (b"*;q=0", False),
        (b"br, deflate", False),
        (b"x-gzip", True),
        (b"notgzip", False),
        (b";;,gzip;q", True),
    ],
)
def test_accept_encoding(header: bytes | None, takes: bool) -> None:
    assert takes_gzip(header) is takes


def test_only_what_pays_is_compressed() -> None:
    small = squeeze(Reply(200, b"x" * 1024), b"gzip")
    assert small.body == b"x" * 1024
    noise = random.Random(1).randbytes(5000)
    assert squeeze(Reply(200, noise), b"gzip").body == noise
    large = squeeze(Reply(200, b"x" * 1025), b"gzip")
    assert ("content-encoding", "gzip") in large.headers
    assert gzip.decompress(large.body) == b"x" * 1025
    assert squeeze(Reply(200, b"x" * 5000), b"br").body == b"x" * 5000


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Any:
    script = "class Predict:\n    def predict(self, inputs):\n        return inputs\n"
    made = (
        Serving(tmp_path_factory.mktemp("gzip"), script, {}, limits={"bodyBytes": 1_000_000}).start().ready()
    )
    yield made
    made.end()


@pytest.mark.parametrize("path", ["/predict", "/v1/models/iris:predict"])
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_real_server(serving: Serving, coding: str, path: str) -> None:
    value = {"inputs": [[1.5] * 10] * 500}
    body = json.dumps(value).encode()
    coded = gzip.compress(body) if coding == "gzip" else zlib.compress(body)
    headers = {"Content-Encoding": coding, "Accept-Encoding": "gzip"}
    reply = serving.request("POST", path, coded, headers)
    assert reply.status == 200
    assert reply.headers["content-encoding"] == "gzip"
    assert reply.headers["vary"] == "accept-encoding"
    assert json.loads(gzip.decompress(reply.body)) == {"predictions": value["inputs"]}
    assert (
        serving.request("POST", path, coded, {"Content-Encoding": coding}).json()["predictions"]
        == value["inputs"]
    )


def test_a_real_server_refuses(serving: Serving) -> None:
    bomb = gzip.compress(b'{"inputs":"' + b"x" * 100_000_000 + b'"}', 9)
    for body, coding, status, kind in [
        (bomb, "gzip", 413, "body-too-large"),
        (b"{}", "gzip", 400, "bad-encoding"),
        (gzip.compress(b"{"), "gzip", 400, "bad-json"),
        (b"{}", "br", 415, "unsupported-encoding"),
        (b"{}", "gzip, gzip", 415, "unsupported-encoding"),
    ]:
        reply = serving.request("POST", "/predict", body, {"Content-Encoding": coding})
        assert (reply.status, reply.json()["kind"]) == (status, kind)
    assert serving.predict([1]) == [1]
