"""What a script raised while it was loaded, explained: a kind, one sentence, and what would help."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import Any

from ..config import LaunchConfig
from ..failures import (
    Failure,
    LoadError,
    exception_info,
    first_line,
    last_user_frame,
    make_failure,
    place,
    safe_text,
    user_files,
)
from ..pickles.guard import PickleImportRefused
from .packages import is_installed, package_of, version_of

_UNPICKLING_FILES = (
    "pickle.py",
    "numpy_pickle.py",
    "numpy_pickle_utils.py",
    "numpy_pickle_compat.py",
    "_dill.py",
    "serialization.py",
)
_UNPICKLING_LINE = re.compile(r"\bloads?\(|[Uu]npickle|read_pickle")
_LFS = b"version https://git-lfs.github.com/spec/"


class Explainer:
    """Turns what a script raised while it was loaded into a failure."""

    def __init__(self, config: LaunchConfig) -> None:
        self._script = config.script
        self._artifact_dir = config.artifact_dir
        self._transformer = config.transformer
        self._project_dir = config.project_dir
        self._is_user = user_files(*config.user_places)
        self._what = "Predict"
        self.version_warnings: list[Warning] = []

    def explain(self, stage: str, error: BaseException) -> Failure:
        """The failure of `error`, raised in `stage`: 'import', 'construct', 'transform' or 'app'."""
        if isinstance(error, LoadError):
            return error.failure
        if stage == "transform":
            self._what = "Transformer"
            if self._transformer is not None:
                self._script, self._artifact_dir = self._transformer.script, self._transformer.artifact_dir
        elif stage == "app":
            self._what = "the app"
        info = exception_info(error, self._is_user)
        frame = last_user_frame(info["frames"])
        at = place(frame)
        open_file = [{"kind": "open-file", "file": frame["file"], "line": frame["line"]}] if frame else []
        kind, message, remedies = self._recognise(stage, error, info["frames"], at)
        return make_failure(stage, kind, message, info, [*remedies, *open_file])

    def _recognise(
        self, stage: str, error: BaseException, frames: list[dict[str, Any]], at: str
    ) -> tuple[str, str, list[dict[str, Any]]]:
        name = self._script.name
        text = f"{type(error).__name__}: {first_line(safe_text(error))}"
        if isinstance(error, SystemExit):
            message = f"Could not load {name}: it ended the program with sys.exit({error.code!r}){at}"
            return "script-exited", message, []
        if isinstance(error, MemoryError):
            return "out-of-memory", f"Could not load {name}: not enough memory{at}", []
        if isinstance(error, SyntaxError):
            return self._syntax(error)
        if isinstance(error, PickleImportRefused):
            wants = (
                f"it wants to import {error.full_name}, which the definition's pickleImports does not have"
            )
            message = f"Could not read the pickle: {wants}: allow it if you trust the file{at}"
            return "pickle-import-refused", message, [{"kind": "allow-import", "import": error.full_name}]
        if not frames:  # raised by the server's own code: a full disk, an artifact that is gone
            return "server-error", f"Could not prepare {name}: {text}", []
        unpickling = _in_unpickling(frames)
        if isinstance(error, ModuleNotFoundError) and error.name:
            return self._module(error, unpickling, at)
        if unpickling and not isinstance(error, (FileNotFoundError, IsADirectoryError, PermissionError)):
            found = self._pickle(error, at)
            if found is not None:
                return found
        if (
            isinstance(error, (FileNotFoundError, IsADirectoryError))
            or getattr(error, "errno", None) == errno.ENOENT
        ):
            return self._missing_file(error, at)
        if stage == "import":
            return "import-raised", f"Could not import {name}: {text}{at}", []
        return "construct-raised", f"Could not create {self._what}: {text}{at}", []

    def _syntax(self, error: SyntaxError) -> tuple[str, str, list[dict[str, Any]]]:
        file, line = error.filename or str(self._script), error.lineno or 1
        message = f"Could not read {os.path.basename(file)}: {error.msg} (line {line})"
        return "syntax-error", message, [{"kind": "open-file", "file": file, "line": line}]

    def _module(
        self, error: ModuleNotFoundError, unpickling: bool, at: str
    ) -> tuple[str, str, list[dict[str, Any]]]:
        module = error.name or ""
        root = module.split(".", 1)[0]
        package = package_of(module)
        local = self._local_module(root)
        if local is not None:
            message = (
                f"Could not import {module}: {local.name} is in the project but not in the model version's "
                f"folder, and only that folder is served{at}"
            )
            return "missing-local-module", message, [{"kind": "open-file", "file": str(local), "line": 1}]
        if root != module and is_installed(root):
            version = version_of(root) or "another version"
            if unpickling:
                message = (
                    f"Could not read the pickle: it was saved with another version of {package}: "
                    f"{package} {version} has no module {module}{self._saved_with()}{at}"
                )
                return "pickle-version", message, self._version_remedies()
            message = (
                f"Could not import {module}: {package} {version} is installed but has no such module{at}"
            )
            return "import-raised", message, []
        who = "the pickle" if unpickling else "the script"
        message = f"Could not import {module}: {who} needs the package {package}, which is not installed{at}"
        return "missing-package", message, [{"kind": "install-package", "package": package, "module": root}]

    def _local_module(self, root: str) -> Path | None:
        if self._project_dir is None:
            return None
        for candidate in (self._project_dir / f"{root}.py", self._project_dir / root / "__init__.py"):
            if candidate.is_file():
                return candidate
        return None

    def _pickle(self, error: BaseException, at: str) -> tuple[str, str, list[dict[str, Any]]] | None:
        text = first_line(safe_text(error))
        lfs = self._lfs_pointer()
        if lfs is not None:
            todo = "run 'git lfs pull' and export again"
            message = f"Could not read {lfs}: it is a Git LFS pointer, not the model: {todo}{at}"
            return "not-a-pickle", message, []
        missing_main = re.search(r"attribute '([^']+)' on <module '__main__'", text)
        if missing_main:
            message = (
                f"Could not read the pickle: it needs {missing_main.group(1)}, which was defined in the "
                f"program that saved it: move it into a module beside the script and save the model again{at}"
            )
            return "pickle-version", message, []
        broken = isinstance(error, (EOFError, IndexError, KeyError, UnicodeDecodeError, OverflowError))
        unpickling_error = any(kind.__name__ == "UnpicklingError" for kind in type(error).__mro__)
        if broken or unpickling_error:
            what = f"{type(error).__name__}: {text}"
            message = f"Could not read the pickle: the file is not one, or it is cut off: {what}{at}"
            return "not-a-pickle", message, []
        if isinstance(error, (AttributeError, ValueError, TypeError, ImportError)):
            message = (
                f"Could not read the pickle: it was saved with another version of Python or of a package: "
                f"{type(error).__name__}: {text}{self._saved_with()}{at}"
            )
            return "pickle-version", message, self._version_remedies()
        return None

    def _saved_with(self) -> str:
        for warning in self.version_warnings:
            saved = getattr(warning, "original_sklearn_version", None)
            if saved:
                here = getattr(warning, "current_sklearn_version", "?")
                return f" (saved with scikit-learn {saved}, here is {here})"
        return ""

    def _version_remedies(self) -> list[dict[str, Any]]:
        for warning in self.version_warnings:
            saved = getattr(warning, "original_sklearn_version", None)
            if saved:
                return [{"kind": "install-package", "package": f"scikit-learn=={saved}", "module": "sklearn"}]
        return []

    def _missing_file(self, error: BaseException, at: str) -> tuple[str, str, list[dict[str, Any]]]:
        wanted = getattr(error, "filename", None)
        shown = (
            repr(os.fsdecode(wanted)) if isinstance(wanted, (str, bytes)) else first_line(safe_text(error))
        )
        message = f"Could not load a file: {shown} is missing; the model version has {self.listing()}{at}"
        return "missing-file", message, []

    def listing(self) -> str:
        """The artifact's files in words, at most 12."""
        names = sorted(self._files(), key=str.lower)
        if not names:
            return "no files"
        more = f" and {len(names) - 12} more" if len(names) > 12 else ""
        return ", ".join(names[:12]) + more

    def _files(self) -> list[str]:
        found: list[str] = []
        for folder, folders, files in os.walk(self._artifact_dir):
            folders[:] = [name for name in folders if name != "__pycache__"]
            found += [os.path.relpath(os.path.join(folder, name), self._artifact_dir) for name in files]
            if len(found) > 1000:
                break
        return found

    def _lfs_pointer(self) -> str | None:
        for name in self._files()[:200]:
            path = self._artifact_dir / name
            try:
                if path.stat().st_size < 1024 and path.read_bytes().startswith(_LFS):
                    return name
            except OSError:
                continue
        return None


def _in_unpickling(frames: list[dict[str, Any]]) -> bool:
    if any(os.path.basename(frame["file"]) in _UNPICKLING_FILES for frame in frames):
        return True
    frame = last_user_frame(frames)
    # The C unpickler has no frames of its own: the script's line tells.
    return frame is not None and bool(_UNPICKLING_LINE.search(frame["source"]))
