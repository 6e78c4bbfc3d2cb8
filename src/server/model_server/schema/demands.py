"""What a model of a known library demands of its inputs: where they differ, the library would raise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..script.modelinfo import ModelInfo
from .nodes import FEATURE, ListOf, Node

# Estimators that check the width of what they get and turn it into numbers. Pipelines and the like don't:
# what they do with texts or further columns is up to their steps.
_SKLEARN = {
    "neighbors",
    "linear_model",
    "ensemble",
    "tree",
    "svm",
    "naive_bayes",
    "cluster",
    "neural_network",
    "discriminant_analysis",
    "gaussian_process",
}
_OF_OTHERS = ("Voting", "Stacking", "Bagging", "HistGradient")
_WIDTH_ONLY = {"xgboost": {"XGBClassifier", "XGBRegressor"}, "lightgbm": {"LGBMClassifier", "LGBMRegressor"}}


@dataclass(frozen=True)
class Rows(Node):
    """A list of rows of a model's features. What is no list is left to the library."""

    rows: ListOf

    def json(self) -> dict[str, Any]:  # noqa: D102
        return self.rows.json()

    def find(self, value: Any) -> Any:  # noqa: D102
        return self.rows.find(value) if type(value) is list else None


def demanded(model: Any, info: ModelInfo) -> Node | None:
    """The rows that a model surely demands; None when that is not known."""
    kind = type(model)
    root, _, rest = kind.__module__.partition(".")
    numbers = (
        root == "sklearn" and rest.split(".", 1)[0] in _SKLEARN and not kind.__name__.startswith(_OF_OTHERS)
    )
    if not numbers and kind.__name__ not in _WIDTH_ONLY.get(root, ()):
        return None
    if info.features is None or info.features < 1:
        return None
    return Rows(rows_of(info, FEATURE if numbers else Node()))


def rows_of(info: ModelInfo, item: Node) -> ListOf:
    """Rows of as many features as the model has."""
    names = tuple(info.feature_names or ())
    if len(names) != info.features:
        names = ()
    return ListOf(ListOf(item, info.features, info.class_name or "the model", names))
