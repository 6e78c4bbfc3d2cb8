"""One whole way through hops from PyPI (hops-util-py 2.5), public API only, and the errors that it has for what goes wrong.

Environment: as Hopsworks sets it (REST_ENDPOINT, HOPSWORKS_PROJECT_ID, HOPSWORKS_PROJECT_NAME, HADOOP_USER_NAME, API_KEY),
MODEL_SERVING_PROJECT_DIR for our stand-in of pydoop; MEMORY=1 when nothing real answers. Whatever is not as it has to be raises. Prints
"ALL OK" at the end.
"""

import os
import sys
import tempfile
import time
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../src/clients/pypi"))
_sleep = time.sleep
time.sleep = lambda seconds: _sleep(min(seconds, 0.3))  # It sleeps 5 s before it looks.

from hops import exceptions, hdfs, model, serving  # noqa: E402

from learned import make_model, write  # noqa: E402

MEMORY = os.environ.get("MEMORY") == "1"
PREDICT = '''import os

import joblib


class Predict:
    def __init__(self):
        self.model = joblib.load(os.path.join(os.environ["MODEL_FILES_PATH"], "model.pkl"))

    def predict(self, inputs):
        if inputs == "raise":
            raise ValueError("asked to")
        return self.model.predict(inputs).tolist()
'''


def refused(kind, call, *words):
    """The error of a call that has to fail, by its class and by words of its text."""
    try:
        result = call()
    except kind as error:
        assert all(word in str(error) for word in words), f"{words} not in {error}"
        return error
    raise AssertionError(f"not refused: {result}")


def until(name, status):
    for _ in range(400):
        if serving.get_status(name) == status:
            return
        _sleep(0.1)
    raise AssertionError(f"{name} is {serving.get_status(name)}, not {status}")


def export(folder, accuracy):
    refused(model.ModelNotFound, lambda: model.get_best_model("iris", "accuracy", model.Metric.MAX))
    refused(model.ModelNotFound, lambda: model.get_model("iris", 1))
    assert model.export(folder, "iris", metrics={"accuracy": accuracy}, description="iris flowers") is None
    path = model.export(folder, "iris", metrics={"accuracy": accuracy / 2}, synchronous=False)
    assert path.endswith("/Projects/demo/Models/iris/2"), path
    refused(ValueError, lambda: model.export(folder, "iris", model_version=1), "already exists")
    refused(ValueError, lambda: model.export("/no/such/folder", "iris"), "does not exist")
    refused(AssertionError, lambda: model.export(folder, "iris", metrics={"accuracy": "good"}))
    assert model.export(folder, "iris", model_version=2, overwrite=True, metrics={"accuracy": accuracy / 2}) is None
    assert model.get_best_model("iris", "accuracy", model.Metric.MAX)["version"] == 1
    assert model.get_best_model("iris", "accuracy", model.Metric.MIN)["version"] == 2
    refused(Exception, lambda: model.get_best_model("iris", "accuracy", "MIDDLE"))
    got = model.get_model("iris", 1).json()
    assert got["description"] == "iris flowers", got
    assert abs(got["metrics"]["accuracy"] - accuracy) < 1e-9, got
    assert hdfs.exists("Models/iris/2/predict.py")
    assert model.download_model("iris", 1) is None
    with zipfile.ZipFile("iris1.zip") as archive:
        assert archive.testzip() is None and archive.read("1/predict.py").decode() == PREDICT
    refused(model.ModelArchiveExists, lambda: model.download_model("iris", 1))
    model.download_model("iris", 1, overwrite=True)


def create(**more):
    options = {"model_version": 1, "predictor": "/Projects/demo/Models/iris/1/predict.py", **more}
    return serving.create_or_update("iris", "/Projects/demo/Models/iris", "PYTHON", **options)


def deploy(rows, expected):
    assert not serving.exists("iris") and serving.get_id("iris") is None and serving.get("iris") is None
    assert serving.get_all() == []
    refused(exceptions.RestAPIError, lambda: create(predictor="/Projects/demo/Models/iris/1/no.py"), "240016")
    refused(exceptions.RestAPIError, lambda: create(model_version=9), "240006")
    refused(exceptions.RestAPIError, lambda: create(topic_name="nosuch"), "240022")
    refused(exceptions.RestAPIError, lambda: create(kfserving=True, topic_name="CREATE", num_replicas=9), "190005")
    refused(ValueError, lambda: serving.create_or_update("a b", "Models/iris", "PYTHON"))
    refused((IOError, ValueError), lambda: serving.create_or_update("iris", "Models/nosuch", "PYTHON"))
    assert serving.get_all() == []

    assert create(artifact_version="CREATE") is None
    assert serving.exists("iris") and serving.get_status("iris") == "Created"
    topic = serving.get_kafka_topic("iris")
    assert topic.startswith("iris-inf"), topic
    assert serving.get_model_path("iris") == "/Projects/demo/Models/iris"
    assert serving.get_model_version("iris") == 1 and serving.get_model_server("iris") == "PYTHON"
    assert serving.get_serving_tool("iris") == "DEFAULT" and serving.get_predictor("iris") == "predict.py"
    refused(exceptions.RestAPIError, lambda: serving.make_inference_request("iris", {"inputs": rows}), "250001")
    refused(exceptions.RestAPIError, lambda: serving.stop("iris"), "240003")

    assert serving.start("iris") is None
    until("iris", "Running")
    refused(exceptions.RestAPIError, lambda: serving.start("iris"), "240003")
    assert serving.get_available_instances("iris") == 1
    answer = serving.make_inference_request("iris", {"inputs": rows})
    assert answer == {"predictions": rows if MEMORY else expected}, answer
    refused(exceptions.RestAPIError, lambda: serving.make_inference_request("iris", {"nothing": 1}), "250008")
    refused(exceptions.RestAPIError, lambda: serving.make_inference_request("iris", {"inputs": "raise"}), "250007")

    # The same again, with another number of instances and without a topic.
    assert create(instances=2, topic_name="NONE") is None
    until("iris", "Running")
    assert [one.requested_instances for one in serving.get_all()] == [2]
    refused(serving.ServingNotFound, lambda: serving.get_status("nosuch"))
    refused(exceptions.RestAPIError, lambda: serving.start("nosuch"), "240000")
    refused(exceptions.RestAPIError, lambda: serving.make_inference_request("nosuch", {"inputs": 1}), "250000")

    assert serving.stop("iris") is None
    until("iris", "Stopped")
    assert serving.delete("iris") is None
    assert not serving.exists("iris")


def main():
    folder = tempfile.mkdtemp()
    rows, expected, accuracy = make_model(folder)
    write(folder, "predict.py", PREDICT)
    export(folder, accuracy)
    deploy(rows, expected)
    print("ALL OK")


main()
