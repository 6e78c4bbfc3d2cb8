"""The hops shim over a folder: path forms, order of places, and that the artifact is never written to."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any

import pytest

from hops import hdfs


class World:
    def __init__(self, root: Path) -> None:
        self.project = root / "my project"
        self.artifact = root / "artifact"
        self.cwd = root / "work"
        for folder in (
            self.project / "Models" / "iris" / "1",
            self.project / "Resources",
            self.artifact,
            self.cwd,
        ):
            folder.mkdir(parents=True)
        (self.artifact / "iris_knn.pkl").write_bytes(b"served")
        (self.artifact / "parts").mkdir()
        (self.artifact / "parts" / "a.bin").write_bytes(b"a")
        (self.project / "Resources" / "rows.csv").write_bytes(b"1,2")
        (self.project / "Models" / "iris" / "1" / "iris_knn.pkl").write_bytes(b"changed since")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    monkeypatch.chdir(made.cwd)
    for name in ("HADOOP_USER_NAME", "HDFS_USER", "HOPSWORKS_PROJECT_NAME", "HOPSWORKS_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MODEL_SERVING_PROJECT_DIR", str(made.project))
    monkeypatch.setenv("ARTIFACT_FILES_PATH", str(made.artifact))
    monkeypatch.setenv("MODEL_NAME", "iris")
    monkeypatch.setenv("MODEL_VERSION", "1")
    return made


def test_names_and_plain_paths(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hdfs.project_name() == "my_project"
    assert hdfs.project_path() == "hdfs:///Projects/my_project/"
    assert hdfs.project_path("other", exclude_nn_addr=True) == "hdfs:///Projects/other/"
    assert hdfs.project_user().startswith("my_project__")
    assert hdfs.project_id() == "0"
    assert hdfs.get_plain_path("hdfs://10.0.2.15:8020/Projects/demo/Models/") == "/Projects/demo/Models/"
    monkeypatch.setenv("HADOOP_USER_NAME", "demo__meb10000")
    assert (hdfs.project_name(), hdfs.project_user()) == ("demo", "demo__meb10000")
    monkeypatch.setenv("HOPSWORKS_PROJECT_NAME", "named")
    assert hdfs.project_name() == "named"


FORMS = [
    "Resources/rows.csv",
    "/Resources/rows.csv",
    "./Resources/../Resources/rows.csv",
    "/Projects/my_project/Resources/rows.csv",
    "/Projects/some_other/Resources/rows.csv",
    "hdfs:///Projects/my_project/Resources/rows.csv",
    "hdfs://10.0.2.15:8020/Projects/my_project/Resources/rows.csv",
    "hopsfs://rpc.namenode.service.consul:8020/Projects/my_project/Resources/rows.csv",
    b"Resources/rows.csv",
    Path("Resources/rows.csv"),
]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_path_forms(world: World, form: Any) -> None:
    local = hdfs.copy_to_local(form)
    assert local == str(world.cwd / "rows.csv")
    assert Path(local).read_bytes() == b"1,2"
    assert hdfs.exists(form)
    assert hdfs.isfile(form)
    assert hdfs.abs_path(form) == "hdfs:///Projects/my_project/Resources/rows.csv"
    assert hdfs.load(form) == b"1,2"


@pytest.mark.parametrize(
    "form", ["Resources/none.csv", "../outside", "s3://bucket/x", "hdfs://h/user/x", "/Projects/p/../../x"]
)
def test_paths_that_lead_nowhere(world: World, form: str) -> None:
    with pytest.raises(OSError, match=r".+"):
        hdfs.copy_to_local(form)
    assert not hdfs.exists(form)


def test_the_served_version_comes_first(world: World) -> None:
    assert hdfs.load("Models/iris/1/iris_knn.pkl") == b"served"
    assert hdfs.load("/Projects/p/Models/iris/1/iris_knn.pkl") == b"served"


def test_a_file_of_that_name_in_the_artifact_comes_last(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        assert hdfs.load("Models/iris_knn.pkl") == b"served"
    assert "taking iris_knn.pkl of the served model version" in caplog.text
    (world.project / "Models" / "iris_knn.pkl").write_bytes(b"the project's")
    assert hdfs.load("Models/iris_knn.pkl") == b"the project's"


def test_without_a_project_only_the_artifact_is_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODEL_SERVING_PROJECT_DIR")
    assert hdfs.load("Models/iris_knn.pkl") == b"served"
    assert hdfs.project_name() == "local"
    with pytest.raises(PermissionError, match="no project to write to"):
        hdfs.dump("x", "Resources/x")


def test_links_into_the_artifact_are_replaced_never_written_through(world: World) -> None:
    link = world.cwd / "iris_knn.pkl"
    link.symlink_to(world.artifact / "iris_knn.pkl")
    assert hdfs.copy_to_local("Models/iris_knn.pkl") == str(link)
    assert link.is_symlink()  # it is the same file already
    (world.project / "Models" / "iris_knn.pkl").write_bytes(b"SERVED")  # as many bytes, another content
    hdfs.copy_to_local("Models/iris_knn.pkl")
    assert (link.is_symlink(), link.read_bytes()) == (False, b"SERVED")
    hdfs.copy_to_local("Models/iris/1/iris_knn.pkl", overwrite=True)
    assert (link.is_symlink(), link.read_bytes()) == (False, b"served")
    link.write_bytes(b"scribble")
    assert (world.artifact / "iris_knn.pkl").read_bytes() == b"served"


def test_folders(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    local = Path(hdfs.copy_to_local("Models/iris/1/parts/"))
    assert local == world.cwd / "parts"
    assert (local / "a.bin").read_bytes() == b"a"
    before = (local / "a.bin").stat().st_ino
    hdfs.copy_to_local("Models/iris/1/parts")
    assert (local / "a.bin").stat().st_ino == before
    (local / "b.bin").write_bytes(b"extra")
    hdfs.copy_to_local("Models/iris/1/parts")
    assert sorted(path.name for path in local.iterdir()) == ["a.bin"]


def test_local_path(world: World, tmp_path: Path) -> None:
    (world.cwd / "sub").mkdir()
    assert hdfs.copy_to_local("Resources/rows.csv", "sub") == str(world.cwd / "sub" / "rows.csv")
    assert hdfs.copy_to_local("Resources/rows.csv", str(tmp_path)) == str(tmp_path / "rows.csv")
    with pytest.raises(OSError, match="must be a folder that exists"):
        hdfs.copy_to_local("Resources/rows.csv", "nowhere")


def test_to_the_project_and_back(world: World) -> None:
    (world.cwd / "out.txt").write_text("result")
    hdfs.copy_to_hdfs("out.txt", "Resources", project="any")
    assert (world.project / "Resources" / "out.txt").read_text() == "result"
    with pytest.raises(FileExistsError):
        hdfs.copy_to_hdfs("out.txt", "Resources")
    (world.cwd / "out.txt").write_text("again")
    hdfs.copy_to_hdfs("out.txt", "Resources", overwrite=True)
    assert hdfs.load("Resources/out.txt") == b"again"
    hdfs.cp("Resources/out.txt", "Resources/copy.txt")
    hdfs.cp("Resources/rows.csv", "Resources/copy.txt", overwrite=True)
    assert hdfs.load("Resources/copy.txt") == b"1,2"
    hdfs.rename("Resources/copy.txt", "Logs/moved.txt")
    hdfs.move("Logs/moved.txt", "Resources/moved.txt")
    assert not hdfs.exists("Logs/moved.txt")
    hdfs.mkdir("Resources/a/b")
    assert hdfs.isdir("Resources/a/b")
    with pytest.raises(OSError, match=r".+"):
        hdfs.delete("Resources/a")
    hdfs.delete("Resources/a", recursive=True)
    hdfs.rmr("Resources/moved.txt")
    assert hdfs.ls("Resources") == [
        f"hdfs:///Projects/my_project/Resources/{name}" for name in ("out.txt", "rows.csv")
    ]
    with pytest.raises(FileNotFoundError):
        hdfs.delete("Models/iris_knn.pkl")  # it can be read from the artifact, but the project has none
    assert (world.artifact / "iris_knn.pkl").exists()


def test_listings(world: World) -> None:
    (world.project / "Resources" / "deep").mkdir()
    (world.project / "Resources" / "deep" / "x.csv").write_text("")
    base = "hdfs:///Projects/my_project/Resources/"
    assert hdfs.ls("Resources/") == [base + "deep", base + "rows.csv"]
    assert hdfs.ls("Resources", recursive=True) == [base + "deep", base + "deep/x.csv", base + "rows.csv"]
    assert hdfs.ls("Resources/rows.csv") == [base + "rows.csv"]
    assert hdfs.glob("Resources/*.csv") == [base + "rows.csv"]
    assert hdfs.glob("Resources/*.csv", recursive=True) == [base + "deep/x.csv", base + "rows.csv"]
    entry = hdfs.lsl("Resources")[1]
    assert (entry["kind"], entry["size"], entry["name"]) == ("file", 3, base + "rows.csv")
    assert all(hdfs.exists(name) for name in hdfs.ls("Resources", recursive=True))


def test_open_files(world: World) -> None:
    with hdfs.open_file("Resources/rows.csv") as file:
        assert file.read() == b"1,2"
    with hdfs.open_file("Resources/new/x.txt", flags="wt") as file:
        file.write("ü")
    with hdfs.open_file("Resources/new/x.txt", flags="at") as file:
        file.write("!")
    with hdfs.open_file("Resources/new/x.txt", flags="rt") as file:
        assert file.read() == "ü!"
    with pytest.raises(ValueError, match="invalid mode"):
        hdfs.open_file("Resources/rows.csv", flags="x")
    with pytest.raises(OSError, match=r".+"):
        hdfs.open_file("Resources/none")
    # Writing beside a read of the artifact's file goes to the project.
    with hdfs.open_file("Models/iris/1/iris_knn.pkl", flags="w") as file:
        file.write(b"retrained")
    assert (world.artifact / "iris_knn.pkl").read_bytes() == b"served"
    assert hdfs.get_fs().open_file("Resources/rows.csv").read() == b"1,2"
    assert hdfs.get().exists("Resources/rows.csv")


def test_small_ones(world: World) -> None:
    assert hdfs.dump("text", "Resources/t.txt") == 4
    assert hdfs.stat("Resources/t.txt").st_size == 4
    assert hdfs.access("Resources/t.txt", os.R_OK)
    hdfs.chmod("Resources/t.txt", 0o600)
    hdfs.chown("Resources/t.txt", "user", "group")
    assert hdfs.capacity() > 0
    assert hdfs.is_tls_enabled() is False
    hdfs.close()
    with pytest.raises(OSError, match="no HopsFS name node"):
        hdfs.get_webhdfs_host()


def test_add_module(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [*__import__("sys").path])
    (world.project / "Resources" / "my_helper_module.py").write_text("x = 1\n")
    hdfs.add_module("Resources/my_helper_module.py")
    import my_helper_module

    assert my_helper_module.x == 1
    notebook = '{"cells": [{"cell_type": "markdown", "source": ["# t"]}, {"cell_type": "code", "source": ["%matplotlib inline\\n", "y = 2"]}]}'
    (world.project / "Resources" / "my_notebook_module.ipynb").write_text(notebook)
    assert hdfs.add_module("Resources/my_notebook_module.ipynb").endswith(
        "localized_deps/my_notebook_module.py"
    )
    import my_notebook_module

    assert my_notebook_module.y == 2
    with pytest.raises(ValueError, match=r"not a \.py or .ipynb file"):
        hdfs.add_module("Resources/rows.csv")


# The parameters of hops 2.5.0.2, read from the package.
SIGNATURES = {
    "copy_to_local": ["hdfs_path", "local_path", "overwrite", "project"],
    "copy_to_hdfs": ["local_path", "relative_hdfs_path", "overwrite", "project"],
    "project_path": ["project", "exclude_nn_addr"],
    "delete": ["hdfs_path", "recursive"],
    "cp": ["src_hdfs_path", "dest_hdfs_path", "overwrite"],
    "glob": ["hdfs_path", "recursive", "project"],
    "ls": ["hdfs_path", "recursive", "exclude_nn_addr"],
    "lsl": ["hdfs_path", "recursive", "project"],
    "rmr": ["hdfs_path", "project"],
    "mkdir": ["hdfs_path", "project"],
    "move": ["src", "dest"],
    "rename": ["src", "dest"],
    "chown": ["hdfs_path", "user", "group", "project"],
    "chmod": ["hdfs_path", "mode", "project"],
    "stat": ["hdfs_path"],
    "access": ["hdfs_path", "mode", "project"],
    "open_file": ["hdfs_path", "project", "flags", "buff_size"],
    "exists": ["hdfs_path", "project"],
    "isdir": ["hdfs_path", "project"],
    "isfile": ["hdfs_path", "project"],
    "dump": ["data", "hdfs_path"],
    "load": ["hdfs_path"],
    "abs_path": ["hdfs_path"],
    "add_module": ["hdfs_path", "project"],
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures(name: str) -> None:
    assert list(inspect.signature(getattr(hdfs, name)).parameters) == SIGNATURES[name]
