"""Workers that died: for the memory limit, and requests that a gateway sends again."""

from __future__ import annotations

import os
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from conftest import POSIX, Serving, wait_until
from model_server.measuring.scoreboard import Scoreboard
from model_server.supervisor import memorylimit
from model_server.supervisor.memorylimit import MemoryLimit

pytestmark = pytest.mark.skipif(not POSIX, reason="signals")

SCRIPT = """
import os, signal, time
HELD = []
class Predict:
    def predict(self, inputs):
        if "kill" in inputs:
            os.kill(os.getpid(), signal.SIGKILL)
        if "segfault" in inputs:
            import ctypes
            ctypes.string_at(0)
        if "eat" in inputs:
            while True:
                HELD.append(bytearray(os.urandom(1 << 20)))
        if "sleep" in inputs:
            time.sleep(0.5)
        return [os.getpid() for _ in inputs]
"""


def group(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="ascii")
    return folder


V2 = {"memory.max": "536870912\n", "memory.events": "low 0\nhigh 0\nmax 7\noom 0\noom_kill 0\n"}
V1 = {
    "memory.limit_in_bytes": "536870912\n",
    "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n",
}
OLD = {"memory.limit_in_bytes": "536870912\n", "memory.failcnt": "0\n"}
OWN_V2, OWN_V1 = "0::/a/b\n", "5:cpu,cpuacct:/a\n4:memory:/a/b\n0::/\n"


@pytest.mark.parametrize(
    ("own", "place", "files", "counter", "after"),
    [
        (OWN_V2, "a/b", V2, "memory.events", "max 9\noom 1\noom_kill 1\n"),
        (OWN_V2, "a", V2, "memory.events", "oom 1\noom_kill 2\n"),  # the limit is that of a group around
        ("0::/\n", "", V2, "memory.events", "oom_kill 1\n"),  # a namespace of its own
        ("0::/../other\n", "", V2, "memory.events", "oom_kill 1\n"),
        (OWN_V1, "memory/a/b", V1, "memory.oom_control", "under_oom 0\noom_kill 1\n"),
        (OWN_V1, "memory", V1, "memory.oom_control", "oom_kill 1\n"),  # a container sees only its own
        (OWN_V1, "memory/a", OLD, "memory.failcnt", "3\n"),
    ],
)
def test_a_kill_for_the_limit_is_known(
    tmp_path: Path, own: str, place: str, files: dict[str, str], counter: str, after: str
) -> None:
    (tmp_path / "own").write_text(own, encoding="ascii")
    folder = group(tmp_path / "root" / place, files)
    limit = MemoryLimit(tmp_path / "root", tmp_path / "own")
    assert limit.exceeded() is None
    (folder / counter).write_text(after, encoding="ascii")
    assert limit.exceeded() == "out of memory at 512 MB"


@pytest.mark.parametrize(
    "without", [{"memory.max": "max\n"}, {"memory.limit_in_bytes": str(2**63 - 4096)}, {}]
)
def test_without_a_limit_nothing_is_said(tmp_path: Path, without: dict[str, str]) -> None:
    (tmp_path / "own").write_text("0::/\n1:memory:/\n", encoding="ascii")
    for place in ("", "memory"):
        group(tmp_path / "root" / place, {**without, "memory.events": "oom_kill 0\n"})
    limit = MemoryLimit(tmp_path / "root", tmp_path / "own")
    group(tmp_path / "root", {"memory.events": "oom_kill 4\n"})
    assert limit.exceeded() is None
    assert MemoryLimit(tmp_path / "nothing", tmp_path / "nothing").exceeded() is None


def test_an_old_kill_is_the_past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own").write_text("0::/\n", encoding="ascii")
    folder = group(tmp_path / "root", V2)
    now = 100.0
    monkeypatch.setattr(memorylimit.time, "monotonic", lambda: now)
    limit = MemoryLimit(tmp_path / "root", tmp_path / "own")
    (folder / "memory.events").write_text("oom_kill 1\n", encoding="ascii")
    for seconds in (0.1, 0.1, 1.5):  # the worker's end may be noticed after a look or two
        now += seconds
        limit.look()
        assert limit.exceeded() is not None
    now += 1.5
    limit.look()
    assert limit.exceeded() is None


def real_groups() -> Path | None:
    """A folder where this machine lets us make memory groups."""
    for root in (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")):
        ours = root / f"model-server-test-{os.getpid()}"
        try:
            ours.mkdir()
        except OSError:
            continue
        usable = any((ours / name).exists() for name in ("memory.max", "memory.limit_in_bytes"))
        ours.rmdir()
        if usable:
            return root
    return None


if POSIX and real_groups() is not None:

    @pytest.mark.parametrize("preload", [False, True])
    def test_a_real_limit(make_serving: Any, preload: bool) -> None:
        root = real_groups()
        assert root is not None
        ours = root / f"model-server-test-{os.getpid()}-{preload}"
        ours.mkdir()
        try:
            name = "memory.max" if (ours / "memory.max").exists() else "memory.limit_in_bytes"
            (ours / name).write_text(str(200 << 20), encoding="ascii")
            if (ours / "memory.swap.max").exists():
                (ours / "memory.swap.max").write_text("0", encoding="ascii")
            serving = make_serving(SCRIPT, preload=preload)
            serving.start(before=lambda: (ours / "cgroup.procs").write_text("0", encoding="ascii")).ready()
            with pytest.raises(OSError):
                serving.predict(["eat"])
            state = serving.wait(
                lambda state: state["replicas"][0]["restarts"] == 1 and state["state"] == "ready"
            )
            replica = state["replicas"][0]
            assert replica["lastFailure"].startswith("out of memory at 200 MB while answering request ")
            assert replica["lastFailureKind"] == "out-of-memory"
            record = serving.wait_record(lambda record: record.get("kind") == "out-of-memory")
            assert record["message"].startswith("The worker died: out of memory at 200 MB")
            with pytest.raises(OSError):
                serving.predict(["kill"])  # by somebody: the limit has nothing to do with it
            state = serving.wait(lambda state: state["replicas"][0]["restarts"] == 2)
            assert serving.stop() == 0

            script = "held = []\nwhile True:\n    held.append(bytearray(b'x' * (1 << 20)))\n"
            loading = make_serving(script, preload=preload)
            loading.start(before=lambda: (ours / "cgroup.procs").write_text("0", encoding="ascii"))
            failure = loading.failure()
            assert failure["kind"] == "out-of-memory"
            script_name = loading.script.name
            assert (
                failure["message"]
                == f"Could not load {script_name}: out of memory at 200 MB: raise the limit"
            )
            assert failure["remedies"][0] == {"kind": "raise-limit", "name": "memoryMb"}
        finally:
            wait_until(lambda: not (ours / "cgroup.procs").read_text().strip())
            ours.rmdir()


def gateway_id() -> str:
    return f"g{uuid.uuid4()}"


def send(serving: Serving, identifier: str, inputs: Any) -> Any:
    return serving.post("/predict", {"inputs": inputs}, **{"x-request-id": identifier})


def restarted(serving: Serving, times: int = 1) -> None:
    serving.wait(lambda state: state["replicas"][0]["restarts"] == times and state["state"] == "ready")


@pytest.mark.parametrize("preload", [False, True])
def test_a_request_that_ended_a_worker_is_not_run_again(serve: Any, preload: bool) -> None:
    serving = serve(SCRIPT, preload=preload)
    killer = gateway_id()
    with pytest.raises(OSError):
        send(serving, killer, ["segfault"])
    # Also while no worker is ready: what is not ready would be sent to another server.
    replies = [send(serving, killer, ["segfault"])]
    restarted(serving)
    replies.append(send(serving, killer, ["segfault"]))
    for reply in replies:
        assert (reply.status, reply.json()["kind"]) == (500, "ended-worker"), reply.body
        assert "killed by signal 11 (segmentation fault)" in reply.json()["error"]
    assert send(serving, gateway_id(), ["good"]).status == 200
    assert serving.state()["replicas"][0]["restarts"] == 1
    with pytest.raises(OSError):
        send(serving, gateway_id(), ["kill"])
    restarted(serving, 2)
    assert send(serving, killer, ["segfault"]).status == 500  # still known


def test_ids_that_clients_gave_may_come_again(serve: Any) -> None:
    serving = serve(SCRIPT)
    for times, name in enumerate(("mine", "g-mine"), 1):
        with pytest.raises(OSError):
            send(serving, name, ["kill"])
        restarted(serving, times)
        assert send(serving, name, ["good"]).status == 200


def test_what_ran_together_runs_alone_when_it_comes_again(serve: Any) -> None:
    serving = serve(SCRIPT, sample=["good"], batching={"check": False})
    wait_until(lambda: serving.state()["batching"].get("predict", {}).get("on"))
    ids = {gateway_id(): ["good"] for _ in range(7)}
    killer = gateway_id()
    ids[killer] = ["kill"]

    def all_at_once() -> dict[str, int]:
        found: dict[str, int] = {}

        def one(identifier: str, inputs: list[str]) -> None:
            try:
                found[identifier] = send(serving, identifier, inputs).status
            except OSError:
                found[identifier] = 0

        first = threading.Thread(target=one, args=(gateway_id(), ["sleep"]))
        first.start()
        time.sleep(0.2)
        threads = [threading.Thread(target=one, args=item) for item in ids.items()]
        for thread in threads:
            thread.start()
        for thread in (first, *threads):
            thread.join()
        return found

    assert 0 in all_at_once().values()
    restarted(serving)
    again = all_at_once()  # alone now: nobody is refused, and only those behind the one in the queue are lost
    assert again[killer] == 0
    restarted(serving, 2)
    for identifier, inputs in ids.items():
        wanted = 500 if identifier == killer else 200
        assert send(serving, identifier, inputs).status == wanted
    assert serving.state()["replicas"][0]["restarts"] == 2


def test_the_scoreboard_keeps_ids_of_gateways(tmp_path: Path) -> None:
    board = Scoreboard(tmp_path / "board", create=True)
    reader = Scoreboard(tmp_path / "board", create=False)
    assert reader.gateway_requests() == ([], False)
    board.begin("g1 and 1 joined with it", 2, ["g1", "g2"], False)
    assert reader.gateway_requests() == (["g1", "g2"], False)
    board.end()
    assert reader.gateway_requests() == ([], False)
    board.begin("other")
    assert reader.gateway_requests() == ([], True)
    many = [gateway_id() for _ in range(1000)]
    board.begin(many[0], 1000, many, False)
    kept, alone = reader.gateway_requests()
    assert not alone
    assert len(kept) > 400
    assert kept[:400] == many[:400]


def test_the_state_file_has_what_each_replica_does(serve: Any) -> None:
    serving = serve(SCRIPT, batching=False)
    threads = [threading.Thread(target=send, args=(serving, "x", ["sleep"])) for _ in range(12)]
    for thread in threads:
        thread.start()
    state = serving.wait(lambda state: state["replicas"][0]["queued"] > 0, 6)
    replica = state["replicas"][0]
    assert replica["inFlight"] > replica["queued"] > 0
    for thread in threads:
        thread.join()
    serving.wait(lambda state: state["replicas"][0]["inFlight"] == state["replicas"][0]["queued"] == 0)
