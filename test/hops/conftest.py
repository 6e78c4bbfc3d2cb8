"""A real local Hopsworks API over real processes, with our own small `hops` package as its client."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
ENTRY = PROJECT / "dist" / "local-api.js"
SEED_SCRIPT = PROJECT / "test" / "server" / "scripts" / "irisflowerclassifier.py"
OWN = PROJECT / "src" / "clients" / "own"
sys.path.insert(0, str(OWN))


@dataclass(frozen=True)
class Api:
    """What it told when it was ready, and its workspace folder."""

    workspace: Path
    told: dict[str, Any]

    def environment(self) -> dict[str, str]:
        """As the login snippet sets it."""
        key = Path(self.told["apiKeyFile"]).read_text(encoding="utf-8").strip()
        return {
            "REST_ENDPOINT": self.told["address"],
            "HOPSWORKS_PROJECT_ID": "1",
            "HOPSWORKS_PROJECT_NAME": self.told["project"],
            "HADOOP_USER_NAME": f"{self.told['project']}__ada",
            "API_KEY": key,
            "REQUESTS_VERIFY": "true",
            "DOMAIN_CA_TRUSTSTORE_PEM": self.told["certificate"],
        }


@pytest.fixture(scope="session")
def iris(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained model and the page's Predict script."""
    from joblib import dump
    from sklearn.datasets import load_iris
    from sklearn.neighbors import KNeighborsClassifier

    folder = tmp_path_factory.mktemp("trained")
    dump(KNeighborsClassifier().fit(*load_iris(return_X_y=True)), folder / "iris_knn.pkl")
    shutil.copy(SEED_SCRIPT, folder / "iris_flower_classifier.py")
    return folder


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """It runs, and `hops` is connected to it."""
    workspace = tmp_path / "demo é"
    workspace.mkdir()
    node = os.environ.get("MODEL_SERVING_TEST_NODE", "node")
    arguments = ["--workspace", workspace, "--storage", tmp_path / "storage", "--python", sys.executable]
    process = subprocess.Popen(
        [node, ENTRY, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        pytest.fail(process.communicate()[1])
    running = Api(workspace, json.loads(line))
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    yield running
    process.terminate()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert os.environ["API_KEY"].split(".")[1] not in errors


@pytest.fixture
def waiting() -> Callable[[Callable[[], Any], Any], None]:
    """Waits until something has a value."""

    def wait(ask: Callable[[], Any], wanted: Any, seconds: float = 90) -> None:
        end = time.monotonic() + seconds
        value = ask()
        while value != wanted and time.monotonic() < end:
            assert value != "Failed"
            time.sleep(0.2)
            value = ask()
        assert value == wanted

    return wait
