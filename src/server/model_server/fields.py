"""Reading launch.json: fields of the wanted kind, or a ConfigError that names the wrong one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class ConfigError(Exception):
    """A launch file that can't be used; the text names the field."""


def wrong(field: str, wanted: str, got: Any) -> ConfigError:
    """The error of a field that has something else."""
    shown = json.dumps(got, default=str)
    return ConfigError(f"The launch file is not usable: {field} must be {wanted}, not {shown[:200]}")


def read_object(value: dict[str, Any], key: str, default: dict[str, Any] | None = None) -> dict[str, Any]:
    """A field with an object in it."""
    got = value.get(key)
    if got is None and default is not None:
        return default
    if not isinstance(got, dict):
        raise wrong(key, "an object", got)
    return got


def read_text(value: dict[str, Any], key: str, field: str | None = None, default: str | None = None) -> str:
    """A field with a text that is not empty."""
    got = value.get(key)
    if got is None and default is not None:
        return default
    if not isinstance(got, str) or not got or "\0" in got:
        raise wrong(field or key, "a text", got)
    return got


def read_number(
    value: dict[str, Any],
    key: str,
    field: str,
    default: float | None,
    low: float,
    high: float,
    whole: bool = False,
) -> float:
    """A field with a number between two others."""
    got = value.get(key)
    if got is None and default is not None:
        return default
    known = isinstance(got, int if whole else (int, float)) and not isinstance(got, bool)
    if got is None or not known or not low <= got <= high:
        raise wrong(field, f"a {'whole ' if whole else ''}number from {low:g} to {high:g}", got)
    number: float = got if whole else float(got)
    return number


def read_flag(value: dict[str, Any], key: str, default: bool, field: str | None = None) -> bool:
    """A field that is true or false."""
    got = value.get(key, default)
    if not isinstance(got, bool):
        raise wrong(field or key, "true or false", got)
    return got


def read_path(value: dict[str, Any], key: str, field: str, optional: bool = False) -> Path | None:
    """A field with an absolute path."""
    got = value.get(key)
    if got is None and optional:
        return None
    if not isinstance(got, str) or not got or "\0" in got or not Path(got).is_absolute():
        raise wrong(field, "an absolute path", got)
    return Path(got)
