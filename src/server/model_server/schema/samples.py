"""Between values and JSON Schema: a sample that fits a schema, and the schema that a sample shows."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def sample_of(schema: Json, place: int = 0, depth: int = 0) -> Any:
    """A value that the schema allows; None where it says nothing."""
    if depth > 12:
        return None
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            options = [option for option in schema[key] if option.get("type") != "null"] or schema[key]
            return sample_of(options[0], place, depth + 1)
    kind = schema.get("type")
    if kind == "array":
        return _list(schema, depth)
    if kind == "object":
        properties = schema.get("properties", {})
        return {
            name: sample_of(part, index, depth + 1) for index, (name, part) in enumerate(properties.items())
        }
    return _scalar(schema, kind, place)


def _list(schema: Json, depth: int) -> list[Any]:
    fixed = schema.get("prefixItems")
    if fixed:
        return [sample_of(part, index, depth + 1) for index, part in enumerate(fixed)]
    count = schema.get("minItems") or (1 if schema.get("items") else 0)
    items = schema.get("items", {})
    return [sample_of(items, index, depth + 1) for index in range(count)]


def _scalar(schema: Json, kind: Any, place: int) -> Any:
    if kind in {"number", "integer"}:
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        start = 1 if low is None else low + (0 if "minimum" in schema else 1)
        # Values that differ, so that a model's columns can be told apart.
        number = start + place % 10
        if "maximum" in schema and number > schema["maximum"]:
            number = start
        return float(number) if kind == "number" else int(number)
    if kind == "boolean":
        return True
    if kind == "string":
        formats = {"date-time": "2024-01-31T12:00:00", "date": "2024-01-31"}
        return formats.get(schema.get("format", ""), "text")
    return None


def schema_of(value: Any, depth: int = 0) -> Json:
    """The JSON Schema that a sample shows: kinds, names and the width of rows, not the number of rows."""
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, (int, float)):
        return {"type": "number"}
    if isinstance(value, str):
        return {"type": "string"}
    if depth > 12:
        return {}
    if isinstance(value, list):
        return _schema_of_list(value, depth)
    if isinstance(value, dict):
        parts = {str(key): schema_of(part, depth + 1) for key, part in value.items()}
        return {"type": "object", "properties": parts}
    return {}


def _schema_of_list(value: list[Any], depth: int) -> Json:
    kinds: list[Json] = []
    for item in value[:100]:
        kind = schema_of(item, depth + 1)
        if kind not in kinds:
            kinds.append(kind)
    schema: Json = {"type": "array"}
    if len(kinds) == 1:
        schema["items"] = kinds[0]
    if depth > 0 and len(kinds) == 1 and kinds[0].get("type") in {"number", "boolean"}:
        schema.update(minItems=len(value), maxItems=len(value))
    return schema
