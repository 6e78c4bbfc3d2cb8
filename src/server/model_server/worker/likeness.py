"""Whether two results are the same up to the rounding of floating-point sums."""

from __future__ import annotations

import math
from typing import Any

_TOLERANCE = 1e-6


def alike(one: Any, other: Any) -> bool:
    """Numbers within 1e-6 of the largest beside them, all else equal; arrays and tables count as lists."""
    one, other = _plain(one), _plain(other)
    return _alike(one, other, _TOLERANCE * max(_largest(one), _largest(other)))


def _alike(one: Any, other: Any, slack: float) -> bool:
    one, other = _plain(one), _plain(other)
    if isinstance(one, (list, tuple)):
        same = isinstance(other, (list, tuple)) and len(one) == len(other)
        return same and all(_alike(left, right, slack) for left, right in zip(one, other))
    if isinstance(one, dict):
        same = isinstance(other, dict) and one.keys() == other.keys()
        return same and all(_alike(value, other[key], slack) for key, value in one.items())
    if _is_number(one) and _is_number(other):
        if one == other or (math.isnan(one) and math.isnan(other)):
            return True
        return math.isfinite(one) and math.isfinite(other) and abs(one - other) <= slack
    return type(one) is type(other) and bool(one == other)


def _plain(value: Any) -> Any:
    if type(value).__name__ == "DataFrame":
        return {str(name): _plain(value[name]) for name in value.columns}
    tolist = getattr(value, "tolist", None)
    return tolist() if callable(tolist) and not isinstance(value, type) else value


def _largest(value: Any) -> float:
    value = _plain(value)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return max(map(_largest, value), default=0.0)
    return abs(float(value)) if _is_number(value) and math.isfinite(value) else 0.0


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
