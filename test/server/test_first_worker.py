"""The first worker is forked; to a script it is as any other."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import LINUX, alive, wait_until
from model_server.config import parse_launch
from model_server.supervisor.firstworker import FirstWorker, can_fork_first

pytestmark = pytest.mark.skipif(not LINUX, reason="only Linux forks it")

SCRIPT = """
import os, signal, sys, threading
class Predict:
    def predict(self, inputs):
        if inputs == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        ours = sorted(name for name in sys.modules if name.startswith("model_server.supervisor"))
        return {
            "environment": dict(os.environ), "arguments": sys.argv, "folder": os.getcwd(),
            "group": os.getpgid(0) == os.getpid(), "flags": list(sys.flags), "main": sys.modules["__main__"].__file__,
            "signals": [str(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)],
            "threads": sorted(thread.name for thread in threading.enumerate()),
            "open": len(os.listdir("/proc/self/fd")), "path": sys.path, "stdin": sys.stdin.read(),
        }
"""


def test_it_is_as_those_after_it(make_serving: Any) -> None:
    serving = make_serving(SCRIPT, tokenVariable="TOKEN", environment={"TOKEN": "t", "OTHER": "ü"})
    serving.start().ready()

    def ask(inputs: Any) -> Any:
        return serving.post("/predict", {"inputs": inputs}, authorization="Bearer t")

    first = ask([])
    pid = serving.state()["replicas"][0]["pid"]
    assert "serve" in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
    with pytest.raises(OSError):
        ask("kill")
    serving.wait(lambda state: state["replicas"][0]["restarts"] == 1 and state["state"] == "ready")
    second = ask([])
    assert first.json()["predictions"] == second.json()["predictions"]
    assert "TOKEN" not in first.json()["predictions"]["environment"]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


def test_without_an_order_it_ends(make_serving: Any) -> None:
    serving = make_serving(SCRIPT)
    config = parse_launch(serving.launch)
    assert can_fork_first(config)
    ours, theirs = socket.socketpair()
    unwanted = FirstWorker(config, lambda: lambda *_: 0)
    pid = unwanted._pid
    assert alive(pid)
    unwanted.end()
    assert not alive(pid)

    gone = FirstWorker(config, lambda: os._exit(7))
    wait_until(lambda: not alive(gone._pid))
    with pytest.raises(OSError):
        gone.start({}, ours, theirs)
    assert not alive(gone._pid)

    answering = FirstWorker(config, lambda: lambda order, control, _: control.send(b"hi") + order["seven"])
    process = answering.start({"seven": 7}, ours, theirs)
    assert theirs.recv(2) == b"hi"
    reserved: list[float] = []
    assert process.wait(lambda: reserved.append(time.monotonic())) == 9
    assert reserved
    for thing in (ours, theirs, process.stdout, process.stderr):
        thing.close()
