"""Files beside a model that describe it: MLflow's MLmodel, Hopsworks' model_schema.json, input_example.json.

They tell how the model was made, which a script may wrap as it likes: they describe and are never checked.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

Json = dict[str, Any]
_MAX_BYTES = 1_000_000
_TYPES = {
    "boolean": {"type": "boolean"},
    "bool": {"type": "boolean"},
    "integer": {"type": "integer"},
    "int": {"type": "integer"},
    "long": {"type": "integer"},
    "bigint": {"type": "integer"},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "string": {"type": "string"},
    "object": {"type": "string"},
    "binary": {"type": "string", "contentEncoding": "base64"},
    "datetime": {"type": "string", "format": "date-time"},
}


def signature(folder: Path) -> tuple[Json | None, Json | None]:
    """JSON Schemas of the inputs and outputs by a signature in a folder; None for what no file tells."""
    found = _hopsworks(_json(folder / "model_schema.json"))
    if found == (None, None):
        text = _text(folder / "MLmodel") or ""
        found = _schema(_mlflow(text, "inputs")), _schema(_mlflow(text, "outputs"))
    return found


def example(folder: Path) -> Any:
    """The `inputs` of an input_example.json in a folder, None when there is none."""
    value = _json(folder / "input_example.json")
    if isinstance(value, dict):
        for key in ("inputs", "instances", "data"):
            if isinstance(value.get(key), list):
                return value[key]
        split = value.get("dataframe_split")
        if isinstance(split, dict) and isinstance(split.get("data"), list):
            return split["data"]
    return value


def _text(path: Path) -> str | None:
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _json(path: Path) -> Any:
    text = _text(path)
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return None


def _mlflow(text: str, part: str) -> Any:
    """The JSON that MLflow writes as a YAML text, in quotes and perhaps over several lines."""
    match = re.search(rf"^signature:\n(?:[ ].*\n)*?[ ]+{part}:[ ]*'((?:[^']|'')*)'", text, re.MULTILINE)
    if match is None:
        return None
    try:
        return json.loads(re.sub(r"\s*\n\s*", " ", match.group(1)).replace("''", "'"))
    except ValueError:
        return None


def _hopsworks(value: Any) -> tuple[Json | None, Json | None]:
    if not isinstance(value, dict):
        return None, None
    found = []
    for key in ("input_schema", "output_schema"):
        part = value.get(key)
        columns = part.get("columnar_schema") if isinstance(part, dict) else None
        tensor = part.get("tensor_schema") if isinstance(part, dict) else None
        if isinstance(tensor, dict):
            columns = [
                {"type": "tensor", "tensor-spec": {"dtype": tensor.get("type"), "shape": tensor.get("shape")}}
            ]
        found.append(_schema(columns))
    return found[0], found[1]


def _schema(columns: Any) -> Json | None:
    """The JSON Schema of MLflow's list of columns or one tensor."""
    if not isinstance(columns, list) or not columns or not all(isinstance(one, dict) for one in columns):
        return None
    first = columns[0]
    if first.get("type") == "tensor":
        return _tensor(first.get("tensor-spec"))
    if not all(isinstance(one.get("type"), str) for one in columns):
        return None
    names = [one.get("name") for one in columns]
    kinds = [_TYPES.get(re.sub(r"\d+$", "", one["type"]), {}) for one in columns]
    if len(set(map(str, kinds))) == 1:
        row: Json = {"type": "array", "items": kinds[0], "minItems": len(kinds), "maxItems": len(kinds)}
        if all(isinstance(name, str) for name in names):
            row["description"] = ", ".join(map(str, names))
        return {"type": "array", "items": row}
    row = {"type": "array", "prefixItems": kinds, "minItems": len(kinds), "maxItems": len(kinds)}
    return {"type": "array", "items": row}


def _tensor(spec: Any) -> Json | None:
    shape = spec.get("shape") if isinstance(spec, dict) else None
    if not isinstance(shape, list) or not all(isinstance(size, int) for size in shape):
        return None
    name = re.sub(r"\d+$", "", str(spec.get("dtype", "")).lstrip("u"))
    schema: Json = dict(_TYPES.get("string" if name == "str" else name, {}))
    for size in reversed(shape):
        schema = {"type": "array", "items": schema}
        if size >= 0:
            schema.update(minItems=size, maxItems=size)
    return schema
