"""A real server process per test: real scripts, real sockets."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from broker import Broker

ROOT = Path(__file__).resolve().parents[2] / "src" / "server"
SCRIPTS = Path(__file__).parent / "scripts"
# The package's unit tests import it from here; the compat folder is for the hops shim.
sys.path[:0] = [str(ROOT), str(ROOT / "compat")]

POSIX = os.name != "nt"
LINUX = sys.platform.startswith("linux")


def pytest_configure(config: pytest.Config) -> None:
    """Works with the configuration of src/server and without any."""
    config.addinivalue_line("markers", "sklearn: needs scikit-learn and joblib")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """No test may hang."""
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(90))


class Reply:
    """A reply as http.client saw it."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self) -> Any:
        return json.loads(self.body)


class Serving:
    """One run of the server. Every wait has an end and says what the server logged."""

    def __init__(self, folder: Path, script: str | None, environment: dict[str, str], **launch: Any) -> None:
        self.folder = folder
        self.artifact = folder / "Artifacts" / "iris 1 ü"
        self.run_dir = folder / "run"
        self.log_file = self.run_dir / "server.log"
        self.artifact.mkdir(parents=True)
        self.run_dir.mkdir()
        self.script = self.artifact / launch.pop("script_name", "irisflowerclassifier.py")
        if script is not None:
            self.script.write_text(textwrap.dedent(script), encoding="utf-8")
        self.launch: dict[str, Any] = {
            "name": "iris",
            "model": {"name": "iris", "version": 3},
            "script": str(self.script),
            "artifact": {"label": "iris_3_7", "dir": str(self.artifact)},
            "projectDir": None,
            "runDir": str(self.run_dir),
            "log": {"file": str(self.log_file)},
            **launch,
        }
        self.environment = {**os.environ, **environment}
        self.process: subprocess.Popen[bytes] | None = None

    def start(
        self,
        instance: str = "test",
        stdout: Any = subprocess.DEVNULL,
        config: str | None = None,
        before: Callable[[], object] | None = None,
    ) -> Serving:
        if config is None:
            config = str(self.folder / "launch.json")
            Path(config).write_text(json.dumps(self.launch), encoding="utf-8")
        command = [sys.executable, "-X", "utf8", "-u", "-B", str(ROOT / "run.py"), "serve"]
        self.process = subprocess.Popen(
            [*command, "--config", config, "--instance", instance],
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=self.environment,
            cwd=self.folder,
            preexec_fn=before,  # noqa: PLW1509  # no threads run yet
        )
        return self

    def state(self) -> dict[str, Any]:
        try:
            return json.loads((self.run_dir / "server.json").read_text(encoding="utf-8"))
        except OSError:
            return {}

    def wait(self, condition: Callable[[dict[str, Any]], Any], seconds: float = 20) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while True:
            state = self.state()
            if state and condition(state):
                return state
            if time.monotonic() > end or (self.process and self.process.poll() is not None):
                state = self.state()
                if state and condition(state):
                    return state
                raise AssertionError(
                    f"not in {seconds} s: {json.dumps(state, indent=1)}\n{self.log_text()[-5000:]}"
                )
            time.sleep(0.02)

    def ready(self, seconds: float = 30) -> Serving:
        self.wait(
            lambda state: state["state"] == "ready" and all(r["state"] == "ready" for r in state["replicas"]),
            seconds,
        )
        return self

    def exit_code(self, seconds: float = 20) -> int:
        assert self.process is not None
        return self.process.wait(seconds)

    def failure(self, seconds: float = 30) -> dict[str, Any]:
        """The failure of a server that ends by itself with 3."""
        assert self.exit_code(seconds) == 3
        state = self.state()
        assert state["state"] == "failed"
        assert state["stoppedBecause"] == "failed"
        return state["failure"]

    @property
    def port(self) -> int:
        return int(self.state()["port"])

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            return Reply(connection.getresponse())
        finally:
            connection.close()

    def get(self, path: str) -> Reply:
        return self.request("GET", path)

    def post(self, path: str, value: Any, **headers: str) -> Reply:
        return self.request("POST", path, json.dumps(value).encode(), headers)

    def predict(self, inputs: Any) -> Any:
        reply = self.post("/v1/models/iris:predict", {"inputs": inputs})
        assert reply.status == 200, reply.body
        return reply.json()["predictions"]

    def connect(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def log_text(self) -> str:
        try:
            return self.log_file.read_text(encoding="utf-8")
        except OSError:
            return ""

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log_text().splitlines() if line]

    def wait_record(self, condition: Callable[[dict[str, Any]], Any], seconds: float = 10) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while True:
            for record in self.records():
                if condition(record):
                    return record
            assert time.monotonic() < end, self.log_text()[-5000:]
            time.sleep(0.03)

    def ask_to_stop(self) -> None:
        (self.run_dir / "stop").touch()

    def stop_soon(self) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            if POSIX:
                self.process.send_signal(signal.SIGTERM)
            else:
                self.ask_to_stop()

    def stop(self, seconds: float = 15) -> int:
        self.stop_soon()
        return self.exit_code(seconds)

    def end(self) -> None:
        if self.process is None:
            return
        try:
            if self.process.poll() is None:
                pids = [replica["pid"] for replica in self.state().get("replicas", []) if replica["pid"]]
                self.process.kill()
                self.process.wait(10)
                for pid in pids:
                    if POSIX and alive(pid):
                        wait_until(lambda pid=pid: not alive(pid), 10)
        finally:
            if self.process.stderr:
                self.process.stderr.close()
            if self.process.stdout:
                self.process.stdout.close()


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return not LINUX


def wait_until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def make_serving(tmp_path: Path) -> Iterator[Callable[..., Serving]]:
    """Makes servings that are not started; each ends with the test."""
    made: list[Serving] = []

    def make(
        script: str | None,
        files: dict[str, bytes] | None = None,
        environment: dict[str, str] | None = None,
        **launch: Any,
    ) -> Serving:
        serving = Serving(tmp_path / f"serving {len(made)}", script, environment or {}, **launch)
        for name, content in (files or {}).items():
            place = serving.artifact / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        made.append(serving)
        return serving

    yield make
    for serving in made:
        serving.end()


@pytest.fixture
def serve(make_serving: Callable[..., Serving]) -> Callable[..., Serving]:
    """Starts a serving and waits until it is ready."""

    def start(script: str, **more: Any) -> Serving:
        return make_serving(script, **more).start().ready()

    return start


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real Kafka, for the tests of one file."""
    made = Broker(tmp_path_factory.mktemp("kafka"))
    made.start()
    yield made
    made.kill()
