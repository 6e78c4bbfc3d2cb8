"""A model version's folder, the script that the extension makes for it, and our server around both."""

import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).parents[2]
MAKE = ROOT / "test" / "templates" / "make.mjs"
SERVER = ROOT / "src" / "server" / "run.py"


class Served:
    def __init__(self, port, name):
        self.address = f"http://127.0.0.1:{port}/v1/models/{name}"

    def ask(self, verb, rows):
        """The predictions, or the HTTP status and error of a request that was turned away."""
        body = json.dumps({"inputs": rows}).encode()
        request = urllib.request.Request(f"{self.address}:{verb}", body, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return json.load(reply)["predictions"]
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)["error"]


@pytest.fixture
def version(tmp_path):
    directory = tmp_path / "Arbeit mit Äpfeln" / "Models" / "tiny" / "1"
    directory.mkdir(parents=True)
    return directory


@pytest.fixture
def serve(version, tmp_path):
    """Makes the script for what lies in the version's folder and serves it."""
    running = []

    def start(edit=lambda text: text):
        made = subprocess.run(
            ["node", str(MAKE), str(version), "tiny"], capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert made.returncode == 0, made.stderr
        script = pathlib.Path(json.loads(made.stdout)["file"])
        script.write_text(edit(script.read_text(encoding="utf-8")), encoding="utf-8")
        run = tmp_path / "run"
        run.mkdir()
        config = {
            "name": "tiny",
            "model": {"name": "tiny", "version": 1},
            "script": str(script),
            "artifact": {"label": "MODEL-ONLY", "dir": str(version)},
            "projectDir": None,
            "host": "127.0.0.1",
            "port": 0,
            "replicas": {"min": 1, "max": 1},
            "runDir": str(run),
            "log": {"file": str(run / "server.log"), "maxBytes": 5000000, "backups": 1},
            "lease": None,
            "limits": {"bodyBytes": 1000000, "drainSeconds": 2, "loadSeconds": 120},
        }
        (run / "launch.json").write_text(json.dumps(config))
        command = [sys.executable, "-X", "utf8", "-u", "-B", str(SERVER), "serve"]
        command += ["--config", str(run / "launch.json"), "--instance", "test"]
        process = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"})
        running.append(process)
        return Served(port_when_ready(run, process), "tiny")

    yield start
    for process in running:
        process.terminate()
        process.wait(30)


def port_when_ready(run, process):
    end = time.monotonic() + 120
    state = {}
    while time.monotonic() < end and process.poll() is None and state.get("state") != "failed":
        try:
            state = json.loads((run / "server.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            pass
        if state.get("state") == "ready":
            return state["port"]
        time.sleep(0.1)
    pytest.fail("the script was not served: {}".format(json.dumps(state.get("failure"), indent=1)))
