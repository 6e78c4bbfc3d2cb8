"""Reload while developing: a change takes over when it works, and changes nothing when it does not."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import Serving, alive, wait_until
from model_server.config import parse_launch
from model_server.supervisor.watching import Versions, Watch, changes
from test_takeover import Clients

SCRIPT = """
import pathlib
class Predict:
    def __init__(self):
        self.model = pathlib.Path("model.txt").read_text() if pathlib.Path("model.txt").exists() else None
    def predict(self, inputs):
        return [{answer}, self.model]
"""


class Workspace:
    """Where the user edits: the script and the model's folder; the artifact was packed from them."""

    def __init__(self, folder: Path) -> None:
        self.script = folder / "workspace" / "predictor.py"
        self.model = folder / "workspace" / "Models" / "iris" / "3"
        self.model.mkdir(parents=True)
        (self.model / "Artifacts").mkdir()
        self.write(SCRIPT.format(answer=1))
        (self.model / "model.txt").write_text("a")

    def write(self, text: str) -> None:
        self.script.write_text(text)

    def serving(self, make_serving: Any, **more: Any) -> Serving:
        serving = make_serving(
            self.script.read_text(),
            files={"model.txt": b"a", "kept.txt": b"kept"},
            script_name="predictor.py",
            reload={"watch": [str(self.script), str(self.model)]},
            **more,
        )
        return serving.start().ready()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def reloaded(serving: Serving, count: int) -> dict[str, Any]:
    return serving.wait(
        lambda state: (
            state["reload"]["reloads"] == count
            and state["reload"]["state"] == "watching"
            and [r["state"] for r in state["replicas"]]
            == ["ready"] * serving.launch.get("replicas", {"min": 1})["min"]
        )
    )


def test_changes_take_over_and_no_request_fails(workspace: Workspace, make_serving: Any) -> None:
    serving = workspace.serving(make_serving, replicas={"min": 2})
    assert serving.predict(0) == [1, "a"]
    before = [replica["pid"] for replica in serving.state()["replicas"]]
    with Clients(serving.port) as clients:
        workspace.write(SCRIPT.format(answer=2))
        state = reloaded(serving, 1)
        assert state["reload"]["changed"] == ["predictor.py"]
        assert serving.predict(0) == [2, "a"]
        (workspace.model / "model.txt").write_text("b")
        (workspace.model / "Artifacts" / "noise").write_text("an artifact is packed")
        state = reloaded(serving, 2)
        assert state["reload"]["changed"] == ["model.txt"]
        assert serving.predict(0) == [2, "b"]
    assert clients.errors == []
    assert {status for status, _ in clients.replies} == {200}
    assert {answer for _, answer in clients.replies} == {'[1, "a"]', '[2, "a"]', '[2, "b"]'}
    wait_until(lambda: not any(alive(pid) for pid in before))
    workspace.write(SCRIPT.format(answer=3))
    reloaded(serving, 3)
    assert len(list((serving.run_dir / "reload").iterdir())) <= 2
    # The artifact itself is as it was packed.
    assert (serving.artifact / "model.txt").read_text() == "a"
    assert "{answer}" not in serving.script.read_text()
    assert serving.get("/metrics.json").json()["totals"]["reloads"] == {"loaded": 3}
    assert serving.stop() == 0


def test_a_broken_change_keeps_the_one_before(workspace: Workspace, make_serving: Any) -> None:
    serving = workspace.serving(make_serving)
    pid = serving.state()["replicas"][0]["pid"]
    workspace.write("class Predict:\n    def __init__(self):\n        raise ValueError('half done')\n")
    state = serving.wait(lambda state: state["reload"]["state"] == "failed")
    failure = state["reload"]["failure"]
    assert (failure["kind"], failure["stage"]) == ("construct-raised", "construct")
    assert "half done" in failure["message"]
    # The editor opens the file that the user edits, not a copy of it.
    assert {"kind": "open-file", "file": str(workspace.script), "line": 3} in failure["remedies"]
    assert failure["exception"]["frames"][-1]["file"] == str(workspace.script)
    assert state["state"] == "ready"
    assert state["failure"] is None
    assert serving.predict(0) == [1, "a"]
    assert (
        serving.wait_record(lambda record: record["message"].startswith("Could not reload"))["level"]
        == "ERROR"
    )
    serving.wait(lambda state: [replica["pid"] for replica in state["replicas"]] == [pid])
    workspace.write("import os\nos._exit(7)\n")
    state = serving.wait(
        lambda state: state["reload"]["failures"] == 2 and state["reload"]["state"] == "failed"
    )
    assert state["reload"]["failure"]["kind"] == "script-exited"
    workspace.write("def broken(:\n")
    state = serving.wait(
        lambda state: state["reload"]["failures"] == 3 and state["reload"]["state"] == "failed"
    )
    assert state["reload"]["failure"]["kind"] == "syntax-error"
    assert serving.predict(0) == [1, "a"]
    workspace.write(SCRIPT.format(answer=3))
    assert reloaded(serving, 1)["reload"]["failure"] is None
    assert serving.predict(0) == [3, "a"]
    assert serving.get("/metrics.json").json()["totals"]["reloads"] == {"failed": 3, "loaded": 1}


def test_a_worker_that_dies_after_a_reload_comes_back_with_the_changed_code(
    workspace: Workspace, make_serving: Any
) -> None:
    serving = workspace.serving(make_serving)
    workspace.write("import os\n" + SCRIPT.format(answer="2 if inputs == 0 else os._exit(1)"))
    reloaded(serving, 1)
    with pytest.raises(Exception):
        serving.predict(1)
    serving.wait(lambda state: state["replicas"][0]["restarts"] == 1 and state["state"] == "ready")
    assert serving.predict(0) == [2, "a"]


def test_the_artifact_itself_can_be_watched(make_serving: Any) -> None:
    serving = make_serving(SCRIPT.format(answer=1), reload=True).start().ready()
    serving.script.write_text(SCRIPT.format(answer=5))
    serving.wait(lambda state: state["reload"]["reloads"] == 1)
    wait_until(lambda: serving.predict(0) == [5, None])


def launch(folder: Path, watch: list[Path]) -> dict[str, Any]:
    artifact = folder / "artifact"
    (artifact / "sub").mkdir(parents=True)
    for name in ("p.py", "m.bin", "sub/x.txt", "gone.txt"):
        (artifact / name).write_text(name)
    return {
        "name": "a", "model": {"name": "a", "version": 1}, "script": str(artifact / "p.py"),
        "artifact": {"label": "a_1_1", "dir": str(artifact)}, "runDir": str(folder / "run"),
        "reload": {"watch": [str(path) for path in watch]},
    }  # fmt: skip


def test_versions(tmp_path: Path) -> None:
    source = tmp_path / "model"
    (source / "sub").mkdir(parents=True)
    for name in ("m.bin", "sub/x.txt", "gone.txt", ".hidden"):
        (source / name).write_text(name)
    script = tmp_path / "other_name.py"
    script.write_text("p.py")
    config = parse_launch(launch(tmp_path, [script, source]))
    watch = Watch(config)
    seen = watch.look()
    assert set(seen) == {"p.py", "m.bin", os.path.join("sub", "x.txt"), "gone.txt"}
    versions = Versions(config, watch, seen)
    script.write_text("changed")
    (source / "gone.txt").unlink()
    (source / "fresh.txt").write_text("fresh")
    after = watch.look()
    assert changes(seen, after) == ["fresh.txt", "gone.txt", "p.py"]
    made, sources = versions.make(after)
    files = {
        str(path.relative_to(made.artifact_dir)) for path in made.artifact_dir.rglob("*") if path.is_file()
    }
    assert files == {"p.py", "m.bin", os.path.join("sub", "x.txt"), "fresh.txt"}
    assert made.script.read_text() == "changed"
    assert sources[str(made.script)] == str(script)
    assert (made.artifact_dir / "m.bin").is_symlink()
    assert (config.artifact_dir / "p.py").read_text() == "p.py"
    again, _ = versions.make(after)
    # What has not changed since the last version is not copied again.
    assert again.script.samefile(made.script)
    versions.forget_all_but({again.artifact_dir})
    assert not made.artifact_dir.exists()
    assert again.script.exists()


def test_a_change_is_loaded_when_it_has_settled(workspace: Workspace, make_serving: Any) -> None:
    serving = workspace.serving(make_serving)
    for number in range(12):
        workspace.write(SCRIPT.format(answer=number) + "\n" * number)
        time.sleep(0.12)
    reloaded(serving, 1)
    time.sleep(1.5)
    assert serving.state()["reload"]["reloads"] == 1
    assert serving.predict(0)[0] == 11


def test_a_watch_list_that_is_none(make_serving: Any) -> None:
    serving = make_serving("class Predict: pass", reload={"watch": "x"}).start()
    assert serving.exit_code() == 2
    assert "reload.watch must be a list" in serving.process.stderr.read().decode()
