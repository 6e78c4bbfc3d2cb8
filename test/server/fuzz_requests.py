"""Valid requests of every protocol, and what can be done to them. All of it follows from the random generator given."""

from __future__ import annotations

import gzip
import json
import random
import struct
import zlib
from dataclasses import dataclass
from typing import Any

LETTERS = "abcXYZ019-_.~%/:;?#[]@!$&'()*+,= \t\u00e4\u20ac\U0001f600\x00\x0b\x7f\\\"<>{}|^`"
NUMBERS = [0, 1, -1, 0.5, 1e308, -1e-308, 2**31, 2**53 + 1, 2**64, 10**30, -(2**63) - 1]
DATATYPES = [
    "BOOL",
    "INT8",
    "INT16",
    "INT32",
    "INT64",
    "UINT8",
    "UINT64",
    "FP16",
    "FP32",
    "FP64",
    "BYTES",
    "XX",
    "",
]
PATHS = [
    "/predict",
    "/classify",
    "/regress",
    "/v1/models/iris:predict",
    "/v1/models/iris:classify",
    "/v1/models/iris/versions/3:predict",
    "/v1/models/iris/versions/3:regress",
    "/v1/models/iris",
    "/v1/models/rose",
    "/v2/models/iris/infer",
    "/v2/models/iris/versions/3/infer",
    "/v2/models/iris",
    "/v2/models/iris/ready",
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
    "/live",
    "/ready",
    "/metrics",
    "/metrics.json",
    "/openapi.json",
    "/docs",
    "/",
]
HEADERS = [
    "Accept: text/event-stream",
    "Accept: application/x-ndjson",
    "Accept: text/html",
    "Accept: */*;q=0.1, a/b;q=x",
    "Accept-Encoding: gzip",
    "Accept-Encoding: gzip;q=0, *;q=0.5",
    "Accept-Encoding: ,;,",
    "Content-Type: text/plain",
    "Content-Type: application/octet-stream",
    "Content-Encoding: gzip",
    "Content-Encoding: deflate",
    "Content-Encoding: br",
    "Content-Encoding: gzip, gzip",
    "Inference-Header-Content-Length: 10",
    "Inference-Header-Content-Length: -1",
    "Inference-Header-Content-Length: 99999999999999999999",
    "Authorization: Bearer x",
    "Authorization: \xff",
    "X-Request-Id: abc",
    "X-Request-Id: a\tb",
    "Expect: 100-continue",
    "Connection: close",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Transfer-Encoding: chunked",
    "TE: trailers",
    "Range: bytes=0-1",
    "Cookie: a=b",
    "Host: other",
    "Content-Length: 3",
    "Content-Length: x",
    "X: " + "a" * 3000,
]


@dataclass
class Case:
    """Bytes to send; `expect` is the only body that 200 may have; `must_answer`: the request is whole."""

    data: bytes
    is_head: bool = False
    must_answer: bool = False
    expect: Any = None


def make_case(chance: random.Random) -> Case:
    """One request: now and then valid, mostly wrong in one place or several."""
    kind = chance.random()
    if kind < 0.35:
        return _json_case(chance)
    if kind < 0.55:
        return _tensor_case(chance)
    if kind < 0.70:
        return _path_case(chance)
    if kind < 0.80:
        return _compressed_case(chance)
    return _bytes_case(chance)


def _json_case(chance: random.Random) -> Case:
    """A good head, and a body that is nearly right."""
    if chance.random() < 0.3:
        mark = chance.getrandbits(40)
        data = _request("POST", "/predict", json.dumps({"inputs": [mark]}).encode())
        return Case(data, must_answer=True, expect={"predictions": [mark]})
    value = {chance.choice(["inputs", "instances", "input", ""]): _value(chance, 4)}
    if chance.random() < 0.1:
        value["instances"] = _value(chance, 2)
    body = json.dumps(value).encode("utf-8", "surrogatepass")
    if chance.random() < 0.5:
        body = _damaged(chance, body)
    path = chance.choice(PATHS[:8])
    return Case(_request("POST", path, body, _headers(chance, 0.2)), must_answer=False)


def _tensor_case(chance: random.Random) -> Case:
    """Requests of the Open Inference Protocol, also with tensors in binary."""
    inputs, binary = [], b""
    for number in range(chance.choice([0, 1, 1, 1, 2, 5])):
        shape = [chance.choice([0, 1, 2, 3, 4, -1, 2**40]) for _ in range(chance.choice([0, 1, 2, 2, 3]))]
        tensor: dict[str, Any] = {"name": f"x{number}", "shape": shape, "datatype": chance.choice(DATATYPES)}
        if chance.random() < 0.3:
            part = b"".join(struct.pack("<d", chance.random()) for _ in range(chance.randrange(6)))
            if tensor["datatype"] == "BYTES":
                part = struct.pack("<I", chance.choice([0, 3, 2**32 - 1])) + b"abc"
            binary += part
            size = len(part) if chance.random() < 0.8 else chance.choice([-1, 0, 2**40, "8", None])
            tensor["parameters"] = {"binary_data_size": size}
        else:
            tensor["data"] = _value(chance, 3)
        if chance.random() < 0.2:
            tensor.pop(chance.choice(list(tensor)))
        if chance.random() < 0.1:
            tensor[chance.choice(["name", "shape", "datatype", "data", "parameters"])] = _value(chance, 2)
        inputs.append(tensor)
    message: dict[str, Any] = {"inputs": inputs}
    for key in ("id", "parameters", "outputs", "inputs"):
        if chance.random() < 0.1:
            message[key] = _value(chance, 3)
    if chance.random() < 0.3:
        outputs = [
            {"name": chance.choice(["predictions", "output", "x0"]), "parameters": {"binary_data": True}}
        ]
        message["outputs"] = outputs
    text = json.dumps(message).encode("utf-8", "surrogatepass")
    if chance.random() < 0.2:
        text = _damaged(chance, text)
    headers = _headers(chance, 0.1)
    if binary and chance.random() < 0.9:
        headers.append(
            f"Inference-Header-Content-Length: {len(text) + chance.choice([0, 0, 0, 1, -1, 1000])}"
        )
    return Case(_request("POST", chance.choice(PATHS[9:11]), text + binary, headers))


def _path_case(chance: random.Random) -> Case:
    """Every route with every method, and paths that are nearly one."""
    path = chance.choice(PATHS)
    if chance.random() < 0.6:
        path = _damaged(chance, path.encode()).decode("latin-1")
    if chance.random() < 0.2:
        path += "?" + "".join(chance.choices(LETTERS, k=chance.randrange(20)))
    if chance.random() < 0.1:
        path = "".join(f"%{byte:02x}" for byte in path.encode("utf-8", "replace"))
    method = chance.choice(
        ["GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "DELETE", "PUT", "get", "G=T", ""]
    )
    # Only what surely is a HEAD request with a valid line is read as one.
    if method == "HEAD":
        return Case(_request("HEAD", chance.choice(PATHS), b"", []), is_head=True, must_answer=True)
    return Case(_request(method, path, b"", _headers(chance, 0.3)))


def _compressed_case(chance: random.Random) -> Case:
    """Bodies in gzip and deflate: whole, damaged, cut, followed by more, or much larger than they look."""
    body = json.dumps({"inputs": _value(chance, 3)}).encode("utf-8", "surrogatepass")
    if chance.random() < 0.1:
        body = b'{"inputs":"' + b"a" * chance.choice([190_000, 250_000, 20_000_000]) + b'"}'
    coding = chance.choice(["gzip", "gzip", "deflate", "GZIP", "x-gzip", "br", "identity", "gzip, deflate"])
    packed = zlib.compress(body) if coding == "deflate" else gzip.compress(body, 6)
    if chance.random() < 0.5:
        packed = _damaged(chance, packed)
    return Case(_request("POST", chance.choice(PATHS[:11]), packed, [f"Content-Encoding: {coding}"]))


def _bytes_case(chance: random.Random) -> Case:
    """A valid request, or several in a row, with anything wrong anywhere."""
    data = b""
    for _ in range(chance.choice([1, 1, 2, 5])):
        body = json.dumps({"inputs": _value(chance, 2)}).encode("utf-8", "surrogatepass")
        if chance.random() < 0.3:
            size = b"%x" % len(body)
            head = _request("POST", chance.choice(PATHS), b"", ["Transfer-Encoding: chunked"])
            data += head + size + b"\r\n" + body + b"\r\n0\r\n\r\n"
        else:
            data += _request("POST", chance.choice(PATHS), body, _headers(chance, 0.5))
    return Case(_damaged(chance, data))


def _request(method: str, path: str, body: bytes, headers: list[str] | None = None) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: h", *(headers or [])]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + body


def _headers(chance: random.Random, share: float) -> list[str]:
    return chance.sample(HEADERS, chance.choice([1, 1, 2, 4])) if chance.random() < share else []


def _value(chance: random.Random, depth: int) -> Any:
    kind = chance.randrange(10 if depth else 6)
    if kind < 2:
        return chance.choice(NUMBERS)
    if kind == 2:
        return "".join(chance.choices(LETTERS, k=chance.randrange(12)))
    if kind == 3:
        return chance.choice([None, True, False, "", [], {}, "\ud800", [[]], [None]])
    if kind < 6:
        return [
            [chance.random() for _ in range(chance.choice([2, 2, 3]))]
            for _ in range(chance.choice([1, 2, 40]))
        ]
    if kind < 9:
        return [_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {
        chance.choice(["a", "b", "", "__class__"]): _value(chance, depth - 1)
        for _ in range(chance.randrange(3))
    }


def _damaged(chance: random.Random, data: bytes) -> bytes:
    """Some bytes changed, taken out, doubled, cut off, or put in."""
    result = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 4, 16])):
        if not result:
            break
        place = chance.randrange(len(result))
        what = chance.randrange(6)
        if what == 0:
            result[place] = chance.randrange(256)
        elif what == 1:
            del result[place : place + chance.choice([1, 2, 10])]
        elif what == 2:
            result[place:place] = result[place : place + chance.choice([1, 5, 50])]
        elif what == 3:
            result[place:place] = chance.choice(
                [b"\r\n", b"\n", b"\0", b"\xff\xfe", b"[" * 3000, b"9" * 400, b'"', b"\r\n\r\n"]
            )
        elif what == 4:
            result[place] ^= 1 << chance.randrange(8)
        elif chance.random() < 0.3:
            del result[place:]
    return bytes(result)
