"""hops.model over a Models folder, and the helpers that read files of the project."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from hops import model, numpy_helper, places
from hops.exceptions import NotHereError
from hops.model import Metric


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "flowers"
    cwd = tmp_path / "work"
    made.mkdir()
    cwd.mkdir()
    monkeypatch.chdir(cwd)
    for name in ("HADOOP_USER_NAME", "HDFS_USER", "HOPSWORKS_PROJECT_NAME", "ARTIFACT_FILES_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MODEL_SERVING_PROJECT_DIR", str(made))
    return made


def test_exports_get_the_next_version_and_say_it_in_model_json(project: Path) -> None:
    Path("knn.pkl").write_bytes(b"one")
    Path("net", "parts").mkdir(parents=True)
    Path("net", "parts", "a.bin").write_bytes(b"a")
    assert model.export("knn.pkl", "iris", metrics={"accuracy": 0.5}) is None
    path = model.export(
        "net", "iris", metrics={"accuracy": "0.9", "loss": 2}, description="A", synchronous=False
    )
    assert path == "hdfs:///Projects/flowers/Models/iris/2"
    models = project / "Models" / "iris"
    assert sorted(item.name for item in models.iterdir()) == ["1", "2"]
    assert (models / "1" / "knn.pkl").read_bytes() == b"one"
    assert (models / "2" / "parts" / "a.bin").read_bytes() == b"a"
    first = json.loads((models / "1" / "model.json").read_text())
    assert first["metrics"] == {"accuracy": 0.5}
    assert first["description"] == "A collection of models for iris"
    assert model.get_model("iris", 2).json()["metrics"] == {"accuracy": 0.9, "loss": 2.0}
    assert model.get_model("iris", "1").ok


def test_an_export_replaces_a_version_only_when_asked(project: Path) -> None:
    Path("knn.pkl").write_bytes(b"one")
    model.export("knn.pkl", "iris", model_version=7)
    Path("other.pkl").write_bytes(b"two")
    with pytest.raises(ValueError, match="Models/iris/7 exists"):
        model.export("other.pkl", "iris", model_version=7)
    model.export("other.pkl", "iris", model_version=7, overwrite=True)
    assert sorted(item.name for item in (project / "Models/iris/7").iterdir()) == ["model.json", "other.pkl"]
    model.export("Models/iris/7/other.pkl", "copy")
    assert (project / "Models/copy/1/other.pkl").read_bytes() == b"two"


def test_what_can_not_be_exported(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("knn.pkl").write_bytes(b"one")
    with pytest.raises(ValueError, match="Could not find the model"):
        model.export("absent.pkl", "iris")
    with pytest.raises(AssertionError, match="accuracy"):
        model.export("knn.pkl", "iris", metrics={"accuracy": "good"})
    with pytest.raises(ValueError, match="model_version"):
        model.export("knn.pkl", "iris", model_version="../../x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="plain name"):
        model.export("knn.pkl", "../iris")
    monkeypatch.delenv("MODEL_SERVING_PROJECT_DIR")
    with pytest.raises(NotHereError, match="needs a project"):
        model.export("knn.pkl", "iris")
    assert list(project.iterdir()) == []


def test_a_model_file_named_model_json_stays_as_it_is(project: Path) -> None:
    Path("boost").mkdir()
    Path("boost", "model.json").write_text('{"learner": {}}')
    model.export("boost", "iris")
    assert (project / "Models/iris/1/model.json").read_text() == '{"learner": {}}'


def test_the_best_version_by_a_metric(project: Path) -> None:
    Path("knn.pkl").write_bytes(b"one")
    for accuracy in (0.7, 0.9, 0.8):
        model.export("knn.pkl", "iris", metrics={"accuracy": accuracy})
    model.export("knn.pkl", "iris")
    best = model.get_best_model("iris", "accuracy", Metric.MAX)
    assert (best["id"], best["version"], best["metrics"]) == ("iris_2", 2, {"accuracy": 0.9})
    assert model.get_best_model("iris", "accuracy", "min")["version"] == 1
    with pytest.raises(model.ModelNotFound, match="loss"):
        model.get_best_model("iris", "loss", Metric.MIN)
    with pytest.raises(model.ModelNotFound):
        model.get_model("iris", 9)
    with pytest.raises(ValueError, match="direction"):
        model.get_best_model("iris", "accuracy", "up")


def test_a_download_is_an_archive(project: Path) -> None:
    Path("knn.pkl").write_bytes(b"one")
    model.export("knn.pkl", "iris")
    model.download_model("iris", 1)
    assert "1/knn.pkl" in zipfile.ZipFile("iris1.zip").namelist()
    with pytest.raises(model.ModelArchiveExists):
        model.download_model("iris", 1)
    model.download_model("iris", 1, overwrite=True)
    model.download_model("iris")
    assert "iris/1/knn.pkl" in zipfile.ZipFile("iris.zip").namelist()


def test_numpy_files_of_the_project(project: Path) -> None:
    numpy = pytest.importorskip("numpy")
    numpy_helper.save("Resources/rows.npy", numpy.arange(6).reshape(2, 3))
    assert places.find("Resources/rows.npy") == project / "Resources" / "rows.npy"
    assert numpy_helper.load("hdfs:///Projects/flowers/Resources/rows.npy").tolist() == [[0, 1, 2], [3, 4, 5]]
    numpy_helper.savez("Resources/all.npz", a=numpy.ones(2))
    assert numpy_helper.load("Resources/all.npz")["a"].tolist() == [1, 1]
    (project / "Resources" / "rows.csv").write_text("1,2\n3,4\n")
    assert numpy_helper.loadtxt("Resources/rows.csv", delimiter=",").tolist() == [[1, 2], [3, 4]]
