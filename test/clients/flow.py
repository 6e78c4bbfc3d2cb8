"""One whole way through a client of Hopsworks, public API only: export, find, deploy, ask, change, stop, delete.

The client is hsml 3.x or hopsworks 4.x and 5.x, whichever is installed. Environment: PORT, API_KEY, PROJECT; MEMORY=1 when
nothing real answers. Whatever is not as it has to be raises. Prints "ALL OK" at the end.
"""

import inspect
import os
import tempfile
import time

_sleep = time.sleep
time.sleep = lambda seconds: _sleep(min(seconds, 0.5))  # Clients sleep 5 s before they look.
os.environ["ENABLE_HOPSWORKS_USAGE"] = "false"

try:
    import hopsworks
except ModuleNotFoundError:
    hopsworks = None
import hsml

from learned import make_model, write

# Seconds, for a client that counts its sleeps of 5 s: a minute here.
LONG = 600
PROJECT = os.environ["PROJECT"]
LOGIN = {
    "host": "127.0.0.1",
    "port": int(os.environ["PORT"]),
    "project": PROJECT,
    "api_key_value": os.environ["API_KEY"],
    "hostname_verification": False,
}
MEMORY = os.environ.get("MEMORY") == "1"
PREDICT = '''import os

import joblib


class Predict:
    def __init__(self):
        self.model = joblib.load(os.path.join(os.environ["MODEL_FILES_PATH"], "model.pkl"))

    def predict(self, inputs):
        print("asked for", len(inputs))
        return self.model.predict(inputs).tolist()
'''
TRANSFORMER = '''class Transformer:
    def preprocess(self, inputs):
        key = "instances" if "instances" in inputs else "inputs"
        return {key: [[value / 10 for value in row] for row in inputs[key]]}

    def postprocess(self, outputs):
        return outputs
'''


def connect():
    if hopsworks is None:
        connection = hsml.connection(**LOGIN)
        return connection.get_model_registry(), connection.get_model_serving(), connection.close
    # Before 4.8 they lie in the system's temporary folder.
    takes_folder = "cert_folder" in inspect.signature(hopsworks.login).parameters
    project = hopsworks.login(**LOGIN, **({"cert_folder": tempfile.mkdtemp()} if takes_folder else {}))
    assert project.name == PROJECT
    return project.get_model_registry(), project.get_model_serving(), hopsworks.logout


def refused(call, number=None):
    """The error of a call that has to fail, with Hopsworks' number for it."""
    try:
        result = call()
    except Exception as error:
        got = getattr(error, "error_code", None)
        if got is None and getattr(error, "response", None) is not None:
            got = error.response.json().get("errorCode")
        assert number is None or got == number, f"{got} in place of {number}: {error}"
        return error
    # Newer clients answer None for what is not there.
    assert result is None and hopsworks is not None, f"not refused: {result}"
    return None


def main():
    registry, serving, close = connect()
    folder = tempfile.mkdtemp()
    rows, expected, accuracy = make_model(folder)
    write(folder, "predict.py", PREDICT)
    write(folder, "scale.py", TRANSFORMER)
    with open(os.path.join(folder, "big.bin"), "wb") as file:
        file.write(os.urandom(25 * 1024 * 1024))  # Three chunks of 10 MiB, sent at once.

    # The registry.
    refused(lambda: registry.get_model("iris", version=1))
    first = registry.sklearn.create_model("iris", metrics={"accuracy": accuracy}, description="iris flowers")
    first.save(folder)
    assert first.version == 1
    second = registry.sklearn.create_model("iris", metrics={"accuracy": accuracy / 2})
    os.remove(os.path.join(folder, "big.bin"))
    second.save(folder)
    assert second.version == 2
    assert sorted(m.version for m in registry.get_models("iris")) == [1, 2]
    assert registry.get_best_model("iris", "accuracy", "max").version == 1
    assert registry.get_best_model("iris", "accuracy", "min").version == 2
    model = registry.get_model("iris", version=1)
    assert model.framework == "SKLEARN"
    assert model.description == "iris flowers"
    assert abs(model.training_metrics["accuracy"] - accuracy) < 1e-9

    # Newer clients keep what they loaded, for all projects of that name.
    downloaded = model.download() if hopsworks is None else model.download(local_path=tempfile.mkdtemp())
    found = [os.path.join(at, name) for at, _, names in os.walk(downloaded) for name in names]
    assert any(name.endswith("big.bin") and os.path.getsize(name) == 25 * 1024 * 1024 for name in found), found

    # A deployment.
    from hsml.resources import PredictorResources, Resources

    def define(name, transformer=None):
        folder_of = f"/Projects/{PROJECT}/Models/iris/1"
        predictor = serving.create_predictor(
            model,
            name=name,
            serving_tool="KSERVE",
            script_file=f"{folder_of}/predict.py" if hopsworks is None else f"{folder_of}/Files/predict.py",
            resources=PredictorResources(
                num_instances=1, requests=Resources(0.2, 64, 0), limits=Resources(1, 512, 0)
            ),
            transformer=transformer,
        )
        return serving.create_deployment(predictor, name=name)

    deployment = define("irisflowers")
    deployment.save()
    assert [d.name for d in serving.get_deployments()] == ["irisflowers"]
    assert serving.get_deployment("irisflowers").id == deployment.id
    refused(lambda: serving.get_deployment("nosuch"), 240000)
    assert "not created or running" in str(refused(lambda: deployment.predict(inputs=rows)))
    deployment.start(await_running=LONG)
    assert deployment.is_running()
    answer = deployment.predict(inputs=rows)["predictions"]
    assert answer == (rows if MEMORY else expected), answer
    answer = deployment.predict(data={"instances": rows[:3]})["predictions"]
    assert answer == (rows[:3] if MEMORY else expected[:3]), answer
    deployment.get_logs(component="predictor", tail=20)

    # It changes while it runs.
    deployment.predictor.resources.num_instances = 2
    deployment.save(await_update=LONG)
    assert deployment.is_running()
    if not MEMORY:
        assert deployment.predict(inputs=rows)["predictions"] == expected

    # A model that is used stays. Clients up to 3.4 delete its files, for which nobody looks at deployments.
    if hopsworks is not None or hsml.__version__ >= "3.7":
        refused(model.delete)
    refused(deployment.delete)
    deployment.stop(await_stopped=LONG)
    assert deployment.is_stopped()
    assert "not created or running" in str(refused(lambda: deployment.predict(inputs=rows)))
    deployment.delete()
    assert serving.get_deployments() == []

    if not MEMORY:
        with_transformer(serving, define, rows, expected)
        broken(serving, define, model)

    second.delete()
    model.delete()
    assert registry.get_models("iris") == []
    close()
    print("ALL OK")


def with_transformer(serving, define, rows, expected):
    script = "scale.py" if hopsworks is None else "Files/scale.py"
    transformer = serving.create_transformer(script_file=f"/Projects/{PROJECT}/Models/iris/1/{script}")
    deployment = define("scaled", transformer)
    deployment.save()
    deployment.start(await_running=LONG)
    tenfold = [[value * 10 for value in row] for row in rows]
    assert deployment.predict(inputs=tenfold)["predictions"] == expected
    deployment.stop(await_stopped=LONG)
    deployment.delete()


def broken(serving, define, model):
    """A script that cannot be loaded: the start fails, the reason is told, nothing is left."""
    deployment = define("broken")
    deployment.save()
    script = os.path.join(os.environ["WORKSPACE"], "Models/iris/1/predict.py")
    with open(script) as file:
        text = file.read()
    write(os.path.dirname(script), "predict.py", "import nosuch\n" + text)
    error = refused(lambda: deployment.start(await_running=LONG))
    assert "nosuch" in str(error) or "nosuch" in str(deployment.get_state().condition.reason), error
    deployment.stop(await_stopped=LONG)
    write(os.path.dirname(script), "predict.py", text)
    deployment.start(await_running=LONG)
    deployment.stop(await_stopped=LONG)
    deployment.delete()


if __name__ == "__main__":
    main()
