"""The process that has the user's code: loads the script, then answers from the shared listening socket."""

from __future__ import annotations

import base64
import faulthandler
import json
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any, Callable

from ..answering import operations
from ..answering.endedworkers import EndedWorkers
from ..answering.service import Service
from ..apps.serving import App, make_app
from ..apps.serving import install as install_app
from ..calling.answers import Answers
from ..calling.asyncs import Coroutines
from ..calling.batching import Batching, Switch
from ..calling.calls import Verb
from ..calling.executing import Execution
from ..calling.running import Runner
from ..config import LaunchConfig, parse_launch
from ..failures import user_files, where_it_hangs
from ..http.listener import Listener, new_loop
from ..http.messages import HttpLimits
from ..http.parsers import default_parser
from ..http.selecting import EagerSelector
from ..inferencelog.keeping import Keeper, make_keeper
from ..logs.outbox import Outbox
from ..logs.records import make_record
from ..measuring.metrics import WorkerMetrics
from ..measuring.scoreboard import Scoreboard
from ..pages import pages
from ..protocols import v1, v2
from ..schema.verbs import schemas_of
from ..script.loading import find_verbs
from ..script.usercode import UserCode
from .batchcheck import begin_batching
from .collecting import LateCollection, collect_seldom, keep_what_is_loaded
from .ending import end_own_group, end_process, flush_streams
from .startup import Startup

_COUNT_SECONDS = 2.0
_KEEP_SECONDS = 1.0


def work() -> int:
    """Read the order from standard input and carry it out; the exit code (most ways out do not return)."""
    order = json.loads(sys.stdin.buffer.readline())
    return carry_out(order, *_sockets(order))


def carry_out(order: dict[str, Any], control: socket.socket, listening: socket.socket) -> int:
    """Be the worker that an order asks for; the exit code."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)  # a script's input() must find the end, not wait for us
    os.close(null)
    # Children of the script must not hold the port or the way to the supervisor.
    for sock in (control, listening):
        os.set_inheritable(sock.fileno(), False) if os.name != "nt" else None
    faulthandler.enable(os.dup(2), all_threads=False)
    config, replica, token = parse_launch(order["launch"]), int(order["replica"]), order.get("token")
    outbox = Outbox(control)
    collect_seldom()
    startup = Startup(config, replica, outbox)
    if order["preload"]:
        from .preload import Preloader

        Preloader(config, control, listening, token, outbox, startup).run()
    board = Path(order["scoreboard"])
    Worker(config, replica, control, listening, board, token, outbox, startup).run(None)
    return 0


def _sockets(order: dict[str, Any]) -> tuple[socket.socket, socket.socket]:
    """The two inherited sockets: by descriptor on POSIX, by their shared description on Windows."""
    if "shared" in order:
        shared: Callable[[bytes], socket.socket] = socket.fromshare  # type: ignore[attr-defined,unused-ignore]
        return shared(base64.b64decode(order["shared"][0])), shared(base64.b64decode(order["shared"][1]))
    return socket.socket(fileno=int(order["control"])), socket.socket(fileno=int(order["listening"]))


class Worker:
    """Main thread: the user's code, and the event loop while it waits (see running). Beside it: commands."""

    def __init__(
        self,
        config: LaunchConfig,
        replica: int,
        control: socket.socket,
        listening: socket.socket,
        scoreboard: Path,
        token: str | None,
        outbox: Outbox,
        startup: Startup,
    ) -> None:
        self._config = config
        self._replica = replica
        self._control = control
        self._listening = listening
        self._token = token
        self._outbox = outbox
        self._startup = startup
        self._scoreboard = Scoreboard(scoreboard, create=False)
        self._is_user = user_files(*config.user_places)
        self._main = threading.get_ident()
        selector = EagerSelector()
        self._loop = new_loop(selector)
        self._listener: Listener | None = None
        self._service: Service | None = None
        self._ended: EndedWorkers | None = None
        self._late_collection: LateCollection | None = None
        self._app: App | None = None
        self._keeper: Keeper | None = None
        self._metrics = WorkerMetrics(config.run_dir, replica)
        self._coroutines = Coroutines()
        self._answers = answers = Answers(self._is_user, replica, self._outbox.log)
        limits = config.batching
        self._batching = Batching(limits.max_rows, limits.max_bytes, self._tell_batching)
        execution = Execution(answers, self._batching, self._metrics)
        self._runner = Runner(
            self._loop, selector, execution, self._batching, self._scoreboard, self._metrics, flush_streams
        )

    def run(self, code: UserCode | None) -> None:
        """Load what is not loaded yet, answer, and end the process."""
        threading.Thread(target=self._read_commands, name="model-server-control", daemon=True).start()
        if code is None:
            code = self._startup.load()
            # What a preloaded process has is shared: to look through it here would copy it.
            self._late_collection = LateCollection()
        if code.app is not None:
            self._app = make_app(code.app)
            self._startup.attempt(self._app.start)
        self._serve(code)

    def _verbs(self, code: UserCode) -> tuple[dict[str, Verb], dict[str, str]]:
        """What can be called, and for each verb that can't the reason."""
        plain = self._coroutines.plain
        found, broken = find_verbs(code.predict, self._warn)
        verbs = {name: Verb(name, plain(method)) for name, method in found.items()}
        if code.transformer is not None:
            for verb in verbs.values():
                code.transformer.surround(verb, plain, self._metrics.transform)
        return verbs, broken

    def _serve(self, code: UserCode) -> None:
        config = self._config
        verbs, broken = self._verbs(code)
        info = code.model()
        self._service = Service(
            config,
            verbs,
            broken,
            self._runner.put,
            self._on_loop,
            self._outbox.post,
            self._replica,
            self._metrics,
            self._loop,
            self._answers,
        )
        self._service.schemas = schemas_of(config, code, info, verbs)
        self._service.platform = info.framework or "python"
        v1.install(self._service)
        v2.install(self._service)
        if self._app is not None:
            address = self._listening.getsockname()[:2]
            install_app(self._service, self._app, address, self._scoreboard)
        else:
            pages.install(self._service)
        operations.install(self._service, self._token, lambda: self._runner.waiting, self._app is not None)
        self._ended = EndedWorkers(self._service)
        self._keeper = make_keeper(config.inference_log, self._replica, self._metrics)
        if self._keeper is not None:
            self._service.keep_predictions(self._keeper)
        name, parser = default_parser()
        limits = HttpLimits(
            body_bytes=config.limits.body_bytes,
            head_seconds=config.limits.head_seconds,
            body_idle_seconds=config.limits.body_idle_seconds,
            idle_seconds=config.limits.idle_seconds,
            request_seconds=config.limits.request_seconds,
        )
        self._listener = Listener(self._loop, self._listening, self._service, limits, parser)
        load = {
            "features": info.features,
            "featureNames": info.feature_names,
            "className": info.class_name,
            "verbs": list(verbs),
            "framework": info.framework,
            "pickleImports": list(self._startup.pickles.seen),
            "transformer": code.transformer.as_json() if code.transformer is not None else None,
            "app": code.app.as_json() if code.app is not None else None,
        }
        verbs_found = list(verbs.values())
        schemas = self._service.schemas
        begin_batching(config, code.predict, verbs_found, info, self._batching, self._runner.put, schemas)
        keep_what_is_loaded()
        self._outbox.event("loaded", load=load, http=name)
        self._runner.run()
        flush_streams()
        self._exit(0)

    def _on_loop(self, function: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(function)

    def _tell_batching(self, verb: str, switch: Switch, was_on: bool) -> None:
        self._outbox.event("batching", verb=verb, **switch.as_json())
        self._metrics.batching(*self._batching.summary())
        if not switch.on:
            level = "WARN" if was_on else "INFO" if switch.remedy else "DEBUG"
            message = f"Requests of {verb} are not joined: {switch.reason}"
            message += f": {switch.remedy}" if switch.remedy else ""
            self._outbox.log(make_record(level, "server", message, self._replica))

    def _warn(self, message: str) -> None:
        self._outbox.log(make_record("WARN", "script", message, self._replica))

    # Commands of the supervisor

    def _read_commands(self) -> None:
        try:
            with self._control.makefile("rb") as lines:
                for line in lines:
                    self._obey(json.loads(line))
        except (OSError, ValueError):
            pass
        end_own_group()

    def _obey(self, command: dict[str, Any]) -> None:
        kind = command.get("do")
        if kind == "accept":
            self._on_loop(self._accept)
        elif kind == "stop" and self._listener is None:
            self._exit(0)  # still loading: there is nothing to wait for
        elif kind == "stop":
            self._on_loop(
                lambda: self._stop(float(command["seconds"]), float(command["grace"]), command["serving"])
            )
        elif kind == "ended":
            self._on_loop(lambda: self._know_ended(command["refused"], command["careful"]))
        elif kind == "lame":
            self._on_loop(self._say_not_ready)
        elif kind == "rebalance":
            self._on_loop(lambda: self._rebalance(int(command["clients"])))
        elif kind == "where":
            frames = where_it_hangs(self._main, self._is_user)
            self._outbox.event("where", frames=frames)

    def _accept(self) -> None:
        if self._listener is not None:
            self._listener.start()
            self._count()
            self._outbox.event("ready")

    def _know_ended(self, refused: dict[str, str], careful: list[str]) -> None:
        if self._ended is not None:
            self._ended.know(refused, careful)

    def _say_not_ready(self) -> None:
        if self._service is not None:
            self._service.draining = True

    def _rebalance(self, clients: int) -> None:
        if self._listener is not None:
            self._listener.rebalance(clients)

    def _count(self) -> None:
        self._metrics.tick(self._runner.waiting)
        if self._late_collection is not None:
            self._late_collection.look()
        self._loop.call_later(_COUNT_SECONDS, self._count)

    def _stop(self, seconds: float, grace: float, serving: bool) -> None:
        if self._listener is None or self._service is None:
            return
        self._service.draining = serving  # else others answer: the serving is as ready as before
        self._listener.drain(grace)
        self._loop.call_later(seconds, self._exit, 0)
        self._end_when_drained(self._listener)

    def _end_when_drained(self, listener: Listener) -> None:
        if not listener.is_empty:
            self._loop.call_later(0.02, self._end_when_drained, listener)
        else:
            if self._app is not None:
                self._app.close()
            self._runner.close()

    def _exit(self, code: int) -> None:
        if self._keeper is not None:
            self._keeper.end(_KEEP_SECONDS)
        end_process(code, self._outbox)
