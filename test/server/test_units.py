"""Parts that need no running server, and the branches of systems that are not here."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from model_server import jsonio, processes
from model_server.logs.logfile import LogFile
from model_server.logs.records import MAX_RECORD_BYTES, make_record
from model_server.measuring.scoreboard import Scoreboard
from model_server.script import inspection, packages
from model_server.script.loading import module_name
from model_server.script.modelinfo import find_model
from model_server.statefile import ServerState, StateFile
from model_server.supervisor import starters
from model_server.supervisor.lease import Lease
from model_server.worker import worker


def run(*arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-B", str(ROOT / "run.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return json.loads(done.stdout)


def test_inspect(tmp_path: Path) -> None:
    script = tmp_path / "s.py"
    script.write_text(
        "import os, sklearn.neighbors as n\nfrom hops import hdfs\nfrom . import local\n\n"
        "class Predict(object):\n    x = 1\n    def predict(self, inputs): import yaml\n"
        "    async def classify(self, a, /, b, *c, d=1, **e): pass\n\nraise SystemExit\n"
    )
    assert run("inspect", "--script", str(script)) == {
        "predictClasses": [
            {
                "line": 5,
                "methods": [
                    {"name": "predict", "line": 7, "parameters": ["self", "inputs"]},
                    {"name": "classify", "line": 8, "parameters": ["self", "a", "b", "*c", "d", "**e"]},
                ],
            }
        ],
        "transformers": [],
        "apps": [],
        "imports": [
            {"module": "os", "line": 1},
            {"module": "sklearn.neighbors", "line": 1},
            {"module": "hops", "line": 2},
            {"module": "yaml", "line": 7},
        ],
    }


def test_inspect_what_is_no_python(tmp_path: Path) -> None:
    script = tmp_path / "s.py"
    script.write_text("x = 1\ndef f(:\n")
    found = run("inspect", "--script", str(script))
    assert found["predictClasses"] == []
    assert found["syntaxError"]["line"] == 2
    script.write_bytes(b"\xff\xfe\x00")
    assert "syntaxError" in run("inspect", "--script", str(script))
    assert "Could not read" in run("inspect", "--script", str(tmp_path / "none.py"))["syntaxError"]["message"]
    assert "syntaxError" in inspection.inspect_source("(" * 5000 + ")" * 5000, "deep.py")


def test_doctor() -> None:
    found = run("doctor", "--imports", "pytest, not_there_at_all,json,")
    assert found["python"]["executable"] == sys.executable
    assert found["python"]["isVirtual"] == (sys.prefix != sys.base_prefix)
    assert found["found"]["pytest"] == pytest.__version__
    assert found["found"]["not_there_at_all"] is None
    assert found["found"]["json"] == ""


def test_doctor_imports_nothing(tmp_path: Path) -> None:
    (tmp_path / "explodes.py").write_text("raise SystemExit('imported')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, str(ROOT / "run.py"), "doctor", "--imports", "explodes"],
        capture_output=True,
        env=environment,
        check=True,
    )
    assert json.loads(done.stdout)["found"] == {"explodes": ""}


def test_packages_of_modules() -> None:
    assert [packages.package_of(name) for name in ("sklearn.neighbors", "cv2", "PIL", "yaml", "xgboost")] == [
        "scikit-learn",
        "opencv-python-headless",
        "Pillow",
        "PyYAML",
        "xgboost",
    ]


def test_module_names(tmp_path: Path) -> None:
    assert module_name(tmp_path / "iris.py") == "iris"
    assert module_name(tmp_path / "my-script 2.py") == "predict_script_my_script_2"
    assert module_name(tmp_path / "json.py") == "predict_script_json"


# Records and the log


def test_records_are_cut_with_a_note() -> None:
    line = make_record(
        "INFO",
        "x",
        "ü" * 100_000,
        1,
        "r",
        exception={"type": "E", "text": "t" * 9000, "frames": [{"f": "y" * 2000}] * 50},
    )
    assert len(line) <= MAX_RECORD_BYTES
    record = json.loads(line)
    assert "cut: 100000 characters in all" in record["message"]
    assert make_record("INFO", "x", "a\nb\x1b\u2028").count(b"\n") == 1


def test_rotation(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "server.log"
    log = LogFile(path, 1000, 2)
    for number in range(100):
        log.write(b"%03d" % number + b"x" * 96 + b"\n")
    log.close()
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "server.log",
        "server.log.1",
        "server.log.2",
    ]
    lines = [
        line[:3]
        for file in (".2", ".1", "")
        for line in path.with_name("server.log" + file).read_bytes().splitlines()
    ]
    assert lines == [b"%03d" % number for number in range(70, 100)]


def test_rotation_without_backups(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "server.log", 1000, 0)
    for _ in range(50):
        log.write(b"x" * 99 + b"\n")
    log.close()
    assert [file.name for file in tmp_path.iterdir()] == ["server.log"]
    assert (tmp_path / "server.log").stat().st_size <= 1000


def test_a_log_that_exists_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_bytes(b"old\n")
    log = LogFile(path, 1000, 1)
    log.write(b"new\n")
    log.close()
    assert path.read_bytes() == b"old\nnew\n"


def test_a_disk_that_refuses_costs_lines_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = LogFile(tmp_path / "server.log", 10_000, 1)
    log.write(b'{"n":1}\n')
    full = True

    class Full:
        def __init__(self, path: Any, *_: Any, **__: Any) -> None:
            self.file = open(path, "ab", buffering=0)  # noqa: SIM115

        def seek(self, *where: int) -> int:
            return self.file.seek(*where)

        def write(self, data: bytes) -> int:
            if full:
                self.file.write(data[:3])
                raise OSError(28, "No space left on device")
            return self.file.write(data)

        def close(self) -> None:
            self.file.close()

    monkeypatch.setattr("model_server.logs.logfile.open", Full, raising=False)
    log.close()
    log.write(b'{"n":2}\n')
    log.write(b'{"n":3}\n')
    full = False
    log.write(b'{"n":4}\n')
    log.close()
    records = []
    for line in (tmp_path / "server.log").read_bytes().splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:
            continue
    assert [record["n"] for record in records if "n" in record] == [1, 4]
    assert any("2 log lines were lost" in record.get("message", "") for record in records)


def test_state_file_is_replaced_whole(tmp_path: Path) -> None:
    state = ServerState("i", "127.0.0.1", 0)
    state.begin_stage("start")
    file = StateFile(tmp_path)
    assert file.write(state)
    before = (tmp_path / "server.json").stat().st_mtime_ns
    assert file.write(state)
    assert (tmp_path / "server.json").stat().st_mtime_ns == before
    state.end_stage("done")
    assert file.write(state)
    assert json.loads((tmp_path / "server.json").read_text())["stages"][0]["state"] == "done"
    assert [path.name for path in tmp_path.iterdir()] == ["server.json"]
    assert not StateFile(tmp_path / "gone").write(state)


def test_lease_does_not_count_a_computers_sleep(tmp_path: Path) -> None:
    clock = [1000.0]
    lease = Lease(tmp_path / "none", 60, lambda: clock[0])
    clock[0] += 8 * 3600
    assert not lease.ended()
    for _ in range(13):
        clock[0] += 5
        ended = lease.ended()
    assert ended


def test_scoreboard(tmp_path: Path) -> None:
    board = Scoreboard(tmp_path / "b", create=True)
    reader = Scoreboard(tmp_path / "b", create=False)
    assert reader.read() == (0, "")
    board.begin("r" * 500)
    assert reader.read() == (1, "r" * 127)
    board.end()
    assert reader.read() == (1, "")


# JSON


@pytest.fixture(params=["json", "orjson"])
def either_json(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "json":
        monkeypatch.setattr(jsonio, "_ORJSON", None)
    else:
        monkeypatch.setattr(
            jsonio, "_ORJSON", pytest.importorskip("orjson", reason="orjson is not installed")
        )
    return str(request.param)


def test_both_write_the_same(either_json: str) -> None:
    import enum
    import uuid

    class Kind(enum.Enum):
        A = "a"

    values = [
        None,
        True,
        1,
        2**70,
        1.5,
        "ü\ud800",
        [1, (2, 3)],
        {"a": None, 1: 2, None: 3},
        uuid.UUID(int=1),
        Kind.A,
        [None],
    ]
    expected = [
        json.loads(json.dumps(value, default=lambda v: getattr(v, "value", None) or str(v)))
        for value in values
    ]
    assert [json.loads(jsonio.dumps(value, "x")) for value in values] == expected


def test_both_refuse_the_same(either_json: str) -> None:
    import dataclasses
    import datetime

    @dataclasses.dataclass
    class Point:
        x: int

    class Text(str):
        pass

    for value in (
        float("nan"),
        [1, {"a": [float("-inf")]}],
        Point(1),
        datetime.datetime.now(),
        [datetime.date.today()],
        {b"a": 1},
    ):
        with pytest.raises(jsonio.NotJson):
            jsonio.dumps(value, "x")
    assert jsonio.dumps(Text("a"), "x") == b'"a"'
    for body in (
        b"",
        b"{",
        b"[1,]",
        b"NaN",
        b"[Infinity]",
        b"\xff",
        b'"\x01"',
        b"[" * 200_000,
        b"01",
        b"1 2",
        b"'a'",
    ):
        with pytest.raises(jsonio.BadJson):
            jsonio.loads(body)
    assert jsonio.loads(b'{"a":12345678901234567890123}')["a"] == pytest.approx(12345678901234567890123)


# The model's own words


def test_user_code_is_not_called_to_find_the_model() -> None:
    class Predict:
        def __init__(self) -> None:
            self.a = Trap()
            self.b = 3
            self.c = Known()

    class Trap:
        @property
        def n_features_in_(self) -> int:
            raise AssertionError("called")

    class Known:
        n_features_in_ = 7

    Trap.__module__ = "script"
    Known.__module__ = "sklearn.fake"
    info = find_model(vars(Predict()), "script")
    assert (info.features, info.class_name) == (7, "Known")
    assert find_model({}, "script").features is None


# Windows


def test_windows_spawn_and_kill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes.sys, "platform", "win32")
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    monkeypatch.setattr(subprocess, "CREATE_NO_WINDOW", 0x8000000, raising=False)
    assert processes.spawn_options() == {"creationflags": 0x8000200}
    assert processes.windows_kill_command(12) == ["taskkill", "/F", "/T", "/PID", "12"]
    ran: list[list[str]] = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: ran.append(command))
    monkeypatch.setattr(processes, "os", types.SimpleNamespace(name="nt"))
    processes.end_tree(12, [(13, "1")])
    assert ran == [["taskkill", "/F", "/T", "/PID", "12"]]


def test_windows_sockets_are_shared_by_their_description(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fake:
        def share(self, pid: int) -> bytes:
            return b"share for %d" % pid

    shared = starters.share_socket(Fake(), 42)  # type: ignore[arg-type]
    monkeypatch.setattr(worker.socket, "fromshare", lambda data: data.decode(), raising=False)
    assert worker._sockets({"shared": [shared, shared]}) == ("share for 42", "share for 42")
    assert base64.b64decode(shared) == b"share for 42"


def test_how_processes_end_in_words() -> None:
    assert processes.exit_text(3) == "exited with 3"
    assert processes.exit_text(-9).startswith("killed by signal 9 (killed by the system")
    assert processes.exit_text(0xC0000005) == "crashed with 0xC0000005 (access violation)"
    assert processes.exit_text(-1073741819) in {
        "crashed with 0xC0000005 (access violation)",
        "killed by signal 1073741819",
    }
    assert [processes.exit_kind(code) for code in (3, -11, 0xC0000005)] == ["exited", "crashed", "crashed"]


def test_work_dir_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model_server.script import workdir

    (tmp_path / "artifact" / "sub").mkdir(parents=True)
    (tmp_path / "artifact" / "sub" / "a").write_text("a")

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("a privilege is not held")

    monkeypatch.setattr(workdir.os, "symlink", refuse)
    workdir.fill_work_dir(tmp_path / "w", tmp_path / "artifact")
    assert os.path.samefile(tmp_path / "w" / "sub" / "a", tmp_path / "artifact" / "sub" / "a")
    monkeypatch.setattr(workdir.os, "link", refuse)
    workdir.fill_work_dir(tmp_path / "w", tmp_path / "artifact")
    assert (tmp_path / "w" / "sub" / "a").read_text() == "a"
    assert not os.path.samefile(tmp_path / "w" / "sub" / "a", tmp_path / "artifact" / "sub" / "a")


def test_emptying_a_work_dir_leaves_what_links_lead_to(tmp_path: Path) -> None:
    from model_server.script import workdir

    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "x").write_text("x")
    (tmp_path / "artifact").mkdir()
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "link").symlink_to(tmp_path / "precious")
    workdir.fill_work_dir(tmp_path / "w", tmp_path / "artifact")
    assert list((tmp_path / "w").iterdir()) == []
    assert (tmp_path / "precious" / "x").exists()
