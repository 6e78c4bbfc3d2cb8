"""Workers that are forked from a process that has loaded the script: memory, replacement, output, reload."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import LINUX, Serving, alive, wait_until

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

SCRIPT = """
import os, threading, time, signal, sys
print("loading")
LOADED_BY = os.getpid()

class Predict:
    def __init__(self):
        self.made = os.getpid()
    def predict(self, inputs):
        print(f"called with {inputs}")
        if inputs == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if inputs == "segfault":
            import ctypes
            ctypes.string_at(0)
        if inputs == "exit":
            os._exit(3)
        if isinstance(inputs, float):
            time.sleep(inputs)
        return [os.getpid(), LOADED_BY, self.made]
"""


def preloaded(make_serving: Any, script: str = SCRIPT, **more: Any) -> Serving:
    serving = make_serving(script, preload=True, **more).start()
    return serving.ready()


def test_workers_share_what_was_loaded_once(make_serving: Any) -> None:
    serving = preloaded(make_serving, replicas={"min": 2})
    workers = {replica["pid"] for replica in serving.state()["replicas"]}
    parent = serving.wait(lambda state: state["preload"] and state["preload"]["pid"])["preload"]
    assert parent["on"] is True
    assert len(workers) == 2
    seen = set()

    def ask() -> None:
        pid, loaded_by, made = serving.predict(0.05)
        assert loaded_by == made == parent["pid"]
        seen.add(pid)

    for _ in range(10):
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seen == workers
    records = serving.records()
    assert [r["replica"] for r in records if r["message"] == "loading"] == [None]
    called = [r for r in records if r["message"].startswith("called")]
    assert {r["replica"] for r in called} == {1, 2}
    assert all(r["request"] for r in called)
    assert {worker["pid"] for worker in serving.get("/metrics.json").json()["workers"]} == workers
    state = serving.state()
    assert [stage["name"] for stage in state["stages"]] == ["start", "import", "construct", "ready"]
    assert serving.stop() == 0
    assert not any(alive(pid) for pid in {*workers, parent["pid"]})


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("segfault", "killed by signal 11 (segmentation fault) while answering request the-culprit"),
        ("exit", "exited with 3 while answering request the-culprit"),
        ("kill", "killed by signal 9"),
    ],
)
def test_a_forked_worker_that_dies_is_replaced_by_a_fork(make_serving: Any, how: str, said: str) -> None:
    serving = preloaded(make_serving)
    before, parent, _ = serving.predict(0)
    with pytest.raises(Exception):
        serving.post("/predict", {"inputs": how}, **{"X-Request-Id": "the-culprit"})
    state = serving.wait(lambda state: state["replicas"][0]["restarts"] == 1 and state["state"] == "ready")
    assert state["replicas"][0]["lastFailure"].startswith(said)
    pid, loaded_by, _ = serving.predict(0)
    assert pid != before
    assert loaded_by == parent


def test_when_the_process_that_loaded_dies_workers_go_on_and_it_comes_again(make_serving: Any) -> None:
    serving = preloaded(make_serving)
    worker, parent, _ = serving.predict(0)
    os.kill(parent, signal.SIGKILL)
    wait_until(lambda: not alive(parent))
    serving.wait_record(lambda record: "process that had loaded the script" in record["message"])
    assert serving.predict(0)[0] == worker
    os.kill(worker, signal.SIGKILL)
    serving.wait(lambda state: state["replicas"][0]["restarts"] == 1 and state["state"] == "ready")
    again = serving.predict(0)
    assert again[1] not in {parent, again[0]}
    assert serving.stop() == 0
    assert not any(alive(pid) for pid in again)


def test_nothing_stays_when_the_supervisor_is_killed(make_serving: Any) -> None:
    serving = preloaded(make_serving)
    processes = serving.predict(0)
    serving.process.kill()
    serving.process.wait()
    wait_until(lambda: not any(alive(pid) for pid in processes))


def test_running_requests_end_at_a_stop(make_serving: Any) -> None:
    serving = preloaded(make_serving)
    replies: list[Any] = []
    thread = threading.Thread(target=lambda: replies.append(serving.post("/predict", {"inputs": 1.0})))
    thread.start()
    time.sleep(0.4)
    assert serving.stop() == 0
    thread.join()
    assert replies[0].status == 200


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ("raise ValueError('broken')", "import-raised"),
        ("class Predict:\n    def __init__(self):\n        raise ValueError('broken')", "construct-raised"),
        ("import os\nos._exit(4)", "script-exited"),
        ("import ctypes\nctypes.string_at(0)", "crashed"),
    ],
)
def test_a_script_that_can_not_be_loaded(make_serving: Any, script: str, kind: str) -> None:
    failure = make_serving(script, preload=True).start().failure()
    assert failure["kind"] == kind


def test_an_endless_load_says_where(make_serving: Any) -> None:
    script = "import time\ntime.sleep(600)\nclass Predict: pass\n"
    failure = make_serving(script, preload=True, limits={"loadSeconds": 3}).start().failure()
    assert failure["kind"] == "load-timeout"
    assert "time.sleep(600)" in failure["message"]


def test_stop_while_loading(make_serving: Any) -> None:
    serving = make_serving("import time\ntime.sleep(600)\nclass Predict: pass\n", preload=True).start()
    serving.wait(lambda state: state["stages"][-1]["name"] == "import")
    assert serving.stop(8) == 0


def test_a_script_that_starts_threads_is_loaded_by_each_worker(make_serving: Any) -> None:
    script = SCRIPT.replace(
        "class Predict:",
        "threading.Thread(target=time.sleep, args=(99,), daemon=True, name='mine').start()\n\nclass Predict:",
    )
    serving = preloaded(make_serving, script, replicas={"min": 2})
    pid, loaded_by, _ = serving.predict(0)
    assert pid == loaded_by
    state = serving.wait(lambda state: state["preload"])
    assert state["preload"]["on"] is False
    assert "the script started threads: mine" in state["preload"]["reason"]


def test_reload_forks_from_the_changed_code(make_serving: Any) -> None:
    serving = preloaded(make_serving, replicas={"min": 2}, reload=True)
    first = serving.predict(0)
    serving.script.write_text(SCRIPT + "\n# changed\n")
    serving.wait(
        lambda state: (
            state["reload"]["reloads"] == 1
            and [replica["state"] for replica in state["replicas"]] == ["ready"] * 2
        )
    )
    wait_until(lambda: not any(alive(pid) for pid in first))
    second = serving.predict(0)
    assert not set(first) & set(second)
    serving.script.write_text("raise ValueError('half done')")
    state = serving.wait(lambda state: state["reload"]["state"] == "failed")
    assert "half done" in state["reload"]["failure"]["message"]
    assert serving.predict(0)[1] == second[1]


def unshared(pid: int) -> tuple[int, int]:
    """PSS and RSS of a process in bytes."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, size = line.split()[:2]
        found[name] = int(size) * 1024
    return found["Pss:"], found["Rss:"]


@pytest.mark.skipif(not LINUX, reason="reads smaps_rollup")
@pytest.mark.sklearn
def test_a_large_model_is_in_memory_once(make_serving: Any) -> None:
    pytest.importorskip("numpy")
    script = """
        import os
        import numpy
        class Predict:
            def __init__(self):
                self.weights = numpy.ones(16_000_000)
                self.objects = [{"key": str(n)} for n in range(200_000)]
            def predict(self, inputs):
                return float(self.weights[: inputs].sum())
    """
    used = {}
    for preload in (False, True):
        serving = make_serving(script, preload=preload, replicas={"min": 3}).start().ready(60)
        for _ in range(12):
            assert serving.predict(16_000_000) == 16_000_000.0
        state = serving.wait(lambda state, wanted=preload: not wanted or state["preload"])
        pids = [replica["pid"] for replica in state["replicas"]]
        pids += [state["preload"]["pid"]] if preload else []
        used[preload] = sum(unshared(pid)[0] for pid in pids)
        serving.stop()
    model = 16_000_000 * 8
    print(f"three workers together: {used[False] >> 20} MiB when each loads, {used[True] >> 20} MiB forked")
    # Three copies of the weights against one; the rest differs by less than one of them.
    assert used[False] - used[True] > 1.5 * model
