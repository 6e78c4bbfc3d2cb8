"""Every template answers as the model itself does: real small models, the script as made, our server around it."""

import collections
import pickle

import pytest

numpy = pytest.importorskip("numpy")
ROWS = numpy.random.default_rng(7).normal(size=(120, 4))
CLASSES = (ROWS[:, 0] > 0).astype(int) + (ROWS[:, 1] > 0).astype(int)
NUMBERS = ROWS @ [1.0, -2.0, 0.5, 3.0]
ASKED = ROWS[:5]


def check_classes(served, expected, probabilities):
    assert served.ask("predict", ASKED.tolist()) == list(expected)
    answers = served.ask("classify", ASKED.tolist())
    assert [each["class"] for each in answers] == list(expected)
    rows = [
        list(r.values()) if isinstance(r, dict) else r for r in (each["probabilities"] for each in answers)
    ]
    assert rows == [pytest.approx(row, abs=1e-6) for row in numpy.asarray(probabilities).tolist()]
    check_refused(served, "regress")


def check_numbers(served, expected):
    assert served.ask("predict", ASKED.tolist()) == pytest.approx(numpy.asarray(expected).tolist(), abs=1e-5)
    assert served.ask("regress", ASKED.tolist()) == pytest.approx(numpy.asarray(expected).tolist(), abs=1e-5)
    check_refused(served, "classify")


def check_refused(served, verb):
    status, error = served.ask(verb, ASKED.tolist())
    assert status >= 500
    assert f"{verb}: " in error


@pytest.mark.parametrize("compress", [0, ("zlib", 3), ("lzma", 3)])
def test_sklearn_classifier(version, serve, compress):
    neighbors, joblib = pytest.importorskip("sklearn.neighbors"), pytest.importorskip("joblib")
    model = neighbors.KNeighborsClassifier().fit(ROWS, CLASSES)
    joblib.dump(model, version / "tiny.joblib", compress=compress)
    check_classes(serve(), model.predict(ASKED), model.predict_proba(ASKED))


def test_sklearn_text_classes(version, serve):
    linear = pytest.importorskip("sklearn.linear_model")
    model = linear.LogisticRegression().fit(ROWS, numpy.array(["low", "mid", "high"])[CLASSES])
    (version / "tiny model.pkl").write_bytes(pickle.dumps(model))
    check_classes(serve(), model.predict(ASKED), model.predict_proba(ASKED))


def test_sklearn_regressor(version, serve):
    linear = pytest.importorskip("sklearn.linear_model")
    model = linear.LinearRegression().fit(ROWS, NUMBERS)
    (version / "tiny.pkl").write_bytes(pickle.dumps(model))
    check_numbers(serve(), model.predict(ASKED))


@pytest.mark.parametrize("file", ["tiny.json", "tiny.ubj", "tiny.pkl"])
@pytest.mark.parametrize("classes", [3, 2])
def test_xgboost_classifier(version, serve, file, classes):
    pytest.importorskip("sklearn")
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBClassifier(n_estimators=4, n_jobs=1).fit(ROWS, CLASSES % classes)
    if file.endswith(".pkl"):
        (version / file).write_bytes(pickle.dumps(model))
    else:
        model.save_model(version / file)
    check_classes(serve(), model.predict(ASKED), model.predict_proba(ASKED))


@pytest.mark.parametrize("file", ["tiny.json", "tiny.pkl"])
def test_xgboost_booster(version, serve, file):
    xgboost = pytest.importorskip("xgboost")
    pytest.importorskip("joblib")
    model = xgboost.train({"nthread": 1}, xgboost.DMatrix(ROWS, NUMBERS), 4)
    if file.endswith(".pkl"):
        (version / file).write_bytes(pickle.dumps(model))
    else:
        model.save_model(version / file)
    check_numbers(serve(), model.predict(xgboost.DMatrix(ASKED)))


@pytest.mark.parametrize("file", ["tiny.txt", "tiny.pkl"])
def test_lightgbm_classifier(version, serve, file):
    pytest.importorskip("sklearn")
    lightgbm = pytest.importorskip("lightgbm")
    model = lightgbm.LGBMClassifier(n_estimators=4, n_jobs=1, verbose=-1).fit(ROWS, CLASSES)
    if file.endswith(".pkl"):
        (version / file).write_bytes(pickle.dumps(model))
    else:
        model.booster_.save_model(version / file)
    check_classes(serve(), model.predict(ASKED), model.predict_proba(ASKED))


def test_lightgbm_regressor(version, serve):
    lightgbm = pytest.importorskip("lightgbm")
    model = lightgbm.train({"verbose": -1, "num_threads": 1}, lightgbm.Dataset(ROWS, NUMBERS), 4)
    model.save_model(version / "tiny.txt")
    check_numbers(serve(), model.predict(ASKED))


def network(torch, outputs):
    torch.manual_seed(3)
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, outputs)).eval()


@pytest.mark.parametrize("kind", ["script", "network", "program"])
def test_torch(version, serve, kind):
    torch = pytest.importorskip("torch", reason="PyTorch with CUDA is several GB: set MODEL_SERVING_TORCH=1")
    model = network(torch, 3)
    rows = torch.tensor(ASKED, dtype=torch.float32)
    with torch.no_grad():
        expected = model(rows)
    if kind == "script":
        torch.jit.trace(model, rows).save(str(version / "tiny.pt"))
    elif kind == "network":
        torch.save(model, version / "tiny.pth")
    else:
        batch = {"input": {0: torch.export.Dim("batch", min=1)}}
        torch.export.save(
            torch.export.export(model, (rows,), dynamic_shapes=batch), str(version / "tiny.pt2")
        )
    served = serve()
    answers = served.ask("predict", ASKED.tolist())
    assert answers == [pytest.approx(row, abs=1e-5) for row in expected.tolist()]
    best = [each["class"] for each in served.ask("classify", ASKED.tolist())]
    assert best == expected.argmax(dim=1).tolist()
    check_refused(served, "regress")


def test_torch_parameters(version, serve):
    torch = pytest.importorskip("torch", reason="PyTorch with CUDA is several GB: set MODEL_SERVING_TORCH=1")
    model = network(torch, 1)
    torch.save(collections.OrderedDict(model.state_dict()), version / "tiny.pth")
    made = "torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))"
    served = serve(lambda text: text.replace("None  # MyNetwork()", made))
    with torch.no_grad():
        expected = model(torch.tensor(ASKED, dtype=torch.float32)).flatten().tolist()
    assert served.ask("regress", ASKED.tolist()) == pytest.approx(expected, abs=1e-5)
    check_refused(served, "classify")


def test_onnx_classifier(version, serve):
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    helper, kinds = onnx.helper, onnx.TensorProto
    weights = numpy.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["rows", "weights"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
            helper.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0),
        ],
        "tiny",
        [helper.make_tensor_value_info("rows", kinds.FLOAT, [None, 4])],
        [
            helper.make_tensor_value_info("label", kinds.INT64, [None]),
            helper.make_tensor_value_info("probabilities", kinds.FLOAT, [None, 3]),
        ],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, version / "tiny.onnx")
    session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    label, probabilities = session.run(None, {"rows": ASKED.astype("float32")})
    check_classes(serve(), label, probabilities)


def test_onnx_regressor(version, serve):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, kinds = onnx.helper, onnx.TensorProto
    graph = helper.make_graph(
        [helper.make_node("ReduceSum", ["rows", "axis"], ["sum"], keepdims=1)],
        "tiny",
        [helper.make_tensor_value_info("rows", kinds.DOUBLE, [None, 4])],
        [helper.make_tensor_value_info("sum", kinds.DOUBLE, [None, 1])],
        [onnx.numpy_helper.from_array(numpy.array([1], dtype="int64"), "axis")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9),
        version / "tiny.onnx",
    )
    served = serve()
    assert served.ask("regress", ASKED.tolist()) == pytest.approx(ASKED.sum(axis=1).tolist())
    check_refused(served, "classify")


def test_plain_pickle(version, serve):
    package = "class Doubler:\n    def predict(self, rows):\n        return [[2 * each for each in row] for row in rows]\n"
    (version / "doubling.py").write_text(package)
    (version / "tiny.pkl").write_bytes(b"cdoubling\nDoubler\n)R.")
    served = serve()
    assert served.ask("predict", ASKED.tolist()) == (2 * ASKED).tolist()
    check_refused(served, "classify")
    check_refused(served, "regress")


def test_no_model_file(version, serve):
    check_refused(serve(), "predict")
