"""In a container: launched by a variable, logs on standard output, secrets as files, balancers told in time."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import LINUX, POSIX, ROOT, wait_until
from inferencerecords import launch
from model_server.config import parse_launch
from model_server.supervisor.environment import worker_environment

SCRIPT = """
import os, time
print("imported")
class Predict:
    def predict(self, inputs):
        if inputs == "noise":
            for number in range(2000):
                print("x" * 200, number)
            os.system("echo from a child")
            return "done"
        if isinstance(inputs, dict):
            time.sleep(inputs["sleep"])
            return "slept"
        if inputs == "kill":
            os.kill(os.getpid(), 9)
        return {name: os.environ.get(name) for name in inputs}
"""


def secrets(folder: Path, **values: str) -> str:
    folder.mkdir(exist_ok=True)
    for name, value in values.items():
        (folder / name).write_text(value, encoding="utf-8")
    return str(folder)


def test_a_launch_file_may_be_in_a_variable(make_serving: Any) -> None:
    serving = make_serving(SCRIPT)
    serving.environment["MODEL_SERVING_LAUNCH"] = json.dumps({**serving.launch, "host": "0.0.0.0"})
    serving.start(config="env:MODEL_SERVING_LAUNCH").ready()
    assert serving.state()["host"] == "0.0.0.0"
    assert serving.predict(["MODEL_SERVING_LAUNCH"]) == {"MODEL_SERVING_LAUNCH": None}


def test_a_missing_variable_is_named(make_serving: Any) -> None:
    serving = make_serving(SCRIPT).start(config="env:NOT_THERE")
    assert serving.exit_code() == 2
    assert b"the environment variable NOT_THERE is missing" in serving.process.stderr.read()


def test_log_lines_on_standard_output_are_whole(make_serving: Any, tmp_path: Path) -> None:
    serving = make_serving(SCRIPT, log={"stdout": True, "file": str(tmp_path / "no.log")})
    out = tmp_path / "out"
    with out.open("wb") as file:
        serving.start(stdout=file).ready()
        assert serving.predict("noise") == "done"
        assert serving.stop() == 0
    records = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    printed = [record["message"] for record in records if record["logger"] == "stdout"]
    assert printed[0] == "imported"
    assert [text for text in printed if text.startswith("x")] == [f"{'x' * 200} {n}" for n in range(2000)]
    assert "from a child" in printed
    assert not (tmp_path / "no.log").exists()


def test_secrets_are_variables_of_workers_read_at_each_start(make_serving: Any, tmp_path: Path) -> None:
    folder = secrets(tmp_path / "secrets", PASSWORD="first ü\n", TOKEN="the token", **{".hidden": "no"})
    serving = make_serving(SCRIPT, secretsDir=folder, tokenVariable="TOKEN", secretNames=["PASSWORD"])
    serving.environment["TOKEN"] = "another"
    serving.start().ready()

    def ask(inputs: Any) -> Any:
        return serving.post("/predict", {"inputs": inputs}, authorization="Bearer the token")

    asked = ["PASSWORD", "TOKEN", ".hidden"]
    assert ask(asked).json()["predictions"] == {"PASSWORD": "first ü\n", "TOKEN": None, ".hidden": None}
    assert serving.get("/").status == 401
    secrets(tmp_path / "secrets", PASSWORD="second")
    first = serving.state()["replicas"][0]["pid"]
    os.kill(first, getattr(signal, "SIGKILL", signal.SIGTERM))
    serving.wait(lambda state: state["replicas"][0]["pid"] not in {first, None} and state["state"] == "ready")
    assert ask(asked).json()["predictions"]["PASSWORD"] == "second"


@pytest.mark.parametrize(
    ("values", "names", "why"),
    [
        (None, [], "the folder with the secrets: No such file"),
        ({"A": "1"}, ["A", "B", "C"], "the secrets do not have B, C: "),
        ({"A": "a\0b"}, [], "the secret A can't be an environment variable"),
    ],
)
def test_secrets_that_are_missing_fail_the_start(
    make_serving: Any, tmp_path: Path, values: dict[str, str] | None, names: list[str], why: str
) -> None:
    folder = tmp_path / "secrets"
    if values is not None:
        secrets(folder, **values)
    failure = make_serving(SCRIPT, secretsDir=str(folder), secretNames=names).start().failure()
    assert (failure["stage"], failure["kind"]) == ("start", "secrets-missing")
    assert f"Could not start: {why}" in failure["message"]
    assert "a\0b" not in json.dumps(failure)


@pytest.mark.parametrize("signals", [1, 3])
def test_not_ready_is_said_before_clients_are_turned_away(make_serving: Any, signals: int) -> None:
    serving = make_serving(SCRIPT, lameSeconds=1.0)
    serving.start().ready()
    kept = serving.connect()
    began = time.monotonic()
    for _ in range(signals):
        if POSIX:
            serving.process.send_signal(signal.SIGTERM)
        else:
            serving.ask_to_stop()
        time.sleep(0.05)
    wait_until(lambda: serving.get("/ready").status == 503)
    assert time.monotonic() - began < 0.6
    assert serving.get("/v2/health/ready").json()["kind"] == "stopping"
    assert serving.get("/live").status == 200
    assert serving.state()["state"] == "stopping"
    while time.monotonic() - began < 0.9:
        assert serving.predict([]) == {}
    kept.sendall(
        b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 24\r\n\r\n" + b'{"inputs":{"sleep":0.6}}'
    )
    assert b" 200 " in kept.recv(65536)  # it came while others were taken, and ended after that
    kept.close()
    assert serving.exit_code() == 0
    assert serving.state()["stoppedBecause"] == "asked"


def test_a_worker_that_dies_while_the_serving_says_not_ready_is_not_replaced(make_serving: Any) -> None:
    serving = make_serving(SCRIPT, lameSeconds=20)
    serving.start().ready()
    serving.stop_soon()
    serving.wait(lambda state: state["state"] == "stopping")
    with pytest.raises(OSError):
        serving.predict("kill")
    assert serving.exit_code(5) == 0


def test_a_serving_that_still_loads_ends_at_once(make_serving: Any) -> None:
    serving = make_serving("import time\nprint('in it')\ntime.sleep(60)\n", lameSeconds=30)
    serving.start()
    serving.wait_record(lambda record: record["message"] == "in it")
    assert serving.stop(5) == 0


@pytest.mark.skipif(not POSIX, reason="containers are Linux")
def test_a_user_without_entry_and_home(make_serving: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    script = """
    import getpass, os
    class Predict:
        def predict(self, inputs):
            home = os.path.expanduser("~")
            return [getpass.getuser(), os.access(home, os.W_OK)]
    """
    serving = make_serving(script)
    serving.environment["HOME"] = "/nonexistent"
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        serving.environment.pop(name, None)
        monkeypatch.delenv(name, raising=False)
    serving.start().ready()
    name, writable = serving.predict([])
    assert writable
    assert name
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999_999)
    assert worker_environment(parse_launch(serving.launch))["USER"] == "serving"


@pytest.mark.skipif(not LINUX, reason="only Linux has subreapers")
def test_what_others_left_behind_is_taken_in() -> None:
    code = """
import ctypes, os, subprocess, sys, time
sys.path.insert(0, sys.argv[1])
from model_server.processes import reap_strangers
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # orphans below come to this process, as they do to process 1
own = subprocess.Popen(["sleep", "0.2"])
subprocess.run(["sh", "-c", "sleep 0.05 & sleep 0.1 & exit"])
time.sleep(0.15)
reap_strangers({own.pid})
children = open(f"/proc/self/task/{os.getpid()}/children").read().split()
assert children == [str(own.pid)], children
time.sleep(0.2)
reap_strangers({own.pid})
assert own.wait() == 0
"""
    subprocess.run([sys.executable, "-c", code, str(ROOT)], check=True, timeout=20)


def test_workers_get_no_file_and_no_password_of_the_inference_log(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name in ("OWN", "KAFKA_CA", "KAFKA_KEY", "KAFKA_PASSWORD"):
        (folder / name).write_text(f"of {name}")
    tls = {"caFile": str(folder / "KAFKA_CA"), "keyFile": str(folder / "KAFKA_KEY")}
    sasl = {"user": "ada", "passwordVariable": "KAFKA_PASSWORD"}
    config = launch(tmp_path, kafka={"brokers": "a:1", "topic": "logs", "tls": tls, "sasl": sasl})
    environment = worker_environment(dataclasses.replace(config, secrets_dir=folder))
    assert environment["OWN"] == "of OWN"
    assert [name for name in environment if name.startswith("KAFKA")] == []
