# What follows the login snippet of `hops`, the one of PyPI or our own: the page's way from a model to a prediction.
import time

_sleep = time.sleep
time.sleep = lambda seconds: _sleep(min(seconds, 0.5))  # It sleeps 5 s before it looks.

import joblib
from sklearn.datasets import load_iris
from sklearn.neighbors import KNeighborsClassifier

PREDICT = '''import os

import joblib


class Predict:
    def __init__(self):
        self.model = joblib.load(os.path.join(os.environ["ARTIFACT_FILES_PATH"], "iris_knn.pkl"))

    def predict(self, inputs):
        return self.model.predict(inputs).tolist()
'''


def wait(status):
    end = time.monotonic() + 90
    while serving.get_status("iris") != status:
        assert serving.get_status("iris") != "Failed"
        assert time.monotonic() < end, serving.get_status("iris")
        _sleep(0.3)


def refused(error, work):
    try:
        work()
    except error:
        return
    raise AssertionError(f"{error} did not come")


rows, labels = load_iris(return_X_y=True)
knn = KNeighborsClassifier().fit(rows, labels)
os.makedirs("iris", exist_ok=True)
joblib.dump(knn, "iris/iris_knn.pkl")
with open("iris/predict.py", "w") as file:
    file.write(PREDICT)

assert model.export("iris", "iris", metrics={"accuracy": 0.97}) is None
assert model.export(os.path.abspath("iris/iris_knn.pkl"), "iris", metrics={"accuracy": 0.5}) is None
assert hdfs.exists("Models/iris/1/predict.py")
assert not hdfs.exists("Models/iris/3")
refused(ValueError, lambda: model.export("iris", "iris", model_version=1))
assert model.get_best_model("iris", "accuracy", model.Metric.MAX)["version"] == 1
assert model.get_best_model("iris", "accuracy", model.Metric.MIN)["version"] == 2
assert model.get_model("iris", 1).json()["metrics"] == {"accuracy": 0.97}
refused(model.ModelNotFound, lambda: model.get_model("nosuch", 1))
refused(model.ModelNotFound, lambda: model.get_best_model("nosuch", "accuracy", model.Metric.MAX))

# Copied within the project, as the page does it.
hdfs.copy_to_hdfs(os.path.abspath("iris"), "Resources")
assert model.export("Resources/iris", "iris", model_version=1, overwrite=True) is None
assert hdfs.isdir("Models/iris/1")
assert {each.rsplit("/", 1)[-1] for each in hdfs.ls("Models/iris/1")} >= {"iris_knn.pkl", "predict.py"}

assert not serving.exists("iris")
assert serving.get_id("iris") is None
refused(Exception, lambda: serving.start("iris"))
script = f"/Projects/{os.environ['HOPSWORKS_PROJECT_NAME']}/Models/iris/1/predict.py"
assert serving.create_or_update("iris", "Models/iris", "PYTHON", model_version=1, predictor=script) is None
assert serving.exists("iris")
assert serving.get_status("iris") == "Created"
assert serving.get_kafka_topic("iris") is not None
assert serving.start("iris") is None
wait("Running")
answer = serving.make_inference_request("iris", {"inputs": rows.tolist()})
assert answer["predictions"] == knn.predict(rows).tolist()
assert serving.get_available_instances("iris") == 1
assert [each.name for each in serving.get_all()] == ["iris"]
refused(Exception, lambda: serving.make_inference_request("nosuch", {"inputs": []}))
refused(serving.ServingNotFound, lambda: serving.get_status("nosuch"))
refused(ValueError, lambda: serving.create_or_update("bad name", "Models/iris", "PYTHON"))
serving.stop("iris")
wait("Stopped")
serving.delete("iris")
assert not serving.exists("iris")
print("ALL OK")
