"""Every way in which a script can fail has its kind, its sentence and its remedy."""

from __future__ import annotations

import os
import pickle
import re
import sys
from typing import Any

import pytest

from conftest import LINUX, POSIX

PLAIN = "class Predict:\n    def predict(self, inputs):\n        return inputs\n"

# name → script, kind, the message (a pattern), the remedies before show-logs
LOAD_FAILURES: dict[str, tuple[str, str, str, list[str]]] = {
    "no class": (
        "class Predictor:\n    pass\n",
        "no-predict-class",
        r"no class of that name \(its classes: Predictor\)",
        ["open-file"],
    ),
    "empty script": (
        "",
        "no-predict-class",
        r"irisflowerclassifier\.py has no class of that name: add",
        ["open-file"],
    ),
    "two classes": (PLAIN + "\n" + PLAIN, "two-predict-classes", r"has 2, in lines 1 and 5", ["open-file"]),
    "syntax error": (
        "class Predict:\n    def predict(self inputs):\n        pass\n",
        "syntax-error",
        r"\(line 2\)",
        ["open-file"],
    ),
    "missing package": (
        "import cv2_not_there\n" + PLAIN,
        "missing-package",
        r"needs the package cv2_not_there, which is not installed \(irisflowerclassifier\.py, line 1\)",
        ["install-package", "open-file"],
    ),
    "raises in import": (
        "x = {}\ny = x['key']\n" + PLAIN,
        "import-raised",
        r"Could not import irisflowerclassifier\.py: KeyError: 'key' \(irisflowerclassifier\.py, line 2\)",
        ["open-file"],
    ),
    "raises in init": (
        "class Predict:\n    def __init__(self):\n        raise RuntimeError('no GPU\\nsecond line')\n",
        "construct-raised",
        r"Could not create Predict: RuntimeError: no GPU \(irisflowerclassifier\.py, line 3\)",
        ["open-file"],
    ),
    "wants arguments": (
        "class Predict:\n    def __init__(self, path, size):\n        pass\n",
        "constructor-arguments",
        r"its __init__ wants arguments \(path, size\)",
        ["open-file"],
    ),
    "missing file": (
        "class Predict:\n    def __init__(self):\n        self.model = open('./iris.pkl', 'rb')\n",
        "missing-file",
        r"'\./iris\.pkl' is missing; the model version has attribute\.pkl, .*iris_knn\.pkl, irisflowerclassifier\.py, main\.pkl \(",
        ["open-file"],
    ),
    "missing in hdfs": (
        "from hops import hdfs\nclass Predict:\n    def __init__(self):\n        hdfs.copy_to_local('Models/other.pkl')\n",
        "missing-file",
        r"'Models/other\.pkl' is missing; the model version has .*iris_knn\.pkl",
        ["open-file"],
    ),
    "sys.exit": (
        "import sys\nclass Predict:\n    def __init__(self):\n        sys.exit(4)\n",
        "script-exited",
        r"sys\.exit\(4\)",
        ["open-file"],
    ),
    "os._exit": ("import os\nos._exit(5)\n", "script-exited", r"ended its own process \(exited with 5\)", []),
    "memory": ("raise MemoryError\n", "out-of-memory", r"not enough memory", ["open-file"]),
    "pickle of a class from elsewhere": (
        "import pickle\nclass Predict:\n    def __init__(self):\n        self.m = pickle.load(open('gone.pkl', 'rb'))\n",
        "pickle-version",
        r"has no module json\.gone_module",
        ["open-file"],
    ),
    "pickle of a class that is gone": (
        "import pickle\nclass Predict:\n    def __init__(self):\n        self.m = pickle.load(open('attribute.pkl', 'rb'))\n",
        "pickle-version",
        r"saved with another version of Python or of a package: AttributeError",
        ["open-file"],
    ),
    "pickle of a class of the notebook": (
        "import pickle\nclass Predict:\n    def __init__(self):\n        self.m = pickle.load(open('main.pkl', 'rb'))\n",
        "pickle-version",
        r"it needs MyTransformer, which was defined in the program that saved it",
        ["open-file"],
    ),
    "not a pickle": (
        "import pickle\nclass Predict:\n    def __init__(self):\n        self.m = pickle.load(open('iris_knn.pkl', 'rb'))\n",
        "not-a-pickle",
        r"the file is not one, or it is cut off: UnpicklingError",
        ["open-file"],
    ),
    "pickle cut off": (
        "import pickle\nclass Predict:\n    def __init__(self):\n        self.m = pickle.load(open('empty.pkl', 'rb'))\n",
        "not-a-pickle",
        r"the file is not one, or it is cut off: EOFError",
        ["open-file"],
    ),
    "wrong submodule": (
        "import json.not_there\n",
        "import-raised",
        r"is installed but has no such module",
        ["open-file"],
    ),
}

FILES = {
    "iris_knn.pkl": b"this is text",
    "empty.pkl": b"",
    "gone.pkl": b"cjson.gone_module\nThing\n.",
    "attribute.pkl": b"cjson\nGone\n.",
    "main.pkl": b"c__main__\nMyTransformer\n.",
}


@pytest.mark.parametrize("name", LOAD_FAILURES)
def test_load_failure(make_serving: Any, name: str) -> None:
    script, kind, message, remedies = LOAD_FAILURES[name]
    serving = make_serving(script, files=FILES).start()
    failure = serving.failure()
    assert failure["kind"] == kind, failure
    assert re.search(message, failure["message"]), failure["message"]
    assert "\n" not in failure["message"]
    assert "Traceback" not in failure["message"]
    assert [remedy["kind"] for remedy in failure["remedies"]] == [*remedies, "show-logs"]
    for remedy in failure["remedies"]:
        if remedy["kind"] == "open-file":
            assert remedy["file"] == str(serving.script)
            assert remedy["line"] >= 1
    state = serving.state()
    assert state["stages"][-1]["state"] == "failed"
    assert state["stages"][-1]["name"] == failure["stage"]
    assert any(
        record["level"] == "ERROR" and record["message"] == failure["message"] for record in serving.records()
    )


def test_the_remedy_names_the_package_of_a_module(make_serving: Any) -> None:
    serving = make_serving("import PIL_\n" + PLAIN, script_name="s.py")
    serving.script.write_text("import skimage.nothing_like_it\n" + PLAIN)
    failure = serving.start().failure()
    assert failure["remedies"][0] == {
        "kind": "install-package",
        "package": "scikit-image",
        "module": "skimage",
    }


def test_frames_tell_the_users_files(make_serving: Any) -> None:
    script = "import json\nclass Predict:\n    def __init__(self):\n        json.loads('{')\n"
    exception = make_serving(script).start().failure()["exception"]
    assert exception["type"] == "json.decoder.JSONDecodeError"
    first, *rest = exception["frames"]
    assert (first["line"], first["function"], first["source"], first["user"]) == (
        4,
        "__init__",
        "json.loads('{')",
        True,
    )
    assert rest
    assert not any(frame["user"] for frame in rest)


def test_script_missing(make_serving: Any) -> None:
    failure = make_serving(None).start().failure()
    assert failure["kind"] == "script-missing"


def test_script_not_utf8(make_serving: Any) -> None:
    serving = make_serving(None)
    serving.script.write_bytes("# gr\xfc\xdfe\n".encode("latin-1") + PLAIN.encode())
    failure = serving.start().failure()
    assert failure["kind"] == "script-encoding"
    assert "save it as UTF-8" in failure["message"]


def test_script_with_a_declared_encoding_works(make_serving: Any) -> None:
    serving = make_serving(None)
    text = "# -*- coding: latin-1 -*-\nclass Predict:\n    def predict(self, inputs):\n        return 'gr\xfc\xdfe'\n"
    serving.script.write_bytes(text.encode("latin-1"))
    assert serving.start().ready().predict([1]) == "gr\xfc\xdfe"


@pytest.mark.skipif(not POSIX or os.geteuid() == 0, reason="root reads every file")
def test_script_unreadable(make_serving: Any) -> None:
    serving = make_serving(PLAIN)
    serving.script.chmod(0)
    assert serving.start().failure()["kind"] == "script-unreadable"


def test_script_is_a_folder(make_serving: Any) -> None:
    serving = make_serving(None)
    serving.script.mkdir()
    assert serving.start().failure()["kind"] == "script-unreadable"


def test_local_module_that_is_not_in_the_artifact(make_serving: Any, tmp_path: Any) -> None:
    (tmp_path / "features.py").write_text("x = 1\n")
    failure = make_serving("import features\n" + PLAIN, projectDir=str(tmp_path)).start().failure()
    assert failure["kind"] == "missing-local-module"
    assert "features.py is in the project but not in the model version's folder" in failure["message"]


def test_git_lfs_pointer(make_serving: Any) -> None:
    script = (
        "import pickle\nclass Predict:\n    def __init__(self):\n        pickle.load(open('big.pkl', 'rb'))\n"
    )
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
    failure = make_serving(script, files={"big.pkl": pointer}).start().failure()
    assert failure["kind"] == "not-a-pickle"
    assert "big.pkl: it is a Git LFS pointer" in failure["message"]


def test_endless_load_says_where_it_hangs(make_serving: Any) -> None:
    script = """
        import time

        class Predict:
            def __init__(self):
                self.wait()

            def wait(self):
                while True:
                    time.sleep(0.05)
    """
    serving = make_serving(script, limits={"loadSeconds": 1}).start()
    serving.wait(lambda state: state["port"])
    failure = serving.failure()
    assert failure["kind"] == "load-timeout"
    assert (
        "not loaded within 1 s: it hangs in time.sleep(0.05) (irisflowerclassifier.py, line 10)"
        in failure["message"]
    )
    assert failure["remedies"][0] == {"kind": "raise-limit", "name": "loadSeconds"}
    assert [frame["function"] for frame in failure["exception"]["frames"]] == ["__init__", "wait"]
    assert failure["stage"] == "construct"


@pytest.mark.skipif(not POSIX, reason="signals")
def test_segfault_in_load(make_serving: Any) -> None:
    script = "import ctypes\n\ndef crash():\n    ctypes.string_at(0)\n\ncrash()\n"
    failure = make_serving(script).start().failure()
    assert failure["kind"] == "crashed"
    assert "killed by signal 11 (segmentation fault) (irisflowerclassifier.py, line 4)" in failure["message"]
    assert failure["remedies"][0]["line"] == 4


@pytest.mark.skipif(not POSIX, reason="signals")
def test_killed_in_load(make_serving: Any) -> None:
    failure = make_serving("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n").start().failure()
    assert failure["kind"] == "killed"
    assert "memory" in failure["message"]


@pytest.mark.skipif(not LINUX, reason="address space limits")
def test_out_of_memory_in_load(make_serving: Any) -> None:
    script = """
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (512 * 1024 * 1024,) * 2)

        class Predict:
            def __init__(self):
                self.table = bytearray(1024 * 1024 * 1024)
    """
    failure = make_serving(script).start().failure()
    assert failure["kind"] == "out-of-memory"
    assert failure["stage"] == "construct"


def test_the_health_routes_answer_while_loading(make_serving: Any) -> None:
    script = "import time\nclass Predict:\n    def __init__(self):\n        time.sleep(1.5)\n    def predict(self, x):\n        return 7\n"
    serving = make_serving(script).start()
    serving.wait(lambda state: state["stages"][-1]["name"] == "construct")
    assert serving.get("/v2/health/live").status == 200
    ready = serving.get("/ready")
    assert ready.status == 503
    assert ready.json()["stage"] == "construct"
    assert ready.headers["connection"] == "close"
    refused = serving.post("/v1/models/iris:predict", {"inputs": 1})
    assert refused.status == 503
    assert refused.json()["kind"] == "not-ready"
    assert refused.headers["retry-after"] == "1"
    serving.ready()
    assert serving.get("/ready").status == 200
    assert serving.predict(1) == 7
    stages = serving.state()["stages"]
    assert [stage["name"] for stage in stages] == ["start", "import", "construct", "ready"]
    assert all(stage["state"] == "done" for stage in stages)
    assert stages[2]["seconds"] >= 1.4


# Calls: what predict does → status, kind, message

CALLS: dict[str, tuple[str, str, str]] = {
    "raise ValueError('bad row')": (
        "script-raised",
        r"predict raised ValueError: bad row \(irisflowerclassifier\.py, line 7\)",
        "",
    ),
    "return numpy_array()": ("reply-not-json", r"predict returned fakenumpy\.ndarray", "predictions"),
    "return [1.0, float('nan')]": ("reply-not-json", r"predictions\[1\] is nan", "predictions[1]"),
    "return {'a': [None, float('inf')]}": (
        "reply-not-json",
        r"predictions\.a\[1\] is inf",
        "predictions.a[1]",
    ),
    "return (x for x in [1])": (
        "reply-not-json",
        r"predict returned generator: return list\(result\)",
        "predictions",
    ),
    "return [object()]": ("reply-not-json", r"predictions\[0\] is object", "predictions[0]"),
    "return {1, 2}": ("reply-not-json", r"predict returned set", "predictions"),
    "return {(1, 2): 3}": ("reply-not-json", r"a key of predictions is tuple", "a key of predictions"),
    "return b'bytes'": ("reply-not-json", r"base64", "predictions"),
    "x = []; x.append(x); return x": ("reply-not-json", r"a part of itself", "predictions[0]"),
    "import datetime; return datetime.date(2020, 1, 1)": ("reply-not-json", r"isoformat", "predictions"),
    "sys.exit(3)": ("script-exited", r"predict called sys\.exit\(3\)", ""),
    "raise MemoryError": ("out-of-memory", r"not enough memory", ""),
    "raise KeyboardInterrupt": ("script-raised", r"KeyboardInterrupt", ""),
    "raise Silent": ("script-raised", r"predict raised Silent: \(its text could not be made", ""),
    "return recurse()": ("script-raised", r"RecursionError", ""),
}
CALL_SCRIPT = """
import sys
class ndarray: pass
ndarray.__module__ = 'fakenumpy'
def numpy_array(): return ndarray()
class Predict:
    def predict(self, inputs):
        {code}
    def classify(self):
        return 1
class Silent(Exception):
    def __str__(self): raise RuntimeError
def recurse(): return recurse()
"""


@pytest.mark.parametrize("pure", ["1", "0"])
def test_calls_that_fail(make_serving: Any, pure: str) -> None:
    branches = "\n        ".join(f"if inputs == {number}: {code}" for number, code in enumerate(CALLS))
    lines = CALL_SCRIPT.replace("{code}", branches).lstrip("\n")
    serving = (
        make_serving(lines, environment={"MODEL_SERVER_PURE": pure}, lenientReplies=False).start().ready()
    )
    for number, (code, (kind, message, field)) in enumerate(CALLS.items()):
        reply = serving.post("/predict", {"inputs": number})
        value = reply.json()
        assert reply.status == 500, code
        assert value["kind"] == kind, code
        assert re.search(message, value["error"]), value["error"]
        assert value["request"] == reply.headers["x-request-id"]
        if field:
            assert value["field"] == field
        assert "Traceback" not in reply.body.decode()
    assert serving.state()["replicas"][0]["restarts"] == 0
    wrong = serving.post("/classify", {"inputs": 1})
    assert (wrong.status, wrong.json()["kind"]) == (500, "wrong-arity")
    assert "def classify(self, inputs):" in wrong.json()["error"]
    missing = serving.post("/regress", {"inputs": 1})
    assert (missing.status, missing.json()["kind"]) == (501, "verb-missing")
    assert serving.wait_record(
        lambda record: record["level"] == "WARN" and "classify can't be called" in record["message"]
    )
    assert serving.wait_record(
        lambda record: "exception" in record and record["exception"]["type"] == "ValueError"
    )


def test_numpy_reply_names_the_fix(serve: Any) -> None:
    pytest.importorskip("numpy")
    serving = serve(
        "import numpy as np\nclass Predict:\n    def predict(self, x):\n        return np.array(x)\n    def classify(self, x):\n        return {'score': np.float64(1), 'n': [np.int64(3)]}\n",
        lenientReplies=False,
    )
    reply = serving.post("/predict", {"inputs": [1]}).json()
    assert reply["error"] == "predict returned numpy.ndarray: return result.tolist()"
    # numpy.float64 is a Python float; numpy.int64 is no Python int.
    reply = serving.post("/classify", {"inputs": [1]}).json()
    assert reply["error"].startswith(
        "classify returned what is not JSON: predictions.n[0] is numpy.int64: use .item()"
    )


def test_health_answers_and_stop_works_while_a_call_blocks(make_serving: Any) -> None:
    script = "import time\nclass Predict:\n    def predict(self, x):\n        time.sleep(60)\n"
    serving = make_serving(script, limits={"drainSeconds": 0.5}).start().ready()
    with serving.connect() as sock:
        sock.sendall(b'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n{"inputs":1}')
        serving.wait_record(lambda _: True)
        for _ in range(5):
            assert serving.get("/ready").status == 200
        assert serving.stop(5) == 0
    assert serving.state()["state"] == "stopped"


def test_python_version_is_said(make_serving: Any) -> None:
    serving = make_serving("raise SystemExit\n").start()
    serving.failure()
    assert serving.state()["python"] == {
        "version": sys.version.split()[0].rstrip("+"),
        "executable": sys.executable,
    }


def test_pickles_of_the_scripts_classes_can_be_read(make_serving: Any) -> None:
    script = """
        import pickle
        class Scale:
            def __init__(self, factor):
                self.factor = factor
        class Predict:
            def __init__(self):
                self.scale = pickle.loads(pickle.dumps(Scale(3)))
            def predict(self, inputs):
                return [type(self.scale).__module__, self.scale.factor * inputs, __name__ == '__main__']
    """
    assert make_serving(script).start().ready().predict(2) == ["irisflowerclassifier", 6, False]
    assert pickle  # the module under test is the server's, not ours
