"""Start, stop, crash, lease: processes end when they should and nothing stays behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import LINUX, POSIX, Serving, alive, wait_until

ECHO = """
import os, time, signal, subprocess, sys
class Predict:
    def predict(self, inputs):
        if inputs == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if inputs == "segfault":
            import ctypes
            ctypes.string_at(0)
        if inputs == "exit":
            os._exit(3)
        if isinstance(inputs, dict):
            time.sleep(inputs["sleep"])
        return os.getpid()
"""


def pids(serving: Serving) -> list[int]:
    return [replica["pid"] for replica in serving.state()["replicas"]]


@pytest.mark.parametrize("way", ["SIGTERM", "SIGINT", "file"])
def test_stop_lets_running_requests_end(serve: Any, way: str) -> None:
    if way != "file" and not POSIX:
        pytest.skip("signals")
    serving = serve(ECHO)
    workers = pids(serving)
    replies: list[Any] = []
    thread = threading.Thread(
        target=lambda: replies.append(serving.post("/predict", {"inputs": {"sleep": 1}}))
    )
    thread.start()
    time.sleep(0.4)
    idle = serving.connect()
    if way == "file":
        serving.ask_to_stop()
    else:
        serving.process.send_signal(getattr(signal, way))
    serving.wait(lambda state: state["state"] == "stopping")
    refused = serving.get("/ready")
    assert (refused.status, refused.json()["kind"]) == (503, "stopping")
    assert serving.exit_code() == 0
    thread.join()
    idle.close()
    assert replies[0].status == 200
    assert replies[0].headers["connection"] == "close"
    state = serving.state()
    assert (state["state"], state["stoppedBecause"], state["failure"]) == ("stopped", "asked", None)
    assert not any(alive(pid) for pid in workers)
    assert not (serving.run_dir / "stop").exists()


def test_a_stop_file_of_an_earlier_run_is_ignored(make_serving: Any) -> None:
    serving = make_serving(ECHO)
    serving.ask_to_stop()
    os.utime(serving.run_dir / "stop", (time.time() - 3600,) * 2)
    serving.start().ready()
    time.sleep(0.6)
    assert serving.state()["state"] == "ready"


def test_stop_while_loading(make_serving: Any) -> None:
    serving = make_serving("import time\ntime.sleep(60)\nclass Predict: pass\n").start()
    serving.wait(lambda state: state["stages"][-1]["name"] == "import")
    began = time.monotonic()
    assert serving.stop() == 0
    assert time.monotonic() - began < 4
    assert serving.state()["stoppedBecause"] == "asked"


@pytest.mark.skipif(not POSIX, reason="signals")
@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("segfault", "killed by signal 11 (segmentation fault) while answering request the-culprit"),
        ("exit", "exited with 3 while answering request the-culprit"),
        ("kill", "killed by signal 9"),
    ],
)
def test_a_worker_that_dies_is_replaced(serve: Any, how: str, said: str) -> None:
    serving = serve(ECHO)
    (before,) = pids(serving)
    with pytest.raises((ConnectionError, OSError, Exception)):
        serving.post("/predict", {"inputs": how}, **{"X-Request-Id": "the-culprit"})
    state = serving.wait(lambda state: state["replicas"][0]["restarts"] == 1 and state["state"] == "ready")
    replica = state["replicas"][0]
    assert replica["lastFailure"].startswith(said), replica
    assert replica["pid"] != before
    assert replica["requests"] == 1
    assert serving.predict(1) == replica["pid"]
    died = serving.wait_record(lambda record: record["message"].startswith("The worker died"))
    assert died["request"] == "the-culprit"


@pytest.mark.skipif(not POSIX, reason="signals")
def test_with_two_replicas_the_other_goes_on(serve: Any) -> None:
    serving = serve(ECHO, replicas={"min": 2})
    first, second = pids(serving)
    os.kill(first, signal.SIGKILL)
    for _ in range(20):
        assert serving.get("/ready").status == 200
        assert serving.predict(1) in {second, pids(serving)[0]}
        time.sleep(0.02)
    serving.wait(
        lambda state: state["replicas"][0]["restarts"] == 1 and state["replicas"][0]["state"] == "ready"
    )


def test_replicas_share_the_load(serve: Any) -> None:
    serving = serve(ECHO, replicas={"min": 2})
    threads = [
        threading.Thread(target=lambda: serving.post("/predict", {"inputs": {"sleep": 0.3}}))
        for _ in range(2)
    ]
    seen: set[int] = set()
    for _ in range(200):
        seen.add(serving.predict(1))
        if len(seen) == 2:
            break
    assert seen == set(pids(serving))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.skipif(not POSIX, reason="signals")
def test_five_deaths_fail_the_serving(make_serving: Any) -> None:
    script = "import os, signal, threading\nclass Predict:\n    def __init__(self):\n        threading.Timer(1.5, lambda: os.kill(os.getpid(), signal.SIGABRT)).start()\n"
    serving = make_serving(script).start()
    serving.wait(lambda state: state["stages"][-1]["name"] == "ready")
    failure = serving.failure(50)
    assert failure["kind"] == "crash-loop"
    assert "it died 5 times within a minute: killed by signal 6 (aborted)" in failure["message"]
    assert serving.state()["replicas"][0]["restarts"] == 4


def test_a_replacement_that_can_not_be_loaded_counts_as_a_death(make_serving: Any) -> None:
    script = """
        import os, pathlib, threading
        mark = pathlib.Path(os.environ["MARK"])
        if mark.exists():
            raise RuntimeError("the data base is away")
        class Predict:
            def __init__(self):
                mark.touch()
            def predict(self, inputs):
                os._exit(9)
    """
    serving = make_serving(script)
    serving.environment["MARK"] = str(serving.folder / "mark")
    serving.start().ready()
    with pytest.raises(Exception):
        serving.predict(1)
    serving.wait(lambda state: state["state"] == "starting")
    waiting = wait_until(
        lambda: (lambda r: r if "data base" in r.json()["error"] else None)(serving.get("/ready"))
    )
    assert waiting.status == 503
    failure = serving.failure(50)
    assert failure["kind"] == "crash-loop"
    assert "the data base is away" in failure["message"]


@pytest.mark.skipif(not POSIX, reason="process groups")
def test_children_of_the_script_are_gone_after_stop(serve: Any) -> None:
    script = """
        import os, subprocess, sys
        class Predict:
            def __init__(self):
                code = "import time; time.sleep(600)"
                self.children = [subprocess.Popen([sys.executable, "-c", code]),
                                 subprocess.Popen([sys.executable, "-c", code], start_new_session=True)]
            def predict(self, inputs):
                return [child.pid for child in self.children]
    """
    serving = serve(script)
    children = serving.predict(1)
    assert all(alive(pid) for pid in children)
    assert serving.stop() == 0
    wait_until(lambda: not alive(children[0]))
    if LINUX:
        wait_until(lambda: not alive(children[1]))
    else:
        os.kill(children[1], signal.SIGKILL)


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False


@pytest.mark.skipif(not POSIX, reason="process groups")
def test_killed_supervisor_leaves_nothing(serve: Any) -> None:
    script = """
        import subprocess, sys, os
        class Predict:
            def __init__(self):
                self.child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            def predict(self, inputs):
                return [os.getpid(), self.child.pid]
    """
    serving = serve(script)
    processes = serving.predict(1)
    port = serving.port
    serving.process.kill()
    serving.process.wait()
    wait_until(lambda: not any(alive(pid) for pid in processes))
    # A process counts as ended a moment before the last of its threads has let go of the socket.
    wait_until(lambda: refuses(port))


def test_a_port_that_is_taken(make_serving: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        serving = make_serving(ECHO, port=port).start()
        failure = serving.failure()
    assert failure["kind"] == "port-in-use"
    assert f"port {port}: it is taken" in failure["message"]
    if LINUX:
        assert f"(process {os.getpid()})" in failure["message"]
    assert failure["remedies"][0] == {"kind": "choose-port"}
    assert failure["stage"] == "start"


def test_a_host_that_is_not_ours(make_serving: Any) -> None:
    assert make_serving(ECHO, host="192.0.2.1").start().failure()["kind"] == "host-unusable"


def test_ipv6(make_serving: Any) -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6")
    serving = make_serving(ECHO, host="::1").start().ready()
    with socket.create_connection(("::1", serving.port), timeout=5) as sock:
        sock.sendall(b"GET /live HTTP/1.0\r\n\r\n")
        assert b"200 OK" in sock.recv(1000)


def test_the_lease(make_serving: Any, tmp_path: Path) -> None:
    lease = tmp_path / "lease"
    lease.touch()
    serving = make_serving(ECHO, lease={"file": str(lease), "seconds": 4}).start().ready()
    for _ in range(10):
        time.sleep(0.5)
        os.utime(lease)
        assert serving.state()["state"] == "ready"
    assert serving.exit_code() == 0
    assert serving.state()["stoppedBecause"] == "lease"


def test_a_missing_lease_counts_as_unchanged(make_serving: Any, tmp_path: Path) -> None:
    serving = make_serving(ECHO, lease={"file": str(tmp_path / "none"), "seconds": 1}).start()
    assert serving.exit_code() == 0
    assert serving.state()["stoppedBecause"] == "lease"


BAD_LAUNCHES: list[tuple[dict[str, Any], str]] = [
    ({"port": 70000}, "port must be a whole number from 0 to 65535, not 70000"),
    ({"port": True}, "port must be"),
    ({"script": "relative.py"}, "script must be an absolute path"),
    ({"model": {"name": "iris"}}, "model.version must be"),
    ({"replicas": {"min": 0}}, "replicas.min must be"),
    ({"limits": {"loadSeconds": "1"}}, "limits.loadSeconds must be"),
    ({"name": "a b"}, "name must be"),
    ({"artifact": None}, "artifact must be an object"),
    ({"lease": {"seconds": 3}}, "lease.file must be an absolute path"),
]


@pytest.mark.parametrize("number", range(len(BAD_LAUNCHES)))
def test_a_wrong_launch_file(make_serving: Any, number: int) -> None:
    wrong, message = BAD_LAUNCHES[number]
    serving = make_serving(ECHO)
    serving.launch.update(wrong)
    serving.start()
    assert serving.exit_code() == 2
    assert message in serving.process.stderr.read().decode()
    state = serving.state()
    assert (state["state"], state["failure"]["kind"]) == ("failed", "config")
    assert message in state["failure"]["message"]


def test_a_launch_file_that_is_missing(tmp_path: Path, make_serving: Any) -> None:
    from conftest import ROOT

    command = [
        sys.executable,
        str(ROOT / "run.py"),
        "serve",
        "--config",
        str(tmp_path / "none.json"),
        "--instance",
        "x",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert "Could not read the launch file" in done.stderr


def test_logs_on_stdout(make_serving: Any) -> None:
    serving = make_serving(ECHO, log={"file": None}).start(stdout=subprocess.PIPE).ready()
    serving.predict(1)
    serving.ask_to_stop()
    output = serving.process.stdout.read().decode()
    assert serving.exit_code() == 0
    records = [json.loads(line) for line in output.splitlines()]
    assert {"server", "access"} <= {record["logger"] for record in records}


def test_the_vendored_parser_does_not_shadow_the_scripts(make_serving: Any, tmp_path: Path) -> None:
    import shutil

    import h11

    from conftest import ROOT

    copy = tmp_path / "dist server"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("__pycache__", ".*cache"))
    shutil.copytree(Path(h11.__file__).parent, copy / "vendor" / "h11")
    script = """
        import h11
        import run
        class Predict:
            def predict(self, inputs):
                import sys
                return [h11.mine, run.mine, [e for e in sys.path if e.endswith(("vendor", "dist server"))]]
    """
    files = {"h11.py": b"mine = 'my h11'\n", "run.py": b"mine = 'my run'\n"}
    serving = make_serving(script, files=files, environment={"MODEL_SERVER_PURE": "1"})
    config = serving.folder / "launch.json"
    config.write_text(json.dumps(serving.launch))
    serving.process = subprocess.Popen(
        [
            sys.executable,
            "-X",
            "utf8",
            "-u",
            "-B",
            str(copy / "run.py"),
            "serve",
            "--config",
            str(config),
            "--instance",
            "v",
        ],
        env=serving.environment,
        stderr=subprocess.PIPE,
    )
    serving.ready()
    assert any("(h11)" in record["message"] for record in serving.records())
    assert serving.predict(0) == ["my h11", "my run", []]
