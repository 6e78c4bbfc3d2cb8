"""What a pickle would import, told without loading it."""

from __future__ import annotations

import bz2
import functools
import gzip
import io
import json
import lzma
import os
import pickle
import subprocess
import sys
import zipfile
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from model_server.pickles.files import inspect_pickle
from model_server.pickles.rules import is_allowed, suspicion


class Evil:
    """Runs a command when it is loaded."""

    def __init__(self, command: str = "exit 1") -> None:
        self.command = command

    def __reduce__(self) -> Any:
        return os.system, (self.command,)


def names(path: Path) -> set[str]:
    found = inspect_pickle(path)
    assert found["unreadable"] is None, found
    return {f"{item['module']}.{item['name']}" for item in found["imports"]}


def suspicious(path: Path) -> set[str]:
    return {f"{item['module']}.{item['name']}" for item in inspect_pickle(path)["suspicious"]}


SYSTEM = f"{os.system.__module__}.system"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol(tmp_path: Path, protocol: int) -> None:
    file = tmp_path / "a.pkl"
    value = [OrderedDict(a=1), {"text": ["x" * 5000, b"y" * 5000]}, (1, 2.5, None, True), {3, 4}, Evil()]
    file.write_bytes(pickle.dumps(value, protocol))
    assert {"collections.OrderedDict", SYSTEM} <= names(file)
    assert SYSTEM in suspicious(file)
    assert "collections.OrderedDict" not in suspicious(file)


@pytest.mark.parametrize(
    ("compress", "form"),
    [
        (gzip.compress, "gzip"),
        (bz2.compress, "bz2"),
        (lzma.compress, "xz"),
        (lambda data: lzma.compress(data, lzma.FORMAT_ALONE), "lzma"),
        (zlib.compress, "zlib"),
    ],
)
def test_compressed(tmp_path: Path, compress: Any, form: str) -> None:
    file = tmp_path / "a.pkl"
    whole = compress(pickle.dumps([Evil(), os.urandom(100_000)]))
    file.write_bytes(whole)
    assert names(file) == {SYSTEM}
    assert inspect_pickle(file)["format"] == f"pickle ({form})"
    file.write_bytes(whole[: len(whole) // 2])
    cut = inspect_pickle(file)
    assert cut["unreadable"]
    if form != "bz2":  # that has one block only, which can't be read without its end
        assert [item["name"] for item in cut["imports"]] == ["system"]


def test_names_from_the_memo_and_the_stack(tmp_path: Path) -> None:
    file = tmp_path / "a.pkl"
    # "os" is kept in the memo, thrown away, fetched; the name is duplicated.
    file.write_bytes(b"\x80\x04\x8c\x02os\x94000h\x00\x8c\x06system2\x93.".replace(b"000", b"0"))
    assert names(file) == {"system.system"}
    file.write_bytes(b"\x80\x04\x8c\x02os\x940h\x00\x8c\x06system\x93.")
    assert names(file) == {"os.system"}
    assert suspicious(file) == {"os.system"}
    file.write_bytes(b"(S'echo'\nios\nsystem\n.")
    assert names(file) == {"os.system"}
    file.write_bytes(b"c__builtin__\neval\n.")
    assert suspicious(file) == {"__builtin__.eval"}
    file.write_bytes(b"\x80\x04cnumpy\nos.system\n.")
    assert suspicious(file) == {"numpy.os.system"}
    # The name is the result of a call.
    file.write_bytes(b"\x80\x04\x8c\x02oscbuiltins\nstr\n\x8c\x06system\x85R\x93.")
    assert suspicious(file) == {"os.?"}


def test_files_that_are_no_pickles(tmp_path: Path) -> None:
    file = tmp_path / "a.pkl"
    for content in (
        b"",
        b"\x00\x01garbage",
        b'{"json": true}',
        b"\x80\x04",
        b"PK\x03\x04broken",
        b"x\x9cbroken",
    ):
        file.write_bytes(content)
        found = inspect_pickle(file)
        assert found["unreadable"], content
        assert found["imports"] == []
    assert inspect_pickle(tmp_path / "none")["unreadable"]


def test_broken_ones_never_raise(tmp_path: Path) -> None:
    import random

    seeded = random.Random(7)
    whole = pickle.dumps([OrderedDict(a=Evil()), [1, "a", (b"x", 3.0)] * 5, functools.partial(int)])
    file = tmp_path / "a.pkl"
    for _ in range(1000):
        data = bytearray(whole)
        for _ in range(seeded.randint(1, 6)):
            data[seeded.randrange(len(data))] = seeded.randrange(256)
        file.write_bytes(data[: seeded.randint(1, len(data))])
        assert isinstance(inspect_pickle(file)["imports"], list)


def test_zip_archives(tmp_path: Path) -> None:
    file = tmp_path / "a.pt"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a/data.pkl", pickle.dumps(Evil(), 2))
        archive.writestr("a/data/0", b"\x00" * 100)
        archive.writestr("a/hidden", pickle.dumps(OrderedDict(), 4))
    found = inspect_pickle(file)
    assert found["format"] == "torch"
    assert names(file) == {SYSTEM, "collections.OrderedDict"}


def test_several_pickles_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a.pth"
    file.write_bytes(pickle.dumps(1) + pickle.dumps(OrderedDict()) + pickle.dumps(Evil()) + b"\xff\xfe raw")
    assert names(file) == {"collections.OrderedDict", SYSTEM}


def test_numpy_files(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    numpy.save(tmp_path / "plain.npy", numpy.arange(5))
    assert names(tmp_path / "plain.npy") == set()
    numpy.save(tmp_path / "objects.npy", numpy.array([Evil(), 1], dtype=object), allow_pickle=True)
    assert SYSTEM in suspicious(tmp_path / "objects.npy")
    numpy.savez_compressed(tmp_path / "two.npz", a=numpy.arange(3), b=numpy.array([Evil()], dtype=object))
    assert SYSTEM in suspicious(tmp_path / "two.npz")
    assert inspect_pickle(tmp_path / "two.npz")["format"] == "npz"


@pytest.mark.sklearn
@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)])
def test_joblib_files_to_their_end(tmp_path: Path, compress: Any) -> None:
    joblib = pytest.importorskip("joblib")
    numpy = pytest.importorskip("numpy")
    arrays = [
        numpy.arange(12.0).reshape(3, 4).T,
        numpy.array(["ä", "bcd"]),
        numpy.array([b"ab"]),
        numpy.array([1, 2], dtype="datetime64[s]"),
        numpy.zeros((0, 4)),
        numpy.array(5.0),
        numpy.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        numpy.array([OrderedDict(), "text"], dtype=object),
        numpy.ones(3, dtype=bool),
        numpy.float64(3),
    ]
    file = tmp_path / "a.joblib"
    joblib.dump({"arrays": arrays, "end": Evil()}, file, compress=compress)
    assert {SYSTEM, "joblib.numpy_pickle.NumpyArrayWrapper", "collections.OrderedDict"} <= names(file)
    assert suspicious(file) == {SYSTEM}
    assert inspect_pickle(file)["format"].startswith("joblib")


@pytest.mark.sklearn
def test_a_real_model_is_not_suspicious(tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib")
    neighbors = pytest.importorskip("sklearn.neighbors")
    ensemble = pytest.importorskip("sklearn.ensemble")
    features, labels = [[float(n), n % 3] for n in range(60)], [n % 2 for n in range(60)]
    for model in (
        neighbors.KNeighborsClassifier(algorithm="kd_tree"),
        ensemble.RandomForestClassifier(5),
        ensemble.GradientBoostingClassifier(n_estimators=5),
    ):
        model.fit(features, labels)
        for name in ("a.pkl", "a.joblib"):
            file = tmp_path / name
            if name == "a.pkl":
                file.write_bytes(pickle.dumps(model))
            else:
                joblib.dump(model, file)
            assert suspicious(file) == set()
            seen = names(file)
            assert any(name.startswith("sklearn.") for name in seen)
            allow = ["sklearn.*", "numpy.random.*", "_loss.*"]  # the last is a part of scikit-learn, too
            assert [name for name in seen if not is_allowed(*name.rsplit(".", 1), allow)] == []


def test_the_allow_list() -> None:
    assert is_allowed("builtins", "dict", [])
    assert not is_allowed("builtins", "eval", [])
    assert is_allowed("sklearn.svm", "SVC", ["sklearn.*"])
    assert not is_allowed("sklearnx", "SVC", ["sklearn.*"])
    assert is_allowed("mine", "Model", ["mine.Model"])
    assert not is_allowed("mine", "Model2", ["mine.Model"])
    assert not is_allowed("sklearn.svm", "os.system", ["sklearn.*"])
    assert is_allowed("mine", "Outer.Inner", ["mine.Outer.Inner"])
    assert is_allowed("os", "system", ["*"])


def test_suspicions() -> None:
    assert suspicion("sklearn.svm", "SVC") is None
    assert suspicion("builtins", "getattr")
    assert suspicion("commands", "getoutput")
    assert suspicion("cloudpickle.cloudpickle", "_make_function")
    assert suspicion("numpy", "dtype") is None


def test_the_command(tmp_path: Path) -> None:
    file = tmp_path / "a.pkl"
    mark = tmp_path / "mark"
    file.write_bytes(pickle.dumps(Evil(f"touch '{mark}'")))
    command = [sys.executable, str(ROOT / "run.py"), "inspect-pickle", "--file", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    found = json.loads(done.stdout)
    assert found["suspicious"][0]["name"] == "system"
    assert found["suspicious"][0]["why"] == "it can run programs or code"
    assert found["format"] == "pickle"
    assert not mark.exists()


def test_an_unpickler_agrees(tmp_path: Path) -> None:
    """Whatever the C unpickler asks for, the listing has."""
    asked: set[str] = set()

    class Asking(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            asked.add(f"{module}.{name}")
            return super().find_class(module, name)

    import datetime
    import decimal
    import enum
    import fractions

    value = [
        datetime.datetime.now(), decimal.Decimal("1.5"), fractions.Fraction(1, 3), functools.partial(int, "3"),
        enum.IntEnum, OrderedDict([(1, OrderedDict())]), range(3), slice(1), bytearray(b"x"), 1 + 2j, {1: {2: 3}},
    ]  # fmt: skip
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        data = pickle.dumps(value, protocol)
        asked.clear()
        Asking(io.BytesIO(data)).load()
        (tmp_path / "a").write_bytes(data)
        assert names(tmp_path / "a") == asked
