"""What scripts return becomes JSON, with and without orjson."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import itertools
import json
import math
import uuid
from collections import OrderedDict, deque, namedtuple
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import pytest

from model_server import jsonio
from model_server.answering.encoding import Encoder
from model_server.jsonio import NotJson


@pytest.fixture(params=["pure", "orjson"], autouse=True)
def writer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "pure":
        monkeypatch.setattr(jsonio, "_ORJSON", None)
    else:
        monkeypatch.setattr(
            jsonio, "_ORJSON", pytest.importorskip("orjson", reason="orjson is not installed")
        )


class Written:
    """An encoder and what it noticed."""

    def __init__(self, lenient: bool = True) -> None:
        self.notices: list[NotJson] = []
        self.encoder = Encoder(lenient, self.notices.append)

    def __call__(self, value: Any) -> Any:
        return json.loads(self.encoder.dumps(value, "predictions"))

    @property
    def noticed(self) -> list[tuple[str, str]]:
        return [(notice.path, notice.kind) for notice in self.notices]


@dataclasses.dataclass
class Row:
    label: str
    score: float
    _hidden: int = 1


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


Point = namedtuple("Point", "x y")

PLAIN = [
    (b"\x00\xff", "AP8="),
    (bytearray(b"ab"), "YWI="),
    ({3, 1, 2}, [1, 2, 3]),
    (frozenset("b"), ["b"]),
    (range(3), [0, 1, 2]),
    ({"a": 1}.keys(), ["a"]),
    ({"a": 1}.values(), [1]),
    (deque([1]), [1]),
    (OrderedDict(a=1), {"a": 1}),
    (Point(1, 2), [1, 2]),
    ([Row("a", 0.5)], [{"label": "a", "score": 0.5, "_hidden": 1}]),
    (Colour.RED, "red"),
    (Level.HIGH, 3),
    (datetime.date(2024, 2, 29), "2024-02-29"),
    (datetime.datetime(2024, 2, 29, 1, 2, 3, 4000), "2024-02-29T01:02:03.004000"),
    (datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc), "2024-01-01T00:00:00+00:00"),
    (datetime.time(1, 2), "01:02:00"),
    (datetime.timedelta(minutes=1, milliseconds=500), 60.5),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (PurePosixPath("a/b"), "a/b"),
    (Decimal("1.10"), 1.1),
    (Decimal(10), 10),
    (Decimal("1E+3"), 1000),
    (Decimal("0.1234567890123456789"), "0.1234567890123456789"),
    (Decimal("NaN"), None),
    (Decimal("Infinity"), None),
    (math.nan, None),
    ([1.0, math.inf, -math.inf], [1.0, None, None]),
    ({1: "a", None: "b", 2.5: "c"}, {"1": "a", "null": "b", "2.5": "c"}),
    ({(1, 2): 3, datetime.date(2020, 1, 1): 4, Colour.RED: 5}, {"(1, 2)": 3, "2020-01-01": 4, "red": 5}),
    ({"a": {"b": [{1}]}}, {"a": {"b": [[1]]}}),
    (12345678901234567890123, 12345678901234567890123),
    ("ü\ud800", "ü\ud800"),
    ([True, None, "x", 1, 1.5], [True, None, "x", 1, 1.5]),
]


@pytest.mark.parametrize(("value", "expected"), PLAIN, ids=[type(value).__name__ for value, _ in PLAIN])
def test_values_of_python(value: Any, expected: Any) -> None:
    result = Written()(value)
    assert result == expected
    assert type(result) is type(expected)


def test_generators_and_the_like() -> None:
    assert Written()(n * n for n in range(3)) == [0, 1, 4]
    assert Written()({"a": map(abs, (0, -1)), "b": zip("ab", [1, 2])}) == {
        "a": [0, 1],
        "b": [["a", 1], ["b", 2]],
    }


def test_a_generator_is_read_once_though_something_else_needs_a_second_attempt() -> None:
    assert Written()({"a": iter([1, 2]), "b": math.nan, "c": {(1,): 2}}) == {
        "a": [1, 2],
        "b": None,
        "c": {"(1,)": 2},
    }


def test_each_kind_is_noticed_once_with_its_place_and_fix() -> None:
    written = Written()
    written({"rows": [1, {2}], "when": datetime.date(2020, 1, 1)})
    written([{3}, math.nan])
    written([{3}, math.nan, b"x"])
    assert written.noticed == [
        ("predictions.rows[1]", "set"),
        ("predictions.when", "datetime.date"),
        ("predictions[1]", "nan"),
        ("predictions[2]", "bytes"),
    ]
    assert "sorted(result)" in written.notices[0].fix


def test_plain_values_are_not_noticed() -> None:
    written = Written()
    written({"a": [1, 2.5, None, "null", (1, 2)], "b": Colour.RED, 3: uuid.UUID(int=3)})
    assert written.noticed == []


class Loop:
    """pathlib-like: its step leads to itself."""

    def __fspath__(self) -> str:
        return "loop"

    def __str__(self) -> str:
        return "text"


def itself() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


def deep() -> Any:
    value: Any = 1
    for _ in range(5000):
        value = [value]
    return value


REFUSED = [
    ([1, object()], "predictions[1]", "object"),
    ({"a b": [1j]}, "predictions['a b'][0]", "complex"),
    (Row, "predictions", "type"),
    ({"1": 1, (1): 2, object(): 3}, "predictions (a key)", "object"),
    ({(1,): 1, "(1,)": 2}, "predictions['(1,)']", "a key that is there twice"),
    (itself(), None, "nested too deeply or a part of itself"),
    (deep(), None, "nested too deeply or a part of itself"),
    (lambda: 1, "predictions", "function"),
]


@pytest.mark.parametrize(("value", "path", "kind"), REFUSED, ids=[kind for _, _, kind in REFUSED])
def test_what_has_no_form_is_refused_with_its_place(value: Any, path: str | None, kind: str) -> None:
    with pytest.raises(NotJson) as raised:
        Written()(value)
    assert raised.value.kind == kind
    assert path is None or raised.value.path == path


def test_an_iterator_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_server.answering.plain._MAX_ITEMS", 1000)
    with pytest.raises(NotJson, match="more than 1000 items"):
        Written()(itertools.count())


def test_strict_refuses_as_ever() -> None:
    for value in [{1}, math.nan, b"", Decimal(1), datetime.date(2020, 1, 1), range(2)]:
        with pytest.raises(NotJson):
            Written(lenient=False)(value)
    assert Written(lenient=False)({"a": [1]}) == {"a": [1]}


def test_numpy() -> None:
    np = pytest.importorskip("numpy", reason="numpy is not installed")
    written = Written()
    cases = [
        (np.array([[1.5, 2.0], [3.0, 4.0]]), [[1.5, 2.0], [3.0, 4.0]]),
        (np.array([[1, 2], [3, 4]]).T, [[1, 3], [2, 4]]),
        (np.float32(0.1), 0.10000000149011612),
        (np.array([0.1], dtype="float32"), [0.10000000149011612]),
        (np.array([1.5], dtype="float16"), [1.5]),
        (np.int64(3), 3),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.float64(0.5), 0.5),
        (np.longdouble(0.5), 0.5),
        (np.array(5), 5),
        (np.array([]), []),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array([{"a": {1}}, None], dtype=object), [{"a": [1]}, None]),
        (np.array([1.0, np.nan, np.inf]), [1.0, None, None]),
        (np.array(["2024-01-01"], dtype="datetime64[ns]"), ["2024-01-01T00:00:00"]),
        (np.datetime64("2024-01-01"), "2024-01-01T00:00:00"),
        (np.datetime64("NaT"), None),
        (np.timedelta64(1500, "ms"), 1.5),
        ([np.int64(1), np.float32(2)], [1, 2.0]),
        ({np.int64(1): np.arange(2)}, {"1": [0, 1]}),
        (np.array([(1, 2.5)], dtype=[("a", int), ("b", float)]), [[1, 2.5]]),
        (np.ma.array([1, 2], mask=[False, True]), [1, None]),
    ]
    for value, expected in cases:
        assert written(value) == expected, repr(value)
    assert {"numpy.ndarray", "numpy.int64", "nan"} <= {kind for _, kind in written.noticed}
    with pytest.raises(NotJson, match="complex"):
        written(np.array([1j]))


def test_nan_in_an_array_is_noticed() -> None:
    np = pytest.importorskip("numpy", reason="numpy is not installed")
    written = Written()
    written({"a": np.array([1.0])})
    written({"a": np.array([1.0, np.nan])})
    assert written.noticed == [("predictions.a", "numpy.ndarray"), ("predictions.a[1]", "nan")]


def test_pandas() -> None:
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    written = Written()
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [0.5, math.nan]})
    assert written(frame) == [{"a": 1, "b": "x", "c": 0.5}, {"a": 2, "b": None, "c": None}]
    assert written(frame["a"]) == [1, 2]
    assert written(pd.Index(["a"])) == ["a"]
    assert written(pd.Series(pd.Categorical(["a", "b"]))) == ["a", "b"]
    assert written([pd.Timestamp("2024-01-01"), pd.NaT, pd.NA, pd.Timedelta(seconds=2)]) == [
        "2024-01-01T00:00:00",
        None,
        None,
        2.0,
    ]
    assert written(pd.Period("2024-01")) == "2024-01"
    assert written(pd.DataFrame({0: [1]})) == [{"0": 1}]
    assert written(frame.to_dict(orient="series")) == {"a": [1, 2], "b": ["x", None], "c": [0.5, None]}


def test_pydantic() -> None:
    pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
    model = pydantic.create_model("Answer", when=(datetime.date, ...), score=(float, ...))
    assert Written()([model(when="2020-01-01", score=1)]) == [{"when": "2020-01-01", "score": 1.0}]


def test_libraries_that_only_look_like_arrays() -> None:
    class Tensor:
        def __init__(self, values: Any) -> None:
            self.values = values

        def tolist(self) -> Any:
            return self.values

    Tensor.__module__ = "torch"
    written = Written()
    assert written([Tensor([[1.0, math.nan]]), Tensor(3)]) == [[[1.0, None]], 3]
    assert written.noticed[0] == ("predictions[0]", "torch.Tensor") or "Tensor" in written.noticed[0][1]
