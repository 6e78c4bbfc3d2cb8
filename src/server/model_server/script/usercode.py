"""What a worker serves: from the scripts that a launch file names to objects that can be called."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from ..config import LaunchConfig, TransformerConfig
from .appfinding import FoundApp, find_app, has_app
from .loading import (
    artifact_version,
    check_constructor,
    check_script,
    find_predict,
    import_script,
    prepare_world,
)
from .modelinfo import ModelInfo, find_model
from .transformer import STAGE as TRANSFORM
from .transformer import Transformer, load_transformer, transformer_beside
from .workdir import fill_work_dir


@dataclass
class UserCode:
    """A Predict object, perhaps with a transformer around it, or an app of the script's own."""

    module: Any
    predict: Any = None
    transformer: Transformer | None = None
    app: FoundApp | None = None

    def model(self) -> ModelInfo:
        """What is known of the model that the script holds."""
        if self.app is not None:
            return find_model(vars(self.module), self.module.__name__)
        name = type(self.predict).__module__
        module = sys.modules.get(name)
        return find_model({**vars(module), **_attributes(self.predict)} if module else {}, name)


def load_user_code(
    config: LaunchConfig, work_dir: Path, compat_dir: Path, begin: Callable[[str], None]
) -> UserCode:
    """Load it; raises LoadError, and whatever the scripts raise.

    `begin` is told each stage: 'import', then 'construct' or 'app', and 'transform' for a transformer.
    """
    begin("import")
    transformer = config.transformer
    fill_work_dir(work_dir, config.artifact_dir, *([transformer.artifact_dir] if transformer else []))
    tree = check_script(config.script)
    prepare_world(config, work_dir, compat_dir)
    module = import_script(config.script)
    if not callable(getattr(module, "Predict", None)) and has_app(module):
        begin("app")
        return UserCode(module, app=find_app(module, config.script, tree))
    make = find_predict(module, config.script, tree)
    begin("construct")
    check_constructor(make, config.script, tree)
    predict = make()
    return UserCode(module, predict, _transformer(config, module, tree, begin))


def _transformer(
    config: LaunchConfig, module: Any, tree: ast.Module, begin: Callable[[str], None]
) -> Transformer | None:
    own = config.transformer
    if own is None:
        if getattr(module, "Transformer", None) is None:
            return None
        begin(TRANSFORM)
        return transformer_beside(module, tree, config.script, config.artifact_label)
    begin(TRANSFORM)
    with _world_of(own):
        beside = module if own.script == config.script else None
        return load_transformer(own.script, own.artifact_label, beside)


@contextmanager
def _world_of(transformer: TransformerConfig) -> Iterator[None]:
    """While a transformer of its own is loaded, the environment names its script and artifact."""
    own = {
        "ARTIFACT_FILES_PATH": str(transformer.artifact_dir),
        "ARTIFACT_VERSION": artifact_version(transformer.artifact_label),
        "SCRIPT_NAME": transformer.script.name,
    }
    before = {name: os.environ.get(name) for name in own}
    for folder in (transformer.script.parent, transformer.artifact_dir):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    arguments = sys.argv[:]
    os.environ.update(own)
    sys.argv[:] = [str(transformer.script)]
    try:
        yield
    finally:
        sys.argv[:] = arguments
        os.environ.update({name: value for name, value in before.items() if value is not None})


def _attributes(predict: Any) -> dict[str, Any]:
    try:
        return dict(vars(predict))
    except TypeError:
        return {}
