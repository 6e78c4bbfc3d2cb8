"""Which inputs can be joined, and how a joint result is split again. Pure functions."""

from __future__ import annotations

from typing import Any

Form = tuple[Any, ...]
ALL_KINDS = frozenset({list, dict, str, float, int, bool, type(None)})
_NUMBERS = ({float}, {float, int})


def form_of(inputs: Any) -> Form | None:
    """What inputs must have in common to be joined, or None when they are no list of like rows.

    Libraries choose one type for all they are given: a row of texts, a missing value or another width would
    change, or fail, the rows beside it. So only rows of the same width, keys and types of columns are joined;
    whole numbers are not joined with fractions. The form's first item is the kind of rows: list, dict, or the
    type of plain values.
    """
    if type(inputs) is not list or not inputs:
        return None
    first = inputs[0]
    if type(first) is list:
        return _form_of_lists(inputs, len(first))
    if type(first) is dict:
        return _form_of_dicts(inputs, first)
    kinds = set(map(type, inputs))
    if kinds in _NUMBERS:
        return (float,)
    return (type(first),) if len(kinds) == 1 else None


def _form_of_lists(rows: list[Any], width: int) -> Form | None:
    kinds: set[type] = set()
    for row in rows:
        if type(row) is not list or len(row) != width:
            return None
        kinds.update(map(type, row))
    if kinds in _NUMBERS:
        return list, width, float
    if kinds == {list}:
        return list, width, *_shape(rows[0])
    if len(kinds) == 1:
        return list, width, *kinds
    return list, width, *(_column([row[index] for row in rows]) for index in range(width))


def _form_of_dicts(rows: list[Any], first: dict[str, Any]) -> Form | None:
    names = tuple(first)
    for row in rows:
        if type(row) is not dict or tuple(row) != names:
            return None
    return dict, names, *(_column([row[name] for row in rows]) for name in names)


def _column(values: list[Any]) -> Any:
    kinds = set(map(type, values))
    if kinds in _NUMBERS:
        return float
    return kinds.pop() if len(kinds) == 1 else frozenset(kinds)


def _shape(row: Any) -> list[Any]:
    shape: list[Any] = []
    while type(row) is list and len(shape) < 32:
        shape.append(len(row))
        row = row[0] if row else None
    return [*shape, float if type(row) is int else type(row)]


def length_of(result: Any) -> int | None:
    """How many rows a list, tuple, numpy array, tensor, Series or DataFrame has; None for what is no such."""
    kind = type(result)
    if kind is list or kind is tuple:
        return len(result)
    name = f"{kind.__module__.split('.', 1)[0]}.{kind.__name__}"
    if name in {"numpy.ndarray", "pandas.Series", "pandas.DataFrame", "torch.Tensor"}:
        shape = result.shape
        return int(shape[0]) if len(shape) else None
    return None


def split(result: Any, counts: list[int]) -> list[Any]:
    """Parts of a result of as many rows as `counts` has in all, in order; of the same type as the result."""
    pandas = type(result).__module__.startswith("pandas.")
    parts = []
    start = 0
    for count in counts:
        end = start + count
        part = result.iloc[start:end].reset_index(drop=True) if pandas else result[start:end]
        parts.append(part)
        start = end
    return parts
