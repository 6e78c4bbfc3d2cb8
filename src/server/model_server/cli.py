"""The command line: serve, inspect, inspect-pickle, doctor, kafka; serve itself starts work and record."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

_SERVE = ("serve", "--config", "--instance")


def main(arguments: list[str]) -> int:
    """Run one command; the exit code."""
    # As the extension and the supervisor write them: argparse takes as long as a tenth of a start.
    if arguments == ["work"]:
        return _work()
    if arguments == ["record"]:
        return _record()
    if len(arguments) == 5 and (arguments[0], arguments[1], arguments[3]) == _SERVE:
        return _serve(arguments[2], arguments[4])
    return _main(arguments)


def _main(arguments: list[str]) -> int:
    import argparse

    parser = argparse.ArgumentParser(prog="model-server", description="Serve a Predict class over HTTP.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve what a launch file says")
    serve.add_argument("--config", required=True, help="the launch file (JSON), or env:NAME of a variable")
    serve.add_argument("--instance", required=True, help="an id for this run, repeated in the state file")
    inspect = commands.add_parser("inspect", help="what a script has, without running it")
    inspect.add_argument("--script", type=Path, required=True)
    pickled = commands.add_parser("inspect-pickle", help="what loading a pickle would import")
    pickled.add_argument("--file", type=Path, required=True)
    doctor = commands.add_parser("doctor", help="this interpreter and which modules it has")
    doctor.add_argument("--imports", default="", help="modules, separated by commas")
    commands.add_parser("kafka", help="answer a question about a Kafka broker, from standard input")
    options = parser.parse_args(arguments)
    if options.command == "serve":
        return _serve(options.config, options.instance)
    if options.command == "inspect":
        from .script.inspection import inspect_file

        return _print(inspect_file(options.script))
    if options.command == "inspect-pickle":
        from .pickles.files import inspect_pickle

        return _print(inspect_pickle(options.file))
    if options.command == "kafka":
        from .inferencelog.topics import answer

        return _print(answer(json.load(sys.stdin)))
    return _print(_doctor([name.strip() for name in options.imports.split(",") if name.strip()]))


def _work() -> int:
    from .worker.worker import work

    return work()


def _record() -> int:
    from .inferencelog.recorder import record

    return record()


def _serve(config_source: str, instance: str) -> int:
    from .config import parse_launch, read_launch
    from .failures import make_failure
    from .fields import ConfigError
    from .statefile import ServerState, StateFile

    raw: dict[str, Any] = {}
    try:
        raw = read_launch(config_source)
        config = parse_launch(raw)
        config.run_dir.mkdir(parents=True, exist_ok=True)
    except (ConfigError, OSError) as error:
        message = (
            str(error) if isinstance(error, ConfigError) else f"Could not create the run folder: {error}"
        )
        sys.stderr.write(message + "\n")
        run_dir = raw.get("runDir")
        if isinstance(run_dir, str) and Path(run_dir).is_dir():
            state = ServerState(instance, str(raw.get("host", "")), 0, "failed", stopped_because="failed")
            state.failure = make_failure("start", "config", message)
            StateFile(Path(run_dir)).write(state)
        return 2
    from .supervisor.firstworker import FirstWorker, can_fork_first
    from .supervisor.supervisor import Supervisor

    first = FirstWorker(config, _load_work) if can_fork_first(config) else None
    return Supervisor(config, instance, first).run()


def _load_work() -> Any:
    from .worker.worker import carry_out

    return carry_out


def _doctor(modules: list[str]) -> dict[str, Any]:
    import platform

    from .script.packages import version_of

    python = {
        "version": platform.python_version(),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "isVirtual": sys.prefix != sys.base_prefix,
    }
    return {"python": python, "found": {module: version_of(module) for module in modules}}


def _print(value: dict[str, Any]) -> int:
    sys.stdout.write(json.dumps(value) + "\n")
    return 0
