"""hops.serving over definitions and real servers, and the modules that need a cluster."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from conftest import Serving, wait_until
from hops import serving
from hops._absent import WHY
from hops.exceptions import NotHereError, RestAPIError

OTHER = """
    class Predict:
        def predict(self, inputs):
            return [row[0] * 2 for row in inputs]
"""


def define(project: Path, name: str, **more: Any) -> None:
    (project / "servings").mkdir(exist_ok=True, parents=True)
    value = {
        "name": name,
        "model": {"name": "iris", "version": 3},
        "script": "Models/iris/3/p.py",
        "replicas": {"min": 2, "max": 2},
        **more,
    }
    (project / "servings" / f"{name}.serving.json").write_text(json.dumps(value))


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of this script's own serving in the folders as the extension lays them out."""
    run = tmp_path / "storage" / "servings" / "own" / "runs" / "r1"
    run.mkdir(parents=True)
    (run / "server.json").write_text(json.dumps({"state": "starting", "host": "127.0.0.1", "port": 9}))
    project = tmp_path / "flowers"
    define(project, "own")
    define(project, "other", artifact=4, transformer="Models/iris/3/t.py")
    monkeypatch.setenv("MODEL_SERVING_PROJECT_DIR", str(project))
    monkeypatch.setenv("MODEL_SERVING_RUN_DIR", str(run))
    monkeypatch.setenv("DEPLOYMENT_NAME", "own")
    monkeypatch.delenv("SERVING_API_KEY", raising=False)
    return tmp_path / "storage" / "servings"


def test_servings_of_the_project(storage: Path) -> None:
    assert [item.name for item in serving.get_all()] == ["other", "own"]
    assert serving.exists("own")
    assert not serving.exists("absent")
    assert serving.get("absent") is None
    assert serving.get_id("absent") is None
    assert serving.get_status("own") == "Starting"
    assert serving.get_status("other") == "Stopped"
    assert serving.get_model_path("other").endswith("/Models/iris")
    assert (serving.get_model_name("other"), serving.get_model_version("other")) == ("iris", 3)
    assert (serving.get_predictor("other"), serving.get_artifact_version("other")) == ("p.py", 4)
    assert (serving.get_transformer("other"), serving.get_transformer("own")) == ("t.py", None)
    assert serving.get_kafka_topic("other") is None
    assert serving.get_available_instances("other") == 0
    assert serving.get_internal_endpoints("other") is None
    assert isinstance(serving.get_id("own"), int)
    with pytest.raises(serving.ServingNotFound, match="absent"):
        serving.get_status("absent")


def test_a_serving_that_is_being_run_answers(storage: Path, serve: Any) -> None:
    other: Serving = serve(OTHER, name="other")
    runs = storage / "other" / "runs"
    runs.mkdir(parents=True)
    os.symlink(other.run_dir, runs / "r9")
    (storage / "other" / "ledger.json").write_text(json.dumps({"instance": "r9"}))
    assert serving.get_status("other") == "Running"
    assert serving.get_available_instances("other") == 1
    assert serving.get_internal_endpoints("other") == [f"http://127.0.0.1:{other.port}"]
    assert serving.make_inference_request("other", {"inputs": [[1], [4]]}) == {"predictions": [2, 8]}
    with pytest.raises(RestAPIError, match=r"other answered 501.*classify"):
        serving.make_inference_request("other", {"inputs": []}, verb=":classify")
    serving.start("other")
    with pytest.raises(NotHereError, match="Servings view"):
        serving.stop("other")
    assert other.process is not None
    other.process.kill()
    other.process.wait()
    # Killed, it could not say so: its port tells.
    wait_until(lambda: serving.get_status("other") == "Stopped")


def test_what_can_not_be_done_is_said(storage: Path) -> None:
    with pytest.raises(RestAPIError, match=r"other does not run \(Stopped\)"):
        serving.make_inference_request("other", {"inputs": []})
    with pytest.raises(RestAPIError, match="can't ask itself"):
        serving.make_inference_request("own", {"inputs": []})
    with pytest.raises(serving.ServingNotFound):
        serving.make_inference_request("absent", {"inputs": []})
    with pytest.raises(NotHereError, match="Servings view"):
        serving.start("other")
    with pytest.raises(NotHereError, match="Create Serving"):
        serving.create_or_update("more", "Models/iris", "PYTHON")
    with pytest.raises(NotHereError):
        serving.delete("other")
    serving.stop("other")


def test_a_serving_without_a_project_is_still_known(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODEL_SERVING_PROJECT_DIR")
    monkeypatch.setenv("MODEL_NAME", "iris")
    monkeypatch.setenv("MODEL_VERSION", "3")
    assert [item.name for item in serving.get_all()] == ["own"]
    assert serving.get_model_version("own") == 3


@pytest.mark.parametrize("name", sorted(WHY))
def test_modules_of_a_cluster_can_be_imported_and_say_why(name: str) -> None:
    module = importlib.import_module(f"hops.{name}")
    with pytest.raises(NotHereError, match=rf"hops\.{name}\.anything can't be used here: "):
        _ = module.anything


def test_absent_modules_by_every_form_of_import() -> None:
    import hops.experiment_impl.util.experiment_utils
    from hops import kafka, tls  # noqa: F401

    with pytest.raises(NotHereError, match=r"hops\.featurestore\.get_featurestore"):
        from hops.featurestore import get_featurestore  # noqa: F401
    with pytest.raises(NotHereError):
        hops.experiment_impl.util.experiment_utils.log("x")
    with pytest.raises(ImportError):
        importlib.import_module("hops.no_such_module")


def test_a_script_that_uses_the_library(make_serving: Any, tmp_path: Path) -> None:
    project = tmp_path / "flowers"
    for version, accuracy in ((1, 0.5), (2, 0.9)):
        folder = project / "Models" / "iris" / str(version)
        folder.mkdir(parents=True)
        (folder / "factor.txt").write_text(str(version * 10))
        (folder / "model.json").write_text(json.dumps({"metrics": {"accuracy": accuracy}}))
    serving_run = make_serving(
        """
        from hops import devices, experiment, hdfs, kafka, model, numpy_helper, pandas_helper, serving, tls
        from hops.model import Metric
        import hops.featurestore as featurestore

        class Predict:
            def __init__(self):
                best = model.get_best_model("iris", "accuracy", Metric.MAX)
                path = f"Models/{best['name']}/{best['version']}/factor.txt"
                with hdfs.get_fs().open_file(path, "r") as file:
                    self.factor = int(file.read())

            def predict(self, inputs):
                return [value * self.factor for value in inputs]

            def classify(self, inputs):
                own = serving.get("iris")
                return [own.status, own.model_name, own.available_instances, devices.get_num_gpus() >= 0]

            def regress(self, inputs):
                return featurestore.get_featurestore()
        """,
        projectDir=str(project),
        model={"name": "iris", "version": 2},
    )
    serving_run.start().ready()
    assert serving_run.predict([1, 2]) == [20, 40]
    found = serving_run.post("/classify", {"inputs": []}).json()["predictions"]
    assert found == ["Running", "iris", 1, True]
    refused = serving_run.post("/regress", {"inputs": []})
    assert refused.status == 500
    assert (
        "hops.featurestore.get_featurestore can't be used here: there is no feature store"
        in refused.json()["error"]
    )


def test_what_is_not_here_is_told_when_a_script_is_loaded(make_serving: Any) -> None:
    failure = (
        make_serving("from hops.featurestore import get_featurestore\nclass Predict: pass\n")
        .start()
        .failure()
    )
    assert failure["kind"] == "import-raised"
    assert (
        "hops.featurestore.get_featurestore can't be used here: there is no feature store"
        in failure["message"]
    )
    assert "line 1" in failure["message"]
