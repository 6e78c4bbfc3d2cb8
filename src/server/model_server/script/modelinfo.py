"""What a loaded Predict object tells of its model, without calling the user's code."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from typing import Any

from .packages import package_of, version_of

_FRAMEWORKS = {
    "sklearn",
    "xgboost",
    "lightgbm",
    "catboost",
    "torch",
    "onnxruntime",
    "tensorflow",
    "keras",
    "transformers",
}
_MAX_NAMES = 10_000


@dataclass(frozen=True)
class ModelInfo:
    """What was found; None where nothing says it."""

    features: int | None = None
    feature_names: list[str] | None = None
    class_name: str | None = None
    framework: str | None = None


def find_model(attributes: dict[str, Any], script_module: str) -> ModelInfo:
    """The first object of a known library among the attributes of a Predict object or a module."""
    best = ModelInfo()
    for value in attributes.values():
        info = _describe(value, script_module)
        if info is None:
            continue
        if info.features is not None:
            return info
        if best.class_name is None:
            best = info
    return best


def _describe(value: Any, script_module: str) -> ModelInfo | None:
    kind = type(value)
    root = str(kind.__module__).split(".", 1)[0]
    if kind.__module__ == script_module or isinstance(value, type):
        return None
    library = root if root in _FRAMEWORKS else _library_of_bases(kind)
    has_count = inspect.getattr_static(value, "n_features_in_", None) is not None
    if library is None and not has_count:
        return None
    features = _count(_read(value, "n_features_in_"))
    names = _names(_read(value, "feature_names_in_"))
    if library == "xgboost" and features is None and kind.__name__ == "Booster":
        features, names = _count(_call(value, "num_features")), _names(_read(value, "feature_names"))
    if library == "lightgbm" and features is None and kind.__name__ == "Booster":
        features, names = _count(_call(value, "num_feature")), _names(_call(value, "feature_name"))
    if library == "onnxruntime" and kind.__name__ == "InferenceSession":
        features = _onnx_width(value)
    return ModelInfo(features, names, kind.__name__, _framework(library or root))


def _library_of_bases(kind: type) -> str | None:
    # A class of the user's own built on a library's, for example a torch.nn.Module or a scikit-learn
    # estimator.
    for base in kind.__mro__:
        root = str(base.__module__).split(".", 1)[0]
        if root in _FRAMEWORKS:
            return root
    return None


def _framework(library: str) -> str:
    module = sys.modules.get(library)
    version = getattr(module, "__version__", None) or version_of(library) or ""
    return f"{package_of(library)} {version}".strip()


def _read(value: Any, name: str) -> Any:
    try:
        return getattr(value, name, None)
    except Exception:  # a property of an estimator that is not fitted
        return None


def _call(value: Any, name: str) -> Any:
    try:
        return getattr(value, name)()
    except Exception:
        return None


def _count(value: Any) -> int | None:
    try:
        return None if value is None or isinstance(value, bool) else int(value)
    except Exception:
        return None


def _names(value: Any) -> list[str] | None:
    try:
        names = None if value is None else [str(name) for name in list(value)[:_MAX_NAMES]]
    except Exception:
        return None
    return names or None


def _onnx_width(session: Any) -> int | None:
    inputs = _call(session, "get_inputs")
    try:
        shape = inputs[0].shape if len(inputs) == 1 else []
    except Exception:
        return None
    return shape[1] if len(shape) == 2 and isinstance(shape[1], int) else None
