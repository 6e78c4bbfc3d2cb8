"""Failures and exceptions in the forms that the state file, the log and replies have."""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Callable

_OWN_DIR = str(Path(__file__).resolve().parent)
_RUN = str(Path(_OWN_DIR).parent / "run.py")
_MAX_FRAMES = 50
Failure = dict[str, Any]
CELLS: dict[str, dict[int, tuple[int, int]]] = {}  # of notebooks, by file and line: the cell and its line
IsUser = Callable[[str], bool]


class LoadError(Exception):
    """A failure that was recognised before any exception of the script."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure["message"])
        self.failure = failure


def make_failure(
    stage: str,
    kind: str,
    message: str,
    exception: dict[str, Any] | None = None,
    remedies: list[dict[str, Any]] | None = None,
) -> Failure:
    """The state file's form; showing the logs always helps."""
    own = list(remedies or [])
    return {
        "stage": stage,
        "kind": kind,
        "message": message,
        "exception": exception,
        "remedies": [*own, {"kind": "show-logs"}],
    }


def user_files(*places: Path) -> IsUser:
    """Tells whether a file is the user's: one of the places, or anything below them."""
    roots = {
        form for place in places for form in (str(place), os.path.realpath(place), os.path.abspath(place))
    }
    folders = tuple(os.path.join(root, "") for root in roots)

    def is_user(file: str) -> bool:
        return file in roots or file.startswith(folders)

    return is_user


def frames_of(trace: TracebackType | None, is_user: IsUser) -> list[dict[str, Any]]:
    """The frames of a traceback, outermost first, without the server's and the import system's own."""
    return _frames(
        [(frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in traceback.walk_tb(trace)],
        is_user,
    )


def frames_of_stack(frame: FrameType | None, is_user: IsUser) -> list[dict[str, Any]]:
    """The same for a frame that runs now."""
    stack = [
        (item.f_code.co_filename, line, item.f_code.co_name) for item, line in traceback.walk_stack(frame)
    ]
    return _frames(stack[::-1], is_user)


def _frames(places: list[tuple[str, int, str]], is_user: IsUser) -> list[dict[str, Any]]:
    kept = []
    for file, line, function in places:
        if file == _RUN or file.startswith(("<frozen ", _OWN_DIR)):
            continue
        source = linecache.getline(file, line).strip()[:200]
        frame = {"file": file, "line": line, "function": function, "source": source, "user": is_user(file)}
        if file in CELLS:
            frame["cell"], frame["cellLine"] = CELLS[file].get(line, (0, 0))
        kept.append(frame)
    return kept[-_MAX_FRAMES:]


def exception_info(error: BaseException, is_user: IsUser) -> dict[str, Any]:
    """{type, text, frames}; the frames of the exception that started it come with it as `cause`."""
    info: dict[str, Any] = {
        "type": type_name(error),
        "text": safe_text(error),
        "frames": frames_of(error.__traceback__, is_user),
    }
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        info["cause"] = {"type": type_name(cause), "text": safe_text(cause)[:1000]}
    return info


def type_name(error: BaseException) -> str:
    """'ValueError', or 'xgboost.core.XGBoostError' for what is not a builtin."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def safe_text(error: BaseException) -> str:
    """str(error), also when that raises; at most 4,000 characters."""
    try:
        text = str(error)
    except Exception as other:
        text = f"(its text could not be made: {type(other).__name__})"
    return text if len(text) <= 4000 else text[:4000] + "…"


def last_user_frame(frames: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The innermost frame in the user's own files."""
    return next((frame for frame in reversed(frames) if frame["user"]), None)


def place(frame: dict[str, Any] | None) -> str:
    """' (script.py, line 7)', ' (script.ipynb, cell 2, line 7)' or ''."""
    return f" ({os.path.basename(frame['file'])}, {line_text(frame['file'], frame['line'])})" if frame else ""


def line_text(file: str, line: int) -> str:
    """'line 7', or of a notebook 'cell 2, line 7'."""
    cell = CELLS.get(file, {}).get(line)
    return f"cell {cell[0]}, line {cell[1]}" if cell else f"line {line}"


def first_line(text: str) -> str:
    """The first line that says something, at most 300 characters."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= 300 else line[:300] + "…"


def where_it_hangs(thread: int, is_user: IsUser) -> list[dict[str, Any]]:
    """The frames of a running thread."""
    return frames_of_stack(sys._current_frames().get(thread), is_user)


def ended_worker_text(reason: str) -> str:
    """What a request is told that ended a worker and comes again; `reason` as exit_text has it."""
    return f"The worker that answered this request died: {reason}; the request is not tried again"
