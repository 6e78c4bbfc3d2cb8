"""launch.json: what the extension asks this server to run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}\Z")


class ConfigError(Exception):
    """A launch file that can't be used; the text names the field."""


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    body_bytes: int
    drain_seconds: float
    load_seconds: float
    head_seconds: float
    body_idle_seconds: float
    idle_seconds: float
    queue_length: int
    request_seconds: float


@dataclass(frozen=True)
class Scaling:
    """When workers are added and ended; see supervisor/scaling.py. `busy` is a share of a worker's time."""

    up_seconds: float
    down_seconds: float
    busy: float


@dataclass(frozen=True)
class TransformerConfig:
    """Where a transformer of its own comes from."""

    script: Path
    artifact_dir: Path
    artifact_label: str


@dataclass(frozen=True)
class BatchingConfig:
    """Joining of waiting requests. `check` False: trust the script without trying it at the start."""

    enabled: bool
    max_rows: int
    max_bytes: int
    check: bool


@dataclass(frozen=True)
class LaunchConfig:
    """A checked launch.json. Paths are absolute; `raw` is the file's own content, for the workers."""

    name: str
    model_name: str
    model_version: int
    script: Path
    artifact_label: str
    artifact_dir: Path
    project_dir: Path | None
    host: str
    port: int
    replicas: int  # at least
    max_replicas: int
    scaling: Scaling
    run_dir: Path
    log_file: Path | None
    log_max_bytes: int
    log_backups: int
    lease_file: Path | None
    lease_seconds: float
    limits: Limits
    takeover: Path | None
    token_variable: str | None
    pickle_allow: list[str] | None
    watch: list[Path]  # reload when one of these changes; none: never
    preload: bool
    batching: BatchingConfig
    access_log_per_second: int
    lenient_replies: bool
    sample: Any  # the `inputs` of one request; None: there is none
    transformer: TransformerConfig | None
    raw: dict[str, Any]

    @property
    def user_places(self) -> list[Path]:
        """Scripts and folders that hold the user's code."""
        own = [self.script, self.artifact_dir]
        return own + ([self.transformer.script, self.transformer.artifact_dir] if self.transformer else [])


def read_launch_file(path: Path) -> dict[str, Any]:
    """The content of a launch file; raises ConfigError."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"Could not read the launch file: {error.strerror or error}: {path}") from None
    except ValueError as error:
        raise ConfigError(f"The launch file is not valid JSON: {error}: {path}") from None
    if not isinstance(value, dict):
        raise ConfigError(f"The launch file is not usable: it must hold one object: {path}")
    return value


def parse_launch(value: dict[str, Any]) -> LaunchConfig:
    """Check every field; unknown ones are ignored. Raises ConfigError naming the wrong one."""
    model = _object(value, "model")
    artifact = _object(value, "artifact")
    replicas = _object(value, "replicas", {"min": 1})
    log = _object(value, "log", {})
    lease = _object(value, "lease", {})
    limits = _object(value, "limits", {})
    name = _text(value, "name")
    least = int(_number(replicas, "min", "replicas.min", 1, 1, 256, whole=True))
    if not _NAME.match(name):
        raise _wrong("name", "letters, digits, '_', '.' and '-' only", name)
    log_file = _path(log, "file", "log.file", optional=True)
    lease_file = _path(lease, "file", "lease.file", optional=not lease)
    script = _path(value, "script", "script")
    artifact_dir = _path(artifact, "dir", "artifact.dir")
    run_dir = _path(value, "runDir", "runDir")
    assert script is not None
    assert artifact_dir is not None
    assert run_dir is not None
    return LaunchConfig(
        name=name,
        model_name=_text(model, "name", "model.name"),
        model_version=int(_number(model, "version", "model.version", None, 1, 2**31, whole=True)),
        script=script,
        artifact_label=_text(artifact, "label", "artifact.label"),
        artifact_dir=artifact_dir,
        project_dir=_path(value, "projectDir", "projectDir", optional=True),
        host=_text(value, "host", default="127.0.0.1"),
        port=int(_number(value, "port", "port", 0, 0, 65535, whole=True)),
        replicas=least,
        max_replicas=int(_number(replicas, "max", "replicas.max", least, least, 256, whole=True)),
        scaling=_scaling(_object(value, "scaling", {})),
        run_dir=run_dir,
        log_file=log_file,
        log_max_bytes=int(_number(log, "maxBytes", "log.maxBytes", 5_000_000, 10_000, 2**40, whole=True)),
        log_backups=int(_number(log, "backups", "log.backups", 4, 0, 1000, whole=True)),
        lease_file=lease_file,
        lease_seconds=_number(lease, "seconds", "lease.seconds", 600, 0.5, 10**9),
        limits=Limits(
            body_bytes=int(
                _number(limits, "bodyBytes", "limits.bodyBytes", 64 * 1024 * 1024, 1, 2**40, whole=True)
            ),
            drain_seconds=_number(limits, "drainSeconds", "limits.drainSeconds", 10, 0, 3600),
            load_seconds=_number(limits, "loadSeconds", "limits.loadSeconds", 300, 0.1, 10**6),
            head_seconds=_number(limits, "headSeconds", "limits.headSeconds", 15, 0.1, 3600),
            body_idle_seconds=_number(limits, "bodyIdleSeconds", "limits.bodyIdleSeconds", 30, 0.1, 3600),
            idle_seconds=_number(limits, "idleSeconds", "limits.idleSeconds", 120, 0.1, 10**6),
            queue_length=int(
                _number(limits, "queueLength", "limits.queueLength", 1000, 1, 10**6, whole=True)
            ),
            request_seconds=_number(limits, "requestSeconds", "limits.requestSeconds", 300, 0.01, 10**6),
        ),
        takeover=_path(value, "takeover", "takeover", optional=True),
        token_variable=_text(value, "tokenVariable") if value.get("tokenVariable") is not None else None,
        pickle_allow=_pickle_allow(_object(value, "pickleImports", {})),
        watch=_watch(value, [script, artifact_dir]),
        preload=_flag(value, "preload", False),
        batching=_batching(value),
        access_log_per_second=int(
            _number(
                _object(value, "accessLog", {}), "perSecond", "accessLog.perSecond", 100, 0, 10**9, whole=True
            )
        ),
        lenient_replies=_flag(value, "lenientReplies", True),
        sample=value.get("sample"),
        transformer=_transformer(_object(value, "transformer", {})),
        raw=value,
    )


def _scaling(value: dict[str, Any]) -> Scaling:
    return Scaling(
        up_seconds=_number(value, "upSeconds", "scaling.upSeconds", 1, 0.25, 3600),
        down_seconds=_number(value, "downSeconds", "scaling.downSeconds", 60, 0.25, 10**6),
        busy=_number(value, "busy", "scaling.busy", 0.6, 0.01, 1),
    )


def _pickle_allow(value: dict[str, Any]) -> list[str] | None:
    allow = value.get("allow")
    if allow is not None and not (isinstance(allow, list) and all(isinstance(name, str) for name in allow)):
        raise _wrong("pickleImports.allow", "a list of texts such as 'sklearn.*'", allow)
    return allow


def _watch(value: dict[str, Any], own: list[Path]) -> list[Path]:
    """`reload`: true watches the artifact itself, {"watch": [path]} what it is made of."""
    reload = value.get("reload")
    if reload is None or isinstance(reload, bool):
        return own if reload else []
    watch = _object(value, "reload").get("watch")
    if not isinstance(watch, list):
        raise _wrong("reload.watch", "a list of absolute paths", watch)
    found = [_path({"path": path}, "path", "reload.watch") for path in watch]
    return [path for path in found if path is not None]


def _transformer(value: dict[str, Any]) -> TransformerConfig | None:
    if not value:
        return None
    script = _path(value, "script", "transformer.script")
    artifact_dir = _path(value, "dir", "transformer.dir")
    assert script is not None
    assert artifact_dir is not None
    return TransformerConfig(script, artifact_dir, _text(value, "artifact", "transformer.artifact"))


def _wrong(field: str, wanted: str, got: Any) -> ConfigError:
    shown = json.dumps(got, default=str)
    return ConfigError(f"The launch file is not usable: {field} must be {wanted}, not {shown[:200]}")


def _object(value: dict[str, Any], key: str, default: dict[str, Any] | None = None) -> dict[str, Any]:
    got = value.get(key)
    if got is None and default is not None:
        return default
    if not isinstance(got, dict):
        raise _wrong(key, "an object", got)
    return got


def _text(value: dict[str, Any], key: str, field: str | None = None, default: str | None = None) -> str:
    got = value.get(key)
    if got is None and default is not None:
        return default
    if not isinstance(got, str) or not got or "\0" in got:
        raise _wrong(field or key, "a text", got)
    return got


def _number(
    value: dict[str, Any],
    key: str,
    field: str,
    default: float | None,
    low: float,
    high: float,
    whole: bool = False,
) -> float:
    got = value.get(key)
    if got is None and default is not None:
        return default
    known = isinstance(got, int if whole else (int, float)) and not isinstance(got, bool)
    if got is None or not known or not low <= got <= high:
        raise _wrong(field, f"a {'whole ' if whole else ''}number from {low:g} to {high:g}", got)
    number: float = got if whole else float(got)
    return number


def _batching(value: dict[str, Any]) -> BatchingConfig:
    got = value.get("batching", True)
    fields: dict[str, Any] = {"enabled": got} if isinstance(got, bool) else _object(value, "batching", {})
    return BatchingConfig(
        enabled=_flag(fields, "enabled", True, "batching.enabled"),
        max_rows=int(_number(fields, "maxRows", "batching.maxRows", 256, 1, 2**31, whole=True)),
        max_bytes=int(
            _number(fields, "maxBytes", "batching.maxBytes", 8 * 1024 * 1024, 1, 2**40, whole=True)
        ),
        check=_flag(fields, "check", True, "batching.check"),
    )


def _flag(value: dict[str, Any], key: str, default: bool, field: str | None = None) -> bool:
    got = value.get(key, default)
    if not isinstance(got, bool):
        raise _wrong(field or key, "true or false", got)
    return got


def _path(value: dict[str, Any], key: str, field: str, optional: bool = False) -> Path | None:
    got = value.get(key)
    if got is None and optional:
        return None
    if not isinstance(got, str) or not got or "\0" in got or not Path(got).is_absolute():
        raise _wrong(field, "an absolute path", got)
    return Path(got)
