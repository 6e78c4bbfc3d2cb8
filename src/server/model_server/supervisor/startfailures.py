"""Why a serving could not start, as the supervisor sees it from outside of the worker."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Any

from ..config import LaunchConfig
from ..failures import Failure, make_failure, place, user_files
from ..processes import exit_kind, exit_text
from .portowner import port_owner

OUT_OF_MEMORY = "out-of-memory"


@dataclass(frozen=True)
class Death:
    """How a worker's process ended: a failure's kind, and words such as 'exited with 3'."""

    kind: str
    text: str


_KINDS = {"killed": "killed", "crashed": "crashed", "exited": "script-exited"}
_RAISE_MEMORY: dict[str, Any] = {"kind": "raise-limit", "name": "memoryMb"}


def death_of(code: int, out_of_memory: str | None) -> Death:
    """From Popen's returncode, and what the memory limit tells if the system ended the process."""
    if out_of_memory is not None:
        return Death(OUT_OF_MEMORY, out_of_memory)
    return Death(_KINDS[exit_kind(code)], exit_text(code))


def death_in_load(
    config: LaunchConfig, stage: str, death: Death, fatal_frames: list[tuple[str, int, str]]
) -> Failure:
    """The worker's process ended while it loaded the script; frames innermost first."""
    name, is_user = config.script.name, user_files(*config.user_places)
    frames = [
        {"file": file, "line": line, "function": function, "source": "", "user": is_user(file)}
        for file, line, function in reversed(fatal_frames)
    ]
    user = next((frame for frame in reversed(frames) if frame["user"]), None)
    message = f"Could not load {name}: its process was {death.text}{place(user)}"
    remedies = [{"kind": "open-file", "file": user["file"], "line": user["line"]}] if user else []
    if death.kind == "script-exited":
        message = f"Could not load {name}: it ended its own process ({death.text})"
    elif death.kind == OUT_OF_MEMORY:
        message = f"Could not load {name}: {death.text}: raise the limit"
        remedies = [_RAISE_MEMORY]
    exception = {"type": death.text, "text": "", "frames": frames} if frames else None
    return make_failure(stage, death.kind, message, exception, remedies)


def crash_loop(number: int, what: str, death: Death) -> Failure:
    """A replica that dies again and again; the last time like this."""
    remedies = [_RAISE_MEMORY] if death.kind == OUT_OF_MEMORY else []
    message = f"Could not keep replica {number} running: {what}" + (": raise the limit" if remedies else "")
    return make_failure("ready", "crash-loop", message, None, remedies)


def load_timed_out(config: LaunchConfig, stage: str, frames: list[dict[str, Any]]) -> Failure:
    """The script was not loaded in time; `frames` are where it is."""
    limit = config.limits.load_seconds
    user = next((frame for frame in reversed(frames) if frame["user"]), None)
    where = f": it hangs in {user['source'] or user['function']}{place(user)}" if user else ""
    message = f"Could not load {config.script.name}: it was not loaded within {limit:g} s{where}"
    remedies: list[dict[str, Any]] = [{"kind": "raise-limit", "name": "loadSeconds"}]
    if user:
        remedies.append({"kind": "open-file", "file": user["file"], "line": user["line"]})
    exception = {"type": "timeout", "text": "", "frames": frames} if frames else None
    return make_failure(stage, "load-timeout", message, exception, remedies)


def port_failure(config: LaunchConfig, error: OSError) -> Failure:
    """The port can't be listened on."""
    host, port = config.host, config.port
    choose = [{"kind": "choose-port"}]
    if error.errno == errno.EADDRINUSE or getattr(error, "winerror", None) == 10048:
        owner = port_owner(port)
        who = f" by {owner[1]} (process {owner[0]})" if owner else ""
        message = f"Could not listen on port {port}: it is taken{who}: choose another port"
        return make_failure("start", "port-in-use", message, None, choose)
    if error.errno == errno.EACCES:
        message = f"Could not listen on port {port}: it is not allowed: choose a port above 1023"
        return make_failure("start", "port-not-allowed", message, None, choose)
    message = f"Could not listen on {host}:{port}: {error.strerror or error}"
    return make_failure("start", "host-unusable", message, None, choose)


def token_missing(variable: str) -> Failure:
    """The variable that has the token is not set: to serve without one is not what was asked for."""
    message = (
        f"Could not start: the environment variable {variable}, which has the token, is missing or empty"
    )
    return make_failure("start", "token-missing", message)


def secrets_unreadable(error: OSError) -> Failure:
    """The folder of secrets, or one that must be there, can't be read."""
    return make_failure("start", "secrets-missing", f"Could not start: {error}")
