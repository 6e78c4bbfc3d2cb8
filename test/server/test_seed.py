"""The script of Hopsworks' page, unchanged, with a real model."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from conftest import SCRIPTS, Serving

joblib = pytest.importorskip("joblib", reason="joblib is not installed")
pytest.importorskip("sklearn", reason="scikit-learn is not installed")
pytestmark = pytest.mark.sklearn


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from sklearn.datasets import load_iris
    from sklearn.neighbors import KNeighborsClassifier

    path = tmp_path_factory.mktemp("model") / "iris_knn.pkl"
    joblib.dump(KNeighborsClassifier().fit(*load_iris(return_X_y=True)), path)
    return path


def put_seed(serving: Serving, model: Path) -> Serving:
    shutil.copy(SCRIPTS / "irisflowerclassifier.py", serving.script)
    shutil.copy(model, serving.artifact)
    return serving


def test_the_seeds_script_answers(make_serving: Any, model: Path) -> None:
    from sklearn.datasets import load_iris

    rows, wanted = load_iris(return_X_y=True)
    serving = put_seed(make_serving(None), model).start().ready(60)
    expected = joblib.load(model).predict(rows).tolist()
    assert serving.predict(rows.tolist()) == expected
    assert sum(a == b for a, b in zip(expected, wanted)) > 140
    assert serving.post(
        "/v1/models/iris/versions/3:predict", {"instances": [[5.1, 3.5, 1.4, 0.2]]}
    ).json() == {"predictions": [0]}
    assert serving.post("/predict", {"inputs": [[5.1, 3.5, 1.4, 0.2]]}).json() == {"predictions": [0]}
    assert serving.post("/classify", {"inputs": []}).json() == {"predictions": "not implemented"}
    load = serving.state()["load"]
    assert load["features"] == 4
    assert load["className"] == "KNeighborsClassifier"
    assert load["framework"].startswith("scikit-learn ")
    assert load["verbs"] == ["predict", "classify", "regress"]
    messages = [record["message"] for record in serving.records()]
    assert "Initialization Complete" in messages
    assert any("taking iris_knn.pkl of the served model version" in message for message in messages)
    wrong = serving.post("/predict", {"inputs": [[1, 2, 3]]})
    assert wrong.status == 400
    assert wrong.json()["field"] == "inputs[0]"
    assert "4 " in wrong.json()["error"]
    assert serving.wait(lambda state: "regress" in state["batching"])["batching"]["predict"]["on"]
    assert not list(serving.artifact.rglob("__pycache__"))


def test_the_project_s_file_wins_over_the_same_name(make_serving: Any, model: Path, tmp_path: Path) -> None:
    (tmp_path / "Models").mkdir()
    (tmp_path / "Models" / "iris_knn.pkl").write_bytes(b"no pickle")
    serving = put_seed(make_serving(None, projectDir=str(tmp_path)), model).start()
    assert serving.failure()["kind"] == "not-a-pickle"
    # The working folder's link was replaced; the artifact behind it was not written to.
    assert (serving.artifact / "iris_knn.pkl").read_bytes() == model.read_bytes()


def test_feature_names_and_version_warnings(make_serving: Any, tmp_path: Path) -> None:
    script = """
        import warnings
        import numpy as np
        from sklearn.exceptions import InconsistentVersionWarning
        from sklearn.linear_model import LinearRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        class Predict:
            def __init__(self):
                self.note = "text"
                rows = np.arange(12.0).reshape(4, 3)
                self.model = make_pipeline(StandardScaler(), LinearRegression()).fit(rows, rows.sum(axis=1))
                self.model.steps[0][1].feature_names_in_ = np.array(["a", "b", "c"], dtype=object)
                warnings.warn(InconsistentVersionWarning(
                    estimator_name="LinearRegression", current_sklearn_version="2", original_sklearn_version="1"))

            def predict(self, inputs):
                return self.model.predict(np.array(inputs)).round(3).tolist()
    """
    serving = make_serving(script).start().ready(60)
    load = serving.state()["load"]
    assert (load["features"], load["featureNames"], load["className"]) == (3, ["a", "b", "c"], "Pipeline")
    assert serving.predict([[1, 2, 3]]) == [6.0]
    record = serving.wait_record(lambda record: record["logger"] == "warnings")
    assert record["level"] == "WARN"
    assert "InconsistentVersionWarning" in record["message"]


def test_a_pickle_that_names_sklearn_externals_joblib(make_serving: Any) -> None:
    script = """
        import pickle
        from sklearn.externals import joblib
        import sklearn.externals.joblib
        import joblib as plain

        class Predict:
            def __init__(self):
                self.names = [joblib is plain, sklearn.externals.joblib is plain]
                found = pickle.loads(b"csklearn.externals.joblib.numpy_pickle\\nNumpyArrayWrapper\\n.")
                self.names.append(found is plain.numpy_pickle.NumpyArrayWrapper)
                try:
                    from sklearn.externals import nothing_like_it
                except ImportError:
                    self.names.append("absent")
            def predict(self, inputs):
                return self.names
    """
    assert make_serving(script).start().ready(60).predict(0) == [True, True, True, "absent"]


def test_the_server_itself_imports_no_scikit_learn(serve: Any) -> None:
    script = """
        import sys
        class Predict:
            def predict(self, inputs):
                return sorted(name for name in sys.modules if name.split('.')[0] in ('sklearn', 'numpy', 'joblib'))
    """
    assert serve(script).predict(0) == []
