"""Files that a serving is made of: whether they changed, and a folder with a changed version of them.

An artifact is never changed. A changed version is a folder of links to the artifact's files and copies of
those that differ.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from ..config import LaunchConfig, parse_launch
from ..script.workdir import link_file

_LEFT_OUT = {"__pycache__", "Artifacts"}  # artifacts are packed from a model version without its artifacts
_MAX_FILES = 20_000


class Stamp(NamedTuple):
    """One file as it was seen."""

    source: Path
    modified: int
    size: int


Seen = dict[str, Stamp]  # by the file's path within the artifact, with the system's separator


class Watch:
    """Looks at the watched files; a folder's files have their place in the artifact by their path in it."""

    def __init__(self, config: LaunchConfig) -> None:
        self._paths = config.watch
        self.script = script_place(config)

    def look(self) -> Seen:
        """All files that are there now; what vanishes meanwhile is left out."""
        seen: Seen = {}
        for path in self._paths:
            if path.is_dir():
                self._walk(path, "", seen)
            else:
                # The script, also under another name than in the artifact; else a file of that name.
                place = self.script if path.suffix == ".py" and path == self._paths[0] else path.name
                self._stamp(path, place, seen)
        return seen

    def _walk(self, folder: Path, below: str, seen: Seen) -> None:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.name in _LEFT_OUT or len(seen) >= _MAX_FILES:
                        continue
                    if entry.name.endswith(".requests.json"):
                        continue  # requests that somebody saved beside the script
                    place = os.path.join(below, entry.name) if below else entry.name
                    if entry.is_dir():
                        self._walk(Path(entry.path), place, seen)
                    elif place not in seen:
                        self._stamp(Path(entry.path), place, seen)
        except OSError:
            return

    def _stamp(self, path: Path, place: str, seen: Seen) -> None:
        try:
            found = path.stat()
        except OSError:
            return
        seen[place] = Stamp(path, found.st_mtime_ns, found.st_size)


def script_place(config: LaunchConfig) -> str:
    """The script's path within the artifact."""
    try:
        return str(config.script.relative_to(config.artifact_dir))
    except ValueError:
        return config.script.name


def changes(before: Seen, after: Seen) -> list[str]:
    """Places whose file is another one, gone, or there for the first time."""
    return sorted(place for place in before.keys() | after.keys() if before.get(place) != after.get(place))


class Versions:
    """Makes a folder for each changed version, in runDir/reload."""

    def __init__(self, config: LaunchConfig, watch: Watch, seen: Seen) -> None:
        self._config = config
        self._watch = watch
        self._folder = config.run_dir / "reload"
        self._at_start = seen
        self._number = 0
        self._made: dict[str, tuple[Stamp, Path]] = {}  # the copies of the last version
        shutil.rmtree(self._folder, ignore_errors=True)

    def make(self, seen: Seen) -> tuple[LaunchConfig, dict[str, str]]:
        """The launch of a version, and for each of its files where its source is; raises OSError."""
        self._number += 1
        place = self._folder / str(self._number)
        sources: dict[str, str] = {}
        made: dict[str, tuple[Stamp, Path]] = {}
        for name in self._names(seen):
            target = place / name
            target.parent.mkdir(parents=True, exist_ok=True)
            stamp, own = seen.get(name), self._config.artifact_dir / name
            if stamp is None or (stamp == self._at_start.get(name) and own.is_file()):
                link_file(own, target)
            else:
                self._copy(name, stamp, target)
                made[name] = (stamp, target)
                sources[str(target)] = str(stamp.source)
        self._made = made
        artifact = {**self._config.raw["artifact"], "dir": str(place)}
        raw = {**self._config.raw, "script": str(place / self._watch.script), "artifact": artifact}
        transformer = self._config.transformer
        if transformer is not None and transformer.artifact_dir == self._config.artifact_dir:
            script = os.path.relpath(transformer.script, transformer.artifact_dir)
            raw["transformer"] = {**raw["transformer"], "script": str(place / script), "dir": str(place)}
        return parse_launch(raw), sources

    def _copy(self, name: str, stamp: Stamp, target: Path) -> None:
        before = self._made.get(name)
        if before is not None and before[0] == stamp:
            try:
                os.link(before[1], target)  # a large model is not copied for each change of the script
            except OSError:
                pass
            else:
                return
        shutil.copy2(stamp.source, target)

    def _names(self, seen: Seen) -> list[str]:
        names = set(seen)
        for folder, folders, files in os.walk(self._config.artifact_dir):
            folders[:] = [name for name in folders if name != "__pycache__"]
            below = os.path.relpath(folder, self._config.artifact_dir)
            for file in files:
                name = file if below == "." else os.path.join(below, file)
                # What was in a watched folder and is not there any more was deleted.
                if name not in self._at_start or name in seen:
                    names.add(name)
        return sorted(names)

    def forget_all_but(self, used: set[Path]) -> None:
        """Remove the folders of all other versions."""
        try:
            folders = list(self._folder.iterdir())
        except OSError:
            return
        for folder in folders:
            if folder not in used:
                shutil.rmtree(folder, ignore_errors=True)
