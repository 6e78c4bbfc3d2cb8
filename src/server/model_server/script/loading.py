"""From a script's file to a Predict object, with every way in which that goes wrong."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import sys
from pathlib import Path
from typing import Any, Callable

from ..config import LaunchConfig
from ..failures import LoadError, line_text, make_failure
from .bytecode import PlainLoader, keep_artifact_clean
from .inspection import classes_named, predict_classes, read_source
from .notebooks import NotebookLoader, is_notebook
from .sklearn_externals import install as install_sklearn_externals

VERBS = ("predict", "classify", "regress")
Warn = Callable[[str], None]


def prepare_world(config: LaunchConfig, work_dir: Path, compat_dir: Path) -> None:
    """The environment that scripts on Hopsworks know: variables, folder, sys.path, argv."""
    artifact = str(config.artifact_dir)
    version = artifact_version(config.artifact_label)
    os.environ.update(
        MODEL_FILES_PATH=artifact,
        ARTIFACT_FILES_PATH=artifact,
        MODEL_NAME=config.model_name,
        MODEL_VERSION=str(config.model_version),
        ARTIFACT_VERSION=version,
        SCRIPT_NAME=config.script.name,
        DEPLOYMENT_NAME=config.name,
        MODEL_SERVING_RUN_DIR=str(config.run_dir),
    )
    if config.project_dir is not None:
        os.environ["MODEL_SERVING_PROJECT_DIR"] = str(config.project_dir)
    else:
        os.environ.pop("MODEL_SERVING_PROJECT_DIR", None)
    os.chdir(work_dir)
    # The working folder has links to the same files: without it on the path, a module is not imported twice.
    sys.path[:] = [entry for entry in sys.path if entry not in {"", artifact}]
    sys.path[:0] = [str(config.script.parent), str(compat_dir)]
    if str(config.script.parent) != artifact:
        sys.path.insert(1, artifact)
    sys.argv[:] = [str(config.script)]
    install_sklearn_externals()
    keep_artifact_clean(
        config.artifact_dir, *([config.transformer.artifact_dir] if config.transformer else [])
    )


def artifact_version(label: str) -> str:
    """'7' of 'iris_3_7'; a label without a number is its own."""
    return label.rsplit("_", 1)[-1]


def parse_script(script: Path) -> ast.Module:
    """The script's syntax tree; raises LoadError when it can't be read."""
    name = script.name
    open_file = [{"kind": "open-file", "file": str(script), "line": 1}]
    try:
        source = read_source(script)
        return ast.parse(source, str(script))
    except FileNotFoundError:
        raise _load_error("script-missing", f"Could not read {name}: the file is missing: {script}") from None
    except OSError as error:
        raise _load_error(
            "script-unreadable", f"Could not read {name}: {error.strerror or error}: {script}"
        ) from None
    except UnicodeDecodeError as error:
        message = f"Could not read {name}: it is not UTF-8 (byte {error.start}): save it as UTF-8"
        raise _load_error("script-encoding", message, open_file) from None
    except (SyntaxError, ValueError) as error:
        raise _syntax_failure(script, error) from None
    except RecursionError:
        raise _load_error(
            "syntax-error", f"Could not read {name}: it is nested too deeply", open_file
        ) from None


def check_script(script: Path) -> ast.Module:
    """The Predict script's syntax tree; raises LoadError for what reading alone shows."""
    name, tree = script.name, parse_script(script)
    classes = predict_classes(tree)
    if len(classes) > 1:
        lines = " and ".join(str(node.lineno) for node in classes)
        message = (
            f"Could not choose a Predict class: {name} has {len(classes)}, in lines {lines}: keep one of them"
        )
        raise _load_error(
            "two-predict-classes",
            message,
            [{"kind": "open-file", "file": str(script), "line": classes[-1].lineno}],
        )
    return tree


def _syntax_failure(script: Path, error: BaseException) -> LoadError:
    text = getattr(error, "msg", None) or str(error)
    line = getattr(error, "lineno", None) or 1
    if "codec can't decode" in text or "invalid or missing encoding" in text or "unknown encoding" in text:
        message = f"Could not read {script.name}: it is not UTF-8: {text}: save it as UTF-8"
        return _load_error(
            "script-encoding", message, [{"kind": "open-file", "file": str(script), "line": line}]
        )
    message = f"Could not read {script.name}: {text} ({line_text(str(script), line)})"
    return _load_error("syntax-error", message, [{"kind": "open-file", "file": str(script), "line": line}])


def _load_error(kind: str, message: str, remedies: list[dict[str, Any]] | None = None) -> LoadError:
    return LoadError(make_failure("import", kind, message, None, remedies))


def import_script(script: Path) -> Any:
    """Run the script as a module that can be imported again by its name, and return it."""
    name = module_name(script)
    make = NotebookLoader if is_notebook(script) else PlainLoader
    spec = importlib.util.spec_from_file_location(name, script, loader=make(name, str(script)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def module_name(script: Path) -> str:
    """The file's stem, so that pickles of its classes name it; another if that is taken or no identifier."""
    stem = script.stem
    taken = stem in sys.modules or stem in getattr(sys, "stdlib_module_names", ())
    return (
        stem
        if stem.isidentifier() and not taken
        else "predict_script_" + "".join(char if char.isalnum() else "_" for char in stem)
    )


def find_predict(module: Any, script: Path, tree: ast.Module) -> Callable[[], Any]:
    """The module's Predict; raises LoadError when there is none."""
    found = getattr(module, "Predict", None)
    if found is None or not callable(found):
        others = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        line = others[0].lineno if others else 1
        hint = f" (its classes: {', '.join(node.name for node in others[:5])})" if others else ""
        message = (
            f"Could not find Predict: {script.name} has no class of that name{hint}: add 'class Predict'"
        )
        raise _load_error(
            "no-predict-class", message, [{"kind": "open-file", "file": str(script), "line": line}]
        )
    return found  # type: ignore[no-any-return]


def check_constructor(
    made_by: Callable[[], Any], script: Path, tree: ast.Module, what: str = "Predict"
) -> None:
    """Raises LoadError when the class `what` can't be called without arguments."""
    try:
        signature = inspect.signature(made_by)
    except (TypeError, ValueError):
        return
    try:
        signature.bind()
    except TypeError as error:
        wanted = [
            parameter.name
            for parameter in signature.parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind not in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
        ]
        line = next((node.lineno for node in classes_named(what, tree)), 1)
        message = (
            f"Could not create {what}: its __init__ wants arguments ({', '.join(wanted) or error}): "
            "it is called with none, give them defaults"
        )
        failure = make_failure(
            "construct",
            "constructor-arguments",
            message,
            None,
            [{"kind": "open-file", "file": str(script), "line": line}],
        )
        raise LoadError(failure) from None


def find_verbs(predict: Any, warn: Warn) -> tuple[dict[str, Callable[[Any], Any]], dict[str, str]]:
    """The verbs that can be called, and for each that can't the reason; both by name."""
    verbs: dict[str, Callable[[Any], Any]] = {}
    broken: dict[str, str] = {}
    for name in VERBS:
        method = getattr(predict, name, None)
        if not callable(method):
            continue
        problem = _arity_problem(name, method)
        if problem is not None:
            broken[name] = problem
            warn(problem)
        verbs[name] = method
    return verbs, broken


def _arity_problem(name: str, method: Callable[[Any], Any]) -> str | None:
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):
        return None
    try:
        signature.bind(None)
    except TypeError:
        count = len(signature.parameters)
        return (
            f"{name} can't be called: it takes {count} argument{'' if count == 1 else 's'} besides self, "
            f"and must take one: write 'def {name}(self, inputs):'"
        )
    return None
