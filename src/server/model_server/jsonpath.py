"""Paths such as `$.instances[*].name` and `$..password`: read once, then what they name is replaced.

Names (`.name`, `['name']`), numbers (`[0]`, `[-1]`), all (`.*`, `[*]`) and any depth (`..name`, `..*`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Union

_STEP = re.compile(
    r"""(?P<deep>\.\.)?(?:
        (?P<all>\*|\[\*\])
        |(?P<name>[^.\[\]'"*\s]+)
        |\[(?P<index>-?\d{1,9})\]
        |\['(?P<single>(?:[^'\\]|\\.)*)'\]
        |\["(?P<double>(?:[^"\\]|\\.)*)"\]
    )""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)")
_Key = Union[str, int, None]  # None: all of them


class PathError(ValueError):
    """A text that is no path; says where."""


@dataclass(frozen=True)
class Step:
    """One part of a path: a key of an object, a place in a list, or all; `deep` at any depth below."""

    key: _Key
    deep: bool


def parse_path(text: str) -> tuple[Step, ...]:
    """The steps of a path; raises PathError."""
    if not text.startswith("$") or len(text) < 2:
        raise PathError(f"{text!r} must begin with $ and name something, such as $.instances[*].name")
    steps: list[Step] = []
    at = 1
    while at < len(text):
        begins = at
        if text[at] == "." and not text.startswith("..", at):
            begins += 1
            if begins < len(text) and text[begins] == "[":
                raise PathError(f"{text!r} can't be read from {text[at:]!r} on")
        found = _STEP.match(text, begins)
        bare = found is not None and (found["name"] is not None or found["all"] == "*")
        if found is None or (bare and begins == at and not found["deep"]):
            raise PathError(f"{text!r} can't be read from {text[at:]!r} on")
        steps.append(Step(_key_of(found), found["deep"] is not None))
        at = found.end()
    return tuple(steps)


def _key_of(found: re.Match[str]) -> _Key:
    if found["all"] is not None:
        return None
    if found["index"] is not None:
        return int(found["index"])
    if found["name"] is not None:
        return found["name"]
    quoted = found["single"] if found["single"] is not None else found["double"]
    return _ESCAPED.sub(r"\1", quoted)


def replace_all(value: Any, paths: tuple[tuple[Step, ...], ...], by: Any) -> int:
    """Put `by` in the place of what the paths name within `value`; how many were replaced."""
    return sum(_replace(value, path, by) for path in paths)


def _replace(value: Any, steps: tuple[Step, ...], by: Any) -> int:
    holders = [value]
    for step in steps[:-1]:
        holders = [
            holder[key]
            for place in holders
            for holder in (_with_those_below(place) if step.deep else [place])
            for key in _keys(holder, step.key)
        ]
    last, count = steps[-1], 0
    for place in holders:
        for holder in _with_those_below(place) if last.deep else [place]:
            for key in _keys(holder, last.key):
                if holder[key] != by:
                    holder[key] = by
                    count += 1
    return count


def _keys(holder: Any, wanted: _Key) -> list[Any]:
    """The keys or places of an object or a list that a step names."""
    if isinstance(holder, dict):
        if wanted is None:
            return list(holder)
        return [wanted] if isinstance(wanted, str) and wanted in holder else []
    if isinstance(holder, list):
        if wanted is None:
            return list(range(len(holder)))
        if isinstance(wanted, int) and -len(holder) <= wanted < len(holder):
            return [wanted]
    return []


def _with_those_below(value: Any) -> list[Any]:
    """The value itself and all objects and lists in it; without recursion, as bodies may be deep."""
    found, at = [value], 0
    while at < len(found):
        item = found[at]
        at += 1
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        found.extend(one for one in inner if isinstance(one, (dict, list)))
    return found
