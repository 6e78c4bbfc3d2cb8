"""The replies of /metrics and /metrics.json."""

from __future__ import annotations

import json

from .. import __version__
from ..config import LaunchConfig
from ..http.messages import Reply, Request
from .prometheus import OPEN_METRICS, content_type, render
from .recording import recording_json
from .snapshot import as_json, take_snapshot

METRICS_PATHS = frozenset({"/metrics", "/metrics.json"})


def metrics_reply(config: LaunchConfig, request: Request) -> Reply:
    """The page of /metrics or /metrics.json; also what the supervisor answers while no worker is ready."""
    request.note["quiet"] = True
    snapshot = take_snapshot(config.run_dir)
    if request.path.endswith(".json"):
        value = as_json(snapshot, config.name, __version__)
        options = config.inference_log
        value["inferenceLog"] = options and recording_json(options, config.run_dir, snapshot)
        return Reply(200, json.dumps(value, separators=(",", ":")).encode())
    form = content_type(request.head.headers.get("accept", ""))
    return Reply(200, render(snapshot, config.name, __version__, form == OPEN_METRICS), content_type=form)
