"""Rows to try a script with: of a saved request, of the model's own width, or of type hints."""

from __future__ import annotations

import random
import typing
from dataclasses import dataclass
from typing import Any, Callable

from ..schema.verbs import VerbSchema
from ..script.modelinfo import ModelInfo

_ROWS = 4
_MOST_FEATURES = 100_000
_TEXTS = ["good", "this is a longer text, with a comma", "Bad day", "seven words are in this short text"]


@dataclass(frozen=True)
class Sample:
    """Rows (up to four, not all alike where that is possible) and where they come from, in words."""

    rows: list[Any]
    source: str


def samples_for(
    saved: Any, info: ModelInfo, method: Callable[[Any], Any], schema: VerbSchema
) -> list[Sample]:
    """What to try, the likeliest first; the next is for when the script refuses the one before."""
    if type(saved) is list and saved:
        return [Sample(_varied(saved), "the saved request")]
    found = []
    described = _varied(schema.sample) if type(schema.sample) is list and schema.sample else None
    if described is not None and schema.is_example:
        found.append(Sample(described, "the input example beside the model"))
    elif described is not None and schema.source == "signature":
        found.append(Sample(described, "the signature beside the model"))
    if info.features is not None and 0 < info.features <= _MOST_FEATURES:
        rows = _numbers(info.features)
        found.append(Sample(rows, f"the model's {info.features} features"))
        if info.feature_names is not None and len(info.feature_names) == info.features:
            named = [dict(zip(info.feature_names, row)) for row in rows]
            found.append(Sample(named, "the model's feature names"))
    hinted = _of_hints(method)
    if hinted is not None:
        found.append(Sample(hinted, "the type hints"))
    elif described is not None and schema.source == "type hints":
        found.append(Sample(described, "the type hints"))
    return found


def _numbers(width: int) -> list[list[float]]:
    """Rows that differ in size, one of them of whole numbers; the same in every run."""
    chance = random.Random(width)  # noqa: S311
    rows: list[list[float]] = [
        [round(chance.uniform(0.0, top), 3) for _ in range(width)] for top in (1.0, 8.0, 100.0)
    ]
    return [rows[1], [chance.randrange(10) for _ in range(width)], rows[0], rows[2]]


def _of_hints(method: Callable[[Any], Any]) -> list[Any] | None:
    try:
        hints = [hint for name, hint in typing.get_type_hints(method).items() if name != "return"]
    except Exception:  # names that are not there when the script runs
        return None
    inner = typing.get_args(hints[0]) if hints and typing.get_origin(hints[0]) is list else ()
    plain: dict[Any, list[Any]] = {str: _TEXTS, float: [0.25, 7.5, 3.0, 41.2], int: [1, 7, 3, 42]}
    return plain.get(inner[0]) if len(inner) == 1 else None


def _varied(rows: list[Any]) -> list[Any]:
    """The first rows that differ; made of the one row, where there is only one."""
    different: list[Any] = []
    for row in rows[:1000]:
        if row not in different:
            different.append(row)
        if len(different) == _ROWS:
            return different
    return different if len(different) > 1 else [different[0], *_variants(different[0])]


def _variants(row: Any) -> list[Any]:
    for step in (0, 1):  # whole numbers may be names of things: they are changed when nothing else can be
        made = [_scaled(row, 1.25, step), _scaled(row, 0.5, -step)]
        if type(row) is list and len(row) > 1 and all(type(value) in {int, float} for value in row):
            made.append(row[::-1])
        found = [value for index, value in enumerate(made) if value != row and value not in made[:index]]
        if found:
            return found
    return []


def _scaled(value: Any, factor: float, step: int) -> Any:
    if type(value) is list:
        return [_scaled(item, factor, step) for item in value]
    if type(value) is dict:
        return {key: _scaled(item, factor, step) for key, item in value.items()}
    if type(value) is float:
        return value * factor
    if type(value) is int:
        return abs(value + step) if value >= 0 else value + step  # what counts something stays above zero
    if type(value) is str and len(value.split()) > 1:
        words = value.split()
        return " ".join(words[: len(words) // 2] if factor < 1 else words + words[:1])
    return value
