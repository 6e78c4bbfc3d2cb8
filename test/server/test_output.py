"""What a script prints and logs becomes records, whatever it does to its streams."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from conftest import POSIX, Serving


def call(serving: Serving, code: str, request: str) -> Any:
    return serving.post("/predict", {"inputs": code}, **{"X-Request-Id": request})


@pytest.fixture
def serving(serve: Any) -> Serving:
    return serve(
        """
        import sys, os, logging, subprocess, warnings, threading, time
        class Predict:
            def predict(self, inputs):
                exec(inputs)
                return "done"
        """
    )


def of(serving: Serving, request: str) -> list[dict[str, Any]]:
    serving.wait_record(lambda record: record["request"] == request and record["logger"] == "access")
    return [
        record
        for record in serving.records()
        if record["request"] == request and record["logger"] != "access"
    ]


def test_prints_know_their_request(serving: Serving) -> None:
    call(serving, "print('one'); print('two\\nthree'); print('no newline', end='')", "r1")
    assert [record["message"] for record in of(serving, "r1")] == ["one", "two", "three", "no newline"]
    call(serving, "print('oops', file=sys.stderr)", "r2")
    (record,) = of(serving, "r2")
    assert (record["logger"], record["level"], record["message"], record["replica"]) == (
        "stderr",
        "WARN",
        "oops",
        1,
    )


def test_logging_keeps_level_and_name(serving: Serving) -> None:
    code = "logging.getLogger('my.model').info('a %d', 1); logging.error('b'); logging.debug('hidden')"
    call(
        serving,
        code
        + "; logging.basicConfig(level='DEBUG'); logging.debug('shown'); logging.getLogger('x').critical('c')",
        "r1",
    )
    records = [(record["logger"], record["level"], record["message"]) for record in of(serving, "r1")]
    assert records == [
        ("my.model", "INFO", "a 1"),
        ("root", "ERROR", "b"),
        ("root", "DEBUG", "shown"),
        ("x", "ERROR", "c"),
    ]
    call(serving, "try:\n    1/0\nexcept ZeroDivisionError:\n    logging.exception('failed')", "r2")
    assert "ZeroDivisionError: division by zero" in of(serving, "r2")[0]["message"]
    call(serving, "logging.info('%d', 'x')", "r3")
    assert "could not be formatted" in of(serving, "r3")[0]["message"]


def test_warnings(serving: Serving) -> None:
    call(serving, "warnings.warn('careful')", "r1")
    (record,) = of(serving, "r1")
    assert (record["logger"], record["level"], record["message"]) == (
        "warnings",
        "WARN",
        "UserWarning: careful",
    )


def test_closed_stdout(serving: Serving) -> None:
    assert call(serving, "sys.stdout.close(); sys.stderr.close(); print('still here')", "r1").status == 200
    assert of(serving, "r1")[0]["message"] == "still here"
    assert call(serving, "os.close(1); os.close(2); print('and here')", "r2").status == 200
    assert of(serving, "r2")[0]["message"] == "and here"
    assert serving.predict("pass") == "done"


def test_descriptors_and_children(serving: Serving) -> None:
    call(serving, "os.write(1, b'raw\\n'); subprocess.run(['echo', 'child']); os.write(2, b'no end')", "r1")
    for message in ("raw", "child", "no end"):
        record = serving.wait_record(lambda record, message=message: record["message"] == message)
        assert record["request"] is None
    call(serving, "subprocess.run(['echo', 'handed over'], stdout=sys.stdout)", "r2")
    serving.wait_record(lambda record: record["message"] == "handed over")


def test_binary_garbage(serving: Serving) -> None:
    call(
        serving,
        "sys.stdout.buffer.write(b'\\xff\\x00\\x1b[31m\\xc3\\xbc\\n'); os.write(1, bytes(range(256)) + b'\\n')",
        "r1",
    )
    assert of(serving, "r1")[0]["message"] == "\\xff\x00\x1b[31mü"
    serving.wait_record(lambda record: record["message"].startswith("\\x80") or "\\x80" in record["message"])
    assert all(byte == 10 or 32 <= byte < 127 for byte in serving.log_file.read_bytes())


def test_megabytes_in_one_line_and_in_many(serve: Any) -> None:
    serving = serve(
        """
        import os, sys
        class Predict:
            def predict(self, inputs):
                print("x" * 5_000_000)
                for number in range(20_000):
                    print("line", number, "y" * 80)
                os.write(1, b"z" * 3_000_000)
                return "done"
        """,
    )
    began = time.monotonic()
    assert serving.predict(0) == "done"
    assert time.monotonic() - began < 20
    assert serving.get("/ready").status == 200
    memory = serving.state()["replicas"][0]["memoryBytes"]
    assert memory is None or memory < 150_000_000
    serving.ask_to_stop()
    assert serving.exit_code() == 0
    names = sorted(path.name for path in serving.run_dir.glob("server.log*"))
    assert names == ["server.log", "server.log.1", "server.log.2"]
    lines = b"".join((serving.run_dir / name).read_bytes() for name in reversed(names)).splitlines()
    assert max(map(len, lines)) <= 16 * 1024
    records = [json.loads(line) for line in lines]
    numbers = [
        int(record["message"].split()[1]) for record in records if record["message"].startswith("line ")
    ]
    assert numbers == list(range(20_000))
    assert (
        sum(len(record["message"]) for record in records if record["message"].startswith("xxx")) == 5_000_000
    )
    assert (
        sum(len(record["message"]) for record in records if record["message"].startswith("zzz")) == 3_000_000
    )


def test_threads_and_their_failures(serving: Serving) -> None:
    call(
        serving,
        "t = threading.Thread(target=lambda: (print('from a thread'), 1/0), name='mine'); t.start(); t.join()",
        "r1",
    )
    serving.wait_record(lambda record: record["message"] == "from a thread")
    record = serving.wait_record(lambda record: "The thread mine ended by an exception" in record["message"])
    assert record["level"] == "ERROR"
    assert "ZeroDivisionError" in record["message"]


def test_input_finds_the_end(serving: Serving) -> None:
    reply = call(serving, "input()", "r1")
    assert reply.status == 500
    assert "EOFError" in reply.json()["error"]


def test_replaced_streams_do_not_matter(serving: Serving) -> None:
    assert call(serving, "sys.stdout = None; sys.stderr = object()", "r1").status == 200
    assert serving.predict("pass") == "done"


@pytest.mark.skipif(not POSIX, reason="environment")
def test_no_environment_value_is_written_anywhere(make_serving: Any) -> None:
    serving = make_serving(
        "import os\nclass Predict:\n    def predict(self, inputs):\n        return os.environ['SECRET'] == 's3cr3t' + '-value'\n",
        environment={"SECRET": "s3cr3t-value"},
    )
    serving.start().ready()
    assert serving.predict(0) is True
    serving.post("/predict", {})
    serving.stop()
    for path in serving.run_dir.rglob("*"):
        if path.is_file():
            assert b"s3cr3t-value" not in path.read_bytes()


def test_the_scripts_world(serve: Any) -> None:
    serving = serve(
        """
        import os, sys
        import helper
        class Predict:
            def __init__(self):
                with open("data/table.txt") as file, open(os.path.join(os.path.dirname(__file__), "data", "table.txt")) as same:
                    self.read = [file.read(), same.read()]
                with open("data/written.txt", "w") as file:
                    file.write("mine")
            def predict(self, inputs):
                names = ["MODEL_NAME", "MODEL_VERSION", "ARTIFACT_VERSION", "SCRIPT_NAME", "DEPLOYMENT_NAME"]
                return [self.read, helper.x, [os.environ[name] for name in names], sys.argv,
                        os.environ["MODEL_FILES_PATH"], os.environ["ARTIFACT_FILES_PATH"], os.getcwd(), __file__]
        """,
        files={"data/table.txt": b"rows", "helper.py": b"x = 4\n"},
    )
    read, x, names, argv, model, artifact, cwd, file = serving.predict(0)
    assert read == ["rows", "rows"]
    assert x == 4
    assert names == ["iris", "3", "7", "irisflowerclassifier.py", "iris"]
    assert argv == [str(serving.script)]
    assert model == artifact == str(serving.artifact)
    assert cwd == str((serving.run_dir / "work" / "1").resolve())
    assert file == str(serving.script)
    assert not (serving.artifact / "data" / "written.txt").exists()
    assert sorted(path.name for path in serving.artifact.rglob("*")) == [
        "data",
        "helper.py",
        "irisflowerclassifier.py",
        "table.txt",
    ]


def test_idioms_of_scripts_that_change_their_streams(serving: Serving) -> None:
    code = "import io; sys.stdout.reconfigure(line_buffering=True); print('a')\nold = sys.stdout\n"
    code += "sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='utf-8'); print('\xfc'); sys.stdout.flush(); sys.stdout.detach(); sys.stdout = old"
    assert call(serving, code, "r1").json() == {"predictions": "done"}
    assert [record["message"] for record in of(serving, "r1")] == ["a", "ü"]


def test_a_progress_bar_is_one_record(serving: Serving) -> None:
    call(
        serving,
        "for n in range(101): print(f'\\r{n}% ' + '#' * 100, end='', file=sys.stderr)\nprint(file=sys.stderr)",
        "r1",
    )
    (record,) = of(serving, "r1")
    assert record["message"] == "100% " + "#" * 100
    call(serving, "print('windows\\r\\nlines\\r')", "r2")
    assert [record["message"] for record in of(serving, "r2")] == ["windows", "lines"]


@pytest.mark.skipif(not POSIX, reason="fork")
def test_children_by_fork_can_print(serving: Serving) -> None:
    code = "import multiprocessing as m\nfor _ in range(5):\n    p = m.get_context('fork').Process(target=print, args=('forked',)); p.start(); p.join(5)\n    assert p.exitcode == 0"
    assert call(serving, code, "r1").json() == {"predictions": "done"}
    assert [record["message"] for record in of(serving, "r1")] == ["forked"] * 5


def test_a_model_in_a_global_is_found(serve: Any) -> None:
    script = "class Model:\n    n_features_in_ = 9\nModel.__module__ = 'sklearn.mine'\nmodel = Model()\nclass Predict:\n    def predict(self, x):\n        return x\n"
    assert serve(script).state()["load"]["features"] == 9
