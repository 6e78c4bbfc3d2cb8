"""The Python code of Hopsworks' page, byte for byte, from a notebook to a process of this computer."""

from __future__ import annotations

import shutil
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from conftest import Api

HERE = Path(__file__).parent
NAME = "IrisFlowerClassifier"


def run(file: str, names: dict[str, Any] | None = None) -> dict[str, Any]:
    names = {} if names is None else names
    exec(compile((HERE / file).read_text(encoding="utf-8"), file, "exec"), names)
    return names


@pytest.mark.timeout(240)
def test_the_page_deploys_and_deploys_again(api: Api, iris: Path, waiting: Any) -> None:
    from joblib import load
    from sklearn.datasets import load_iris

    from hops import hdfs, serving

    shutil.copytree(iris, api.workspace / "Resources" / "iris")
    run("seed_deploy.py")
    waiting(lambda: serving.get_status(NAME), "Running")

    rows, labels = load_iris(return_X_y=True)
    expected = load(iris / "iris_knn.pkl").predict(rows).tolist()
    told = serving.make_inference_request(NAME, {"inputs": rows.tolist()})
    assert told == {"predictions": expected}
    assert sum(a == b for a, b in zip(expected, labels)) > 140
    assert serving.make_inference_request(NAME, {"inputs": []}, ":classify") == {
        "predictions": "not implemented"
    }
    assert serving.get_kafka_topic(NAME).startswith(f"{NAME}-inf")
    assert serving.get_predictor(NAME) == "iris_flower_classifier.py"
    definition = (api.workspace / "servings" / f"{NAME}.serving.json").read_text(encoding="utf-8")
    assert f'"script": "Models/{NAME}/1/iris_flower_classifier.py"' in definition
    first = serving.get_id(NAME)

    # A further time: the old one is deleted, the version exported anew.
    hdfs.dump("new", "Resources/iris/more.txt")
    run("seed_deploy.py")
    assert hdfs.load(f"Models/{NAME}/1/more.txt") == b"new"
    assert serving.get_id(NAME) != first
    waiting(lambda: serving.get_status(NAME), "Running")
    assert serving.make_inference_request(NAME, {"inputs": rows.tolist()}) == {"predictions": expected}
    serving.stop(NAME)
    waiting(lambda: serving.get_status(NAME), "Stopped")
    serving.delete(NAME)
    assert not serving.exists(NAME)
    assert not list((api.workspace / "servings").iterdir())


def test_the_page_exports_a_model_with_its_accuracy(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    import joblib
    from sklearn.datasets import load_iris

    from hops import model

    # The page was written for a scikit-learn that had joblib in it, and leaves out where its data comes from.
    externals = types.ModuleType("sklearn.externals")
    vars(externals)["joblib"] = joblib
    monkeypatch.setitem(sys.modules, "sklearn.externals", externals)
    rows, labels = load_iris(return_X_y=True)
    names = run("seed_export.py", {"X": rows, "y": labels, "X_test": rows, "model": model})
    assert (api.workspace / "Models/irisflowerclassifier/1/iris_knn.pkl").is_file()
    best = model.get_best_model("irisflowerclassifier", "accuracy", model.Metric.MAX)
    assert best["metrics"] == {"accuracy": pytest.approx(names["acc"])}
    assert best["version"] == 1
