"""The environment variables of workers: what this process has, the secrets, and what a bare system lacks."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ..config import LaunchConfig


class SecretsError(OSError):
    """The secrets can't be read; the text says which and why."""


def read_secrets(config: LaunchConfig) -> dict[str, str]:
    """Name → content of each file of `secretsDir`, exactly as it is there; raises SecretsError."""
    folder = config.secrets_dir
    if folder is None:
        return {}
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        raise SecretsError(f"the folder with the secrets: {error.strerror or error}: {folder}") from None
    secrets = {name: _read(folder / name) for name in names if (folder / name).is_file()}
    missing = [name for name in config.secret_names if name not in secrets]
    if missing:
        raise SecretsError(f"the secrets do not have {', '.join(missing)}: {folder}")
    return secrets


def _read(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise SecretsError(f"the secret {file.name}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise SecretsError(f"the secret {file.name} is not text in UTF-8") from None
    if "\0" in text or "=" in file.name:
        raise SecretsError(f"the secret {file.name} can't be an environment variable")
    return text


def take_token(config: LaunchConfig) -> str | None:
    """The token, by its variable or its secret; neither the script nor what it starts finds it later."""
    secrets = read_secrets(config)  # also without a token: what is missing is said before anything starts
    if config.token_variable is None:
        return None
    return secrets.get(config.token_variable, os.environ.pop(config.token_variable, None))


def take_log_secrets(config: LaunchConfig) -> dict[str, str]:
    """What the inference log needs to know, in the same way: only its own process gets it."""
    if config.inference_log is None:
        return {}
    secrets, found = read_secrets(config), {}
    for name in config.inference_log.secret_variables:
        value = secrets.get(name, os.environ.pop(name, None))
        if value is not None:
            found[name] = value
    return found


def worker_environment(config: LaunchConfig) -> dict[str, str]:
    """Read anew for each worker; raises SecretsError."""
    environment = {**os.environ, **read_secrets(config)}
    if config.token_variable is not None:
        environment.pop(config.token_variable, None)
    if config.inference_log is not None:
        for name in (*config.inference_log.secret_variables, *_files_of_log(config)):
            environment.pop(name, None)
    if os.name != "nt":
        _complete(environment)
    return environment


def _files_of_log(config: LaunchConfig) -> list[str]:
    """Names of the secrets that are files of the inference log: certificates and keys are no variables."""
    assert config.inference_log is not None
    folder = config.secrets_dir
    return [file.name for file in config.inference_log.files if folder is not None and file.parent == folder]


def _complete(environment: dict[str, str]) -> None:
    """A container's user may have no entry and no folder: libraries that ask for either must not fail."""
    home = environment.get("HOME", "")
    if not os.path.isdir(home) or not os.access(home, os.W_OK):
        environment["HOME"] = tempfile.gettempdir()
    if not any(environment.get(name) for name in ("LOGNAME", "USER", "LNAME", "USERNAME")):
        environment["USER"] = environment["LOGNAME"] = _user_name()


def _user_name() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return "serving"
