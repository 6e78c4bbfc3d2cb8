"""The app of a worker: its routes, what every handler shares, and the access records. No sockets here."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import Any, Callable

from .. import __version__
from ..calling.answers import Answers
from ..calling.calls import Call, Step, Verb
from ..config import LaunchConfig
from ..http.messages import (
    Cancel,
    Reply,
    Request,
    Respond,
    StreamReply,
    error_reply,
    json_reply,
)
from ..inferencelog.keeping import Keeper
from ..jsonio import NotJson
from ..logs.capture import CURRENT_REQUEST
from ..logs.records import make_record
from ..measuring.measures import Measures
from ..schema.verbs import VerbSchema
from .accesslog import AccessLog
from .encoding import Encoder
from .routes import Route, Routes
from .streaming import Streamer


class Service:
    """What the protocols and features need. They add rows to `routes` and links to `links`.

    `put` gives a call or step to the main thread; `on_loop` runs a function on the event loop's thread.
    """

    def __init__(
        self,
        config: LaunchConfig,
        verbs: dict[str, Verb],
        broken: dict[str, str],
        put: Callable[[Call | Step], None],
        on_loop: Callable[[Callable[[], None]], None],
        log: Callable[[bytes], None],
        replica: int,
        metrics: Measures,
        loop: asyncio.AbstractEventLoop,
        answers: Answers,
    ) -> None:
        self.config = config
        self.name = config.name
        self.version = str(config.model_version)
        self.verbs = verbs
        self.broken = broken  # for each verb that can't be called the reason
        self.put = put
        self.on_loop = on_loop
        self.log = log
        self.replica = replica
        self.metrics = metrics
        self.answers = answers
        self.encoder = Encoder(config.lenient_replies, self._converted)
        self.streamer = Streamer(put, on_loop, answers, metrics)
        self.schemas: dict[str, VerbSchema] = {}  # by verb
        self.platform = "python"
        self.open_paths: set[str] = set()  # need no token: they tell nothing of the serving
        self.draining = False
        self.copied: Callable[[StreamReply], StreamReply] | None = None  # where streams have to be kept
        self.links: dict[str, str] = {"live": "/v2/health/live", "ready": "/v2/health/ready"}
        self.routes = Routes(self._unknown)
        self.add = self.routes.add
        self.handle = self.routes.handle
        self.answered = AccessLog(loop, config.access_log_per_second, metrics, log, replica).answered
        for path in ("/live", "/v2/health/live"):
            self.add(Route("GET", path, self._live))
        for path in ("/ready", "/v2/health/ready"):
            self.add(Route("GET", path, self._ready))
        self.add(Route("GET", "/", self._index))

    def keep_predictions(self, keeper: Keeper) -> None:
        """Have a record made of each prediction that is answered."""
        self.answered = keeper.surround(self.answered)  # type: ignore[assignment]
        if keeper.replies:
            self.copied = keeper.copied
            self.streamer.reply = partial(_copied, keeper, self.streamer.reply)  # type: ignore[method-assign]

    def submit(self, call: Call) -> Cancel:
        """Run a call when those before have run; returns what to call if the client goes."""
        call.note["_call"] = call
        self.metrics.begin(call.verb.name)
        self.put(call)
        return partial(self._gone, call)

    def _gone(self, call: Call) -> None:
        call.drop()
        self.metrics.gone()

    def cannot(self, verb: str) -> tuple[int, str, str] | None:
        """Status, kind and message when a verb can't be called at all."""
        if verb in self.broken:
            return 500, "wrong-arity", self.broken[verb]
        if verb not in self.verbs:
            has = ", ".join(self.verbs) or "none of predict, classify, regress"
            return 501, "verb-missing", f"The Predict class has no method {verb}: it has {has}"
        return None

    def wrong_model(self, name: str, version: str | None) -> tuple[int, str, str, str] | None:
        """Status, kind, message and field when a request means another model than this."""
        if name != self.name:
            message = f"There is no model {name[:100]!r} here: this server has {self.name!r}"
            return 404, "unknown-model", message, "name"
        if version is not None and version != self.version:
            wanted = f"version {version[:100]!r} of {self.name!r}"
            return (
                404,
                "unknown-version",
                f"There is no {wanted} here: this server has version {self.version}",
                "version",
            )
        return None

    def unknown_route(self, request: Request) -> Reply:
        """404 that says the routes there are."""
        routes = ", ".join(self.links.values())
        message = f"There is no {request.path[:200]!r} here: there are {routes}"
        return error_reply(404, "unknown-route", message, request.id)

    def _converted(self, problem: NotJson) -> None:
        message = f"{problem.path} was {problem.kind} and was converted: {problem.fix}"
        fields = {"kind": "reply-converted", "field": problem.path, "type": problem.kind, "fix": problem.fix}
        self.log(make_record("WARN", "script", message, self.replica, CURRENT_REQUEST.get(), **fields))

    def _unknown(self, request: Request, _: re.Match[str] | None, respond: Respond) -> None:
        respond(self.unknown_route(request))

    def _index(self, request: Request, _: re.Match[str] | None, respond: Respond) -> None:
        request.note["quiet"] = True
        index: dict[str, Any] = {
            "name": self.name,
            "version": self.version,
            "server": __version__,
            "ready": not self.draining,
            "verbs": list(self.verbs),
            "links": self.links,
        }
        respond(json_reply(200, index))

    def _live(self, request: Request, _: re.Match[str] | None, respond: Respond) -> None:
        request.note["quiet"] = True
        respond(json_reply(200, {"live": True}))

    def _ready(self, request: Request, _: re.Match[str] | None, respond: Respond) -> None:
        request.note["quiet"] = True
        if self.draining:
            message = "The serving is not ready: it stops"
            respond(error_reply(503, "stopping", message, request.id, ready=False, name=self.name))
        else:
            respond(json_reply(200, {"ready": True, "live": True, "name": self.name}))


def _copied(keeper: Keeper, make: Callable[..., StreamReply], *what: Any) -> StreamReply:
    return keeper.copied(make(*what))
