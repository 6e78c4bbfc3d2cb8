"""launch.json: what the extension asks this server to run."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .fields import ConfigError, read_flag, read_number, read_object, read_path, read_text, wrong
from .recordoptions import InferenceLogOptions, read_inference_log

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}\Z")


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
    secrets_dir: Path | None  # one file for each variable that workers get
    secret_names: list[str]  # of those, what must be there
    lame_seconds: float
    pickle_allow: list[str] | None
    watch: list[Path]  # reload when one of these changes; none: never
    preload: bool
    batching: BatchingConfig
    access_log_per_second: int
    lenient_replies: bool
    sample: Any  # the `inputs` of one request; None: there is none
    transformer: TransformerConfig | None
    inference_log: InferenceLogOptions | None  # None: nothing is kept of predictions
    raw: dict[str, Any]

    @property
    def user_places(self) -> list[Path]:
        """Scripts and folders that hold the user's code."""
        own = [self.script, self.artifact_dir]
        return own + ([self.transformer.script, self.transformer.artifact_dir] if self.transformer else [])


def read_launch(source: str) -> dict[str, Any]:
    """The content of a launch file, or of a variable ('env:NAME', taken out of it); raises ConfigError."""
    try:
        value = json.loads(_launch_text(source))
    except OSError as error:
        raise ConfigError(f"Could not read the launch file: {error.strerror or error}: {source}") from None
    except ValueError as error:
        raise ConfigError(f"The launch file is not valid JSON: {error}: {source}") from None
    if not isinstance(value, dict):
        raise ConfigError(f"The launch file is not usable: it must hold one object: {source}")
    return value


def _launch_text(source: str) -> str:
    scheme, _, variable = source.partition(":")
    if scheme != "env":
        return Path(source).read_text(encoding="utf-8")
    text = os.environ.pop(variable, None)
    if text is None:
        raise ConfigError(f"Could not read the launch file: the environment variable {variable} is missing")
    return text


def parse_launch(value: dict[str, Any]) -> LaunchConfig:
    """Check every field; unknown ones are ignored. Raises ConfigError naming the wrong one."""
    model = read_object(value, "model")
    artifact = read_object(value, "artifact")
    replicas = read_object(value, "replicas", {"min": 1})
    log = read_object(value, "log", {})
    lease = read_object(value, "lease", {})
    limits = read_object(value, "limits", {})
    name = read_text(value, "name")
    least = int(read_number(replicas, "min", "replicas.min", 1, 1, 256, whole=True))
    if not _NAME.match(name):
        raise wrong("name", "letters, digits, '_', '.' and '-' only", name)
    to_stdout = read_flag(log, "stdout", False, "log.stdout")
    log_file = None if to_stdout else read_path(log, "file", "log.file", optional=True)
    lease_file = read_path(lease, "file", "lease.file", optional=not lease)
    script = read_path(value, "script", "script")
    artifact_dir = read_path(artifact, "dir", "artifact.dir")
    run_dir = read_path(value, "runDir", "runDir")
    assert script is not None
    assert artifact_dir is not None
    assert run_dir is not None
    return LaunchConfig(
        name=name,
        model_name=read_text(model, "name", "model.name"),
        model_version=int(read_number(model, "version", "model.version", None, 1, 2**31, whole=True)),
        script=script,
        artifact_label=read_text(artifact, "label", "artifact.label"),
        artifact_dir=artifact_dir,
        project_dir=read_path(value, "projectDir", "projectDir", optional=True),
        host=read_text(value, "host", default="127.0.0.1"),
        port=int(read_number(value, "port", "port", 0, 0, 65535, whole=True)),
        replicas=least,
        max_replicas=int(read_number(replicas, "max", "replicas.max", least, least, 256, whole=True)),
        scaling=_scaling(read_object(value, "scaling", {})),
        run_dir=run_dir,
        log_file=log_file,
        log_max_bytes=int(read_number(log, "maxBytes", "log.maxBytes", 5_000_000, 10_000, 2**40, whole=True)),
        log_backups=int(read_number(log, "backups", "log.backups", 4, 0, 1000, whole=True)),
        lease_file=lease_file,
        lease_seconds=read_number(lease, "seconds", "lease.seconds", 600, 0.5, 10**9),
        limits=Limits(
            body_bytes=int(
                read_number(limits, "bodyBytes", "limits.bodyBytes", 64 * 1024 * 1024, 1, 2**40, whole=True)
            ),
            drain_seconds=read_number(limits, "drainSeconds", "limits.drainSeconds", 10, 0, 3600),
            load_seconds=read_number(limits, "loadSeconds", "limits.loadSeconds", 300, 0.1, 10**6),
            head_seconds=read_number(limits, "headSeconds", "limits.headSeconds", 15, 0.1, 3600),
            body_idle_seconds=read_number(limits, "bodyIdleSeconds", "limits.bodyIdleSeconds", 30, 0.1, 3600),
            idle_seconds=read_number(limits, "idleSeconds", "limits.idleSeconds", 120, 0.1, 10**6),
            queue_length=int(
                read_number(limits, "queueLength", "limits.queueLength", 1000, 1, 10**6, whole=True)
            ),
            request_seconds=read_number(limits, "requestSeconds", "limits.requestSeconds", 300, 0.01, 10**6),
        ),
        takeover=read_path(value, "takeover", "takeover", optional=True),
        token_variable=read_text(value, "tokenVariable") if value.get("tokenVariable") is not None else None,
        secrets_dir=read_path(value, "secretsDir", "secretsDir", optional=True),
        secret_names=_secret_names(value),
        lame_seconds=read_number(value, "lameSeconds", "lameSeconds", 0, 0, 600),
        pickle_allow=_pickle_allow(read_object(value, "pickleImports", {})),
        watch=_watch(value, [script, artifact_dir]),
        preload=read_flag(value, "preload", False),
        batching=_batching(value),
        access_log_per_second=int(
            read_number(
                read_object(value, "accessLog", {}),
                "perSecond",
                "accessLog.perSecond",
                100,
                0,
                10**9,
                whole=True,
            )
        ),
        lenient_replies=read_flag(value, "lenientReplies", True),
        sample=value.get("sample"),
        transformer=_transformer(read_object(value, "transformer", {})),
        inference_log=read_inference_log(value),
        raw=value,
    )


def _scaling(value: dict[str, Any]) -> Scaling:
    return Scaling(
        up_seconds=read_number(value, "upSeconds", "scaling.upSeconds", 1, 0.25, 3600),
        down_seconds=read_number(value, "downSeconds", "scaling.downSeconds", 60, 0.25, 10**6),
        busy=read_number(value, "busy", "scaling.busy", 0.6, 0.01, 1),
    )


def _secret_names(value: dict[str, Any]) -> list[str]:
    names = value.get("secretNames", [])
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise wrong("secretNames", "a list of texts", names)
    return names


def _pickle_allow(value: dict[str, Any]) -> list[str] | None:
    allow = value.get("allow")
    if allow is not None and not (isinstance(allow, list) and all(isinstance(name, str) for name in allow)):
        raise wrong("pickleImports.allow", "a list of texts such as 'sklearn.*'", allow)
    return allow


def _watch(value: dict[str, Any], own: list[Path]) -> list[Path]:
    """`reload`: true watches the artifact itself, {"watch": [path]} what it is made of."""
    reload = value.get("reload")
    if reload is None or isinstance(reload, bool):
        return own if reload else []
    watch = read_object(value, "reload").get("watch")
    if not isinstance(watch, list):
        raise wrong("reload.watch", "a list of absolute paths", watch)
    found = [read_path({"path": path}, "path", "reload.watch") for path in watch]
    return [path for path in found if path is not None]


def _transformer(value: dict[str, Any]) -> TransformerConfig | None:
    if not value:
        return None
    script = read_path(value, "script", "transformer.script")
    artifact_dir = read_path(value, "dir", "transformer.dir")
    assert script is not None
    assert artifact_dir is not None
    return TransformerConfig(script, artifact_dir, read_text(value, "artifact", "transformer.artifact"))


def _batching(value: dict[str, Any]) -> BatchingConfig:
    got = value.get("batching", True)
    fields: dict[str, Any] = {"enabled": got} if isinstance(got, bool) else read_object(value, "batching", {})
    return BatchingConfig(
        enabled=read_flag(fields, "enabled", True, "batching.enabled"),
        max_rows=int(read_number(fields, "maxRows", "batching.maxRows", 256, 1, 2**31, whole=True)),
        max_bytes=int(
            read_number(fields, "maxBytes", "batching.maxBytes", 8 * 1024 * 1024, 1, 2**40, whole=True)
        ),
        check=read_flag(fields, "check", True, "batching.check"),
    )
