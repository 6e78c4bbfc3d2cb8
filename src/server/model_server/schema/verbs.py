"""The schema of each verb: found in what there is, the surest source first, and applied to requests.

Checked before user code are type hints, which are promises, and a model's number of features where the script
surely hands the inputs to it as they came. Signatures and samples only describe.
"""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from ..calling.calls import InputError, Verb
from ..config import LaunchConfig
from ..script.modelinfo import ModelInfo
from ..script.transformer import METHODS
from ..script.usercode import UserCode
from . import files, nodes
from .demands import demanded, rows_of
from .hints import verb_hints
from .nodes import Json, Node
from .passing import model_that_gets_inputs
from .samples import sample_of, schema_of


@dataclass
class VerbSchema:
    """JSON Schemas of a verb's inputs and result ({}: anything), their source, and a sample of inputs."""

    inputs: Json = field(default_factory=dict)
    outputs: Json = field(default_factory=dict)
    source: str = "none"  # 'type hints', 'model', 'signature', 'sample' or 'none'
    sample: Any = None
    is_example: bool = False  # somebody wrote the sample: it was not made of the schema
    checks: tuple[Node, ...] = ()
    convert: Callable[[Any], Any] | None = None

    def check(self, inputs: Any, root: str = "inputs") -> None:
        """Raises InputError naming the first place in the inputs that is not as it must be."""
        for node in self.checks:
            problem = node.find(inputs)
            if problem is not None:
                path = root + problem.path
                must = "must have" if problem.expected[:1].isdigit() else "must be"
                message = f"The inputs are not usable: {path} {must} {problem.expected}, not {problem.got}"
                raise InputError(
                    "wrong-input", message, path, more={"expected": problem.expected, "got": problem.got}
                )

    @property
    def tensor_form(self) -> str | None:
        """How tensors become inputs: 'columns' (an object of lists), 'rows' (a list of objects) or lists."""
        if self.inputs.get("type") == "object" and self.inputs.get("properties"):
            return "columns"
        return "rows" if self.inputs.get("items", {}).get("properties") else None


def schemas_of(
    config: LaunchConfig, code: UserCode, info: ModelInfo, verbs: dict[str, Verb]
) -> dict[str, VerbSchema]:
    """The schemas by verb; a verb whose hints name classes of objects gets these objects from now on."""
    transformer = code.transformer
    before, after = (None, None) if transformer is None else map(transformer.method, METHODS)
    objects = {**vars(code.module), **getattr(code.predict, "__dict__", {})}
    found = find_schemas(
        {name: inspect.unwrap(verb.method) for name, verb in verbs.items()},
        before,
        after,
        objects,
        info,
        config.artifact_dir,
        config.sample,
    )
    for name, schema in found.items():
        if schema.convert is not None:
            verbs[name].method = _converted(verbs[name].method, schema.convert)
    return found


def _converted(method: Callable[[Any], Any], convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(method)
    def call(inputs: Any) -> Any:
        return method(convert(inputs))

    return call


def find_schemas(
    methods: dict[str, Callable[..., Any]],
    preprocess: Callable[..., Any] | None,
    postprocess: Callable[..., Any] | None,
    objects: dict[str, Any],
    info: ModelInfo,
    folder: Path,
    sample: Any,
) -> dict[str, VerbSchema]:
    """The schemas by verb.

    `methods` are the user's own; a transformer's `preprocess` and `postprocess` stand between them and the
    client. `objects`: the attributes of the Predict object and its module's globals by name.
    """
    if sample is None:
        sample = files.example(folder)
    signature = files.signature(folder) if preprocess is None else (None, None)
    found = {}
    for verb, method in methods.items():
        given, returned = verb_hints(preprocess or method)
        if postprocess is not None or preprocess is not None:
            returned = verb_hints(postprocess or method)[1]
        demand = None if preprocess is not None else _demand(method, objects, info)
        schema = VerbSchema(checks=tuple(node for node in (given, demand) if node and not node.anything))
        # What is converted is what the verb itself gets: a transformer's own hints are its own affair.
        schema.convert = None if preprocess is not None else given.convert
        _describe(schema, given, demand, info if preprocess is None else ModelInfo(), signature, sample)
        schema.outputs = returned.json() or (signature[1] or {} if verb == "predict" else {})
        found[verb] = schema
    return found


def _demand(method: Callable[..., Any], objects: dict[str, Any], info: ModelInfo) -> Node | None:
    name = model_that_gets_inputs(method)
    model = objects.get(name) if name is not None else None
    if model is None or type(model).__name__ != info.class_name:
        return None
    return demanded(model, info)


def _describe(
    schema: VerbSchema,
    given: Node,
    demand: Node | None,
    info: ModelInfo,
    signature: tuple[Json | None, Json | None],
    sample: Any,
) -> None:
    vague = given.anything or given.json() in ({"type": "array", "items": {}}, {"type": "object"})
    if demand is not None and (vague or _is_rows(given)):
        schema.inputs, schema.source = demand.json(), "model"
    elif not vague:
        schema.inputs, schema.source = given.json(), "type hints"
    elif signature[0] is not None:
        schema.inputs, schema.source = signature[0], "signature"
    elif sample is not None:
        schema.inputs, schema.source = schema_of(sample), "sample"
    elif info.features:
        # The script may prepare its inputs: this is a guess, which helps to write a first request.
        schema.inputs, schema.source = rows_of(info, nodes.NUMBER).json(), "model"
    elif not given.anything:
        schema.inputs, schema.source = given.json(), "type hints"
    schema.sample = sample if sample is not None else sample_of(schema.inputs) if schema.inputs else None
    schema.is_example = sample is not None
    if sample is not None and any(node.find(sample) is not None for node in schema.checks):
        schema.sample, schema.is_example = sample_of(schema.inputs), False


def _is_rows(given: Node) -> bool:
    """list[list[float]] and the like: the model's own schema says the same, and how many."""
    return isinstance(given, nodes.ListOf) and given.item.json() in (
        {"type": "array", "items": {"type": "number"}},
        {"type": "array", "items": {}},
    )
