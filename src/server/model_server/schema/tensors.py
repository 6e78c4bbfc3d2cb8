"""A verb's schema as the tensors of the Open Inference Protocol's model metadata."""

from __future__ import annotations

from typing import Any

from .nodes import Json

_DATATYPES = {"number": "FP64", "integer": "INT64", "boolean": "BOOL", "string": "BYTES"}


def metadata_of(schema: Json, name: str) -> list[dict[str, Any]]:
    """Name, datatype and shape (-1: any size) of each tensor; none where the schema has no such form."""
    columns = schema if schema.get("type") == "object" else schema.get("items", {})
    properties = columns.get("properties") if isinstance(columns, dict) else None
    if properties:
        found = [_tensor(column, part, columns is not schema) for column, part in properties.items()]
        return found if all(found) else []
    one = _tensor(name, schema, False)
    return [one] if one and schema else []


def _tensor(name: str, schema: Json, column: bool) -> dict[str, Any]:
    shape: list[int] = [-1] if column else []
    while schema.get("type") == "array":
        fixed = schema.get("prefixItems")
        if fixed:
            if any(part != fixed[0] for part in fixed):
                return {}
            shape.append(len(fixed))
            schema = fixed[0]
            continue
        shape.append(schema.get("maxItems", -1))
        schema = schema.get("items", {})
    datatype = _DATATYPES.get(str(schema.get("type")))
    return {"name": name, "datatype": datatype, "shape": shape or [1]} if datatype else {}
