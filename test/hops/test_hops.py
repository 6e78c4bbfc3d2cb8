"""What the functions of our `hops` package return and raise."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from conftest import Api


@pytest.fixture
def exported(api: Api, iris: Path) -> Path:
    """Two versions of a model, the first the better one."""
    from hops import model

    assert model.export(str(iris), "iris", metrics={"accuracy": 0.97}, description="KNN") is None
    assert model.export(iris, "iris", metrics={"accuracy": 0.9}, synchronous=False) == (
        f"hdfs:///Projects/{api.told['project']}/Models/iris/2"
    )
    return api.workspace / "Models" / "iris"


def test_models_are_exported_found_and_downloaded(exported: Path, tmp_path: Path) -> None:
    from hops import model

    assert {each.name for each in (exported / "1").iterdir()} >= {"iris_knn.pkl", "iris_flower_classifier.py"}
    assert model.get_best_model("iris", "accuracy", model.Metric.MAX)["version"] == 1
    assert model.get_best_model("iris", "accuracy", "min")["version"] == 2
    reply = model.get_model("iris", 1)
    assert (reply.ok, reply.status_code, reply.json()["description"]) == (True, 200, "KNN")
    assert model.get_model("iris", 2).json()["description"] == "A collection of models for iris"
    assert model.download_model("iris", 1) is None
    with zipfile.ZipFile(tmp_path / "iris1.zip") as archive:
        assert archive.read("1/iris_knn.pkl") == (exported / "1" / "iris_knn.pkl").read_bytes()
    with pytest.raises(model.ModelArchiveExists):
        model.download_model("iris", 1)
    model.download_model("iris", 1, overwrite=True)


def test_what_export_refuses_leaves_everything_as_it_was(exported: Path, iris: Path) -> None:
    from hops import model

    (exported / "1" / "mark").write_text("here")
    for wrong, error in [
        (lambda: model.export("nosuch.pkl", "iris"), ValueError),
        (lambda: model.export(iris, "iris", model_version=1), ValueError),
        (lambda: model.export("Models/iris/1", "iris", model_version=1, overwrite=True), ValueError),
        (lambda: model.export(iris, "iris", metrics={"accuracy": "good"}), AssertionError),
        (lambda: model.export(iris, "iris", metrics=["accuracy"]), AssertionError),
        (lambda: model.get_model("iris", 9), model.ModelNotFound),
        (lambda: model.get_best_model("iris", "loss", "MAX"), model.ModelNotFound),
        (lambda: model.get_best_model("nosuch", "accuracy", "MAX"), model.ModelNotFound),
    ]:
        with pytest.raises(error):
            wrong()
    with pytest.raises(Exception, match="direction"):
        model.get_best_model("iris", "accuracy", "UP")
    assert sorted(each.name for each in exported.iterdir()) == ["1", "2"]
    assert (exported / "1" / "mark").exists()
    model.export(iris, "iris", model_version=1, overwrite=True)
    assert not (exported / "1" / "mark").exists()


@pytest.mark.timeout(240)
def test_a_serving_lives(exported: Path, waiting: Any) -> None:
    from hops import exceptions, serving

    assert serving.get("iris") is None
    assert serving.get_id("iris") is None
    assert serving.get_all() == []
    script = "Models/iris/1/iris_flower_classifier.py"
    assert (
        serving.create_or_update("iris", "Models/iris", "PYTHON", predictor=script, topic_name=None) is None
    )
    assert serving.exists("iris")
    assert serving.get_status("iris") == "Created"
    assert [serving.get_model_path("iris"), serving.get_model_name("iris"), serving.get_model_version("iris")] == [
        f"/Projects/{exported.parents[1].name.replace(' é', '_e')}/Models/iris", "iris", 1
    ]  # fmt: skip
    assert (serving.get_model_server("iris"), serving.get_serving_tool("iris")) == ("PYTHON", "DEFAULT")
    assert serving.get_kafka_topic("iris") is None
    assert serving.get_available_instances("iris") == 0
    assert serving.get_internal_endpoints("iris") is None
    with pytest.raises(exceptions.RestAPIError, match="250001"):
        serving.make_inference_request("iris", {"inputs": [[1, 2, 3, 4]]})
    assert serving.start("iris") is None
    waiting(lambda: serving.get_status("iris"), "Running")
    assert serving.get_available_instances("iris") == 1
    assert serving.make_inference_request("iris", {"instances": [[5.1, 3.5, 1.4, 0.2]]}) == {
        "predictions": [0]
    }
    with pytest.raises(exceptions.RestAPIError, match="already started"):
        serving.start("iris")

    # The same name again changes it.
    number = serving.get_id("iris")
    serving.create_or_update(
        "iris", "Models/iris", "PYTHON", model_version=2, predictor=script, topic_name="NONE"
    )
    assert serving.get_id("iris") == number
    waiting(lambda: serving.get_status("iris"), "Running")
    assert serving.get_model_version("iris") == 2
    serving.describe("iris")
    serving.stop("iris")
    waiting(lambda: serving.get_status("iris"), "Stopped")
    serving.delete("iris")
    with pytest.raises(serving.ServingNotFound):
        serving.get_status("iris")


def test_what_serving_refuses(exported: Path) -> None:
    from hops import exceptions, serving

    script = "Models/iris/1/iris_flower_classifier.py"
    for name, path, more, error in [
        ("two words", script, {}, ValueError),
        ("", script, {}, ValueError),
        ("iris", "Models/nosuch", {}, OSError),
        ("iris", "Models/iris", {"model_server": "NOSUCH"}, ValueError),
        ("iris", "Models/iris", {}, ValueError),
        ("iris", script, {"model_version": "1"}, ValueError),
        ("iris", script, {"instances": "1"}, ValueError),
        ("iris", script, {"inference_logging": "SOME"}, ValueError),
        ("iris", script, {"inference_logging": "PREDICTIONS"}, ValueError),
        ("iris", script, {"inference_logging": None}, ValueError),
        ("iris", script, {"predictor_resource_config": {"cores": 1}}, ValueError),
        ("iris", script, {"topic_name": "nosuch"}, exceptions.RestAPIError),
    ]:
        with pytest.raises(error):
            serving.create_or_update(name, path, **more)
    for act in (serving.start, serving.stop, serving.delete):
        with pytest.raises(exceptions.RestAPIError):
            act("nosuch")
    with pytest.raises(exceptions.RestAPIError, match="250000"):
        serving.make_inference_request("nosuch", {"inputs": []})
    assert serving.get_all() == []
    assert not list((exported.parents[1] / "servings").glob("*"))


def test_files_of_the_project(api: Api, tmp_path: Path) -> None:
    from hops import hdfs

    project = api.told["project"]
    resources = api.workspace / "Resources"
    assert hdfs.project_path() == f"hdfs:///Projects/{project}/"
    assert not hdfs.exists("Resources/a/b.txt")
    assert hdfs.dump("größe", "Resources/a/b.txt") == 7
    assert (resources / "a" / "b.txt").read_text(encoding="utf-8") == "größe"
    assert hdfs.load(f"hdfs:///Projects/{project}/Resources/a/b.txt").decode() == "größe"
    assert (hdfs.isdir("Resources/a"), hdfs.isfile("Resources/a")) == (True, False)
    big = bytes(range(256)) * 45_000
    (tmp_path / "big.bin").write_bytes(big)
    hdfs.copy_to_hdfs("big.bin", "Resources/a")
    assert (resources / "a" / "big.bin").read_bytes() == big
    with pytest.raises(OSError, match="exists"):
        hdfs.copy_to_hdfs("big.bin", "Resources/a")
    hdfs.cp("Resources/a", "Resources/copy")
    assert (resources / "copy" / "big.bin").read_bytes() == big
    full = f"hdfs:///Projects/{project}/Resources"
    assert hdfs.ls("Resources", recursive=True) == [
        f"{full}/a", f"{full}/a/b.txt", f"{full}/a/big.bin", f"{full}/copy", f"{full}/copy/b.txt",
        f"{full}/copy/big.bin",
    ]  # fmt: skip
    assert [(each["kind"], each["size"]) for each in hdfs.lsl("Resources/a")] == [
        ("file", 7),
        ("file", len(big)),
    ]
    assert hdfs.glob("Resources/a/*.txt") == [f"{full}/a/b.txt"]
    hdfs.rename("Resources/copy", "Resources/moved")
    hdfs.move("Resources/a/b.txt", "Resources/moved/c.txt")
    with hdfs.open_file("Resources/moved/d.txt", flags="wt") as file:
        file.write("text")
    with hdfs.open_file("Resources/moved/d.txt", flags="rt") as file:
        assert file.read() == "text"
    local = hdfs.copy_to_local("Resources/moved", str(tmp_path))
    assert sorted(each.name for each in Path(local).iterdir()) == ["b.txt", "big.bin", "c.txt", "d.txt"]
    with pytest.raises(OSError, match="not empty"):
        hdfs.delete("Resources/moved")
    hdfs.rmr("Resources/moved")
    assert not (resources / "moved").exists()
    for wrong in (
        lambda: hdfs.load("Resources/nosuch"),
        lambda: hdfs.isdir("Resources/nosuch"),
        lambda: hdfs.abs_path("s3://bucket/x"),
        lambda: hdfs.rmr("Resources/nosuch"),
        lambda: hdfs.ls("../outside"),
    ):
        with pytest.raises(OSError):
            wrong()


def test_connecting(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from hops import exceptions, hdfs, project, serving

    told = api.told
    for name in ("REST_ENDPOINT", "HOPSWORKS_PROJECT_ID", "API_KEY", "REQUESTS_VERIFY"):
        monkeypatch.delenv(name)
    with pytest.raises(exceptions.RestAPIError, match="not set"):
        serving.get_all()
    project.connect(
        told["project"], "127.0.0.1", told["port"], api_key=told["apiKeyFile"], hostname_verification=True,
        trust_store_path=told["certificate"],
    )  # fmt: skip
    assert serving.get_all() == []
    assert hdfs.exists("Models")
    with pytest.raises(exceptions.RestAPIError, match="150004"):
        project.connect("nosuch")
    monkeypatch.setenv("API_KEY", "ABCDEFGHIJKLMNOP.wrong")
    with pytest.raises(exceptions.RestAPIError, match="HTTP code: 401"):
        serving.get_all()
    # Somebody else's certificate is not trusted.
    monkeypatch.delenv("DOMAIN_CA_TRUSTSTORE_PEM")
    with pytest.raises(exceptions.RestAPIError, match="did not answer"):
        serving.get_all()
    monkeypatch.setenv("API_KEY", Path(told["apiKeyFile"]).read_text().strip())
