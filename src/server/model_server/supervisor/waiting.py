"""What the supervisor itself answers while no worker is ready."""

from __future__ import annotations

from dataclasses import replace

from ..access import Token
from ..config import LaunchConfig
from ..failures import ended_worker_text
from ..http.messages import AnyReply, Cancel, Reply, Request, Respond, error_reply, json_reply
from ..logs.logfile import LogFile
from ..logs.records import make_record
from ..measuring.metricspage import METRICS_PATHS, metrics_reply
from ..statefile import ServerState
from .endings import Endings
from .held import HeldChecks, asked_wait

_LIVE = {"/live", "/v2/health/live"}
_READY = {"/ready", "/v2/health/ready"}


class WaitingApp:
    """Live, not ready with the stage and the reason, and 503 for the rest; every connection closes."""

    def __init__(
        self,
        config: LaunchConfig,
        state: ServerState,
        log: LogFile,
        token: str | None,
        endings: Endings,
        held: HeldChecks,
    ) -> None:
        self._config = config
        self._name = config.name
        self._token = Token(token) if token is not None else None
        self._state = state
        self._log = log
        self._endings = endings
        self._held = held

    def handle(self, request: Request, respond: Respond) -> Cancel | None:
        """See http.messages.App."""
        path = request.path
        if path in _LIVE and request.method in {"GET", "HEAD"}:
            request.note["quiet"] = True
            respond(json_reply(200, {"live": True}, close=True))
            return None
        refusal = self._token.refusal(request) if self._token is not None else None
        if refusal is not None:
            respond(replace(refusal, close=True))
            return None
        if path in METRICS_PATHS and request.method in {"GET", "HEAD"}:
            respond(replace(metrics_reply(self._config, request), close=True))
            return None
        reason = self._endings.refused.get(request.id)
        if reason is not None:  # "not ready" would have a gateway try it elsewhere
            message = ended_worker_text(reason)
            respond(error_reply(500, "ended-worker", message, request.id, close=True))
            return None
        if path in _READY:
            request.note["quiet"] = True
            seconds = asked_wait(request.head.target) if self._state.state == "starting" else 0.0
            return self._held.hold(seconds, lambda: respond(self._readiness(request)))
        respond(self._not_ready(request))
        return None

    def _readiness(self, request: Request) -> Reply:
        if self._state.state != "ready":
            return self._not_ready(request)
        return json_reply(200, {"ready": True, "live": True, "name": self._name}, close=True)

    def _not_ready(self, request: Request) -> Reply:
        state = self._state
        stage = state.running_stage()
        message = f"The serving is not ready: {self._reason(stage)}"
        kind = "stopping" if state.state == "stopping" else "not-ready"
        headers = (("retry-after", "1"),)
        more = {"ready": False, "name": self._name, "state": state.state, "stage": stage}
        return error_reply(503, kind, message, request.id, headers, close=True, **more)

    def answered(self, request: Request | None, reply: AnyReply, seconds: float) -> None:
        """Write the access record of what was refused."""
        if request is None or request.note.get("quiet"):
            return
        message = f"{request.method} {request.head.target[:500]} {reply.status}"
        fields = {"status": reply.status, "latency_ms": round(seconds * 1000, 3), "bytes": len(request.body)}
        self._log.write(make_record("WARN", "access", message, None, request.id, **fields))

    def _reason(self, stage: str) -> str:
        if self._state.state == "stopping":
            return "it stops"
        failed = [item["lastFailure"] for item in self._state.replicas if item["lastFailure"]]
        if failed:
            return f"it starts again: {failed[-1]}"
        words = {"import": "the script is being imported", "construct": "Predict is being created"}
        return words.get(stage, "it starts")
